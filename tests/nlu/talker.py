"""A customer who talks to a bot the way the pipeline would, without storage."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from conversation.conversation import Conversation, Customer
from conversation.events import EventKind
from conversation.ids import ChannelId, ClientId, ConversationId, CustomerId, ThreadId
from conversation.message import ChannelKind, ContentKind, Inbound, Sender
from conversation.resolution import Answered, NeedsHuman, Turn
from nlu.action import ActionResult
from nlu.bot import Bot
from nlu.conversation_tests import FakeActions
from nlu.dialogue.turn import Decision
from nlu.pack import load_pack
from tests.nlu.keyword_engine import KeywordEngine
from tests.nlu.shop_pack import KEYWORDS, texts

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
FOUND = ActionResult(True, {"order_found": True, "status": "shipped", "day": "2026-11-25"}, status=200)
MISSING = ActionResult(True, {"order_found": False, "status": None, "day": None}, status=404)
DOWN = ActionResult(False, error="no answer within 3 s")


class Talker:
    """Says things and remembers what came back."""

    def __init__(
        self, bot: Bot | None = None, *, channel: ChannelKind = ChannelKind.WEBCHAT, **attributes: Any
    ) -> None:
        self.actions = FakeActions({"action_look": FOUND, "action_stop": ActionResult(True, status=200)})
        self.bot = bot or shop_bot(self.actions)
        self.channel = channel
        self.customer = Customer(CustomerId("c"), self.bot.pack.profile.id, "c", "Ada", attributes)
        self.now, self.count = NOON, 0
        self.facts: list[tuple[EventKind, Mapping[str, Any]]] = []
        self.last: Answered | NeedsHuman | None = None
        self.conversation = Conversation(
            ConversationId("k"),
            ClientId(self.bot.pack.profile.id),
            ChannelId("web"),
            channel,
            ThreadId("t"),
            CustomerId("c"),
            "Ada",
            NOON,
            NOON,
        )

    async def says(
        self, text: str, kind: ContentKind = ContentKind.TEXT, payload: str = "", key: str = ""
    ) -> list[str]:
        """The names of the responses that came back (the text, where there is no name)."""
        decision = await self.decide(text, kind, payload, key)
        return [s.name or s.reply.text for s in decision.said]

    async def decide(
        self, text: str, kind: ContentKind = ContentKind.TEXT, payload: str = "", key: str = ""
    ) -> Decision:
        turn = self.turn(text, kind, payload, key)
        understanding = (await self.bot.understand([turn]))[0]
        if understanding.language:
            self.conversation = replace(self.conversation, language=understanding.language)
        decision = await self.bot.decide(replace(turn, conversation=self.conversation), understanding)
        self._keep(decision)
        return decision

    def turn(self, text: str, kind: ContentKind = ContentKind.TEXT, payload: str = "", key: str = "") -> Turn:
        self.count += 1
        self.now += timedelta(seconds=10)
        inbound = Inbound(
            key or f"m{self.count}",
            self.conversation.client,
            self.conversation.channel,
            self.channel,
            "t",
            self.count,
            kind,
            Sender("c"),
            self.now,
            self.now,
            text,
            payload,
        )
        language = self.conversation.language or None
        return Turn(self.conversation, inbound, self.customer, language, inbound.key, self.now)

    def _keep(self, decision: Decision) -> None:
        self.last = decision.resolution
        self.facts += [(fact.kind, fact.data) for fact in self.last.facts]
        completed = self.conversation.completed
        if isinstance(self.last, Answered) and self.last.completed is not None:
            completed = self.last.completed
        self.conversation = replace(
            self.conversation, tracker=self.last.tracker, completed=completed, topic=self.last.topic
        )

    @property
    def texts(self) -> list[str]:
        assert self.last is not None
        return [reply.text for reply in self.last.replies]

    @property
    def buttons(self) -> list[tuple[str, str]]:
        assert self.last is not None
        return [(b.title, b.payload) for reply in self.last.replies for b in reply.buttons]

    @property
    def reason(self) -> str:
        return self.last.reason if isinstance(self.last, NeedsHuman) else "no handoff"

    def kinds(self) -> list[EventKind]:
        return [kind for kind, _ in self.facts]


def shop_bot(actions: FakeActions, **changed: str) -> Bot:
    """The small shop's bot on the keyword engine."""
    return Bot(load_pack(texts(**changed)), KeywordEngine(KEYWORDS), actions)
