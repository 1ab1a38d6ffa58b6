"""Arrivals and half hours as workforce tools want them: when customers come, and what became of them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sla.instants import SECOND, format_utc, to_us, zone_info
from sla.span import Range, subtract, unite

HALF_HOUR = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Contact:
    """One conversation handed to people. `in_sla` is its first response's verdict, None while open or unmeasured."""

    client: str
    queue: str
    language: str
    offered_at: datetime
    handled: bool = False
    abandoned: bool = False
    handling_s: float = 0.0
    in_sla: bool | None = None


@dataclass(frozen=True, slots=True)
class HalfHour:
    """One client, queue and language in one half hour of the client's wall clock. Everything counts where the contact
    was offered; `handling_s` is the mean of the handled ones; `staffed` the mean number of agents online meanwhile.
    """

    start: str
    local_start: str
    client: str
    queue: str
    language: str
    offered: int
    handled: int
    abandoned: int
    in_sla: int
    handling_s: float
    staffed: float


def heatmap(arrivals: Iterable[datetime], zone: str) -> dict[tuple[int, int], int]:
    """Arrivals by (weekday, hour) of the client's wall clock, Monday 0; empty cells are left out."""
    info = zone_info(zone)
    local = (at.astimezone(info) for at in arrivals)
    return dict(Counter((at.weekday(), at.hour) for at in local))


def half_hour_of(at: datetime, zone: str) -> datetime:
    """The instant at which the wall clock's half hour around `at` began; a doubled hour keeps its two halves apart."""
    local = at.astimezone(zone_info(zone))
    return at - timedelta(minutes=local.minute % 30, seconds=local.second, microseconds=local.microsecond)


def half_hours(
    contacts: Iterable[Contact], zone: str, online: Mapping[str, Sequence[tuple[datetime, datetime]]] | None = None
) -> list[HalfHour]:
    """Rows for workforce tools, in order of time, client, queue and language; half hours without contacts are left
    out. `online` are the times each agent was there.
    """
    groups: dict[tuple[datetime, str, str, str], list[Contact]] = defaultdict(list)
    for contact in contacts:
        start = half_hour_of(contact.offered_at, zone)
        groups[start, contact.client, contact.queue, contact.language].append(contact)
    presence = [unite((to_us(a), to_us(b)) for a, b in times) for times in (online or {}).values()]
    return [_row(key, found, zone, presence) for key, found in sorted(groups.items(), key=lambda item: item[0])]


def table_of(found: Sequence[Any], of: type = HalfHour) -> list[list[object]]:
    """Rows of one dataclass under a head of its fields."""
    names = [field.name for field in fields(of)]
    return [[*names], *([getattr(row, name) for name in names] for row in found)]


def _row(
    key: tuple[datetime, str, str, str], found: Sequence[Contact], zone: str, presence: Sequence[list[Range]]
) -> HalfHour:
    start, client, queue, language = key
    handled = [contact for contact in found if contact.handled]
    span = [(to_us(start), to_us(start + HALF_HOUR))]
    away = sum(b - a for ranges in presence for a, b in subtract(span, ranges))
    length = HALF_HOUR // timedelta(seconds=1) * SECOND
    return HalfHour(
        start=format_utc(start),
        local_start=start.astimezone(zone_info(zone)).isoformat(timespec="minutes"),
        client=client,
        queue=queue,
        language=language,
        offered=len(found),
        handled=len(handled),
        abandoned=sum(contact.abandoned for contact in found),
        in_sla=sum(contact.in_sla is True for contact in found),
        handling_s=round(sum(c.handling_s for c in handled) / len(handled), 3) if handled else 0.0,
        staffed=round(len(presence) - away / length, 3),
    )
