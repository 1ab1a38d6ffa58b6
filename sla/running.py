"""What the rules of the fold do to an episode's clocks: start, stop and shorten them, note answers on their way."""

from datetime import datetime, timedelta

from sla.calendar import Calendar
from sla.clock import Clock, ClockPause, Halt, resume, schedule, shorten, shorten_in, stop
from sla.episode import Episode, Sent
from sla.evolve import evolve
from sla.policy import ClockKind, Policy, StartRule, Subject

_RESPONSES = (ClockKind.FIRST_RESPONSE, ClockKind.NEXT_RESPONSE)


def start(episode: Episode, kind: ClockKind, at: datetime, by: str, policy: Policy) -> Episode:
    """The episode with one more clock, where the policy promises one to its subject."""
    subject = episode.subject
    target, budget = _promise(kind, subject, policy)
    if budget is None:
        return episode
    number = 1 + sum(clock.kind is kind for clock in episode.clocks)
    first = kind is ClockKind.FIRST_RESPONSE
    clock = Clock(
        id=f"{episode.conversation}:{kind.value}:{number}",
        client=episode.client,
        channel=episode.channel,
        channel_kind=subject.channel_kind,
        thread=episode.thread,
        conversation=episode.conversation,
        kind=kind,
        policy_version=episode.policy_version,
        budget=budget,
        started_at=at,
        started_by=by,
        warnings=policy.warnings,
        priority=subject.priority,
        queue=subject.queue,
        language=subject.language,
        intent=subject.intent,
        segment=subject.segment,
        target=target,
        handoff_at=episode.handoff_at if first else None,
        first_message_at=episode.first_message_at if first else None,
        in_flight_since=_in_flight(episode, kind),
    )
    return evolve(episode, clocks=(*episode.clocks, schedule(clock, hours_of(clock, policy))))


def await_next_response(episode: Episode, policy: Policy) -> Episode:
    """A next response runs since the oldest unanswered message, also where an older one only arrives later."""
    if not (episode.with_people and episode.answered and episode.unanswered):
        return episode
    since = episode.unanswered[0][1]
    clock = episode.live(ClockKind.NEXT_RESPONSE)
    if clock is None:
        return start(episode, ClockKind.NEXT_RESPONSE, since, "customer_message", policy)
    if clock.started_at <= since:
        return episode
    earlier = evolve(clock, started_at=since, in_flight_since=_in_flight(episode, ClockKind.NEXT_RESPONSE))
    return put(episode, schedule(earlier, hours_of(clock, policy)))


def wait_for_answer(episode: Episode, number: int, at: datetime, policy: Policy) -> Episode:
    """The episode in which message `number`, written at `at`, is unanswered."""
    waits = sorted((*episode.unanswered, (number, at)), key=lambda wait: wait[1])
    return await_next_response(evolve(episode, unanswered=tuple(waits)), policy)


def stop_live(episode: Episode, kind: ClockKind, at: datetime, policy: Policy, *, by: str, agent: str = "") -> Episode:
    """The episode with its live clock of a kind stopped, unless that started only later."""
    clock = episode.live(kind)
    if clock is None or at < clock.started_at:
        return episode
    return put(episode, stop(clock, at, hours_of(clock, policy), by=by, agent=agent))


def begin_earlier(episode: Episode, policy: Policy) -> Episode:
    """The episode after a message older than all before it arrived only now: what counts from the first message counts
    from this one.
    """
    first = episode.first_message_at
    for clock in episode.clocks:
        if not clock.is_live or first is None:
            continue
        known = evolve(clock, first_message_at=first) if clock.first_message_at is not None else clock
        if clock.started_by == StartRule.FIRST_CUSTOMER_MESSAGE and first < clock.started_at:
            known = schedule(evolve(known, started_at=first), hours_of(clock, policy))
        episode = put(episode, known)
    return episode


