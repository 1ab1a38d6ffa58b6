"""What one conversation's due warnings and breaches cause: its new events, clocks and priority, and whom to tell."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from conversation.conversation import Conversation, Priority
from conversation.events import Event, EventKind
from conversation.ids import EventId, new_id
from sla.alarm import Step
from sla.clock import BREACH, Clock, SlaFact, advance
from sla.episode import Episode
from sla.notice import Alarm, Recipient
from sla.policy import Policy
from sla.projection import project
from storage.event_log import Numbering

MOST_FACTS = 100  # a clock has at most 99 warnings and one breach


@dataclass
class Ringing:
    """One locked conversation with something due, and the policy it is under. `seq` is its last event's number;
    `desks`: the client's agents online now, and their free places; a breach keeps them, since nobody can tell later.
    """

    conversation: Conversation
    episode: Episode
    policy: Policy
    now: datetime
    seq: int
    desks: tuple[int, int]
    outside: Sequence[Recipient]
    alerts: list[SlaFact] = field(default_factory=list)
    changed: dict[str, Clock] = field(default_factory=dict)
    told: list[tuple[Alarm, list[Recipient]]] = field(default_factory=list)
    priority: Priority | None = None

    def __post_init__(self) -> None:
        self._numbering = Numbering({self.conversation.id: self.seq})

    @property
    def events(self) -> Sequence[Event]:
        """What to record, numbered from `seq` on."""
        return self._numbering.events

    def ring(self) -> None:
        """Records everything that is due by now: each fold moves its clock on, to its next warning or its breach."""
        for _ in range(MOST_FACTS):
            facts = [fact for clock in self.episode.clocks for fact in advance(clock, self.now)]
            if not facts:
                return
            for fact in facts:
                self._one(fact)

    def _one(self, fact: SlaFact) -> None:
        self.alerts.append(fact)
        clock = next(clock for clock in self.episode.clocks if clock.id == fact.clock)
        step = self.policy.alarms.at(fact.percent, clock.warnings)
        online, free = self.desks
        seen = {"agents_online": online, "free_places": free} if fact.percent == BREACH else {}
        self._record(fact.kind, {**fact.data, **seen})
        self._raise(step, fact.kind)
        recipients = [one for one in self.outside if one.tell in step.tell]
        if recipients:
            self.told.append((self._alarm(fact, clock, seen), recipients))

    def _raise(self, step: Step, reason: EventKind) -> None:
        """An open conversation becomes more urgent; its promises stay as they are."""
        before = self.priority or self.conversation.priority
        after = step.raised(before)
        if not self.conversation.is_open or after is before:
            return
        self.priority = after
        self._record(EventKind.PRIORITY_CHANGED, {"from": before.value, "to": after.value, "reason": reason.value})

    def _alarm(self, fact: SlaFact, clock: Clock, seen: dict[str, int]) -> Alarm:
        c = self.conversation
        return Alarm(
            client=c.client,
            conversation=c.id,
            clock=clock.id,
            clock_kind=clock.kind.value,
            percent=fact.percent,
            due_at=clock.due_at,
            fired_at=self.now,
            priority=(self.priority or c.priority).value,
            queue=c.queue or "",
            topic=c.topic,
            channel_kind=c.channel_kind.value,
            language=c.language,
            assignee=c.assignee_name,
            agents_online=seen.get("agents_online"),
            free_places=seen.get("free_places"),
        )

    def _record(self, kind: EventKind, data: dict[str, object]) -> None:
        c = self.conversation
        event = Event(EventId(new_id(self.now)), c.client, c.channel, c.thread, c.id, kind, self.now, data=data)
        self._numbering.add([event])
        projected = project(self.episode, [self.events[-1]], self.policy)
        self.episode = projected.episode
        self.changed |= {clock.id: clock for clock in projected.changed}
