"""What becomes of a duplicate's promises: earliest start, earliest due time, worst outcome, counted once."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from conversation.events import Event
from sla.clock import BREACH, Clock, ClockState, Halt, Outcome, cancel, intervals, schedule, stop
from sla.episode import Episode
from sla.evolve import evolve
from sla.instants import MICROSECOND, format_utc
from sla.policy import ClockKind, Policy
from sla.running import end_question, hours_of, put, wait_for_answer


def handed_over(duplicate: Iterable[Clock], other: Iterable[Clock]) -> list[dict[str, Any]]:
    """What a duplicate's clocks tell the conversation it is merged into, about the promises made in both."""
    kept = list(other)
    return [
        {
            "id": clock.id,
            "kind": clock.kind.value,
            "started_at": format_utc(clock.started_at),
            "due_at": format_utc(clock.due_at) if clock.due_at else None,
            "outcome": clock.outcome.value if clock.outcome else None,
            "target": clock.target,
            "policy": clock.policy_version,
            "breached_at": format_utc(clock.breached_at) if clock.breached_at else None,
        }
        for clock in duplicate
        if any(_same_promise(clock, its) for its in kept)
    ]


def merged(episode: Episode, event: Event, policy: Policy) -> Episode:
    """The duplicate: its promises go on in the other conversation; what it alone promised and broke stays broken."""
    told = set(event.data["clocks"])
    for clock in episode.clocks:
        late = clock.outcome is Outcome.MISSED or (clock.due_at is not None and clock.due_at < event.at)
        if clock.id in told and clock.is_live:
            episode = put(episode, cancel(clock, event.at, Halt.MERGED))
        elif clock.id in told:
            ended = evolve(clock, state=ClockState.CANCELLED, reason=Halt.MERGED.value)
            episode = put(episode, evolve(ended, next_wakeup_at=None, wakeup_percent=None))
        elif clock.is_live and late:
            episode = put(episode, stop(clock, event.at, hours_of(clock, policy), by=Halt.MERGED.value))
        elif clock.is_live:
            episode = put(episode, cancel(clock, event.at, Halt.MERGED))
    return evolve(episode, with_people=False, unanswered=())


def took_over(episode: Episode, event: Event, policy: Policy) -> Episode:
    """The other one: it keeps what both had promised; and who waited in the duplicate is owed an answer here."""
    for told in event.data["clocks"]:
        clock = _counterpart(episode, ClockKind(told["kind"]))
        if clock is not None and clock.policy_version == episode.policy_version:
            episode = put(episode, take_over(clock, told, policy))
        elif clock is not None:  # it ended under terms no longer in force here: its times stay as they are
            episode = put(episode, _blamed(clock, told))
    since = event.data.get("waiting_since")
    if since is None:
        return episode
    number, at = episode.received + 1, _instant(since)
    episode = end_question(evolve(episode, received=number), at, policy)
    return wait_for_answer(episode, number, at, policy)


def take_over(clock: Clock, duplicate: Mapping[str, Any], policy: Policy) -> Clock:
    """The clock after a duplicate's clock of the same kind, as `handed_over` tells it, was merged into it: it starts at
    the earlier start, is due at the earlier due time (its budget becomes the opening time between the two), and is
    missed if either was. A promise kept in the duplicate has nothing left to be due.
    """
    start, calendar = min(clock.started_at, _instant(duplicate["started_at"])), hours_of(clock, policy)
    budget = clock.budget + calendar.elapsed(start, clock.started_at)
    taken = evolve(_blamed(clock, duplicate), started_at=start, budget=budget)
    if duplicate["due_at"] is not None and duplicate["outcome"] != Outcome.MET:
        taken = _due_by(taken, _instant(duplicate["due_at"]), duplicate, policy)
        calendar = hours_of(taken, policy)
    if taken.state is not ClockState.STOPPED or taken.stopped_at is None:
        return schedule(taken, calendar)
    return stop(taken, taken.stopped_at, calendar, by=taken.stopped_by, agent=taken.agent)


def _due_by(clock: Clock, due: datetime, duplicate: Mapping[str, Any], policy: Policy) -> Clock:
    """The clock due at the earlier of both times; where the duplicate's counts in other hours, it brings them along."""
    target = duplicate.get("target", clock.target)
    if target != clock.target and duplicate.get("policy") == clock.policy_version:
        own = schedule(evolve(clock, state=ClockState.RUNNING), hours_of(clock, policy)).due_at
        if own is not None and own <= due:
            return clock
        clock = evolve(clock, target=target)
        return evolve(clock, budget=_opening_time(clock, due, policy))
    return evolve(clock, budget=min(clock.budget, _opening_time(clock, due, policy)))


def _opening_time(clock: Clock, due: datetime, policy: Policy) -> timedelta:
    return max(hours_of(clock, policy).elapsed(clock.started_at, due, intervals(clock)), MICROSECOND)


def _blamed(clock: Clock, duplicate: Mapping[str, Any]) -> Clock:
    """The clock with the worse of both outcomes; a breach that has rung for the duplicate is not rung again."""
    if duplicate["outcome"] != Outcome.MISSED:
        return clock
    missed = evolve(clock, duplicate_missed=True, outcome=Outcome.MISSED)
    if duplicate["breached_at"] is None:
        return missed
    rung = _instant(duplicate["breached_at"])
    return evolve(missed, breached_at=min(rung, clock.breached_at or rung), warned=BREACH)


def _same_promise(one: Clock, other: Clock) -> bool:
    """Of next responses only two that both run are the same promise: an answer to the customer who waits now."""
    if one.kind is not other.kind:
        return False
    if one.kind is ClockKind.NEXT_RESPONSE:
        return one.is_live and other.is_live
    return ClockState.CANCELLED not in (one.state, other.state)


def _counterpart(episode: Episode, kind: ClockKind) -> Clock | None:
    """The clock that keeps a promise made in both."""
    if kind is ClockKind.NEXT_RESPONSE:
        return episode.live(kind)
    return next((c for c in episode.clocks if c.kind is kind and c.state is not ClockState.CANCELLED), None)


def _instant(value: Any) -> datetime:
    return datetime.fromisoformat(value) if isinstance(value, str) else value
