"""Has the demo's earlier weeks lived by a process beside this one, tells how far it is, closes months at the end."""

import asyncio
import contextlib
import json
import sys
from datetime import datetime
from pathlib import Path

from rich.console import Console

from app.demo.plan import Plan, closable_months, kept
from app.demo.settings import PLAN
from app.wiring import Platform
from sla.errors import NotSettled

ADMIN = "admin@demo.test"
STOP_SECONDS = 5.0
DONE = "past-done"


async def fill_past(built: Platform, folder: Path, console: Console, stop: asyncio.Event) -> None:
    """Returns when every week is there, or at `stop`; then the next start goes on where this one was."""
    plan = kept(folder / PLAN)
    if plan is None or not plan.weeks or (folder / DONE).exists():
        return
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "app.demo.past", str(folder)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    following = asyncio.create_task(_follow(process, plan, console))
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((following, stopping), return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        await _end(process)
    complete = await following
    if stop.is_set():
        return
    if complete:
        await close_months(built, plan)
        (folder / DONE).touch()
        console.print("The past is complete; its months are closed and their statements frozen.")
    else:
        console.print("The past stays incomplete for now; the next start goes on with it.")


async def close_months(built: Platform, plan: Plan) -> None:
    """Freezes the statements of the months that are wholly in the past."""
    for client in await built.clients.ids():
        for month in closable_months(plan, built.directory.timezone(client)):
            with contextlib.suppress(NotSettled):  # an earlier start has closed it
                await built.settlement.close(client, month, by=ADMIN)


async def _follow(process: asyncio.subprocess.Process, plan: Plan, console: Console) -> bool:
    """Prints each week as it comes; whether the process reached its end."""
    assert process.stdout is not None
    assert process.stderr is not None
    complaints = asyncio.create_task(process.stderr.read())
    there = plan.recent.conversations
    async for line in process.stdout:
        week = json.loads(line)
        there += week["conversations"]
        since = datetime.fromisoformat(week["start"])
        console.print(f"  the past reaches back to {since:%d %B %Y}: {there:,} of {plan.conversations:,} conversations")
    if await process.wait() > 0:
        last_words = (await complaints).decode(errors="replace").strip().splitlines()[-1:]
        console.print(f"  the process that makes the past ended: {' '.join(last_words)}", markup=False)
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
