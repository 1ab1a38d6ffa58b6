"""Alarms on their way out: a durable row per alarm and recipient, told in messages retried until accepted."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Integer, Row, bindparam, false, func, or_, select, true, union, update
from sqlalchemy.ext.asyncio import AsyncConnection

from conversation.ids import new_id
from sla.alarm import Tell
from sla.digest import MOST_IN_A_DIGEST, Pace, grouped, plan
from sla.notice import DANGER_POINT, Alarm, Notice, Recipient
from storage.database import Database
from storage.schema_alarms import alarm_effects, alarm_recipients
from storage.statements import among_named, insert_new, names
from storage.tenancy import ALL_CLIENTS

GIVE_UP_AFTER = timedelta(hours=24)
"""An alarm that could not be told for so long is nobody's help any more: it stays on file as failed. A client's webhook
that failed for so long is switched off."""

_MOST_RECIPIENTS = 50
_e, _r = alarm_effects.c, alarm_recipients.c


class EffectState(StrEnum):
    """How far an alarm has come to one recipient."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a recipient fares. `waiting` alarms are not told yet; `unsure` ones may have been told twice."""

    recipient: Recipient
    waiting: int
    sent: int
    failed: int
    unsure: int
    failures: int
    failing_since: datetime | None
    disabled_at: datetime | None
    sent_at: datetime | None
    error: str


_DUE_RECIPIENTS = (
    select(_e.recipient)
    .where(_e.due_at <= bindparam("now"))
    .group_by(_e.recipient)
    .order_by(func.min(_e.due_at))
    .limit(bindparam("most", type_=Integer))
)
_LOCKED = (
    select(alarm_recipients)
    .where(among_named(_r.recipient, "recipients"))
    .order_by(_r.recipient)
    .with_for_update(skip_locked=True)
)
_BEGUN = (
    select(alarm_effects)
    .where(_e.recipient == bindparam("who"), _e.due_at <= bindparam("now"), _e.notice.is_not(None))
    .order_by(_e.position)
)
_FRESH = (
    select(alarm_effects)
    .where(_e.recipient == bindparam("who"), _e.due_at <= bindparam("now"), _e.notice.is_(None))
    .order_by((_e.point == DANGER_POINT).desc(), _e.position)
    .limit(bindparam("most", type_=Integer))
)
_SEND = (
    update(alarm_effects)
    .where(_e.position == bindparam("b_position"))
    .values(
        state=EffectState.SENDING.value,
        notice=bindparam("b_notice"),
        due_at=bindparam("b_until"),
        attempts=_e.attempts + 1,
        maybe_sent=bindparam("b_maybe_sent"),
    )
)
_POSTPONE = (
    update(alarm_effects)
    .where(_e.recipient == bindparam("who"), _e.due_at <= bindparam("now"))
    .values(due_at=bindparam("until"))
)
_KEEP_PACE = (
    update(alarm_recipients)
    .where(_r.recipient == bindparam("who"))
    .values(lately=bindparam("b_lately"), digest_at=bindparam("b_digest_at"))
)


def effect_rows(alarm: Alarm, recipients: Iterable[Recipient]) -> list[dict[str, Any]]:
    """The rows that tell these recipients of an alarm."""
    return [
        {
            "client": alarm.client,
            "clock": alarm.clock,
            "point": alarm.percent,
            "conversation": alarm.conversation,
            "tell": recipient.tell.value,
            "recipient": recipient.key,
            "data": alarm.to_row(),
            "due_at": alarm.fired_at,
            "created_at": alarm.fired_at,
        }
        for recipient in recipients
    ]


