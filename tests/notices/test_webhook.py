"""The signed webhook: what a client's system receives, how it knows us, and what its answers mean."""

import asyncio
import json

import pytest

from bots.notices.addresses import WebhookAddress
from bots.notices.ports import Accepted, Never, NotNow, Told
from bots.notices.webhook import WebhookNotices, payload, sign, verify
from nlu.http_guard import Guard
from nlu.wire import open_http
from sla.notice import Notice
from tests.notices.making import HOOK, Receiver, alarm, digest, notice

SECRET = "0123456789abcdef0123456789abcdef"
AT = 1_780_000_000


async def send(url: str, told: Notice | None = None, *, allowed: bool = True) -> Told:
    host = url.removeprefix("http://")
    async with open_http() as http:
        guard = Guard(allowed=frozenset({host} if allowed else ()))
        address = WebhookAddress(f"{url}/sla?key=hidden", SECRET)
        return await WebhookNotices(http, guard, lambda _: address, lambda: AT).send(told or notice(to=HOOK))


async def test_an_alarm_arrives_signed_with_its_key_and_the_facts() -> None:
    receiver = Receiver()
    async with receiver.listening() as url:
        assert await send(url, notice(alarm(1), to=HOOK, attempts=2)) == Accepted()
    [(headers, body)] = receiver.heard
    assert verify(SECRET, headers["X-Switchboard-Signature"], body, AT + 5)
    assert (headers["Idempotency-Key"], headers["X-Switchboard-Attempt"]) == ("n-1", "3")
    told = json.loads(body)
    assert (told["type"], told["client"], told["counts"]) == ("sla.alarms", "alpenrad", {"breaches": 1, "warnings": 0})
    assert told["alarms"] == [
        {
            "id": "c1:first_response:1:100",
            "kind": "breach",
            "percent": 100,
            "clock": "first_response",
            "conversation": "c1",
            "queue": "workshop",
            "priority": "high",
            "topic": "",
            "channel": "",
            "language": "",
            "due_at": "2026-11-23T12:01:00+00:00",
            "fired_at": "2026-11-23T12:00:00+00:00",
        }
    ]


def test_the_documented_signature_is_this_one() -> None:
    """docs/alarms.md shows this example."""
    digest = "2f7852138f9dbd8d61c07c2cfb0b8ac96a46a32d78d4527788fb42fcb409a493"
    assert sign("secret", 1_700_000_000, b'{"id":"x"}') == f"t=1700000000,v1={digest}"


@pytest.mark.parametrize(
    ("secret", "body", "later"),
    [("other", b"{}", 0), (SECRET, b"{ }", 0), (SECRET, b"{}", 301), (SECRET, b"{}", -301)],
)
def test_a_forged_changed_old_or_future_message_is_refused(secret: str, body: bytes, later: int) -> None:
    assert verify(SECRET, sign(SECRET, AT, b"{}"), b"{}", AT)
    assert not verify(secret, sign(SECRET, AT, b"{}"), body, AT + later)
    assert not verify(SECRET, "t=soon,v1=x", b"{}", AT)
    assert not verify(SECRET, "", b"{}", AT)


def test_a_digest_has_every_alarm_the_worst_first_and_is_the_same_at_every_try() -> None:
    many = digest(40, HOOK)
    told = json.loads(payload(many))
    assert len(told["alarms"]) == 40
    assert [a["kind"] for a in told["alarms"]] == ["breach"] * 20 + ["warning"] * 20
    assert payload(many) == payload(Notice(many.id, HOOK, many.alarms, attempts=3, maybe_sent=True))


@pytest.mark.parametrize(
    ("status", "means"),
    [
        (204, Accepted),
        (301, NotNow),
        (404, NotNow),
        (500, NotNow),
        (410, Never),
    ],
)
async def test_what_an_answer_means(status: int, means: type) -> None:
    receiver = Receiver(answers=[status])
    async with receiver.listening() as url:
        told = await send(url)
    assert isinstance(told, means)
    assert "hidden" not in str(told), "a path and a query may hold secrets"
    if isinstance(told, NotNow):
        assert told.maybe_sent == (status >= 500)
    if isinstance(told, Never):
        assert told.for_good


async def test_the_providers_own_network_is_out_of_reach() -> None:
    receiver = Receiver()
    async with receiver.listening() as url:
        told = await send(url, allowed=False)
    assert isinstance(told, NotNow)
    assert "private network" in told.error
    assert not told.maybe_sent
    assert receiver.heard == []


async def test_nobody_there_and_no_answer_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    receiver = Receiver()
    async with receiver.listening() as url:
        gone = url
    away = await send(gone)
    assert isinstance(away, NotNow)
    assert "cannot be reached" in away.error
    assert not away.maybe_sent
    monkeypatch.setattr("bots.notices.webhook.TIMEOUT_SECONDS", 0.2)
    receiver = Receiver(slow=asyncio.Event())
    async with receiver.listening() as url:
        silent = await send(url)
    assert isinstance(silent, NotNow)
    assert silent.maybe_sent
    assert "no answer within" in silent.error


async def test_a_client_without_a_webhook_is_not_told() -> None:
    async with open_http() as http:
        told = await WebhookNotices(http, Guard(), lambda _: None).send(notice(to=HOOK))
    assert told == Never("the client has no webhook any more")
