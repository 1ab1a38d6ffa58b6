"""The rows that a made-up conversation leaves in the database."""

from bench.sla_parts.history import CLIENT
from conversation.events import EventKind
from sla.verify import alert_kind
from storage.schema import (
    conversations,
    customers,
    events,
    messages,
    sla_alerts,
    sla_clocks,
    sla_episodes,
    threads,
)
from storage.sla_rows import clock_row
from storage.values import event_row

_SAID = {
    EventKind.CUSTOMER_MESSAGE: ("customer", "u", "Customer", "Where is my order?"),
    EventKind.BOT_REPLIED: ("bot", "bot", "Bot", "It is on its way."),
    EventKind.AGENT_REPLIED: ("agent", "", "Agent", "Here you are."),
}


def rows_of(made, episode):
    """Each row with its table, parents first."""
    first = made[0]
    yield (
        customers,
        {
            "id": f"u{first.thread}",
            "client": CLIENT,
            "channel": "web",
            "reference": first.thread,
            "name": "Customer",
            "created_at": first.at,
        },
    )
    yield (
        threads,
        {
            "id": first.thread,
            "client": CLIENT,
            "channel": "web",
            "channel_kind": "webchat",
            "ref": first.thread,
            "customer": f"u{first.thread}",
            "created_at": first.at,
        },
    )
    yield conversations, conversation(made)
    for event in made:
        yield events, event_row(event)
        if event.kind in _SAID:
            yield messages, message(event)
    if episode is None:
        return
    yield sla_episodes, {"conversation": first.conversation, "client": CLIENT, "data": episode.to_row()}
    clocks = {clock.id: clock for clock in episode.clocks}
    for clock in clocks.values():
        yield sla_clocks, clock_row(clock)
    for event in made:
        if event.kind in (EventKind.SLA_WARNING, EventKind.SLA_BREACH):
            yield sla_alerts, alert(event, clocks[event.data["clock"]])


def conversation(made):
    last = made[-1]
    ended = next((e for e in reversed(made) if e.kind is EventKind.RESOLVED), None)
    claim = next((e for e in made if e.kind is EventKind.ASSIGNED), None)
    handed = next((e for e in made if e.kind is EventKind.HANDOFF_REQUESTED), None)
    by_bot = ended is not None and ended.data["by"] == "bot"
    return {
        "id": last.conversation,
        "client": CLIENT,
        "channel": "web",
        "channel_kind": "webchat",
        "thread": last.thread,
        "customer": f"u{last.thread}",
        "customer_name": "Customer",
        "opened_at": made[0].at,
        "updated_at": last.at,
        "state": "resolved" if ended else "queued",
        "version": 5,
        "priority": "normal",
        "language": "de",
        "topic": f"topic_{len(made) * 7 % 12}",
        "queue": handed.data["queue"] if handed else None,
        "handoff_reason": handed.data.get("reason") if handed else None,
        "handed_off_at": handed.at if handed else None,
        "queued_at": handed.at if handed else None,
        "waiting_since": handed.at if handed and not ended else None,
        "assigned_at": claim.at if claim else None,
        "last_agent": claim.data["agent"] if claim else None,
        "completed": by_bot,
        "resolved_at": ended.at if ended else None,
        "resolved_by": ended.data["by"] if ended else None,
        "seq": len(made),
        "tracker": {},
    }


def message(event):
    kind, id_, name, words = _SAID[event.kind]
    return {
        "id": event.data.get("message_id") or f"{event.id}-m",
        "client": CLIENT,
        "channel": "web",
        "thread": event.thread,
        "conversation": event.conversation,
        "author_kind": kind,
        "author_id": id_ or "agent",
        "author_name": name,
        "created_at": event.at,
        "text": words,
        "kind": "text",
        "visibility": "public",
        "state": "delivered",
        "sent_at": event.at,
        "delivered_at": None if kind == "customer" else event.at,
    }


def alert(event, clock):
    return {
        "id": f"{event.id}-a",
        "client": CLIENT,
        "clock": clock.id,
        "conversation": event.conversation,
        "kind": alert_kind(int(event.data.get("percent", 100))),
        "due_at": clock.due_at,
        "fired_at": event.at,
        "data": dict(event.data),
    }
