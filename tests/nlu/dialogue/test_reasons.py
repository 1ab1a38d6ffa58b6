"""A reason given beside a correction or an answer becomes no value."""

import pytest

from tests.nlu.dialogue.hire_pack import given, hirer, slots_of

HELD = {"first_day": "2026-12-23", "last_day": "2027-01-03", "deposit": "800", "pieces": "4"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no till jan 2, the 3rd is a sunday anyway", {"last_day": "2027-01-02"}),
        ("nein bis 2.1., am 3. ist eh sonntag", {"last_day": "2027-01-02"}),
        ("ne moment bis 2.1. reicht, am 3. ist eh sonntag", {"last_day": "2027-01-02"}),
        ("nein doch erst ab 28., der 24. ist heiligabend", {"first_day": "2026-12-28"}),
        ("nein, ab 4.1., ich komm erst am 3. zurück", {"first_day": "2027-01-04"}),
        ("no, until friday the 8th, i'm off on the 9th anyway", {"last_day": "2027-01-08"}),
        ("no, from jan 4 because i only come back on jan 3", {"first_day": "2027-01-04"}),
        ("no wait, till the 2nd is enough, the office is closed on the 1st", {"last_day": "2027-01-02"}),
        ("make it 900, 800 was too low", {"deposit": "900"}),
        ("nein, deposit 900, 800 reicht nicht", {"deposit": "900"}),
        ("no, 900, 800 isn't enough", {"deposit": "900"}),
        ("nein, 5 stück, 2 haben wir schon", {"pieces": "5"}),
    ],
)
def test_why_a_value_is_put_right_puts_no_other_right(text, expected):
    assert given(text, "pieces", "first_day", "last_day", "deposit", held=HELD) == expected


@pytest.mark.parametrize(
    "text",
    [
        "no, jan 4, till jan 8",
        "nein ab 4.1., und bis 8.1.",
        "hä das ist ja schon der 23., dann 4.1. bis 8.1.",
        "from jan 4 to jan 8, dec 23 is what i have already",
    ],
)
def test_both_ends_are_taken(text):
    found = given(text, "first_day", "last_day", held=HELD)
    assert found == {"first_day": "2027-01-04", "last_day": "2027-01-08"}


@pytest.mark.parametrize("text", ["only the 22 and 23", "nur der 22. und 23.", "hmm no wait, only the 22 and 23"])
def test_two_numbers_are_the_days_of_the_span_that_is_held(text):
    held = {"first_day": "2026-12-21", "last_day": "2026-12-23"}
    assert given(text, "first_day", "last_day", held=held) == {"first_day": "2026-12-22", "last_day": "2026-12-23"}


def test_a_value_that_is_said_to_be_right_is_no_reason():
    found = given("nein, der 8.1. ist richtig, nicht der 9.1.", "first_day", held={"first_day": "2027-01-09"})
    assert found == {"first_day": "2027-01-08"}


async def test_at_a_confirmation():
    c = hirer()
    for text in ("hire please", "a saw", "2", "4300", "december 23", "january 3", "yes", "84.50"):
        await c.says(text)
    await c.says("no, till jan 2, the 3rd is a sunday anyway")
    assert slots_of(c)["first_day"] == "2026-12-23"
    assert slots_of(c)["last_day"] == "2027-01-02"
