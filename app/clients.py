"""Bringing a client pack to life: its terms kept as a version, its bot judged and activated, both announced."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from app.bot_versions import BotVersions
from app.directory import Directory
from app.ownership import Ownership
from app.packs import ClientPack, Unusable, open_pack, pack_texts, refuse_problems, terms_difference
from conversation.clock import Clock
from conversation.ids import ClientId, UserId
from nlu.versions.version import BotVersion, Refused, TextChange
from storage.errors import ChannelsTaken, PackMoved
from storage.macros import SqlMacros
from storage.packs import PackVersions, Proposal

log = structlog.get_logger(__name__)

TRIES = 5
"""So often a difference is found anew because the terms in force changed meanwhile."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a pack: the number of its version, its bot, and the refusal if that bot may not run."""

    version: int
    bot: BotVersion | None = None
    refused: Refused | None = None


class Clients:
    """The clients of this installation."""

    def __init__(
        self,
        versions: PackVersions,
        directory: Directory,
        bots: BotVersions,
        macros: SqlMacros,
        ownership: Ownership,
        clock: Clock,
    ) -> None:
        self._versions = versions
        self._directory = directory
        self._bots = bots
        self._macros = macros
        self._ownership = ownership
        self._clock = clock

    async def apply(self, folder: Path, by: str) -> int:
        """Like bring(), without running the bot's conversation tests; only the number of the pack's version."""
        return (await self.bring(folder, by)).version

    async def bring(self, folder: Path, by: str, *, tests: bool = False, force: str = "") -> Applied:
        """Makes the pack in `folder` the client's active version. The same files again change nothing.

        Changed terms (SLA, calendar, prices) and bot texts wait for the client's approval, and the whole version with
        them, unless the version in force waives it; a client's first version waits for nobody. A bot that is refused
        (see BotVersions.activate; its tests only count if `tests`, which runs them) stays out: the terms come into
        force and the bot that runs goes on. `force` is the reason to run it nevertheless. Raises app.packs.Unusable,
        also for a pack that claims another client's channel.
        """
        texts = await asyncio.to_thread(pack_texts, folder)
        await self._refuse_what_is_anothers(texts)
        if not force and (same := await self._in_force(texts)) is not None:
            return Applied(same)
        pack = await asyncio.to_thread(open_pack, folder)
        known = await self._versions.known_with(pack.id, pack.files)
        if known is not None and not force and await self._has_bot(pack.id):
            return Applied(known)
        bot = (await self._bots.train(pack, by)).version
        if tests and bot.tests is None:
            await self._bots.tested(bot)
        refused = None if force else await self._bots.judged(pack.id, bot.number)
        report = dict(bot.facts) | ({"forced": force} if force else {})
        version = await self._keep(pack, bot if refused is None else None, report, by=by, forced=force)
        if refused is not None:
            await self._bots.tell_refused(refused, None, by)
        await self._take_up(pack.id)
        return Applied(version, bot, refused)

    async def proposal(self, client: ClientId) -> Proposal | None:
        """The version whose terms wait for the client's approval, if one does."""
        return await self._versions.proposal(client)

    async def decide(self, client: ClientId, version: int, *, approve: bool, by: UserId | None, by_name: str) -> bool:
        """The client's word on a waiting version; False if it does not wait. See app.settlement for who may. Its bot
        comes with it, unless another one runs by now and it would be refused beside that one: then the terms come
        alone.
        """
        bot = await self._bot_of(client, version, by, by_name) if approve else None
        decided = await self._versions.decide(
            client, version, approve=approve, by=by, by_name=by_name, now=self._clock.now(), bot=bot
        )
        if decided and approve:
            await self._take_up(client)
        return decided

    async def _bot_of(self, client: ClientId, version: int, by: UserId | None, by_name: str) -> int | None:
        waiting = await self._versions.proposal(client)
        if waiting is None or waiting.version != version or waiting.bot is None:
            return None
        refused = None if waiting.forced else await self._bots.judged(client, waiting.bot)
        if refused is not None:
            log.warning("approved terms come without their bot", client=client, bot=waiting.bot, why=str(refused))
            await self._bots.tell_refused(refused, by, by_name)
            return None
        await self._bots.serve(client, waiting.bot)
        return waiting.bot

    async def _refuse_what_is_anothers(self, files: Mapping[str, str]) -> None:
        refuse_problems(await self._ownership.problems(files))

    async def _in_force(self, texts: Mapping[str, str]) -> int | None:
        """The version that has these files and is in force, if a bot of its client runs."""
        same = await self._versions.active_with(texts)
        return same[1] if same is not None and await self._has_bot(same[0]) else None

    async def _has_bot(self, client: ClientId) -> bool:
        return await self._bots.active(client) is not None

    async def _keep(
        self, pack: ClientPack, bot: BotVersion | None, report: Mapping[str, Any], *, by: str, forced: str
    ) -> int:
        """Adds the version by its difference to the one in force; if that changes meanwhile, by its difference to the
        new one: terms that the client has just approved are not taken back without its word.
        """
        for _ in range(TRIES):
            against = (await self._versions.active_digests()).get(pack.id, (0, ""))[0]
            difference = await self._to_approve(pack, bot)
            if bot is not None and not difference:  # what waits must not take the place of what runs
                await self._bots.serve(pack.id, bot.number)
            try:
                return await self._versions.add(
                    pack.id,
                    pack.name,
                    pack.files,
                    model=None,
                    report=report,
                    now=self._clock.now(),
                    by=by,
                    difference=difference,
                    bot=bot.number if bot is not None else None,
                    forced=forced,
                    against=against,
                    channels=[channel.id for channel in pack.channels],
                )
            except ChannelsTaken as taken:  # between our look and now
                await self._serve_what_runs(pack.id)
                await self._refuse_what_is_anothers(pack.files)
                raise Unusable(str(taken)) from taken
            except PackMoved:
                if bot is not None and not difference:
                    await self._serve_what_runs(pack.id)
        raise Unusable(f"the terms of {pack.id} change again and again: apply the pack once they rest")

    async def _serve_what_runs(self, client: ClientId) -> None:
        running = await self._bots.active(client)
        if running is not None:
            await self._bots.serve(client, running.version.number)

    async def _to_approve(self, pack: ClientPack, bot: BotVersion | None) -> list[TextChange]:
        await self._directory.refresh()
        current = self._directory.pack(pack.id)
        if current is None or current.waives_approval:
            return []
        terms = [(d.path, d.before, d.after) for d in terms_difference(current, pack)]
        return [*terms, *(await self._bots.to_approve(bot) if bot is not None else ())]

    async def _take_up(self, client: ClientId) -> None:
        """What follows from the active version, here and in every other process."""
        await self._directory.refresh()
        active = self._directory.pack(client)
        for macro in active.macros if active is not None else ():
            await self._macros.save(macro, self._clock.now())
        await self._bots.take_up()

    async def refresh(self) -> None:
        await self._directory.refresh()

    def packs(self) -> Sequence[ClientPack]:
        return self._directory.packs()

    async def ids(self) -> Sequence[ClientId]:
        return await self._directory.ids()
