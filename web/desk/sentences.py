"""Events of a conversation in one sentence each, for those that say something to a person."""

from collections.abc import Callable, Mapping
from datetime import datetime

from conversation.events import Event, EventKind
from web.formats import Formats

Teller = Callable[[Event, Formats], str]


def sentence(event: Event, f: Formats) -> str:
    """The fact in words; empty for events that are plumbing or say nothing by themselves."""
    teller = _TELLERS.get(event.kind)
    return teller(event, f) if teller else ""


def _plain(event: Event, f: Formats) -> str:
    return f.words(f"fact.{event.kind}")


def _handed_off(event: Event, f: Formats) -> str:
    reason = str(event.data.get("reason"))
    return f.words("fact.handoff", reason=f.words.maybe(f"reason.{reason}", reason))


def _assigned(event: Event, f: Formats) -> str:
    return f.words("fact.assigned", who=event.data.get("name") or _who(event, f))


def _transferred(event: Event, f: Formats) -> str:
    """To a colleague says nothing here: the assignment that follows does."""
    queue = event.data.get("to_queue")
    return f.words("fact.transferred", who=_who(event, f), to=queue) if queue else ""


def _priority(event: Event, f: Formats) -> str:
    to = str(event.data.get("to"))
    return f.words("fact.priority", to=f.words.maybe(f"priority.{to}", to))


def _snoozed(event: Event, f: Formats) -> str:
    return f.words("fact.snoozed", until=f.moment(datetime.fromisoformat(str(event.data["until"]))))


def _resolved(event: Event, f: Formats) -> str:
    how = str(event.data.get("disposition") or "")
    by = f.words(f"fact.resolved.{event.data.get('by', 'agent')}", who=_who(event, f))
    return f"{by} · {f.words.maybe(f'disposition.{how}', how)}" if how else by


def _took_over(event: Event, f: Formats) -> str:
    return f.words("fact.took_over", who=_who(event, f))


def _breach(event: Event, f: Formats) -> str:
    kind = event.data.get("clock_kind") or event.data.get("clock", "")
    return f.words("fact.breach", clock=f.words.maybe(f"clock.name.{kind}", f.words("clock.name.any")))


def _action(event: Event, f: Formats) -> str:
    state = "ok" if event.data.get("ok") else "failed"
    return f.words(f"fact.action.{state}", action=str(event.data.get("action", "")).replace("_", " "))


def _flow(event: Event, f: Formats) -> str:
    return f.words("fact.flow", flow=str(event.data.get("flow", "")).replace("_", " "))


def _csat(event: Event, f: Formats) -> str:
    return f.words("fact.csat", score=event.data.get("score", ""))


def _who(event: Event, f: Formats) -> str:
    return event.actor.name or str(event.data.get("name") or f.words("author.agent"))


_TELLERS: Mapping[EventKind, Teller] = {
    EventKind.HANDOFF_REQUESTED: _handed_off,
    EventKind.ASSIGNED: _assigned,
    EventKind.RELEASED: _plain,
    EventKind.TRANSFERRED: _transferred,
    EventKind.RETURNED_TO_BOT: _plain,
    EventKind.PRIORITY_CHANGED: _priority,
    EventKind.SNOOZED: _snoozed,
    EventKind.UNSNOOZED: _plain,
    EventKind.RESOLVED: _resolved,
    EventKind.TOOK_OVER: _took_over,
    EventKind.REOPENED: _plain,
    EventKind.SLA_BREACH: _breach,
    EventKind.ACTION_CALLED: _action,
    EventKind.FLOW_COMPLETED: _flow,
    EventKind.CUSTOMER_BLOCKED: _plain,
    EventKind.MAYBE_DOUBLED: _plain,
    EventKind.CSAT: _csat,
}
