"""Where the journeys take place: SQLite with everything in one process, and PostgreSQL with a real Redis.

After each, the clocks on file must be what replaying its events gives.
"""

import asyncio
from collections.abc import Iterator

import httpx
import pytest
from redis import Redis

from nlu.embedded.encoder import shared_encoder
from tests.browser import browser
from tests.clients.packs import model
from tests.journeys.house import Place, shop_backend
from tests.journeys.packs import read_once, trained_once
from tests.replaying import replays

__all__ = ["browser"]


@pytest.fixture(scope="session")
def backend() -> Iterator[str]:
    """The sample shop's order system, host:port."""
    with shop_backend() as address:
        yield address


@pytest.fixture(scope="session")
def _awake() -> None:
    """What costs seconds once in a process is paid before a customer waits."""
    model("alpenrad")
    shared_encoder()


@pytest.fixture(autouse=True)
def _one_model(monkeypatch: pytest.MonkeyPatch, backend: str, _awake: None) -> None:
    """Training is tested elsewhere and costs seconds; actions go to the backend that runs, as it was in the morning."""
    httpx.post(f"http://{backend}/_control", json={"reset": True}).raise_for_status()
    monkeypatch.setattr("nlu.yaml_loader.load_node", read_once)
    monkeypatch.setattr("app.bot_versions.train_pack", trained_once)
    monkeypatch.setenv("SWITCHBOARD_CLIENT__ALPENRAD__BACKEND_URL", f"http://{backend}")


@pytest.fixture
def embedded(sqlite_url: str, backend: str) -> Iterator[Place]:
    """SQLite and Redis's API inside the process."""
    yield Place(sqlite_url, "memory://", backend)
    asyncio.run(replays(sqlite_url))


@pytest.fixture
def scaled(postgres_url: str, redis_server: str, backend: str) -> Iterator[Place]:
    """PostgreSQL and a real Redis."""
    with Redis.from_url(redis_server) as redis:
        redis.flushall()
    yield Place(postgres_url, redis_server, backend)
    asyncio.run(replays(postgres_url))


@pytest.fixture(params=["embedded", "scaled"])
def place(request: pytest.FixtureRequest) -> Place:
    """Each journey that asks for it is made in both."""
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Place)
    return found
