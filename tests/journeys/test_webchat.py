"""The main job over the web chat: asked, answered, handed over, answered by a person, counted."""

import csv
import io
import re
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from accounts.user import Role
from app.processes import Part
from tests.journeys.house import Place, open_house
from tests.journeys.packs import open_hours, pack_copy
from tests.journeys.people import Colleague, at_the_desk, signed_in, visiting
from tests.journeys.waiting import eventually


async def first_responses(reader: Colleague) -> dict[str, int]:
    """Today's figures as the client downloads them."""
    table = await reader.client.get("/dashboard/alpenrad/export/days.csv")
    rows = list(csv.DictReader(io.StringIO(table.text.lstrip("\ufeff"))))
    return {key: sum(int(row[key]) for row in rows) for key in ("met", "missed", "open", "conversations")}


async def test_a_customer_is_answered_by_the_bot_then_by_a_person_and_the_client_sees_the_promise_kept(
    place: Place, tmp_path: Path
) -> None:
    pack = pack_copy(tmp_path, open_hours())
    async with open_house(place, pack, Part.WEB, Part.WORKER) as house:
        mira = await house.employ("Mira Sander", Role.AGENT)
        anna = await house.employ("Anna Huber", Role.CLIENT_ADMIN)
        async with visiting(house.url) as lena, at_the_desk(house.url, mira) as (agent, live):
            await lena.asks("Wo ist meine Bestellung 100234?", "Deine Bestellung 100234")
            await lena.asks("I want to return my bike", "reason for the return")
            await lena.asks("I want to talk to someone", "passing you on to my colleagues", "minutes")

            conversation = (await live.until("changed"))["conversation"]
            row = await eventually(lambda: listed(agent, "waiting"), "the conversation waits in the list")
            assert "Return something" in row
            at = f"/desk/c/{conversation}"
            await agent.does(f"{at}/claim")
            shown = await agent.reads(at)
            for part in (
                "Wo ist meine Bestellung 100234?",
                "Deine Bestellung 100234",
                "English",
                "Return something",
                "I want to talk to someone",
            ):
                assert part in shown
            assert "order number 100234" in shown
            assert re.search(r'data-look="running" data-down="\d{4}-', await agent.page(at))
            assert (await first_responses_of(house.url, anna))["open"] == 1

            await agent.does(f"{at}/reply", text="Hello Lena, I have your return here.", key="k-1")
            await agent.does(f"{at}/reply", text="Hello Lena, I have your return here.", key="k-1")
            heard = await lena.hears("I have your return", author="agent")
            await agent.does(f"{at}/resolve", disposition="answered")
            assert [m["text"] for m in lena.feed.of("message")].count(heard) == 1
            assert await first_responses_of(house.url, anna) == {"met": 1, "missed": 0, "open": 0, "conversations": 1}


async def test_out_of_hours_the_customer_hears_when_people_are_back_and_the_clock_starts_then(
    embedded: Place, tmp_path: Path
) -> None:
    today = datetime.now(ZoneInfo("Europe/Berlin")).date()
    closed = [(today + timedelta(days=n)).isoformat() for n in (-1, 0, 1)]
    async with open_house(embedded, pack_copy(tmp_path, open_hours("24/7", *closed)), Part.WEB, Part.WORKER) as house:
        mira = await house.employ("Mira Sander", Role.AGENT)
        async with visiting(house.url) as lena, at_the_desk(house.url, mira) as (agent, live):
            told = await lena.asks("Ich möchte mit einem Menschen sprechen", "niemand mehr da")
            assert f"{(today + timedelta(days=2)).day}. " in told
            conversation = (await live.until("changed"))["conversation"]
            page = await agent.page(f"/desk/c/{conversation}")
        due = re.search(r'data-down="([^"]+)"', page)
        assert due is not None
        opens = datetime.combine(today + timedelta(days=2), time(), ZoneInfo("Europe/Berlin"))
        assert datetime.fromisoformat(due[1]) == opens + timedelta(minutes=15)


async def first_responses_of(url: str, email: str) -> dict[str, int]:
    async with signed_in(url, email) as reader:
        return await first_responses(reader)


async def listed(agent: Colleague, kind: str) -> str:
    """The list's rows, as soon as it has any."""
    page = await agent.page(f"/desk/list?list={kind}")
    return page if 'data-key="' in page else ""
