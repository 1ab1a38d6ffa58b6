"""A pack, or part of it, as the one YAML text that Rasa's `POST /model/train` takes."""

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarstring import LiteralScalarString

from conversation.understanding import FALLBACK_INTENT
from nlu.rasa.errors import RasaRefused
from nlu.rasa.regexes import for_rasa
from nlu.training_data import Annotation, Example, TrainingData

STANDARD_CONFIG = Path(__file__).with_name("config.yml")
_KEPT = ("recipe", "assistant_id", "language", "pipeline")


def project(config: str, data: TrainingData) -> str:
    """`config` (the text of a config.yml) and the examples as one file. Texts under `nlu_fallback` are left out: for
    Rasa that is a name, not a lesson; so are regexes that its own engine might not finish. Raises RasaRefused if the
    config is not one.
    """
    settings = _settings(config)
    return written({**settings, "policies": [], "version": "3.1", "nlu": list(_items(data))})


def written(document: Mapping[str, Any]) -> str:
    """The document as YAML."""
    out = io.StringIO()
    yaml = YAML(typ="rt")
    yaml.width = 2**20
    yaml.dump(dict(document), out)
    return out.getvalue()


def _settings(config: str) -> dict[str, Any]:
    try:
        found = YAML(typ="safe", pure=True).load(config)
    except YAMLError as bad:
        raise RasaRefused(f"config.yml is not YAML: {str(bad).splitlines()[0]}") from bad
    if not isinstance(found, dict) or not found.get("pipeline"):
        raise RasaRefused("config.yml names no `pipeline`: see clients/alpenrad/config.yml for one that works")
    settings = {key: found[key] for key in _KEPT if key in found}
    return {"recipe": "default.v1", "assistant_id": "switchboard", **settings}


def _items(data: TrainingData) -> Iterable[dict[str, Any]]:
    by_intent: dict[str, list[Example]] = {}
    for example in data.examples:
        if example.intent != FALLBACK_INTENT:
            by_intent.setdefault(example.intent, []).append(example)
    for intent, examples in by_intent.items():
        yield {"intent": intent, "examples": _lines(map(marked, examples))}
    spellings: dict[str, list[str]] = {}
    for spelling, value in data.synonyms.items():
        spellings.setdefault(value, []).append(spelling)
    for value, found in spellings.items():
        yield {"synonym": value, "examples": _lines(found)}
    patterns: dict[str, list[str]] = {}
    for regex in for_rasa(data.regexes):
        patterns.setdefault(regex.name, []).append(regex.pattern)
    for name, expressions in patterns.items():
        yield {"regex": name, "examples": _lines(expressions)}
    for name, values in data.lookups.items():
        yield {"lookup": name, "examples": _lines(values)}


def _lines(texts: Iterable[str]) -> str:
    lines: str = LiteralScalarString("".join(f"- {' '.join(text.split())}\n" for text in texts))
    return lines


def marked(example: Example) -> str:
    """The example with its entities marked as Rasa reads them: `[blue]{"entity": "colour"}`."""
    text, place = "", 0
    for start, notes in _spans(example.entities):
        end = notes[0].end
        shown = ", ".join(_note(note, example.text[start:end]) for note in notes)
        several = f"[{shown}]" if len(notes) > 1 else shown
        text += f"{example.text[place:start]}[{example.text[start:end]}]{several}"
        place = end
    return text + example.text[place:]


def _spans(entities: Sequence[Annotation]) -> list[tuple[int, list[Annotation]]]:
    spans: dict[int, list[Annotation]] = {}
    for note in sorted(entities, key=lambda note: note.start):
        spans.setdefault(note.start, []).append(note)
    return list(spans.items())


def _note(note: Annotation, surface: str) -> str:
    values = {"entity": note.entity, "value": note.value if note.value != surface else None}
    values |= {"role": note.role, "group": note.group}
    return json.dumps({key: value for key, value in values.items() if value is not None}, ensure_ascii=False)
