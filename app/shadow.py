"""Lets candidates understand live traffic beside the bots that answer: in workers, behind the customers' backs."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from app.engines import Engines
from app.lanes import until
from app.packs import Unusable, bot_part
from conversation.clock import Clock
from conversation.understanding import Understanding
from nlu.bot import MAX_TEXT
from nlu.engine import Engine, guessed
from nlu.versions.version import Reading
from storage.blobs import Blobs
from storage.bot_versions import SqlBotVersions
from storage.shadows import Overheard, Shadow, SqlShadows

log = structlog.get_logger(__name__)

LOOK_EVERY_SECONDS = 1.0
BATCH = 32
HOLD = timedelta(seconds=30)


@dataclass
class ShadowFollower:
    """One in each worker; a candidate is followed by one of them at a time. It reads what was understood and committed,
    so that no customer waits for it.
    """

    shadows: SqlShadows
    rows: SqlBotVersions
    models: Blobs
    engines: Engines
    clock: Clock
    worker: str
    _loaded: dict[Shadow, Engine] = field(default_factory=dict, init=False, repr=False)

    async def run(self, stop: asyncio.Event) -> None:
        """Follows every candidate until `stop`."""
        while not stop.is_set():
            if not await self.catch_up():
                await until(stop, LOOK_EVERY_SECONDS)

    async def catch_up(self) -> int:
        """One batch for each candidate; how many messages were read."""
        running = await self.shadows.running()
        self._loaded = {shadow: engine for shadow, engine in self._loaded.items() if shadow in running}
        return sum([await self._follow(shadow) for shadow in running])

    async def _follow(self, shadow: Shadow) -> int:
        now = self.clock.now()
        heard = await self.shadows.take(shadow, self.worker, now, hold=HOLD, limit=BATCH)
        if heard is None:
            return 0
        understood = await self._understood(shadow, heard)
        read = [(one, _reading(shadow, u)) for one, u in zip(heard, understood, strict=False) if _is_its_own(u)]
        whole = len(read) == len(heard)  # else its server is down, and what is missing is read later
        upto = now if whole and len(heard) < BATCH else heard[-1].at if whole else heard[0].at
        await self.shadows.keep(shadow, self.worker, read, upto=upto)
        return len(read)

    async def _understood(self, shadow: Shadow, heard: Sequence[Overheard]) -> Sequence[Understanding]:
        if not heard:
            return ()
        try:
            engine = self._loaded.get(shadow) or await self._load(shadow)
            texts = [one.text.lstrip("/ ").strip()[:MAX_TEXT] for one in heard]
            return await asyncio.to_thread(engine.parse, texts, [one.language or None for one in heard])
        except Unusable as error:
            log.warning("the candidate cannot be read", client=shadow.client, bot=shadow.number, why=str(error))
            return ()

    async def _load(self, shadow: Shadow) -> Engine:
        version = await self.rows.get(shadow.client, shadow.number)
        if version is None:
            raise Unusable(f"{shadow.client} has no bot version {shadow.number}")
        files = await self.rows.files(shadow.client, shadow.number)
        pack = await asyncio.to_thread(bot_part, files, version.engine)
        model = await self.models.read(shadow.client, version.model)
        engine = await asyncio.to_thread(lambda: self.engines.load(pack, model, live=False))
        self._loaded[shadow] = engine
        return engine


def _is_its_own(understood: Understanding) -> bool:
    """Not said in its place while its server was down."""
    return not understood.extra.get("down") and not understood.extra.get("stand_in")


def _reading(shadow: Shadow, understood: Understanding) -> Reading:
    best = guessed(understood)
    return Reading(shadow.number, best.name, round(best.confidence, 4), understood.answerable)
