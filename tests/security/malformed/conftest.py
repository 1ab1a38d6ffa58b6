"""A whole site to send malformed things to, on SQLite and on PostgreSQL with a real Redis."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog

from tests.journeys.conftest import _awake, _one_model, backend, embedded, scaled
from tests.journeys.house import Place
from tests.security.malformed.site import Site, site_of

__all__ = ["_awake", "_one_model", "backend", "embedded", "scaled"]


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    yield
    structlog.reset_defaults()


@pytest.fixture(params=["embedded", "scaled"])
def where(request: pytest.FixtureRequest) -> Place:
    """SQLite with everything in one process, and PostgreSQL with a real Redis."""
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Place)
    return found


@pytest.fixture
async def site(where: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    async with site_of(where, tmp_path, monkeypatch) as made:
        yield made


@pytest.fixture
def small(request: pytest.FixtureRequest) -> Place:
    """Where one database is enough."""
    found = request.getfixturevalue("embedded")
    assert isinstance(found, Place)
    return found


@pytest.fixture
async def small_site(small: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    async with site_of(small, tmp_path, monkeypatch) as made:
        yield made
