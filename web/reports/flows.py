"""Large tables written while they are read: a year of conversations passes through without being held anywhere."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

from sla.report import HalfHour
from sla.slices import CLOCKS
from web.exports.csv_file import BYTE_ORDER, csv_lines

Batches = AsyncIterator[Sequence[Mapping[str, Any]]]

_CLOCK = ("started_at", "due_at", "stopped_at", "outcome", "elapsed_s", "budget_s")
_READINGS = ("from_handoff_s", "from_first_message_s")
"""What a first response took, read either way, whichever start the contract uses."""
_ABOUT = (
    "conversation",
    "opened_at",
    "channel",
    "channel_kind",
    "customer",
    "language",
    "queue",
    "topic",
    "ending",
    "handoff_reason",
    "handed_off_at",
    "agent",
    "resolved_at",
    "disposition",
    "csat",
)


async def half_hours_as_rows(batches: AsyncIterator[Sequence[HalfHour]]) -> Batches:
    """Half hours as plain values."""
    async for batch in batches:
        yield [asdict(row) for row in batch]


async def as_json(batches: Batches) -> AsyncIterator[str]:
    """One array, an object a line."""
    yield "[\n"
    first = True
    async for batch in batches:
        if batch:
            lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in batch)
            yield lines if first else f",\n{lines}"
            first = False
    yield "\n]\n"


async def half_hours_as_csv(batches: Batches) -> AsyncIterator[str]:
    """A line for each half hour, queue and language."""
    names = [field.name for field in fields(HalfHour)]
    yield BYTE_ORDER + csv_lines([names])
    async for batch in batches:
        yield csv_lines([[row[name] for name in names] for row in batch])


async def conversations_as_csv(batches: Batches) -> AsyncIterator[str]:
    """A line for each conversation: what it was, its first response and resolution, and its next responses counted."""
    once = [kind for kind in CLOCKS if kind != "next_response"]
    yield BYTE_ORDER + csv_lines(
        [
            [
                *_ABOUT,
                *(f"{kind}_{name}" for kind in once for name in _columns(kind)),
                "next_responses_met",
                "next_responses_missed",
                "next_responses_open",
            ]
        ]
    )
    async for batch in batches:
        yield csv_lines([_line(row, once) for row in batch])


def _columns(kind: str) -> tuple[str, ...]:
    return (*_CLOCK, *_READINGS) if kind == "first_response" else _CLOCK


def _line(row: Mapping[str, Any], once: Sequence[str]) -> list[object]:
    values: list[object] = [row.get(name) for name in _ABOUT]
    for kind in once:
        clock: Mapping[str, Any] = next((c for c in row["clocks"] if c["kind"] == kind), {})
        values += [clock.get(name) for name in _columns(kind)]
    further = [c for c in row["clocks"] if c["kind"] == "next_response" and c["state"] != "cancelled"]
    outcomes = [c["outcome"] for c in further]
    return [*values, outcomes.count("met"), outcomes.count("missed"), outcomes.count("")]
