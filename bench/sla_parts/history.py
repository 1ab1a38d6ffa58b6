"""Made-up conversations with the alarms that rang in them, folded by the same code as live ones."""

from datetime import timedelta
from random import Random

from conversation.events import Event, EventKind
from conversation.ids import ChannelId, ClientId, ConversationId, EventId, ThreadId
from conversation.message import Author, AuthorKind
from conversation.packfile import Node, Problems
from sla.clock import BREACH, advance
from sla.pack import parse_policy
from sla.projection import begin, project

CLIENT, ZONE = ClientId("bench"), "Europe/Berlin"
CONTRACT = {
    "calendar": {"timezone": ZONE, "hours": "mon-fri 08:00-18:00"},
    "sla": {"objective": 95, "targets": [{"first_response": "15m", "next_response": "30m", "resolution": "1d"}]},
}
SHARE_HANDED_OFF = 0.4
AGENTS = 40
FIRST_WARNING = 0.5
CUSTOMER, BOT = Author(AuthorKind.CUSTOMER, "u", "Customer"), Author(AuthorKind.BOT, "bot", "Bot")


def policy_of(contract=CONTRACT):
    return parse_policy(Node.of(contract), Problems())


def arrival(random, start, span, policy):
    """Most people write while the client is open."""
    for _ in range(20):
        at = start + span * random.random()
        if policy.calendar.is_open(at) or random.random() < 0.04:
            break
    return at


def one(n, start, span, policy):
    """A conversation as customers have them: most end with the bot, the others with one of forty agents."""
    random = Random(n)
    at = arrival(random, start, span, policy)
    said = [
        (EventKind.CUSTOMER_MESSAGE, 0, {}),
        (EventKind.BOT_REPLIED, 0.3, {"message_id": f"{n}-b0"}),
        (EventKind.DELIVERED, 0.2, {"message_id": f"{n}-b0", "author": "bot"}),
        (EventKind.CUSTOMER_MESSAGE, 40, {}),
    ]
    if random.random() > SHARE_HANDED_OFF:
        return told(
            n, at, [*said, (EventKind.RESOLVED, 30, {"by": random.choice(["bot", "bot", "abandoned"])})], policy
        )
    agent = f"agent-{random.randrange(AGENTS)}"
    asked = (
        EventKind.HANDOFF_REQUESTED,
        5,
        {"queue": random.choice(["orders", "care"]), "priority": "normal", "reason": "asked_for_person"},
    )
    replied = [(EventKind.ASSIGNED, int(random.expovariate(1 / 240)), {"agent": agent})]
    for turn in range(random.randrange(1, 4)):
        replied += [
            (EventKind.AGENT_REPLIED, 40, {"message_id": f"{n}-{turn}"}),
            (EventKind.DELIVERED, 1, {"message_id": f"{n}-{turn}", "author": "agent", "agent": agent}),
            (EventKind.CUSTOMER_MESSAGE, 60, {}),
        ]
    ended = (EventKind.RESOLVED, 90, {"by": "agent", "agent": agent})
    return told(n, at, [*said, asked, *replied, ended], policy)


def waiting(n, at, policy):
    """A conversation in which somebody waits for a person since a moment after `at`."""
    steps = [
        (EventKind.CUSTOMER_MESSAGE, 0, {}),
        (EventKind.HANDOFF_REQUESTED, 0, {"queue": "care", "priority": "normal"}),
    ]
    return told(n, at, steps, policy)


def told(n, at, steps, policy):
    """The events of one conversation with the alarms that rang, and its episode; None for one without people, which
    has no clocks. Where no clock came near its warning, folding once is the same as folding step by step.
    """
    events = plain(n, at, steps)
    if not any(e.kind in (EventKind.HANDOFF_REQUESTED, EventKind.ASSIGNED) for e in events):
        return events, None
    episode = project(begin(events[0]), events, policy).episode
    return (events, episode) if all(map(quiet, episode.clocks)) else rung(events, policy)


def quiet(clock):
    """Whether the clock surely ended before its first warning: by its business time or, cancelled, by any time."""
    took = clock.elapsed if clock.elapsed is not None or not clock.stopped_at else clock.stopped_at - clock.started_at
    return took is not None and took < FIRST_WARNING * clock.budget


def plain(n, at, steps):
    made = [event(n, 1, EventKind.OPENED, at, {"channel_kind": "webchat", "language": "de", "priority": "normal"})]
    for kind, seconds, data in steps:
        at += timedelta(seconds=seconds)
        iso = at.isoformat()
        stamps = {"platform_at": iso, "received_at": iso, "accepted_at": iso, "triggered_at": iso}
        made.append(event(n, len(made) + 1, kind, at, {**data, **stamps}))
    return made


def rung(events, policy):
    """The same with warnings and breaches in between, each when it was due."""
    n, made, episode = events[0].thread[1:], [], begin(events[0])

    def record(kind, at, data):
        nonlocal episode
        made.append(event(n, len(made) + 1, kind, at, data))
        episode = project(episode, made[-1:], policy).episode

    for told_one in events:
        at = told_one.at
        while due := [c.next_wakeup_at for c in episode.clocks if c.next_wakeup_at and c.next_wakeup_at <= at]:
            for clock in episode.clocks:
                for fact in advance(clock, min(due)):
                    desks = {"agents_online": 2, "free_places": 0} if fact.percent == BREACH else {}
                    record(fact.kind, min(due), {**fact.data, **desks})
        record(told_one.kind, at, told_one.data)
    return made, episode


def event(n, seq, kind, at, data):
    return Event(
        EventId(f"{n}-{seq}"),
        CLIENT,
        ChannelId("web"),
        ThreadId(f"t{n}"),
        ConversationId(f"c{n}"),
        kind,
        at,
        data=data,
        seq=seq,
    )
