"""A database for the tests of a module together, since filling it takes seconds."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import empty


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def module_database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a migrated database, empty at first and emptied afterwards."""
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("database") / "switchboard.db"
        template: Path = request.getfixturevalue("sqlite_template")
        shutil.copyfile(template, path)
        yield f"sqlite:///{path}"
        return
    shared = request.getfixturevalue("postgres_shared")
    yield shared.app
    asyncio.run(empty(shared))
