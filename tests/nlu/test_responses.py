"""What the customer reads: variants, variables, values in words."""

from datetime import date

import pytest

from nlu.pack import load_pack
from nlu.payload import Payload, parse_payload
from nlu.responses import Responses, Setting, fill, spoken, variables
from tests.nlu.shop_pack import texts

PACK = load_pack(texts())


def rendered(name: str, language: str = "de", channel: str = "webchat", **values: object) -> str:
    reply = PACK.responses.render(name, Setting(language, channel, values))
    assert reply is not None
    return reply.text


def test_the_language_picks_the_variant():
    assert rendered("utter_ask_order_number", "en") == "What is the order number?"


def test_a_language_the_pack_does_not_speak_falls_back_to_its_default():
    assert rendered("utter_ask_order_number", "fr") == "Wie lautet die Bestellnummer?"


def test_built_in_words_stand_in_for_missing_responses_in_both_languages():
    assert rendered("utter_handoff_in_hours", "en", wait_minutes=3) == (
        "I'm passing you on to a person. Expected wait: about 3 minutes."
    )
    assert "3 Minuten" in rendered("utter_handoff_in_hours", "de", wait_minutes=3)


def test_an_unknown_value_never_reads_none():
    assert rendered("utter_status", order_number="1") == "Bestellung 1: …, …."


def test_nobody_knows_an_unknown_response():
    assert Responses({}).render("utter_nowhere", Setting("de", "webchat", {})) is None


@pytest.mark.parametrize(
    ("value", "language", "text"),
    [
        ("2026-11-25", "de", "25. November 2026"),
        ("2026-11-25", "en", "25 November 2026"),
        ("2026-11-25T14:30:00+00:00", "de", "Mittwoch, 25. November, 15:30 Uhr"),
        ("2026-11-25T14:30:00", "en", "Wednesday 25 November, 14:30"),
        ("2026-13-45", "de", "2026-13-45"),
        (True, "de", "ja"),
        (False, "en", "no"),
        (2.5, "de", "2,5"),
        (["a", "b"], "en", "a, b"),
        ("100234", "de", "100234"),
    ],
)
def test_values_are_spoken_as_people_write_them(value, language, text):
    assert spoken(value, language, "Europe/Berlin") == text


@pytest.mark.parametrize(
    ("value", "language", "text"),
    [
        ("1399.00 EUR", "de", "1.399,00 €"),
        ("1399.00 EUR", "en", "€1,399.00"),
        ("0.35 EUR", "de", "0,35 €"),
        ("-89.95 EUR", "en", "-€89.95"),
        ("1250000.00 CHF", "en", "CHF1,250,000.00"),
        ("1399 EUR", "de", "1399 EUR"),
        ("1399.00 Euro", "de", "1399.00 Euro"),
    ],
)
def test_sums_of_money_are_spoken_in_the_customers_notation(value, language, text):
    assert spoken(value, language).replace("\xa0", " ") == text


@pytest.mark.parametrize(
    ("value", "language", "text"),
    [
        ("2026-11-25", "de", "Mittwoch, 25. November"),
        ("2026-11-25", "en", "Wednesday 25 November"),
        ("2026-11-20", "de", "Freitag, 20. November"),
        ("2027-01-22", "en", "Friday 22 January"),
        ("2027-01-23", "en", "23 January 2027"),
        ("2026-09-24", "de", "Donnerstag, 24. September"),
        ("2026-09-23", "de", "23. September 2026"),
    ],
)
def test_near_dates_are_spoken_with_their_weekday_and_far_ones_with_their_year(value, language, text):
    assert spoken(value, language, today=date(2026, 11, 23)) == text


@pytest.mark.parametrize(
    ("days", "text"),
    [
        (1, "1 Tag bleibt"),
        ("1", "1 Tag bleibt"),
        (0, "0 Tage bleiben"),
        (12, "12 Tage bleiben"),
        (None, "… Tage bleiben"),
    ],
)
def test_a_word_follows_its_number(days, text):
    setting = Setting("de", "webchat", {"days": days})
    assert fill("{days} {days|Tag|Tage} {days|bleibt|bleiben}", setting) == text


def test_a_chosen_word_names_its_variable_for_the_check_of_the_pack():
    assert variables("{days|Tag|Tage} {name} <{url}|hier>") == {"days", "name", "url"}


def test_the_built_in_wait_is_one_minute_or_many():
    assert "about 1 minute." in rendered("utter_handoff_in_hours", "en", wait_minutes=1)


@pytest.mark.parametrize(
    ("text", "payload"),
    [
        ("/order", Payload("order")),
        ("/faq/shipping", Payload("faq/shipping")),
        ('/order{"number": "1", "n": 2}', Payload("order", {"number": "1", "n": 2})),
        ("/SetSlots(a=b)", Payload("", {"a": "b"})),
        ('/SetSlots(a="b, c", d=true, e=null)', Payload("", {"a": "b, c", "d": True, "e": None})),
        ("/order{nope}", None),
        ("/SetSlots()", None),
        ("plain text", None),
    ],
)
def test_payloads(text, payload):
    assert parse_payload(text) == payload
