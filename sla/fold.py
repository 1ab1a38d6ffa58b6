"""The rules of starting and stopping, as a pure fold: the events of one conversation make its clocks."""

from collections.abc import Callable, Mapping
from datetime import datetime

from conversation.conversation import HandoffReason, ResolvedBy
from conversation.events import Event, EventKind
from conversation.message import AuthorKind, ContentKind
from sla.clock import (
    BREACH,
    Clock,
    ClockState,
    Halt,
    Outcome,
    breach_at,
    cancel,
    pause,
    reopen,
    schedule,
    stop,
)
from sla.episode import Episode, Sent
from sla.evolve import evolve
from sla.merging import merged, took_over
from sla.policy import ClockKind, Policy, StartRule
from sla.running import (
    await_next_response,
    begin_earlier,
    end_question,
    forget_sent,
    hours_of,
    note_sent,
    put,
    shorten_all,
    start,
    stop_live,
    wait_for_answer,
)

SEGMENT_SLOT = "customer_segment"
"""The slot by which a client's bot says which segment of its customers somebody belongs to."""


def fold(episode: Episode, event: Event, policy: Policy) -> Episode:
    """The episode after one more event. An event folded before (by its sequence number) changes nothing."""
    if 0 < event.seq <= episode.seq:
        return episode
    if not episode.policy_version:
        episode = evolve(episode, policy_version=policy.version)
    rule = _RULES.get(event.kind)
    if rule is not None:
        episode = rule(episode, event, policy)
    return evolve(episode, seq=event.seq) if event.seq else episode


def change_terms(episode: Episode, event: Event, before: Policy, after: Policy) -> Episode:
    """The episode after an act put the conversation under other terms. What runs starts anew with the time it has used;
    the old clock stays on file, out of the count. A promise already broken stays broken, and ends with the old terms.
    """
    if 0 < event.seq <= episode.seq:
        return episode
    live = [clock for clock in episode.clocks if clock.is_live]
    episode = evolve(episode, policy_version=after.version, seq=event.seq or episode.seq)
    for clock in live:
        certain = breach_at(clock)
        if clock.outcome is Outcome.MISSED or (certain is not None and certain < event.at):
            ended = stop(clock, event.at, hours_of(clock, before), by=Halt.TERMS_CHANGED.value)
            episode = put(episode, ended)
        else:
            episode = put(episode, cancel(clock, event.at, Halt.TERMS_CHANGED))
            episode = _go_on(episode, clock, after)
    return episode


def _go_on(episode: Episode, old: Clock, policy: Policy) -> Episode:
    count = len(episode.clocks)
    episode = start(episode, old.kind, old.started_at, old.started_by, policy)
    if len(episode.clocks) == count:
        return episode
    new = evolve(episode.clocks[-1], pauses=old.pauses, state=old.state)
    return put(episode, schedule(new, hours_of(new, policy)))


def _opened(episode: Episode, event: Event, _policy: Policy) -> Episode:
    data = event.data
    return _about(
        episode,
        channel=str(event.channel),
        channel_kind=str(data.get("channel_kind") or ""),
        language=str(data.get("language") or ""),
        priority=str(data.get("priority") or "normal"),
        queue=str(data.get("queue") or ""),
        segment=str(data.get("segment") or ""),
    )


def _customer_message(episode: Episode, event: Event, policy: Policy) -> Episode:
    if event.data.get("content") == ContentKind.JOIN:
        return episode
    at = _earliest(event, "platform_at", "received_at")
    number, first = episode.received + 1, episode.first_message_at
    episode = evolve(
        episode,
        received=number,
        first_message_at=min(at, first or at),
        last_message_at=max(at, episode.last_message_at or at),
    )
    if first is not None and at < first and episode.handoff_at is not None:
        episode = begin_earlier(episode, policy)
    episode = end_question(episode, at, policy)
    return wait_for_answer(episode, number, at, policy) if episode.with_people else episode


