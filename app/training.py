"""Training a pack's model, trying it on a text, and running the pack's own conversation tests."""

import asyncio
import contextlib
import os
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from app.demo.backend import BACKEND, addresses, backend
from app.engines import Engines
from app.packs import ClientPack, Unusable, open_pack
from app.rasa import facts_of, spare_engine, train_on_rasa, workshop_or_refuse
from clients import PACKS
from conversation.clock import Clock
from conversation.errors import PackInvalid
from conversation.ids import ClientId
from nlu.actions import pack_actions
from nlu.bot import Bot
from nlu.conversation_tests import TestResult, run_tests
from nlu.embedded.encoder import shared_encoder
from nlu.engine import Engine, EngineUnavailable, to_rasa
from nlu.http_guard import Guard
from nlu.pack import Pack
from nlu.rasa.model import RasaModel
from nlu.rasa.server import ENGINE_GUARD
from nlu.variables import variable_of
from nlu.versions.learning import judged_on_rasa, learn_embedded
from nlu.versions.version import Evaluation, FailedTest, Held, TestRun
from nlu.wire import Wire, open_http

MAX_TEXT = 2_000

ReadPack = Callable[[Mapping[str, str]], Pack]
"""Reads a bot's files in an environment."""


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A model as a file, what is known about it, and what it said of each held-out fold."""

    model: bytes
    facts: Mapping[str, Any]
    evaluation: Evaluation | None = None
    held_out: Sequence[Held] = ()


def train_pack(pack: ClientPack, engine: str = "") -> TrainedModel:
    """Trains the pack's model for `engine`, or for the one it chose: embedded in this process, Rasa in its workshop.
    Raises Unusable if there is too little to learn from, or no Rasa to train on.
    """
    began = time.perf_counter()
    kind = engine or pack.nlu.profile.engine.kind
    data = pack.nlu.data
    facts: dict[str, Any] = {"intents": len(data.intents), "examples": len(data.examples), "engine": kind}
    if kind == "rasa":
        trained = train_on_rasa(pack, workshop_or_refuse())
        target = pack.nlu.profile.bot.wrong_answers
        evaluation, held = judged_on_rasa(trained, pack.nlu, target)
        return TrainedModel(trained.to_bytes(), facts | facts_of(trained, target), evaluation, held)
    if kind != "embedded":
        raise Unusable(f"there is no engine {kind!r}: choose embedded or rasa")
    try:
        learned = learn_embedded(pack.nlu)
    except ValueError as error:
        raise Unusable(f"{pack.id}: {error}") from error
    facts |= {"train_s": round(time.perf_counter() - began, 3)}
    return TrainedModel(learned.model, facts, learned.evaluation, learned.held_out)


def encoder_name(engine: str) -> str | None:
    """The sentence encoder that a model of this engine would rest on here; None without one."""
    encoder = shared_encoder() if engine == "embedded" else None
    return encoder.name if encoder is not None else None


async def run_pack_tests(folder: Path, allowed_hosts: Collection[str], engine: str = "") -> Sequence[TestResult]:
    """The tests/*.yml of the pack in `folder` against the bot it would become. Actions that a test does not stub are
    really called; the sample packs' own backend is started for them. Raises Unusable.
    """
    environment, allowed = dict(os.environ), set(allowed_hosts)
    async with contextlib.AsyncExitStack() as stack:
        if await asyncio.to_thread(folder.resolve) in PACKS:
            port = await stack.enter_async_context(backend())
            environment |= addresses(port)
            allowed.add(f"127.0.0.1:{port}")
        pack = await asyncio.to_thread(open_pack, folder, environment)
        kind = engine or pack.nlu.profile.engine.kind
        if kind != pack.nlu.profile.engine.kind:
            pack = replace(pack, nlu=understood_by(pack.nlu, kind))
        trained = await asyncio.to_thread(train_pack, pack, kind)
        return await _tried(pack.nlu, trained.model, allowed)


async def _tried(pack: Pack, model: bytes, allowed: Collection[str]) -> Sequence[TestResult]:
    """A Rasa model is tried on a spare server, since the client's own runs another one."""
    trial = spare_engine if pack.profile.engine.kind == "rasa" else engine_of
    async with contextlib.AsyncExitStack() as stack:
        opened = trial(pack, model)
        understands = await asyncio.to_thread(opened.__enter__)
        stack.push_async_exit(partial(_closed, opened))
        return await tests_of(pack, understands, allowed)


async def _closed(opened: contextlib.AbstractContextManager[Engine], *error: Any) -> bool | None:
    return await asyncio.to_thread(opened.__exit__, *error)


async def tests_of(pack: Pack, engine: Engine, allowed: Collection[str]) -> Sequence[TestResult]:
    """A bot's own conversation tests; `allowed` are the hosts inside the network its actions may call."""
    async with open_http() as http:
        bot = Bot(pack, engine, pack_actions(pack, Wire(http, Guard(allowed=frozenset(allowed)))))
        try:
            return await run_tests(bot)
        except PackInvalid as error:
            raise Unusable(str(error.problems[0]), error.problems) from error
        except EngineUnavailable as error:
            raise Unusable(f"{pack.profile.id}: {error}") from error


@dataclass(frozen=True)
class TestsOfVersions:
    """Runs the conversation tests of kept versions (app.bot_versions.RunTests). `allowed_hosts` are the operator's."""

    __test__ = False

    allowed_hosts: Collection[str]
    clock: Clock

    async def __call__(self, read: ReadPack, client: ClientId, model: bytes) -> TestRun:
        """`read` makes the pack in an environment. Tests of the sample packs meet a backend of their own, never the one
        that runs.
        """
        environment, allowed = dict(os.environ), set(self.allowed_hosts)
        async with contextlib.AsyncExitStack() as stack:
            if _is_sample(client, environment):
                port = await stack.enter_async_context(backend())
                environment |= addresses(port)
                allowed.add(f"127.0.0.1:{port}")
            pack = await asyncio.to_thread(read, environment)
            results = await _tried(pack, model, allowed)
        failed = tuple(FailedTest(one.name, one.place, one.why) for one in results if not one.passed)
        return TestRun(self.clock.now(), len(results) - len(failed), failed)


def _is_sample(client: ClientId, environment: Mapping[str, str]) -> bool:
    if client not in {folder.name for folder in PACKS}:
        return False
    known = environment.get(variable_of(client, BACKEND), "")
    return not known or known.startswith(("http://127.0.0.1:", "http://localhost:"))


@contextlib.contextmanager
def engine_of(pack: Pack, model: bytes, guard: Guard = ENGINE_GUARD) -> Iterator[Engine]:
    """The engine of a bot for as long as the block lasts, in nobody's counters."""
    engines = Engines(guard=guard)
    try:
        yield engines.load(pack, model, live=False)
    finally:
        engines.close()


def understood_by(pack: Pack, engine: str) -> Pack:
    """The pack with another engine than it chose."""
    choice = replace(pack.profile.engine, kind=engine)
    return replace(pack, profile=replace(pack.profile, engine=choice))


def parse_text(
    pack: ClientPack, text: str, language: str | None = None, engine: str = "", guard: Guard = ENGINE_GUARD
) -> dict[str, Any]:
    """What the pack's bot makes of a text, in the shape of Rasa's `/model/parse`: by the engine it chose, or by
    `engine`. Embedded ones are trained on the spot; a Rasa server is asked as it runs.
    """
    kind = engine or pack.nlu.profile.engine.kind
    nlu = understood_by(pack.nlu, kind)
    if kind == "rasa" and not nlu.profile.engine.url:
        raise Unusable(f"{pack.id} names no Rasa server: add `engine: {{kind: rasa, url: …}}` to its client.yml")
    model = RasaModel().to_bytes() if kind == "rasa" else train_pack(pack, kind).model
    try:
        with engine_of(nlu, model, guard) as understands:
            return to_rasa(understands.parse([text.lstrip("/ ")[:MAX_TEXT]], [language])[0])
    except EngineUnavailable as error:
        raise Unusable(f"{pack.id}: {error}") from error
