"""One turn while it is being decided: what was asked, what has been said and noted so far."""

import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from conversation.conversation import HandoffReason, Priority
from conversation.events import EventKind
from conversation.message import Button, Reply
from conversation.resolution import Answered, Fact, NeedsHuman, Resolution, Turn
from conversation.understanding import Understanding
from nlu.domain import LANGUAGE_SLOT
from nlu.pack import Pack
from nlu.responses import Setting, with_buttons
from nlu.tracker import Tracker


@dataclass(frozen=True, slots=True)
class Said:
    """A reply and the name of the response it came from (empty for an action server's own text)."""

    name: str
    reply: Reply


@dataclass(frozen=True, slots=True)
class Decision:
    """What the turn comes to; the names of the responses and each slot that changed, which tests of packs ask for."""

    resolution: Resolution
    said: tuple[Said, ...]
    changed: tuple[tuple[str, Any], ...]


@dataclass
class Talk:
    """Gathers a turn's replies and facts. `text` is the customer's text without leading slashes."""

    pack: Pack
    turn: Turn
    understanding: Understanding
    tracker: Tracker
    text: str
    language: str
    said: list[Said] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    work_order: tuple[HandoffReason, datetime | None] | None = None
    ordered: dict[str, Any] = field(default_factory=dict)
    changed: list[tuple[str, Any]] = field(default_factory=list)
    calls: int = 0

    def setting(self, more: Mapping[str, Any] | None = None) -> Setting:
        pack, turn = self.pack, self.turn
        values = {
            "bot_name": pack.profile.bot.name,
            "client_name": pack.profile.name,
            "customer_name": turn.customer.name or turn.inbound.sender.name or None,
            **self.tracker.slots,
            LANGUAGE_SLOT: self.language,
            **(more or {}),
        }
        seed = zlib.crc32(turn.key.encode())
        zone = pack.profile.timezone
        today = turn.now.astimezone(ZoneInfo(zone)).date()
        return Setting(self.language, str(turn.inbound.channel_kind), values, seed, zone, today)

    def say(self, name: str, *, buttons: tuple[Button, ...] = (), **variables: Any) -> None:
        """Says a response; its buttons are offered from now on."""
        reply = self.pack.responses.render(name, self.setting(variables))
        if reply is None:
            raise LookupError(f"pack {self.pack.profile.id}: no response {name!r}; `validate` would have said so")
        self.speak(name, with_buttons(reply, buttons))

    def speak(self, name: str, reply: Reply) -> None:
        for button in reply.buttons:
            if button.payload:
                self.tracker.offer(button.title, button.payload)
        self.said.append(Said(name, reply))

    def note(self, kind: EventKind, **data: Any) -> None:
        self.facts.append(Fact(kind, data))

    def set_slot(self, name: str, value: Any) -> None:
        self.changed.append((name, value))
        if value is None:
            self.tracker.slots.pop(name, None)
        else:
            self.tracker.slots[name] = value

    def key(self, step: str) -> str:
        """An idempotency key for the next call made in this turn, derived from the message and the step."""
        self.calls += 1
        seed = f"{self.turn.conversation.client}\n{self.turn.key}\n{step}\n{self.calls}"
        return hashlib.sha256(seed.encode()).hexdigest()[:40]

    def facts_known(self) -> dict[str, Any]:
        """The slots that a person should see."""
        initial = self.pack.domain.initial_slots()
        known = self.tracker.slots.items()
        return {k: v for k, v in known if v is not None and k != LANGUAGE_SLOT and initial.get(k) != v}

    def answered(self, *, completed: bool | None = None, close: bool = False) -> Answered:
        if completed:
            self.tracker.turns = 0
        return Answered(
            replies=tuple(s.reply for s in self.said),
            tracker=self.tracker.dump(),
            facts=tuple(self.facts),
            completed=completed,
            close=close,
            topic=self.tracker.topic,
        )

    def needs_human(
        self, reason: HandoffReason, *, priority: Priority | None = None, since: datetime | None = None
    ) -> NeedsHuman:
        """A person takes over; what the bot had open is dropped, what it knows goes along."""
        slots = {**self.ordered, **self.facts_known()}
        self.tracker.stack.clear()
        self.tracker.forget_doubts()
        return NeedsHuman(
            reason=reason,
            tracker=self.tracker.dump(),
            replies=tuple(s.reply for s in self.said),
            facts=tuple(self.facts),
            topic=self.tracker.topic,
            priority=priority,
            slots=slots,
            since=since,
        )
