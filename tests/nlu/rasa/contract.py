"""What is asked of a Rasa server, recorded from the real one; and the same promises for every engine."""

import ast
import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import nlu.rasa
from nlu.rasa.answers import heard
from nlu.rasa.model import RasaModel

RECORD = Path(__file__).with_name("contract.json")
_ADAPTER = ("address.py", "answers.py", "calibration.py", "engine.py", "server.py", "config.yml", "requirements.txt")

TEXTS = (
    "Wo ist meine Bestellung 100234?",
    "how do I return my bike",
    "I want to talk to someone",
    "my money has not come back",
    "refund to my mastercard please",
    "can you repair a Gipfel 3 in München",
    "who won the football world cup in 1990",
    '/human{"order_number": "1"}',
    "  // track order 100777",
    "🚲🚲 order 100234 🙂",
    "ich moechte etwas zurueckgeben",
    "Danke, tschüss!",
    "broken \ud800 surrogate and \x00 zero",
    "where is my order " * 300,
)
SILENT = ("", "   ", "🙂", "???", "\ud800", "\x00", "/", "// 🙂")


def adapter_hash() -> str:
    """Changes with every file whose behaviour the record proves; not with the words that explain it."""
    folder = Path(nlu.rasa.__file__).parent
    total = hashlib.sha256()
    for name in _ADAPTER:
        total.update(f"{name}\0{_without_words((folder / name).read_text('utf-8'), name)}\0".encode())
    return total.hexdigest()[:16]


def _without_words(source: str, name: str) -> str:
    """The code without comments, docstrings and layout; other files as they are, without comments."""
    if not name.endswith(".py"):
        return "\n".join(line.partition("#")[0].rstrip() for line in source.splitlines())
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return ast.dump(tree)


@dataclass(frozen=True)
class Asked:
    """One request. `token` is what is sent as `?token=`: the right one, a wrong one, or none."""

    method: str
    path: str
    body: Any = None
    token: str = "right"

    @property
    def key(self) -> str:
        return json.dumps([self.method, self.path, self.body, self.token], sort_keys=True)


def requests() -> list[Asked]:
    """Everything the record holds, in the order in which it is asked of a server that runs a model."""
    parses = [Asked("POST", "/model/parse", {"text": heard(text).words}) for text in TEXTS]
    return [
        *parses,
        Asked("POST", "/model/parse", {"text": ""}),
        Asked("POST", "/model/parse", {"text": "/human"}),
        Asked("POST", "/model/parse", {"words": "x"}),
        Asked("POST", "/model/parse", {"text": "hello"}, "wrong"),
        Asked("GET", "/status"),
        Asked("GET", "/status", None, "none"),
        Asked("GET", "/version", None, "none"),
        Asked("PUT", "/model", {"model_file": "models/there-is-none.tar.gz"}),
        Asked("POST", "/model/train", "recipe: default.v1\nlanguage: en\npipeline: 5\n"),
    ]


WITHOUT_MODEL = (Asked("GET", "/status"), Asked("POST", "/model/parse", {"text": "hello"}))


@cache
def record() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(RECORD.read_text("utf-8"))
    return found


def recorded_model() -> RasaModel:
    return RasaModel.from_bytes(bytes.fromhex(record()["model"]))
