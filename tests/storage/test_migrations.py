"""The migrations and the tables in code are the same schema."""

import json
import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, select, text

import storage.schema_alarms
import storage.schema_bots
import storage.schema_engines
import storage.schema_live_audit  # noqa: F401  its tables join the metadata
from conversation.clock import ManualClock
from conversation.ids import ClientId
from storage import migrations
from storage.alarm_effects import SqlNotices
from storage.audit import SqlAudit
from storage.blobs import DatabaseBlobs
from storage.database import Database
from storage.schema import drafts, metadata, read_marks
from storage.settlements import SqlStatements
from storage.tenancy import ALL_CLIENTS
from tests.builders import NOON, inbound, minutes
from tests.notices.making import alarm
from tests.postgres import TestDatabase
from tests.storage.harness import Process, downgrade

AT_NOON = NOON.isoformat(timespec="microseconds")


async def test_the_migrated_schema_equals_the_tables_in_code(database: Database) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))

    async with database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_upgrading_an_upgraded_database_changes_nothing(database_url: str, owner_url: str) -> None:
    await migrations.upgrade(owner_url, app_url=database_url)
    database = Database(database_url)
    await migrations.check(database)
    await database.dispose()


BEFORE_SHARES = {
    "client": "alpenrad",
    "start": "2026-09-30T22:00:00+00:00",
    "end": "2026-10-31T23:00:00+00:00",
    "currency": "EUR",
    "lines": [
        {
            "item": "agent_minute",
            "quantity": "20.33",
            "unit_price": "0.55",
            "amount": "11.18",
            "conversations": ["b", "a"],
            "quantities": ["61/6", "61/6"],
        },
        {"item": "handled_conversation", "quantity": "1", "unit_price": "2", "amount": "2", "conversations": ["c"]},
    ],
    "usage": "13.18",
    "top_up": "0.00",
    "credits": [],
    "total": "13.18",
    "corrections": [],
}


async def test_a_month_closed_before_shares_had_rows_survives_upgrade_and_downgrade(sqlite_url: str) -> None:
    await _survives(sqlite_url, sqlite_url)


async def test_so_it_does_behind_the_wall(postgres_database: TestDatabase) -> None:
    await _survives(postgres_database.owner, postgres_database.app)


async def _survives(owner: str, url: str) -> None:
    await downgrade(owner, "0008")
    old = Database(owner, owner=True)
    async with old.transaction(ALL_CLIENTS) as connection:
        row = {"data": json.dumps(BEFORE_SHARES), "at": "2026-11-02T09:00:00.000000+00:00"}
        made = "INSERT INTO statements (client, month, data, prices, closed_at, closed_by) VALUES "
        at = "cast(cast(:at AS text) AS timestamptz)" if old.is_postgresql else ":at"
        data = "cast(:data AS jsonb)" if old.is_postgresql else ":data"
        prices = """'{"currency": "EUR", "units": {}}'"""
        await connection.execute(text(f"{made} ('alpenrad', '2026-10', {data}, {prices}, {at}, 'boss')"), row)
    await old.dispose()
    await migrations.upgrade(owner, app_url=url)
    now = Database(url)
    statements, client = SqlStatements(now), ClientId("alpenrad")
    async with now.reading([client]) as connection:
        data = (await connection.execute(metadata.tables["statements"].select())).one().data
    assert [(line["behind"], line["conversations"]) for line in data["lines"]] == [(2, []), (1, [])]
    assert [(c, str(q)) for c, q in await statements.shares(client, "2026-10", 0)] == [("b", "61/6"), ("a", "61/6")]
    assert await statements.shares(client, "2026-10", 1) == [("c", None)]
    await now.dispose()
    await downgrade(owner, "0008")
    back = Database(owner, owner=True)
    async with back.reading([client]) as connection:
        found = await connection.scalar(text("SELECT data FROM statements"))
    await back.dispose()
    kept = found if isinstance(found, dict) else json.loads(found)
    assert kept == BEFORE_SHARES | {"lines": [{"quantities": []} | line for line in BEFORE_SHARES["lines"]]}
    await migrations.upgrade(owner, app_url=url)


WAITING = [("alpenrad", "k1"), ("kontor", "k2")]


