"""How it went: asked once, on the customer's own channel, answered or not, and never in the way."""

from dataclasses import dataclass
from datetime import timedelta

import pytest

from conversation.conversation import State
from conversation.events import EventKind
from conversation.message import AuthorKind, ContentKind
from conversation.pipeline import Pipeline, close_idle
from conversation.satisfaction import Line, Survey, answer_in
from handoff.desk import Desk
from tests.builders import OneQueue, ScriptedBots, inbound
from tests.handoff.house import ANN, House


@dataclass
class Asking:
    """A client that asks after these resolutions."""

    after: frozenset[str] = frozenset({"bot", "agent"})

    def asks(self, conversation):
        return conversation.resolved_by in self.after

    def say(self, conversation, line):
        return f"{line.value} {conversation.language}"


class Shop(House):
    def __init__(self, *after: str) -> None:
        super().__init__()
        surveys = Asking(frozenset(after)) if after else Asking()
        self.pipeline = Pipeline(self.store, ScriptedBots(), OneQueue(), self.clock, surveys=surveys)
        self.desk = Desk(self.store, self.memory, self.memory, self, self.clock, surveys)

    async def served(self, disposition: str = "solved", thread: str = "lena"):
        """A conversation an agent has resolved."""
        conversation = await self.write("a human please", thread)
        await self.desk.claim(ANN, conversation.id)
        await self.desk.reply(ANN, conversation.id, "Here you are.", key=f"k-{thread}-{conversation.version}")
        await self.desk.resolve(ANN, conversation.id, disposition)
        return self.of(conversation.id)

    def of(self, conversation):
        return self.store.conversations[conversation]

    def asked(self):
        return [m for m in self.store.messages.values() if m.text.startswith(Line.QUESTION + " ")]

    def said(self) -> list[str]:
        return [m.text.split()[0] for m in self.store.messages.values() if m.text.startswith("utter_csat")]

    async def press(self, title: str, thread: str = "lena"):
        """The newest button of that title, as any platform brings it back."""
        buttons = [b for m in self.store.messages.values() for b in m.buttons if b.title.startswith(title)]
        return await self.write(buttons[-1].title, thread, kind=ContentKind.BUTTON, payload=buttons[-1].payload)

    def scores(self) -> list[tuple[int, str]]:
        return [(e.data["score"], e.data["comment"]) for e in self.store.events if e.kind is EventKind.CSAT]


async def test_after_an_agents_resolution_the_customer_is_asked_with_five_buttons() -> None:
    shop = Shop()
    resolved = await shop.served()
    [question] = shop.asked()
    assert (question.author.kind, question.language) == (AuthorKind.BOT, "en")
    assert [b.title for b in question.buttons] == ["1 ★", "2 ★", "3 ★", "4 ★", "5 ★"]
    assert all(len(b.payload.encode()) <= 64 for b in question.buttons), "Telegram takes no more"
    assert (resolved.state, resolved.csat) == (State.RESOLVED, Survey.ASKED)
    assert resolved.preview == "Here you are.", "lists go on showing what was said"


async def test_a_score_is_kept_thanked_for_and_reopens_nothing() -> None:
    shop = Shop()
    resolved = await shop.served()
    rated = await shop.press("4")
    assert (rated.id, rated.state, rated.csat, rated.csat_score) == (resolved.id, State.RESOLVED, Survey.SCORED, 4)
    assert shop.scores() == [(4, "")]
    assert shop.said() == ["utter_csat", "utter_csat_thanks"]
    assert len(shop.store.conversations) == 1
    kinds = [e.kind for e in shop.store.events]
    assert EventKind.REOPENED not in kinds
    assert kinds.count(EventKind.UNDERSTOOD) == 1, "an answer to us is nothing to learn from"


async def test_a_comment_is_the_message_after_its_button() -> None:
    shop = Shop()
    await shop.served()
    await shop.press("2")
    await shop.press("utter_title_csat_comment")
    rated = await shop.write("It took three days!")
    assert (rated.state, rated.csat, rated.csat_score) == (State.RESOLVED, Survey.DONE, 2)
    assert shop.scores() == [(2, "")]
    [told] = [e for e in shop.store.events if e.kind is EventKind.CSAT_COMMENT]
    assert dict(told.data) == {"score": 2, "comment": "It took three days!"}
    assert shop.said()[-2:] == ["utter_csat_comment", "utter_csat_noted"]
    again = await shop.write("one more question")
    assert again.state is State.QUEUED, "a person had it: what comes next is served as ever"


@pytest.mark.parametrize(("text", "score"), [("5", 5), (" 3 ", 3), ("4 ★", 4), ("2/5", 2), ("★★★", 3), ("⭐⭐⭐⭐", 4)])
async def test_a_typed_number_is_a_score(text: str, score: int) -> None:
    shop = Shop()
    await shop.served()
    assert (await shop.write(text)).csat_score == score


