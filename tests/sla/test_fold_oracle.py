"""The clocks against an oracle that knows nothing of them: it plays the rules of docs/sla.md on a strip of seconds."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from hypothesis import strategies as st

from sla.clock import ClockState, Halt, Outcome
from sla.policy import ClockKind, Policy, Target
from tests.sla.oracle import due_by_counting, offset, open_seconds, without_pauses
from tests.sla.story import Story
from tests.sla.strategies import ZONES, calendar_of, closures, drawn, in_every_zone, known_until, noon, weeks

BUDGETS = {
    "urgent": (240, 1_500, 600),
    "normal": (900, 4_000, 1_800),
    "low": (2_700, 15_000, 5_400),
}  # first response, resolution, next response; seconds
PRIORITIES = tuple(BUDGETS)
LATE = {"urgent": 5, "normal": 700, "low": 9_000}  # seconds a message is on its way to us
STEPS = [
    "customer",
    "handoff",
    "answer",
    "ask",
    "hold",
    "note",
    "priority",
    "resolve",
    "silence",
    "reopen",
    "bot",
    "late",
    *["customer", "answer", "ask", "resolve", "reopen"] * 2,  # a life without these has little to count
    *["silence"] * 3,  # only the last step of a question leaves it silent
]
TRIES = 12  # in each zone


class Told(Story):
    """A story whose steps lie seconds after any moment, under any calendar."""

    def __init__(self, began, terms):
        self.began = began
        super().__init__(terms)

    def at(self, minutes):
        return self.began + timedelta(seconds=minutes)


@dataclass
class Wait:
    """One next response: since when, its budget, when a person answered or resolved it."""

    since: int
    budget: int
    answered: int | None = None
    resolved: int | None = None


class Oracle:
    """The clocks as a person would keep them with a pencil: start, stop, pauses, budget."""

    def __init__(self):
        self.priority, self.people = "normal", False
        self.started = self.answered = self.resolved = self.asked = None
        self.first_budget = self.resolution_budget = None
        self.pauses, self.silent, self.comeback = [], False, False
        self.oldest, self.waits = None, []

    def customer(self, at):
        """A message written at `at`, which may be before things that happened until it arrived."""
        if self.asked is not None and at >= self.asked and not self.silent:  # a thanks after the end reopens nothing
            self.pauses.append((self.asked, at))
            self.asked, self.comeback = None, False
        elif self.resolved is None and not self.silent:
            self.back_since(at)
        if self.people:
            self.owed(at)

    def back_since(self, at):
        """They were back with this message, which only arrived after the one that told us so."""
        newest = len(self.pauses) - 1 if self.asked is None else None
        for number, (since, until) in enumerate(self.pauses):
            if at < until and (at >= since or (self.comeback and number == newest)):
                self.pauses[number] = since, max(since, at)

    def owed(self, since):
        self.oldest = since if self.oldest is None else min(self.oldest, since)
        if self.answered is None or not self.people:
            return
        if self.running is None:
            self.waits.append(Wait(self.oldest, BUDGETS[self.priority][2]))
        else:
            self.running.since = min(self.running.since, self.oldest)

    @property
    def running(self):
        return next((w for w in self.waits if w.answered is None and w.resolved is None), None)

    def handoff(self, at):
        self.people = True
        if self.started is None:
            self.started = at
            self.first_budget, self.resolution_budget, _ = BUDGETS[self.priority]
        self.change(self.priority)  # as it is queued: what runs on, or runs again, may get shorter
        self.owed(at if self.oldest is None else self.oldest)

    def answer(self, at, question=False):
        if self.started is None:
            return
        self.answered = self.answered if self.answered is not None else at
        if self.running is not None:
            self.running.answered = at
        self.oldest = None
        if question and self.resolved is None and self.asked is None and not self.silent:
            self.asked = at

    def change(self, priority):
        self.priority = priority
        if self.started is not None and self.answered is None:
            self.first_budget = min(self.first_budget, BUDGETS[priority][0])
        if self.started is not None and self.resolved is None and not self.silent:
            self.resolution_budget = min(self.resolution_budget, BUDGETS[priority][1])
        if self.running is not None:
            self.running.budget = min(self.running.budget, BUDGETS[priority][2])

    def resolve(self, at):
        self.people, self.oldest = False, None
        if self.running is not None:
            self.running.resolved = at
        if self.started is None or self.resolved is not None or self.silent:
            return
        if self.asked is not None:
            self.pauses.append((self.asked, at))
            self.asked = None
        self.resolved = at

    def silence(self):
        self.people, self.oldest = False, None
        if self.asked is not None:
            self.silent = True

    def reopen(self, at):
        if self.resolved is not None:
            self.pauses.append((self.resolved, at))
            self.resolved, self.comeback = None, True
        self.silent = False


def tell(story, oracle, step, at, priority):
    match step:
        case "customer":
            story.customer(at)
            oracle.customer(at)
        case "late":
            story.customer(at - LATE[priority], received=at)
            oracle.customer(at - LATE[priority])
        case "handoff":
            story.handoff(at, priority=oracle.priority)
            oracle.handoff(at)
        case "answer" | "ask" if oracle.people:
            story.agent(at, question=step == "ask")
            oracle.answer(at, question=step == "ask")
        case "hold" if oracle.people:
            story.agent(at, holding=True)
        case "note":
            story.add("note_added", at, message_id=f"n{at}")
        case "priority":
            story.priority(at, priority)
            oracle.change(priority)
        case "resolve" if oracle.people:
            story.resolve(at)
            oracle.resolve(at)
        case "silence" if oracle.people:
            story.resolve(at, by="abandoned")
            oracle.silence()
        case "reopen" if not oracle.people and oracle.started is not None:
            story.reopen(at).customer(at).handoff(at, priority=oracle.priority)
            oracle.reopen(at)
            oracle.customer(at)
            oracle.handoff(at)
        case "bot" if oracle.people:
            story.add("returned_to_bot", at)
            oracle.people = False


@st.composite
def lives(draw, zone):
    day = draw(st.sampled_from(ZONES[zone]))
    week = draw(weeks())
    closed = draw(closures(day, 1))
    began = noon(day) + timedelta(seconds=draw(st.integers(-30 * 3600, 6 * 3600)))
    steps = draw(
        st.lists(
            st.tuples(st.sampled_from(STEPS), st.integers(1, 7_000), st.sampled_from(PRIORITIES)),
            min_size=2,
            max_size=14,
        )
    )
    first = [("customer", 1, "normal"), ("handoff", 1, "normal")]
    if draw(st.booleans()):  # else few priorities change while both first promises run
        first.append(("priority", draw(st.integers(1, 600)), draw(st.sampled_from(PRIORITIES))))
    if draw(st.booleans()):  # else few lives get as far as a next response
        first.append(("answer", draw(st.integers(1, 1_200)), "normal"))
    return zone, day, week, closed, began, [*first, *steps]


def terms_of(zone, week, closed):
    kinds = (ClockKind.FIRST_RESPONSE, ClockKind.RESOLUTION, ClockKind.NEXT_RESPONSE)
    targets = tuple(
        Target({kind: timedelta(seconds=s) for kind, s in zip(kinds, budgets, strict=True)}, {"priority": (priority,)})
        for priority, budgets in BUDGETS.items()
    )
    return Policy(calendar_of(zone, week, closed), targets)


def lived(life):
    """The story, what the oracle wrote down, and when the last step was."""
    zone, _, week, closed, began, steps = life
    story, oracle, at = Told(began, terms_of(zone, week, closed)), Oracle(), 0
    for step, wait, priority in steps:
        at += wait
        tell(story, oracle, step, at, priority)
    return story, oracle, at


@in_every_zone(TRIES, lives)
def test_every_clock_is_what_counting_seconds_gives(life):
    zone, day, week, closed, _, _ = life
    story, oracle, at = lived(life)
    if story.at(at) > known_until(day):
        return
    seconds = open_seconds(zone, day, week, closed)
    first, resolution = story.clock(), story.clock("resolution")
    judge(story, day, seconds, first, oracle.started, oracle.answered, oracle.first_budget, [])
    for number, wait in enumerate(oracle.waits, 1):
        judge_wait(story, day, seconds, story.clock("next_response", number), wait)
    assert story.clock("next_response", len(oracle.waits) + 1) is None
    if oracle.silent and (late_by(story, day, seconds, oracle, oracle.asked) or breaks(story, day, seconds, oracle)):
        assert (resolution.state, resolution.outcome) == (ClockState.STOPPED, Outcome.MISSED)
    elif oracle.silent:
        assert (resolution.state, resolution.reason) == (ClockState.CANCELLED, "customer_silent")
    elif oracle.asked is not None:
        assert resolution.state is ClockState.PAUSED
    else:
        broken = breaks(story, day, seconds, oracle)
        ended, budget = oracle.resolved, oracle.resolution_budget
        judge(story, day, seconds, resolution, oracle.started, ended, budget, oracle.pauses, broken=broken)


def late_by(story, day, seconds, oracle, at):
    """Whether the resolution had used up its budget by then."""
    strip = without_pauses(day, seconds, [(story.at(a), story.at(b)) for a, b in oracle.pauses])
    return (
        int(strip[offset(day, story.at(oracle.started)) : offset(day, story.at(at))].sum()) > oracle.resolution_budget
    )


def breaks(story, day, seconds, oracle):
    """Whether an earlier resolving was late already, which no reopening mends: read from the pauses' beginnings."""
    pauses = [(story.at(a), story.at(b)) for a, b in oracle.pauses]
    strip, start = without_pauses(day, seconds, pauses), offset(day, story.at(oracle.started))
    used = [int(strip[start : offset(day, begin)].sum()) for begin, _ in pauses]
    return any(spent > oracle.resolution_budget for spent in used)


