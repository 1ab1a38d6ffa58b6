"""The same job over Slack, with the real slack-bolt: by Socket Mode, and by the Events API through the real web."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from app.processes import Part
from conversation.conversation import State
from conversation.ids import ChannelId
from conversation.message import AuthorKind
from tests.journeys.house import House, Place, open_house
from tests.journeys.packs import channel, open_hours, pack_copy
from tests.journeys.waiting import eventually
from tests.platforms.slack_server import BOT_USER, Posted, SlackServer, slack_server

SLACK = ChannelId("alpenrad-slack")


@pytest.fixture
async def slack(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SlackServer]:
    async with slack_server() as server:
        monkeypatch.setenv("SWITCHBOARD_CLIENT__ALPENRAD__SLACK_BOT_TOKEN", server.bot_token)
        monkeypatch.setenv("SWITCHBOARD_CLIENT__ALPENRAD__SLACK_APP_TOKEN", server.app_token)
        monkeypatch.setenv("SWITCHBOARD_CLIENT__ALPENRAD__SLACK_SIGNING_SECRET", server.secret)
        yield server


async def heard(server: SlackServer, *parts: str) -> Posted:
    """What the app has posted, once it contains all `parts`."""

    async def look() -> Posted | None:
        return next((p for p in server.posted if all(part in p.text for part in parts)), None)

    found = await eventually(look, lambda: (parts, server.posted))
    assert found is not None
    return found


async def answered_by_a_person(house: House, ref: str) -> None:
    async def look() -> bool:
        found = await house.conversation(ref, SLACK)
        return found is not None and found.state is State.QUEUED

    await eventually(look, "the conversation waits for a person")
    agent, conversation = await house.agent("Mira Sander"), await house.found(ref, SLACK)
    await house.built.desk.claim(agent, conversation.id)
    await house.built.desk.reply(agent, conversation.id, "Hallo Lena, ich sehe es mir an.", key="k-1")


async def test_by_socket_mode_in_a_direct_message(place: Place, slack: SlackServer, tmp_path: Path) -> None:
    pack = pack_copy(tmp_path, open_hours())
    async with open_house(place, pack, Part.WORKER, Part.POLL, slack_api_url=f"{slack.url}/api/") as house:
        asked = slack.customer_says("Wo ist meine Bestellung 100234?")
        assert await slack.deliver(asked)
        assert (await heard(slack, "Deine Bestellung 100234")).channel == "D1"
        assert await slack.deliver(asked, retry=1)
        assert await slack.deliver(slack.customer_says("Ich möchte etwas zurückgeben"))
        buttons = (await heard(slack, "Grund")).buttons
        assert await slack.deliver(slack.customer_presses(buttons[0]["text"]["text"]))
        assert await slack.deliver(slack.customer_says("Ich möchte mit einem Menschen sprechen"))
        await answered_by_a_person(house, "D1")
        await heard(slack, "ich sehe es mir an")
        await eventually(lambda: house.kept("D1", SLACK), "the first response is met")
        assert len([p for p in slack.posted if "Deine Bestellung" in p.text]) == 1
        said = await house.said("D1", AuthorKind.CUSTOMER, SLACK)
        assert len(said) == 4
        assert (await house.found("D1", SLACK)).customer_name == "Lena Kraus"


async def test_by_the_events_api_a_mention_in_a_channel_becomes_a_thread(
    embedded: Place, slack: SlackServer, tmp_path: Path
) -> None:
    pack = pack_copy(tmp_path, open_hours(), channel(SLACK, mode="events"))
    async with open_house(embedded, pack, Part.WEB, Part.WORKER, slack_api_url=f"{slack.url}/api/") as house:
        url = f"{house.url}/webhooks/slack/{SLACK}"
        asked = slack.customer_says(f"<@{BOT_USER}> Wo ist meine Bestellung 100234?", channel="C1")
        async with httpx.AsyncClient() as stranger:
            for headers, body in (slack.signed(asked, secret="guessed"), slack.signed(asked, age=301)):
                assert (await stranger.post(url, content=body, headers=headers)).status_code == 401
            challenge = slack.signed({"type": "url_verification", "challenge": "c4"})
            answer = await stranger.post(url, content=challenge[1], headers=challenge[0])
            assert answer.json() == {"challenge": "c4"}
        for event in (asked, asked, slack.mention(asked)):
            assert await slack.post_event(url, event) == 200
        root = asked["event"]["ts"]
        posted = await heard(slack, "Deine Bestellung 100234")
        assert (posted.channel, posted.thread_ts) == ("C1", root)
        more = slack.customer_says("Ich möchte mit einem Menschen sprechen", channel="C1", thread_ts=root)
        assert await slack.post_event(url, more) == 200
        assert await slack.post_event(url, slack.customer_says("unter uns", channel="C1", thread_ts="1.1")) == 200
        await answered_by_a_person(house, f"C1:{root}")
        assert (await heard(slack, "ich sehe es mir an")).thread_ts == root
        await eventually(house.quiet, "everything is delivered")
        assert await house.said(f"C1:{root}", AuthorKind.CUSTOMER, SLACK) == [
            "Wo ist meine Bestellung 100234?",
            "Ich möchte mit einem Menschen sprechen",
        ]
        assert len([p for p in slack.posted if "Deine Bestellung" in p.text]) == 1
        await eventually(lambda: house.kept(f"C1:{root}", SLACK), "the first response is met")