@pytest.mark.parametrize("text", ["6", "0", "5 bikes please", "no", "10"])
async def test_who_writes_something_else_is_served_as_ever_and_is_not_asked_again(text: str) -> None:
    shop = Shop()
    resolved = await shop.served()
    reopened = await shop.write(text)
    assert (reopened.id, reopened.state) == (resolved.id, State.QUEUED)
    assert shop.scores() == []
    await shop.desk.claim(ANN, resolved.id)
    await shop.desk.resolve(ANN, resolved.id, "solved")
    assert len(shop.asked()) == 1


async def test_a_number_is_no_score_when_nobody_asked_or_long_after() -> None:
    shop = Shop("bot")
    await shop.served()
    assert (await shop.write("4")).state is State.QUEUED
    shop = Shop()
    await shop.served()
    shop.clock.advance(timedelta(hours=24, minutes=1))
    assert (await shop.write("4")).state is State.BOT
    assert shop.scores() == []


async def test_a_button_counts_even_days_later_and_for_the_conversation_it_was_asked_about() -> None:
    shop = Shop()
    resolved = await shop.served()
    shop.clock.advance(timedelta(days=3))
    newer = await shop.write("hello again")
    await shop.press("5")
    assert shop.of(resolved.id).csat_score == 5
    assert shop.of(newer.id) == newer, "the newer conversation is left alone"


async def test_a_score_while_people_have_it_again_is_kept_in_silence_and_starts_no_clock() -> None:
    shop = Shop()
    resolved = await shop.served()
    waiting = await shop.write("it broke again")
    said = len(shop.store.messages)
    rated = await shop.press("1")
    assert (rated.id, rated.csat_score) == (resolved.id, 1)
    assert len(shop.store.messages) == said
    assert (rated.state, rated.waiting_since) == (State.QUEUED, waiting.waiting_since)


async def test_the_first_score_stays_so_that_a_conversation_counts_once() -> None:
    shop = Shop()
    await shop.served()
    await shop.press("2")
    again = await shop.press("5")
    assert (again.state, again.csat_score) == (State.RESOLVED, 2)
    assert shop.scores() == [(2, "")]


async def test_after_the_bots_own_resolution_the_customer_is_asked_when_they_say_goodbye() -> None:
    shop = Shop()
    await shop.write("done")
    assert shop.asked() == []
    gone = await shop.write("bye")
    assert (gone.state, gone.csat, len(shop.asked())) == (State.RESOLVED, Survey.ASKED, 1)


async def test_nobody_is_asked_after_silence_an_abandoned_talk_or_where_the_client_does_not_ask() -> None:
    silent = Shop()
    await silent.write("done")
    silent.clock.advance(timedelta(hours=1))
    assert await close_idle(silent.pipeline, after=timedelta(minutes=30)) == 1
    abandoned = Shop()
    await abandoned.write("hm")
    await abandoned.write("bye")
    only_agents = Shop("agent")
    await only_agents.write("done")
    await only_agents.write("bye")
    blocked = Shop()
    await blocked.write("done")
    await blocked.write("", kind=ContentKind.BLOCKED)
    for shop in (silent, abandoned, only_agents, blocked):
        assert shop.asked() == []


@pytest.mark.parametrize("disposition", ["spam", "duplicate", "no_answer"])
async def test_nobody_is_asked_after(disposition: str) -> None:
    shop = Shop()
    await shop.served(disposition)
    assert shop.asked() == []


async def test_a_button_of_somebody_elses_conversation_or_a_forged_one_counts_for_nothing() -> None:
    shop = Shop()
    resolved = await shop.served()
    await shop.press("5", thread="otto")
    for payload in ('/csat{"score":9,"of":"x"}', '/csat{"score":5}', "/csat{broken}", '/csat{"score":5,"of":"nobody"}'):
        await shop.write("5", "mia", kind=ContentKind.BUTTON, payload=payload)
    unscored = '/csat_comment{"of":"' + resolved.id + '"}'
    await shop.write("why", kind=ContentKind.BUTTON, payload=unscored)
    assert shop.scores() == []
    assert shop.of(resolved.id).csat_score is None


async def test_the_agent_reopening_takes_the_question_back_if_it_is_still_on_its_way() -> None:
    shop = Shop()
    resolved = await shop.served()
    await shop.desk.reopen(ANN, resolved.id)
    sent = await shop.store.take("d", shop.clock.now(), limit=50, hold=timedelta(minutes=1))
    assert Line.QUESTION not in [item.message.text.split()[0] for item in sent]


async def test_a_picture_a_voice_message_or_a_command_is_no_comment() -> None:
    shop = Shop()
    await shop.served()
    await shop.press("2")
    commenting = await shop.press("utter_title_csat_comment")
    assert commenting.csat == Survey.COMMENTING
    for kind in (ContentKind.IMAGE, ContentKind.VOICE, ContentKind.COMMAND):
        assert answer_in(inbound("hm", kind=kind), commenting, shop.clock.now()) is None
