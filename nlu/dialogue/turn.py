"""One turn while it is being decided: what was asked, what has been said and noted so far."""

import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from conversation.conversation import HandoffReason, Priority
from conversation.events import EventKind
from conversation.message import Button, Reply
from conversation.resolution import Answered, Fact, NeedsHuman, Turn
from conversation.understanding import Understanding
from nlu.dialogue.lexicon import Lexicon
from nlu.dialogue.state import Tracker
from nlu.dialogue.values.candidates import Filled
from nlu.dialogue.values.formats import all_formatted
from nlu.domain import LANGUAGE_SLOT
from nlu.pack import Pack
from nlu.responses import Setting, with_buttons


@dataclass(frozen=True, slots=True)
class Said:
    """A reply and the name of the response it came from (empty for an action server's own text)."""

    name: str
    reply: Reply


@dataclass(frozen=True, slots=True)
class Decision:
    """What the turn comes to; the names of the responses and each slot that changed, which tests of packs ask for."""

    resolution: Answered | NeedsHuman
    said: tuple[Said, ...]
    changed: tuple[tuple[str, Any], ...]


@dataclass
class TurnContext:
    """Gathers a turn's replies and facts. `text` is the customer's text without leading slashes; `assigned`: what a
    text gave some slots, and `taking_back`: whether a process takes something back, as far as it was looked up;
    `missed`: the message came to nothing.
    """

    pack: Pack
    turn: Turn
    understanding: Understanding
    tracker: Tracker
    lexicon: Lexicon
    text: str
    language: str
    said: list[Said] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    changed: list[tuple[str, Any]] = field(default_factory=list)
    work_order: tuple[HandoffReason, datetime | None] | None = None
    ordered: dict[str, Any] = field(default_factory=dict)
    assigned: dict[tuple[Any, ...], tuple[Understanding, list[Filled]]] = field(default_factory=dict)
    taking_back: dict[str, bool] = field(default_factory=dict)
    missed: bool = False

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """The language of the turn, then the client's others."""
        return tuple(dict.fromkeys((self.language, *self.pack.profile.languages)))

    @cached_property
    def today(self) -> date:
        return self.turn.now.astimezone(ZoneInfo(self.pack.profile.timezone)).date()

    def setting(self, more: Mapping[str, Any] | None = None, seed: int | None = None) -> Setting:
        """Where and to whom something is said; `seed` chooses among variants (default: by the message)."""
        pack, turn = self.pack, self.turn
        values = {
            "bot_name": pack.profile.bot.name,
            "client_name": pack.profile.name,
            "customer_name": turn.customer.name or turn.inbound.sender.name or None,
            **all_formatted(self.tracker.slots, self.pack, self.language),
            LANGUAGE_SLOT: self.language,
            **(more or {}),
        }
        chosen = zlib.crc32(turn.key.encode()) if seed is None else seed
        channel = str(turn.inbound.channel_kind)
        return Setting(self.language, channel, values, chosen, pack.profile.timezone, self.today)

    def say(self, name: str, *, buttons: tuple[Button, ...] = (), seed: int | None = None, **variables: Any) -> None:
        """Says a response; its buttons are offered from now on. Raises LookupError for one that nobody wrote."""
        reply = self.pack.responses.render(name, self.setting(variables, seed))
        if reply is None:
            raise LookupError(f"pack {self.pack.profile.id}: no response {name!r}; `validate` would have said so")
        self.speak(name, with_buttons(reply, buttons))

    def ask(self, name: str, again: int, *, buttons: tuple[Button, ...] = (), **variables: Any) -> None:
        """Puts a question, `again` times after the first in other words; one that has no others is said to come again.
        Raises LookupError as `say` does.
        """
        before = self.pack.responses.render(name, self.setting(variables, again - 1)) if again else None
        now = self.pack.responses.render(name, self.setting(variables, again))
        if before is None or now is None or before.text != now.text:
            self.say(name, buttons=buttons, seed=again, **variables)
            return
        text = f"{self.title('utter_once_more')}\n{now.text}"
        self.speak(name, with_buttons(replace(now, text=text), buttons))

    def speak(self, name: str, reply: Reply) -> None:
        """Says a reply that is made already."""
        for button in reply.buttons:
            if button.payload:
                self.tracker.offer(button.title, button.payload)
        self.said.append(Said(name, reply))

    def title(self, name: str) -> str:
        """The text of a response as a label, empty if there is none."""
        return self.pack.responses.title(name, self.setting()) or ""

    def note(self, kind: EventKind, **data: Any) -> None:
        self.facts.append(Fact(kind, data))

    def set_slot(self, name: str, value: Any, source: str = "stated") -> None:
        """Sets or (None) empties a slot. `source`: stated, button, action, flow, default, or restored for what a flow
        gets back that was interrupted.
        """
        self.changed.append((name, value))
        if value is None:
            self.tracker.slots.pop(name, None)
            self.tracker.sources.pop(name, None)
        else:
            self.tracker.slots[name] = value
            self.tracker.sources[name] = source
            if source == "stated" and not isinstance(value, bool):
                self.tracker.state(name, value)

    def miss(self, weight: int = 1) -> int:
        """Notes that the message came to nothing (0: nor to more trouble than before). Returns how much trouble there
        was before it. A message that comes to something ends the trouble.
        """
        before = self.tracker.trouble
        if not self.missed:
            self.tracker.trouble += weight
        self.missed = True
        return before

    def key(self, frame: int, step: str, attempt: int) -> str:
        """The idempotency key of one try of a step: the same however often it is taken up again, and of no other."""
        parts = (self.turn.conversation.client, self.turn.conversation.id, self.turn.key, frame, step, attempt)
        return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:40]

    def known_facts(self) -> dict[str, Any]:
        """The slots that a person should see."""
        initial = self.pack.domain.initial_slots()
        known = self.tracker.slots.items()
        return {k: v for k, v in known if v is not None and k != LANGUAGE_SLOT and initial.get(k) != v}

    def answered(self, *, completed: bool | None = None, close: bool = False) -> Answered:
        """The bot has answered. A conversation whose last word was a problem is not completed, whatever ended."""
        if completed and self.tracker.problem:
            completed = False
        if not self.missed:
            self.tracker.trouble = 0
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

    def _written_before(self, slots: Mapping[str, Any]) -> list[str]:
        """What was said for earlier writes of the conversation and is not among `slots`, one line a write."""
        lines: list[str] = []
        for one in (written for written in self.tracker.done if not written.undone):
            told = {name: one.slots.get(name) for name in one.slots.get("_collected", ())}
            told = {name: value for name, value in told.items() if value is not None}
            if any(value != slots.get(name) for name, value in told.items()):
                name = self.title(f"utter_title_{one.intent}") or one.intent or one.flow
                lines.append(f"{name}: {', '.join(map(str, told.values()))}")
        return lines

    def needs_human(
        self, reason: HandoffReason, *, priority: Priority | None = None, since: datetime | None = None
    ) -> NeedsHuman:
        """A person takes over; what the bot had open is dropped. Everything the customer said goes along, also for what
        is done already or was not begun.
        """
        matters = [f"{one.intent}: {one.text}" if one.text else one.intent for one in self.tracker.matters]
        parked = {name: value for name, (value, _) in self.tracker.parked.items()}
        waiting = {name: value for one in self.tracker.matters for name, value in one.slots.items()}
        slots = {**waiting, **self.tracker.stated, **self.ordered, **self.known_facts(), **parked}
        if matters:
            slots["further_matters"] = matters
        if written := self._written_before(slots):
            slots["done_before"] = written
        if self.tracker.noted:
            slots["in_own_words"] = list(self.tracker.noted)
        self.tracker.stack.clear()
        self.tracker.matters.clear()
        self.tracker.consent = None
        self.tracker.understood()
        self.tracker.trouble = 0
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
