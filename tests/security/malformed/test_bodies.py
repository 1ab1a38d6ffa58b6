"""Bodies and headers that are none, at the chat, the platforms' webhooks and forms: never a 5xx, signature first."""

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from accounts.user import Role
from conversation.ids import ChannelId
from conversation.message import AuthorKind
from tests.journeys.house import WEB, House
from tests.journeys.waiting import eventually
from tests.platforms.slack_server import SlackServer
from tests.security.malformed.site import Found, Site, sign_in
from tests.security.malformed.values import (
    BODIES,
    CHAT,
    FORM_TYPE,
    HEADERS,
    HOOKS,
    JSON_TYPE,
    MESSAGE,
    PARTS,
    SECRET,
    SLACK_PATH,
    TELEGRAM_HEADER,
    TELEGRAM_PATH,
    mutated,
)
from tests.security.requests import Answer, call


@pytest.mark.timeout(400)
async def test_no_body_breaks_the_chat_or_a_platforms_webhook(site: Site) -> None:
    found = Found()
    for body in (*BODIES, *mutated(MESSAGE)):
        for media_type in (JSON_TYPE, FORM_TYPE):
            answer = found.add(f"chat {body[:80]!r}", await post_chat(site, body, media_type))
            assert answer.status in (202, 400, 413, 422), (body[:80], answer.status, answer.body)
    for body in (*BODIES, *mutated(site.telegram_update())):
        unsigned = await call(site.app, "POST", TELEGRAM_PATH, body=body)
        signed = await call(site.app, "POST", TELEGRAM_PATH, body=body, headers=[(TELEGRAM_HEADER, SECRET.encode())])
        assert unsigned.status == 401, (body[:80], unsigned.status)
        found.add(f"telegram {body[-400:]!r}", signed)
    for body in (*BODIES, *mutated(site.slack.customer_says("hallo")), *pressed(site.slack)):
        assert (await post_slack(site, body, secret="wrong")).status == 401
        found.add(f"slack {body[-400:]!r}", await post_slack(site, body))
    for body in (b"[]", b'"x"', b"null", b"1", b"[" * 3_000):
        assert (await post_slack(site, body)).status == 400
    assert found.told() == ""


async def test_what_a_customer_wrote_is_kept_with_replacements_however_odd_its_characters(site: Site) -> None:
    update = site.telegram_update("Ha\x00llo \ud83d und\udc00")
    headers = [(TELEGRAM_HEADER, SECRET.encode())]
    assert (
        await call(site.app, "POST", TELEGRAM_PATH, body=json.dumps(update).encode(), headers=headers)
    ).status == 200
    event = json.dumps(site.slack.customer_says("Ha\x00llo \ud83d und\udc00")).encode()
    assert (await post_slack(site, event)).status == 200
    for ref, where in (("42", "alpenrad-telegram"), ("D1", "alpenrad-slack")):
        said = await eventually(lambda r=ref, w=where: _said(site.house, r, w), f"{where} has the message")
        assert said == ["Ha\ufffdllo \ufffd und\ufffd"]


async def test_no_header_breaks_a_route(small_site: Site) -> None:
    found = Found()
    site = small_site
    person = await sign_in(site, "everything", *Role)
    for name, value in HEADERS:
        for method, path in (("GET", "/desk"), ("POST", "/desk/presence"), ("GET", f"/chat/{WEB}"), *CHAT, *HOOKS):
            own = [(k, v) for k, v in person.headers if k != name]
            answer = await call(site.app, method, path, headers=[*own, (name, value)], body=b"status=online")
            found.add(f"{name!r}: {value[:60]!r} {method} {path}", answer)
    for host in (b"[", b"a b", b"x" * 9_000, b"\xff", b"a:99999", b"@", b"a/b", b""):
        found.add(f"host {host[:60]!r}", await call(site.app, "GET", "/desk", host=host, headers=person.headers))
    for stamp, signature in (
        (b"abc", b"v0=" + b"0" * 64),
        (b"1", b"v0=\xff"),
        (b"\xb2", b"v0=x"),
        (b"9" * 500, b""),
    ):
        headers = [(b"x-slack-request-timestamp", stamp), (b"x-slack-signature", signature)]
        assert (await call(site.app, "POST", SLACK_PATH, headers=headers, body=b"{}")).status == 401
    headers = [(TELEGRAM_HEADER, b"\xff\xfe")]
    assert (await call(site.app, "POST", TELEGRAM_PATH, headers=headers, body=b"{}")).status == 401
    assert found.told() == ""


async def test_a_form_in_several_parts_is_checked_like_any_other(small_site: Site) -> None:
    site = small_site
    person = await sign_in(site, "everything", Role.AGENT)
    path = f"/desk/c/{site.values['conversation']}/reply"
    for kind, body, status in PARTS:
        headers = [*person.headers, (b"content-type", kind)]
        answer = await call(site.app, "POST", path, headers=headers, body=body)
        assert answer.status == status, (body[:200], answer.status, answer.body[:200])


def pressed(slack: SlackServer) -> Iterator[bytes]:
    """Interactions come as a form."""
    payload = {
        "type": "block_actions",
        "user": {"id": "U1", "name": "lena"},
        "container": {"message_ts": "1700000000.000100", "channel_id": "D1"},
        "actions": [
            {"type": "button", "action_id": "a", "value": "v", "action_ts": "1700000001.0", "text": {"text": "Ja"}}
        ],
    }
    for body in mutated(payload):
        yield urlencode({"payload": body.decode()}).encode()
    yield urlencode({"command": "/help", "channel_id": "D1", "text": "\x00", "user_id": "x" * 9_000}).encode()


async def post_chat(site: Site, body: bytes, media_type: bytes) -> Answer:
    headers = [(b"authorization", f"Bearer {site.visitor}".encode()), (b"content-type", media_type)]
    return await call(site.app, "POST", f"/chat/{WEB}/messages", headers=headers, body=body)


async def post_slack(site: Site, body: bytes, secret: str = "") -> Answer:
    stamp = str(int(time.time()))
    key = (secret or site.slack.secret).encode()
    signature = hmac.new(key, f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    headers = [
        (b"x-slack-request-timestamp", stamp.encode()),
        (b"x-slack-signature", f"v0={signature}".encode()),
        (b"content-type", JSON_TYPE),
    ]
    return await call(site.app, "POST", SLACK_PATH, headers=headers, body=body)


async def _said(house: House, ref: str, where: str) -> list[str]:
    return await house.said(ref, AuthorKind.CUSTOMER, ChannelId(where))
