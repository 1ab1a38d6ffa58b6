"""A real worker process that stops at a chosen instant, says so, and waits there to be killed.

`python -m tests.storage.mortal_worker DATABASE_URL STAGE`, where STAGE is `thinking` (the bot is at work), `committing`
(everything is written, the transaction is still open) or `sending` (the platform has accepted, we have not recorded it).
"""

import asyncio
import sys
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from conversation.change import Change
from conversation.events import Event
from conversation.resolution import Resolution, Turn
from conversation.understanding import Understanding
from storage.database import Database
from storage.sla_projection import SlaProjection
from storage.sla_rows import SlaPolicies
from tests.builders import ScriptedBots
from tests.storage.harness import HOLD, Process
from tests.storage_people.office import policy


async def stand_still() -> None:
    sys.stdout.write("reached\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


class SlowBots(ScriptedBots):
    """A bot whose HTTP action never answers."""

    async def respond(self, turn: Turn, understanding: Understanding) -> Resolution:
        await stand_still()
        return await super().respond(turn, understanding)


class SlowProjection:
    """A projection that never ends, so the transaction stays open."""

    async def apply(self, transaction: Any, changes: Sequence[Change], events: Sequence[Event]) -> None:
        del transaction, changes, events
        await stand_still()


def clocks() -> SlaProjection:
    """Whoever handles a message here promises an answer in time."""
    return SlaProjection(SlaPolicies(lambda _: policy()))


async def main(url: str, stage: str) -> None:
    database = Database(url)
    process = Process(database, None, clocks(), *([SlowProjection()] if stage == "committing" else []))
    if stage == "thinking":
        process.pipeline = type(process.pipeline)(
            process.store, SlowBots(), process.pipeline.planner, process.pipeline.clock
        )
    await process.handle_all("mortal")
    await process.outbox.take("mortal", process.clock.now() + timedelta(0), limit=10, hold=HOLD)
    await stand_still()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