def _understood(episode: Episode, event: Event, _policy: Policy) -> Episode:
    intent = event.data.get("intent")
    return episode if episode.with_people or not intent else _about(episode, intent=str(intent))


def _language_changed(episode: Episode, event: Event, _policy: Policy) -> Episode:
    return _about(episode, language=str(event.data["language"]))


def _handoff(episode: Episode, event: Event, policy: Policy) -> Episode:
    at = _time(event, "triggered_at")
    if event.data.get("reason") not in (None, HandoffReason.REOPENED):  # its priority is the contract's, not an alarm's
        episode = evolve(episode, raised_to="")
    episode = _queued(evolve(episode, with_people=True), event, policy)
    if not episode.unanswered:
        episode = evolve(episode, unanswered=((episode.received, at),))
    if episode.handoff_at is not None:  # back from the bot, or reopened: a first response is measured once
        return await_next_response(episode, policy)
    episode = evolve(episode, handoff_at=at, first_message_at=episode.first_message_at or at)
    since, rule = at, StartRule.HANDOFF
    if policy.start is StartRule.FIRST_CUSTOMER_MESSAGE and episode.first_message_at is not None:
        since, rule = min(episode.first_message_at, at), StartRule.FIRST_CUSTOMER_MESSAGE
    episode = start(episode, ClockKind.FIRST_RESPONSE, since, rule.value, policy)
    episode = start(episode, ClockKind.RESOLUTION, since, rule.value, policy)
    bot_at = episode.bot_answered_at
    if rule is StartRule.FIRST_CUSTOMER_MESSAGE and bot_at is not None:
        episode = stop_live(episode, ClockKind.FIRST_RESPONSE, max(bot_at, since), policy, by="bot")
        episode = await_next_response(evolve(episode, answered=True), policy)
    return episode


def _queued(episode: Episode, event: Event, policy: Policy) -> Episode:
    data = event.data
    known = {key: str(data[key]) for key in ("queue", "priority") if data.get(key)}
    segment = (data.get("slots") or {}).get(SEGMENT_SLOT)
    if segment:
        known["segment"] = str(segment)
    if known.get("priority") == episode.raised_to:
        del known["priority"]
    return shorten_all(_about(episode, **known), policy)


def _priority_changed(episode: Episode, event: Event, policy: Policy) -> Episode:
    """An alarm that raised the priority must not breach the other clocks in turn; a person's change counts."""
    priority = str(event.data["to"])
    if event.data.get("reason") in (EventKind.SLA_WARNING, EventKind.SLA_BREACH):
        return evolve(episode, raised_to=priority)
    return shorten_all(_about(evolve(episode, raised_to=""), priority=priority), policy)


def _transferred(episode: Episode, event: Event, _policy: Policy) -> Episode:
    queue = event.data.get("to_queue")
    return _about(episode, queue=str(queue)) if queue else episode


def _assigned(episode: Episode, _event: Event, _policy: Policy) -> Episode:
    """An agent who takes up a resolved conversation, without a handoff, owes answers from then on."""
    if episode.with_people:
        return episode
    answered = episode.answered or episode.live(ClockKind.FIRST_RESPONSE) is None
    return evolve(episode, with_people=True, answered=answered)


def _returned_to_bot(episode: Episode, _event: Event, _policy: Policy) -> Episode:
    return evolve(episode, with_people=False)


def _agent_replied(episode: Episode, event: Event, policy: Policy) -> Episode:
    data = event.data
    sent = Sent(episode.received, event.at, bool(data.get("question")), bool(data.get("holding")))
    return note_sent(episode, str(data["message_id"]), sent, policy)


def _bot_replied(episode: Episode, event: Event, policy: Policy) -> Episode:
    """A bot's answer counts only if the contract says so and the bot had the conversation; a handoff notice never, and
    neither does a greeting before the customer wrote anything.
    """
    if not policy.bot_counts or episode.with_people or not episode.received:
        return episode
    return note_sent(episode, str(event.data["message_id"]), Sent(episode.received, event.at), policy)


