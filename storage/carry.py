"""Carries finished conversations from one SQLite database into another in use, so that a past can be made aside.

Everything of a conversation is a fact with an id of its own, so carrying is copying; the one who reads sees whole
conversations or none, as each call is one short transaction.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Table

from storage.private_files import protect
from storage.schema import metadata

_BUSY_SECONDS = 30.0
_KEYS = {"customers": "customer", "threads": "thread", "conversations": "conversation"}
_NO_STORY = frozenset({"statement_shares"})
"""What names conversations and belongs to a closed month, which stays where it was closed."""
_STAYS = frozenset({"rollup_marks", "drafts", "read_marks", "alarm_effects", "bot_readings", "live_audit_items"})
"""What belongs to a conversation but not to its story: people's own notes of where they are, and work to be done, such
as telling the world of an alarm."""


def copy_without_conversations(source: Path, target: Path) -> None:
    """A copy of `source`, which may be in use: clients, packs, people and settings, and nothing that ever happened."""
    drop(target)
    protect(target)
    with closing(sqlite3.connect(source, timeout=_BUSY_SECONDS)) as here, closing(sqlite3.connect(target)) as there:
        here.backup(there)
        there.execute("PRAGMA journal_mode=WAL")
    forget_conversations(target)


def drop(database: Path) -> None:
    """Deletes a database that nobody uses, with its log."""
    for suffix in ("", "-wal", "-shm"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)


def forget_conversations(database: Path) -> None:
    """Empties `database` of everything that happened, and keeps the rest."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("BEGIN IMMEDIATE")
        for table in reversed(metadata.sorted_tables):
            if _key(table) is not None or table.name == "rollup_marks":
                connection.execute(f"DELETE FROM {table.name}")  # noqa: S608  a table of ours
        connection.execute("COMMIT")


def finished_threads(source: Path) -> list[str]:
    """Threads in which nothing can happen any more by itself: all resolved, nothing waits, no clock runs."""
    query = (
        "SELECT id FROM threads t WHERE waiting_since IS NULL AND EXISTS "
        "(SELECT 1 FROM conversations c WHERE c.thread = t.id) AND NOT EXISTS "
        "(SELECT 1 FROM conversations c WHERE c.thread = t.id AND c.state <> 'resolved') AND NOT EXISTS "
        "(SELECT 1 FROM outbox o WHERE o.thread = t.id AND o.due_at IS NOT NULL) AND NOT EXISTS "
        "(SELECT 1 FROM sla_clocks k WHERE k.thread = t.id AND k.next_wakeup_at IS NOT NULL) ORDER BY created_at, id"
    )
    with closing(sqlite3.connect(source)) as connection:
        return [id_ for (id_,) in connection.execute(query)]


def known_refs(database: Path, prefix: str) -> set[str]:
    """The platforms' names of threads that begin with `prefix`."""
    with closing(sqlite3.connect(database, timeout=_BUSY_SECONDS)) as connection:
        rows = connection.execute("SELECT ref FROM threads WHERE substr(ref, 1, ?) = ?", (len(prefix), prefix))
        return {ref for (ref,) in rows}


def carry(source: Path, target: Path, threads: Sequence[str]) -> None:
    """Copies these threads with all that belongs to them, in one transaction. A thread that `target` knows by its
    reference stays as it is there, so what was interrupted while it was carried may be made again. A policy's version
    counts from the earliest conversation that was promised it. Every client's days that they touch are counted anew,
    since an agent's minutes are split over all they had at once.
    """
    with _both(source, target) as connection:
        connection.execute("CREATE TEMP TABLE going (thread TEXT, conversation TEXT, customer TEXT)")
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(
            "INSERT INTO going SELECT t.id, c.id, t.customer FROM main.threads t JOIN main.conversations c "
            "ON c.thread = t.id WHERE t.id = ? AND NOT EXISTS "
            "(SELECT 1 FROM home.threads h WHERE h.client = t.client AND h.channel = t.channel AND h.ref = t.ref)",
            [(id_,) for id_ in threads],
        )
        connection.execute(
            "INSERT INTO home.sla_policies SELECT * FROM main.sla_policies WHERE true ON CONFLICT DO UPDATE "
            "SET created_at = min(created_at, excluded.created_at)"
        )
        for table in metadata.sorted_tables:
            key = _key(table)
            if key is not None and table.name not in _STAYS:
                connection.execute(_copy(table, *key))
        connection.execute(
            "INSERT INTO home.rollup_marks (client, conversation) "
            "SELECT c.id, g.conversation FROM home.clients c, temp.going g"
        )
        connection.execute("COMMIT")


def _key(table: Table) -> tuple[str, str] | None:
    """The column that says to whom a row belongs, and what it names; None for a table that tells no story."""
    if table.name in _NO_STORY:
        return None
    if table.name in _KEYS:
        return "id", _KEYS[table.name]
    return next(((name, name) for name in ("conversation", "thread") if name in table.c), None)


def _copy(table: Table, column: str, names: str) -> str:
    """What the database numbers itself is numbered anew, in the same order."""
    columns = ", ".join(f'"{c.name}"' for c in table.c if c.autoincrement is not True)
    order = next((c.name for c in table.c if c.autoincrement is True), "rowid")
    return (
        f"INSERT OR IGNORE INTO home.{table.name} ({columns}) SELECT {columns} FROM main.{table.name} "  # noqa: S608  ours
        f'WHERE "{column}" IN (SELECT {names} FROM temp.going) ORDER BY {order}'
    )


@contextmanager
def _both(source: Path, target: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(source, isolation_level=None, timeout=_BUSY_SECONDS)) as connection:
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("ATTACH DATABASE ? AS home", (str(target),))
        yield connection
