"""Typos, dialect and capitals on any text."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from nlu.variations import spelling
from nlu.variations.lines import Line
from nlu.variations.trace import WORD
from nlu.variations.wording import wording

WORDS = st.text(alphabet="abcdefghijklmnopqrstuvwxyzäöüß", min_size=1, max_size=12)
VALUES = st.integers(0, 999_999).map(str)


@st.composite
def lines(draw):
    """A text of words and numbers, the numbers being its values."""
    parts = draw(st.lists(st.one_of(WORDS, VALUES), min_size=1, max_size=12))
    text = " ".join(parts)
    kept = tuple((m.start(), m.end()) for m in WORD.finditer(text) if m[0].isdigit())
    return Line(text, kept=kept)


@given(lines(), st.integers())
def test_typos_never_touch_a_value(line, seed):
    changed = spelling.with_typos(line, Random(seed), {"neun"}.__contains__)
    assert [m[0] for m in WORD.finditer(changed) if m[0].isdigit()] == [line.text[s:e] for s, e in line.kept]


@given(lines(), st.integers())
def test_one_of_four_words_gets_a_typo_where_words_are_long_enough(line, seed):
    words, typed = line.text.split(), spelling.with_typos(line, Random(seed), {"neun"}.__contains__).split()
    long_enough = sum(len(word) >= 4 and not word.isdigit() for word in words)
    wanted = min(max(1, len(words) // 4), long_enough) if len(words) > 1 else 0
    assert len(words) == len(typed)
    assert sum(a != b for a, b in zip(words, typed, strict=True)) <= wanted
    assert all(a[0] == b[0] for a, b in zip(words, typed, strict=True))


@given(lines(), st.integers())
def test_capitals_change_no_letter(line, seed):
    changed = spelling.in_capitals(line, Random(seed)).replace("SS", "ß").casefold()
    assert changed.replace("ß", "ss").strip() == line.text.replace("ß", "ss").casefold().strip()


def test_dialect_uses_the_words_of_the_language():
    line = Line("ich habe das nicht", kept=())
    assert spelling.in_dialect(line, wording("de"), Random(1)) != line.text
    assert spelling.in_dialect(line, wording("en"), Random(1)) == line.text


def test_a_slip_that_makes_another_common_word_is_not_made():
    typed = [
        spelling.with_typos(Line("nein danke"), Random(seed), {"neun", "nain"}.__contains__) for seed in range(300)
    ]
    assert not any(text.startswith(("neun", "nain")) for text in typed)
    assert len({text for text in typed if text != "nein danke"}) > 10
