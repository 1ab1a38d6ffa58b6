"""Named messages as training data in Rasa's format, without what identifies people."""

import io
import re
from collections.abc import Iterable, Sequence

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import LiteralScalarString

from conversation.understanding import FALLBACK_INTENT
from nlu.inbox.missed import Labelled

_ADDRESS = re.compile(r"[\w.+@-]+")
_LONG_NUMBER = re.compile(r"\d(?:[ /.-]?\d){6,}")
_BRACKETS = str.maketrans("[]{}", "()()")


def as_rasa(labelled: Sequence[Labelled], known: Iterable[str] = ()) -> str:
    """A file for the pack's `nlu/` folder; messages that are nobody's business stand under `nlu_fallback`. Each text
    comes once, and none that is in `known` already, the pack's own examples.
    """
    seen = {_key(text) for text in known}
    by_intent: dict[str, list[str]] = {}
    for one in labelled:
        text = harmless(one.text)
        if text and _key(text) not in seen:
            seen.add(_key(text))
            by_intent.setdefault(one.intent or FALLBACK_INTENT, []).append(text)
    items = [
        {"intent": intent, "examples": LiteralScalarString("".join(f"- {text}\n" for text in texts))}
        for intent, texts in sorted(by_intent.items())
    ]
    out = io.StringIO()
    writer = YAML()
    writer.width = 10_000
    writer.dump({"version": "3.1", "nlu": items}, out)
    return out.getvalue()


def harmless(text: str) -> str:
    """The text on one line, without markup of ours, with e-mail addresses and numbers of seven digits or more (phones,
    accounts, cards) replaced. Names cannot be found reliably: whoever takes the file into the pack reads it first.
    """
    plain = " ".join(text.translate(_BRACKETS).split())
    plain = _ADDRESS.sub(lambda found: "name@example.org" if _is_mail(found[0]) else found[0], plain)
    plain = _LONG_NUMBER.sub(lambda found: re.sub(r"\d", "0", found[0]), plain)
    return plain.lstrip("-/ ")


def _is_mail(word: str) -> bool:
    name, _, domain = word.partition("@")
    return bool(name) and "." in domain[1:-1]


def _key(text: str) -> str:
    return " ".join(text.casefold().split())
