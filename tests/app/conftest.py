"""The command line as people type it: settings of its own, in a folder of its own."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner, Result

from app.cli.root import app
from tests.journeys.house import KEY
from tests.journeys.packs import pack_copy, read_once, trained_once

Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    """Commands set up logging for their process; here the process goes on."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sqlite_url: str) -> Run:
    """`run("sla", "due", …)` in an installation of its own; `run.settings` may be overridden by keywords."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SWITCHBOARD_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("SWITCHBOARD_SECRET_KEYS", KEY)
    monkeypatch.setattr("app.bot_versions.train_pack", trained_once)
    monkeypatch.setattr("nlu.yaml_loader.load_node", read_once)

    def typed(*words: str, **settings: str) -> Result:
        environment = {f"SWITCHBOARD_{name.upper()}": value for name, value in settings.items()}
        return CliRunner().invoke(app, [str(word) for word in words], env=environment)

    return typed


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A copy of the sample pack to break."""
    return pack_copy(tmp_path)


def one_line(result: Result, *parts: str, code: int = 2) -> None:
    """The command said what is wrong in one line on standard error, and nothing else."""
    assert (result.exit_code, result.stdout) == (code, ""), result.output
    assert result.stderr.count("\n") == 1, result.stderr
    for part in parts:
        assert part in result.stderr
