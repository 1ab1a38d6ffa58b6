"""What a conversation used that can be charged, as dated facts that follow from its events alone."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from typing import Any, Protocol

from conversation.conversation import ResolvedBy
from conversation.events import EventKind
from conversation.ids import ConversationId
from conversation.message import Author, AuthorKind
from sla.instants import SECOND, to_us
from sla.prices import Item
from sla.span import Range, subtract, unite

_ENDS_HOLDING = (EventKind.RELEASED, EventKind.TRANSFERRED, EventKind.RETURNED_TO_BOT, EventKind.RESOLVED)


class Because(StrEnum):
    """What made a fact chargeable, or took it back."""

    ANSWERED = "answered"
    RESOLVED_BY_PERSON = "resolved_by_person"
    RESOLVED_BY_BOT = "resolved_by_bot"
    REOPENED = "reopened"
    CAME_BACK = "came_back"
    MERGED = "merged"
    AT_DESK = "at_desk"


@dataclass(frozen=True, slots=True)
class Usage:
    """One chargeable fact, dated when it was recorded, so that a closed month never changes: what is taken back
    later (a revoked automated resolution) is a negative fact of the later month. Agent minutes are exact fractions.
    """

    conversation: str
    item: Item
    at: datetime
    quantity: Fraction
    because: Because = Because.AT_DESK


@dataclass(frozen=True, slots=True)
class Holding:
    """A stretch in which an agent had a conversation, snoozes taken out, in microseconds since the epoch."""

    agent: str
    conversation: str
    ranges: tuple[Range, ...]


class Told(Protocol):
    """What is read of an event here."""

    @property
    def conversation(self) -> ConversationId: ...
    @property
    def kind(self) -> EventKind: ...
    @property
    def at(self) -> datetime: ...
    @property
    def actor(self) -> Author: ...
    @property
    def data(self) -> Mapping[str, Any]: ...


def counted(events: Sequence[Told]) -> list[Usage]:
    """The automated resolutions and the handled conversation of one conversation, from all its events in order.

    Handled: a person's message was delivered or a person resolved it; once, however often it is reopened. Automated:
    the bot resolved it and nobody had handled it; taken back when it is reopened or revoked. A duplicate that is merged
    was handled where it went.
    """
    facts: list[Usage] = []
    handled = contained = False
    for event in events:
        by = event.data.get("by")
        if handled and event.kind == EventKind.MERGED:
            facts.append(_one(event, Item.HANDLED_CONVERSATION, -1, Because.MERGED))
        took = event.kind == EventKind.TOOK_OVER and event.data.get("handled")
        person = took or (event.kind == EventKind.DELIVERED and event.data.get("author") == AuthorKind.AGENT)
        if not handled and (person or (event.kind == EventKind.RESOLVED and by == ResolvedBy.AGENT)):
            handled = True
            because = Because.ANSWERED if person else Because.RESOLVED_BY_PERSON
            facts.append(_one(event, Item.HANDLED_CONVERSATION, 1, because))
        if event.kind == EventKind.RESOLVED and by == ResolvedBy.BOT and not handled and not contained:
            contained = True
            facts.append(_one(event, Item.AUTOMATED_RESOLUTION, 1, Because.RESOLVED_BY_BOT))
        elif contained and event.kind in (EventKind.REOPENED, EventKind.CONTAINMENT_REVOKED):
            contained = False
            because = Because.REOPENED if event.kind == EventKind.REOPENED else Because.CAME_BACK
            facts.append(_one(event, Item.AUTOMATED_RESOLUTION, -1, because))
    return facts


def holdings(events: Sequence[Told], now: datetime) -> list[Holding]:
    """Who had one conversation and when, from claim to release less snooze; one still held ends `now`."""
    found: list[tuple[str, int, int]] = []
    snoozes: list[Range] = []
    agent, since, snoozed = "", 0, None
    for event in events:
        at = to_us(event.at)
        if event.kind == EventKind.SNOOZED:
            snoozed = at if snoozed is None else snoozed
        elif snoozed is not None and event.kind in (EventKind.UNSNOOZED, EventKind.CUSTOMER_MESSAGE, *_ENDS_HOLDING):
            snoozes.append((snoozed, at))
            snoozed = None
        if agent and event.kind in (*_ENDS_HOLDING, EventKind.ASSIGNED):
            found.append((agent, since, at))
            agent = ""
        if event.kind == EventKind.ASSIGNED:
            agent, since = str(event.data.get("agent") or event.actor.id), at
    if agent:
        found.append((agent, since, to_us(now)))
    if snoozed is not None:
        snoozes.append((snoozed, to_us(now)))
    asleep = unite(snoozes)
    return [
        Holding(who, str(events[0].conversation), tuple(subtract(unite([(start, end)]), asleep)))
        for who, start, end in found
    ]


def split(
    held: Iterable[Holding], online: Mapping[str, Sequence[Range]] | None = None
) -> dict[tuple[str, str], list[tuple[int, int, Fraction]]]:
    """Each conversation's share of its agents' time, as (start, end, share) by (agent, conversation).

    Wherever an agent has n conversations at once, each gets 1/n of that stretch, so that the sum never exceeds the
    agent's time; with `online`, only stretches in which the agent was logged in count. Pass all clients' holdings.
    """
    by_agent: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
    for holding in held:
        ranges = list(holding.ranges)
        if online is not None:
            there = unite(online.get(holding.agent, ()))
            ranges = subtract(ranges, subtract(ranges, there))
        by_agent[holding.agent] += [(*r, holding.conversation) for r in ranges]
    shares: dict[tuple[str, str], list[tuple[int, int, Fraction]]] = defaultdict(list)
    for agent, pieces in by_agent.items():
        for start, end, conversation, share in _slices(pieces):
            shares[agent, conversation].append((start, end, share))
    return dict(shares)


def minutes(
    shares: Mapping[tuple[str, str], Iterable[tuple[int, int, Fraction]]], start: datetime, end: datetime
) -> list[Usage]:
    """The agent minutes of each conversation between `start` and `end`, dated at `start`."""
    lo, hi = to_us(start), to_us(end)
    sums: dict[str, Fraction] = defaultdict(Fraction)
    for (_, conversation), pieces in shares.items():
        for a, b, share in pieces:
            sums[conversation] += max(min(b, hi) - max(a, lo), 0) * share
    return [Usage(c, Item.AGENT_MINUTE, start, us / (60 * SECOND)) for c, us in sorted(sums.items()) if us]


def spent(held: Iterable[Holding], ours: Container[str], bounds: Sequence[datetime]) -> list[Fraction]:
    """The agent minutes of some conversations together, in each piece between neighbouring `bounds` (in order): what
    `minutes` of `split` adds up to, in one pass over each agent's time. Pass all clients' holdings.
    """
    edges = [to_us(bound) for bound in bounds]
    sums: list[dict[int, int]] = [defaultdict(int) for _ in edges[1:]]
    by_agent: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    for holding in held:
        mine = int(holding.conversation in ours)
        for start, end in holding.ranges:
            by_agent[holding.agent] += [(start, 1, mine), (end, -1, -mine)]
    for changes in by_agent.values():
        changes.sort()
        count = mine = 0
        for (at, more, ours_more), (until, _, _) in pairwise(changes):
            count += more
            mine += ours_more
            if mine and at < until:
                for place in range(max(bisect_right(edges, at) - 1, 0), bisect_left(edges, until)):
                    if place < len(sums):
                        overlap = min(until, edges[place + 1]) - max(at, edges[place])
                        sums[place][count] += max(overlap, 0) * mine
    return [sum((Fraction(us, n) for n, us in piece.items()), Fraction(0)) / (60 * SECOND) for piece in sums]


def _slices(pieces: list[tuple[int, int, str]]) -> Iterable[tuple[int, int, str, Fraction]]:
    changes = [(at, n) for piece in pieces for at, n in ((piece[0], 1), (piece[1], -1))]
    edges = sorted({at for at, _ in changes})
    starts: dict[int, list[str]] = defaultdict(list)
    ends: dict[int, list[str]] = defaultdict(list)
    for start, end, conversation in pieces:
        starts[start].append(conversation)
        ends[end].append(conversation)
    active: list[str] = []
    for start, end in pairwise(edges):
        for conversation in ends[start]:
            active.remove(conversation)
        active += starts[start]
        for conversation in active:
            yield start, end, conversation, Fraction(1, len(active))


def _one(event: Told, item: Item, quantity: int, because: Because) -> Usage:
    return Usage(str(event.conversation), item, event.at, Fraction(quantity), because)
