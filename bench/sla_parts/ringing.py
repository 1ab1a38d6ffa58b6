"""A worker that rings alarms, as a process of its own."""

import asyncio
import contextlib
import sys
from datetime import UTC, datetime

from bench.sla_parts.history import ZONE, policy_of
from conversation.clock import SystemClock
from storage.database import Database
from storage.sla_alarms import SlaAlarms
from storage.sla_rows import SlaPolicies

CONTRACT = {
    "calendar": {"timezone": ZONE, "hours": "24/7"},
    "sla": {"objective": 95, "targets": [{"first_response": "15m", "resolution": "1d"}]},
}
PATIENCE_S = 30


class Quiet:
    """Nobody to tell, and a wait that only waits."""

    async def announce(self, *_):
        return None

    async def wait(self, _, timeout):
        await asyncio.sleep(timeout)
        return False

    async def publish(self, _):
        return None


@contextlib.asynccontextmanager
async def worker(url, stuck_from=None):
    """A process that rings alarms; from a moment on it stops inside its transaction, and says so."""
    words = [url, *([stuck_from.isoformat()] if stuck_from else [])]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.sla_parts.ringing", *words, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        await process.communicate()


async def said(process, word):
    """What stands behind the word on the line that begins with it."""
    async with asyncio.timeout(PATIENCE_S):
        while line := (await process.stdout.readline()).decode().split():
            if line[0] == word:
                return line[-1]
    raise RuntimeError(f"the worker ended before it said {word!r}")


class _Stuck:
    """A projection that never ends from a moment on, with its transaction open and its rows locked."""

    def __init__(self, since):
        self._since = since

    async def apply(self, *_):
        if datetime.now(UTC) >= self._since:
            print("stuck", flush=True)
            await asyncio.Event().wait()


async def _ring(url, stuck_from=None):
    policy, quiet = policy_of(CONTRACT), Quiet()
    extra = [_Stuck(datetime.fromisoformat(stuck_from))] if stuck_from else []
    alarms = SlaAlarms(Database(url), SlaPolicies(lambda _: policy), SystemClock(), quiet, quiet, extra)
    await alarms.next_wakeup()  # connected
    print("up", datetime.now(UTC).isoformat(), flush=True)
    await alarms.run(asyncio.Event())


if __name__ == "__main__":
    asyncio.run(_ring(*sys.argv[1:]))
