"""Months and weekdays that are listed as one value: one run of the process for each."""

import pytest

from tests.nlu.dialogue.club_pack import known, member


async def months(c):
    """The months that are written when every confirmation is agreed to."""
    for _ in range(4):
        if not known(c).get("month"):
            break
        await c.says("yes")
    return [call.slots["month"] for call in c.actions.calls if call.name == "action_statement"]


@pytest.mark.parametrize(
    ("language", "text", "written"),
    [
        ("en", "statement for oct and nov", ["oct", "nov"]),
        ("en", "statement oct & nov please", ["oct", "nov"]),
        ("en", "statement for oct 2026 and nov 2026", ["oct 2026", "nov 2026"]),
        ("en", "statement for october and nov", ["october", "nov"]),
        ("en", "statements: sep, oct and nov", ["sep", "oct", "nov"]),
        ("de", "kontoauszug okt und nov bitte", ["okt", "nov"]),
        ("de", "kontoauszug für oktober und nov.", ["oktober", "nov"]),
        ("en", "statement for october", ["october"]),
        ("en", "statement october, not november", ["october"]),
    ],
)
async def test_each_month_of_a_first_message_is_written(language, text, written):
    c = member(language)
    await c.says(text)
    assert await months(c) == written


async def test_each_month_of_an_answer_is_written():
    c = member()
    await c.says("I need a statement")
    await c.says("oct and nov")
    assert await months(c) == ["oct", "nov"]
