"""When the demo's agents sat at their desks in its past: while a client of theirs was open, give or take a coffee."""

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from app.directory import Directory
from handoff.agent import Agent
from sla.calendar import State
from sla.instants import from_us, to_us
from sla.span import unite
from storage.presence_log import Attendance

LONG_SHIFT = timedelta(hours=6)
BREAK = timedelta(minutes=30)


def attendance(
    agents: Sequence[Agent], directory: Directory, start: datetime, until: datetime, seed: int
) -> Iterator[Attendance]:
    """Every agent's spans for each of their clients; the same for the same seed."""
    for number, agent in enumerate(agents):
        chance = random.Random(seed + number)  # noqa: S311  a story needs repeatable chance, not secrecy
        for begin, end in _shifts(agent, directory, start, until):
            begin += timedelta(minutes=chance.uniform(0, 6))  # noqa: PLW2901  nobody sits down on the second
            end = min(end + timedelta(minutes=chance.uniform(-4, 12)), until)  # noqa: PLW2901  nor leaves on it
            for came, went in _with_break(begin, end, number, chance):
                for client in sorted(agent.clients):
                    yield Attendance(client, agent.id, came, went, agent.skills)


def _shifts(
    agent: Agent, directory: Directory, start: datetime, until: datetime
) -> Sequence[tuple[datetime, datetime]]:
    """The times at which any client of the agent's is open; short closings in between are spent at the desk."""
    opened = [
        (to_us(segment.start), to_us(segment.end + BREAK))
        for client in agent.clients
        if (policy := directory.policy(client)) is not None
        for segment in policy.calendar.timeline(start, until)
        if segment.state is State.RUNNING
    ]
    return [(from_us(a), from_us(b) - BREAK) for a, b in unite(opened)]


def _with_break(
    begin: datetime, end: datetime, turn: int, chance: random.Random
) -> Iterator[tuple[datetime, datetime]]:
    """A long shift has half an hour off, in turns."""
    if end <= begin:
        return
    if end - begin < LONG_SHIFT:
        yield begin, end
        return
    off = begin + (end - begin) * 0.45 + BREAK * (turn % 3) + timedelta(minutes=chance.uniform(-5, 5))
    yield begin, off
    yield off + BREAK, end
