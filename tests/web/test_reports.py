"""Reports: any period beside the one before, every table to take along, the same on paper."""

import csv
import io
import json
from datetime import UTC, date, datetime

import pytest
from pypdf import PdfReader

from sla.slices import Measure, add_up
from sla.summary import summary
from web.dashboard.periods import Span, between, chosen
from web.reports.tables import Table
from web.reports.view import ENDINGS

NIGHT = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)  # the 24th in Berlin


@pytest.mark.parametrize(
    ("span", "first", "last", "before"),
    [
        (Span.DAY, date(2026, 11, 24), date(2026, 11, 24), (date(2026, 11, 23), date(2026, 11, 23))),
        (Span.WEEK, date(2026, 11, 18), date(2026, 11, 24), (date(2026, 11, 11), date(2026, 11, 17))),
        (Span.MONTH, date(2026, 11, 1), date(2026, 11, 24), (date(2026, 10, 1), date(2026, 10, 24))),
        (Span.LAST, date(2026, 10, 1), date(2026, 10, 31), (date(2026, 9, 1), date(2026, 9, 30))),
        (Span.QUARTER, date(2026, 10, 1), date(2026, 11, 24), (date(2026, 7, 1), date(2026, 8, 24))),
    ],
)
def test_each_period_has_one_it_is_compared_to(span, first, last, before):
    result = chosen(span, NIGHT, "Europe/Berlin")
    assert (result.first, result.last, result.before) == (first, last, before)


@pytest.mark.parametrize(
    ("first", "last", "before", "is_month"),
    [
        (date(2026, 2, 1), date(2026, 2, 28), (date(2026, 1, 1), date(2026, 1, 31)), True),
        (date(2026, 2, 3), date(2026, 2, 5), (date(2026, 1, 31), date(2026, 2, 2)), False),
        (date(2026, 12, 1), date(2026, 12, 31), (date(2026, 11, 1), date(2026, 11, 30)), True),
    ],
)
def test_dates_by_hand_are_compared_to_as_many_before_and_a_month_to_the_month(first, last, before, is_month):
    for period in (between(first, last, "UTC"), between(last, first, "UTC")):
        assert (period.first, period.last, period.before, period.is_month) == (first, last, before, is_month)


def test_dates_by_hand_are_no_longer_than_thirteen_months():
    period = between(date(2000, 1, 1), date(2026, 11, 24), "UTC")
    assert (period.last - period.first).days == 400


@pytest.mark.parametrize("asked", ["", "?period=day", "?period=quarter", "?from=2026-11-02&to=2026-11-04&by=agent"])
async def test_a_report_shows_times_breakdowns_volume_and_reasons(browse, asked):
    page = (await (await browse("carl")).get(f"/dashboard/alpenrad/report{asked}")).text
    for part in (
        "First reply",
        "Handling by agents",
        "Compared with",
        "Broken down",
        "Why people took over",
        "Backlog",
    ):
        assert part in page, part
    assert page.count("<svg") >= 2
    assert ("Mira Holm" in page) == ("by=agent" in asked)


async def test_groups_open_to_their_conversations(world, browse):
    await world.waiting("Jonas")
    carl = await browse("carl")
    page = (await carl.get("/dashboard/alpenrad/report?period=7&by=queue")).text
    assert "/dashboard/alpenrad/behind/opened?period=7&amp;queue=service" in page
    behind = (await carl.get("/dashboard/alpenrad/behind/opened?period=7&queue=service")).text
    assert "Customer service" in behind
    assert "Jonas" in behind
    days = (await carl.get("/dashboard/alpenrad/behind/opened?from=2026-11-02&to=2026-11-02")).text
    assert "2 Nov" in days


async def test_groups_stand_beside_the_period_before(world, browse):
    carl = await browse("carl")
    page = (await carl.get("/dashboard/alpenrad/report?period=7&by=agent")).text
    assert page.count('class="was"') == 17
    [row] = json.loads((await carl.get("/dashboard/alpenrad/report/agents.json?period=7")).text)
    asked = [
        await world.reports.facts("alpenrad", date(2026, 11, first), date(2026, 11, first + 6)) for first in (17, 10)
    ]
    now, before = (summary(add_up(facts.days.values())) for facts in asked)
    assert (row["conversations"], row["before_conversations"]) == (now.conversations, before.conversations)
    assert row["before_handling_p95_s"] == before.times[Measure.HANDLING].p95_s
    assert row["before_csat_mean"] == round(before.csat.mean, 6)


