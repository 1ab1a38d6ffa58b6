"""What a bot is made of, as hashes: the same again is the same version, the same data needs no second training."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from nlu.pack import Pack
from nlu.versions.folds import FOLDS
from nlu.yaml_loader import load_node

_NOT_THE_BOT = frozenset({"client.yml", "simulation.yml"})
_SECTIONS = ("engine", "bot")


def data_hash(pack: Pack) -> str:
    """A hash over what trains the model: examples with their entities, synonyms, regexes, lookups, the domain's
    entities, the articles' questions and the languages; not over comments, or where in the files an example stands.
    """
    data = pack.data
    return _hash(
        {
            "examples": sorted(_example(asdict(one)) for one in data.examples),
            "synonyms": sorted(data.synonyms.items()),
            "regexes": sorted((one.name, one.pattern) for one in data.regexes),
            "lookups": sorted((name, sorted(values)) for name, values in data.lookups.items()),
            "entities": sorted(pack.domain.entities),
            "questions": sorted((one.file, one.language, one.heading) for one in pack.knowledge.questions),
            "languages": pack.profile.languages,
        }
    )


def recipe_hash(pack: Pack, engine: str, encoder: str | None) -> str:
    """A hash over all that a model and its evaluation follow from: the data, the engine and how it is set up."""
    config = pack.files.texts.get("config.yml", "") if engine == "rasa" else ""
    target = pack.profile.bot.wrong_answers
    return _hash([data_hash(pack), engine, encoder, config, target, FOLDS])


def bot_digest(files: Mapping[str, str], pack: Pack, engine: str, encoder: str | None) -> str:
    """A hash over all that the bot of a pack is made of: not terms (channels, queues, SLA, prices) nor simulations."""
    root = load_node(files.get("client.yml", ""), "client.yml")
    sections = {name: child.plain() for name in _SECTIONS if (child := root.get(name)) is not None}
    own = {path: text for path, text in files.items() if path not in _NOT_THE_BOT}
    return _hash([recipe_hash(pack, engine, encoder), sections, sorted(own.items())])


def _example(one: Mapping[str, Any]) -> str:
    return json.dumps([one["intent"], one["text"], one["entities"]], ensure_ascii=False, sort_keys=True)


def _hash(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