async def keep_effects(connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Adds rows inside the transaction that records their alarms; one that is there already stays."""
    if rows:
        await connection.execute(insert_new(connection.dialect.name, alarm_effects, _e.position), list(rows))


class SqlNotices:
    """What a sender of notices asks of the database. `address_of` gives, for a recipient's key, a digest of where it is
    now (empty: nowhere): one that was switched off is tried again as soon as it has moved.
    """

    def __init__(self, database: Database, address_of: Callable[[str], str]) -> None:
        self._database = database
        self._address_of = address_of

    async def take(self, now: datetime, *, hold: timedelta) -> list[Notice]:
        """Messages due now, each held until `now + hold`; nobody else has them meanwhile. The work of a recipient is
        decided by one worker at a time, so that the digest rule holds however many there are.
        """
        async with self._database.reading(ALL_CLIENTS) as connection:
            due = (await connection.execute(_DUE_RECIPIENTS, {"now": now, "most": _MOST_RECIPIENTS})).all()
        if not due:
            return []
        async with self._database.transaction(ALL_CLIENTS) as connection:
            await _introduce(connection, due)
            locked = (await connection.execute(_LOCKED, {"recipients": names(row.recipient for row in due)})).all()
            taking = _Taking(connection, now, hold)
            for row in locked:
                await self._one(taking, row, Recipient.of_key(row.recipient))
            return taking.notices

    async def sent(self, notice: Notice, now: datetime) -> None:
        """The recipient has it. True even if somebody else holds the notice by now."""
        async with self._database.transaction(ALL_CLIENTS) as connection:
            await connection.execute(
                update(alarm_effects)
                .where(_e.notice == notice.id, _e.state != EffectState.SENT.value)
                .values(state=EffectState.SENT.value, due_at=None, error="", finished_at=now)
            )
            await connection.execute(
                update(alarm_recipients)
                .where(_r.recipient == notice.recipient.key)
                .values(
                    failures=0,
                    failing_since=None,
                    rests_until=None,
                    error="",
                    sent_at=now,
                    address=self._address_of(notice.recipient.key),
                )
            )

    async def failed(self, notice: Notice, error: str, now: datetime, *, retry_at: datetime, maybe_sent: bool) -> None:
        """It did not arrive for now: the recipient rests until `retry_at`. What waits for a day is given up; a webhook
        that fails for a day is switched off.
        """
        async with self._database.transaction(ALL_CLIENTS) as connection:
            if not await self._still_ours(connection, notice):
                return
            oldest = min(alarm.fired_at for alarm in notice.alarms)
            if now - oldest >= GIVE_UP_AFTER:
                await _finish(connection, notice.id, EffectState.FAILED, error, now)
            else:
                await connection.execute(
                    update(alarm_effects)
                    .where(_e.notice == notice.id)
                    .values(
                        state=EffectState.PENDING.value,
                        due_at=retry_at,
                        error=error,
                        maybe_sent=or_(_e.maybe_sent, true() if maybe_sent else false()),
                    )
                )
            await self._count_failure(connection, notice, error, now, retry_at)

    async def refused(self, notice: Notice, error: str, now: datetime, *, for_good: bool = False) -> None:
        """It can never arrive. `for_good`: neither can anything else, so the recipient is switched off."""
        async with self._database.transaction(ALL_CLIENTS) as connection:
            if not await self._still_ours(connection, notice):
                return
            await _finish(connection, notice.id, EffectState.FAILED, error, now)
            if for_good:
                await self._switch_off(connection, notice.recipient.key, error, now)
            else:
                await connection.execute(
                    update(alarm_recipients).where(_r.recipient == notice.recipient.key).values(error=error)
                )

    async def next_due(self) -> datetime | None:
        """When something is to be taken next; None if nothing waits."""
        async with self._database.reading(ALL_CLIENTS) as connection:
            due: datetime | None = await connection.scalar(select(func.min(_e.due_at)).where(_e.due_at.is_not(None)))
            return due

    async def standings(self, since: datetime) -> list[Standing]:
        """Every recipient with the alarms of the time since then, by key."""
        lately = select(_e.position).where(_e.created_at >= since)
        waiting = select(_e.position).where(_e.due_at.is_not(None))
        counted = (
            select(
                _e.recipient,
                *(func.count().filter(_e.state == state.value).label(state.value) for state in EffectState),
                func.count().filter(_e.maybe_sent.is_(True)).label("unsure"),
            )
            .where(_e.position.in_(union(lately, waiting)))
            .group_by(_e.recipient)
        )
        async with self._database.reading(ALL_CLIENTS) as connection:
            counts = {row.recipient: row for row in await connection.execute(counted)}
            kept = {row.recipient: row for row in await connection.execute(select(alarm_recipients))}
        return [_standing(key, counts.get(key), kept.get(key)) for key in sorted(counts.keys() | kept.keys())]

    async def enable(self, recipient: str) -> bool:
        """Tries a recipient that was switched off again; whether there is such a one."""
        async with self._database.transaction(ALL_CLIENTS) as connection:
            done = await connection.execute(
                update(alarm_recipients)
                .where(_r.recipient == recipient)
                .values(disabled_at=None, failures=0, failing_since=None, rests_until=None)
                .returning(_r.recipient)
            )
            return done.first() is not None

    async def _one(self, taking: "_Taking", row: Row[Any], recipient: Recipient) -> None:
        now = taking.now
        if row.disabled_at is not None:
            if self._address_of(row.recipient) in ("", row.address):
                await _skip(taking.connection, row.recipient, f"switched off: {row.error}", now)
                return
            await taking.connection.execute(
                update(alarm_recipients)
                .where(_r.recipient == row.recipient)
                .values(disabled_at=None, failures=0, failing_since=None, rests_until=None)
            )
        elif row.rests_until is not None and row.rests_until > now:
            await taking.postpone(row.recipient, row.rests_until)
            return
        await taking.take(recipient, Pace(tuple(map(datetime.fromisoformat, row.lately)), row.digest_at))

    async def _still_ours(self, connection: AsyncConnection, notice: Notice) -> bool:
        """Nobody has taken it since: each taking counts one attempt."""
        found = await connection.execute(
            select(_e.position)
            .where(_e.notice == notice.id, _e.state == EffectState.SENDING.value, _e.attempts == notice.attempts + 1)
            .limit(1)
        )
        return found.first() is not None

    async def _count_failure(
        self, connection: AsyncConnection, notice: Notice, error: str, now: datetime, retry_at: datetime
    ) -> None:
        who = notice.recipient.key
        row = (await connection.execute(select(alarm_recipients).where(_r.recipient == who).with_for_update())).one()
        since = row.failing_since or now
        await connection.execute(
            update(alarm_recipients)
            .where(_r.recipient == who)
            .values(failures=row.failures + 1, failing_since=since, rests_until=retry_at, error=error)
        )
        if notice.recipient.tell is Tell.WEBHOOK and now - since >= GIVE_UP_AFTER:
            await self._switch_off(connection, who, error, now)

    async def _switch_off(self, connection: AsyncConnection, who: str, error: str, now: datetime) -> None:
        await connection.execute(
            update(alarm_recipients)
            .where(_r.recipient == who)
            .values(disabled_at=now, rests_until=None, error=error, address=self._address_of(who))
        )
        await _skip(connection, who, f"switched off: {error}", now)


class _Taking:
    """One `take`: what it collects for several recipients."""

    def __init__(self, connection: AsyncConnection, now: datetime, hold: timedelta) -> None:
        self.connection = connection
        self.now = now
        self.notices: list[Notice] = []
        self._until = now + hold

    async def take(self, recipient: Recipient, pace: Pace) -> None:
        """What was begun goes on as it was; what is fresh goes out by the digest rule, danger alone and at once."""
        begun: dict[str, list[Row[Any]]] = defaultdict(list)
        for row in (await self.connection.execute(_BEGUN, {"who": recipient.key, "now": self.now})).all():
            begun[row.notice].append(row)
        found = {"who": recipient.key, "now": self.now, "most": MOST_IN_A_DIGEST}
        fresh = (await self.connection.execute(_FRESH, found)).all()
        dangers = [[row] for row in fresh if row.point == DANGER_POINT]
        others = fresh[len(dangers) :]
        planned = plan(len(others), pace, self.now)
        alone = [*dangers, *grouped(others, planned)]
        groups = [*begun.items(), *((new_id(self.now), rows) for rows in alone)]
        await self._mark(groups)
        self.notices += [_notice(id_, recipient, rows) for id_, rows in groups]
        await self.connection.execute(
            _KEEP_PACE,
            {
                "who": recipient.key,
                "b_lately": [at.isoformat() for at in planned.pace.singles],
                "b_digest_at": planned.pace.digest_at,
            },
        )
        if planned.wait_until is not None:
            await self.postpone(recipient.key, planned.wait_until)

    async def postpone(self, recipient: str, until: datetime) -> None:
        """What is due and not taken looks again then."""
        await self.connection.execute(_POSTPONE, {"who": recipient, "now": self.now, "until": until})

    async def _mark(self, groups: Sequence[tuple[str, Sequence[Row[Any]]]]) -> None:
        marks = [
            {
                "b_position": row.position,
                "b_notice": id_,
                "b_until": self._until,
                "b_maybe_sent": row.maybe_sent or row.state == EffectState.SENDING,
            }
            for id_, rows in groups
            for row in rows
        ]
        if marks:
            await self.connection.execute(_SEND, marks)


async def _introduce(connection: AsyncConnection, due: Sequence[Row[Any]]) -> None:
    """A row for each recipient, to lock and to count failures in."""
    rows = [{"recipient": row.recipient, "client": Recipient.of_key(row.recipient).client} for row in due]
    await connection.execute(insert_new(connection.dialect.name, alarm_recipients, _r.recipient), rows)


async def _finish(connection: AsyncConnection, notice: str, state: EffectState, error: str, now: datetime) -> None:
    await connection.execute(
        update(alarm_effects)
        .where(_e.notice == notice)
        .values(state=state.value, due_at=None, error=error, finished_at=now)
    )


async def _skip(connection: AsyncConnection, recipient: str, error: str, now: datetime) -> None:
    await connection.execute(
        update(alarm_effects)
        .where(_e.recipient == recipient, _e.due_at.is_not(None))
        .values(state=EffectState.SKIPPED.value, due_at=None, error=error, finished_at=now)
    )


def _notice(id_: str, recipient: Recipient, rows: Sequence[Row[Any]]) -> Notice:
    alarms = tuple(
        Alarm.from_row(
            row.data,
            client=row.client,
            conversation=row.conversation,
            clock=row.clock,
            percent=row.point,
            fired_at=row.created_at,
        )
        for row in rows
    )
    notice = Notice(id_, recipient, alarms, rows[0].attempts)
    return replace(notice, maybe_sent=any(row.maybe_sent or row.state == EffectState.SENDING for row in rows))


def _standing(key: str, counts: Row[Any] | None, kept: Row[Any] | None) -> Standing:
    return Standing(
        recipient=Recipient.of_key(key),
        waiting=counts.pending + counts.sending if counts is not None else 0,
        sent=counts.sent if counts is not None else 0,
        failed=counts.failed + counts.skipped if counts is not None else 0,
        unsure=counts.unsure if counts is not None else 0,
        failures=kept.failures if kept is not None else 0,
        failing_since=kept.failing_since if kept is not None else None,
        disabled_at=kept.disabled_at if kept is not None else None,
        sent_at=kept.sent_at if kept is not None else None,
        error=kept.error if kept is not None else "",
    )
