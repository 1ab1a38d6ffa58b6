"""Numbers and reasons are for operators: on an address of their own, and never more of them than we choose."""

import asyncio
import contextlib
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry, generate_latest
from pydantic import SecretStr, ValidationError

from app.http_server import listen
from app.processes import Part
from app.settings import Settings, SettingsError
from tests.journeys.house import Place, open_house, reserved_port
from tests.journeys.waiting import eventually
from tests.web.world import World
from web.application import create_app
from web.metrics import create_metrics
from web.readiness import FRESH_S, Readiness

ROOT = Path(__file__).parents[2]
STARTS_WITHIN_S = 120
"""Two tests at a time on a busy machine; whoever ends before says so at once."""
TOKEN = "a-token-of-the-operator"
BOUNDED = {"client", "kind", "reason", "engine", "channel", "lost", "method", "route", "status", "peer", "le"}
"""Labels whose values come from a closed set or from packs. A new one needs a look at what strangers can put into it."""


def http(application: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://desk.test")


async def failing() -> str:
    return "the database at db.internal does not answer: password authentication failed"


async def test_invented_methods_paths_and_statuses_make_no_new_numbers() -> None:
    registry, world = CollectorRegistry(), await World.make()
    async with http(create_app(world.services(registry=registry))) as client:
        await client.request("GET", "/healthz")
        await client.request("INVENTED", "/healthz")
        await client.request("INVENTED", "/nowhere")
        before = len(generate_latest(registry))
        for number in range(1_500):
            await client.request(f"M{number}", ("/healthz", f"/nowhere/{number}")[number % 2])
        for method in ("get", "GET\u00e9", "X" * 5000, "CONNECT", "TRACE"):
            await client.request(method.encode("latin-1").decode("latin-1"), "/healthz")
    assert len(generate_latest(registry)) < before + 2_000  # longer numbers, no more of them
    assert 'method="other"' in generate_latest(registry).decode()


async def test_the_public_port_has_no_metrics_and_gives_no_reasons() -> None:
    world = await World.make()
    async with http(create_app(world.services(readiness={"database": failing}))) as client:
        assert (await client.get("/metrics")).status_code == 404
        answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"ready": False})


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer ",
        "Bearer x",
        TOKEN,
        f"Basic {TOKEN}",
        f"Bearer {TOKEN}x",
        f"bearer {TOKEN}",
        f"Bearer  {TOKEN}",
        "Bearer \xff",
    ],
)
@pytest.mark.parametrize("path", ["/metrics", "/readyz", "/", "/metrics/", "//metrics"])
async def test_without_the_token_nothing_is_told(header: str | None, path: str) -> None:
    headers = {} if header is None else {"Authorization": header.encode("latin-1")}
    async with http(create_metrics(CollectorRegistry(), {"database": failing}, TOKEN)) as client:
        answer = await client.get(path, headers=headers)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert (await client.get("/healthz")).status_code == 200


async def test_with_it_numbers_and_reasons_are_there() -> None:
    registry = CollectorRegistry()
    async with http(create_metrics(registry, {"database": failing}, TOKEN)) as client:
        client.headers["Authorization"] = f"Bearer {TOKEN}"
        assert (await client.get("/metrics")).headers["content-type"].startswith("text/plain")
        answer = await client.get("/readyz")
        assert (await client.post("/metrics")).status_code == 405
    assert (answer.status_code, answer.json()["problems"]) == (503, {"database": await failing()})


async def test_readiness_is_not_asked_more_often_than_once_a_second() -> None:
    asked, now = [], [100.0]

    async def check() -> str:
        asked.append(now[0])
        await asyncio.sleep(0)
        return ""

    readiness = Readiness({"database": check}, lambda: now[0])
    await asyncio.gather(*(readiness.problems() for _ in range(500)))
    assert len(asked) == 1
    now[0] += FRESH_S
    await readiness.problems()
    assert len(asked) == 2


