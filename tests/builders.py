"""Small builders the rooms' tests share: an inbound message, a scripted bot, a planner, a clock that stands."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from conversation.conversation import Conversation, HandoffReason, Priority
from conversation.ids import ChannelId, ClientId, QueueId
from conversation.message import Attachment, ChannelKind, ContentKind, Inbound, Reply, Sender
from conversation.resolution import Answered, HandoffPlan, NeedsHuman, Resolution, Turn
from conversation.understanding import RankedIntent, Understanding

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def inbound(
    text: str = "hello",
    *,
    key: str | None = None,
    thread: str = "chat-1",
    order: int = 1,
    kind: ContentKind = ContentKind.TEXT,
    client: str = "alpenrad",
    channel: str = "alpenrad-web",
    channel_kind: ChannelKind = ChannelKind.WEBCHAT,
    at: datetime = NOON,
    sent_at: datetime | None = None,
    name: str = "Lena",
    payload: str = "",
    edits: str | None = None,
    attachments: tuple[Attachment, ...] = (),
) -> Inbound:
    return Inbound(
        key=key or f"{thread}:{order}:{kind}",
        client=ClientId(client),
        channel=ChannelId(channel),
        channel_kind=channel_kind,
        thread_ref=thread,
        order=order,
        kind=kind,
        sender=Sender(thread, name),
        sent_at=sent_at or at,
        received_at=at,
        text=text,
        payload=payload,
        platform_message_id=f"{thread}:{order}",
        edits=edits,
        attachments=attachments,
    )


@dataclass
class ScriptedBots:
    """A bot of rules: text → resolution. Unknown texts are answered with an echo; `human` hands off; thanks is a
    courtesy; `boom` raises, which is what a poisonous message does.
    """

    answers: dict[str, Callable[[Turn], Resolution]] = field(default_factory=dict)
    batches: list[int] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)

    async def understand(self, turns: Sequence[Turn]) -> list[Understanding]:
        self.batches.append(len(turns))
        return [self._understand(turn.inbound.text) for turn in turns]

    async def respond(self, turn: Turn, understanding: Understanding) -> Resolution:
        text = turn.inbound.text
        self.seen.append(text)
        if text in self.answers:
            return self.answers[text](turn)
        if "boom" in text:
            raise RuntimeError("this message breaks the bot")
        if "human" in text:
            return NeedsHuman(HandoffReason.ASKED, turn.conversation.tracker, topic="human")
        if "done" in text:
            return Answered((Reply("Done."),), turn.conversation.tracker, completed=True)
        if "bye" in text:
            return Answered((Reply("Bye."),), turn.conversation.tracker, close=True)
        return Answered((Reply(f"You said: {text}"),), turn.conversation.tracker, completed=False)

    def say(self, turn: Turn, response: str, variables: dict[str, Any]) -> tuple[Reply, ...]:
        return (Reply(f"{response} {variables}"),)

    @staticmethod
    def _understand(text: str) -> Understanding:
        language = "de" if "ich" in text.split() else "en"
        courtesy = text in {"thanks", "bye"}
        return Understanding(text, language, RankedIntent("any", 0.9), answerable=True, courtesy=courtesy)


class OneQueue:
    """A planner with one queue and nothing to promise."""

    async def plan(self, conversation: Conversation, need: NeedsHuman, now: datetime) -> HandoffPlan:
        return HandoffPlan(
            need.queue or QueueId("general"),
            need.priority or Priority.NORMAL,
            "utter_handoff_in_hours",
            {"wait_minutes": 3},
        )


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)
