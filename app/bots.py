"""Where the process's bots come from: the active packs and their models, loaded when a customer first writes."""

import asyncio

from app.directory import Directory
from app.engines import Engines
from conversation.ids import ClientId
from nlu.actions import pack_actions
from nlu.bot import Bot
from nlu.bots import NoBot
from nlu.wire import Wire
from storage.blobs import Blobs


class ActiveBots:
    """An nlu.bots.BotSource over the directory."""

    def __init__(self, directory: Directory, models: Blobs, wire: Wire, engines: Engines) -> None:
        self._directory = directory
        self._models = models
        self._wire = wire
        self._engines = engines

    async def version(self, client: ClientId) -> str:
        """See nlu.bots.BotSource."""
        pack = self._directory.pack(client)
        if pack is None:
            raise NoBot(f"the client {client} has no active pack: switchboard client apply …")
        if pack.bot is None:
            raise NoBot(f"no bot of the client {client} runs, all were refused: switchboard nlu activate {client} …")
        return f"{client}@{pack.version}/bot {pack.bot} at {pack.nlu.profile.bot.wrong_answers:g}"

    async def load(self, client: ClientId, version: str) -> Bot:
        """The active pack with its model, understood by the engine it chose."""
        pack = self._directory.pack(client)
        if pack is None:
            raise NoBot(f"the client {client} has no active pack")
        actions = pack_actions(pack.nlu, self._wire)
        kept = await self._models.read(client, pack.model) if pack.model else None
        engine = await asyncio.to_thread(self._engines.load, pack.nlu, kept)
        return Bot(pack.nlu, engine, actions, pack.bot_name or version)