@pytest.mark.parametrize(
    "value",
    ["9464", "localhost", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", "metrics.internal:9464", ":9464", "on"],
)
def test_an_address_that_is_none_is_refused(value: str) -> None:
    with pytest.raises(ValidationError, match=r"write 127\.0\.0\.1:9464"):
        Settings(_env_file=None, metrics=value)  # type: ignore[call-arg]


@pytest.mark.parametrize("value", ["0.0.0.0:9464", "[::]:9464", "10.0.0.7:9464", "[fd00::7]:9464"])
@pytest.mark.parametrize("token", ["", "short"])
def test_where_others_reach_it_a_token_is_needed(value: str, token: str) -> None:
    with pytest.raises(ValidationError, match="set SWITCHBOARD_METRICS_TOKEN"):
        Settings(_env_file=None, metrics=value, metrics_token=SecretStr(token))  # type: ignore[call-arg]
    assert Settings(_env_file=None, metrics=value, metrics_token=SecretStr(TOKEN)).metrics == value  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("", None),
        ("off", None),
        ("OFF", None),
        ("127.0.0.1:0", ("127.0.0.1", 0)),
        ("[::1]:9464", ("::1", 9464)),
        ("localhost:1", ("localhost", 1)),
    ],
)
def test_on_this_machine_it_needs_none(value: str, address: tuple[str, int] | None) -> None:
    assert Settings(_env_file=None, metrics=value).metrics_address == address  # type: ignore[call-arg]


def test_several_processes_of_a_machine_take_the_next_ports() -> None:
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(contextlib.closing(listen("127.0.0.1", 0, hint="-")))
        port = first.getsockname()[1]
        second = stack.enter_context(contextlib.closing(listen("127.0.0.1", port, hint="-", tries=50)))
        assert port < second.getsockname()[1] < port + 50
        with pytest.raises(SettingsError, match=f"cannot listen on 127.0.0.1:{port} .*; choose another"):
            listen("127.0.0.1", port, hint="choose another")
    with pytest.raises(SettingsError, match="choose another"):
        listen("192.0.2.1", 9464, hint="choose another", tries=50)


@pytest.fixture(params=["embedded", "scaled"])
def place(request: pytest.FixtureRequest) -> Place:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Place)
    return found


@pytest.fixture
def embedded(sqlite_url: str) -> Place:
    return Place(sqlite_url, "memory://", "127.0.0.1:1")


@pytest.fixture
def scaled(postgres_url: str, redis_server: str) -> Place:
    return Place(postgres_url, redis_server, "127.0.0.1:1")


async def test_labels_come_from_closed_sets(place: Place) -> None:
    async with open_house(place, None, Part.WEB, metrics="127.0.0.1:0") as house:
        labels = {
            name for metric in house.built.metrics.registry.collect() for s in metric.samples for name in s.labels
        }
        collectors = {
            name
            for collector in house.built.metrics.registry._collector_to_names
            for name in getattr(collector, "_labelnames", ())
        }
    assert labels | collectors <= BOUNDED


@asynccontextmanager
async def process(place: Place, folder: Path, part: str, **settings: str) -> AsyncIterator[asyncio.subprocess.Process]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **place.environment(**settings)}
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "from app.cli import main; main()", part,
        cwd=folder, env=environment, stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        yield started
    finally:
        with contextlib.suppress(ProcessLookupError):
            started.kill()
        await started.communicate()


async def get(url: str, token: str = "") -> httpx.Response | None:
    async with httpx.AsyncClient(trust_env=False) as client:
        try:
            return await client.get(url, headers={"Authorization": f"Bearer {token}"} if token else {})
        except httpx.ConnectError:
            return None


async def listening_url(started: asyncio.subprocess.Process) -> str:
    """Where a process says that its numbers are; fails with all it said if it ends, or stays silent, before that."""
    assert started.stdout is not None
    said = []
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(STARTS_WITHIN_S):
            async for line in started.stdout:
                said.append(line.decode())
                if found := re.search(r'"url": "(http://[^"]+)/metrics"', said[-1]):
                    return found[1].replace("0.0.0.0", "127.0.0.1")
    raise AssertionError(f"it did not say where its numbers are (exit status {started.returncode}):\n" + "".join(said))


@pytest.mark.parametrize("part", ["web", "worker", "poll", "serve"])
async def test_every_process_shows_its_numbers(scaled: Place, tmp_path: Path, part: str) -> None:
    with reserved_port() as port:
        settings = {
            "SWITCHBOARD_METRICS": "0.0.0.0:0",
            "SWITCHBOARD_METRICS_TOKEN": TOKEN,
            "SWITCHBOARD_PORT": str(port),
        }
        async with process(scaled, tmp_path, part, **settings) as started:
            url = await listening_url(started)
            numbers = await eventually(lambda: get(f"{url}/metrics", TOKEN), "it answers")
            refused, ready = await get(f"{url}/metrics"), await get(f"{url}/readyz", TOKEN)
    assert "switchboard_events" in numbers.text
    assert "server" not in numbers.headers
    assert refused is not None
    assert refused.status_code == 401
    assert ready is not None
    assert ready.json() == {"ready": True, "problems": {}}
