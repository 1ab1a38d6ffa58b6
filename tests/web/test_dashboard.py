"""The client dashboard: figures with their meaning, the way behind them, and tables a spreadsheet can add up."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from handoff.dashboard_view import Behind, BreachCause, ClockCount, DayCount, Prices, Volume
from web.charts import Point, heatmap, line_chart
from web.dashboard.periods import SWITCH, Span, chosen, midnight
from web.dashboard.shares import containment, cost, kept, pace
from web.dashboard.tables import TABLES
from web.paging import PAGE


@pytest.mark.parametrize(
    ("met", "missed", "running", "objective", "share", "allowed", "left", "look"),
    [
        (95, 5, 0, 0.95, 0.95, 5, 0, "risk"),
        (100, 0, 0, 0.95, 1.0, 5, 5, "kept"),
        (90, 10, 0, 0.95, 0.9, 5, -5, "breach"),
        (20, 0, 9, 0.95, 1.0, 1, 1, "kept"),
        (13, 1, 8, 0.95, 13 / 14, 0, -1, "breach"),
        (0, 0, 0, 0.95, None, 0, 0, "none"),
        (5, 5, 0, None, 0.5, None, None, "none"),
    ],
)
def test_kept_and_budget(met, missed, running, objective, share, allowed, left, look):
    result = kept(ClockCount(met, missed, running), objective)
    assert (result.share, result.allowed, result.left, result.look) == (share, allowed, left, look)


def days_of(*counts: tuple[int, int]) -> list[DayCount]:
    return [DayCount(date(2026, 11, n + 1), ClockCount(met, missed)) for n, (met, missed) in enumerate(counts)]


def test_the_pace_of_the_last_seven_days_carries_a_month_to_its_end():
    """Two quiet weeks, then a bad one: 5 misses of 100 a day from here on, 16 days to go."""
    found = pace(days_of(*[(100, 0)] * 7, *[(95, 5)] * 7), 0.98, 16)
    assert (found.days, found.missed, found.allowed) == (7, 35 + 80, 60)
    assert found.share == round(1 - 115 / 3000, 9)
    assert found.rate == pytest.approx(35 / 1400 / 0.02)
    assert found.will_miss


@pytest.mark.parametrize(
    ("days", "objective", "left", "missed", "allowed", "will_miss"),
    [
        (days_of((95, 5)), 0.95, 0, 5, 5, False),
        (days_of((94, 6)), 0.95, 29, 180, 150, True),
        (days_of((90, 10), (100, 0), (100, 0)), 0.95, 27, 100, 150, False),
        (days_of((10, 0)), 1.0, 9, 0, 0, False),
    ],
)
def test_a_month_on_its_objective_does_not_miss_it(days, objective, left, missed, allowed, will_miss):
    found = pace(days, objective, left)
    assert (found.missed, found.allowed, found.will_miss) == (missed, allowed, will_miss)


def test_without_an_objective_or_anything_decided_lately_there_is_no_pace():
    assert pace(days_of((5, 1)), None, 3) is None
    assert pace(days_of((5, 1), *[(0, 0)] * 7), 0.95, 3) is None


def test_containment_counts_ended_conversations_only():
    assert containment(Volume(opened=110, contained=60, handled=30, abandoned=10, open=10)) == 0.6
    assert containment(Volume(opened=3, open=3)) is None
    assert containment(Volume(opened=12, contained=6, handled=4, merged=2)) == 0.6


def test_cost_is_counts_times_prices_to_the_cent():
    used = {"automated_resolution": 3, "handled_conversation": 2}
    volume = Volume(opened=5, contained=1, handled=1, agent_minutes=Decimal("7.5"), used=used)
    result = cost(volume, Prices("EUR", Decimal("0.35"), Decimal("1.90"), None))
    assert (result.total, result.each) == (Decimal("4.85"), Decimal("0.97"))
    assert [line.what for line in result.lines] == ["automated", "handled"]
    assert cost(volume, None) is None


@pytest.mark.parametrize(
    ("span", "first", "last", "start"),
    [
        (Span.MONTH, date(2026, 11, 1), date(2026, 11, 24), datetime(2026, 10, 31, 23, tzinfo=UTC)),
        (Span.LAST, date(2026, 10, 1), date(2026, 10, 31), datetime(2026, 9, 30, 22, tzinfo=UTC)),
        (Span.WEEK, date(2026, 11, 18), date(2026, 11, 24), datetime(2026, 11, 17, 23, tzinfo=UTC)),
        (Span.THIRTY, date(2026, 10, 26), date(2026, 11, 24), datetime(2026, 10, 25, 23, tzinfo=UTC)),
    ],
)
def test_periods_are_cut_at_the_clients_midnight(span, first, last, start):
    """23:30 UTC on the 23rd is already the 24th in Berlin."""
    result = chosen(span, datetime(2026, 11, 23, 23, 30, tzinfo=UTC), "Europe/Berlin")
    assert (result.first, result.last, result.period.start) == (first, last, start)


async def test_one_client_means_no_choice_and_several_mean_one(browse):
    single = await (await browse("carl")).get("/dashboard")
    several = await (await browse("sofie")).get("/dashboard")
    assert single.headers["location"] == "/dashboard/alpenrad"
    assert "Alpenrad" in several.text
    assert "Kontor" in several.text


@pytest.mark.parametrize("span", SWITCH)
async def test_the_dashboard_answers_its_questions_for_every_period(browse, span):
    page = (await (await browse("carl")).get(f"/dashboard/alpenrad?period={span}")).text
    for answer in ("Kept 9", "of 95%", "misses", "Resolved by the bot", "Cost so far", "€", "What broke"):
        assert answer in page, answer
    assert page.count("<svg") >= 6


async def test_every_number_opens_to_its_conversations(world, browse):
    await world.waiting("Jonas")
    carl = await browse("carl")
    for which in Behind:
        page = await carl.get(f"/dashboard/alpenrad/behind/{which}?period=7")
        assert "Jonas" in page.text
    assert (await carl.get("/dashboard/alpenrad/behind/everything")).status_code == 422


async def test_the_conversations_behind_a_number_can_be_taken_along(world, browse):
    await world.waiting("=Jonas")
    carl = await browse("carl")
    page = (await carl.get("/dashboard/alpenrad/behind/opened?period=7&queue=service")).text
    assert "/dashboard/alpenrad/behind/opened.csv?period=7&amp;queue=service" in page
    answer = await carl.get("/dashboard/alpenrad/behind/opened.csv?period=7&queue=service")
    [row] = csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff")))
    [same] = (await carl.get("/dashboard/alpenrad/behind/opened.json?period=7&queue=service")).json()
    assert (row["customer"], same["customer"], list(row)) == ("'=Jonas", "=Jonas", list(same))
    assert (await carl.get("/dashboard/kontor/behind/opened.csv")).status_code == 404


async def test_breaches_are_narrowed_by_cause_and_promise(browse):
    carl = await browse("carl")
    page = (await carl.get("/dashboard/alpenrad/breaches")).text
    assert all(f"cause={cause}" in page for cause in BreachCause)
    none = (await carl.get("/dashboard/alpenrad/breaches?clock=resolution")).text
    assert "No promise was broken" in none
    idle = (await carl.get("/dashboard/alpenrad/breaches?cause=agent_idle&period=last")).text
    assert idle.count("An agent was there, no answer") == idle.count("/c/") + 1
    assert (await carl.get("/dashboard/kontor/breaches")).status_code == 404


async def test_many_breaches_are_read_a_page_at_a_time(browse):
    carl = await browse("carl")
    address = "/dashboard/alpenrad/breaches?from=2026-05-01&to=2026-11-20&clock=first_response"
    first, last = (await carl.get(address)).text, (await carl.get(f"{address}&page=99")).text
    assert first.count('class="num late"') == PAGE
    assert f'href="{address.replace("&", "&amp;")}&amp;page=2" rel="next"' in first
    assert 0 < last.count('class="num late"') <= PAGE
    assert 'rel="prev"' in last
    assert 'rel="next"' not in last


async def test_the_running_month_says_where_it_goes(browse):
    carl = await browse("carl")
    assert "At the pace of the last seven days" in (await carl.get("/dashboard/alpenrad")).text
    assert "At the pace of the last seven days" not in (await carl.get("/dashboard/alpenrad?period=last")).text


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("period=last", date(2026, 9, 1), date(2026, 10, 1)),
        ("from=2026-12-07&to=2026-12-13", date(2026, 11, 30), date(2026, 12, 7)),
        ("from=2026-10-26&to=2026-10-26", date(2026, 10, 25), date(2026, 10, 26)),  # a day of 25 hours
    ],
)
async def test_a_period_is_compared_with_whole_days_before_it(world, browse, asked, first, last):
    await (await browse("carl")).get(f"/dashboard/alpenrad?{asked}")
    beside = world.dashboards.beside
    zone = beside.timezone
    assert (beside.start, beside.end) == (midnight(first, zone), midnight(last, zone))


async def test_an_empty_month_is_a_page_too(world, browse):
    world.dashboards.full = False
    page = (await (await browse("carl")).get("/dashboard/alpenrad")).text
    assert "Nobody has written in this period yet" in page
    assert "No promise was broken" in page


@pytest.mark.parametrize("table", TABLES)
async def test_every_table_can_be_taken_along(browse, table):
    answer = await (await browse("carl")).get(f"/dashboard/alpenrad/export/{table}.csv")
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert answer.headers["content-disposition"].startswith(f'attachment; filename="alpenrad-{table}-2026-11-01')
    assert len(rows) > 1
    assert {len(row) for row in rows} == {len(rows[0])}
    objects = (await (await browse("carl")).get(f"/dashboard/alpenrad/export/{table}.json")).json()
    assert (list(objects[0]), len(objects)) == (rows[0], len(rows) - 1)


async def test_a_customers_name_is_no_formula_in_a_spreadsheet(world, browse):
    world.dashboards.name = '=HYPERLINK("http://evil.example")'
    answer = await (await browse("carl")).get("/dashboard/alpenrad/export/breaches.csv")
    assert "'=HYPERLINK" in answer.text
    assert ',"=HYPERLINK' not in answer.text


async def test_times_are_told_in_the_clients_zone(world, browse):
    c = await world.held()
    page = (await (await browse("carl")).get(f"/dashboard/alpenrad/c/{c.id}")).text
    assert "13:00" in page
    assert "Europe/Berlin" in page


def test_a_line_chart_leaves_gaps_marks_misses_and_names_its_target():
    points = [Point("1", 1.0, "100%"), Point("2", None, "–"), Point("3", 0.5, "50%", bad=True), Point("4", 0.9, "90%")]
    drawn = line_chart(points, title="Kept <by> day", target=0.95, target_told="target 95%", told=lambda v: f"{v:.0%}")
    assert drawn.count('class="stroke"') == 1
    assert 'class="mark bad"' in drawn
    assert "target 95%" in drawn
    assert "40%" in drawn
    assert "Kept &lt;by&gt; day" in drawn
    assert "style=" not in drawn


def test_a_heatmap_outlines_exactly_the_opening_hours():
    drawn = heatmap(
        {(0, 9): 3}, frozenset({(0, 9), (0, 10)}), title="t", rows=list("MTWTFSS"), told=lambda d, h, n: f"{d} {h} {n}"
    )
    outline = drawn.split('class="open-hours" d="')[1].split('"')[0]
    assert outline.count("M") == 6


async def test_the_wallboard_tells_six_things_and_the_queues(world, browse):
    await world.waiting("a", warned=50)
    sofie = await browse("sofie")
    page = (await sofie.get("/wallboard")).text
    part = (await sofie.get("/wallboard/part")).text
    for figure in ("Waiting now", "Longest wait", "Next due", "Agents ready", "Kept today", "By the bot"):
        assert figure in page
        assert figure in part
    assert "Alpenrad · Customer service" in part


async def test_the_administration_shows_what_is_failing_first(browse):
    page = (await (await browse("root")).get("/admin")).text
    assert page.index("Failing") < page.index("Connected")
    assert "Mira Holm" in page
    assert "Make a new one with @BotFather" in page
