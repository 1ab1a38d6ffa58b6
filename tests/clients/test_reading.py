"""Days, months and amounts as people type them."""

from datetime import date
from decimal import Decimal

import pytest

from clients.backend.reading import read_amount, read_day, read_month

MONDAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("heute", (2026, 11, 23)),
        ("tomorrow", (2026, 11, 24)),
        ("Übermorgen passt", (2026, 11, 25)),
        ("Donnerstag wäre gut", (2026, 11, 26)),
        ("montags", (2026, 11, 30)),
        ("next Tuesday", (2026, 11, 24)),
        ("nächste Woche Dienstag", (2026, 12, 1)),
        ("naechste woche", (2026, 11, 30)),
        ("21.12.", (2026, 12, 21)),
        ("am 3.8.", (2027, 8, 3)),
        ("1.2.27", (2027, 2, 1)),
        ("2026-12-24", (2026, 12, 24)),
        ("24. Dezember", (2026, 12, 24)),
        ("3 August", (2027, 8, 3)),
        ("the 1st of March 2027", (2027, 3, 1)),
        ("December 24th", (2026, 12, 24)),
    ],
)
def test_a_day_is_read(text: str, day: tuple[int, int, int]) -> None:
    assert read_day(text, MONDAY) == date(*day)


@pytest.mark.parametrize("text", ["", "bald", "31.2.", "99.99.", "as soon as possible"])
def test_what_is_no_day_is_none(text: str) -> None:
    assert read_day(text, MONDAY) is None


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("Oktober", "2026-10"),
        ("Dezember", "2025-12"),
        ("last month", "2026-10"),
        ("2026-07", "2026-07"),
        ("07/2026", "2026-07"),
        ("März 2025", "2025-03"),
        ("the blue one", None),
    ],
)
def test_a_month_is_read(text: str, month: str | None) -> None:
    assert read_month(text, MONDAY) == month


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("34,50 Euro", "34.50"),
        ("1.250,50 €", "1250.50"),
        ("1,250.50", "1250.50"),
        ("2,400 euros", "2400.00"),
        ("800", "800.00"),
        ("12.5", "12.50"),
    ],
)
def test_an_amount_is_read(text: str, amount: str) -> None:
    assert read_amount(text) == Decimal(amount)


def test_words_are_no_amount() -> None:
    assert read_amount("weiß nicht mehr") is None
