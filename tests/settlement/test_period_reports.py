"""What the report and staffing pages and the wallboard ask, answered from a history with its contract."""

from datetime import date, timedelta

import pytest

from app.period_reports import PeriodReports
from conversation.ids import UserId
from sla.slices import Dimension, add_up
from sla.summary import summary
from storage.presence_log import Attendance, SqlPresenceLog
from tests.builders import NOON
from tests.settlement.test_reports import OneContract, answered
from tests.storage_people.conftest import ALPENRAD, KONTOR, add_clients
from tests.storage_people.office import ANN, Office
from web.reports.ports import NoPlan, Plan, Wish

MONDAY = date(2026, 11, 23)
ZONE = "Europe/Berlin"


@pytest.fixture
async def office(database) -> Office:
    """Mondays at one o'clock in Berlin: two conversations, two and eleven minutes to the answer, eight and nine of work."""
    made = Office(database)
    await add_clients(database)
    made.reports = PeriodReports(OneContract(made.active), database, made.clock)
    await answered(made, "fast", 2, work=6)
    await answered(made, "late", 11, work=5)
    return made


async def test_a_period_has_its_days_groups_names_and_backlog(office):
    await office.write("a human please", thread="waiting")
    facts = await office.reports.facts(ALPENRAD, MONDAY, MONDAY + timedelta(days=3), [Dimension.AGENT])
    assert list(facts.days) == [MONDAY]
    assert summary(facts.days[MONDAY]).conversations == 3
    assert list(facts.groups) == [Dimension.AGENT]
    assert summary(facts.groups[Dimension.AGENT][ANN.id]).handled == 2
    assert facts.backlog == 1
    assert add_up((await office.reports.facts(KONTOR, MONDAY, MONDAY)).days.values()).counts == {}


async def test_percentiles_are_of_every_measure_for_all_and_by_each_group(office):
    rows = await office.reports.percentiles(ALPENRAD, MONDAY, MONDAY)
    found = {(row.measure, row.by, row.group): row for row in rows}
    for by, group in (("all", ""), ("channel", "webchat"), ("queue", "general"), ("language", "en"), ("agent", ANN.id)):
        first, handling = (found[measure, by, group] for measure in ("first_response", "handling"))
        assert (first.count, first.p50_s, first.p95_s, first.max_s) == (2, 120, 660, 660)
        assert (handling.count, handling.p50_s, handling.max_s) == (2, 8 * 60, 16 * 60)
    assert {by for measure, by, _ in found if measure == "bot_response"} == {"all", "channel", "queue", "language"}
    assert {measure for measure, _, _ in found} >= {"resolution", "bot_response"}


async def test_half_hours_come_day_by_day(office):
    days = [rows async for rows in office.reports.half_hours(ALPENRAD, MONDAY, MONDAY + timedelta(days=1))]
    assert [len(rows) for rows in days] == [1, 0]
    assert (days[0][0].offered, days[0][0].handled, days[0][0].in_sla) == (2, 2, 1)


async def test_the_roster_learns_from_whole_days_and_shows_who_had_conversations_before_heartbeats_were_kept(office):
    office.clock.set(NOON + timedelta(days=7))
    plan = await office.reports.plan([ALPENRAD], ZONE, Wish(days=14))
    assert isinstance(plan, Plan)
    assert (plan.first, plan.last, plan.contacts) == (MONDAY, date(2026, 11, 29), 2)
    assert (plan.promise.target_s, plan.promise.share, plan.promise.handling_s) == (600, 0.95, (8 + 16) / 2 * 60)
    [need] = plan.needs
    assert (need.weekday, need.slot, need.arrivals) == (0, 26, 2)
    assert plan.logged is False
    assert plan.online[0, 26] == 24 / 30


async def test_the_roster_shows_who_was_online_by_heartbeats_and_moves_to_another_zone(office):
    office.clock.set(NOON + timedelta(days=7))
    there = Attendance(ALPENRAD, UserId(ANN.id), NOON, NOON + timedelta(hours=2))
    await SqlPresenceLog(office.database).import_spans([there])
    plan = await office.reports.plan([ALPENRAD], "Asia/Kolkata", Wish(days=7))
    assert isinstance(plan, Plan)
    assert plan.logged
    assert [(need.weekday, need.slot) for need in plan.needs] == [(0, 35)]
    assert plan.online == {(0, slot): 1.0 for slot in range(35, 39)}


async def test_without_handled_conversations_or_a_promise_there_is_no_roster(office):
    assert await office.reports.plan([KONTOR], ZONE, Wish()) == NoPlan("handled")
    unpromised = PeriodReports(OneContract(None), office.database, office.clock)
    assert await unpromised.plan([ALPENRAD], ZONE, Wish()) == NoPlan("promise")


async def test_the_hours_to_come_are_those_of_the_same_weekday(office):
    office.clock.set(NOON + timedelta(days=7, minutes=-70))
    hours = await office.reports.ahead([ALPENRAD, KONTOR], 3)
    assert [hour.start for hour in hours] == [NOON + timedelta(days=7, hours=n) for n in (-2, -1, 0)]
    assert [hour.arrivals for hour in hours] == [0, 0, 2]
    assert [hour.agents for hour in hours][:2] == [0, 0]
    assert hours[2].agents


async def test_an_hour_without_anything_learnt_has_no_need(office):
    hours = await office.reports.ahead([KONTOR], 1)
    assert (hours[0].arrivals, hours[0].agents) == (0, None)


async def test_a_contract_without_a_forecast_plans_nothing(office):
    assert await office.reports.planned(ALPENRAD, MONDAY) is None
