"""Plays a conversation with the real bot, and notes at every message what was asked, said, called and agreed to."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from conversation.conversation import Conversation, Customer
from conversation.events import EventKind
from conversation.ids import ChannelId, ConversationId, CustomerId, ThreadId
from conversation.message import ChannelKind, ContentKind, Inbound, Sender
from conversation.resolution import Answered, NeedsHuman, Turn
from conversation.understanding import Understanding
from nlu.bot import Bot
from nlu.dialogue.answers import WRITING
from nlu.dialogue.questions import Kind, open_question
from nlu.dialogue.state import Tracker
from nlu.dialogue.writes import is_write
from nlu.domain import LANGUAGE_SLOT
from nlu.flows import WORK_ORDER
from nlu.payload import parse_payload
from nlu.variations.canonical import canonical, canonical_all
from nlu.variations.lines import Does, Line
from nlu.variations.recorded import Answers, Called
from nlu.variations.wording import says_yes

PAUSE = timedelta(seconds=20)
_UNDERNEATH = frozenset({"person", "change_what"})
"""Own questions under which that of the flow stays open: an answer to it counts."""


@dataclass(frozen=True, slots=True)
class Write:
    """Something the bot wrote. `agreed`: the customer had said yes to a question that showed just these values."""

    action: str
    sent: tuple[tuple[str, str], ...]
    key: str
    agreed: bool


@dataclass(frozen=True, slots=True)
class Moment:
    """One message and what came of it. `before` and `after` name the open question; `state` is a hash of where the
    flows stand and what is known; `has_tried`: something was written, or tried, or agreed to;
    `sources` tells which values the customer gave; `open_flows` were running before it, `completed` ended well by it.
    """

    line: Line
    before: str
    after: str
    said: tuple[str, ...]
    texts: tuple[str, ...]
    changed: tuple[tuple[str, Any], ...]
    writes: tuple[Write, ...]
    reads: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    understood: Understanding
    handed: NeedsHuman | None
    has_tried: bool
    sources: Mapping[str, str]
    state: str
    open_flows: frozenset[str] = frozenset()
    completed: tuple[str, ...] = ()


@dataclass
class Play:
    """A conversation under way. `now` moves on with every message."""

    bot: Bot
    answers: Answers
    now: datetime
    moments: list[Moment] = field(default_factory=list)
    agreed: list[tuple[list[str], Mapping[str, Any]]] = field(default_factory=list)
    language: str | None = None
    handed: NeedsHuman | None = None
    conversation: Conversation = field(init=False)

    def __post_init__(self) -> None:
        pack, case = self.bot.pack, self.answers.case
        slots = {**pack.domain.initial_slots(), **case.slots}
        self.conversation = Conversation(
            id=ConversationId("test"),
            client=pack.profile.id,
            channel=ChannelId("test"),
            channel_kind=ChannelKind.WEBCHAT,
            thread=ThreadId("test"),
            customer=CustomerId("test"),
            customer_name="",
            opened_at=self.now,
            updated_at=self.now,
            tracker={"slots": slots} if case.slots else {},
        )

    @property
    def tracker(self) -> Mapping[str, Any]:
        """What the bot remembers, as plain JSON."""
        return self.conversation.tracker

    @property
    def question(self) -> str:
        """The open question; that of the flow, where the bot's own one leaves it open."""
        return self.moments[-1].after if self.moments else asked(self.bot, self.tracker)

    async def say(self, line: Line) -> Moment:
        """The customer says it, and the bot answers."""
        tracker, before, done = self.tracker, self.question, len(self.answers.calls)
        self._agree(line, tracker)
        turn = self._turn(line)
        understood = (await self.bot.understand([turn]))[0]
        self.language = understood.language or self.language
        self.conversation = replace(self.conversation, language=self.language or "")
        turn = replace(turn, conversation=self.conversation)
        decision = await self.bot.decide(turn, understood)
        if line.twice:
            decision = await self.bot.decide(turn, understood)
        resolution = decision.resolution
        completed = self.conversation.completed
        if isinstance(resolution, Answered):
            completed = completed if resolution.completed is None else resolution.completed
        else:
            self.handed = resolution
        self.conversation = replace(self.conversation, tracker=resolution.tracker, completed=completed)
        calls = self.answers.calls[done:]
        orders = [fact.data["fields"] for fact in resolution.facts if fact.kind is EventKind.WORK_ORDER]
        watch = before == "own:watch"
        moment = Moment(
            line=line,
            before=before,
            after=asked(self.bot, self.tracker),
            said=tuple(one.name for one in decision.said),
            texts=tuple(one.reply.text for one in decision.said),
            changed=tuple(decision.changed),
            writes=(*self._written(calls), *(() if watch else self._ordered(orders, turn.key))),
            reads=tuple((c.action, canonical_all(c.sent)) for c in calls if not self._writes(c)),
            understood=understood,
            handed=self.handed,
            has_tried=bool(orders) or any(map(self._writes, calls)) or _is_given(resolution.tracker),
            sources=dict(resolution.tracker.get("sources", {})),
            state=_state(resolution.tracker),
            open_flows=frozenset(frame["flow"] for frame in tracker.get("stack", ())),
            completed=tuple(str(f.data["flow"]) for f in resolution.facts if f.kind is EventKind.FLOW_COMPLETED),
        )
        self.moments.append(moment)
        return moment

    def _agree(self, line: Line, tracker: Mapping[str, Any]) -> None:
        consent = tracker.get("consent")
        own = tracker.get("expects", "")
        agrees = line.does is Does.AGREES or (line.origin >= 0 and says_yes(line.text))
        if agrees and consent and not consent["given"] and own in ("", *WRITING):
            self.agreed.append((consent["actions"], consent["shown"]))

    def _writes(self, call: Called) -> bool:
        return is_write(self.bot.pack, call.action)

    def _written(self, calls: Sequence[Called]) -> list[Write]:
        return [
            Write(c.action, canonical_all(c.sent), c.key, self._is_agreed(c.action, c.sent))
            for c in calls
            if self._writes(c) and c.ok
        ]

    def _ordered(self, orders: Sequence[Mapping[str, Any]], key: str) -> list[Write]:
        plain = [{name: value for name, value in one.items() if not isinstance(value, bool)} for one in orders]
        return [Write(WORK_ORDER, canonical_all(one), key, self._is_agreed(WORK_ORDER, one)) for one in plain]

    def _is_agreed(self, action: str, sent: Mapping[str, Any]) -> bool:
        if self._needs_no_consent(action):
            return True
        values = {name: canonical(value) for name, value in sent.items() if not isinstance(value, bool)}
        return any(
            action in actions and all(canonical(shown.get(name)) == value for name, value in values.items())
            for actions, shown in self.agreed
        )

    def _needs_no_consent(self, action: str) -> bool:
        """Whether every flow that runs the action says `confirm: never`."""
        flows = [
            f for f in self.bot.pack.flows.values() for s in f.steps.values() if getattr(s.do, "action", "") == action
        ]
        return bool(flows) and all(not flow.rules.confirm for flow in flows)

    def _turn(self, line: Line) -> Turn:
        self.now += PAUSE
        kind, text, payload = _press(line.text, self.bot)
        inbound = Inbound(
            key=f"{self.answers.case.node.file}:{self.answers.case.node.line}:{len(self.moments)}",
            client=self.conversation.client,
            channel=self.conversation.channel,
            channel_kind=ChannelKind.WEBCHAT,
            thread_ref="test",
            order=len(self.moments),
            kind=kind,
            sender=Sender("test"),
            sent_at=self.now,
            received_at=self.now,
            text=text,
            payload=payload,
        )
        customer = Customer(CustomerId("test"), self.conversation.client, "test")
        return Turn(self.conversation, inbound, customer, self.language, inbound.key, self.now)


