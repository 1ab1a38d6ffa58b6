"""Many clients' bots in one process, and the console's way in."""

from dataclasses import replace
from pathlib import Path

import pytest

from conversation.ids import ClientId
from conversation.message import ContentKind
from nlu.bot import Bot, parse_text
from nlu.bots import ManyBots, NoBot
from nlu.conversation_tests import FakeActions
from nlu.pack import load_pack
from tests.nlu.shop_pack import CLIENT, texts
from tests.nlu.talker import Talker, shop_bot


class Source:
    """Bots from memory; `versions` says which is active."""

    def __init__(self) -> None:
        self.versions = {"shop": "1", "other": "1"}
        self.loaded: list[tuple[str, str]] = []
        self.asked = 0

    async def version(self, client: ClientId) -> str:
        self.asked += 1
        if client not in self.versions:
            raise NoBot(f"{client} has no active bot")
        return self.versions[client]

    async def load(self, client: ClientId, version: str) -> Bot:
        self.loaded.append((client, version))
        bot = shop_bot(FakeActions({}), client=CLIENT.replace("id: shop", f"id: {client}"))
        return Bot(bot.pack, bot.engine, bot.actions, version)


class Time:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def source() -> Source:
    return Source()


def turn(text: str, client: str = "shop", kind: ContentKind = ContentKind.TEXT):
    made = Talker().turn(text, kind)
    return replace(made, conversation=replace(made.conversation, client=ClientId(client)))


async def test_a_batch_is_understood_once_per_client_and_in_order(source):
    bots = ManyBots(source)
    turns = [turn("hours open"), turn("hello", "other"), turn("shipping"), turn("", kind=ContentKind.STICKER)]
    made = await bots.understand(turns)
    assert [u.intent.name for u in made] == ["hours", "greet", "shipping", "nlu_fallback"]
    assert (await bots.bot(ClientId("shop"))).engine.batches == [["hours open", "shipping"]]
    assert sorted(source.loaded) == [("other", "1"), ("shop", "1")]


async def test_a_new_version_is_picked_up_within_a_second(source):
    time = Time()
    bots = ManyBots(source, clock=time)
    await bots.bot(ClientId("shop"))
    source.versions["shop"] = "2"
    assert (await bots.bot(ClientId("shop"))).version == "1"
    time.now = 1.5
    assert (await bots.bot(ClientId("shop"))).version == "2"
    source.versions["shop"] = "3"
    bots.forget(ClientId("shop"))
    assert (await bots.bot(ClientId("shop"))).version == "3"


async def test_the_least_recently_used_bot_makes_room(source):
    bots = ManyBots(source, limit=1)
    for client in ("shop", "other", "shop"):
        await bots.bot(ClientId(client))
    assert [c for c, _ in source.loaded] == ["shop", "other", "shop"]


async def test_bots_make_room_by_what_they_weigh(source, monkeypatch):
    monkeypatch.setattr(Bot, "size", 60)
    bots = ManyBots(source, most_bytes=100)
    for client in ("shop", "other", "other", "shop"):
        await bots.bot(ClientId(client))
    assert [c for c, _ in source.loaded] == ["shop", "other", "shop"]


async def test_a_bot_that_was_only_checked_counts_as_used(source):
    time = Time()
    bots = ManyBots(source, limit=2, clock=time)
    source.versions["third"] = "1"
    for client in ("shop", "other", "shop", "third", "shop"):
        time.now += 2
        await bots.bot(ClientId(client))
    assert [c for c, _ in source.loaded] == ["shop", "other", "third"]


async def test_a_client_without_a_bot_still_hears_built_in_words(source):
    bots = ManyBots(source)
    with pytest.raises(NoBot):
        await bots.understand([turn("hello", "nobody")])
    (reply,) = bots.say(turn("hello", "nobody"), "utter_handoff_in_hours", {"wait_minutes": 4})
    assert "4" in reply.text


async def test_say_uses_the_packs_words_in_the_conversations_language(source):
    bots = ManyBots(source)
    await bots.bot(ClientId("shop"))
    made = turn("hi")
    english = replace(made, conversation=replace(made.conversation, language="en"))
    (reply,) = bots.say(english, "utter_ask_order_number", {})
    assert reply.text == "What is the order number?"
    assert bots.say(english, "utter_nowhere", {}) == ()


async def test_buttons_and_commands_are_not_understood_as_text(source):
    bots = ManyBots(source)
    made = await bots.understand([turn("Hours", kind=ContentKind.BUTTON), turn("start", kind=ContentKind.COMMAND)])
    assert [u.text for u in made] == ["", ""]


async def test_a_trained_bot_survives_as_bytes():
    pack = load_pack(texts())
    bot = Bot.load(pack, Bot.train(pack), FakeActions({}))
    (understood,) = await bot.understand([turn("open hours 1")])
    assert understood.ranking[0].name == "hours"


def test_the_console_parses_in_rasas_shape(tmp_path: Path):
    for name, text in texts().items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    parsed = parse_text(tmp_path, "open hours 1")
    assert {"text", "intent", "entities", "intent_ranking"} <= parsed.keys()
    assert parsed["intent_ranking"][0]["name"] == "hours"
