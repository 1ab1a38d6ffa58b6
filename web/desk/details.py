"""What stands beside a conversation: what the bot understood, the promises, the people it may go to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conversation.events import Event, EventKind
from handoff.macro import Macro
from handoff.views import ClientView, ConversationView
from web.formats import Formats

INTERNAL = frozenset({"language", "requested_slot"})
"""Slots that steer the bot and tell an agent nothing new."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the bot saw: its best guesses with confidence, the slots it filled, and why it gave up."""

    guesses: Sequence[tuple[str, float]]
    slots: Sequence[tuple[str, str]]
    reason: str
    engine: str


@dataclass(frozen=True, slots=True)
class PreparedText:
    """A macro, ready to be put into the composer."""

    key: str
    title: str
    text: str
    holding: bool


def seen(view: ConversationView, client: ClientView | None, f: Formats) -> Seen:
    """From the newest handoff, and the newest understanding that began what it is about: the words that fill a slot
    ("for a flat, by Friday") are understood too, but as an intent they mean nothing.
    """
    understood = _about(view) or _newest(view.events, EventKind.UNDERSTOOD)
    handoff = _newest(view.events, EventKind.HANDOFF_REQUESTED)
    reason = str(handoff.get("reason") or view.conversation.handoff_reason or "")
    slots = handoff.get("slots") or view.conversation.tracker.get("slots") or {}
    ranking = understood.get("ranking") or ([[understood["intent"], understood["confidence"]]] if understood else [])
    return Seen(
        guesses=[(topic(str(name), client, f.words.language), float(share)) for name, share in ranking[:3]],
        slots=[
            (f.words.maybe(f"details.slot.{name}", readable(name)), _lines(value))
            for name, value in slots.items()
            if name not in INTERNAL and value not in (None, "", [])
        ],
        reason=f.words.maybe(f"reason.{reason}", readable(reason)),
        engine=str(understood.get("engine", "")),
    )


def _about(view: ConversationView) -> Mapping[str, Any]:
    wanted = view.conversation.topic
    found = (e.data for e in reversed(view.events) if e.kind is EventKind.UNDERSTOOD)
    return next((data for data in found if wanted and data.get("intent") == wanted), {})


def topic(name: str, client: ClientView | None, language: str) -> str:
    """A topic or intent in the reader's language, from the client's pack if it says."""
    labels = client.topics.get(name, {}) if client else {}
    return labels.get(language) or next(iter(labels.values()), "") or readable(name)


def queue_name(name: str | None, client: ClientView | None, language: str) -> str:
    """A queue in the reader's language."""
    labels: Mapping[str, str] = {}
    if client and name:
        labels = next((v for k, v in client.queues.items() if k == name), {})
    return labels.get(language) or next(iter(labels.values()), "") or readable(name or "")


def tone(client: ClientView | None, language: str) -> str:
    """How this client wants to sound in the customer's language."""
    if client is None:
        return ""
    return client.tone.get(language) or next(iter(client.tone.values()), "")


def macros(found: Sequence[Macro], client: str, language: str, values: Mapping[str, str]) -> list[PreparedText]:
    """The client's prepared texts in the customer's language, filled; those without a language fit all."""
    fitting = [m for m in found if m.client == client and m.language in ("", language)]
    return [PreparedText(m.key, m.title, m.filled(values), m.holding) for m in fitting]


def _lines(value: Any) -> str:
    """A slot's value; of several values each has a line."""
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value)


def readable(name: str) -> str:
    """`order_status` → `order status`: for names nobody has given words."""
    return name.replace("_", " ").replace("/", " · ").strip()


def _newest(events: Sequence[Event], kind: EventKind) -> Mapping[str, Any]:
    return next((event.data for event in reversed(events) if event.kind is kind), {})
