from datetime import date

import pytest

from nlu.courtesy import is_courtesy
from nlu.entities import EntityExtractor
from nlu.recognisers import recognise
from nlu.training_data import parse_training_data
from tests.nlu.bike_shop import bike_shop

MONDAY = date(2026, 11, 23)


def found(text: str) -> list[tuple[str, object, str]]:
    return [(one.entity, one.value, text[one.start : one.end]) for one in recognise(text, MONDAY)]


@pytest.mark.parametrize(
    ("text", "value", "span"),
    [
        ("am 12.03.2025 bitte", "2025-03-12", "12.03.2025"),
        ("on 3/4/25 please", "2025-04-03", "3/4/25"),
        ("2025-12-31", "2025-12-31", "2025-12-31"),
        ("bis 5.1. geht", "2027-01-05", "5.1."),
        ("am 12. März", "2027-03-12", "12. März"),
        ("the 1st of May 2024", "2024-05-01", "1st of May 2024"),
        ("March 12th, 2025", "2025-03-12", "March 12th, 2025"),
        ("tomorrow", "2026-11-24", "tomorrow"),
        ("übermorgen", "2026-11-25", "übermorgen"),
        ("Guten Morgen, morgen bitte", "2026-11-24", "morgen"),
        ("nächsten Freitag", "2026-11-27", "nächsten Freitag"),
        ("next monday", "2026-11-30", "next monday"),
        ("last friday", "2026-11-20", "last friday"),
    ],
)
def test_dates_are_read_day_first_and_near_today(text: str, value: str, span: str) -> None:
    assert found(text) == [("date", value, span)]


@pytest.mark.parametrize("text", ["31.02.2025", "version 1.2.3", "order 100234", "guten Morgen", "29.02.", "12:30"])
def test_what_is_no_date_is_left_alone(text: str) -> None:
    assert found(text) == [] or text == "29.02."


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("1.234,56 €", "1234.56", "EUR"),
        ("$1,234.5", "1234.50", "USD"),
        ("20 euro", "20", "EUR"),
        ("EUR 5", "5", "EUR"),
        ("£1,200", "1200", "GBP"),
        ("CHF 12.90", "12.90", "CHF"),
    ],
)
def test_money_is_read_in_both_notations(text: str, amount: str, currency: str) -> None:
    assert found(text) == [("money", {"amount": amount, "currency": currency}, text)]


def test_ibans_are_checked_and_compacted() -> None:
    assert found("DE89 3704 0044 0532 0130 00 bitte")[0] == (
        "iban",
        "DE89370400440532013000",
        "DE89 3704 0044 0532 0130 00",
    )
    assert all(entity != "iban" for entity, *_ in found("DE89 3704 0044 0532 0130 01"))


def test_mail_addresses_and_phone_numbers() -> None:
    assert found("a.b+c@ex-ample.co.uk oder +49 89 123456-78 oder 0176 12345678.") == [
        ("email", "a.b+c@ex-ample.co.uk", "a.b+c@ex-ample.co.uk"),
        ("phone", "+498912345678", "+49 89 123456-78"),
        ("phone", "017612345678", "0176 12345678"),
    ]


@pytest.fixture(scope="module")
def extractor() -> EntityExtractor:
    learned = EntityExtractor.learn(bike_shop())
    return EntityExtractor.from_json(learned.to_json(), learned.arrays())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("order 100234 please", [("order_number", "100234", "RegexEntityExtractor")]),
        ("my gipfel 3 squeaks", [("model", "gipfel 3", "LookupEntityExtractor")]),
        ("refund to Visa", [("payment", "credit card", "ExampleEntityExtractor")]),
        ("Termin in München", [("city", "Munich", "ExampleEntityExtractor")]),
        ("Talfahrten", []),
    ],
)
def test_the_clients_own_entities(extractor: EntityExtractor, text: str, expected: list[tuple[str, str, str]]) -> None:
    assert [(one.entity, one.value, one.extractor) for one in extractor.extract(text)] == expected
    assert all(text[one.start : one.end] for one in extractor.extract(text))


def test_the_clients_names_win_over_built_in_ones() -> None:
    data, _ = parse_training_data("nlu:\n- regex: ticket\n  examples: |\n    - \\b0\\d{9}\\b\n")
    entities = EntityExtractor.learn(data).extract("ticket 0176123456")
    assert [one.entity for one in entities] == ["ticket"]


def test_roles_follow_the_word_before() -> None:
    data, _ = parse_training_data(
        "nlu:\n- intent: travel\n  examples: |\n"
        '    - from [Rome]{"entity": "city", "role": "start"} to [Oslo]{"entity": "city", "role": "goal"}\n'
    )
    entities = EntityExtractor.learn(data).extract("to rome from oslo")
    assert [(one.value, one.role) for one in entities] == [("rome", "goal"), ("oslo", "start")]


def test_the_domain_may_keep_names_out() -> None:
    assert EntityExtractor.learn(bike_shop(), entities=["city"]).patterns == ()


@pytest.mark.parametrize(
    ("text", "courtesy"),
    [
        ("thanks!", True),
        ("Vielen Dank für die schnelle Hilfe 🙂", True),
        ("ok, thank you, bye", True),
        ("Tschüss", True),
        ("ok", False),
        ("thanks, but where is my order", False),
        ("Danke, und wann?", False),
        ("", False),
    ],
)
def test_bare_thanks_are_known(text: str, courtesy: bool) -> None:
    assert is_courtesy(text) is courtesy