@pytest.mark.parametrize("state", ["pending", "sending"])
async def test_a_mail_begun_for_two_clients_reaches_each_after_the_upgrade(sqlite_url: str, state: str) -> None:
    await downgrade(sqlite_url, "0010")
    for client, clock in WAITING:
        _wait(sqlite_url, client, clock, "email:boss@x.example", state)
    await migrations.upgrade(sqlite_url)
    database = Database(sqlite_url)
    notices, now = SqlNotices(database, lambda _: "here"), NOON + minutes(5)
    first, second = await notices.take(now, hold=timedelta(seconds=30))
    assert [first.recipient.client, second.recipient.client] == [client for client, _ in WAITING]
    assert first.maybe_sent is second.maybe_sent is (state == "sending")
    await notices.sent(first, now)
    await notices.failed(second, "away", now, retry_at=now + timedelta(seconds=1), maybe_sent=False)
    again = await notices.take(now + minutes(1), hold=timedelta(seconds=30))
    await database.dispose()
    assert [(notice.id, notice.recipient) for notice in again] == [(second.id, second.recipient)]


async def test_a_mailbox_of_the_provider_and_a_client_survives_the_way_back(sqlite_url: str) -> None:
    for key in ("email:alpenrad:boss@x.example", "email:boss@x.example", "email:alpenrad:other@x.example"):
        _wait(sqlite_url, "alpenrad", "k1", key, "pending")
    await downgrade(sqlite_url, "0010")
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as file:
        kept = file.execute("SELECT recipient FROM alarm_effects ORDER BY recipient").fetchall()
    assert kept == [("email:boss@x.example",), ("email:other@x.example",)]


def _wait(url: str, client: str, clock: str, recipient: str, state: str) -> None:
    """An alarm that waits to be mailed; its conversation is nobody's business here."""
    row = (client, clock, "c1", recipient, json.dumps(alarm().to_row()), state, AT_NOON, AT_NOON)
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as file, file:
        file.execute(
            "INSERT INTO alarm_effects (client, clock, conversation, recipient, data, state, due_at, created_at, "
            "point, tell, notice, attempts) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 100, 'email', 'n-1', 1)",
            row,
        )


async def test_drafts_and_the_audit_log_get_their_client_and_keep_their_rows(database_url: str, owner_url: str) -> None:
    process = Process(Database(database_url))
    await process.receive(inbound("hello"))
    await process.handle_all()
    conversation = (await process.conversation()).id
    await process.database.dispose()
    await downgrade(owner_url, "0012")
    old = Database(owner_url, owner=True)
    at = "timestamptz '2026-11-02'" if old.is_postgresql else "'2026-11-02T09:00:00.000000+00:00'"
    quoted = """'{"reason": "spam", "evidence": "he wrote: call me"}'"""
    async with old.transaction(ALL_CLIENTS) as connection:
        for statement in (
            f"INSERT INTO users (id, email, created_at) VALUES ('u1', 'mira@example.org', {at})",
            f"INSERT INTO drafts (\"user\", conversation, text) VALUES ('u1', '{conversation}', 'half an answer')",
            f"INSERT INTO read_marks (\"user\", conversation, seq) VALUES ('u1', '{conversation}', 3)",
            f"INSERT INTO audit (at, about_client, action, data) VALUES ({at}, 'alpenrad', 'exclusion.proposed', {quoted})",
            f"INSERT INTO audit (at, action) VALUES ({at}, 'user.saved')",
        ):
            await connection.execute(text(statement))
    await old.dispose()
    await migrations.upgrade(owner_url, app_url=database_url)
    now = Database(database_url)
    async with now.reading([ClientId("alpenrad")]) as connection:
        kept = (await connection.execute(select(drafts.c.client, drafts.c.text))).all()
        marks = (await connection.execute(select(read_marks.c.client, read_marks.c.seq))).all()
    assert (kept, marks) == ([("alpenrad", "half an answer")], [("alpenrad", 3)])
    told = await SqlAudit(now).page(None, limit=9)
    assert [(line.act, line.client, line.detail) for line in reversed(told)] == [
        ("exclusion.proposed", "alpenrad", {"reason": "spam"}),
        ("user.saved", None, {}),
    ]
    assert [line.act for line in await SqlAudit(now).page([ClientId("alpenrad")], limit=9)] == ["exclusion.proposed"]
    await now.dispose()
    await downgrade(owner_url, "0012")
    back = Database(owner_url, owner=True)
    async with back.reading(ALL_CLIENTS) as connection:
        assert await connection.scalar(text("SELECT text FROM drafts")) == "half an answer"
        assert await connection.scalar(text("SELECT count(*) FROM audit WHERE about_client IS NULL")) == 1
    await back.dispose()
    await migrations.upgrade(owner_url, app_url=database_url)


