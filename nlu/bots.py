"""All clients' bots in one process: loaded when first needed, replaced when a new version is active."""

import asyncio
import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from conversation.ids import ClientId
from conversation.message import Reply
from conversation.resolution import Resolution, Turn
from conversation.understanding import Understanding
from nlu.bot import Bot, say_built_in

MAX_LOADED = 1_000
MAX_BYTES = 3_000_000_000
CHECKED_EVERY_S = 1.0


class NoBot(Exception):
    """The client has no active bot; the message says which client."""


class BotSource(Protocol):
    """Where bots come from."""

    async def version(self, client: ClientId) -> str:
        """A name of the client's active version that changes with it. Cheap. Raises NoBot."""
        ...

    async def load(self, client: ClientId, version: str) -> Bot:
        """The bot of that version. May take long. Raises NoBot."""
        ...


@dataclass
class _Loaded:
    version: str
    bot: Bot
    checked_at: float


@dataclass
class ManyBots:
    """Implements conversation.ports.Bots. Asks the source at most once a second and client whether the version
    changed; the least recently used bots beyond `limit`, or whose models make more than `most_bytes`, are dropped.
    """

    source: BotSource
    limit: int = MAX_LOADED
    most_bytes: int = MAX_BYTES
    clock: Callable[[], float] = time.monotonic
    _loaded: OrderedDict[ClientId, _Loaded] = field(default_factory=OrderedDict, init=False)
    _locks: defaultdict[ClientId, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock), init=False)

    async def understand(self, turns: Sequence[Turn]) -> list[Understanding]:
        """See conversation.ports.Bots. Raises NoBot if a client of the batch has none."""
        places: dict[ClientId, list[int]] = {}
        for i, turn in enumerate(turns):
            places.setdefault(turn.conversation.client, []).append(i)
        batches = await asyncio.gather(
            *(self._understand(client, [turns[i] for i in own]) for client, own in places.items())
        )
        made: dict[int, Understanding] = {}
        for own, batch in zip(places.values(), batches, strict=True):
            made.update(zip(own, batch, strict=True))
        return [made[i] for i in range(len(turns))]

    async def _understand(self, client: ClientId, turns: Sequence[Turn]) -> list[Understanding]:
        return await (await self.bot(client)).understand(turns)

    async def respond(self, turn: Turn, understanding: Understanding) -> Resolution:
        """See conversation.ports.Bots."""
        return await (await self.bot(turn.conversation.client)).respond(turn, understanding)

    def say(self, turn: Turn, response: str, variables: dict[str, Any]) -> tuple[Reply, ...]:
        """See conversation.ports.Bots. Built-in words if the client's bot is not loaded: a customer who is passed to a
        person because the bot is broken still hears so.
        """
        loaded = self._loaded.get(turn.conversation.client)
        if loaded is None:
            return say_built_in(turn, response, variables)
        return loaded.bot.say(turn, response, variables)

    async def bot(self, client: ClientId) -> Bot:
        """The client's active bot. Raises NoBot."""
        known = self._loaded.get(client)
        if known is not None and self.clock() - known.checked_at < CHECKED_EVERY_S:
            self._loaded.move_to_end(client)
            return known.bot
        async with self._locks[client]:
            return await self._fresh(client)

    async def _fresh(self, client: ClientId) -> Bot:
        known = self._loaded.get(client)
        if known is not None and self.clock() - known.checked_at < CHECKED_EVERY_S:
            return known.bot
        version = await self.source.version(client)
        if known is not None and known.version == version:
            known.checked_at = self.clock()
            self._loaded.move_to_end(client)
            return known.bot
        bot = await self.source.load(client, version)
        self._loaded[client] = _Loaded(version, bot, self.clock())
        self._loaded.move_to_end(client)
        self._make_room()
        return bot

    def _make_room(self) -> None:
        """The bot loaded last always stays."""
        size = sum(loaded.bot.size for loaded in self._loaded.values())
        while len(self._loaded) > 1 and (len(self._loaded) > self.limit or size > self.most_bytes):
            dropped, loaded = self._loaded.popitem(last=False)
            self._locks.pop(dropped, None)
            size -= loaded.bot.size

    def forget(self, client: ClientId) -> None:
        """Looks again at the next message, without waiting for the second to pass."""
        if client in self._loaded:
            self._loaded[client].checked_at = float("-inf")
