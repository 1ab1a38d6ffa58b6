"""Clocks kept in step with events: what storage calls inside the transaction that commits the events."""

from collections.abc import Iterable
from dataclasses import dataclass

from conversation.events import Event, EventKind
from sla.clock import Clock
from sla.episode import Episode
from sla.fold import change_terms, fold
from sla.policy import Policy


@dataclass(frozen=True, slots=True)
class Projected:
    """The episode after the events, and only those clocks that changed or are new."""

    episode: Episode
    changed: tuple[Clock, ...]


def begin(event: Event) -> Episode:
    """An empty episode for the conversation of its first event."""
    return Episode(str(event.client), str(event.channel), str(event.thread), str(event.conversation))


def project(episode: Episode, events: Iterable[Event], policy: Policy) -> Projected:
    """Fold new events of one conversation, in sequence order; idempotent by sequence number.

    `policy` is the version the episode is under (`episode.policy_version`), or the active one for a new episode. Other
    terms that an act put it under stand in the event of that act.
    """
    known = {clock.id: clock for clock in episode.clocks}
    for event in sorted(events, key=lambda event: event.seq):
        if event.kind is EventKind.SLA_TERMS_CHANGED:
            before, policy = policy, Policy.from_row(event.data["policy"])
            episode = change_terms(episode, event, before, policy)
        else:
            episode = fold(episode, event, policy)
    return Projected(episode, tuple(clock for clock in episode.clocks if known.get(clock.id) != clock))


def began_under(events: Iterable[Event], current: str) -> str:
    """The policy version a conversation began with: `current`, unless an act changed it since."""
    changes = (event for event in events if event.kind is EventKind.SLA_TERMS_CHANGED)
    return next((str(event.data["from"]) for event in changes), current)


def replay(events: Iterable[Event], policy: Policy) -> Episode | None:
    """The episode that the whole history of one conversation makes; None without events."""
    ordered = sorted(events, key=lambda event: event.seq)
    return project(begin(ordered[0]), ordered, policy).episode if ordered else None
