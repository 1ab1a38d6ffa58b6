"""Bringing a client pack to life: checked, trained, kept as a version, announced."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from app.directory import TOPIC, Directory
from app.packs import ClientPack, open_pack, pack_texts, terms_difference
from app.rasa import activate_on_rasa
from app.training import train_pack
from conversation.clock import Clock
from conversation.ids import ClientId, UserId
from conversation.ports import Wakeups
from storage.blobs import Blobs
from storage.macros import SqlMacros
from storage.packs import PackVersions, Proposal


class Clients:
    """The clients of this installation."""

    def __init__(
        self,
        versions: PackVersions,
        directory: Directory,
        blobs: Blobs,
        macros: SqlMacros,
        wakeups: Wakeups,
        clock: Clock,
    ) -> None:
        self._versions = versions
        self._directory = directory
        self._blobs = blobs
        self._macros = macros
        self._wakeups = wakeups
        self._clock = clock

    async def apply(self, folder: Path, by: str) -> int:
        """Makes the pack in `folder` the client's active version; returns its number. The same files again change
        nothing. Changed terms (SLA, calendar, prices) wait for the client's approval, and the whole version with them,
        unless the version in force waives it; a client's first version waits for nobody. Raises app.packs.Unusable.
        """
        if (same := await self._versions.active_as(await asyncio.to_thread(pack_texts, folder))) is not None:
            return same
        pack = await asyncio.to_thread(open_pack, folder)
        if (same := await self._versions.known_with(pack.id, pack.files)) is not None:
            return same
        trained = await asyncio.to_thread(train_pack, pack)
        if pack.nlu.profile.engine.kind == "rasa":
            await asyncio.to_thread(activate_on_rasa, pack, trained.model)
        model = await self._blobs.put(trained.model, name=f"{pack.id}.model", owner=pack.id)
        version = await self._versions.add(
            pack.id,
            pack.name,
            pack.files,
            model=model,
            report=trained.facts,
            now=self._clock.now(),
            by=by,
            difference=await self._to_approve(pack),
        )
        await self._take_up(pack.id)
        return version

    async def proposal(self, client: ClientId) -> Proposal | None:
        """The version whose terms wait for the client's approval, if one does."""
        return await self._versions.proposal(client)

    async def decide(self, client: ClientId, version: int, *, approve: bool, by: UserId | None, by_name: str) -> bool:
        """The client's word on a waiting version; False if it does not wait. See app.settlement for who may."""
        decided = await self._versions.decide(
            client, version, approve=approve, by=by, by_name=by_name, now=self._clock.now()
        )
        if decided and approve:
            await self._take_up(client)
        return decided

    async def _to_approve(self, pack: ClientPack) -> list[tuple[str, str | None, str | None]]:
        await self._directory.refresh()
        current = self._directory.pack(pack.id)
        if current is None or current.waives_approval:
            return []
        return [(d.path, d.before, d.after) for d in terms_difference(current, pack)]

    async def _take_up(self, client: ClientId) -> None:
        """What follows from the active version, here and in every other process."""
        await self._directory.refresh()
        active = self._directory.pack(client)
        for macro in active.macros if active is not None else ():
            await self._macros.save(macro, self._clock.now())
        await self._wakeups.announce(TOPIC)

    async def refresh(self) -> None:
        await self._directory.refresh()

    def packs(self) -> Sequence[ClientPack]:
        return self._directory.packs()

    async def ids(self) -> Sequence[ClientId]:
        return await self._directory.ids()
