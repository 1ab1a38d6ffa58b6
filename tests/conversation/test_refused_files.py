"""A file that is not taken over: the customer hears it in their language, the agent reads why, nothing else is lost."""

from dataclasses import replace
from pathlib import Path

import pytest

import clients
from conversation.clock import ManualClock
from conversation.conversation import State
from conversation.files.check import GONE, Refusal
from conversation.memory import MemoryStore
from conversation.message import Attachment, AuthorKind, ContentKind, Inbound
from conversation.pipeline import Pipeline, handle_inbound
from conversation.ports import Delivered
from nlu.bot import Bot
from nlu.conversation_tests import FakeActions
from nlu.pack import load_pack, read_pack
from tests.builders import NOON, OneQueue, ScriptedBots, inbound
from tests.conversation.test_messages import HOLD
from tests.nlu.keyword_engine import KeywordEngine
from tests.nlu.shop_pack import DOMAIN, KEYWORDS, texts
from tests.nlu.talker import Talker


class Refusing:
    """Files that the check refuses or the platform does not give; `good.pdf` arrives."""

    async def fetch(self, inbound: Inbound) -> Inbound:
        files = (
            replace(f, stored=True) if f.name == "good.pdf" else replace(f, refused=f.reference)
            for f in inbound.attachments
        )
        return replace(inbound, attachments=tuple(files))


def sent(*files: tuple[str, str]) -> tuple[Attachment, ...]:
    return tuple(Attachment(ContentKind.FILE, name, "", 9, why) for name, why in files)


EXE = sent(("setup.exe", Refusal.PROGRAM))


def refused(names: str, response: str = "utter_file_refused") -> str:
    return f"{response} { {'file_name': names, 'limit_mb': 20} }"


class Thread:
    """A customer with the pipeline behind a platform that refuses."""

    def __init__(self) -> None:
        self.store, self.bots = MemoryStore(), ScriptedBots()
        self.pipeline = Pipeline(self.store, self.bots, OneQueue(), ManualClock(NOON), Refusing())
        self.count = 0

    async def says(self, text: str, files: tuple[Attachment, ...] = ()) -> list[str]:
        """What is answered."""
        self.count += 1
        before = set(self.store.messages)
        kind = ContentKind.FILE if files else ContentKind.TEXT
        await self.store.accept([replace(inbound(text, order=self.count, kind=kind), attachments=files)])
        works = await self.store.lease("w", NOON, limit=9, hold=HOLD)
        await handle_inbound(works, self.pipeline)
        new = [m for key, m in self.store.messages.items() if key not in before]
        return [m.text for m in new if m.author.kind is not AuthorKind.CUSTOMER]

    @property
    def state(self) -> State:
        return max(self.store.conversations.values(), key=lambda c: c.id).state


@pytest.fixture
def thread() -> Thread:
    return Thread()


async def test_the_customer_is_told_and_the_words_beside_the_file_are_answered(thread: Thread) -> None:
    said = await thread.says("my invoice", EXE)
    assert said == [refused("setup.exe"), "You said: my invoice"]
    [customers] = [m for m in thread.store.messages.values() if m.attachments]
    assert (customers.text, customers.attachments[0].refused) == ("my invoice", "program")


async def test_of_several_files_each_has_its_fate(thread: Thread) -> None:
    files = sent(("a.exe", Refusal.PROGRAM), ("good.pdf", ""), ("b.docm", Refusal.MACROS), ("c.png", GONE))
    said = await thread.says("look", files)
    assert said == [refused("a.exe, b.docm"), refused("c.png", "utter_file_lost"), "You said: look"]


async def test_also_while_people_have_the_conversation_and_when_it_passes_to_them(thread: Thread) -> None:
    assert (await thread.says("human please", EXE))[0] == refused("setup.exe")
    assert thread.state is State.QUEUED
    assert await thread.says("", EXE) == [refused("setup.exe")]
    sent: list[str] = []
    while items := await thread.store.take("d", NOON, limit=9, hold=HOLD):
        sent += [item.message.text for item in items]
        await thread.store.settle([Delivered(item, "p", NOON) for item in items])
    assert sent.count(refused("setup.exe")) == 2


async def test_a_stored_file_is_answered_as_ever(thread: Thread) -> None:
    assert await thread.says("look", sent(("good.pdf", ""))) == ["You said: look"]


async def test_the_bot_does_not_thank_for_a_file_that_never_came() -> None:
    talker = Talker()
    turn = talker.turn("", ContentKind.FILE, "", "")
    turn = replace(turn, inbound=replace(turn.inbound, attachments=(replace(EXE[0], refused="program"),)))
    [understanding] = await talker.bot.understand([turn])
    decision = await talker.bot.decide(turn, understanding)
    assert [s.name for s in decision.said] == []
    assert decision.resolution.tracker.get("files", 0) == 0


@pytest.mark.parametrize("pack", ["alpenrad", "kontor"])
@pytest.mark.parametrize(("language", "part"), [("de", "kann ich nicht annehmen"), ("en", "I can't accept")])
def test_every_client_says_it_in_the_customers_language(pack: str, language: str, part: str) -> None:
    bot = Bot(load_pack(Path(clients.__file__).parent / pack), KeywordEngine(KEYWORDS), FakeActions({}))
    talker = Talker(bot)
    turn = talker.turn("", ContentKind.FILE, "", "")
    turn = replace(turn, conversation=replace(turn.conversation, language=language))
    [reply] = bot.say(turn, "utter_file_refused", {"file_name": "setup.exe", "limit_mb": 20})
    assert part in reply.text
    assert "setup.exe" in reply.text
    assert "20 MB" in reply.text


def test_a_client_may_say_it_in_its_own_words() -> None:
    words = 'responses:\n  utter_file_refused: [{text: "Sorry, no {file_name} over {limit_mb} MB."}]\n'
    pack, problems = read_pack(texts(domain=DOMAIN.replace("responses:\n", words, 1)), {})
    assert pack is not None, problems
    assert not [p for p in problems if "file_name" in str(p) or "limit_mb" in str(p)]
    bot = Bot(pack, KeywordEngine(KEYWORDS), FakeActions({}))
    [reply] = bot.say(
        Talker(bot).turn("", ContentKind.FILE, "", ""), "utter_file_refused", {"file_name": "a", "limit_mb": 20}
    )
    assert reply.text == "Sorry, no a over 20 MB."
