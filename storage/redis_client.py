"""The way to Redis or Valkey, or to its twin in this process (`memory://`)."""

from fakeredis import FakeAsyncRedis, FakeServer
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

Client = Redis

BROKEN = (RedisError, OSError, TimeoutError)
_CONNECT_SECONDS = 0.5
_HEALTH_SECONDS = 15


def redis_client(url: str) -> Client:
    """A client for `redis://`, `rediss://` or `unix://`; for `memory://` one with a server of its own in this process.

    It never retries: what uses it falls back to the database's sweeps, and a commit must not wait for a dead Redis.
    """
    if url.startswith("memory://"):
        return FakeAsyncRedis(server=FakeServer())
    client: Client = Redis.from_url(
        url,
        socket_connect_timeout=_CONNECT_SECONDS,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=_HEALTH_SECONDS,
    )
    return client
