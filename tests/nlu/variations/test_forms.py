"""Values in other forms, and other values of the same kind."""

from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.variations.canonical import canonical
from nlu.variations.forms import SlotForm, another_value, other_forms, surface
from nlu.variations.wording import wording

DAY = SlotForm("day", "date", is_free=False)
MONEY = SlotForm("sum", "money", is_free=False)
NUMBER = SlotForm("policy", "", is_free=False)
TODAY = date(2026, 11, 10)
DAYS = st.dates(date(2026, 1, 1), date(2027, 12, 31))


@given(DAYS, st.sampled_from(["de", "en"]))
def test_every_form_of_a_day_names_its_day(day, language):
    for text in other_forms(DAY, day.isoformat(), wording(language), TODAY):
        assert str(day.day) in text


@given(DAYS, st.sampled_from(["de", "en"]))
def test_a_day_of_another_year_is_written_with_its_year(day, language):
    is_near = abs((day - TODAY).days) <= 150
    forms = other_forms(DAY, day.isoformat(), wording(language), TODAY)
    assert is_near or all(str(day.year) in text for text in forms)


@given(DAYS, st.integers())
def test_another_day_is_another_day(day, seed):
    words = wording("de")
    text = another_value(DAY, day.isoformat(), (), words, Random(seed), TODAY)
    others = [day + timedelta(days=n) for n in (1, 2, 3)]
    month = {d: words.months[d.month - 1] for d in others}
    assert text in {s.format(d=d.day, m=d.month, y=d.year, month=month[d]) for d in others for s in words.dates}


@given(st.from_regex(r"[A-Z]{2}-[0-9]{7}", fullmatch=True), st.integers())
def test_another_number_has_the_same_look_and_is_another(number, seed):
    other = another_value(NUMBER, number, (), wording("de"), Random(seed), TODAY)
    assert other is not None
    assert other[:3] == number[:3]
    assert len(other) == len(number)
    assert other != number


@pytest.mark.parametrize(
    ("language", "value", "form"),
    [("de", "34.50", "34,50 €"), ("en", "34.50", "€34.50"), ("de", "800", "800 €"), ("en", "800", "800.00")],
)
def test_sums_are_written_as_in_the_language(language, value, form):
    assert form in other_forms(MONEY, value, wording(language), TODAY)


@pytest.mark.parametrize(
    ("value", "text", "found"),
    [
        ("2026-11-07", "am 7.11. war das", "7.11."),
        ("2026-11-07", "es war der 7. November", "7. November"),
        ("2026-11-07", "gestern", None),
        ("XL", "Größe XL, ausgeliefert", "XL"),
        ("ße", "Größe", None),
    ],
)
def test_a_day_is_found_in_its_text(value, text, found):
    assert surface(DAY, value, text, wording("de")) == found


def test_a_sum_is_found_in_its_text():
    assert surface(MONEY, "1850", "das waren 1.850 Euro", wording("de")) == "1.850"


@pytest.mark.parametrize(("a", "b"), [("  A  Taxi. ", "a taxi"), (3.0, "3"), ("1200.00", "1200"), (["b", "a"], "a, b")])
def test_how_a_value_is_written_does_not_count(a, b):
    assert canonical(a) == canonical(b)
