"""Problems are heard in sentences of many trades, and what only sounds like one is not: a question, a denied defect, what
the customer has not done yet.
"""

from pathlib import Path

import pytest

from nlu.dialogue.clauses import split
from nlu.dialogue.lexicon import Lexicon, lexicon
from nlu.dialogue.problems import ProblemKind, problem_in

FOLDER = Path(__file__).parent / "problem"
RECALL, PRECISION, ENOUGH = 0.95, 0.9, 200


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.txt")), ids=lambda file: file.stem)
def test_problems_are_heard_and_near_misses_are_not(file: Path) -> None:
    lists = lexicon(file.stem[:2]).beside(lexicon("en" if file.stem.startswith("de") else "de"))
    problems, others = _lines(file, "! "), _lines(file, "- ")
    missed = [text for text in problems if not _told(text, lists)]
    false = [text for text in others if _told(text, lists)]
    heard = len(problems) - len(missed)
    assert heard >= RECALL * len(problems), missed
    assert heard >= PRECISION * (heard + len(false)), false


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_sets_are_large_enough(language: str) -> None:
    file = FOLDER / f"{language}.txt"
    assert len(_lines(file, "! ")) + len(_lines(file, "- ")) >= ENOUGH


@pytest.mark.parametrize(
    ("language", "text", "kind"),
    [
        ("de", "wo bleibt denn mein Geld", ProblemKind.WAITING),
        ("de", "die Waschmaschine pumpt nicht ab", ProblemKind.MISSING_EVENT),
        ("en", "there's a crack in the display", ProblemKind.DEFECT),
        ("en", "the washing machine won't drain", ProblemKind.MISSING_EVENT),
    ],
)
def test_the_kind_of_a_problem(language: str, text: str, kind: ProblemKind) -> None:
    found = problem_in(text, lexicon(language))
    assert found is not None
    assert found.kind is kind


def _told(text: str, lists: Lexicon) -> bool:
    return any(problem_in(part.text, lists) for part in split(text, lists))


def _lines(file: Path, mark: str) -> list[str]:
    return [line.removeprefix(mark) for line in file.read_text("utf-8").splitlines() if line.startswith(mark)]
