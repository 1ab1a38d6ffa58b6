"""Has the demo's earlier weeks lived by processes beside this one, tells how far they are, closes months at the end."""

import asyncio
import contextlib
import json
import os
import sys
from datetime import datetime
from pathlib import Path

from rich.console import Console

from app.demo.paperwork import settle_past
from app.demo.plan import Plan, kept
from app.demo.settings import DATABASE, PLAN
from app.wiring import Platform
from storage.carry import known_refs

STOP_SECONDS = 5.0
MOST_AT_ONCE = 3  # each takes half a gigabyte
DONE = "past-done"


async def fill_past(built: Platform, folder: Path, console: Console, stop: asyncio.Event) -> None:
    """Returns when every week is there, or at `stop`; then the next start goes on where this one was."""
    plan = kept(folder / PLAN)
    if plan is None or not plan.weeks or (folder / DONE).exists():
        return
    of = min(MOST_AT_ONCE, os.cpu_count() or 1, len(plan.weeks))
    processes = [await _start(folder, number, of) for number in range(of)]
    there = plan.recent.conversations + sum(len(known_refs(folder / DATABASE, week.name)) for week in plan.weeks)
    progress = _Progress(plan, console, there)
    following = asyncio.gather(*(_follow(process, progress) for process in processes))
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((following, stopping), return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        await asyncio.gather(*(_end(process) for process in processes))
    complete = all(await following)
    if stop.is_set():
        return
    if complete:
        await settle_past(built, plan)
        (folder / DONE).touch()
        console.print("The past is complete; its months are closed and their statements frozen.")
    else:
        console.print("The past stays incomplete for now; the next start goes on with it.")


class _Progress:
    """Prints each week as it comes."""

    def __init__(self, plan: Plan, console: Console, there: int) -> None:
        self._plan, self._there, self.console = plan, there, console

    def week(self, start: datetime, conversations: int) -> None:
        self._there += conversations
        self.console.print(
            f"  the week from {start:%d %B %Y} is there: {self._there:,} of {self._plan.conversations:,} conversations"
        )


async def _start(folder: Path, number: int, of: int) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "app.demo.past", str(folder), str(number), str(of)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )


async def _follow(process: asyncio.subprocess.Process, progress: _Progress) -> bool:
    """Tells of each week as it comes; whether the process reached its end."""
    assert process.stdout is not None
    assert process.stderr is not None
    complaints = asyncio.create_task(process.stderr.read())
    async for line in process.stdout:
        week = json.loads(line)
        progress.week(datetime.fromisoformat(week["start"]), week["conversations"])
    if await process.wait() > 0:
        last_words = (await complaints).decode(errors="replace").strip().splitlines()[-1:]
        progress.console.print(f"  a process that makes the past ended: {' '.join(last_words)}", markup=False)
    return process.returncode == 0


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
