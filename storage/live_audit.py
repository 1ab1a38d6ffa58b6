"""The live audit in the database: weekly samples, who judges what just now, verdicts, and the alarms they raise."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, and_, case, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from conversation.ids import ClientId, ConversationId, MessageId, UserId
from nlu.audit.findings import Verdict
from nlu.audit.records import CLAIMED_FOR, OPEN_FOR, UNDO_WITHIN, Count, Draw, Exchange, Given, Item, Progress
from nlu.audit.sampling import draw as draw_sample
from nlu.audit.sampling import seed_of
from nlu.audit.week import Week
from storage.audit_answers import automatic_answers, exchange
from storage.database import Database
from storage.schema_live_audit import live_audit_items, live_audits
from storage.statements import add, among, dialect_of

_a, _i = live_audits.c, live_audit_items.c


class SqlLiveAudit:
    """Whoever calls has checked that the judge may see the client."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def draw(
        self, client: ClientId, week: Week, span: tuple[datetime, datetime], size: int, now: datetime
    ) -> Draw | None:
        """Draws a week's sample, once and for all; None if it was drawn before, by whomever."""
        async with self._database.reading([client]) as connection:
            answers = await automatic_answers(connection, client, span)
        seed = seed_of(client, week)
        sample = draw_sample(seed, answers, size, lambda answer: answer.message)
        versions: dict[str, int] = {}
        for answer in answers:
            versions[answer.version] = versions.get(answer.version, 0) + 1
        made = Draw(client, week, seed, len(answers), len(sample), versions, now)
        async with self._database.transaction([client]) as connection:
            row = {
                "client": client,
                "week": str(week),
                "seed": seed,
                "population": made.population,
                "size": made.size,
                "versions": versions,
                "drawn_at": now,
            }
            inserted = dialect_of(connection).insert(live_audits).values(row).on_conflict_do_nothing()
            if await connection.scalar(inserted.returning(_a.week)) is None:
                return None
            rows = [
                {
                    "client": client,
                    "week": str(week),
                    "message": answer.message,
                    "conversation": answer.conversation,
                    "seq": answer.seq,
                    "place": place,
                    "at": answer.at,
                    "language": answer.language,
                    "version": answer.version,
                }
                for place, answer in enumerate(sample, start=1)
            ]
            await add(connection, live_audit_items, rows)
        return made

    async def population(self, client: ClientId, span: tuple[datetime, datetime]) -> int:
        """How many automatic answers there were."""
        async with self._database.reading([client]) as connection:
            return len(await automatic_answers(connection, client, span))

    async def drawn(self, client: ClientId, limit: int = 12, week: Week | None = None) -> list[Draw]:
        """The client's samples, the newest week first, or only that of one week."""
        query = select(live_audits).where(_a.client == client).order_by(_a.week.desc()).limit(limit)
        if week is not None:
            query = query.where(_a.week == str(week))
        async with self._database.reading([client]) as connection:
            return [_draw_of(row) for row in (await connection.execute(query)).mappings()]

    async def since(self, clients: Collection[ClientId], moment: datetime) -> list[Draw]:
        """All samples of these clients drawn after a moment."""
        async with self._database.reading(clients) as connection:
            query = select(live_audits).where(among(connection, _a.client, clients), _a.drawn_at > moment)
            return [_draw_of(row) for row in (await connection.execute(query)).mappings()]

    async def counts(self, client: ClientId, week: Week) -> list[Count]:
        """The judgements of a sample, by version."""
        query = (
            select(
                _i.version,
                func.count().label("size"),
                func.count(_i.verdict).label("judged"),
                _how_many(Verdict.WRONG).label("wrong"),
                _how_many(Verdict.HANDOFF).label("handoff"),
                func.max(_i.judged_at).label("last_at"),
            )
            .where(_i.client == client, _i.week == str(week))
            .group_by(_i.version)
            .order_by(_i.version)
        )
        async with self._database.reading([client]) as connection:
            return [Count(**row) for row in (await connection.execute(query)).mappings()]

    async def take(self, client: ClientId, judge: UserId, now: datetime) -> Item | None:
        """The item this judge has already, else the next that nobody has; kept for them for `CLAIMED_FOR`. None when
        nothing waits for them.
        """
        async with self._database.transaction([client]) as connection:
            for row in sorted(await _unjudged(connection, client, now), key=lambda row: row["claimed_by"] != judge):
                if judge in row["passed_by"] or not _is_free(row, judge, now):
                    continue
                free = or_(_i.claimed_until.is_(None), _i.claimed_until < now, _i.claimed_by == judge)
                until = now + CLAIMED_FOR
                taken = await connection.execute(
                    update(live_audit_items)
                    .where(*_this(client, row["week"], row["message"]), _i.verdict.is_(None), free)
                    .values(claimed_by=judge, claimed_until=until)
                )
                if taken.rowcount:
                    return _item_of(row, until)
        return None

    async def exchange(self, item: Item) -> Exchange:
        """What was said, to judge by."""
        async with self._database.reading([item.client]) as connection:
            return await exchange(connection, item)

    async def judge(
        self, client: ClientId, week: Week, message: str, verdict: Verdict, *, by: UserId, by_name: str, now: datetime
    ) -> bool:
        """Keeps a verdict; False if the judge no longer has the item, and then nothing changes."""
        return await self._settle(
            client, week, message, by, verdict=verdict.value, judge=by, judge_name=by_name, judged_at=now
        )

    async def pass_over(self, client: ClientId, week: Week, message: str, *, by: UserId) -> bool:
        """Leaves the item to others; False if the judge no longer has it."""
        async with self._database.reading([client]) as connection:
            found = await connection.scalar(select(_i.passed_by).where(*_this(client, str(week), message)))
        return await self._settle(client, week, message, by, passed_by=sorted({*(found or ()), by}))

    async def _settle(self, client: ClientId, week: Week, message: str, by: UserId, **values: Any) -> bool:
        async with self._database.transaction([client]) as connection:
            done = await connection.execute(
                update(live_audit_items)
                .where(*_this(client, str(week), message), _i.verdict.is_(None), _i.claimed_by == by)
                .values(claimed_by=None, claimed_until=None, **values)
            )
        return bool(done.rowcount)

    async def take_up_passed(self, client: ClientId, judge: UserId, now: datetime) -> None:
        """What this judge passed over waits for them again."""
        async with self._database.transaction([client]) as connection:
            for row in await _unjudged(connection, client, now):
                if judge in row["passed_by"]:
                    left = [other for other in row["passed_by"] if other != judge]
                    mine = _this(client, row["week"], row["message"])
                    await connection.execute(update(live_audit_items).where(*mine).values(passed_by=left))

    async def undo(self, client: ClientId, judge: UserId, now: datetime) -> bool:
        """Takes back the judge's newest verdict, if it is younger than `UNDO_WITHIN`; the item is theirs again."""
        async with self._database.transaction([client]) as connection:
            last = await connection.execute(
                select(_i.week, _i.message)
                .where(_i.client == client, _i.judge == judge, _i.judged_at > now - UNDO_WITHIN)
                .order_by(_i.judged_at.desc(), _i.place.desc())
                .limit(1)
            )
            row = last.first()
            if row is None:
                return False
            held = (_i.client == client, _i.claimed_by == judge, _i.verdict.is_(None))
            await connection.execute(update(live_audit_items).where(*held).values(claimed_by=None, claimed_until=None))
            await connection.execute(
                update(live_audit_items)
                .where(*_this(client, row.week, row.message), _i.judge == judge)
                .values(
                    verdict=None,
                    judge=None,
                    judge_name="",
                    judged_at=None,
                    claimed_by=judge,
                    claimed_until=now + CLAIMED_FOR,
                )
            )
        return True

    async def progress(self, client: ClientId, judge: UserId, now: datetime) -> Progress:
        """How far the open samples are."""
        async with self._database.reading([client]) as connection:
            row = (
                await connection.execute(
                    select(func.count(), func.count(_i.verdict)).where(*_open(client, now)).select_from(_joined())
                )
            ).one()
            waiting = await _unjudged(connection, client, now)
            newest = await connection.scalar(
                select(func.max(_i.judged_at)).where(_i.client == client, _i.judge == judge)
            )
        passed = sum(judge in item["passed_by"] for item in waiting)
        free = sum(judge not in item["passed_by"] and _is_free(item, judge, now) for item in waiting)
        return Progress(row[0], row[1], free, passed, newest is not None and newest > now - UNDO_WITHIN)

    async def given(self, client: ClientId, start: datetime, end: datetime) -> list[Given]:
        """The verdicts about answers of a time span; each stands for its week's answers divided by those judged."""
        judged = (
            select(_i.week, func.count().label("judged"))
            .where(_i.client == client, _i.verdict.is_not(None))
            .group_by(_i.week)
            .subquery()
        )
        query = (
            select(_i.verdict, _a.population, judged.c.judged)
            .join(live_audits, and_(_a.client == _i.client, _a.week == _i.week))
            .join(judged, judged.c.week == _i.week)
            .where(_i.client == client, _i.at >= start, _i.at < end, _i.verdict.is_not(None))
        )
        async with self._database.reading([client]) as connection:
            rows = (await connection.execute(query)).all()
        return [Given(Verdict(verdict), population / count) for verdict, population, count in rows]


