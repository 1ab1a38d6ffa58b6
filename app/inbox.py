"""The training inbox at work: the last weeks' missed messages, grouped; named ones back as training data."""

import asyncio
from collections.abc import Collection, Sequence
from datetime import timedelta

from app.directory import Directory
from conversation.clock import Clock
from conversation.ids import ClientId, UserId
from nlu.embedded.encoder import shared_encoder
from nlu.inbox.export import as_rasa
from nlu.inbox.grouping import grouped
from nlu.inbox.missed import Group
from storage.missed import SqlMissed
from web.training.ports import CannotBeDone

LOOKS_BACK = timedelta(days=28)
EXPORTS = timedelta(days=90)
MOST = 400


class Inbox:
    """A web.training.ports.Inbox over the database and the packs that run."""

    def __init__(self, missed: SqlMissed, directory: Directory, clock: Clock) -> None:
        self._missed = missed
        self._directory = directory
        self._clock = clock

    async def groups(self, client: ClientId) -> Sequence[Group]:
        """The newest 400 missed messages of four weeks."""
        found = await self._missed.missed(client, self._clock.now() - LOOKS_BACK, MOST)
        groups = await asyncio.to_thread(lambda: grouped(found, shared_encoder()))
        known = set(self.intents(client))
        return [Group(group.messages, [name for name in group.suggestions if name in known]) for group in groups]

    def intents(self, client: ClientId) -> Sequence[str]:
        """The intents of the client's pack."""
        pack = self._directory.pack(client)
        return sorted(pack.nlu.domain.intents) if pack is not None else []

    async def label(self, client: ClientId, messages: Collection[str], intent: str | None, *, by: UserId) -> int:
        """See web.training.ports.Inbox."""
        if intent is not None and intent not in self.intents(client):
            raise CannotBeDone(f"{client} has no intent {intent!r}: add it to the pack's domain first")
        return await self._missed.label(client, messages, intent, by=by, now=self._clock.now())

    async def undo(self, client: ClientId, by: UserId) -> int:
        """See web.training.ports.Inbox."""
        return await self._missed.undo(client, by)

    async def named(self, client: ClientId) -> int:
        """See web.training.ports.Inbox."""
        return len(await self._missed.labelled(client, self._clock.now() - EXPORTS))

    async def export(self, client: ClientId) -> str:
        """What was named in the last 90 days and is not in the running pack yet."""
        labelled = await self._missed.labelled(client, self._clock.now() - EXPORTS)
        pack = self._directory.pack(client)
        known = [example.text for example in pack.nlu.data.examples] if pack is not None else []
        return as_rasa(labelled, known)
