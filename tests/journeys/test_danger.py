"""Danger out of hours: the customer hears whom to call, and a supervisor hears of it at once, outside and at the desk."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from accounts.user import Role
from app.processes import Part
from conversation.conversation import HandoffReason, Priority
from tests.journeys.house import House, Place, open_house
from tests.journeys.packs import ALWAYS, open_hours, pack_copy
from tests.journeys.people import signed_in, visiting
from tests.journeys.waiting import eventually
from tests.platforms.slack_server import SlackServer, slack_server


async def test_a_burning_battery_out_of_hours_reaches_a_supervisor_at_once_and_once(
    place: Place, tmp_path: Path
) -> None:
    pack = pack_copy(tmp_path, open_hours(ALWAYS, *these_days()))
    async with slack_server() as slack, open_house(place, pack, Part.WEB, Part.WORKER, **told_in(slack)) as house:
        supervisor = await house.employ("Sofie Brandt", Role.SUPERVISOR)
        async with visiting(house.url, "en") as lena:
            await lena.asks("help, my e-bike battery is on fire and smoking", "call 112")
            await eventually(lambda: has_heard(slack, 1), "the provider's channel hears of it")
            await lena.says("it is getting worse")
            conversation = await handed_over(house, lena.reference)
            async with signed_in(house.url, supervisor) as reader:
                page = (await reader.client.get("/alarms")).text
        assert "danger reported" in slack.posted[0].text
        assert f"/desk/c/{conversation}" in slack.posted[0].text
        assert "Danger reported" in page
        assert f"/desk/c/{conversation}" in page
        assert len(slack.posted) == 1


def these_days() -> list[str]:
    """Yesterday to tomorrow, wherever the client's midnight is."""
    today = datetime.now(UTC).date()
    return [(today + timedelta(days=n)).isoformat() for n in (-1, 0, 1)]


def told_in(slack: SlackServer) -> dict[str, str]:
    """Settings of a provider who hears of alarms in Slack."""
    url = f"{slack.url}/api/"
    return {"alert_slack_token": slack.bot_token, "alert_slack_channel": "C-alarms", "slack_api_url": url}


async def has_heard(slack: SlackServer, count: int) -> bool:
    return len(slack.posted) == count


async def handed_over(house: House, ref: str) -> str:
    """The conversation, which people have."""
    view = await house.view(ref)
    assert view.conversation.handoff_reason is HandoffReason.URGENT
    assert view.conversation.priority is Priority.URGENT
    return str(view.conversation.id)
