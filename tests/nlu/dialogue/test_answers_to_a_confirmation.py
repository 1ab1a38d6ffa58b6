"""How people answer a confirmation, some two hundred ways a language: what is no plain yes never counts as one."""

from pathlib import Path

import pytest

from nlu.dialogue.lexicon import lexicon
from nlu.dialogue.polarity import Polarity, polarity

FOLDER = Path(__file__).parent / "polarity"
QUESTION = {"de": "Soll ich die Bestellung 100235 wirklich stornieren?", "en": "Shall I really cancel order 100235?"}


@pytest.mark.parametrize("language", ["de", "en"])
def test_a_plain_yes_is_one_and_nothing_else_is(language: str) -> None:
    wrong = [line for line in _lines(language) if not _as_marked(line[0], _read(language, line[2:]))]
    assert wrong == []


def test_repeating_a_shown_value_that_has_a_no_in_it_refuses_nothing() -> None:
    found = polarity("Gefällt mir nicht", lexicon("de"), "Ja Nein", ["gefällt mir nicht"])
    assert found.sense is None
    assert found.leaning is True


def _as_marked(mark: str, found: Polarity) -> bool:
    return {"+": found.sense is True, "-": found.sense is False, "0": found.sense is not True}[mark]


def _read(language: str, text: str) -> Polarity:
    both = lexicon(language).beside(lexicon("en" if language == "de" else "de"))
    return polarity(text, both, QUESTION[language], ["100235"])


def _lines(language: str) -> list[str]:
    lines = (FOLDER / f"{language}.txt").read_text("utf-8").splitlines()
    return [line for line in lines if line[:2] in ("+ ", "- ", "0 ")]
