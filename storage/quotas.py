"""Quotas that several processes count together, in Redis; while it is away each process counts for itself."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

import structlog

from conversation.quota import Charge, LocalQuotas, Place, Quotas, Refused
from storage.redis_client import BROKEN, Client

log = structlog.get_logger(__name__)

T = TypeVar("T")

PATIENCE_SECONDS = 1.5
"""A request waits no longer for an answer of Redis."""
CALLS = 8
"""So many calls of a process are under way at once: a flood must not look like a Redis that is away."""
APART_SECONDS = 2.0
"""So long after a failure each process counts for itself before it asks again."""

# Times are Redis's own, in microseconds, so that processes with different clocks agree.
_NOW = "local t = redis.call('TIME'); local now = t[1] * 1000000 + t[2]\n"

# Each key holds the time at which its bucket would be full again (GCRA, ITU-T I.371). ARGV: limit, period, cost each.
_SPEND = (
    _NOW
    + """
local after, worst, wait = {}, 0, 0
for i, key in ipairs(KEYS) do
  local limit, period = tonumber(ARGV[3 * i - 2]), tonumber(ARGV[3 * i - 1])
  local cost = math.min(tonumber(ARGV[3 * i]), limit)
  after[i] = math.max(tonumber(redis.call('GET', key) or now), now) + math.floor(cost * period / limit)
  local late = after[i] - period - now
  if late > 0 and late > wait then worst, wait = i, late end
end
if worst > 0 then return {worst, wait} end
for i, key in ipairs(KEYS) do
  redis.call('SET', key, string.format('%.0f', after[i]), 'PX', math.floor((after[i] - now) / 1000) + 1)
end
return {0, 0}
"""
)

# Each key is a sorted set of holders by the time their hold ends. ARGV: holder, length, limit of each.
_OCCUPY = (
    _NOW
    + """
local holder, length = ARGV[1], tonumber(ARGV[2])
for i, key in ipairs(KEYS) do
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
  if not redis.call('ZSCORE', key, holder) and redis.call('ZCARD', key) >= tonumber(ARGV[i + 2]) then
    local first = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
    return {i, tonumber(first[2] or now + length) - now}
  end
end
for i, key in ipairs(KEYS) do
  redis.call('ZADD', key, now + length, holder)
  redis.call('PEXPIRE', key, math.floor(length / 1000) + 1000)
end
return {0, 0}
"""
)

# ARGV: length, then the holder of each key.
_PROLONG = (
    _NOW
    + """
local length = tonumber(ARGV[1])
for i, key in ipairs(KEYS) do
  redis.call('ZADD', key, now + length, ARGV[i + 1])
  redis.call('PEXPIRE', key, math.floor(length / 1000) + 1000)
end
"""
)

_MANY = 1_000


class RedisQuotas:
    """conversation.quota.Quotas. Every key carries one hash tag, so that a cluster keeps them together."""

    def __init__(self, client: Client, *, prefix: str = "switchboard", local: Quotas | None = None) -> None:
        self._client = client
        self._prefix = f"{prefix}:{{quota}}:"
        self._local = local or LocalQuotas()
        self._apart_until = 0.0
        self._calls = asyncio.Semaphore(CALLS)

    async def spend(self, charges: Sequence[Charge]) -> Refused | None:
        """See Quotas."""
        keys = [charge.key for charge in charges]
        numbers = [n for c in charges for n in (c.limit, round(c.seconds * 1_000_000), c.cost)]

        async def together() -> Refused | None:
            return _refused(await self._run(_SPEND, keys, numbers), keys)

        return await self._either(together, lambda: self._local.spend(charges))

    async def occupy(self, holder: str, places: Sequence[Place], seconds: float) -> Refused | None:
        """See Quotas."""
        keys = [place.key for place in places]
        limits = [place.limit for place in places]

        async def together() -> Refused | None:
            return _refused(await self._run(_OCCUPY, keys, [holder, round(seconds * 1_000_000), *limits]), keys)

        return await self._either(together, lambda: self._local.occupy(holder, places, seconds))

    async def prolong(self, holders: Mapping[str, Sequence[str]], seconds: float) -> None:
        """See Quotas."""
        pairs = [(key, holder) for holder, keys in holders.items() for key in keys]

        async def together() -> None:
            for start in range(0, len(pairs), _MANY):
                part = pairs[start : start + _MANY]
                length = round(seconds * 1_000_000)
                await self._run(_PROLONG, [key for key, _ in part], [length, *(holder for _, holder in part)])

        await self._either(together, lambda: self._local.prolong(holders, seconds))

    async def leave(self, holder: str, keys: Sequence[str]) -> None:
        """See Quotas. It is given back on both sides: it may have been taken while Redis was away."""

        async def together() -> None:
            async with self._client.pipeline(transaction=False) as calls:
                for key in keys:
                    calls.zrem(self._prefix + key, holder)
                await calls.execute()

        await self._local.leave(holder, keys)
        await self._either(together, _nothing)

    async def _run(self, script: str, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
        named = [self._prefix + key for key in keys]
        return await self._client.eval(script, len(named), *named, *arguments)

    async def _either(self, together: Callable[[], Awaitable[T]], alone: Callable[[], Awaitable[T]]) -> T:
        """Never neither: without Redis the process's own count decides."""
        async with self._calls:
            if time.monotonic() >= self._apart_until:
                try:
                    async with asyncio.timeout(PATIENCE_SECONDS):
                        return await together()
                except BROKEN as error:
                    self._apart_until = time.monotonic() + APART_SECONDS
                    log.warning("Redis is away; this process counts quotas for itself", error=type(error).__name__)
        return await alone()


def _refused(answer: Sequence[int], keys: Sequence[str]) -> Refused | None:
    place, wait = answer
    return Refused(keys[place - 1], wait / 1_000_000) if place else None


async def _nothing() -> None:
    return None
