"""A database in a file, its log, its key and the models beside it are nobody else's on this machine."""

import os
import stat
from pathlib import Path

import pytest

from app.checks import database as database_checks
from app.settings import Settings
from app.wiring import platform
from storage import private_files
from storage.database import Database
from storage.tenancy import ALL_CLIENTS


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def settings(folder: Path) -> Settings:
    return Settings(
        database_url=f"sqlite:///{folder}/switchboard.sqlite3",
        secret_keys="",
        redis_url="memory://",
        model_cache=str(folder / "models"),
    )


@pytest.fixture(autouse=True)
def _open_handed() -> object:
    """As on a machine where every new file is everybody's."""
    before = os.umask(0)
    yield
    os.umask(before)


async def test_a_new_installation_is_private(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "var"
    async with platform(settings(folder)) as built, built.database.transaction(ALL_CLIENTS):
        found = {path.name: mode(path) for path in folder.iterdir()}
    assert found == {
        "switchboard.sqlite3": 0o600,
        "switchboard.sqlite3-wal": 0o600,
        "switchboard.sqlite3-shm": 0o600,
        "secret.key": 0o600,
        "models": 0o700,
    }
    assert mode(folder) == 0o700


async def test_an_old_installation_becomes_private(tmp_path: Path) -> None:
    folder = tmp_path / "var"
    async with platform(settings(folder)):
        pass
    (folder / "switchboard.sqlite3-wal").touch()
    for path in (folder, *folder.iterdir()):
        path.chmod(0o777)
    named = [row for row in await database_checks.check(settings(folder)) if row[1] is False]
    assert [row[3] for row in named] == [f"chmod 600 {folder}/secret.key"], "connecting closed the rest"
    for path in (folder, *folder.iterdir()):
        path.chmod(0o777)
    async with platform(settings(folder)):
        found = {mode(path) & 0o077 for path in (folder, *folder.iterdir())}
    assert found == {0}


async def test_a_folder_that_others_share_stays_theirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shared = tmp_path / "tmp"
    shared.mkdir()
    shared.chmod(0o1777)
    home = tmp_path / "home"
    (home / "work").mkdir(parents=True, mode=0o755)
    monkeypatch.chdir(home / "work")
    for folder in (shared, home, home / "work"):
        before = mode(folder)
        database = Database(f"sqlite:///{folder}/messages.db")
        async with database.transaction(ALL_CLIENTS):
            assert mode(folder / "messages.db") == 0o600
        await database.dispose()
        assert mode(folder) == before


def test_what_another_user_owns_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "var"
    folder.mkdir(mode=0o755)
    file = folder / "switchboard.sqlite3"
    file.touch(0o644)
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    private_files.protect_database(file)
    assert private_files.exposed(file) == [file, folder]