def _delivered(episode: Episode, event: Event, policy: Policy) -> Episode:
    data = event.data
    message, by_agent = str(data.get("message_id")), data.get("author") == AuthorKind.AGENT
    known = episode.sent.get(message)
    episode = forget_sent(episode, message, policy)
    if by_agent:
        sent = known or Sent(episode.received, event.at)
        question, holding = (bool(data.get(word)) for word in ("question", "holding"))
        sent = evolve(sent, question=sent.question or question, holding=sent.holding or holding)
        agent = str(data.get("agent") or "")
    elif known is not None:
        sent, agent = known, "bot"
    else:
        return episode
    if sent.holding:
        return episode
    return _answer(episode, sent, _time(event, "accepted_at"), message, agent, policy)


def _answer(episode: Episode, sent: Sent, at: datetime, message: str, agent: str, policy: Policy) -> Episode:
    if agent == "bot" and episode.handoff_at is None:
        return evolve(episode, bot_answered_at=episode.bot_answered_at or at)
    oldest = episode.unanswered[0][0] if episode.unanswered else 0
    episode = stop_live(episode, ClockKind.FIRST_RESPONSE, at, policy, by=message, agent=agent)
    if oldest <= sent.answers:  # an answer sent before a question was asked does not answer it
        episode = stop_live(episode, ClockKind.NEXT_RESPONSE, at, policy, by=message, agent=agent)
    left = tuple(item for item in episode.unanswered if item[0] > sent.answers)
    episode = await_next_response(evolve(episode, unanswered=left, answered=True), policy)
    resolution = episode.live(ClockKind.RESOLUTION)
    asked = sent.question and agent != "bot" and policy.pauses_resolution_on_question
    replied = episode.last_message_at is not None and episode.last_message_at > min(sent.sent_at, at)
    if asked and not replied and resolution is not None and resolution.state is ClockState.RUNNING:
        episode = put(episode, pause(resolution, at, Halt.QUESTION, hours_of(resolution, policy)))
    return episode


def _undelivered(episode: Episode, event: Event, policy: Policy) -> Episode:
    if event.kind == EventKind.DELIVERY_FAILED and not event.data.get("permanent", True):
        return episode
    return forget_sent(episode, str(event.data.get("message_id")), policy)


def _resolved(episode: Episode, event: Event, policy: Policy) -> Episode:
    """Resolving stops the resolution clock; closing for silence does not, it only ends a wait for the customer. A
    person who resolves says that nothing is left to answer; the bot's word and silence leave what people owe.
    """
    by = event.data.get("by")
    abandoned = by == ResolvedBy.ABANDONED
    resolution, waiting = episode.live(ClockKind.RESOLUTION), episode.live(ClockKind.NEXT_RESPONSE)
    if resolution is not None and not abandoned:
        agent = str(event.data.get("agent") or "")
        stopped = stop(resolution, event.at, hours_of(resolution, policy), by=EventKind.RESOLVED.value, agent=agent)
        episode = put(episode, stopped)
    elif resolution is not None and resolution.state is ClockState.PAUSED:
        episode = put(episode, _end_in_silence(resolution, event, policy))
    if waiting is not None and waiting.in_flight_since is None and by == ResolvedBy.AGENT:
        episode = put(episode, _end_wait(waiting, event, policy))
    return evolve(episode, with_people=False, unanswered=())