def _joined() -> Any:
    return live_audit_items.join(live_audits, and_(_a.client == _i.client, _a.week == _i.week))


def _open(client: ClientId, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (_i.client == client, _a.drawn_at > now - OPEN_FOR)


async def _unjudged(connection: AsyncConnection, client: ClientId, now: datetime) -> Sequence[RowMapping]:
    """The open items, the newest week's first, in the order of the draw."""
    query = (
        select(live_audit_items)
        .select_from(_joined())
        .where(*_open(client, now), _i.verdict.is_(None))
        .order_by(_i.week.desc(), _i.place)
    )
    return (await connection.execute(query)).mappings().all()


def _this(client: ClientId, week: str, message: str) -> tuple[ColumnElement[bool], ...]:
    return (_i.client == client, _i.week == week, _i.message == message)


def _is_free(row: RowMapping, judge: UserId, now: datetime) -> bool:
    return row["claimed_by"] == judge or row["claimed_until"] is None or row["claimed_until"] < now


def _how_many(verdict: Verdict) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((_i.verdict == verdict.value, 1), else_=0)), 0)


def _draw_of(row: RowMapping) -> Draw:
    return Draw(
        ClientId(row["client"]),
        Week.parse(row["week"]),
        row["seed"],
        row["population"],
        row["size"],
        row["versions"],
        row["drawn_at"],
    )


def _item_of(row: RowMapping, until: datetime) -> Item:
    return Item(
        ClientId(row["client"]),
        Week.parse(row["week"]),
        MessageId(row["message"]),
        ConversationId(row["conversation"]),
        row["seq"],
        row["at"],
        row["language"],
        until,
    )