def asked(bot: Bot, tracker: Mapping[str, Any]) -> str:
    """The name of the open question: `collect:<slot>`, `consent` (to taking back and changing, too), `own:<name>`."""
    if not tracker:
        return ""
    loaded = Tracker.load(tracker)
    if loaded.expects in WRITING:
        return "consent"
    if loaded.expects in _UNDERNEATH:
        loaded.expects = ""
    question = open_question(bot.pack, loaded)
    if question is None:
        return ""
    if question.kind is Kind.OWN:
        return f"own:{question.expects}"
    return (
        "consent" if question.kind is Kind.CONSENT else f"collect:{question.collect.slot if question.collect else ''}"
    )


def _is_given(tracker: Mapping[str, Any]) -> bool:
    return bool((tracker.get("consent") or {}).get("given"))


def _state(tracker: Mapping[str, Any]) -> str:
    """Where the flows stand and what is known, without counters."""
    frames = [(frame["flow"], frame["step"]) for frame in tracker.get("stack", ())]
    slots = {name: value for name, value in tracker.get("slots", {}).items() if name != LANGUAGE_SLOT}
    consent = (tracker.get("consent") or {}).get("id", "")
    plain = [frames, slots, tracker.get("parts", {}), tracker.get("expects", ""), consent, len(tracker.get("done", ()))]
    return sha256(json.dumps(plain, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _press(text: str, bot: Bot) -> tuple[ContentKind, str, str]:
    """`/…` is a pressed button, or a command if it names no intent, as in the tests of packs."""
    payload = parse_payload(text) if text.startswith("/") else None
    if payload is None:
        return ContentKind.TEXT, text, ""
    if payload.intent in {*bot.pack.domain.intents, "human", "nlu_fallback", ""}:
        return ContentKind.BUTTON, text, text
    name, _, argument = text.lstrip("/").partition(" ")
    return ContentKind.COMMAND, name, argument
