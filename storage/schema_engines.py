"""The table of what workers see of engines that run on servers."""

from sqlalchemy import Boolean, Column, Integer, PrimaryKeyConstraint, String, Table

from storage.schema import metadata
from storage.types import UtcDateTime, Words

engine_states = Table(
    "engine_states",
    metadata,
    Column("client", String(255), nullable=False),
    Column("process", String(255), nullable=False),
    Column("kind", String(255), nullable=False),
    Column("model", Words, nullable=False, server_default=""),
    Column("fallback", String(255), nullable=False),
    Column("up", Boolean, nullable=False),
    Column("since", UtcDateTime(), nullable=False),
    Column("error", Words, nullable=False, server_default=""),
    Column("error_at", UtcDateTime()),
    Column("answered", Integer, nullable=False, server_default="0"),
    Column("missed", Integer, nullable=False, server_default="0"),
    Column("seen_at", UtcDateTime(), nullable=False),
    PrimaryKeyConstraint("client", "process"),
)
