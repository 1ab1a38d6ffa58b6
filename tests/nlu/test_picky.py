"""What picky customers do: thumbs, old buttons, bare numbers and numbers with gaps."""

import pytest

from conversation.message import ContentKind
from nlu.emoji import MOOD, meant_by_emoji
from nlu.entities import EntityExtractor
from tests.nlu.talker import Talker


@pytest.fixture
def customer() -> Talker:
    return Talker()


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("👍", "affirm"),
        ("👍🏽", "affirm"),
        ("✅", "affirm"),
        ("👎", "deny"),
        ("❤️", "thanks"),
        ("🙏🙏", "thanks"),
        ("😂😂", MOOD),
        ("🚲 👍", "affirm"),
        ("ok 👍", ""),
        ("?", ""),
        ("", ""),
    ],
)
def test_emoji_alone_say_something(text: str, meaning: str) -> None:
    assert meant_by_emoji(text) == meaning


async def test_a_thumb_answers_a_yes_or_no_question(customer: Talker) -> None:
    await customer.says("stop my order 100234")
    assert "utter_stopped" in await customer.says("👍")


async def test_a_mood_is_no_failed_try(customer: Talker) -> None:
    assert await customer.says("😂😂") == ["utter_sticker_received"]
    assert await customer.says("😂😂") == ["utter_sticker_received"]
    assert customer.reason == "no handoff"
    await customer.says("where is my order")
    assert await customer.says("🙄") == ["utter_ask_order_number"]
    assert await customer.says("🙄") == ["utter_ask_order_number"]
    assert customer.reason == "no handoff"


async def test_a_thumb_is_no_free_text(customer: Talker) -> None:
    await customer.says("I have a job for you")
    assert await customer.says("👍") == ["utter_ask_details"]


async def test_a_no_out_of_the_blue_is_taken_as_such(customer: Talker) -> None:
    assert await customer.says("nein") == ["utter_all_right"]


async def test_a_bare_number_asks_what_to_do_with_it(customer: Talker) -> None:
    assert await customer.says("100234") == ["utter_clarify"]
    assert {payload for _, payload in customer.buttons} == {"/order", "/cancel_order", "/nlu_fallback"}
    assert "utter_status" in await customer.says("", ContentKind.BUTTON, "/order")


async def test_a_yes_pressed_again_later_agrees_to_nothing(customer: Talker) -> None:
    await customer.says("stop my order 100234")
    await customer.says("Ja", ContentKind.BUTTON, "/affirm")
    assert await customer.says("Ja", ContentKind.BUTTON, "/affirm") == ["utter_old_button"]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("100 234", ["100234"]),
        ("wo ist 10 02 34 bitte", ["100234"]),
        ("100234", ["100234"]),
        ("100 234 und 100235", ["100235"]),
        ("am 10.02.34 oder 5 600,10", []),
        ("tel +49 100 234", []),
        ("80337 100 234 12", []),
    ],
)
def test_a_number_with_gaps_is_the_number(text: str, values: list[str]) -> None:
    found = EntityExtractor(patterns=(("order_number", r"\b\d{6}\b"),)).extract(text)
    assert [one.value for one in found if one.entity == "order_number"] == values
    assert all(text[one.start : one.end].replace(" ", "") == one.value for one in found if one.entity == "order_number")
