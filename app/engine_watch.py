"""Looks after engines that run on servers: each up, with the right model? Kept where every process can read it."""

import asyncio
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta

import structlog

from app.directory import Directory
from app.lanes import until
from bots.ports import Position
from conversation.clock import Clock
from conversation.ids import ClientId
from nlu.bots import ManyBots, NoBot
from nlu.engine_state import EMBEDDED, EngineState
from nlu.rasa.standing import Watch
from nlu.rasa.steady import SteadyEngine
from storage.engine_states import SqlEngineStates
from storage.poll_state import SqlPollState

log = structlog.get_logger(__name__)

LOOK_S = 4.0
TOLD_EVERY = timedelta(seconds=15)
KEEPS_FOR = timedelta(seconds=30)
LOOKING = 8


@dataclass
class EngineWatch:
    """In a worker: looks at the server of every client that has one, each by itself, so that a slow one holds up no
    other. Of all workers one keeps each server's model right: the one with the client's lease.
    """

    directory: Directory
    bots: ManyBots
    states: SqlEngineStates
    leases: SqlPollState[Position]
    clock: Clock
    name: str
    _told: dict[ClientId, EngineState] = field(default_factory=dict, init=False)
    _under_way: dict[ClientId, asyncio.Task[None]] = field(default_factory=dict, init=False)

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`."""
        with ThreadPoolExecutor(LOOKING, thread_name_prefix="engines") as threads:
            try:
                while not stop.is_set():
                    self._start(threads)
                    await until(stop, LOOK_S)
            finally:
                for task in self._under_way.values():
                    task.cancel()
                await asyncio.gather(*self._under_way.values(), return_exceptions=True)

    def _start(self, threads: ThreadPoolExecutor) -> None:
        for client, task in list(self._under_way.items()):
            if task.done():
                del self._under_way[client]
                if (error := task.exception()) is not None:
                    log.error("an engine could not be looked at", client=client, why=f"{type(error).__name__}: {error}")
        for pack in self.directory.packs():
            if pack.nlu.profile.engine.kind != EMBEDDED and pack.id not in self._under_way:
                self._under_way[pack.id] = asyncio.create_task(self._look(pack.id, threads))

    async def _look(self, client: ClientId, threads: ThreadPoolExecutor) -> None:
        try:
            engine = (await self.bots.bot(client)).engine
        except NoBot:
            return
        if isinstance(engine, SteadyEngine):
            keep = await self.leases.acquire(f"engine:{client}", self.name, self.clock.now(), KEEPS_FOR)
            await asyncio.get_running_loop().run_in_executor(threads, lambda: engine.look(keep=keep))
            await self._tell(replace(engine.standing.state(), seen_by=self.name))

    async def _tell(self, state: EngineState) -> None:
        """Keeps what changed; a new bot's engine that is as the old one was is so since then."""
        told, now = self._told.get(state.client), self.clock.now()
        if told is not None and told.up is state.up and told.since is not None:
            state = replace(state, since=min(told.since, state.since or told.since))
            if told.seen_at is not None and now - told.seen_at < TOLD_EVERY and told.missed == state.missed:
                return
        self._told[state.client] = replace(state, seen_at=now)
        await self.states.save(state, now)


@dataclass(frozen=True)
class EngineStates:
    """How every client's engine is doing, for pages: implements web.ports.EngineReads."""

    directory: Directory
    kept: SqlEngineStates
    clock: Clock

    async def states(self, clients: Collection[ClientId]) -> Mapping[ClientId, EngineState]:
        """One for each of `clients` that has a bot. `up` is None for a server that no worker has looked at lately."""
        choices = {pack.id: pack.nlu.profile.engine for pack in self.directory.packs() if pack.id in clients}
        remote = [client for client, choice in choices.items() if choice.kind != EMBEDDED]
        seen = await self.kept.of(remote, self.clock.now()) if remote else {}
        unseen = {
            client: EngineState(client, choice.kind, None, fallback=choice.fallback)
            if choice.kind != EMBEDDED
            else EngineState(client)
            for client, choice in choices.items()
        }
        return unseen | seen

    async def measure(self, watch: Watch, stop: asyncio.Event) -> None:
        """Keeps this process's metrics as the workers see the engines; for one that has no worker itself."""
        while not await until(stop, LOOK_S):
            for state in (await self.states([pack.id for pack in self.directory.packs()])).values():
                if state.up is not None and state.kind != EMBEDDED:
                    watch.stands(state.client, state.kind, up=state.up)
