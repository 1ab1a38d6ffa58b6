"""Asking about something is not asking for it: what a clause does, which article answers, and what is offered then."""

import pytest

from nlu.dialogue.acts import Act, asks, speech_act
from nlu.dialogue.lexicon import lexicon
from tests.nlu.dialogue.desk_pack import KNOWLEDGE, customer

OPENING = """---
title: The guard
language: en
---
# Who opens the door at night?

The guard does, until six.
"""
MOVING = """---
title: Moving house
language: en
tags: [move]
---
# How long does a new address take, and what does it cost?

Two days, free of charge.
"""
STATUS = """---
title: Orders
language: en
tags: [order]
---
# How long is an order on its way?

Three days as a rule.

# When is my money back after I stop an order?

Within five days.
"""


def asker():
    return customer(**{"knowledge/guard.md": OPENING, "knowledge/move.md": MOVING, "knowledge/orders.md": STATUS})


class TestWhatAClauseDoes:
    @pytest.mark.parametrize(
        ("language", "text"),
        [
            ("en", "Could you look something up for me?"),
            ("en", "can you send me the papers?"),
            ("en", "would you please cancel my order?"),
            ("en", "Could you check 100234?"),
            ("en", "can u book us a table"),
            ("de", "Kannst du für mich was nachsehen?"),
            ("de", "Könnten Sie mir die Unterlagen schicken?"),
            ("de", "könntest du meine Bestellung stornieren?"),
            ("de", "Können Sie uns bitte einen Tisch buchen"),
            ("de", "würdest du mir das eintragen?"),
            ("de", "kann ich bitte einen Termin haben?"),
            ("en", "can I get an appointment please"),
        ],
    )
    def test_a_polite_question_for_oneself_is_a_request(self, language, text):
        assert speech_act(text, lexicon(language)).act is Act.FOR

    @pytest.mark.parametrize(
        ("language", "text"),
        [
            ("en", "can you tell me how long that takes?"),
            ("en", "Could you tell me what it costs"),
            ("en", "could you tell me whether I can still return it"),
            ("de", "kannst du mir sagen, wie lange das dauert?"),
            ("de", "Können Sie mir sagen was das kostet"),
            ("de", "können Sie mir erklären, wie eine Rückgabe geht?"),
            ("de", "wie gebe ich das bitte zurück?"),
            ("de", "kann ich einen Termin auch online machen?"),
            ("en", "how do I return this please?"),
        ],
    )
    def test_a_request_for_an_answer_asks_about(self, language, text):
        assert speech_act(text, lexicon(language)).act is Act.ABOUT


class TestWhichArticleAnswers:
    async def test_a_heading_with_an_and_in_it_is_one_question(self):
        c = asker()
        said = await c.says("How long does a new address take, and what does it cost?")
        assert said == ["utter_article", "utter_offer_after_article"]
        assert "Two days, free of charge." in c.texts[0]

    async def test_the_answer_does_not_repeat_the_question(self):
        c = asker()
        await c.says("Who opens the door at night?")
        assert "Who opens" not in c.texts[0]
        assert "The guard does" in c.texts[0]

    @pytest.mark.parametrize(
        "text",
        [
            "How long is an order on its way?",
            "where is an order normally on its way?",
        ],
    )
    async def test_a_general_question_beats_looking_something_up(self, text):
        c = asker()
        assert (await c.says(text))[0] == "utter_article"

    @pytest.mark.parametrize("text", ["where is my order", "where is my order 100234 normally on its way"])
    async def test_ones_own_case_is_looked_up(self, text):
        c = asker()
        assert (await c.says(text))[0] in ("utter_ask_order_number", "utter_status")

    async def test_a_heading_beats_looking_something_up(self):
        c = asker()
        await c.says("where is 100234")
        assert (await c.says("How long is an order on its way?"))[0] == "utter_article"

    async def test_in_a_flow_its_own_articles_come_first(self):
        c = asker()
        await c.says("stop my order 100234")
        assert await c.says("can I stop an order?") == ["utter_article", "utter_confirm"]


class TestWhatIsOfferedAfterAnArticle:
    async def test_an_article_of_another_subject_offers_nothing(self):
        c = asker()
        assert await c.says("who opens the door at night after moving?") == ["utter_article"]

    async def test_an_article_of_the_process_offers_it(self):
        c = customer()
        assert KNOWLEDGE
        assert await c.says("can I still stop an order?") == ["utter_article", "utter_offer_after_article"]


class TestShortQuestions:
    @pytest.mark.parametrize("text", ["and how long does that take?", "how long does this take then?"])
    async def test_what_was_talked_about_is_what_they_are_about(self, text):
        c = asker()
        await c.says("what about a new address?")
        assert (await c.says(text))[0] == "utter_article_again"
        assert "Two days" in c.texts[0]

    @pytest.mark.parametrize("text", ["and how long does that take?", "und wie lange dauert das?"])
    async def test_no_article_of_something_else_is_quoted(self, text):
        c = asker()
        await c.says("where is 100234")
        assert "Two days" not in "".join([*await c.says(text), *c.texts])

    def test_an_if_after_an_and_asks(self):
        assert asks("ok and if it rains", lexicon("en"))
        assert asks("und wenn ich mit dem Bus komme", lexicon("de"))
        assert not asks("if it rains I stay at home", lexicon("en"))

    @pytest.mark.parametrize("text", ["can I stop an order that is too big?", "can I stop it if it is damaged?"])
    async def test_a_kind_of_thing_asked_about_starts_nothing(self, text):
        c = asker()
        assert "utter_ask_order_number" not in await c.says(text)


@pytest.mark.parametrize(
    "text",
    [
        "dann brauch ich nen Termin für Montag",
        "jetzt brauche ich einen neuen Ausweis",
        "also brauchen wir zwei Monitore",
    ],
)
def test_an_adverb_before_the_verb_makes_it_a_request(text):
    assert speech_act(text, lexicon("de")).act is Act.FOR


@pytest.mark.parametrize(
    "text", ["brauche ich dafür einen Termin", "brauch ich dann einen Termin?", "kann ich dann gehen"]
)
def test_a_verb_in_front_asks(text):
    assert speech_act(text, lexicon("de")).act is Act.ABOUT


@pytest.mark.parametrize(
    ("text", "order"), [("100234", "100234"), ("it's 100234", "100234"), ("order 100234", "100234")]
)
async def test_what_the_offered_process_would_ask_takes_the_offer(text, order):
    c = customer()
    assert (await c.says("can I still stop an order?"))[-1] == "utter_offer_after_article"
    assert (await c.says(text))[-1] == "utter_confirm"
    assert c.conversation.tracker["slots"]["order_number"] == order


@pytest.mark.parametrize("text", ["no, 100234 can stay", "where is 100234?", "not 100234"])
async def test_a_no_or_a_question_takes_no_offer(text):
    c = customer()
    await c.says("can I still stop an order?")
    assert "utter_confirm" not in await c.says(text)
