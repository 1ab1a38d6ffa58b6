# `make` alone explains itself. Only Python 3.11+ and make are needed; everything else goes into .venv.
.DEFAULT_GOAL := help
.PHONY: help demo test check format bench screenshots clean

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
  if $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$p; break; fi; done)
BIN := .venv/bin
JOBS ?= 2

help: ## Show what there is
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv/run: pyproject.toml
	@test -n "$(PYTHON)" || { echo "Switchboard needs Python 3.11 or newer: install it, or run make PYTHON=/path/to/python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing Switchboard into .venv ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

.venv/dev: .venv/run
	@echo "Installing what the tests need into .venv ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

demo: .venv/run ## Start everything in one process, with sample clients and simulated customers
	@$(BIN)/switchboard demo

test: .venv/dev ## Run every test, against real PostgreSQL and Redis servers
	@$(BIN)/python -m pytest -n $(JOBS) $(ARGS)

check: .venv/dev ## Lint, types and the layers
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: .venv/dev ## Format the code and mend what lint can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

screenshots: .venv/dev ## Take the pictures in docs/images from a running demo
	@$(BIN)/python docs/screenshots.py

bench: .venv/dev ## Measure, as ratios within one run
	@for b in bench/*.py; do echo "== $$b"; $(BIN)/python $$b || exit 1; done

clean: ## Remove the environment and the demo's state
	rm -rf .venv var .mypy_cache .ruff_cache .pytest_cache .hypothesis
