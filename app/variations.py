"""Variations of a pack's conversation tests for the command line, and when a bot is trained or activated."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from app.packs import ClientPack, Unusable, bot_part, open_pack
from app.training import engine_of
from clients import PACKS
from clients.backend import create_app
from conversation.errors import PackInvalid
from nlu.action import Actions
from nlu.actions import pack_actions
from nlu.bot import Bot
from nlu.conversation_tests import FakeActions, pack_tests
from nlu.engine import Engine, EngineUnavailable
from nlu.http_guard import Guard
from nlu.pack import Pack
from nlu.variations.recorded import FILE, read_recorded, written
from nlu.variations.report import Report, failing, report
from nlu.variations.report import told as told_by
from nlu.variations.suite import Run, Suite
from nlu.wire import Wire, open_http

NOW = datetime(2026, 11, 10, 9, 30, tzinfo=UTC)
"""The clock of variations, unless answers were recorded at another time."""
_BACKEND = "127.0.0.1:8801"
SHOWN = 40


async def vary_pack(folder: Path, seed: int, *, shown: int = SHOWN) -> tuple[Report, Sequence[str]]:
    """Derives and plays the variations of the pack in `folder` with the bot it would become; the figures, and the
    smallest failing conversations in words, `shown` at most. Nothing of the client's is called. Raises Unusable.
    """
    pack = (await asyncio.to_thread(open_pack, folder, {})).nlu
    try:
        model = await asyncio.to_thread(Bot.train, pack)
    except ValueError as error:
        raise Unusable(f"{pack.profile.id}: {error}") from error
    with engine_of(pack, model) as engine:
        is_sample = await asyncio.to_thread(folder.resolve) in PACKS
        return await vary(pack, engine, seed, is_sample=is_sample, shown=shown)


async def vary(
    pack: Pack, engine: Engine, seed: int, *, is_sample: bool, shown: int = SHOWN
) -> tuple[Report, Sequence[str]]:
    """The same for a bot that is trained. A sample pack meets a backend of its own in this process."""
    at, recorded = read_recorded(pack)
    async with contextlib.AsyncExitStack() as stack:
        live = await stack.enter_async_context(sample_actions(pack)) if is_sample else None
        bot = Bot(pack, engine, live or FakeActions({}))
        suite = Suite(bot, at or NOW, seed, recorded, live)
        try:
            run = await suite.run()
            return report(run), [*_not_varied(run), *await _smallest(suite, run, shown)]
        except PackInvalid as error:
            raise Unusable(str(error.problems[0]), error.problems) from error
        except EngineUnavailable as error:
            raise Unusable(f"{pack.profile.id}: {error}") from error


async def variations_of(pack: ClientPack, model: bytes) -> Mapping[str, Any] | None:
    """What is kept of them with a bot version: the counts by kind, and all in a line. None where there is nothing to
    vary: no conversation tests, or an engine that needs a server.
    """
    is_sample = pack.id in {folder.name for folder in PACKS}
    nlu = await asyncio.to_thread(bot_part, pack.files, "embedded", {}) if is_sample else pack.nlu
    if nlu.profile.engine.kind != "embedded" or not any(nlu.files.under("tests")):
        return None
    with engine_of(nlu, model) as engine:
        figures, _ = await vary(nlu, engine, 0, is_sample=is_sample, shown=0)
    counts = figures.kinds.values()
    return {
        "kinds": figures.as_plain(),
        "line": figures.in_a_line(),
        "misses": figures.misses,
        "played": sum(one.played for one in counts),
        "right": sum(one.same for one in counts),
    }


async def record_pack(folder: Path, allowed: Collection[str], environment: Mapping[str, str] | None = None) -> int:
    """Plays the pack's conversation tests with its real actions and keeps what they answer in its `recorded.yml`; how
    many answers. Raises Unusable.
    """
    known = dict(os.environ) if environment is None else environment
    pack = (await asyncio.to_thread(open_pack, folder, known)).nlu
    now = datetime.now(UTC)
    model = await asyncio.to_thread(Bot.train, pack)
    async with open_http() as http:
        actions = pack_actions(pack, Wire(http, Guard(allowed=frozenset(allowed))))
        with engine_of(pack, model) as engine:
            answers = await Suite(Bot(pack, engine, actions), now, live=actions).record(pack_tests(pack))
    await asyncio.to_thread((folder / FILE).write_text, written(answers, now), "utf-8")
    return len({(one.action, one.sent) for one in answers if one.result.ok})


@contextlib.asynccontextmanager
async def sample_actions(pack: Pack) -> AsyncIterator[Actions]:
    """The actions of a sample pack, answered by its own backend in this process on the day of the variations."""
    app = create_app(NOW.date)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as http:
        yield pack_actions(pack, Wire(http, Guard(allowed=frozenset({_BACKEND}))))


async def _smallest(suite: Suite, run: Run, most: int) -> list[str]:
    return [told_by(fault, await suite.smallest(tried, fault)) for fault, tried in failing(run)[:most]]


def _not_varied(run: Run) -> list[str]:
    return [f"not varied: {one.case.name}: {one.why}" for one in run.not_varied]
