"""The engine each client chose, ready to understand; holds this process's connections to Rasa servers."""

import threading
from dataclasses import dataclass, field

import structlog

from app.settings import Settings
from nlu.bot import Bot
from nlu.embedded.engine import EmbeddedEngine
from nlu.embedded.model import ModelBroken, ModelUnusable
from nlu.embedded.shelf import Shelf
from nlu.engine import Engine
from nlu.http_guard import ENGINE_HOSTS, Guard
from nlu.pack import Pack
from nlu.profile import EngineChoice
from nlu.rasa.address import Address
from nlu.rasa.model import NotARasaModel, RasaModel
from nlu.rasa.regexes import RasaPackEngine, RegexEntities
from nlu.rasa.server import ENGINE_GUARD, RasaServer
from nlu.rasa.standing import Unwatched, Watch
from nlu.rasa.steady import SteadyEngine

log = structlog.get_logger(__name__)


def address_of(choice: EngineChoice) -> Address:
    """Where the client's Rasa server is."""
    return Address(choice.url, choice.token, choice.jwt_secret)


def engine_guard(settings: Settings) -> Guard:
    """Where clients' Rasa servers may be: on the internet, and where the operator allows it."""
    return Guard(allowed=frozenset(settings.allowed_engine_hosts), setting=ENGINE_HOSTS)


@dataclass
class Engines:
    """One for each process. Servers are shared by all bots that name the same address: one breaker, one limit."""

    watch: Watch = field(default_factory=Unwatched)
    shelf: Shelf | None = None
    guard: Guard = ENGINE_GUARD
    _servers: dict[Address, RasaServer] = field(default_factory=dict, init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def load(self, pack: Pack, kept: bytes | None, *, live: bool = True) -> Engine:
        """The engine of a pack with its kept model. One that this version of Switchboard cannot use (kept by another
        one, or damaged) is made again from the same pack, as far as seconds allow. CPU-bound. An engine that is not
        `live` (a candidate's, in the shadow) is in nobody's counters.
        """
        watch = self.watch if live else Unwatched()
        return self._rasa(pack, kept, watch) if pack.profile.engine.kind == "rasa" else embedded(pack, kept, self.shelf)

    def _rasa(self, pack: Pack, kept: bytes | None, watch: Watch) -> SteadyEngine:
        profile = pack.profile
        try:
            model = RasaModel.from_bytes(kept or b"")
        except NotARasaModel as error:
            log.warning(
                "no calibration for the Rasa server; its own confidence decides", client=profile.id, why=str(error)
            )
            model = RasaModel()
        regexes = RegexEntities.of(pack.data, pack.domain.entities)
        server, target = self.server(profile.engine), profile.bot.wrong_answers
        engine = RasaPackEngine(server, model, profile.languages, target, regexes=regexes)
        stand_in = embedded(pack, model.stand_in or None, self.shelf) if profile.engine.fallback == "embedded" else None
        return SteadyEngine(profile.id, engine, stand_in, watch)

    def server(self, choice: EngineChoice) -> RasaServer:
        """The process's connection to this server."""
        address = address_of(choice)
        with self._lock:
            if address not in self._servers:
                self._servers[address] = RasaServer(address, self.guard)
            return self._servers[address]

    def close(self) -> None:
        """Closes all connections; what is under way ends first."""
        with self._lock:
            for server in self._servers.values():
                server.close()
            self._servers.clear()


def embedded(pack: Pack, kept: bytes | None, shelf: Shelf | None = None) -> EmbeddedEngine:
    """The embedded engine of a pack, trained now if the kept model is missing or cannot be used."""
    target = pack.profile.bot.wrong_answers
    if kept is not None:
        try:
            return EmbeddedEngine.load(kept, target, shelf=shelf)
        except (ModelBroken, ModelUnusable) as error:
            log.warning("model cannot be used; training it again", client=pack.profile.id, why=str(error))
    return EmbeddedEngine.load(Bot.train(pack), target, shelf=shelf)