def judge_wait(story, day, seconds, clock, wait):
    """Resolving instead of answering takes a wait out of the count, unless it was late by then."""
    if wait.resolved is None:
        judge(story, day, seconds, clock, wait.since, wait.answered, wait.budget, [])
        return
    due = due_by_counting(day, seconds, story.at(wait.since), wait.budget)
    if due is not None and due < story.at(wait.resolved):
        assert (clock.state, clock.outcome) == (ClockState.STOPPED, Outcome.MISSED)
    else:
        assert (clock.state, clock.reason) == (ClockState.CANCELLED, "resolved_unanswered")


def judge(story, day, seconds, clock, start, stop, budget, pauses, *, broken=False):
    strip = without_pauses(day, seconds, [(story.at(a), story.at(b)) for a, b in pauses])
    assert clock.started_at == story.at(start)
    assert clock.budget == timedelta(seconds=budget)
    due = due_by_counting(day, strip, clock.started_at, budget)
    if due is not None and due <= known_until(day):
        assert clock.due_at == due
    if stop is None:
        assert clock.state is ClockState.RUNNING
        return
    spent = int(strip[offset(day, story.at(start)) : offset(day, story.at(stop))].sum())
    assert clock.stopped_at == story.at(stop)
    assert clock.elapsed == timedelta(seconds=spent)
    late = spent > budget or broken
    assert clock.outcome is (Outcome.MISSED if late else Outcome.MET)


def test_the_lives_tried_have_everything_that_happens_to_clocks():
    seen = Counter()
    for zone in ZONES:
        for life in drawn(TRIES, zone, lives):
            story, oracle, _ = lived(life)
            clocks = story.episode.clocks
            first, resolution = story.clock(), story.clock("resolution")
            seen["a first response shortened"] += oracle.first_budget < BUDGETS["normal"][0]
            seen["a resolution shortened"] += oracle.resolution_budget < BUDGETS["normal"][1]
            seen["a first response missed"] += first.outcome is Outcome.MISSED
            seen["a resolution missed"] += resolution.outcome is Outcome.MISSED
            seen["a question waited for"] += any(p.reason == Halt.QUESTION for p in resolution.pauses)
            seen["reopened"] += any(p.reason == Halt.RESOLVED for p in resolution.pauses)
            seen["resolved unanswered"] += any(c.reason == "resolved_unanswered" for c in clocks)
            seen["closed for silence"] += oracle.silent
            seen["several next responses"] += len(oracle.waits) > 1
    assert {what: number for what, number in seen.items() if number < 3} == {}
