"""What somebody may send to sign in has an end, and what of it is written down too."""

import json
from dataclasses import replace

import pytest
from sqlalchemy import text

from accounts import limits
from accounts.audit import AuditEntry, entry, shortened
from accounts.errors import TooLong
from accounts.sign_in import Refused, RefusedBecause, Visit
from accounts.throttle import PAIR
from accounts.user import Role
from conversation.limits import HEADER_BYTES
from storage.tenancy import ALL_CLIENTS
from tests.builders import NOON
from tests.security.sign_in_fixtures import EMAIL, PASSWORD, WRONG, House

ODD = {
    "300,000 letters": "x" * 300_000,
    "a long address": "x" * 300_000 + "@example.org",
    "umlauts": "ß" * 5_000,
    "NUL": "mira\x00@example.org",
    "a lone surrogate": "mira\ud800@example.org",
    "control characters": "mira\r\n\x1b[31m@example.org",
    "SQL": "' OR 1=1; --",
    "wide": "ﷺ" * 300,
}
NO_TEXT = {ODD["NUL"], ODD["a lone surrogate"]}


async def written(house: House) -> int:
    """The length of the longest row of everything that signing in writes."""
    longest = 0
    async with house.database.reading(ALL_CLIENTS) as connection:
        for table in ("audit", "sign_in_attempts", "sessions", "half_sign_ins"):
            rows = (await connection.execute(text(f"SELECT * FROM {table}"))).mappings()
            longest = max([longest, *(len(json.dumps(dict(row), default=str, ensure_ascii=False)) for row in rows)])
    return longest


@pytest.mark.parametrize("odd", ODD.values(), ids=list(ODD))
@pytest.mark.parametrize("field", ["email", "password", "code", "next"])
async def test_whatever_is_sent_to_sign_in_is_refused_in_few_words(house: House, field: str, odd: str) -> None:
    stranger = await house.visitor()
    await stranger.get("/login")
    form = {"email": EMAIL, "password": WRONG, "next": "/desk", "csrf": stranger.csrf} | {field: odd}
    body = "&".join(f"{name}={_escaped(value)}" for name, value in form.items())
    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = await stranger.client.post("/login", content=body, headers=headers)
    assert answer.status_code in ({400} if odd in NO_TEXT else {401, 422})
    assert len(answer.text) < 20_000
    assert await written(house) < 2_000


async def test_a_browser_with_an_endless_name_is_cut(house: House) -> None:
    mira = await house.visitor()
    mira.client.headers["user-agent"] = "x" * HEADER_BYTES
    assert (await mira.sign_in()).status_code == 303
    assert await written(house) < 2_000
    mira.client.headers["user-agent"] += "x"
    assert (await mira.client.get("/login")).status_code == 431


async def test_cookies_somebody_made_up_are_refused_in_few_words(house: House) -> None:
    for name in ("session", "half", "device", "visitor"):
        stranger = await house.visitor()
        stranger.client.cookies.set(f"switchboard_{name}", "x" * (HEADER_BYTES - 400))  # with room for the others
        assert (await stranger.get("/desk")).status_code == 303
        await stranger.get("/login")
        assert (await stranger.post("/login", code="123456")).status_code in {401, 403}
    assert await written(house) < 2_000


@pytest.mark.parametrize("odd", ODD.values(), ids=list(ODD))
async def test_what_is_odd_counts_like_any_other_account(house: House, odd: str) -> None:
    answers = [await house.accounts.sign_in(odd, odd, Visit(odd, odd, odd, odd), NOON) for _ in range(7)]
    reasons = [answer.reason for answer in answers if isinstance(answer, Refused)]
    assert reasons == [RefusedBecause.WRONG] * PAIR.free + [RefusedBecause.THROTTLED] * 2
    assert await written(house) < 4_000


async def test_a_name_and_an_address_have_an_end(house: House) -> None:
    with pytest.raises(TooLong, match="the e-mail address may have at most 320 characters; this one has 321"):
        await house.accounts.add_user("x" * 309 + "@example.org", "X", PASSWORD, NOON, roles=[Role.AGENT])
    with pytest.raises(TooLong, match="the name may have at most 200 characters"):
        await house.accounts.add_user("x@example.org", "X" * 201, PASSWORD, NOON, roles=[Role.AGENT])
    longest = "x" * 308 + "@example.org"
    assert len(longest) == limits.EMAIL
    await house.accounts.add_user(longest, "X" * 200, PASSWORD, NOON, roles=[Role.AGENT])
    assert (await (await house.visitor()).sign_in(longest)).status_code == 303


async def test_every_value_of_an_audit_entry_is_cut_when_it_is_added(house: House) -> None:
    endless = "x" * 100_000
    deep: object = endless
    for _ in range(50):
        deep = {"inside": [deep]}
    told = entry("thing.done", NOON, actor_name=endless, subject=endless, address=endless, reason=endless)
    await house.audit.add([replace(told, detail=told.detail | {"list": [endless] * 9, "deep": deep, "n": 7})])
    [found] = await house.audit.page(None, limit=1)
    assert (len(found.actor_name), len(found.subject), len(found.address)) == (
        limits.NAME,
        limits.AUDIT_SUBJECT,
        limits.ADDRESS,
    )
    assert len(found.detail["reason"]) == limits.AUDIT_TEXT
    assert found.detail["n"] == 7
    assert endless not in json.dumps(found.detail)
    assert len(json.dumps(found.detail)) < 12 * limits.AUDIT_TEXT


def test_an_entry_of_common_size_stays_as_it_is() -> None:
    told = AuditEntry(NOON, "pack.applied", subject="pack:3", detail={"version": 3, "changed": ["a", "b"], "x": None})
    assert shortened(told) == told


def _escaped(value: str) -> str:
    return "".join(f"%{byte:02x}" for byte in value.encode("utf-8", "surrogatepass"))
