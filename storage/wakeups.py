"""Waking sleeping workers over Redis Streams; without Redis they sleep until their timeout and the sweep finds all."""

import asyncio
import logging
import time
from datetime import timedelta
from typing import Any

from storage.redis_client import BROKEN, Client

log = logging.getLogger(__name__)

_KEEP = 100
_BEGINNING = b"0-0"
_PAUSE_SECONDS = 1.0


class RedisWakeups:
    """The core's Wakeups. The last announcement of a topic that woke anybody in this process is remembered: one that is
    made while all are at work wakes the first who waits again, and whoever wakes looks for work, so none is overlooked.
    After a failure Redis is left alone for a second, so that commits do not each wait for a dead server. `prefix` keeps
    installations that share a Redis apart.
    """

    def __init__(self, client: Client, *, prefix: str = "switchboard") -> None:
        self._client = client
        self._prefix = prefix
        self._seen: dict[str, bytes] = {}
        self._silent_until = 0.0

    async def announce(self, *topics: str) -> None:
        """See conversation.ports.Wakeups."""
        if time.monotonic() < self._silent_until:
            return
        try:
            async with self._client.pipeline(transaction=False) as pipeline:
                for topic in dict.fromkeys(topics):
                    pipeline.xadd(self._stream(topic), {b"w": b"1"}, maxlen=_KEEP, approximate=True)
                await pipeline.execute()
        except BROKEN as error:
            self._broken("announce", error)

    async def wait(self, topic: str, timeout: float) -> bool:
        """See conversation.ports.Wakeups."""
        deadline = time.monotonic() + timeout
        if time.monotonic() >= self._silent_until:
            try:
                return await self._read(topic, timeout)
            except BROKEN as error:
                self._broken("wait", error)
        await asyncio.sleep(max(0.0, deadline - time.monotonic()))
        return False

    async def sweep(self, age: timedelta) -> int:
        """Deletes announcements that are older; how many. None without Redis: it keeps few of each topic anyway."""
        try:
            seconds, _ = await self._client.time()
            oldest = f"{int((seconds - age.total_seconds()) * 1000)}-0"
            streams = [stream async for stream in self._client.scan_iter(match=self._stream("*"))]
            return sum([await self._client.xtrim(stream, minid=oldest, approximate=False) for stream in streams])
        except BROKEN as error:
            self._broken("sweep", error)
            return 0

    async def _read(self, topic: str, timeout: float) -> bool:
        seen = self._seen
        stream = self._stream(topic)
        if topic not in seen:
            newest = await self._newest(stream)
            if (
                seen.setdefault(topic, newest) != _BEGINNING
            ):  # it may have come between the waiter's last look and this first wait
                return True
        async with asyncio.timeout(timeout + _PAUSE_SECONDS):
            answer: Any = await self._client.xread(
                {stream: seen[topic]}, count=_KEEP, block=max(1, int(timeout * 1000))
            )
        if not answer:
            return False
        [(_, entries)] = answer
        seen[topic] = max(seen[topic], entries[-1][0], key=_place)
        return True

    def _stream(self, topic: str) -> str:
        return f"{self._prefix}:wake:{topic}"

    async def _newest(self, stream: str) -> bytes:
        last: Any = await self._client.xrevrange(stream, count=1)
        newest: bytes = last[0][0] if last else _BEGINNING
        return newest

    def _broken(self, doing: str, error: Exception) -> None:
        if time.monotonic() >= self._silent_until:
            log.warning("Redis failed to %s (%r); workers find their work by sweeping until it is back", doing, error)
        self._silent_until = time.monotonic() + _PAUSE_SECONDS


def _place(entry: bytes) -> tuple[int, int]:
    milliseconds, _, number = entry.partition(b"-")
    return int(milliseconds), int(number)
