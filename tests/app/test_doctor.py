"""`switchboard doctor`: says what is there, what is wrong, and how to mend it."""

import asyncio
import importlib
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from tests.app.conftest import Run
from tests.platforms.telegram_server import telegram_server


@pytest.fixture
def telegram() -> Iterator[str]:
    """A Telegram in a thread of its own, since commands run loops of their own; yields its address."""
    importlib.import_module("bots.telegram.adapter")  # takes seconds, which are not the doctor's
    address: list[str] = []
    up, stop, loop = threading.Event(), asyncio.Event(), asyncio.new_event_loop()

    async def serve() -> None:
        async with telegram_server("123456:the-right-one") as server:
            address.append(server.url)
            up.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    assert up.wait(10)
    yield address[0]
    loop.call_soon_threadsafe(stop.set)
    thread.join(10)
    loop.close()


def test_a_fresh_installation_is_told_what_comes_next(run: Run, tmp_path: Path) -> None:
    result = run("doctor", database_url=f"sqlite+aiosqlite:///{tmp_path}/new/switchboard.sqlite3", secret_keys="")
    assert result.exit_code == 0, result.output
    assert "made at the first start" in result.stdout
    assert (tmp_path / "new" / "secret.key").stat().st_mode & 0o077 == 0


def test_a_new_key_is_usable(run: Run) -> None:
    keys = {run("doctor", "--new-key").stdout.strip() for _ in range(2)}
    assert len(keys) == 2
    assert [Fernet(key) for key in keys]


def test_an_old_schema_an_absent_server_and_a_bad_key_are_bad(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    for settings, says in (
        ({"database_url": f"sqlite+aiosqlite:///{tmp_path}/empty.db"}, "switchboard migrate"),
        ({"database_url": "postgresql://nobody@127.0.0.1:1/none"}, "database"),
        ({"database_url": "mysql://localhost/x"}, "only postgresql://"),
        ({"secret_keys": "short"}, "doctor --new-key"),
        ({"public_url": "desk.example"}, "SWITCHBOARD_PUBLIC_URL=https://"),
    ):
        result = run("doctor", **settings)
        assert result.exit_code == 1, result.output
        assert says in result.stdout


def test_a_redis_that_is_away_is_a_warning_because_everything_goes_on(run: Run) -> None:
    result = run("doctor", redis_url="redis://127.0.0.1:1/0")
    assert result.exit_code == 0, result.output
    assert "a second slower" in result.stdout


def test_each_channel_speaks_for_itself(run: Run, pack: Path, telegram: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("client", "apply", str(pack), "--no-tests").exit_code == 0
    monkeypatch.setenv("SWITCHBOARD_CLIENT__ALPENRAD__TELEGRAM_TOKEN", "123456:the-right-one")
    well = run("doctor", telegram_api_url=telegram)
    assert well.exit_code == 0, well.output
    assert "@alpi_bot" in well.stdout
    assert "alpenrad-slack: off" in well.stdout
    monkeypatch.setenv("SWITCHBOARD_CLIENT__ALPENRAD__TELEGRAM_TOKEN", "123456:revoked-yesterday")
    ill = run("doctor", telegram_api_url=telegram)
    assert ill.exit_code == 1
    assert "Unauthorized" in ill.stdout
    assert "revoked-yesterday" not in ill.output
