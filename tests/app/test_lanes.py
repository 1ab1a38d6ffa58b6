"""Loops that never die quietly."""

import asyncio
import json
import logging
from datetime import timedelta
from pathlib import Path

import pytest
import structlog

from app import lanes, logs
from app.lanes import keep_running, until
from app.settings import LogFormat


async def test_a_loop_that_fails_is_logged_and_started_again_a_little_later_each_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pauses: list[float] = []
    tries = 0

    async def at_once(stop: asyncio.Event, seconds: float) -> bool:
        pauses.append(seconds)
        return stop.is_set()

    async def failing(stop: asyncio.Event) -> None:
        nonlocal tries
        tries += 1
        if tries == 9:
            stop.set()
            return
        raise OSError("the database is away")

    monkeypatch.setattr(lanes, "until", at_once)
    await keep_running("test", failing, asyncio.Event())
    assert pauses == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0]


async def test_a_loop_that_waits_between_failures_ends_at_once_when_asked() -> None:
    stop = asyncio.Event()

    async def failing(_: asyncio.Event) -> None:
        stop.set()
        raise OSError("the database is away")

    async with asyncio.timeout(timedelta(seconds=5).total_seconds()):
        await keep_running("test", failing, stop)
        assert await until(stop, 60)


def test_log_lines_are_json_without_tokens_even_in_tracebacks(capsys: pytest.CaptureFixture[str]) -> None:
    token = "123456789:AAHk3-thisLooksLikeATelegramToken_0"
    logs.configure("INFO", LogFormat.JSON)
    log = structlog.stdlib.get_logger("app.test")
    try:
        Path(f"/bot{token}/sendMessage").read_text("utf-8")
    except OSError:
        log.exception("could not send", url=f"/bot{token}/", conversation="c-1", tried=[{"url": f"/bot{token}/"}])
    logging.getLogger("aiohttp.client").warning("lost %s", f"xoxb-1-2-{'a' * 24}")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["level"] for line in lines] == ["error", "warning"]
    assert lines[0]["conversation"] == "c-1"
    assert "FileNotFoundError" in lines[0]["exception"]
    assert token not in json.dumps(lines)
    assert "xoxb" not in json.dumps(lines)
