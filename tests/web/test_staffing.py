"""Staffing and the hours to come: what a usual week needs, beside who is there."""

import csv
import io
import re

import pytest


async def test_a_client_sees_what_its_week_needs_and_who_was_there(browse):
    page = (await (await browse("carl")).get("/dashboard/alpenrad/staffing")).text
    assert "95%" in page
    assert "within 15 min" in page
    assert page.count('<svg class="chart roster"') == 5
    assert 'class="short"' in page
    assert "12 lie beyond the forecast" in page
    assert page.index("97.0%") < page.index("50.0%"), "kept within the forecast, and beyond"


async def test_the_form_asks_for_patience_concurrency_and_absence(browse):
    page = (await (await browse("carl")).get("/dashboard/alpenrad/staffing?days=56&patience=20&at_once=3&away=30")).text
    for field, value in (("days", 56), ("patience", 20), ("at_once", 3), ("away", 30)):
        assert re.search(rf'name="{field}" value="{value}"', page), field
    assert "/dashboard/alpenrad/staffing.csv?days=56&amp;patience=20&amp;at_once=3&amp;away=30" in page


@pytest.mark.parametrize("wrong", ["days=3", "patience=-1", "at_once=0", "away=95"])
async def test_what_cannot_be_reckoned_is_refused(browse, wrong):
    assert (await (await browse("carl")).get(f"/dashboard/alpenrad/staffing?{wrong}")).status_code == 422


async def test_without_anything_to_learn_from_it_says_so(world, browse):
    world.reports.full = False
    page = (await (await browse("carl")).get("/dashboard/alpenrad/staffing")).text
    assert "Nobody has handled a conversation in these days" in page


async def test_a_roster_can_be_taken_along(browse):
    carl = await browse("carl")
    rows = list(csv.reader(io.StringIO((await carl.get("/dashboard/alpenrad/staffing.csv")).text.lstrip("\ufeff"))))
    assert rows[0][:5] == ["weekday", "start", "arrivals", "agents", "online"]
    assert rows[1][:3] == ["1", "08:00", "3.5"]
    objects = (await carl.get("/dashboard/alpenrad/staffing.json")).json()
    assert len(objects) == len(rows) - 1 == 100


async def test_the_provider_staffs_all_clients_as_one_pool_and_clients_do_not_see_it(browse):
    sofie = await browse("sofie")
    page = (await sofie.get("/staffing")).text
    assert "All clients" in page
    assert "strictest promise" in page
    assert (await sofie.get("/staffing.csv")).status_code == 200
    assert 'href="/staffing"' in (await sofie.get("/dashboard")).text
    assert (await (await browse("carl")).get("/staffing")).status_code == 403
    assert (await (await browse("carl")).get("/dashboard/kontor/staffing")).status_code == 404


async def test_the_wallboard_looks_ahead_beside_who_is_online(world, browse):
    part = (await (await browse("sofie")).get("/wallboard/part")).text
    assert "Next hours" in part
    assert part.count("customers</span>") == 4
    assert "missing" in part
    world.reports.full = False
    assert "need not known yet" in (await (await browse("sofie")).get("/wallboard/part")).text
