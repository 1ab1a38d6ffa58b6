"""A real worker process that hands a dangerous matter over, stops before it commits, says so, and waits to be killed.

`python -m tests.storage_people.mortal_reporter DATABASE_URL`
"""

import asyncio
import sys

from storage.danger_alarms import DangerAlarms
from storage.database import Database
from tests.storage.mortal_worker import SlowProjection
from tests.storage_people.reporting import Everybody, Reported


async def main(url: str) -> None:
    worker = Reported(Database(url), DangerAlarms(Everybody()), SlowProjection())
    await worker.handle_all("mortal")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
