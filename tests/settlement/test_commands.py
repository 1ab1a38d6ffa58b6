"""The commands, as an operator types them."""

import asyncio
import json
import random

import pytest
from sqlalchemy import update
from typer.testing import CliRunner

from app.cli.root import app
from conversation.ids import ClientId
from storage.database import Database
from storage.packs import PackVersions
from storage.schema import sla_clocks
from storage.tenancy import ALL_CLIENTS
from tests.builders import NOON
from tests.settlement.history import live_through
from tests.settlement.packs import small_pack
from tests.storage_people.office import Office


@pytest.fixture
def installed(sqlite_url, monkeypatch):
    """An installation with one small client and some history; how to run something on its database."""
    monkeypatch.setenv("SWITCHBOARD_DATABASE_URL", sqlite_url)

    def on_database(work):
        async def run():
            database = Database(sqlite_url)
            try:
                return await work(database)
            finally:
                await database.dispose()

        return asyncio.run(run())

    async def install(database):
        await PackVersions(database).add(
            ClientId("alpenrad"), "Alpenrad", small_pack(), model=None, report={}, now=NOON, by="test"
        )
        await live_through(Office(database), random.Random(5), steps=40)

    on_database(install)
    return on_database


def run(*words: str, code: int = 0):
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == code, (result.output, result.exception)
    return result.output


def run_json(*words: str, code: int = 0):
    return json.loads(run(*words, "--json", code=code))


def test_replay_is_clean_finds_damage_and_mends_it(installed):
    verify = ("sla", "replay", "--client", "alpenrad", "--verify")
    clean = run_json(*verify)
    assert clean["differences"] == []
    assert clean["clocks"] > 0

    async def damage(database):
        async with database.transaction(ALL_CLIENTS) as connection:
            await connection.execute(update(sla_clocks).values(warned=99))

    installed(damage)
    assert len(run_json(*verify, code=1)["differences"]) >= clean["clocks"]
    assert "rebuilt" in run("sla", "replay", "--client", "alpenrad", "--rebuild")
    assert "0 differences found" in run(*verify)


def test_an_unknown_client_is_named_with_the_known_ones(installed):
    assert "known are alpenrad" in run("sla", "replay", "--client", "nobody", code=2)