def _reopened(episode: Episode, event: Event, policy: Policy) -> Episode:
    """Resolution goes on where people had the conversation; else what the bot had ended begins anew with the message
    that opened it again.
    """
    if episode.handoff_at is None:
        return evolve(episode, first_message_at=None, bot_answered_at=None)
    ended = (
        c
        for c in episode.clocks
        if c.kind is ClockKind.RESOLUTION
        and c.stopped_by != Halt.TERMS_CHANGED
        and (c.state is ClockState.STOPPED or (c.state is ClockState.CANCELLED and c.reason == Halt.CUSTOMER_SILENT))
    )
    last = next(ended, None)
    return episode if last is None else put(episode, reopen(last, event.at, hours_of(last, policy)))


def _warned(episode: Episode, event: Event, policy: Policy) -> Episode:
    """What has rung does not ring again. A clock that has ended keeps its times: it may have run under other terms."""
    clock = next((c for c in episode.clocks if c.id == event.data.get("clock")), None)
    if clock is None:
        return episode
    if event.kind == EventKind.SLA_WARNING:
        rung = evolve(clock, warned=max(clock.warned, int(event.data["percent"])))
    else:
        outcome = Outcome.MISSED if clock.is_live else clock.outcome
        rung = evolve(clock, warned=BREACH, breached_at=clock.breached_at or event.at, outcome=outcome)
    if clock.is_live:
        return put(episode, schedule(rung, hours_of(clock, policy)))
    if rung.warned == BREACH:
        rung = evolve(rung, next_wakeup_at=None, wakeup_percent=None)
    return put(episode, rung)


_RULES: Mapping[EventKind, Callable[[Episode, Event, Policy], Episode]] = {
    EventKind.OPENED: _opened,
    EventKind.CUSTOMER_MESSAGE: _customer_message,
    EventKind.UNDERSTOOD: _understood,
    EventKind.LANGUAGE_CHANGED: _language_changed,
    EventKind.HANDOFF_REQUESTED: _handoff,
    EventKind.QUEUED: _queued,
    EventKind.PRIORITY_CHANGED: _priority_changed,
    EventKind.ASSIGNED: _assigned,
    EventKind.TRANSFERRED: _transferred,
    EventKind.RETURNED_TO_BOT: _returned_to_bot,
    EventKind.AGENT_REPLIED: _agent_replied,
    EventKind.BOT_REPLIED: _bot_replied,
    EventKind.DELIVERED: _delivered,
    EventKind.DELIVERY_FAILED: _undelivered,
    EventKind.DELIVERY_DROPPED: _undelivered,
    EventKind.MERGED: merged,
    EventKind.TOOK_OVER: took_over,
    EventKind.RESOLVED: _resolved,
    EventKind.REOPENED: _reopened,
    EventKind.SLA_WARNING: _warned,
    EventKind.SLA_BREACH: _warned,
}


def _end_in_silence(clock: Clock, event: Event, policy: Policy) -> Clock:
    """Silence takes a promise out of the count, but never one that was missed before the customer was asked."""
    was_late = clock.due_at is not None  # a paused clock has a due time only if that had come by then
    if was_late or clock.duplicate_missed:
        return stop(clock, event.at, hours_of(clock, policy), by=Halt.CUSTOMER_SILENT.value)
    return cancel(clock, event.at, Halt.CUSTOMER_SILENT)


def _end_wait(clock: Clock, event: Event, policy: Policy) -> Clock:
    """Resolving without an answer ends a wait uncounted, but never one that is already missed."""
    if clock.due_at is not None and event.at > clock.due_at:
        return stop(clock, event.at, hours_of(clock, policy), by=event.kind.value)
    return cancel(clock, event.at, Halt.RESOLVED_UNANSWERED)


def _about(episode: Episode, **known: str) -> Episode:
    return evolve(episode, subject=evolve(episode.subject, **known))


def _time(event: Event, key: str) -> datetime:
    value = event.data.get(key)
    if value is None:
        return event.at
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def _earliest(event: Event, *keys: str) -> datetime:
    """The earlier of platform time and receipt, so that our outage never helps us."""
    return min((_time(event, key) for key in keys if event.data.get(key) is not None), default=event.at)