UPLOADS = [  # key, owner, name
    ("by-owner", "alpenrad", ""),
    ("by-message", None, ""),
    ("by-inbox", None, ""),
    ("by-pack", None, ""),
    ("by-bot", None, "kontor.model"),
    ("old-training", "kontor", "kontor.model"),
    ("by-nobody", None, ""),
]


async def test_files_find_their_client_and_models_their_own_table(database_url: str, owner_url: str) -> None:
    await downgrade(owner_url, "0016")
    old = Database(owner_url, owner=True)
    await _hold_files(old)
    await old.dispose()
    await migrations.upgrade(owner_url, app_url=database_url)
    now = Database(database_url)
    files, models = await _by_client(now, "blobs"), await _by_client(now, "models")
    assert files == {"by-owner": "alpenrad", "by-message": "alpenrad", "by-inbox": "kontor", "by-nobody": ""}
    assert models == {"by-pack": "alpenrad", "by-bot": "kontor", "old-training": "kontor"}
    read = DatabaseBlobs(now, ManualClock(NOON)).read
    assert await read(ClientId("alpenrad"), "by-message") == b"content of by-message"
    assert await read(ClientId("kontor"), "by-message") is None
    await now.dispose()
    await downgrade(owner_url, "0016")
    back = Database(owner_url, owner=True)
    async with back.reading(ALL_CLIENTS) as connection:
        found = {row.key: row.owner for row in await connection.execute(text("SELECT key, owner FROM blobs"))}
    await back.dispose()
    owners = {"by-message": "alpenrad", "by-inbox": "kontor", "by-pack": "alpenrad", "by-bot": "kontor"}
    assert found == {key: owner or owners.get(key) for key, owner, _ in UPLOADS}
    await migrations.upgrade(owner_url, app_url=database_url)


async def _hold_files(old: Database) -> None:
    """Rows of the schema before files had a client, and what holds them."""
    process = Process(old)
    await process.receive(inbound("look", client=ClientId("alpenrad")))
    await process.handle_all()
    await process.receive(inbound("wait", client=ClientId("kontor"), channel="kontor-web", thread="k"))
    reference = [{"reference": "by-message", "stored": True}, {"reference": "of the platform", "stored": False}]
    at = "cast(cast(:at AS text) AS timestamptz)" if old.is_postgresql else ":at"
    as_json = "cast(:data AS jsonb)" if old.is_postgresql else ":data"
    insert = f"INSERT INTO blobs (key, owner, name, media_type, size, content, created_at) VALUES (:key, :owner, :name, 'x/y', 1, :content, {at})"
    pack = f"INSERT INTO pack_versions (client, version, digest, files, model, created_at) VALUES ('alpenrad', 1, 'd', :files, 'by-pack', {at})"
    bot = f"INSERT INTO bot_versions (client, number, digest, data, engine, files, model, held_out, created_at) VALUES ('kontor', 1, 'd', 'd', 'embedded', :files, 'by-bot', :files, {at})"
    async with old.transaction(ALL_CLIENTS) as connection:
        for key, owner, name in UPLOADS:
            row = {"key": key, "owner": owner, "name": name, "content": f"content of {key}".encode(), "at": AT_NOON}
            await connection.execute(text(insert), row)
        for statement in (pack, bot):
            await connection.execute(text(statement), {"files": b"", "at": AT_NOON})
        held = {"data": json.dumps(reference)}
        await connection.execute(
            text(f"UPDATE messages SET attachments = {as_json} WHERE client = 'alpenrad' AND author_kind = 'customer'"),
            held,
        )
        waiting = (await connection.execute(select(metadata.tables["inbox"]).where(text("client = 'kontor'")))).one()
        update = waiting.inbound | {"attachments": [{"reference": "by-inbox", "stored": True}]}
        await connection.execute(
            text(f"UPDATE inbox SET inbound = {as_json} WHERE client = 'kontor'"), {"data": json.dumps(update)}
        )


async def _by_client(database: Database, table: str) -> dict[str, str]:
    async with database.reading(ALL_CLIENTS) as connection:
        return {row.key: row.client for row in await connection.execute(text(f"SELECT client, key FROM {table}"))}
