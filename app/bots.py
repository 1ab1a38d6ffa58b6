"""Where the process's bots come from: the active packs and their models, loaded when a customer first writes."""

import asyncio

import structlog

from app.directory import Directory
from conversation.ids import ClientId
from nlu.actions import pack_actions
from nlu.bot import Bot
from nlu.bots import NoBot
from nlu.embedded.model import ModelBroken, ModelUnusable
from nlu.wire import Wire
from storage.blobs import Blobs

log = structlog.get_logger(__name__)


class ActiveBots:
    """An nlu.bots.BotSource over the directory."""

    def __init__(self, directory: Directory, blobs: Blobs, wire: Wire) -> None:
        self._directory = directory
        self._blobs = blobs
        self._wire = wire

    async def version(self, client: ClientId) -> str:
        """See nlu.bots.BotSource."""
        pack = self._directory.pack(client)
        if pack is None:
            raise NoBot(f"the client {client} has no active pack: switchboard client apply …")
        return f"{client}@{pack.version}"

    async def load(self, client: ClientId, version: str) -> Bot:
        """The active pack with its model. A model that this version of Switchboard cannot use (kept by another one, or
        damaged) is trained again from the same pack: seconds, once in each process.
        """
        pack = self._directory.pack(client)
        if pack is None:
            raise NoBot(f"the client {client} has no active pack")
        actions = pack_actions(pack.nlu, self._wire)
        kept = await self._blobs.get(pack.model) if pack.model else None
        if kept is not None:
            try:
                return await asyncio.to_thread(Bot.load, pack.nlu, kept, actions, version)
            except (ModelBroken, ModelUnusable) as error:
                log.warning("model cannot be used; training it again", client=client, why=str(error))
        fresh = await asyncio.to_thread(Bot.train, pack.nlu)
        return await asyncio.to_thread(Bot.load, pack.nlu, fresh, actions, version)
