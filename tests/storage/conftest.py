"""A process on each database."""

import pytest

from storage.database import Database
from tests.storage.harness import Process


@pytest.fixture
def process(database: Database) -> Process:
    return Process(database)
