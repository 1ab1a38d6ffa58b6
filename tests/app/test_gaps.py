"""Supervisors see which messages may be missing, for a week, and every outage stays in the audit log."""

from datetime import timedelta

from prometheus_client import CollectorRegistry, generate_latest

from app.gaps import ACT, TellGaps, lately_lost
from app.web import status_of
from bots.ports import Gap, Recovered
from conversation.clock import ManualClock
from conversation.ids import ClientId
from handoff.dashboard_view import ChannelHealth
from storage.audit import SqlAudit
from storage.database import Database
from tests.bots.making import NOW, TELEGRAM

DAY = timedelta(days=1)


async def test_a_gap_is_audited_counted_and_shown_for_a_week_if_something_may_be_lost(database: Database) -> None:
    audit, clock, registry = SqlAudit(database), ManualClock(NOW), CollectorRegistry()
    tell = TellGaps(audit, clock, registry)
    await tell.report(Gap(TELEGRAM.client, TELEGRAM.id, NOW - 2 * DAY, NOW, Recovered(0, "an hour is lost")))
    clock.advance(DAY)
    await tell.report(Gap(TELEGRAM.client, TELEGRAM.id, NOW, NOW + DAY, Recovered(3)))
    newest, oldest = await audit.page({ClientId("alpenrad")}, limit=9, act=ACT)
    assert (newest.subject, newest.detail["fetched"], newest.detail["lost"]) == ("channel:alpenrad-telegram", 3, "")
    assert oldest.detail["since"] == "2026-11-21T10:00:00+00:00"
    assert await audit.page({ClientId("kontor")}, limit=9, act=ACT) == []
    lost = await lately_lost(audit, clock.now())
    words = "heard nothing from 2026-11-21 10:00 to 2026-11-23 10:00 UTC: an hour is lost"
    assert lost == {"channel:alpenrad-telegram": words}
    status = status_of(TELEGRAM, words)
    assert (status.health, status.problem) == (ChannelHealth.CONNECTED, words)
    assert await lately_lost(audit, NOW + 8 * DAY) == {}
    assert b'lost="yes"} 1.0' in generate_latest(registry)
