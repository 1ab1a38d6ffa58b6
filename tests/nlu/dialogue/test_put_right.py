"""What is put right, said twice or held back must leave everything else as it stands."""

import pytest

from tests.nlu.dialogue.desk_pack import DOMAIN, FLOWS, customer, writes
from tests.nlu.dialogue.hire_pack import given, hirer, slots_of

CALLS_FIRST = FLOWS.replace("    - collect: purpose\n", "    - call: find\n    - collect: purpose\n")
WITH_DUE = FLOWS.replace("    - collect: details\n", "    - collect: details\n    - collect: due\n")
DUE_SLOT = DOMAIN.replace(
    "  details: {type: text, mappings: [{type: from_text}]}\n",
    "  details: {type: text, mappings: [{type: from_text}]}\n  due: {type: text, mappings: [{type: from_text}]}\n",
).replace(
    "  utter_ask_details:",
    '  utter_ask_due: [{text: "When do you need it?"}, {text: "Which day?"}]\n'
    '  utter_label_due: [{text: "Needed by"}]\n  utter_ask_details:',
)


def kept(c):
    return c.conversation.tracker["slots"]


@pytest.mark.parametrize("text", ["sorry, 94.50 not 84.50", "oh no, 94.50", "nicht 84,50, sondern 94,50"])
async def test_a_value_put_right_while_a_called_flow_asks_leaves_its_question_open(text):
    c = customer(flows=CALLS_FIRST)
    assert (await c.says("I have an expense of 84.50 to claim"))[-1] == "utter_ask_order_number"
    assert (await c.says(text))[-1] == "utter_ask_order_number"
    assert kept(c)["amount"] == "94.50"
    assert (await c.says("100234"))[-1] == "utter_ask_purpose"
    assert kept(c)["order_number"] == "100234"


async def claimed():
    c = customer()
    for text in ("expenses", "a taxi to the airport", "84.50", "6 November", "yes"):
        await c.says(text)
    assert writes(c) == ["action_claim"]
    return c


@pytest.mark.parametrize("text", ["please undo that", "mach das rückgängig", "zieh das wieder zurück"])
async def test_the_wish_to_undo_said_twice_is_no_yes_to_it(text):
    c = await claimed()
    assert (await c.says(text))[-1] == "utter_confirm_undo"
    assert (await c.says(text))[-1] == "utter_confirm_undo"
    assert writes(c) == ["action_claim"]
    await c.says("yes")
    assert writes(c) == ["action_claim", "action_drop_claim"]


@pytest.mark.parametrize("text", ["great", "ok", "alles klar", "super"])
async def test_praise_after_all_is_done_asks_for_nothing(text):
    c = await claimed()
    await c.says("no thanks")
    assert await c.says(text) == ["utter_thanks"]


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("no, by Monday", "by Monday"),
        ("nope by the end of January", "by the end of January"),
        ("sorry, by Monday please", "by Monday"),
        ("sorry, Monday not Friday", "by Monday"),
        ("wait, by Monday instead of Friday", "by Monday"),
        ("by Monday and not by Friday", "by Monday"),
    ],
)
async def test_a_day_in_words_is_put_right_with_or_without_its_small_word(text, due):
    c = customer(flows=WITH_DUE, domain=DUE_SLOT)
    for said in ("a job please", "count the chairs", "by Friday"):
        await c.says(said)
    assert (await c.says(text))[-1] == "utter_confirm"
    assert kept(c)["due"] == due


@pytest.mark.parametrize(
    "text",
    [
        "moment, da muss ich erst meine Frau fragen",
        "warte kurz, ich muss meinen Chef fragen",
        "moment das muss ich erst mit meiner Leiterin klären",
        "hold on, I have to ask my wife first",
        "sec, need to check with my boss",
    ],
)
async def test_who_has_to_ask_somebody_first_is_given_time(text):
    c = customer()
    for said in ("expenses", "a taxi to the airport"):
        await c.says(said)
    assert await c.says(text) == ["utter_take_your_time"]
    for said in ("84.50", "6 November"):
        await c.says(said)
    assert await c.says(text) == ["utter_take_your_time"]
    assert writes(c) == []


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("from 15 June 2028 to 13 June 2028", ()),
        ("vom 15.6.2028 bis 13.6.2028", ()),
        ("from Monday to Sunday", ("2026-12-07", "2026-12-13")),
    ],
)
def test_a_span_that_ends_before_it_begins_is_none_unless_its_end_is_a_weekday(text, days):
    assert tuple(given(text, "first_day", "last_day").values()) == days


@pytest.mark.parametrize("text", ["3.8.2027 - quatsch, 31.7.2027", "3 August 2027, no sorry, 31 July 2027"])
async def test_an_answer_that_takes_itself_back_changes_nothing_else(text):
    c = hirer()
    for said in ("hire a ladder", "a long ladder", "2", "4711", "1.6.2027"):
        await c.says(said)
    await c.says(text)
    assert (slots_of(c)["first_day"], slots_of(c)["last_day"]) == ("2027-06-01", "2027-07-31")


@pytest.mark.parametrize(
    ("text", "size"),
    [("size XL please", "XL"), ("no wrong size, 44", "44"), ("wrong size, it should be 43, not 42", "43")],
)
async def test_a_number_beside_the_name_of_its_question_is_no_count_of_another(text, size):
    c = hirer()
    for said in ("shoes", "42", "Hauptstr. 5, 80331 München"):
        await c.says(said)
    assert (await c.says(text))[-1] == "utter_confirm"
    assert slots_of(c)["size"] == size


@pytest.mark.parametrize(
    ("text", "purpose"),
    [
        ("and client dinner in Bremen - scratch that, parking 12", "parking"),
        ("and lunch, no sorry, parking 12", "parking"),
        ("und Abendessen in Bremen - quatsch, Parken 12", "Parken"),
    ],
)
async def test_one_more_thing_that_is_put_right_at_once_is_the_second_one(text, purpose):
    c = await claimed()
    await c.says(text)
    assert (kept(c)["purpose"], kept(c)["amount"]) == (purpose, "12")


async def test_what_was_written_before_goes_along_to_a_person():
    c = await claimed()
    for text in ("and parking 12", "7 November", "yes"):
        await c.says(text)
    assert writes(c) == ["action_claim", "action_claim"]
    await c.says("I want to talk to a person")
    assert "a taxi to the airport" in str(c.last.slots["done_before"])
    assert "parking" in str(c.last.slots)


@pytest.mark.parametrize("text", ["CHANGE THE AMOUNT TO 39", "make it 39", "change the sum tae 39"])
async def test_a_change_in_any_capitals_touches_only_its_value(text):
    c = await claimed()
    assert (await c.says(text))[-1] == "utter_confirm_change"
    await c.says("yes")
    assert writes(c) == ["action_claim", "action_change_claim"]
    assert c.actions.calls[-1].slots["purpose"] == "a taxi to the airport"


async def test_who_says_the_same_a_third_time_answers_what_is_asked_and_is_not_asked_for_ever():
    c = customer()
    for text in ("expenses", "Taxi Zentral"):
        await c.says(text)
    assert await c.says("Taxi Zentral") == ["utter_ask_amount"]  # sent twice by a finger
    assert (await c.says("Taxi Zentral"))[0] == "utter_ask_rephrase"
    assert (await c.says("Taxi Zentral"))[-1] == "utter_offer_person"
