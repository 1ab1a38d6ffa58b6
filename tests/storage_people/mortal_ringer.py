"""A real worker process that rings what is due, stops before it commits, says so, and waits there to be killed.

`python -m tests.storage_people.mortal_ringer DATABASE_URL MINUTES`, with the time so many minutes after noon.
"""

import asyncio
import sys
from collections.abc import Sequence
from typing import Any

from conversation.change import Change
from conversation.clock import ManualClock
from conversation.events import Event
from storage.database import Database
from storage.sla_alarms import SlaAlarms
from storage.sla_rows import SlaPolicies
from tests.builders import NOON, minutes
from tests.storage.harness import Told
from tests.storage.mortal_worker import stand_still


class StandsStill:
    """A projection that never ends, so the transaction stays open and its rows locked."""

    async def apply(self, transaction: Any, changes: Sequence[Change], events: Sequence[Event]) -> None:
        del transaction, changes, events
        await stand_still()


async def main(url: str, at: float) -> None:
    told, clock = Told(), ManualClock(NOON + minutes(at))
    alarms = SlaAlarms(Database(url), SlaPolicies(lambda _: None), clock, told, told, [StandsStill()])
    await alarms.fire_due()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], float(sys.argv[2])))
