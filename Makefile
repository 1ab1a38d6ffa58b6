# `make` alone explains itself. Only Python 3.11+ and make are needed; everything else goes into .venv.
.DEFAULT_GOAL := help
.PHONY: help demo test check format bench bench-nlu screenshots clean

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
  if $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$p; break; fi; done)
PYTHON310 ?= $(shell for p in python3.10 $$HOME/.pyenv/versions/3.10.*/bin/python; do \
  if $$p -c 'import sys; sys.exit(sys.version_info[:2] != (3, 10))' 2>/dev/null; then echo $$p; break; fi; done)
PACK ?= clients/alpenrad
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
	@for b in bench/*.py; do b=$$(basename $$b .py); echo "== $$b"; $(BIN)/python -m bench.$$b || exit 1; done

bench-nlu: .venv/dev ## Measure the embedded engine against its goals, and write the table into docs/nlu.md (12 minutes)
	@$(BIN)/python -m bench.nlu --write $(ARGS)

.venv-rasa/done: nlu/rasa/requirements.txt nlu/rasa/constraints.txt
	@test -n "$(PYTHON310)" || { echo "Rasa 3.6 needs Python 3.10, and none was found. Get it by one of:"; \
	  echo "  uv python install 3.10 && make $(MAKECMDGOALS) PYTHON310=\$$(uv python find 3.10)"; \
	  echo "  pyenv install 3.10"; \
	  echo "  apt install python3.10 python3.10-venv    (Ubuntu 22.04; elsewhere from the deadsnakes PPA)"; \
	  echo "or say where it is: make $(MAKECMDGOALS) PYTHON310=/path/to/python3.10"; exit 1; }
	@echo "Installing Rasa into .venv-rasa (2.7 GB, minutes) ..."
	@test -x .venv-rasa/bin/python || $(PYTHON310) -m venv .venv-rasa
	@.venv-rasa/bin/python -m pip install --quiet --disable-pip-version-check -r nlu/rasa/requirements.txt -c nlu/rasa/constraints.txt
	@.venv-rasa/bin/python -m pip check --disable-pip-version-check
	@touch $@

rasa-environment: .venv-rasa/done ## Install Rasa 3.6 into .venv-rasa (Python 3.10), apart from everything else

rasa: .venv/run .venv-rasa/done ## Train PACK=clients/alpenrad on the real Rasa, serve it, say what to write into client.yml
	@$(BIN)/switchboard nlu serve $(PACK)

test-rasa: .venv/dev .venv-rasa/done ## Run the engine's and the packs' tests on the real Rasa (minutes)
	@SWITCHBOARD_TEST_RASA=1 $(BIN)/python -m pytest -v -rs tests/nlu/rasa $(ARGS)

record-rasa: .venv/dev .venv-rasa/done ## Record anew what the real Rasa answers, for the fast tests
	@SWITCHBOARD_TEST_RASA=1 SWITCHBOARD_RASA_RECORD=1 $(BIN)/python -m pytest -v tests/nlu/rasa/test_real_server.py -k record

clean: ## Remove the environment and the demo's state
	rm -rf .venv .venv-rasa var .mypy_cache .ruff_cache .pytest_cache .hypothesis
