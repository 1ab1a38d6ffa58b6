"""A late answer: the warning and the breach come when they are due, once, and everybody sees them with the reason."""

import re
from datetime import timedelta
from pathlib import Path

from accounts.user import Role
from app.processes import Part
from conversation.conversation import Priority
from conversation.events import Event, EventKind
from tests.journeys.house import House, Place, open_house, working
from tests.journeys.packs import open_hours, pack_copy, targets
from tests.journeys.people import at_the_desk, signed_in, visiting
from tests.journeys.waiting import eventually
from tests.platforms.slack_server import SlackServer, slack_server

BUDGET = timedelta(seconds=4)
SOON = timedelta(seconds=2)  # half of it on a quiet machine; tests share theirs with others


async def breached(house: House, ref: str) -> list[Event]:
    return await house.events(ref, EventKind.SLA_BREACH)


async def test_the_warning_and_the_breach_come_on_time_once_and_are_explained(scaled: Place, tmp_path: Path) -> None:
    pack = pack_copy(tmp_path, open_hours(), targets({"first_response": "4s"}))
    async with (
        slack_server() as slack,
        open_house(scaled, pack, Part.WEB, Part.WORKER, **told_in(slack)) as house,
        working(house.built, Part.WORKER),
    ):
        mira = await house.employ("Mira Sander", Role.AGENT)
        anna = await house.employ("Anna Huber", Role.CLIENT_ADMIN)
        async with visiting(house.url, "en") as lena, at_the_desk(house.url, mira) as (agent, _):
            await lena.asks("Where is my order 100234?", "Your order 100234")
            await lena.asks("I want to talk to someone", "colleagues")
            await eventually(lambda: breached(house, lena.reference), "the breach fires")
            view = await house.view(lena.reference)
            (clock,) = [c for c in view.clocks if c.kind == "first_response"]
            assert clock.due_at == clock.started_at + BUDGET
            fired = [e for e in view.events if e.kind in (EventKind.SLA_WARNING, EventKind.SLA_BREACH)]
            assert [e.data.get("percent", 100) for e in fired if "first_response" in str(e.data)] == [50, 80, 100]
            for event, share in zip(fired, (0.5, 0.8, 1.0), strict=True):
                late = event.at - (clock.started_at + BUDGET * share)
                assert timedelta() <= late < SOON
            assert view.conversation.priority is Priority.URGENT
            await eventually(lambda: has_heard(slack, 2), "the provider's channel hears of it")

            at = f"/desk/c/{view.conversation.id}"
            listed = await agent.page("/desk/list?list=waiting")
            assert 'data-look="breach"' in listed
            assert "tag urgent" in listed
            await agent.does(f"{at}/claim")
            await agent.does(f"{at}/reply", text="Sorry for the wait.", key="k-1")
            await lena.hears("Sorry", author="agent")
            await eventually(lambda: missed(house, lena.reference), "the verdict is final")
            assert len(await breached(house, lena.reference)) == 1
        async with signed_in(house.url, anna) as reader:
            figures = await reader.reads("/dashboard/alpenrad")
            assert "1 missed" in figures
            told = await reader.reads(f"/dashboard/alpenrad/c/{view.conversation.id}")
            rows = (await reader.client.get("/dashboard/alpenrad/export/breaches.csv")).text.splitlines()
        assert [str(view.conversation.id) in row for row in rows] == [False, True]
        assert ["80 %" in told.text for told in slack.posted] == [True, False], "by two workers, each alarm once"
        assert f"/desk/c/{view.conversation.id}" in slack.posted[-1].text
        assert "Overdue: First reply" in told
        assert re.search(r"was due\. .* stopped after [\d.]+ s, [\d.]+ s after it was due", told)


def told_in(slack: SlackServer) -> dict[str, str]:
    """Settings of a provider who hears of alarms in Slack."""
    url = f"{slack.url}/api/"
    return {"alert_slack_token": slack.bot_token, "alert_slack_channel": "C-alarms", "slack_api_url": url}


async def has_heard(slack: SlackServer, count: int) -> bool:
    return len(slack.posted) == count


async def missed(house: House, ref: str) -> bool:
    return await house.first_response(ref) == "missed"
