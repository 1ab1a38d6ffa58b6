"""Kept versions beside each other: what they said of the same examples, and whether one may replace another."""

import asyncio

from app.packs import Unusable, bot_part
from conversation.ids import ClientId
from nlu.pack import Pack
from nlu.versions.compare import Comparison, Judged, compare, spelled
from nlu.versions.folds import text_key
from nlu.versions.gate import objections
from nlu.versions.learning import learn_embedded
from nlu.versions.version import BotVersion, Refused
from storage.bot_versions import SqlBotVersions


class BotJudging:
    """Reads versions back and judges them; changes nothing."""

    def __init__(self, rows: SqlBotVersions) -> None:
        self._rows = rows

    async def compare(self, client: ClientId, a: int, b: int) -> Comparison:
        """Version b beside version a on the examples that both held out, without any training."""
        one, other = await self.require(client, a), await self.require(client, b)
        found = await self._compared(one, other)
        texts: dict[str, str] = {}
        for number in (a, b):
            pack = await self.pack_of(client, number)
            texts |= {text_key(example.text): example.text for example in pack.data.examples}
        return spelled(found, texts)

    async def judged(self, client: ClientId, number: int) -> Refused | None:
        """Why the version may not take the place of the one that runs; None if it may. See nlu.versions.gate."""
        version = await self.require(client, number)
        history = await self._rows.history(client)
        running = history[-1].number if history else None
        active = await self._rows.get(client, running) if running is not None else None
        compared = None
        if active is not None and active.evaluation is not None and version.evaluation is not None:
            compared = await self._compared(active, version)
        reasons = objections(compared, version.tests)
        return Refused(client, number, running, tuple(reasons)) if reasons and running != number else None

    async def require(self, client: ClientId, number: int) -> BotVersion:
        """The version. Raises Unusable for a number that is none."""
        found = await self._rows.get(client, number)
        if found is None:
            raise Unusable(f"{client} has no bot version {number}: see `switchboard nlu versions {client}`")
        return found

    async def pack_of(self, client: ClientId, number: int) -> Pack:
        """The bot as its files say, in this process's environment. Raises Unusable."""
        version = await self.require(client, number)
        return await asyncio.to_thread(bot_part, await self._rows.files(client, number), version.engine)

    async def _compared(self, a: BotVersion, b: BotVersion) -> Comparison:
        """On as few folds as either was judged on: the embedded engine's are had in closed form, Rasa's are not."""
        folds = min((v.evaluation.folds for v in (a, b) if v.evaluation is not None), default=0)
        return compare(a.client, await self._on(folds, a), await self._on(folds, b))

    async def _on(self, folds: int, version: BotVersion) -> Judged:
        evaluation = version.evaluation
        if evaluation is not None and evaluation.folds != folds and version.engine == "embedded":
            pack = await self.pack_of(version.client, version.number)
            learned = await asyncio.to_thread(learn_embedded, pack, folds)
            return Judged(version.number, learned.held_out, folds, evaluation.promise)
        held = await self._rows.held_out(version.client, version.number)
        own = (evaluation.folds, evaluation.promise) if evaluation is not None else (0, None)
        return Judged(version.number, held, *own)
