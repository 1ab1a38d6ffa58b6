"""The tries to sign in that failed or are under way: counted and reserved in one transaction."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, func, literal, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from accounts.throttle import Attempt, Bucket, Proof, buckets_of, retry_at
from conversation.plain_text import clean
from storage.database import Database
from storage.schema import sign_in_attempts
from storage.tenancy import ALL_CLIENTS

_a = sign_in_attempts.c
_SWEPT_AT_ONCE = 5_000


class SqlAttempts:
    """An accounts.ports.Attempts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def reserve(self, attempt: Attempt) -> datetime | None:
        """See accounts.ports.Attempts. A flood is refused by a first look that takes no lock."""
        async with self._database.reading(ALL_CLIENTS) as connection:
            if (until := await _retry_at(connection, attempt)) is not None:
                return until
        async with self._database.transaction(ALL_CLIENTS) as connection:
            await _one_at_a_time(connection, attempt)
            until = await _retry_at(connection, attempt)
            if until is None:
                await connection.execute(sign_in_attempts.insert().values(_row(attempt)))
            return until

    async def give_back(self, attempt: Attempt) -> None:
        """See accounts.ports.Attempts."""
        async with self._database.transaction(ALL_CLIENTS) as connection:
            await connection.execute(delete(sign_in_attempts).where(_a.id == attempt.id))

    async def forget(self, attempt: Attempt) -> None:
        """See accounts.ports.Attempts."""
        cleared = [_a.address == attempt.address, _a.proof == Proof.CODE]
        if attempt.device:
            cleared.append(_a.device == attempt.device)
        async with self._database.transaction(ALL_CLIENTS) as connection:
            await _one_at_a_time(connection, attempt)
            await connection.execute(delete(sign_in_attempts).where(_a.account == attempt.account, or_(*cleared)))

    async def forget_account(self, account: str) -> int:
        """See accounts.ports.Attempts."""
        async with self._database.transaction(ALL_CLIENTS) as connection:
            await _lock(connection, [f"account:{account}"])
            return (await connection.execute(delete(sign_in_attempts).where(_a.account == account))).rowcount

    async def sweep(self, before: datetime) -> int:
        """See accounts.ports.Attempts."""
        swept = 0
        while True:
            old = select(_a.id).where(_a.at < before).limit(_SWEPT_AT_ONCE).with_for_update(skip_locked=True)
            async with self._database.transaction(ALL_CLIENTS) as connection:
                gone = (await connection.execute(delete(sign_in_attempts).where(_a.id.in_(old)))).rowcount
            swept += gone
            if gone < _SWEPT_AT_ONCE:
                return swept


async def _retry_at(connection: AsyncConnection, attempt: Attempt) -> datetime | None:
    buckets = buckets_of(attempt)
    newest: dict[Bucket, list[datetime]] = {bucket: [] for bucket in buckets}
    wanted = [_newest(number, bucket, attempt.at) for number, bucket in enumerate(buckets)]
    rows: Sequence[Any] = (await connection.execute(union_all(*wanted))).all()
    for number, at in rows:
        newest[buckets[number]].append(at)
    return retry_at(attempt, {bucket: sorted(times, reverse=True) for bucket, times in newest.items()})


def _newest(number: int, bucket: Bucket, now: datetime) -> Select[tuple[int, datetime]]:
    """The newest attempts in a bucket, no more than its rule can tell apart. Those of a process whose clock is ahead
    count too.
    """
    query = select(_a.at).where(_a.at > now - bucket.rule.window, *_in(bucket))
    found = query.order_by(_a.at.desc()).limit(bucket.rule.enough).subquery()
    return select(literal(number), found.c.at)


def _in(bucket: Bucket) -> list[ColumnElement[bool]]:
    fields = ((_a.account, bucket.account), (_a.address, bucket.address), (_a.device, bucket.device))
    conditions: list[ColumnElement[bool]] = [column == value for column, value in fields if value is not None]
    if bucket.proof is not None:
        conditions.append(_a.proof == bucket.proof)
    if bucket.device:
        conditions.append(_a.device != literal("", literal_execute=True))
    return conditions


async def _one_at_a_time(connection: AsyncConnection, attempt: Attempt) -> None:
    """Holds off, until the end of the transaction, everybody who would count in one of the attempt's buckets."""
    shared = [f"account:{attempt.account}", f"address:{attempt.address}"]
    await _lock(connection, [*shared, f"device:{attempt.device}"] if attempt.device else shared)


async def _lock(connection: AsyncConnection, names: Sequence[str]) -> None:
    """On SQLite the transaction itself is the only writer. The keys are locked in one order, so nobody waits in a
    circle.
    """
    if connection.dialect.name == "postgresql":
        for key in sorted(map(_key, names)):
            await connection.execute(select(func.pg_advisory_xact_lock(key)))


def _key(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(clean(f"sign-in {name}").encode(), digest_size=8).digest(), signed=True)


def _row(attempt: Attempt) -> dict[str, object]:
    return {
        "id": attempt.id,
        "proof": attempt.proof,
        "account": attempt.account,
        "address": attempt.address,
        "device": attempt.device,
        "at": attempt.at,
    }
