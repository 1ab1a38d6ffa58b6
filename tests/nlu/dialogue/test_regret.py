"""Right after a write: regret takes it back, a plain no ends, and what is said beside the yes to that is not lost."""

import pytest

from nlu.dialogue.lexicon import lexicon
from nlu.dialogue.refusals import unwanted
from nlu.dialogue.tokens import tokenize
from tests.nlu.dialogue.desk_pack import customer, writes


async def stopped():
    c = customer()
    await c.says("stop order 100234")
    await c.says("yes")
    assert writes(c) == ["action_stop"]
    return c


@pytest.mark.parametrize(
    "text",
    [
        "ach mist, doch nicht",
        "oh nein, doch nicht!",
        "ach nee doch nicht",
        "doch lieber behalten",
        "oh mist, das wollte ich gar nicht",
        "hab mich verklickt",
        "wait no",
        "oh no, actually don't",
        "damn, I didn't mean that",
        "hmm, on second thought, no",
        "oops, changed my mind",
        "stop, no!",
    ],
)
async def test_regret_asks_whether_to_take_it_back(text):
    c = await stopped()
    assert await c.says(text) == ["utter_confirm_undo"]
    assert await c.says("yes please") == ["utter_undone", "utter_anything_else"]
    assert writes(c) == ["action_stop", "action_restart"]


@pytest.mark.parametrize(
    "text", ["no", "nein danke", "no thanks", "nope, that's it", "nee passt", "no, all good", "oh, no thanks"]
)
async def test_a_plain_no_ends(text):
    c = await stopped()
    await c.says(text)
    assert c.last.close
    assert writes(c) == ["action_stop"]


@pytest.mark.parametrize(
    "text", ["oh no. when do you open?", "wait, no, where is 100235", "ach, und wann macht ihr auf?"]
)
async def test_what_goes_on_is_no_regret(text):
    c = await stopped()
    assert "utter_confirm_undo" not in await c.says(text)


@pytest.mark.parametrize("text", ["yes take it back and then where is 100235", "yes. and where is 100235"])
async def test_another_matter_beside_the_yes_comes_after_it(text):
    c = await stopped()
    await c.says("undo that")
    said = await c.says(text)
    assert writes(c) == ["action_stop", "action_restart"]
    assert said[-2:] == ["utter_status", "utter_anything_else"]


@pytest.mark.parametrize(
    "text",
    [
        "jaaa, danke dir, hat ja doch geklappt",
        "ja, na endlich",
        "ja super lieb von dir",
        "ja, wurde auch zeit",
        "ja, geht doch",
        "yes finally",
        "yes, you're the best, finally something that works",
        "yes, took long enough",
        "yes please, that was easy",
        "yep, about time",
    ],
)
async def test_praise_or_relief_beside_a_yes_leaves_it_one(text):
    c = customer()
    await c.says("stop order 100234")
    await c.says(text)
    assert writes(c) == ["action_stop"]


@pytest.mark.parametrize(
    "text", ["yes finally next week", "ja endlich, aber nicht die", "geht doch nicht", "na endlich"]
)
async def test_praise_is_no_yes_by_itself(text):
    c = customer()
    await c.says("stop order 100234")
    await c.says(text)
    assert writes(c) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ich will 100250 zurückschicken, passt nicht", None),
        ("ich will das zurückgeben weil es nicht passt", None),
        ("ich will ihn umtauschen, gefällt nicht", None),
        ("ich will das fahrrad nicht", {"fahrrad"}),
    ],
)
def test_another_sentence_inside_of_a_refusal_refuses_nothing(text, words):
    found = unwanted(text, tokenize(text), lexicon("de"))
    assert (found and {t.folded for t in found} & words) == words
