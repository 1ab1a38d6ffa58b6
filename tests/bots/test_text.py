"""Long texts are cut where a reader pauses, and never in the middle of a character."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.slack.markup import escape
from bots.text import split_text, utf16_length

ANY = st.text(alphabet=st.sampled_from("ab .,\n🚲é👩‍💻🇩🇪\u0301&<"), max_size=200)


@given(ANY, st.integers(10, 40))
def test_every_part_fits_and_nothing_but_white_space_is_lost(text: str, limit: int) -> None:
    parts = split_text(text, limit, utf16_length)
    assert all(0 < utf16_length(part) <= limit for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


@given(ANY)
def test_escaping_counts_toward_the_limit(text: str) -> None:
    parts = split_text(text, 20, lambda part: len(escape(part)))
    assert all(len(escape(part)) <= 20 for part in parts)


@pytest.mark.parametrize(
    ("text", "limit", "parts"),
    [
        ("", 10, []),
        ("  \n ", 10, []),
        ("kurz", 10, ["kurz"]),
        ("eins zwei drei", 9, ["eins zwei", "drei"]),
        ("Satz eins. Satz zwei", 14, ["Satz eins.", "Satz zwei"]),
        ("Absatz eins\n\nAbsatz zwei", 16, ["Absatz eins", "Absatz zwei"]),
        ("Donaudampfschiff", 6, ["Donaud", "ampfsc", "hiff"]),
        ("ab👩‍💻", 4, ["ab", "👩‍💻"]),
        ("🇩🇪🇦🇹", 6, ["🇩🇪", "🇦🇹"]),
    ],
)
def test_cuts_are_where_a_reader_pauses(text: str, limit: int, parts: list[str]) -> None:
    measure = len if text.startswith("ab") else utf16_length
    assert split_text(text, limit, measure) == parts


def test_telegram_counts_emoji_twice() -> None:
    assert [utf16_length(part) for part in split_text("🚲" * 2100, 4096, utf16_length)] == [4096, 104]