def end_question(episode: Episode, at: datetime, policy: Policy) -> Episode:
    """A customer's message ends the wait for it, also if it arrives after a later one; one that reopened us started
    that at its own, earlier time.
    """
    clock = episode.live(ClockKind.RESOLUTION)
    if clock is None or not clock.pauses:
        return episode
    last = clock.pauses[-1]
    if last.end is None and at >= last.start:
        # what was shortened meanwhile in hours of its own can be weighed only now
        return shorten_all(put(episode, resume(clock, at, hours_of(clock, policy))), policy)
    pauses = tuple(_ended_by(p, at, newest=p is last) for p in clock.pauses)
    if pauses == clock.pauses:
        return episode
    return put(episode, schedule(evolve(clock, pauses=pauses), hours_of(clock, policy)))


def shorten_all(episode: Episode, policy: Policy) -> Episode:
    """A changed priority may shorten what runs, never extend it; a changed queue changes nothing that runs."""
    priority = episode.subject.priority
    for clock in episode.clocks:
        if clock.is_live and clock.priority != priority:
            subject = Subject(
                priority, clock.queue, clock.channel, clock.channel_kind, clock.language, clock.intent, clock.segment
            )
            episode = put(episode, _shortened(clock, subject, policy))
    return episode


def hours_of(clock: Clock, policy: Policy) -> Calendar:
    """The calendar in which a clock's budget counts."""
    return policy.calendar if clock.target is None else policy.calendar_of(clock.target)


def note_sent(episode: Episode, message: str, sent: Sent, policy: Policy) -> Episode:
    """The episode in which an answer is on its way to the platform."""
    return _refresh_in_flight(evolve(episode, sent={**episode.sent, message: sent}), policy)


def forget_sent(episode: Episode, message: str, policy: Policy) -> Episode:
    """The episode in which it has arrived, or never will."""
    if message not in episode.sent:
        return episode
    left = {key: sent for key, sent in episode.sent.items() if key != message}
    return _refresh_in_flight(evolve(episode, sent=left), policy)


def put(episode: Episode, clock: Clock) -> Episode:
    """The episode with a changed clock in its old place."""
    return evolve(episode, clocks=tuple(clock if c.id == clock.id else c for c in episode.clocks))


def _ended_by(waited: ClockPause, at: datetime, *, newest: bool) -> ClockPause:
    """A wait for the customer that a message written at `at` ended before the one that was taken to have ended it."""
    if (
        waited.end is None
        or at >= waited.end
        or (at < waited.start and not (newest and waited.reason == Halt.RESOLVED))
    ):
        return waited
    return ClockPause(waited.start, max(at, waited.start), waited.reason)


def _shortened(clock: Clock, subject: Subject, policy: Policy) -> Clock:
    target, budget = _promise(clock.kind, subject, policy)
    if target == clock.target:
        return shorten(clock, budget, hours_of(clock, policy))
    return shorten_in(clock, budget, target, hours_of(clock, policy), policy.calendar_of(target))


def _promise(kind: ClockKind, subject: Subject, policy: Policy) -> tuple[int | None, timedelta | None]:
    """The budget a subject is promised, and the number of its target where that has a calendar of its own."""
    number = policy.target(subject)
    if number is None:
        return None, None
    target = policy.targets[number]
    return number if target.calendar is not None else None, target.budgets.get(kind)


def _refresh_in_flight(episode: Episode, policy: Policy) -> Episode:
    for kind in _RESPONSES:
        clock = episode.live(kind)
        since = _in_flight(episode, kind)
        if clock is not None and clock.in_flight_since != since:
            episode = put(episode, schedule(evolve(clock, in_flight_since=since), hours_of(clock, policy)))
    return episode


def _in_flight(episode: Episode, kind: ClockKind) -> datetime | None:
    """Since when an answer is on its way that will stop a clock of this kind: any stops a first response, one that was
    sent before the oldest unanswered message arrived stops no next response.
    """
    if kind not in _RESPONSES:
        return None
    oldest = episode.unanswered[0][0] if kind is ClockKind.NEXT_RESPONSE and episode.unanswered else 0
    times = [sent.sent_at for sent in episode.sent.values() if not sent.holding and sent.answers >= oldest]
    return min(times, default=None)
