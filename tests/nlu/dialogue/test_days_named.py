"""The day that suits is taken, not the one that is named as busy; a weekday goes with its week, a span runs forwards."""

from datetime import date

import pytest

from nlu.dialogue.values.readings import readings
from nlu.dialogue.values.that_week import that_week
from tests.nlu.dialogue.desk_pack import customer
from tests.nlu.dialogue.hire_pack import hirer, slots_of

TUESDAY = date(2026, 12, 1)
WEDNESDAY, FRIDAY = "2026-11-25", "2026-11-27"


@pytest.mark.parametrize(
    "text",
    [
        "nee mittwoch muss ich arbeiten, freitag nachmittag ginge",
        "am mittwoch bin ich unterwegs, freitag wäre gut",
        "mittwoch hab ich keine zeit, aber am freitag würds gehen",
        "freitag passt gut, mittwoch muss ich arbeiten",
        "mittwoch ist mein sohn beim zahnarzt, freitag vormittag",
        "wednesday i have to work, friday afternoon would be ok",
        "wednesday i'm away, how about friday",
        "i work on wednesdays, friday works though",
        "on wednesday my kid has a recital, so friday",
        "i'm busy wednesday, friday please",
        "wednesday i'm away. how about friday?",
        "wednesday im away so friday",
        "mittwoch muss ich arbeiten. am freitag ginge es. danke",
        "wednesday doesnt work so friday",
        "what about friday, wednesday is taken",
        "mittwoch bin ich weg also freitag",
        "mittwoch bin ich weg, dann halt freitag",
        "mittwoch geht nicht dann eben freitag",
    ],
)
async def test_the_day_that_suits_is_taken(text):
    c = customer()
    for said in ("expenses", "a taxi", "84.50"):
        await c.says(said)
    await c.says(text)
    assert c.conversation.tracker["slots"]["spent_on"] == FRIDAY


@pytest.mark.parametrize(
    "text",
    [
        "no i have to be in hamburg on wednesday, friday please",
        "da muss ich arbeiten, freitag nachmittag",
        "nee, mittwoch bin ich weg, lieber freitag",
    ],
)
async def test_at_a_confirmation(text):
    c = customer()
    for said in ("expenses", "a taxi", "84.50", "wednesday"):
        await c.says(said)
    assert c.conversation.tracker["slots"]["spent_on"] == WEDNESDAY
    assert await c.says(text) == ["utter_confirm"]
    assert c.conversation.tracker["slots"]["spent_on"] == FRIDAY


@pytest.mark.parametrize(
    "text", ["what do i have to do", "everything i need to do and so on", "nichts zu do", "how to do it"]
)
def test_a_short_word_behind_one_of_another_language_is_no_day(text):
    assert readings(text, "date", TUESDAY, ("de", "en")) == []


@pytest.mark.parametrize(("text", "day"), [("krank bis do", 3), ("do und fr", 4), ("ab fr", 4), ("on sat", 5)])
def test_a_short_word_behind_one_of_its_own_language_is_a_day(text, day):
    assert readings(text, "date", TUESDAY, ("de", "en"))[-1].value == date(2026, 12, day).isoformat()


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("sometime later that week, thursday maybe", 10),
        ("thursday that week", 10),
        ("friday of the same week", 11),
        ("später in der woche, vielleicht donnerstag", 10),
        ("am freitag in derselben woche", 11),
        ("gleiche woche, aber mittwoch", 9),
    ],
)
def test_that_week_is_the_week_that_was_spoken_of(text, day):
    found = that_week(text, ("en", "de"))
    assert found is not None
    assert found.beside(date(2026, 12, 7)) == date(2026, 12, day)


@pytest.mark.parametrize("text", ["thursday", "thursday next week", "this week on thursday", "later that week"])
def test_other_weeks_are_not(text):
    assert that_week(text, ("en", "de")) is None


@pytest.mark.parametrize("text", ["from 24 december to 23 december", "24.12. bis 23.12.", "5 january to 4 january"])
async def test_a_span_that_ends_before_it_begins_is_asked_about(text):
    c = hirer()
    for said in ("hire please", "a saw", "2", "4300"):
        await c.says(said)
    reason, question = await c.says(text)
    assert (reason, question) == ("utter_ask_rephrase", "utter_ask_first_day")
    assert "first_day" not in slots_of(c)
    await c.says("from 22 december to 23 december")
    assert (slots_of(c)["first_day"], slots_of(c)["last_day"]) == ("2026-12-22", "2026-12-23")


async def test_an_end_before_the_beginning_is_no_other_beginning():
    c = hirer()
    for said in ("hire please", "a saw", "2", "4300", "24 december"):
        await c.says(said)
    assert (await c.says("23 december"))[-1] == "utter_ask_last_day"
    assert slots_of(c)["first_day"] == "2026-12-24"
    await c.says("the 27th")
    assert slots_of(c)["last_day"] == "2026-12-27"


@pytest.mark.parametrize("text", ["from 28 december to 3 january", "28.12. bis 3.1."])
async def test_a_span_over_the_new_year_stays(text):
    c = hirer()
    for said in ("hire please", "a saw", "2", "4300"):
        await c.says(said)
    await c.says(text)
    assert (slots_of(c)["first_day"], slots_of(c)["last_day"]) == ("2026-12-28", "2027-01-03")
