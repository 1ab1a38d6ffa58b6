"""How people write in one language, for making variations; kept apart from the word lists by which the bot reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from nlu.yaml_loader import load_node

FOLDER = Path(__file__).parent / "words"


@dataclass(frozen=True)
class Wording:
    """One language's tables; each field is a key of its file in `words/`."""

    courtesies: Sequence[str]
    yes: Sequence[str]
    agreements: Sequence[str]
    persons: Sequence[str]
    corrections: Mapping[str, Sequence[str]]
    refusals: Sequence[Sequence[str]]
    fragments: Sequence[str]
    dialect: Mapping[str, Sequence[str]]
    joins: Sequence[str]
    months: Sequence[str]
    dates: Sequence[str]
    amounts: Sequence[str]
    round_amounts: Sequence[str]
    numbers: Sequence[str | None]
    quantities: Sequence[str]
    calendar: Sequence[str]
    articles: Sequence[str]


def languages() -> tuple[str, ...]:
    """The languages there are tables for."""
    return tuple(sorted(file.stem for file in FOLDER.glob("*.yml")))


def says_yes(text: str) -> bool:
    """Whether a text begins with a yes in any language."""
    said = text.casefold().lstrip("/ ")
    return any(said.startswith(word) and not said[len(word) : len(word) + 1].isalnum() for word in _yes())


@cache
def _yes() -> frozenset[str]:
    return frozenset(word for name in languages() for word in wording(name).yes)


@cache
def wording(language: str) -> Wording:
    """The tables of `language`; of English, if there are none."""
    file = FOLDER / f"{language}.yml"
    chosen = file if file.is_file() else FOLDER / "en.yml"
    found: dict[str, Any] = load_node(chosen.read_text("utf-8"), chosen.name).plain()
    return Wording(**found)
