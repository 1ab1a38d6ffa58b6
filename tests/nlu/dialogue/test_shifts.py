"""What is moved from where it is ("one week later") is neither withdrawn nor asked for again."""

import pytest

from nlu.dialogue.values.shifts import shift
from tests.nlu.dialogue.hire_pack import hirer, slots_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("urlaub UA-8143, ne woche später bitte", (1, 7, False)),
        ("one week later please", (1, 7, False)),
        ("muss eine woche nach hinten", (1, 7, False)),
        ("change it by one week", (1, 7, False)),
        ("postpone by 3 days", (3, 1, False)),
        ("push it back a week", (1, 7, False)),
        ("no, the week after", (1, 7, False)),
        ("nein, die woche drauf", (1, 7, False)),
        ("um eine woche verschieben", (1, 7, False)),
        ("zwei tage früher", (-2, 1, False)),
        ("bring it forward by two days", (-2, 1, False)),
        ("einen monat später", (1, 30, False)),
        ("verlängern um 2 tage", (2, 1, True)),
        ("a day longer", (1, 1, True)),
        ("einen tag kürzer", (-1, 1, True)),
    ],
)
def test_how_far_a_day_is_moved(text, expected):
    found = shift(text, ("de", "en"))
    assert found is not None
    assert (found.count, found.unit, found.end_only) == expected
    assert shift(text[found.start : found.end], ("de", "en")) is not None


@pytest.mark.parametrize(
    "text",
    [
        "in einer woche",
        "vor zwei wochen",
        "two weeks ago",
        "two weeks after i ordered",
        "urlaub für 2 wochen",
        "nächste woche",
        "3 days",
        "seit einer woche kaputt",
    ],
)
def test_what_moves_nothing(text):
    assert shift(text, ("de", "en")) is None


async def at_the_confirmation():
    c = hirer()
    for text in ("hire please", "a saw", "2", "4300", "december 21", "december 23", "yes"):
        await c.says(text)
    assert (await c.says("84.50"))[-1] == "utter_confirm"
    return c


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("no, one week later", "2026-12-28", "2026-12-30"),
        ("nein, eine woche später", "2026-12-28", "2026-12-30"),
        ("a week later would be better", "2026-12-28", "2026-12-30"),
        ("no, the week after", "2026-12-28", "2026-12-30"),
        ("can we push it back by two days", "2026-12-23", "2026-12-25"),
        ("no, a day earlier", "2026-12-20", "2026-12-22"),
        ("two days longer please", "2026-12-21", "2026-12-25"),
        ("einen tag kürzer", "2026-12-21", "2026-12-22"),
    ],
)
async def test_both_ends_of_what_is_shown_move_and_only_the_end_makes_it_longer(text, first, last):
    c = await at_the_confirmation()
    assert (await c.says(text))[-1] == "utter_confirm"
    assert (slots_of(c)["first_day"], slots_of(c)["last_day"]) == (first, last)


async def test_a_day_named_beside_it_wins():
    c = await at_the_confirmation()
    await c.says("no, a week later, from december 30 to january 2")
    assert (slots_of(c)["first_day"], slots_of(c)["last_day"]) == ("2026-12-30", "2027-01-02")
