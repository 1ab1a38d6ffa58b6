"""Training a pack's model, trying it on a text, and running the pack's own conversation tests."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.packs import ClientPack, Unusable
from nlu.bot import Bot
from nlu.bot import parse_text as parse_with


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A model as a file, and what is known about it."""

    model: bytes
    facts: Mapping[str, Any]


def train_pack(pack: ClientPack) -> TrainedModel:
    """Trains the pack's model in this process. Raises Unusable if there is too little to learn from."""
    began = time.perf_counter()
    try:
        model = Bot.train(pack.nlu)
    except ValueError as error:
        raise Unusable(f"{pack.id}: {error}") from error
    data = pack.nlu.data
    facts = {
        "intents": len(data.intents),
        "examples": len(data.examples),
        "train_s": round(time.perf_counter() - began, 3),
        "engine": pack.nlu.profile.engine.kind,
    }
    return TrainedModel(model, facts)


def parse_text(pack: ClientPack, text: str, language: str | None = None) -> dict[str, Any]:
    """What the pack's bot, trained on the spot, makes of a text, in the shape of Rasa's `/model/parse`."""
    try:
        return parse_with(pack.nlu, text, language)
    except ValueError as error:
        raise Unusable(f"{pack.id}: {error}") from error