async def test_the_endings_add_up_to_all_conversations(browse):
    carl = await browse("carl")
    rows = {row["figure"]: row for row in json.loads((await carl.get("/dashboard/alpenrad/report/volume.json")).text)}
    for period in ("this_period", "period_before"):
        assert sum(rows[ending][period] for ending in ENDINGS) == rows["conversations"][period]
    page = (await carl.get("/dashboard/alpenrad/report")).text
    assert "/dashboard/alpenrad/behind/merged?period=month" in page


async def test_a_month_tells_what_lies_beyond_its_forecast_apart(browse):
    carl = await browse("carl")
    page = (await carl.get("/dashboard/alpenrad/report?period=last")).text
    assert "In October 2026 the contract plans 800 handoffs; 812 have come." in page
    assert "12 lie beyond the forecast." in page
    assert "Beyond the forecast" in page
    assert "the contract plans" not in (await carl.get("/dashboard/alpenrad/report?period=7")).text
    rows = json.loads((await carl.get("/dashboard/alpenrad/report/forecast.json?from=2026-09-20&to=2026-11-02")).text)
    assert [(row["month"], row["part"]) for row in rows] == [
        (month, part) for month in ("2026-09", "2026-10", "2026-11") for part in ("within", "beyond")
    ]
    assert rows[1] == {
        "month": "2026-09", "part": "beyond", "planned": 800, "handoffs": 12, "met": 5, "missed": 5, "open": 2, "kept": 0.5
    }  # fmt: skip


async def test_a_quiet_period_is_a_page_too(world, browse):
    world.reports.full = False
    page = (await (await browse("carl")).get("/dashboard/alpenrad/report")).text
    assert "Nothing happened in this period" in page
    assert "Nobody has answered in this period" in page


@pytest.mark.parametrize("table", Table)
async def test_every_table_can_be_taken_along_as_csv_and_json(browse, table):
    carl = await browse("carl")
    answer = await carl.get(f"/dashboard/alpenrad/report/{table}.csv?period=7")
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert answer.headers["content-disposition"] == (
        f'attachment; filename="alpenrad-{table}-2026-11-17-2026-11-23.csv"'
    )
    assert len(rows) > 1
    assert {len(row) for row in rows} == {len(rows[0])}
    objects = json.loads((await carl.get(f"/dashboard/alpenrad/report/{table}.json?period=7")).text)
    assert len(objects) == len(rows) - 1
    if table is not Table.CONVERSATIONS:
        assert list(objects[0]) == rows[0]


async def test_conversations_carry_their_clocks_and_no_formulas(browse):
    carl = await browse("carl")
    one, two = json.loads((await carl.get("/dashboard/alpenrad/report/conversations.json")).text)
    assert [clock["kind"] for clock in one["clocks"]] == ["first_response", "resolution"]
    assert two["clocks"] == []
    text = (await carl.get("/dashboard/alpenrad/report/conversations.csv")).text
    assert "'=evil()" in text
    head = next(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert {"csat", "first_response_from_handoff_s", "first_response_from_first_message_s"} <= set(head)
    assert "resolution_from_handoff_s" not in head


@pytest.mark.parametrize("full", [True, False])
async def test_the_report_is_a_document_too(world, browse, full):
    world.reports.full = full
    answer = await (await browse("carl")).get("/dashboard/alpenrad/report.pdf?period=last")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].endswith('"alpenrad-report-2026-10-01-2026-10-31.pdf"')
    assert answer.content.startswith(b"%PDF")
    told = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
    assert "How they ended" in told
    assert ("Beyond the forecast" in told) == ("Mira Holm" in told) == full
    assert "Fri 30 Oct" in told, "day by day"


@pytest.mark.parametrize("path", ["", ".pdf", "/times.csv", "/conversations.json"])
async def test_a_report_is_for_its_client_only(browse, path):
    assert (await (await browse("carl")).get(f"/dashboard/kontor/report{path}")).status_code == 404
    assert (await (await browse("mira")).get(f"/dashboard/alpenrad/report{path}")).status_code == 403
