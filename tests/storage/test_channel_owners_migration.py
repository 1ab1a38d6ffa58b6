"""An installation in which packs took each other's channels: the oldest keeps each, the others are named."""

import gzip
import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, text

from conversation.ids import ChannelId, ClientId
from storage import migrations
from storage.channels import SqlChannelOwners
from storage.database import Database
from storage.schema import clients, customers, inbox, messages, metadata, pack_versions, threads
from storage.tenancy import ALL_CLIENTS
from storage.transcripts import Transcripts
from tests.builders import NOON, inbound
from tests.storage.harness import Process, downgrade

BEFORE = "0012"
SHARED = ChannelId("kontor-web")
VERSIONS: list[tuple[str, int, int, str, list[str]]] = [  # client, version, days ago, state, channels
    ("kontor", 1, 90, "past", ["kontor-web", "kontor-old"]),
    ("kontor", 2, 50, "active", ["kontor-web", "kontor-slack"]),
    ("alpenrad", 1, 80, "past", ["alpenrad-web"]),
    ("alpenrad", 2, 20, "active", ["alpenrad-web", "kontor-web", "kontor-old"]),
    ("zebra", 1, 95, "rejected", ["kontor-web"]),
    ("zebra", 2, 10, "active", ["zebra-web"]),
    ("zebra", 3, 1, "waiting", ["zebra-web", "alpenrad-web"]),
]


async def test_the_older_owner_keeps_a_channel_and_who_loses_it_is_named(database_url: str, owner_url: str) -> None:
    await downgrade(owner_url, BEFORE)
    old = Database(owner_url, owner=True)
    await _fill(old)
    await old.dispose()
    notes = list(await migrations.upgrade(owner_url, app_url=database_url))
    now = Database(database_url)
    owners = await SqlChannelOwners(now).owners()
    assert {channel: owner.client for channel, owner in owners.items()} == {
        "alpenrad-web": "alpenrad",
        "kontor-old": "alpenrad",  # only a pack of the past names it for kontor
        "kontor-slack": "kontor",
        "kontor-web": "kontor",
        "zebra-web": "zebra",
        "gone-web": "kontor",
    }
    assert owners[SHARED].since == NOON - timedelta(days=90)
    losses = [note for note in notes if "is switched off" in note]
    assert len(losses) == 2
    assert "channel alpenrad-web belongs to alpenrad" in losses[0]
    assert "switched off for zebra" in losses[0]
    assert "channel kontor-web belongs to kontor, which has had it since 2026-08-25" in losses[1]
    assert "switched off for alpenrad" in losses[1]
    assert any("version 9 of broken's pack cannot be read" in note for note in notes)
    await now.dispose()
    assert list(await migrations.upgrade(owner_url, app_url=database_url)) == []


async def test_history_stays_with_whoever_made_it_and_the_chat_goes_on_for_the_owner(
    database_url: str, owner_url: str
) -> None:
    await downgrade(owner_url, BEFORE)
    old = Database(owner_url, owner=True)
    await _fill(old)
    await old.dispose()
    await migrations.upgrade(owner_url, app_url=database_url)
    now = Database(database_url)
    async with now.reading(ALL_CLIENTS) as connection:
        before = [tuple(row) for row in await connection.execute(select(threads.c.id, threads.c.client))]
    assert sorted(before) == [("t1", "alpenrad"), ("t2", "kontor")]
    process, transcripts = Process(now), Transcripts(now)
    assert await transcripts.thread_of(SHARED, "visitor") is None
    assert await process.receive(inbound("hello", client="kontor", channel=SHARED, thread="visitor")) == 1
    await process.handle_all()
    made = await transcripts.thread_of(SHARED, "visitor")
    assert made not in (None, "t1")
    async with now.reading([ClientId("alpenrad")]) as connection:
        assert await connection.scalar(select(messages.c.id).where(messages.c.client == "alpenrad")) is None
        assert await connection.scalar(select(inbox.c.key).where(inbox.c.client == "alpenrad")) == "web:visitor:1"
    await now.dispose()


async def test_the_way_back_leaves_the_tables_as_they_were(sqlite_url: str) -> None:
    await downgrade(sqlite_url, BEFORE)
    old = Database(sqlite_url)
    query = text("SELECT sql FROM sqlite_master WHERE tbl_name IN ('threads', 'inbox') ORDER BY name")
    async with old.reading(ALL_CLIENTS) as connection:
        before = list(await connection.scalars(query))
    await _fill(old)
    await old.dispose()
    await migrations.upgrade(sqlite_url)
    await downgrade(sqlite_url, BEFORE)
    back = Database(sqlite_url)
    async with back.reading(ALL_CLIENTS) as connection:
        assert list(await connection.scalars(query)) == before
        assert len((await connection.execute(select(threads.c.id))).all()) == 2
    await back.dispose()


@pytest.mark.parametrize("table", ["threads", "inbox"])
def test_the_client_stands_first_in_what_tells_chats_and_updates_apart(table: str) -> None:
    unique = [c for c in metadata.tables[table].constraints if type(c).__name__ == "UniqueConstraint"]
    assert [next(iter(c.columns)).name for c in unique] == ["client"]  # type: ignore[attr-defined]


async def _fill(old: Database) -> None:
    """As it was before: rows of the tables that are as today."""
    async with old.transaction(ALL_CLIENTS) as connection:
        for name in ("alpenrad", "kontor", "zebra", "broken"):
            await connection.execute(insert(clients), {"id": name, "name": name, "created_at": NOON})
        for client, version, days, state, channels in VERSIONS:
            await connection.execute(insert(pack_versions), _version(client, version, days, state, channels))
        unread = _version("broken", 9, 5, "past", []) | {"files": gzip.compress(b'{"client.yml": "channels: ["}')}
        await connection.execute(insert(pack_versions), unread)
        for number, (client, channel) in enumerate((("alpenrad", SHARED), ("kontor", "gone-web")), 1):
            person = {"id": f"p{number}", "client": client, "channel": channel, "reference": "visitor"}
            await connection.execute(insert(customers), person | {"created_at": NOON})
            row = {"id": f"t{number}", "client": client, "channel": channel, "channel_kind": "webchat"}
            row |= {"ref": "visitor", "customer": person["id"], "created_at": NOON}
            await connection.execute(insert(threads), row)
            update = {"id": f"i{number}", "client": client, "channel": channel, "key": "web:visitor:1"}
            update |= {"thread": row["id"], "order": 1, "inbound": {}, "state": "done", "received_at": NOON}
            await connection.execute(insert(inbox), update)


def _version(client: str, version: int, days: int, state: str, channels: list[str]) -> dict[str, Any]:
    at = NOON - timedelta(days=days)
    contract = {"client": {"id": client}, "channels": [{"id": c, "kind": "webchat"} for c in channels]}
    return {
        "client": client,
        "version": version,
        "digest": f"{client}-{version}",
        "files": gzip.compress(json.dumps({"client.yml": json.dumps(contract)}).encode()),
        "report": {},
        "difference": [],
        "approved": state in ("past", "active"),
        "approved_at": at if state in ("past", "active") else None,
        "rejected_at": at if state == "rejected" else None,
        "active": state == "active",
        "created_at": at,
    }
