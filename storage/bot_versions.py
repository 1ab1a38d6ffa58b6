"""Bots as versions: immutable rows, numbered per client, and which of them runs."""

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, func, insert, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from accounts.audit import Act, AuditEntry, entry
from conversation.ids import ClientId, UserId
from nlu.versions.rows import evaluation_of, evaluation_to_row, held_of, held_to_bytes
from nlu.versions.version import BotVersion, Evaluation, FailedTest, Held, TestRun
from storage.audit import note
from storage.database import Database
from storage.schema import clients
from storage.schema_bots import bot_activations, bot_shadows, bot_targets, bot_test_runs, bot_versions
from storage.statements import dialect_of, insert_new
from storage.tenancy import ALL_CLIENTS

_v, _a, _t, _s, _r = (
    bot_versions.c,
    bot_activations.c,
    bot_targets.c,
    bot_shadows.c,
    bot_test_runs.c,
)
_LIGHT = [column for column in bot_versions.c if column.name not in ("files", "held_out")]


@dataclass(frozen=True, slots=True)
class NewBot:
    """What becomes a version. `digest` is over all the bot is made of: the same one again is the same version."""

    client: ClientId
    digest: str
    data: str
    engine: str
    files: Mapping[str, str]
    model: str
    created_at: datetime
    created_by: str
    evaluation: Evaluation | None = None
    held_out: Sequence[Held] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Activation:
    """A version that came into force."""

    client: ClientId
    number: int
    at: datetime
    by_name: str
    reason: str = ""
    rollback: bool = False
    forced: bool = False


@dataclass(frozen=True, slots=True)
class Running:
    """What a process must know of a client's bot: which version runs (None: none, all were refused), and the stricter
    share of wrong answers it must keep, if one is set.
    """

    number: int | None
    target: float | None


class SqlBotVersions:
    """The bots in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, bot: NewBot) -> tuple[BotVersion, bool]:
        """Keeps the bot as the client's next version; that, and whether it is new: one of the same digest is returned
        as it is.
        """
        row = _row_of(bot)
        async with self._database.transaction([bot.client]) as connection:
            made: int | None = None
            known: int | None = None
            while made is None and known is None:
                next_number = select(func.coalesce(func.max(_v.number), 0) + 1).where(_v.client == bot.client)
                number = await connection.scalar(next_number)
                # Somebody else may take the number or keep the same bot this instant: then nothing is inserted.
                inserted = await connection.execute(
                    insert_new(connection.dialect.name, bot_versions, _v.number), [{**row, "number": number}]
                )
                made = inserted.scalar()
                known = await connection.scalar(
                    select(_v.number).where(_v.client == bot.client, _v.digest == bot.digest)
                )
            (version,) = await _versions(connection, _listed(bot.client).where(_v.digest == bot.digest))
        return version, made is not None

    async def all_of(self, client: ClientId) -> list[BotVersion]:
        """The client's versions, the newest first."""
        async with self._database.reading([client]) as connection:
            return await _versions(connection, _listed(client))

    async def get(self, client: ClientId, number: int) -> BotVersion | None:
        """One version, None if there is no such number."""
        async with self._database.reading([client]) as connection:
            found = await _versions(connection, _listed(client).where(_v.number == number))
        return found[0] if found else None

    async def with_digest(self, client: ClientId, digest: str) -> BotVersion | None:
        """The version made of exactly this."""
        async with self._database.reading([client]) as connection:
            found = await _versions(connection, _listed(client).where(_v.digest == digest))
        return found[0] if found else None

    async def files(self, client: ClientId, number: int) -> Mapping[str, str]:
        """The pack's files as they were; none for an unknown version."""
        async with self._database.reading([client]) as connection:
            kept = await connection.scalar(select(_v.files).where(_v.client == client, _v.number == number))
        return dict(json.loads(gzip.decompress(kept))) if kept is not None else {}

    async def held_out(self, client: ClientId, number: int) -> tuple[Held, ...]:
        """What the version said of its own held-out examples."""
        async with self._database.reading([client]) as connection:
            kept = await connection.scalar(select(_v.held_out).where(_v.client == client, _v.number == number))
        return held_of(kept) if kept is not None else ()

    async def keep_tests(self, client: ClientId, number: int, run: TestRun) -> None:
        """Keeps the latest run of the version's own conversation tests."""
        failed = [[one.name, one.place, one.why] for one in run.failed]
        values = {"at": run.at, "passed": run.passed, "failed": failed}
        async with self._database.transaction([client]) as connection:
            statement = dialect_of(connection).insert(bot_test_runs)
            await connection.execute(
                statement.on_conflict_do_update(index_elements=["client", "number"], set_=values),
                [{"client": client, "number": number, **values}],
            )

    async def activate(
        self, activation: Activation, *, by: UserId | None, act: str, expected: int | None, detail: Mapping[str, Any]
    ) -> bool:
        """Makes the version the one that runs, with its line in the audit log; False if another than `expected` ran
        meanwhile, so that whoever judged against it judges again.
        """
        async with self._database.transaction([activation.client]) as connection:
            await _lock(connection, activation.client)
            if await running_number(connection, activation.client) != expected:
                return False
            await bring_into_force(connection, activation, by=by, act=act, detail={"before": expected, **detail})
        return True

    async def history(self, client: ClientId) -> list[Activation]:
        """Everything that ever came into force, oldest first."""
        query = select(bot_activations).where(_a.client == client).order_by(_a.position)
        async with self._database.reading([client]) as connection:
            rows = (await connection.execute(query)).all()
        return [
            Activation(client, row.number, row.at, row.by_name, row.reason, row.rollback, row.forced) for row in rows
        ]

    async def set_target(
        self, client: ClientId, target: float | None, *, now: datetime, by: UserId | None, by_name: str, reason: str
    ) -> None:
        """Sets the stricter share of wrong answers, or lifts it (None); audited."""
        values = {"target": target, "at": now, "by_name": by_name, "reason": reason}
        async with self._database.transaction([client]) as connection:
            before = await connection.scalar(select(_t.target).where(_t.client == client))
            if target is None:
                await connection.execute(delete(bot_targets).where(_t.client == client))
            else:
                statement = dialect_of(connection).insert(bot_targets)
                await connection.execute(
                    statement.on_conflict_do_update(index_elements=["client"], set_=values),
                    [{"client": client, **values}],
                )
            told = entry(
                Act.BOT_TARGET,
                now,
                actor=by,
                actor_name=by_name,
                client=client,
                before=before,
                target=target,
                reason=reason,
            )
            await note(connection, [told])

    async def tell(self, entries: Sequence[AuditEntry]) -> None:
        """Adds lines to the audit log for what changed nothing here."""
        async with self._database.transaction(ALL_CLIENTS) as connection:
            await note(connection, entries)

    async def running(self) -> dict[ClientId, Running]:
        """Of every client that has bot versions, which one runs: cheap enough to ask often."""
        latest = select(_a.client, func.max(_a.position).label("position")).group_by(_a.client).subquery()
        active = (
            select(_a.client, _a.number)
            .join(latest, (latest.c.client == _a.client) & (latest.c.position == _a.position))
            .subquery()
        )
        known = select(_v.client).distinct().subquery()
        query = (
            select(known.c.client, active.c.number, _t.target)
            .outerjoin(active, active.c.client == known.c.client)
            .outerjoin(bot_targets, _t.client == known.c.client)
        )
        async with self._database.reading(ALL_CLIENTS) as connection:
            rows = (await connection.execute(query)).all()
        return {ClientId(row.client): Running(row.number, row.target) for row in rows}


