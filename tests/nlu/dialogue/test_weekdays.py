"""A weekday never pushes aside the date or the week that is said with it."""

from datetime import date

import pytest

from nlu.dialogue.values.calendar import calendar
from nlu.dialogue.values.dates import days

TUESDAY = date(2026, 12, 1)


def read(text: str, language: str = "de") -> list[str]:
    """The days as month and day, the ends of a span marked."""
    both = (language, "en" if language == "de" else "de")
    return [f"{d.day:%m-%d}{d.part and f' {d.part}'}" for d in days(text, TUESDAY, calendar(both))]


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bis dienstag den 8.", ["12-08 end"]),
        ("bis Dienstag, dem 8.12.", ["12-08 end"]),
        ("till tuesday the 8th", ["12-08 end"]),
        ("dienstag NÄCHSTE woche, den 8.", ["12-08"]),
        ("am 8., dienstag", ["12-08"]),
        ("thursday 17", ["12-17"]),
        ("no, thursday 17 please", ["12-17"]),
        ("von montag bis mittwoch den 16.", ["12-07 start", "12-16 end"]),
        ("from monday the 4th to friday the 8th of january", ["01-04 start", "01-08 end"]),
        ("freitag, 11.12. bis montag, 14.12.", ["12-11 start", "12-14 end"]),
    ],
)
def test_a_weekday_and_its_date_are_one_day(language, text, expected):
    assert read(text, language) == expected


@pytest.mark.parametrize("text", ["friday 11 am", "friday 11:30", "friday 11 uhr", "friday 5"])
def test_a_number_that_is_no_such_day_is_none(text):
    assert read(text) == ["12-04"]


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bis donnerstag nächste woche", ["12-10 end"]),
        ("till thursday next week", ["12-10 end"]),
        ("on thursday of next week", ["12-10"]),
        ("next week on thursday", ["12-10"]),
        ("bis nächste Woche Donnerstag", ["12-10 end"]),
        ("übernächste Woche Montag", ["12-14"]),
        ("monday the week after next", ["12-14"]),
        ("friday in two weeks", ["12-18"]),
        ("am mittwoch in einer woche", ["12-09"]),
        ("diese Woche Freitag", ["12-04"]),
        ("thursday to friday next week", ["12-10 start", "12-11 end"]),
        ("nächste Woche Mittwoch bis Freitag", ["12-09 start", "12-11 end"]),
        ("bis donnerstag. nächste woche bin ich da", ["12-03 end"]),
        ("nächsten donnerstag", ["12-03"]),
    ],
)
def test_a_weekday_is_in_the_week_said_with_it(language, text, expected):
    assert read(text, language) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("to jan 4 to jan 8", ["01-04 start", "01-08 end"]),
        ("the 4th to the 8th of january", ["01-04 start", "01-08 end"]),
        ("from the 30th to 3 january", ["12-30 start", "01-03 end"]),
    ],
)
def test_both_ends_of_a_span_are_told_apart(text, expected):
    assert read(text, "en") == expected
