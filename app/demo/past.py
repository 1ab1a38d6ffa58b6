"""Lives the demo's earlier weeks in a process of its own, politely, while the pages are open.

`python -m app.demo.past FOLDER NUMBER OF` plays its share of the weeks, one after the other, on a copy of the demo's
database, in which nothing else happens and nothing is lost if it is killed, and carries finished conversations over. It
writes a line of JSON for each step to standard output, and ends by itself when the process that started it is gone.
"""

import asyncio
import gc
import json
import os
import signal
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from app import logs
from app.demo.backend import BACKEND, addresses, backend
from app.demo.plan import Plan, Stretch, kept
from app.demo.settings import COPY, DATABASE, PLAN, demo_settings
from app.demo.simulation import Simulation, Stage
from app.demo.stage import SEED, TROUBLED, all_stories, stage_of
from app.demo.stories import Story
from app.settings import LogFormat
from app.wiring import platform
from clients import PACKS
from conversation.clock import ManualClock
from nlu.variables import variable_of
from storage.carry import carry, copy_without_conversations, drop, finished_threads, forget_conversations, known_refs

NICENESS = 15
CARRIED_AT_ONCE = 25  # a few hundredths of a second in which nobody else writes
BREATH_SECONDS = 0.2


async def live_past(folder: Path, plan: Plan, number: int = 0, of: int = 1) -> None:
    """Plays every `of`-th of the weeks, from the one with this number, that are not there yet, the latest first."""
    share = plan.weeks[number::of]
    missing = [week for week in share if len(known_refs(folder / DATABASE, week.name)) < week.conversations]
    if not missing:
        return
    stories, copy = all_stories(PACKS), COPY.format(number=number)
    copy_without_conversations(folder / DATABASE, folder / copy)
    async with backend() as port:
        settings = demo_settings(None, port, folder, database=copy)
        for week in missing:
            clock = ManualClock(week.start)
            async with platform(settings, clock=clock, hasty=True) as built:
                stage = await stage_of(built, clock, addresses(port)[variable_of("alpenrad", BACKEND)])
                await live_week(stage, stories, week, plan.until)
            await carry_over(folder / copy, folder / DATABASE)
            tell(week=week.name, start=week.start.isoformat(), conversations=week.conversations)
    drop(folder / copy)


async def live_week(stage: Stage, stories: Sequence[Story], week: Stretch, latest: datetime) -> None:
    """The week's visits to their end, which may come in the days after it, but not after `latest`."""
    seed = SEED + int(week.start.timestamp())
    await Simulation(stage, seed=seed, trouble=TROUBLED, name=week.name).play(
        stories, week.conversations, week.start, week.end, leave_if_orphaned, still_open=0, until=latest
    )


async def carry_over(copy: Path, database: Path) -> None:
    """Hands over what has ended, a little at a time: the demo's own writers come in between."""
    finished = finished_threads(copy)
    for first in range(0, len(finished), CARRIED_AT_ONCE):
        leave_if_orphaned()
        carry(copy, database, finished[first : first + CARRIED_AT_ONCE])
        await asyncio.sleep(BREATH_SECONDS)
    forget_conversations(copy)


def leave_if_orphaned() -> None:
    """Ends this process if the demo is gone: what was carried stays, the next start goes on."""
    if os.getppid() != PARENT:
        sys.exit(0)


def tell(**facts: object) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Runs until every week of its share is there."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the demo, which then ends us
    os.nice(NICENESS)
    gc.set_threshold(50_000, 20, 100)
    logs.configure("WARNING", LogFormat.CONSOLE)
    folder, number, of = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    plan = kept(folder / PLAN)
    if plan is not None:
        asyncio.run(live_past(folder, plan, number, of))


PARENT = os.getppid()
if __name__ == "__main__":
    main()
