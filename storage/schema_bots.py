"""The tables of bots as versions: what they are, which runs, how their tests went, and what a candidate would say."""

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
    false,
    text,
)

from storage.schema import metadata
from storage.types import Json, UtcDateTime, Words

bot_versions = Table(
    "bot_versions",
    metadata,
    Column("client", String(255), nullable=False),
    Column("number", Integer, nullable=False),
    Column("digest", String(255), nullable=False),
    Column("data", String(255), nullable=False),
    Column("engine", String(255), nullable=False),
    Column("files", LargeBinary, nullable=False),
    Column("model", String(255), nullable=False),
    Column("facts", Json, nullable=False, server_default=text("'{}'")),
    Column("evaluation", Json),
    Column("held_out", LargeBinary, nullable=False),
    Column("created_at", UtcDateTime(), nullable=False),
    Column("created_by", Words, nullable=False, server_default=""),
    PrimaryKeyConstraint("client", "number"),
    UniqueConstraint("client", "digest"),
)

bot_test_runs = Table(
    "bot_test_runs",
    metadata,
    Column("client", String(255), nullable=False),
    Column("number", Integer, nullable=False),
    Column("at", UtcDateTime(), nullable=False),
    Column("passed", Integer, nullable=False),
    Column("failed", Json, nullable=False, server_default=text("'[]'")),
    PrimaryKeyConstraint("client", "number"),
)

# Which version runs: the one of the highest position. Rows are only added, so they are also the way back.
bot_activations = Table(
    "bot_activations",
    metadata,
    Column("client", String(255), nullable=False),
    Column("position", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    Column("rollback", Boolean, nullable=False, server_default=false()),
    Column("forced", Boolean, nullable=False, server_default=false()),
    Column("at", UtcDateTime(), nullable=False),
    Column("by_name", Words, nullable=False, server_default=""),
    Column("reason", Words, nullable=False, server_default=""),
    PrimaryKeyConstraint("client", "position"),
)

# A stricter share of wrong answers than the pack's own.
bot_targets = Table(
    "bot_targets",
    metadata,
    Column("client", String(255), nullable=False),
    Column("target", Float, nullable=False),
    Column("at", UtcDateTime(), nullable=False),
    Column("by_name", Words, nullable=False, server_default=""),
    Column("reason", Words, nullable=False, server_default=""),
    PrimaryKeyConstraint("client"),
)

bot_shadows = Table(
    "bot_shadows",
    metadata,
    Column("client", String(255), nullable=False),
    Column("number", Integer, nullable=False),
    Column("since", UtcDateTime(), nullable=False),
    Column("until", UtcDateTime()),
    # Everything understood before this moment has been heard.
    Column("mark", UtcDateTime(), nullable=False),
    Column("lease", String(255)),
    Column("held_until", UtcDateTime()),
    PrimaryKeyConstraint("client", "number"),
    Index(
        "uq_bot_shadows_running",
        "client",
        unique=True,
        postgresql_where=text("until IS NULL"),
        sqlite_where=text("until IS NULL"),
    ),
)

bot_readings = Table(
    "bot_readings",
    metadata,
    Column("client", String(255), nullable=False),
    Column("number", Integer, nullable=False),
    Column("conversation", String(64), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("message", String(64), nullable=False),
    Column("at", UtcDateTime(), nullable=False),
    Column("language", String(255), nullable=False, server_default=""),
    Column("active", Integer),
    Column("active_intent", String(255), nullable=False),
    Column("active_confidence", Float, nullable=False),
    Column("active_answers", Boolean, nullable=False),
    Column("intent", String(255), nullable=False),
    Column("confidence", Float, nullable=False),
    Column("answers", Boolean, nullable=False),
    Column("differs", Boolean, nullable=False),
    PrimaryKeyConstraint("client", "number", "conversation", "seq"),
    Index("ix_bot_readings_at", "client", "number", "differs", "at"),
)
