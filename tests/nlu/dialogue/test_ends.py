"""A day added to a span that is shown: no span ends before it begins."""

import pytest

from tests.nlu.dialogue.club_pack import known, member


def days(c):
    return [
        (call.slots["first_day"], call.slots["last_day"]) for call in c.actions.calls if call.name == "action_days_off"
    ]


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("yes and the 24th too", "2026-12-21", "2026-12-24"),
        ("ja und der 24.", "2026-12-21", "2026-12-24"),
        ("und der 24. auch", "2026-12-21", "2026-12-24"),
        ("no, 28.12.", "2026-12-28", "2026-12-28"),
        ("nein, 28.12. bis 30.12.", "2026-12-28", "2026-12-30"),
        ("nein doch lieber nur 21. und 22.", "2026-12-21", "2026-12-22"),
        ("no, from the 22nd", "2026-12-22", "2026-12-23"),
    ],
)
async def test_what_is_shown_ends_after_it_begins(text, first, last):
    c = member("de")
    await c.says("urlaub 21.12. bis 23.12.")
    await c.says(text)
    assert (known(c)["first_day"], known(c)["last_day"]) == (first, last)
    assert not days(c)


async def test_one_more_day_beside_a_yes_is_a_run_of_its_own():
    c = member("de")
    await c.says("urlaub 21.12. bis 23.12.")
    await c.says("ja. und noch den 24.")
    assert days(c) == [("2026-12-21", "2026-12-23")]
    await c.says("ja")
    assert days(c) == [("2026-12-21", "2026-12-23"), ("2026-12-24", "2026-12-24")]
