"""When the audit draws, when it cries wolf and when not, and that it raises a threshold once and for good reason."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import SimpleNamespace

import pytest

from app.live_audit import CannotDraw, Judgements, LiveAudit
from conversation.clock import ManualClock
from conversation.ids import ClientId, UserId
from nlu.audit.findings import Standing, Verdict
from nlu.audit.records import OPEN_FOR, UNDO_WITHIN
from nlu.audit.reports import Promised
from nlu.audit.week import Week
from storage.audit_alarms import SqlAuditAlarms
from storage.database import Database
from storage.live_audit import SqlLiveAudit
from storage.schema import messages
from storage.tenancy import ALL_CLIENTS
from tests.builders import NOON, inbound
from tests.storage.harness import CLIENT, Process

ANN = UserId("ann")
WEEK = Week.of(NOON.date())
MONDAY = WEEK.span("UTC")[1] + timedelta(minutes=10)


@dataclass
class Rooms:
    """A directory of one client, versions that promise 3 %, and ears."""

    target: float | None = 0.03
    known: bool = True
    breaks: int = 0
    tightened: list[float] = field(default_factory=list)
    shares: list[float | None] = field(default_factory=list)
    broken: int = 0

    def packs(self):
        return [SimpleNamespace(id=CLIENT)]

    def timezone(self, client: ClientId) -> str:
        return "UTC"

    async def promised(self, client: ClientId, version: str) -> Promised | None:
        return Promised("1", 0.03, self.target) if self.known else None

    async def tighten(self, client: ClientId, target: float, *, reason: str, by_name: str) -> str:
        if self.breaks:
            self.breaks -= 1
            raise ConnectionError("the database went away")
        self.tightened.append(target)
        return "stricter"

    def audited(self, client: ClientId, share: float | None) -> None:
        self.shares.append(share)

    def promise_broken(self, client: ClientId) -> None:
        self.broken += 1


@dataclass
class Desk:
    audit: LiveAudit
    rooms: Rooms
    clock: ManualClock
    judgements: Judgements

    async def judge(self, *verdicts: Verdict) -> None:
        for verdict in verdicts:
            task = await self.judgements.take(CLIENT, ANN)
            assert task is not None
            item = task.item
            assert await self.judgements.judge(CLIENT, item.week, item.message, verdict, by=ANN, by_name="Ann")

    async def later(self, length: timedelta = UNDO_WITHIN) -> None:
        self.clock.advance(length)
        await self.audit.sweep()


@pytest.fixture
async def desk(sqlite_database: Database) -> Desk:
    """Twenty answers of last week; Monday has come."""
    clock, rooms = ManualClock(NOON), Rooms()
    process = Process(sqlite_database, clock)
    await process.receive(*(inbound(f"text {n}", thread=f"t{n}") for n in range(20)))
    await process.handle_all()
    clock.set(MONDAY)
    kept = SqlLiveAudit(sqlite_database)
    audit = LiveAudit(kept, SqlAuditAlarms(sqlite_database), rooms, rooms, rooms, clock, size=10)
    return Desk(audit, rooms, clock, Judgements(kept, clock))


async def test_a_week_is_drawn_when_it_is_over_and_not_before(desk: Desk) -> None:
    desk.clock.set(MONDAY - timedelta(seconds=1))
    await desk.audit.sweep()
    assert str((await desk.audit.reports(CLIENT))[0].draw.week) == str(Week.last_over(NOON, "UTC"))
    desk.clock.set(MONDAY)
    await desk.audit.sweep()
    await desk.audit.sweep()
    assert next((r.draw.week, r.draw.size) for r in await desk.audit.reports(CLIENT)) == (WEEK, 10)
    assert len(await desk.audit.reports(CLIENT)) == 2
    with pytest.raises(CannotDraw, match="is not over yet in UTC; the newest week that can be drawn is"):
        await desk.audit.draw(CLIENT, Week(2027, 1))


async def test_as_many_as_the_wanted_width_needs(desk: Desk) -> None:
    made = await desk.audit.draw(CLIENT, half_width=0.1)
    assert (made.population, made.size) == (20, 12)
    assert await desk.audit.draw(CLIENT) is None


async def test_a_broken_promise_waits_until_nobody_can_take_it_back(desk: Desk) -> None:
    await desk.audit.sweep()
    await desk.judge(*[Verdict.WRONG] * 4)
    await desk.audit.sweep()
    assert (desk.rooms.tightened, desk.rooms.broken) == ([], 0)
    assert await desk.judgements.undo(CLIENT, ANN)
    await desk.judge(Verdict.HANDOFF)
    await desk.later()
    assert desk.rooms.tightened == [pytest.approx(0.001)]  # all four judged ones were wrong: as strict as it goes
    [report] = await desk.audit.reports(CLIENT)
    assert (report.standing, report.tells, report.overall.tally.judged) == (Standing.BROKEN, True, 4)
    await desk.judge(*[Verdict.WRONG] * 6)
    await desk.later()
    assert (len(desk.rooms.tightened), desk.rooms.broken, desk.rooms.shares[-1]) == (1, 1, 1.0)


async def test_a_kept_promise_changes_nothing_and_a_week_under_way_tells_nothing(desk: Desk) -> None:
    await desk.audit.sweep()
    await desk.judge(*[Verdict.RIGHT] * 9)
    await desk.later()
    [report] = await desk.audit.reports(CLIENT)
    assert (report.standing, report.tells) == (Standing.OPEN, False)
    await desk.judge(Verdict.WRONG)
    await desk.later()
    [report] = await desk.audit.reports(CLIENT)
    assert (report.standing, report.tells) == (Standing.KEPT, True)
    assert desk.rooms.tightened == []


async def test_a_week_that_nobody_finished_is_closed_when_the_next_is_drawn(desk: Desk) -> None:
    await desk.audit.sweep()
    await desk.judge(Verdict.RIGHT)
    await desk.later(OPEN_FOR)
    assert [r.is_open for r in await desk.audit.reports(CLIENT)] == [True, False]
    assert await desk.judgements.take(CLIENT, ANN) is None


@pytest.mark.parametrize(
    ("rooms", "outcome"),
    [
        ({"target": None}, "it no longer runs as it did then"),
        ({"target": 0.001}, "as strict as it can be"),
    ],
)
async def test_what_cannot_be_raised_is_said_so(desk: Desk, rooms: dict[str, float | None], outcome: str) -> None:
    desk.audit._promises = replace(desk.rooms, **rooms)
    await desk.audit.sweep()
    await desk.judge(*[Verdict.WRONG] * 5)
    await desk.later()
    [alarm] = await desk.audit.alarms(CLIENT)
    assert outcome in alarm.outcome
    assert desk.rooms.tightened == []


async def test_a_version_nobody_knows_promised_nothing(desk: Desk) -> None:
    desk.rooms.known = False
    await desk.audit.sweep()
    await desk.judge(*[Verdict.WRONG] * 10)
    await desk.later()
    assert await desk.audit.alarms(CLIENT) == []
    [report] = await desk.audit.reports(CLIENT)
    assert report.standing is Standing.UNPROMISED


async def test_what_a_crash_interrupted_is_done_once_with_the_same_target(desk: Desk) -> None:
    desk.rooms.breaks = 1
    await desk.audit.sweep()
    await desk.judge(*[Verdict.WRONG] * 3, *[Verdict.RIGHT] * 3)
    with pytest.raises(ConnectionError):
        await desk.later()
    await desk.judge(*[Verdict.WRONG] * 4)
    await desk.later()
    [alarm] = await desk.audit.alarms(CLIENT)
    assert desk.rooms.tightened == [alarm.tightened] == [pytest.approx(0.03 * 0.03 / 0.5)]
    assert alarm.settled_at is not None


async def test_what_was_erased_meanwhile_is_passed_over(desk: Desk, sqlite_database: Database) -> None:
    await desk.audit.sweep()
    first = await desk.judgements.take(CLIENT, ANN)
    async with sqlite_database.transaction(ALL_CLIENTS) as connection:
        await connection.exec_driver_sql("DELETE FROM outbox")
        await connection.execute(messages.delete().where(messages.c.id == first.item.message))
    second = await desk.judgements.take(CLIENT, ANN)
    assert second.item.message != first.item.message
    assert (await desk.judgements.progress(CLIENT, ANN)).passed == 1
