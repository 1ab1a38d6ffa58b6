"""Values given by the name of their question, and what follows "what should I change?"."""

import pytest

from tests.nlu.dialogue.hire_pack import hirer, slots_of


async def at_the_confirmation(note="down with the flu"):
    c = hirer()
    for text in ("absent", "2026-12-04", note):
        said = await c.says(text)
    assert said[-1] == "utter_confirm"
    return c


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("note: broken leg and a sore arm", "broken leg and a sore arm"),
        ("Note = broken leg", "broken leg"),
        ("NO the note is a broken leg, not the flu", "a broken leg"),
        ("no, note: broken leg", "broken leg"),
        ("nein, note ist Beinbruch", "Beinbruch"),
        ("the note should be broken leg", "broken leg"),
        ("no, note broken leg", "broken leg"),
        ("sorry, the note is: broken leg", "broken leg"),
        ("the note. broken leg", "broken leg"),
        ("no, the note. broken leg", "broken leg"),
        ("no. the note. broken leg", "broken leg"),
        ("no, my note is broken leg. that is all", "broken leg"),
        ("nein, meine note ist Beinbruch. der rest passt", "Beinbruch"),
        ("no, the note is 7788. the rest is fine", "7788"),
    ],
)
async def test_a_value_by_its_name_at_the_confirmation(text, expected):
    c = await at_the_confirmation()
    said = await c.says(text)
    assert said[-1] == "utter_confirm"
    assert slots_of(c)["note"] == expected


@pytest.mark.parametrize("text", ["is the note secret?", "yes, note that", "the boss has a note", "no"])
async def test_what_only_mentions_the_name_changes_nothing(text):
    c = await at_the_confirmation()
    await c.says(text)
    assert slots_of(c)["note"] == "down with the flu"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the whole thing: broken leg, sore arm", "broken leg, sore arm"),
        ("broken leg and sore arm", "broken leg and sore arm"),
        ("es ist ein gebrochenes Bein", "es ist ein gebrochenes Bein"),
    ],
)
async def test_what_follows_what_should_i_change_is_the_new_value(text, expected):
    c = await at_the_confirmation()
    await c.says("no")
    said = await c.says(text)
    assert said[-1] == "utter_confirm"
    assert slots_of(c)["note"] == expected


async def test_a_value_among_other_words_is_put_right_by_another_of_its_kind():
    c = await at_the_confirmation("write to ann@example.org please do")
    await c.says("no, bob@example.org")
    assert slots_of(c)["note"] == "write to bob@example.org please do"


async def test_the_name_of_what_is_asked_is_no_part_of_the_answer():
    c = hirer()
    for text in ("absent", "2026-12-04", "note: down with the flu"):
        await c.says(text)
    assert slots_of(c)["note"] == "down with the flu"


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("the whole thing: flu, and a cough", "flu, and a cough"),
        ("no, i have the flu and a cough", "i have the flu and a cough"),
        ("ok fine but the note is a cough, when do you open", "a cough"),
        ("NO the note is a cough, by friday. and where is my order", "a cough, by friday"),
    ],
)
async def test_what_is_told_anew_behind_a_no_is_taken(text, note):
    c = await at_the_confirmation()
    await c.says(text)
    assert slots_of(c)["note"] == note


@pytest.mark.parametrize(
    "text", ["no that is all wrong", "no, not the flu", "nein, das stimmt so nicht", "no wait a moment"]
)
async def test_what_only_refuses_is_no_value(text):
    c = await at_the_confirmation()
    await c.says(text)
    assert slots_of(c)["note"] == "down with the flu"


async def test_another_value_by_name_behind_an_answer_in_words():
    c = hirer()
    for text in ("hire please", "a drill", "2"):
        await c.says(text)
    await c.says("4200. oh and the tool is a saw")
    assert slots_of(c)["tool"] == "a saw"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("M would be good i think", "M"),
        ("M denk ich", "M"),
        ("die M wär gut", "M"),
        ("M i guess. he didnt say", "M"),
    ],
)
async def test_a_choice_is_heard_beside_how_sure_it_is(text, expected):
    c = hirer()
    await c.says("shoes please")
    await c.says(text)
    assert slots_of(c)["size"] == expected


async def test_of_two_addresses_the_last_holds_if_the_first_is_taken_back():
    c = await at_the_confirmation("ann@example.org, or? wait i check.. no bob@example.org")
    assert slots_of(c)["note"] == "bob@example.org"


@pytest.mark.parametrize(
    ("held", "text", "note"),
    [
        ("a bag of 20kg", "no, 25kg", "a bag of 25kg"),
        ("paper for 3k a year", "no its 4k", "paper for 4k a year"),
        ("2 bags of 20kg", "nee, 25kg", "2 bags of 25kg"),
    ],
)
async def test_a_figure_among_other_words_is_put_right_by_another_of_its_unit(held, text, note):
    c = await at_the_confirmation(held)
    assert (await c.says(text))[-1] == "utter_confirm"
    assert slots_of(c)["note"] == note
