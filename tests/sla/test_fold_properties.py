"""What must hold for any order of events: replay equals live, rows lose nothing, facts come once, one live clock a kind."""

from collections import Counter
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conversation.events import EventKind
from sla.clock import ClockState, Outcome
from sla.merging import handed_over
from sla.policy import ClockKind
from tests.sla.story import MONDAY, Story, policy

STEPS = [
    "customer",
    "handoff",
    "types",
    "delivered",
    "failed",
    "agent",
    "ask",
    "hold",
    "priority",
    "resolve",
    "silence",
    "reopen",
    "bot",
    "detect",
    "bot_reply",
    "assigned",
    "late_message",
]


def plans(names):
    return st.lists(st.tuples(st.sampled_from(names), st.integers(0, 400), st.integers(0, 2)), max_size=25)


policies = st.sampled_from(
    [
        policy(),
        policy(start="first_customer_message"),
        policy(start="first_customer_message", bot_counts=True),
        policy(pauses_resolution_on_question=False, targets=[{"next_response": "20m", "resolution": "2h"}]),
        policy(calendar={"timezone": "Australia/Lord_Howe", "hours": "mon-sun 20:30-02:15"}),
        policy(calendar={"hours": "24/7", "closures": [{"date": "2026-11-24"}]}),
        policy(
            targets=[
                {"when": {"priority": "urgent"}, "calendar": {"hours": "24/7"}, "first_response": "1h"},
                {"first_response": "30m", "next_response": "30m", "resolution": "3h"},
            ]
        ),
    ]
)


OTHERS = {
    "m0": policy(targets=[{"first_response": "2h", "resolution": "2d"}]),
    "m1": policy(calendar={"hours": "24/7"}, start="first_customer_message"),
    "m2": policy(targets=[{"next_response": "5m"}]),
}


def play(terms, plan):
    story, minute = Story(terms), 0
    for step, wait, which in plan:
        minute += wait
        tell(story, step, minute, f"m{which}")
        yield story, minute


def tell(story, step, minute, message):
    match step:
        case "customer" | "handoff" | "resolve" | "reopen" | "detect":
            getattr(story, step)(minute)
        case "late_message":
            story.customer(max(minute - 90, 0), received=minute)
        case "takes_over":
            take_over(story, minute, message)
        case "types" | "delivered":
            getattr(story, step)(minute, message)
        case "agent" | "ask" | "hold":
            story.agent(minute, question=step == "ask", holding=step == "hold")
        case "failed":
            story.add("delivery_failed", minute, message_id=message, permanent=True)
        case "priority":
            story.priority(minute, {"m0": "urgent", "m1": "normal", "m2": "low"}[message])
        case "terms":
            story.terms(minute, OTHERS[message])
        case "silence":
            story.resolve(minute, by="abandoned")
        case "assigned":
            story.add("assigned", minute, agent="ann")
        case "bot":
            story.add("returned_to_bot", minute)
        case "bot_reply":
            story.add("bot_replied", minute, message_id=message).delivered(minute, message, "bot")


def take_over(story, minute, message):
    """Somebody merges a duplicate: one that still waits, one answered in time, or one answered late with its alarm."""
    duplicate = Story(story.policy, conversation="c2").customer(max(minute - 40, 0)).handoff(max(minute - 30, 0))
    if message != "m0":
        duplicate.agent(max(minute - (28 if message == "m1" else 2), 0))
    duplicate.detect(minute)
    told = handed_over(duplicate.episode.clocks, story.episode.clocks)
    waits = {"waiting_since": duplicate.at(max(minute - 40, 0))} if message == "m0" else {}
    story.add(EventKind.TOOK_OVER, minute, duplicate="c2", clocks=told, handled=message != "m0", **waits)


def tries(number):
    return settings(max_examples=number, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


@tries(120)
@given(policies, plans([*STEPS, "terms", "takes_over"]))
def test_live_replayed_and_stored_are_the_same(terms, plan):
    story = None
    for story, _ in play(terms, plan):
        assert story.stored() == story.episode
    if story is not None:
        assert story.replayed() == story.episode


@tries(120)
@given(policies, plans([*STEPS, "takes_over"]))
def test_what_always_holds_of_clocks(terms, plan):
    for story, _ in play(terms, plan):
        live = Counter(c.kind for c in story.episode.clocks if c.is_live)
        assert all(number == 1 for number in live.values())
        kinds = Counter(c.kind for c in story.episode.clocks)
        assert kinds[ClockKind.FIRST_RESPONSE] <= 1
        assert kinds[ClockKind.RESOLUTION] <= 1
        for clock in story.episode.clocks:
            if clock.state is ClockState.STOPPED:
                assert clock.outcome is not None
                assert clock.due_at is not None
                in_time = clock.stopped_at <= clock.due_at and not clock.duplicate_missed
                assert (clock.outcome is Outcome.MET) == in_time
            if clock.state is ClockState.RUNNING:
                assert clock.due_at > clock.started_at
            assert clock.next_wakeup_at is None or clock.next_wakeup_at > clock.started_at


@tries(120)
@given(policies, plans([*STEPS, "terms", "takes_over"]))
def test_every_fact_comes_once_and_every_missed_clock_has_its_breach(terms, plan):
    moments = list(play(terms, plan))
    if not moments:
        return
    story, minute = moments[-1]
    story.detect(minute + 60 * 24 * 60)
    facts = Counter(
        (e.data["clock"], e.data["percent"]) for e in story.events if e.kind in ("sla_warning", "sla_breach")
    )
    assert all(number == 1 for number in facts.values())
    for clock in story.episode.clocks:
        breached = (clock.id, 100) in facts
        if clock.outcome is Outcome.MISSED:
            assert breached or clock.duplicate_missed  # then it has rung in the duplicate
            assert clock.breached_at is not None
        elif clock.state is ClockState.STOPPED and breached:
            assert clock.stopped_at < clock.breached_at  # the platform's word came after the alarm


@tries(80)
@given(st.integers(0, 5000), st.lists(st.integers(1, 3000), min_size=1, max_size=4))
def test_first_response_is_the_first_delivered_answer_after_the_handoff(start, waits):
    story, minute = Story().customer(start).handoff(start), start
    for wait in waits:
        minute += wait
        story.agent(minute)
    clock, calendar = story.clock(), story.policy.calendar
    stop = MONDAY + timedelta(minutes=start + waits[0])
    assert clock.stopped_at == stop
    assert clock.elapsed == calendar.elapsed(MONDAY + timedelta(minutes=start), stop)
    assert (clock.outcome is Outcome.MET) == (stop <= calendar.due(clock.started_at, timedelta(minutes=15)))