async def bring_into_force(
    connection: AsyncConnection, activation: Activation, *, by: UserId | None, act: str, detail: Mapping[str, Any]
) -> None:
    """Adds the activation and its line in the audit log, inside a transaction that has locked the client. A version
    that runs ends its own shadow.
    """
    last = await connection.scalar(select(func.max(_a.position)).where(_a.client == activation.client))
    await connection.execute(
        insert(bot_activations).values(
            client=activation.client,
            position=(last or 0) + 1,
            number=activation.number,
            rollback=activation.rollback,
            forced=activation.forced,
            at=activation.at,
            by_name=activation.by_name,
            reason=activation.reason,
        )
    )
    await connection.execute(
        bot_shadows.update()
        .where(_s.client == activation.client, _s.number == activation.number, _s.until.is_(None))
        .values(until=activation.at)
    )
    told = entry(
        act,
        activation.at,
        actor=by,
        actor_name=activation.by_name,
        client=activation.client,
        subject=f"bot:{activation.number}",
        reason=activation.reason,
        **detail,
    )
    await note(connection, [told])


async def running_number(connection: AsyncConnection, client: ClientId) -> int | None:
    """The number of the version that runs, None if none does."""
    query = select(_a.number).where(_a.client == client).order_by(_a.position.desc()).limit(1)
    found: int | None = await connection.scalar(query)
    return found


async def _lock(connection: AsyncConnection, client: ClientId) -> None:
    await connection.execute(select(clients.c.id).where(clients.c.id == client).with_for_update())


def _row_of(bot: NewBot) -> dict[str, Any]:
    return {
        "client": bot.client,
        "digest": bot.digest,
        "data": bot.data,
        "engine": bot.engine,
        "files": gzip.compress(json.dumps(dict(bot.files), ensure_ascii=False).encode(), mtime=0),
        "model": bot.model,
        "facts": dict(bot.facts),
        "evaluation": evaluation_to_row(bot.evaluation) if bot.evaluation is not None else None,
        "held_out": held_to_bytes(bot.held_out),
        "created_at": bot.created_at,
        "created_by": bot.created_by,
    }


def _listed(client: ClientId) -> Select[Any]:
    active = (
        select(_a.number)
        .where(_a.client == client)
        .order_by(_a.position.desc())
        .limit(1)
        .scalar_subquery()
        .label("running")
    )
    shadow = (
        select(literal(1))
        .where(_s.client == client, _s.number == _v.number, _s.until.is_(None))
        .exists()
        .label("shadow")
    )
    return (
        select(*_LIGHT, active, shadow, _r.at.label("tested_at"), _r.passed, _r.failed)
        .outerjoin(bot_test_runs, (_r.client == _v.client) & (_r.number == _v.number))
        .where(_v.client == client)
        .order_by(_v.number.desc())
    )


async def _versions(connection: AsyncConnection, query: Select[Any]) -> list[BotVersion]:
    return [_version_of(row) for row in (await connection.execute(query)).all()]


def _version_of(row: Any) -> BotVersion:
    tests = None
    if row.tested_at is not None:
        tests = TestRun(row.tested_at, row.passed, tuple(FailedTest(*one) for one in row.failed))
    return BotVersion(
        client=ClientId(row.client),
        number=row.number,
        digest=row.digest,
        data=row.data,
        engine=row.engine,
        model=row.model,
        created_at=row.created_at,
        created_by=row.created_by,
        evaluation=evaluation_of(row.evaluation) if row.evaluation is not None else None,
        facts=row.facts,
        tests=tests,
        active=row.number == row.running,
        shadow=bool(row.shadow),
    )
