"""Conversations written as they would be told, with the events the core records for them."""

import json
from datetime import UTC, datetime, timedelta

from conversation.events import Event, EventKind
from conversation.ids import ChannelId, ClientId, ConversationId, EventId, ThreadId
from conversation.message import AuthorKind
from conversation.packfile import Node, Problems
from sla.clock import advance
from sla.episode import Episode
from sla.pack import parse_policy
from sla.projection import begin, project, replay

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # 10:00 in Berlin

SLA = {
    "warnings": [50, 80],
    "objective": 95,
    "targets": [
        {"when": {"priority": "urgent"}, "first_response": "5m", "next_response": "10m", "resolution": "4h"},
        {"first_response": "15m", "next_response": "30m", "resolution": "1d"},
    ],
}
CALENDAR = {"timezone": "Europe/Berlin", "hours": "mon-fri 08:00-18:00; sat 09:00-13:00"}


def policy(calendar=None, **sla):
    problems = Problems()
    parsed = parse_policy(Node.of({"calendar": CALENDAR | (calendar or {}), "sla": SLA | sla}), problems)
    assert parsed is not None, problems.found
    return parsed


class Story:
    """Times are minutes after Monday 10:00 in Berlin. Every step is projected at once, as storage would."""

    def __init__(self, terms=None, conversation="c1"):
        self.policy = self.current = terms or policy()
        self.conversation = conversation
        self.events = []
        self.episode = None
        self.facts = []
        self.add(EventKind.OPENED, 0, channel_kind="webchat", language="de", priority="normal")

    def at(self, minutes):
        return MONDAY + timedelta(minutes=minutes)

    def add(self, kind, minutes, **data):
        event = Event(
            EventId(f"e{len(self.events)}"),
            ClientId("alpenrad"),
            ChannelId("web"),
            ThreadId("t1"),
            ConversationId(self.conversation),
            EventKind(kind),
            self.at(minutes),
            data={k: v.isoformat() if isinstance(v, datetime) else v for k, v in data.items()},
            seq=len(self.events) + 1,
        )
        self.events.append(event)
        self.episode = project(self.episode or begin(event), [event], self.current).episode
        return self

    def customer(self, minutes, received=None, **data):
        sent, got = self.at(minutes), self.at(minutes if received is None else received)
        return self.add(
            EventKind.CUSTOMER_MESSAGE, max(minutes, received or minutes), platform_at=sent, received_at=got, **data
        )

    def handoff(self, minutes, triggered=None, queue="first", priority="normal"):
        at = self.at(minutes if triggered is None else triggered)
        self.add(EventKind.HANDOFF_REQUESTED, minutes, queue=queue, priority=priority, triggered_at=at)
        return self.add(EventKind.QUEUED, minutes, queue=queue, priority=priority)

    def types(self, minutes, message="m1", question=False, holding=False):
        return self.add(EventKind.AGENT_REPLIED, minutes, message_id=message, question=question, holding=holding)

    def delivered(self, minutes, message="m1", author=AuthorKind.AGENT, recorded=None):
        return self.add(
            EventKind.DELIVERED,
            minutes if recorded is None else recorded,
            message_id=message,
            author=author,
            agent="ann" if author == AuthorKind.AGENT else None,
            accepted_at=self.at(minutes),
        )

    def agent(self, minutes, message=None, **how):
        message = message or f"m{len(self.events)}"
        return self.types(minutes, message, **how).delivered(minutes, message)

    def terms(self, minutes, terms):
        """An act puts the conversation under other terms, as storage would record it."""
        versions = {"from": self.current.version, "to": terms.version}
        self.add(EventKind.SLA_TERMS_CHANGED, minutes, **versions, policy=terms.to_row(), reason="agreed by phone")
        self.current = terms
        return self

    def priority(self, minutes, to):
        return self.add(EventKind.PRIORITY_CHANGED, minutes, **{"from": "normal", "to": to})

    def resolve(self, minutes, by="agent"):
        return self.add(EventKind.RESOLVED, minutes, by=by, agent="ann")

    def reopen(self, minutes):
        return self.add(EventKind.REOPENED, minutes, reason="the customer wrote again")

    def detect(self, minutes):
        """What the deadline worker does at a moment: record whatever is due until nothing is."""
        now = self.at(minutes)
        while due := [fact for clock in self.episode.clocks for fact in advance(clock, now)]:
            for fact in due:
                self.facts.append((fact.clock.split(":")[1], fact.percent, minutes))
                self.add(fact.kind, minutes, **fact.data)
        return self

    def clock(self, kind="first_response", number=1):
        return next((c for c in self.episode.clocks if c.id == f"{self.conversation}:{kind}:{number}"), None)

    def due(self, kind="first_response", number=1):
        due = self.clock(kind, number).due_at
        return None if due is None else (due - MONDAY) / timedelta(minutes=1)

    def replayed(self):
        return replay(self.events, self.policy)

    def stored(self):
        """The episode as it comes back from its rows."""
        row = json.loads(json.dumps(self.episode.to_row()))
        clocks = tuple(type(c).from_row(c.to_row()) for c in self.episode.clocks)
        return Episode.from_row(row, clocks)
