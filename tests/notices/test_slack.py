"""Alarms in the provider's Slack channel: what stands there, and what Slack's refusals mean."""

from datetime import timedelta

import pytest

from bots.notices.ports import Accepted, Never, NotNow
from bots.notices.slack import SlackByToken, SlackByWebhook, slack_text
from sla.notice import DANGER, DANGER_POINT, SLACK, Notice, Recipient
from tests.notices.making import Receiver, alarm, digest, notice, wording
from tests.platforms.slack_server import slack_server

CHANNEL = "C042"


async def test_an_alarm_is_posted_to_the_channel() -> None:
    async with slack_server() as server:
        sender = SlackByToken("xoxb-test", CHANNEL, wording(), api_url=f"{server.url}/api/")
        assert await sender.send(notice()) == Accepted()
        assert (await sender.check()).endswith(f", to {CHANNEL}")
    [posted] = server.posted
    assert posted.channel == CHANNEL
    assert "Alpenrad: first response is overdue" in posted.text


@pytest.mark.parametrize(
    ("error", "means"),
    [
        ("channel_not_found", NotNow),
        ("invalid_auth", NotNow),
        ("is_archived", Never),
        ("ratelimited", NotNow),
    ],
)
async def test_what_slacks_refusals_mean(error: str, means: type) -> None:
    async with slack_server() as server:
        sender = SlackByToken("xoxb-test", CHANNEL, wording(), api_url=f"{server.url}/api/")
        status = 429 if error == "ratelimited" else 200
        server.refuse_next("chat.postMessage", error, status=status, **({"Retry-After": "7"} if status == 429 else {}))
        told = await sender.send(notice())
    assert isinstance(told, means)
    if error == "ratelimited":
        assert isinstance(told, NotNow)
        assert told.wait == timedelta(seconds=7)


async def test_an_incoming_webhook_will_do() -> None:
    receiver = Receiver(answers=[200, 429, 503], headers={"Retry-After": "9"})
    async with receiver.listening() as url:
        sender = SlackByWebhook(f"{url}/services/T/B/X", wording())
        assert await sender.send(notice()) == Accepted()
        slow, broken = await sender.send(notice()), await sender.send(notice())
        assert "not tried" in await sender.check()
    assert isinstance(slow, NotNow)
    assert slow.wait == timedelta(seconds=9)
    assert isinstance(broken, NotNow)
    assert broken.maybe_sent
    assert b"overdue" in receiver.heard[0][1]
    away = await sender.send(notice())
    assert isinstance(away, NotNow)
    assert not away.maybe_sent
    assert "services" not in away.error


def test_a_single_alarm_says_what_where_and_until_when() -> None:
    desks = "0 agents online, 0 free places"
    due = "<!date^1795435260^{date_short_pretty} {time}|2026-11-23 12:01 UTC>"
    assert slack_text(notice(), wording()).splitlines() == [
        ":rotating_light: *Alpenrad: first response is overdue*",
        f"queue workshop · priority high · due {due} · nobody has it · {desks} · <https://s.example/c1|Open>",
    ]
    assert slack_text(notice(alarm(percent=80, assignee="Ann")), wording("de")).startswith(
        ":warning: *Alpenrad: Erstantwort hat 80 % der Zeit verbraucht*\nWarteschlange workshop · Priorität hoch"
    )


def test_a_digest_counts_names_the_worst_ten_and_says_how_many_more() -> None:
    lines = slack_text(digest(24), wording()).splitlines()
    assert lines[0] == ":rotating_light: *24 SLA alarms: 12 overdue, 12 in danger*"
    assert lines[1:3] == ["Alpenrad: 8 overdue, 8 in danger", "Kontor: 4 overdue, 4 in danger"]
    assert len([line for line in lines if line.startswith("•")]) == 10
    assert all("overdue" in line for line in lines[3:13])
    assert lines[-1] == "… and 14 more"


def test_a_message_that_may_be_the_second_says_so_and_nothing_in_it_is_read_as_markup() -> None:
    text = slack_text(Notice("n", SLACK, (alarm(queue="<!here>"),), maybe_sent=True), wording())
    assert "second time" in text
    assert "&lt;!here&gt;" in text
    assert "<!here>" not in text


def test_a_clients_people_read_nothing_of_the_providers_staff() -> None:
    text = wording().details(alarm(assignee="Ann"), Recipient.email("a@x.org", "alpenrad"), "noon")
    assert text == "queue workshop · priority high · due noon"


def test_danger_is_told_as_such_without_a_clock() -> None:
    danger = alarm(percent=DANGER_POINT, clock_kind=DANGER, due_at=None, topic="fire")
    text = slack_text(notice(danger), wording())
    assert text.startswith(":rotating_light: *Alpenrad: danger reported, a person is needed at once*")
    assert "about fire" in text
    assert "due" not in text
