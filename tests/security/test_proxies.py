"""Whose address a request has, whatever its headers say."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry, generate_latest
from pydantic import ValidationError
from starlette.requests import Request

from app.forwarded import EVERY, ForwardedHeaders, lately_seen
from app.http_server import listen, serve_http
from app.settings import Settings
from conversation.clock import ManualClock
from storage.audit import SqlAudit
from storage.database import Database
from tests.web.world import World
from web.addresses import counted_address
from web.application import create_app
from web.proxies import MOST_HOPS, TrustedProxies, Unnoticed
from web.timed_protocol import ConnectionLimits

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PROXY, OTHER_PROXY, STRANGER, CLIENT = "10.0.0.1", "10.0.0.2", "192.0.2.66", "198.51.100.7"
NETWORKS = [ip_network("10.0.0.0/24"), ip_network("fd00:aa::/64")]


class Sightings:
    def __init__(self) -> None:
        self.seen: list[tuple[str, Sequence[str], bool]] = []

    def saw(self, peer: str, headers: Sequence[str], *, trusted: bool) -> None:
        self.seen.append((peer, tuple(headers), trusted))


async def through(
    peer: str | None, headers: Sequence[tuple[str, str]] = (), networks: Sequence[Any] = NETWORKS, **more: Any
) -> dict[str, Any]:
    """The scope as the application sees it."""
    found: dict[str, Any] = {}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        found.update(scope)

    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
    scope = {
        "type": "http",
        "scheme": "http",
        "client": peer and (peer, 5),
        "headers": [(b"host", b"inner:8080"), *raw],
    }
    await TrustedProxies(app, networks=networks, sightings=more.get("sightings", Unnoticed()))(scope, None, None)  # type: ignore[arg-type]
    return found


def forwarded(*values: str) -> list[tuple[str, str]]:
    return [("X-Forwarded-For", value) for value in values]


@pytest.mark.parametrize(
    ("peer", "values", "client"),
    [
        (PROXY, [CLIENT], CLIENT),
        (PROXY, [f"203.0.113.9, {CLIENT}"], CLIENT),
        (PROXY, [f"{CLIENT}, {OTHER_PROXY}"], CLIENT),
        (PROXY, [f"203.0.113.9,{CLIENT},{OTHER_PROXY},10.0.0.3"], CLIENT),
        (PROXY, ["203.0.113.9", CLIENT], CLIENT),
        (PROXY, [CLIENT, OTHER_PROXY], CLIENT),
        (PROXY, [f"{OTHER_PROXY}, 10.0.0.3"], OTHER_PROXY),
        (PROXY, [f"garbage, {CLIENT}"], CLIENT),
        (PROXY, [f",,,{CLIENT}"], CLIENT),
        (PROXY, [f"{CLIENT}:51234"], CLIENT),
        (PROXY, ["[2001:db8::7]:443"], "2001:db8::7"),
        (PROXY, ["[2001:db8::7]"], "2001:db8::7"),
        (PROXY, ["2001:DB8:0::7"], "2001:db8::7"),
        (PROXY, ["::ffff:198.51.100.7"], CLIENT),
        (PROXY, [f"{CLIENT}, ::ffff:10.0.0.2"], CLIENT),
        ("::ffff:10.0.0.1", [CLIENT], CLIENT),
        ("fd00:aa::1", [CLIENT], CLIENT),
        ("fd00:bb::1", [CLIENT], "fd00:bb::1"),
        (PROXY, [], PROXY),
        (PROXY, [""], PROXY),
        (PROXY, ["unknown"], PROXY),
        (PROXY, ["_hidden"], PROXY),
        (PROXY, [f"{CLIENT}, unknown"], PROXY),
        (PROXY, [f"{CLIENT},"], PROXY),
        (PROXY, ['"198.51.100.7"'], PROXY),
        (PROXY, ["for=198.51.100.7"], PROXY),
        (PROXY, ["198.51.100.7:"], PROXY),
        (PROXY, ["198.51.100.7:123456"], PROXY),
        (PROXY, ["198.51.100.300"], PROXY),
        (PROXY, ["198.51.100.07"], PROXY),
        (PROXY, ["3325256711"], PROXY),
        (PROXY, ["0x7f.1"], PROXY),
        (PROXY, ["[2001:db8::7"], PROXY),
        (PROXY, ["2001:db8::7%eth0"], PROXY),
        (PROXY, ["198.51.100.7 10.0.0.9"], PROXY),
        (PROXY, ["198.51.100.7;203.0.113.9"], PROXY),
        (PROXY, ["\u00b9\u00b9.0.0.1"], PROXY),
        (PROXY, ["\xff\xfe"], PROXY),
        (PROXY, ["x" * 200_000], PROXY),
        (PROXY, ["1" * 200_000], PROXY),
        (PROXY, ["10.0.0.9," * 20_000], PROXY),
        (PROXY, [",".join(["10.0.0.9"] * (MOST_HOPS + 5))], PROXY),
        (PROXY, ["10.0.0.9"] * (MOST_HOPS + 5), PROXY),
        (PROXY, [",".join(["203.0.113.1"] * 20_000 + [CLIENT])], CLIENT),
        (STRANGER, [CLIENT], STRANGER),
        (STRANGER, [PROXY], STRANGER),
        (STRANGER, [f"{CLIENT}, {PROXY}"], STRANGER),
        ("127.0.0.1", [CLIENT], "127.0.0.1"),
        ("::1", [CLIENT], "::1"),
        ("::ffff:192.0.2.66", [CLIENT], STRANGER),
    ],
)
async def test_the_rightmost_hop_that_is_no_trusted_proxy_is_the_client(
    peer: str, values: list[str], client: str
) -> None:
    assert (await through(peer, forwarded(*values)))["client"][0] == client


@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", PROXY, STRANGER])
async def test_without_trusted_proxies_nobody_is_believed(peer: str) -> None:
    headers = [*forwarded(CLIENT), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "shop.example")]
    scope = await through(peer, headers, [])
    assert scope["client"] == (peer, 5)
    assert scope["scheme"] == "http"
    assert dict(scope["headers"])[b"host"] == b"inner:8080"


@pytest.mark.parametrize("name", ["Forwarded", "X-Real-IP", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP"])
@pytest.mark.parametrize("peer", [PROXY, STRANGER])
async def test_no_other_header_moves_the_address(name: str, peer: str) -> None:
    value = f"for={CLIENT};proto=https" if name == "Forwarded" else CLIENT
    assert (await through(peer, [(name, value)]))["client"][0] == peer


async def test_a_unix_socket_has_no_address_and_no_trouble() -> None:
    assert (await through(None, forwarded(CLIENT)))["client"] is None


@pytest.mark.parametrize(
    ("values", "host"),
    [
        (["desk.example"], b"desk.example"),
        (["desk.example:8443"], b"desk.example:8443"),
        (["[2001:db8::7]:443"], b"[2001:db8::7]:443"),
        (["desk.example, inner"], b"inner:8080"),
        (["a.example", "b.example"], b"inner:8080"),
        (["desk.example/path"], b"inner:8080"),
        (["u@desk.example"], b"inner:8080"),
        (["desk.example\r\nX: y"], b"inner:8080"),
        ([""], b"inner:8080"),
        (["\xff"], b"inner:8080"),
    ],
)
async def test_a_trusted_proxy_may_say_under_which_host_it_was_called(values: list[str], host: bytes) -> None:
    headers = [("X-Forwarded-Host", value) for value in values]
    trusted, stranger = await through(PROXY, headers), await through(STRANGER, headers)
    assert [value for name, value in trusted["headers"] if name == b"host"] == [host]
    assert [value for name, value in stranger["headers"] if name == b"host"] == [b"inner:8080"]


@pytest.mark.parametrize(
    ("values", "scheme"),
    [(["https"], "https"), (["HTTPS"], "https"), (["ftp"], "http"), (["https", "http"], "http"), (["https,"], "http")],
)
async def test_and_by_which_scheme(values: list[str], scheme: str) -> None:
    assert (await through(PROXY, [("X-Forwarded-Proto", value) for value in values]))["scheme"] == scheme


async def test_headers_that_do_not_count_are_noticed() -> None:
    sightings = Sightings()
    await through(STRANGER, [*forwarded(CLIENT), ("Forwarded", "x")], sightings=sightings)
    await through(PROXY, [("X-Real-IP", CLIENT)], sightings=sightings)
    await through(PROXY, forwarded(CLIENT), sightings=sightings)
    await through(STRANGER, sightings=sightings)
    assert sightings.seen == [
        (STRANGER, ("forwarded", "x-forwarded-for"), False),
        (PROXY, ("x-real-ip",), True),
    ]


async def test_visitors_behind_a_trusted_proxy_are_throttled_each_for_itself() -> None:
    world = await World.make()
    application = create_app(world.services(proxies=NETWORKS))

    @application.get("/whose")
    async def whose(request: Request) -> str:
        return counted_address(request)

    async def address(peer: str, client: str) -> str:
        transport = httpx.ASGITransport(application, client=(peer, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://desk.test") as http:
            answer = await http.get("/whose", headers={"X-Forwarded-For": client})
            return str(answer.json())

    assert await address(PROXY, "198.51.100.1") == "198.51.100.1"
    assert await address(PROXY, "198.51.100.2") == "198.51.100.2"
    assert await address(PROXY, "2001:db8:1:2:3::4") == await address(PROXY, "2001:db8:1:2:9::9") == "2001:db8:1:2::/64"
    assert await address(STRANGER, "198.51.100.1") == await address(STRANGER, "198.51.100.2") == STRANGER


async def test_what_does_not_count_is_remembered_for_the_doctor_once_an_hour(database: Database) -> None:
    clock, registry, audit = ManualClock(NOW), CollectorRegistry(), SqlAudit(database)
    noticed = ForwardedHeaders(audit, clock, registry)

    async def saw(peer: str, *, trusted: bool = False) -> None:
        noticed.saw(peer, ["x-forwarded-for"], trusted=trusted)
        await asyncio.gather(*noticed._writing)

    assert await lately_seen(audit, clock.now()) == []
    for _ in range(50):
        await saw("8.8.8.8")
    for _ in range(3):
        await saw("10.9.9.9")
    await saw(PROXY, trusted=True)
    assert len(await audit.page(None, limit=100)) == 3
    private, public, silent = await lately_seen(audit, clock.now())
    assert private.startswith("10.9.9.9, which is no trusted proxy, sent x-forwarded-for at ")
    assert public.startswith("8.8.8.8, which is no trusted proxy")
    assert silent.startswith(f"the trusted proxy {PROXY} sent ")
    clock.advance(EVERY)
    await saw("10.9.9.10")
    assert "10.9.9.10" in (await lately_seen(audit, clock.now()))[0]
    assert 'switchboard_forwarded_headers_ignored_total{peer="public"} 50.0' in generate_latest(registry).decode()
    assert await lately_seen(audit, clock.now() + EVERY * 24 * 8) == []


@pytest.mark.parametrize("value", ["10.0.0.1/8", "proxy", "10.0.0.0/33", "*", "10.0.0.1:80", "fd00::/129"])
def test_a_proxy_that_is_no_network_is_refused_with_what_to_write(value: str) -> None:
    with pytest.raises(ValidationError, match=r"write 10\.0\.0\.7, 10\.0\.0\.0/8"):
        Settings(_env_file=None, trusted_proxies=[value])  # type: ignore[call-arg]


def test_trusted_proxies_are_written_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWITCHBOARD_TRUSTED_PROXIES", "10.0.0.7, fd00::/8 ,192.168.0.0/16")
    assert [str(n) for n in Settings(_env_file=None).proxy_networks] == ["10.0.0.7/32", "fd00::/8", "192.168.0.0/16"]  # type: ignore[call-arg]
    monkeypatch.delenv("SWITCHBOARD_TRUSTED_PROXIES")
    assert Settings(_env_file=None).proxy_networks == []  # type: ignore[call-arg]


@pytest.mark.parametrize("networks", [[], [ip_network("127.0.0.0/8")]])
async def test_uvicorns_own_proxy_handling_is_off(monkeypatch: pytest.MonkeyPatch, networks: Sequence[Any]) -> None:
    """Over a real socket from loopback, which uvicorn trusts by itself."""
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        told = f"{scope['client'][0]} {scope['scheme']}".encode()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": told})

    trusting = TrustedProxies(app, networks=networks, sightings=Unnoticed())
    stop, listening = asyncio.Event(), listen("127.0.0.1", 0, hint="-")
    serving = asyncio.create_task(serve_http(trusting, listening, ConnectionLimits(), stop))
    try:
        async with httpx.AsyncClient(trust_env=False) as http:
            headers = {"X-Forwarded-For": CLIENT, "X-Forwarded-Proto": "https"}
            answer = await http.get(f"http://127.0.0.1:{listening.getsockname()[1]}/", headers=headers)
    finally:
        stop.set()
        await serving
        listening.close()
    assert answer.text == (f"{CLIENT} https" if networks else "127.0.0.1 http")
