"""The words of the pages in each language; German is written, not translated."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

LANGUAGES = ("en", "de")
NAMES: Mapping[str, str] = {"en": "English", "de": "Deutsch"}


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """All phrases of one language by key: the common ones, and those of each room in `room.language.json`."""
    phrases: dict[str, str] = {}
    for file in sorted(files(__name__).iterdir(), key=lambda f: f.name):
        if file.name == f"{language}.json" or file.name.endswith(f".{language}.json"):
            phrases |= json.loads(file.read_text(encoding="utf-8"))
    return phrases


class Words:
    """The phrases of one language. Calling it with a key fills the phrase; `n` chooses between `.one` and `.other`."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._phrases = catalogue(language)

    def __call__(self, key: str, /, **values: Any) -> str:
        if "n" in values and key not in self._phrases:
            key = f"{key}.{'one' if values['n'] in (1, '1') else 'other'}"
        return self._phrases[key].format(**values) if values else self._phrases[key]

    def maybe(self, key: str, fallback: str) -> str:
        """The phrase if there is one: for names that come from data (reasons, dispositions)."""
        return self._phrases.get(key, fallback)

    def group(self, prefix: str) -> dict[str, str]:
        """The phrases under `prefix.`, keyed by the rest: what a script on the page needs."""
        start = f"{prefix}."
        return {key.removeprefix(start): text for key, text in self._phrases.items() if key.startswith(start)}


def choose(*wishes: str | None, accept: str = "") -> str:
    """The first wish we speak, else the best of an Accept-Language header, else English."""
    for wish in wishes:
        if wish and wish[:2].lower() in LANGUAGES:
            return wish[:2].lower()
    ranked: list[tuple[float, str]] = []
    for part in accept.split(","):
        tag, _, weight = part.strip().partition(";q=")
        if tag[:2].lower() in LANGUAGES:
            ranked.append((-_weight(weight), tag[:2].lower()))
    return min(ranked)[1] if ranked else "en"


def _weight(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0
