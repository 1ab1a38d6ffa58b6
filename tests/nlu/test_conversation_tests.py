"""A pack's own conversation tests: what passes, and how a difference is shown."""

import pytest

from conversation.errors import PackInvalid
from nlu.action import ActionResult
from nlu.conversation_tests import FakeActions, TestResult, pack_tests, run_tests
from nlu.pack import load_pack
from tests.nlu.shop_pack import texts
from tests.nlu.talker import FOUND, shop_bot

HEAD = "test_cases:\n- test_case: a story\n  steps:\n"
LONG_AGO = ActionResult(True, {**FOUND.slots, "day": "2020-11-25"}, status=200)
ANSWERS = {"action_look": LONG_AGO, "action_stop": ActionResult(True)}


async def run(steps: str, head: str = HEAD) -> TestResult:
    bot = shop_bot(FakeActions(ANSWERS), **{"tests/a.yml": head + steps})
    (result,) = await run_tests(bot)
    return result


async def test_a_conversation_that_goes_as_told_passes():
    result = await run("""
  - user: "where is my order"
  - utter: utter_ask_order_number
  - user: "100234"
  - slot_was_set: [{order_number: "100234"}, {order_found: true}]
  - slot_was_not_set: [details]
  - bot: "Order 100234: shipped, 25 November 2020."
  - user: "I want a person"
  - handoff: asked_for_person
""")
    assert result.passed, result.why


@pytest.mark.parametrize(
    ("steps", "line", "words"),
    [
        (
            '  - user: "when open"\n  - utter: utter_shipping\n',
            5,
            "expected utter: utter_shipping\n  actual   utter_hours",
        ),
        ('  - user: "when open"\n  - handoff: flow\n', 5, "actual   no handoff"),
        ('  - user: "a person"\n', 4, "expected no handoff\n  actual   asked_for_person"),
        ('  - user: "status 100234"\n  - slot_was_set: [{order_number: "1"}]\n', 5, "actual   '100234'"),
        ('  - user: "job"\n  - utter: utter_ask_details\n  - utter: utter_ask_size\n', 6, "actual   nothing"),
        ('  - user: "status, shipping?"\n  - slot_was_set: [details]\n', 5, "never set"),
    ],
)
async def test_a_difference_names_its_line_and_what_happened(steps, line, words):
    result = await run(steps)
    assert not result.passed
    assert result.place == f"tests/a.yml:{line}"
    assert words in result.why
    assert "user:" in result.why


async def test_stubs_stand_in_for_actions_and_fixtures_for_slots():
    head = """
fixtures:
- known: [{order_number: "100777"}]
stub_custom_actions:
  action_look: {events: [{event: slot, name: order_found, value: false}], responses: []}
test_cases:
- test_case: with a stub
  fixtures: [known]
  steps:
"""
    result = await run('  - user: "where is my order"\n  - utter: utter_unknown\n', head)
    assert result.passed, result.why


async def test_a_button_is_pressed_with_its_payload():
    result = await run(
        '  - user: "stop my order 100234"\n  - utter: utter_ask_sure\n  - user: "/SetSlots(sure=true)"\n  - utter: utter_stopped\n'
    )
    assert result.passed, result.why


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ("  - usr: hello\n", "unknown key 'usr'"),
        ("  - user: hello\n  - handoff: boredom\n", "unknown handoff reason"),
        ("  - utter: utter_greet\n", "no user step"),
    ],
)
def test_a_wrong_test_file_is_refused(steps, words):
    with pytest.raises(PackInvalid, match=words):
        pack_tests(load_pack(texts(**{"tests/a.yml": HEAD + steps})))
