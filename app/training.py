"""Training a pack's model, trying it on a text, and running the pack's own conversation tests."""

import asyncio
import contextlib
import os
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.demo.backend import addresses, backend
from app.packs import ClientPack, Unusable, open_pack
from app.rasa import facts_of, train_on_rasa, workshop_or_refuse
from clients import PACKS
from conversation.errors import PackInvalid
from nlu.actions import pack_actions
from nlu.bot import Bot
from nlu.bot import parse_text as parse_with
from nlu.conversation_tests import TestResult, run_tests
from nlu.http_guard import Guard
from nlu.wire import Wire, open_http


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A model as a file, and what is known about it."""

    model: bytes
    facts: Mapping[str, Any]


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
        return TrainedModel(trained.to_bytes(), facts | facts_of(trained, pack.nlu.profile.bot.wrong_answers))
    if kind != "embedded":
        raise Unusable(f"there is no engine {kind!r}: choose embedded or rasa")
    try:
        model = Bot.train(pack.nlu)
    except ValueError as error:
        raise Unusable(f"{pack.id}: {error}") from error
    return TrainedModel(model, facts | {"train_s": round(time.perf_counter() - began, 3)})


async def run_pack_tests(folder: Path, allowed_hosts: Collection[str]) -> Sequence[TestResult]:
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
        trained = await asyncio.to_thread(train_pack, pack)
        http = await stack.enter_async_context(open_http())
        actions = pack_actions(pack.nlu, Wire(http, Guard(allowed=frozenset(allowed))))
        bot = await asyncio.to_thread(Bot.load, pack.nlu, trained.model, actions)
        try:
            return await run_tests(bot)
        except PackInvalid as error:
            raise Unusable(str(error.problems[0]), error.problems) from error


def parse_text(pack: ClientPack, text: str, language: str | None = None) -> dict[str, Any]:
    """What the pack's bot, trained on the spot, makes of a text, in the shape of Rasa's `/model/parse`."""
    try:
        return parse_with(pack.nlu, text, language)
    except ValueError as error:
        raise Unusable(f"{pack.id}: {error}") from error
