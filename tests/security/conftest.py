from collections.abc import AsyncIterator

import pytest

from storage.database import Database
from tests.security.sign_in_fixtures import House, house_on


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    """The real application over a real database: each test that asks for it runs on SQLite and on PostgreSQL."""
    async with house_on(database) as built:
        yield built
