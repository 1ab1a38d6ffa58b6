"""Bringing a client pack to life: checked, trained, kept as a version, announced."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from app.directory import TOPIC, Directory
from app.packs import ClientPack, open_pack
from app.rasa import activate_on_rasa
from app.training import train_pack
from conversation.clock import Clock
from conversation.ids import ClientId
from conversation.ports import Wakeups
from storage.blobs import Blobs
from storage.macros import SqlMacros
from storage.packs import PackVersions


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
        nothing. Raises app.packs.Unusable.
        """
        pack = await asyncio.to_thread(open_pack, folder)
        if (same := await self._versions.active_with(pack.id, pack.files)) is not None:
            return same
        trained = await asyncio.to_thread(train_pack, pack)
        if pack.nlu.profile.engine.kind == "rasa":
            await asyncio.to_thread(activate_on_rasa, pack, trained.model)
        model = await self._blobs.put(trained.model, name=f"{pack.id}.model", owner=pack.id)
        version = await self._versions.add(
            pack.id, pack.name, pack.files, model=model, report=trained.facts, now=self._clock.now(), by=by
        )
        for macro in pack.macros:
            await self._macros.save(macro, self._clock.now())
        await self._directory.refresh()
        await self._wakeups.announce(TOPIC)
        return version

    async def refresh(self) -> None:
        await self._directory.refresh()

    def packs(self) -> Sequence[ClientPack]:
        return self._directory.packs()

    async def ids(self) -> Sequence[ClientId]:
        return await self._directory.ids()
