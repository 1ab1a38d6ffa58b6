"""A channel belongs to one client. Of several whose packs name it the oldest keeps it; the others are named, and their
channel is off until it has an id of its own. Threads and updates are told apart per client, so that history stays where
it is.
"""

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from alembic import context, op
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from storage.migrations import NOTES
from storage.tenancy import APP_ROLE_STATEMENTS, EVERYONE, SETTING, wall
from storage.types import UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_UNIQUE = {"threads": ("channel", "ref"), "inbox": ("channel", "key")}
_ACTIVE, _WAITING, _PAST = range(3)

_channels = sa.table("channels", sa.column("id"), sa.column("client"), sa.column("reserved_at", UtcDateTime()))
_packs = sa.table(
    "pack_versions",
    *map(sa.column, ("client", "version", "files")),
    *(sa.column(name, sa.Boolean()) for name in ("active", "approved")),
    *(sa.column(name, UtcDateTime()) for name in ("approved_at", "rejected_at", "created_at")),
)
_threads = sa.table("threads", *map(sa.column, ("client", "channel")), sa.column("created_at", UtcDateTime()))


@dataclass(frozen=True)
class _Claim:
    """Why a client may call a channel its own. The lowest `rank` wins, among equals who has had it longest."""

    rank: int
    since: datetime
    client: str

    @property
    def order(self) -> tuple[int, datetime, str]:
        return self.rank, self.since, self.client


def upgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    if postgresql:  # else the wall between clients hides every row
        op.execute(sa.text(f"SELECT set_config('{SETTING}', '{EVERYONE}', true)"))
    op.create_table(
        "channels",
        sa.Column("id", sa.String(length=255), nullable=False),
        sa.Column("client", sa.String(length=255), nullable=False),
        sa.Column("reserved_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channels")),
    )
    op.create_index(op.f("ix_channels_client"), "channels", ["client"])
    if postgresql:
        for statement in (*wall(("channels",)), *APP_ROLE_STATEMENTS):
            op.execute(statement)
    for table, columns in _UNIQUE.items():
        _unique(table, columns, ("client", *columns))
    _reserve()


def downgrade() -> None:
    for table, columns in _UNIQUE.items():
        _unique(table, ("client", *columns), columns)
    op.drop_index(op.f("ix_channels_client"), table_name="channels")
    op.drop_table("channels")


def _reserve() -> None:
    """Gives every channel to its owner and names the clients that lose one."""
    for channel, claims in sorted(_claims().items()):
        owner, *others = sorted(claims.values(), key=lambda claim: claim.order)
        row = {"id": channel, "client": owner.client, "reserved_at": owner.since}
        op.get_bind().execute(sa.insert(_channels), row)
        for other in others:
            if other.rank != _PAST:
                context.config.attributes[NOTES].append(
                    f"channel {channel} belongs to {owner.client}, which has had it since {owner.since:%Y-%m-%d}; it is "
                    f"switched off for {other.client}, whose pack names it too: give the channel an id of its own in "
                    f"that client.yml and apply the pack. What {other.client}'s customers wrote there stays with it"
                )


def _claims() -> dict[str, dict[str, _Claim]]:
    """Channels, clients, and what these have to say for themselves."""
    claims: dict[str, dict[str, _Claim]] = {}
    for channel, claim in (*_named_in_packs(), *_written_to()):
        mine = claims.setdefault(channel, {})
        before = mine.get(claim.client, claim)
        mine[claim.client] = replace(claim, rank=min(claim.rank, before.rank), since=min(claim.since, before.since))
    return claims


def _named_in_packs() -> Iterator[tuple[str, _Claim]]:
    for row in op.get_bind().execute(sa.select(_packs).order_by(_packs.c.client, _packs.c.version)):
        if not row.active and not row.approved and row.rejected_at is not None:
            continue  # it never came into force
        rank = _ACTIVE if row.active else _PAST if row.approved else _WAITING
        for channel in _channel_ids(row):
            yield channel, _Claim(rank, row.approved_at or row.created_at, row.client)


def _written_to() -> Iterator[tuple[str, _Claim]]:
    t = _threads.c
    began = sa.func.min(t.created_at, type_=UtcDateTime()).label("began")
    for row in op.get_bind().execute(sa.select(t.client, t.channel, began).group_by(t.client, t.channel)):
        yield row.channel, _Claim(_PAST, row.began, row.client)


def _channel_ids(row: Any) -> set[str]:
    """The ids in a version's client.yml. One that cannot be read is of a pack that no longer runs."""
    try:
        text = json.loads(gzip.decompress(row.files)).get("client.yml", "")
        contract = YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError, OSError, RecursionError):
        context.config.attributes[NOTES].append(
            f"version {row.version} of {row.client}'s pack cannot be read, so its channels are nobody's: apply it again"
        )
        return set()
    entries = contract.get("channels") if isinstance(contract, Mapping) else None
    listed = entries if isinstance(entries, list) else []
    return {str(e["id"]) for e in listed if isinstance(e, Mapping) and e.get("id") and "$" not in str(e["id"])}


def _unique(table: str, before: tuple[str, ...], after: tuple[str, ...]) -> None:
    """The table's unique constraint over other columns."""
    old, new = (f"uq_{table}_{'_'.join(columns)}" for columns in (before, after))
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(old, table, type_="unique")
        op.create_unique_constraint(new, table, list(after))
        return
    _copy(table, f"CONSTRAINT {old} UNIQUE {_tuple(before)}", f"CONSTRAINT {new} UNIQUE {_tuple(after)}")


def _tuple(columns: tuple[str, ...]) -> str:
    quoted = ['"key"' if column == "key" else column for column in columns]  # a word of SQL, so quoted there
    return f"({', '.join(quoted)})"


def _copy(table: str, before: str, after: str) -> None:
    """SQLite changes a constraint by copying its table. As SQLite itself wrote it down, so that nothing else changes."""
    connection = op.get_bind()
    made = sa.text("SELECT type, sql FROM sqlite_master WHERE tbl_name = :name AND sql IS NOT NULL ORDER BY type DESC")
    (_, statement), *indexes = connection.execute(made, {"name": table}).all()
    changed = statement.replace(before, after).replace(table, f"{table}_copy", 1)
    if before not in statement:
        raise RuntimeError(f"the table {table} is not as it was made: {statement}")
    for step in (
        changed,
        f"INSERT INTO {table}_copy SELECT * FROM {table}",  # noqa: S608  only our own names
        f"DROP TABLE {table}",
        f"ALTER TABLE {table}_copy RENAME TO {table}",
        *(sql for _, sql in indexes),
    ):
        connection.exec_driver_sql(step)
