"""The tables of alarms that leave the house, and of who was at the desk when."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
    false,
    text,
)

from storage.schema import metadata
from storage.types import Json, Position, UtcDateTime, Words

# One row per alarm and recipient. `notice` is the message it goes out with, which is also the key by which the receiver
# knows a repeated one.
alarm_effects = Table(
    "alarm_effects",
    metadata,
    Column("position", Position, primary_key=True, autoincrement=True),
    Column("client", String(255), nullable=False),
    Column("clock", String(64), nullable=False),
    Column("point", Integer, nullable=False),
    Column("conversation", String(64), ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("tell", String(255), nullable=False),
    Column("recipient", String(400), nullable=False),
    Column("data", Json, nullable=False, server_default=text("'{}'")),
    Column("state", String(255), nullable=False, server_default="pending"),
    # When it may be taken: the next attempt, or the end of the lease of one that is being sent. NULL: finished.
    Column("due_at", UtcDateTime()),
    Column("notice", String(64), index=True),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("maybe_sent", Boolean, nullable=False, server_default=false()),
    Column("error", Words, nullable=False, server_default=""),
    Column("created_at", UtcDateTime(), nullable=False),
    Column("finished_at", UtcDateTime()),
    UniqueConstraint("clock", "point", "recipient"),
    Index(
        "ix_alarm_effects_due",
        "recipient",
        "due_at",
        postgresql_where=text("due_at IS NOT NULL"),
        sqlite_where=text("due_at IS NOT NULL"),
    ),
    Index("ix_alarm_effects_client", "client", "created_at"),
    Index("ix_alarm_effects_created", "created_at"),
)

# How each recipient fares. `client` is NULL for the provider's own. `lately` are the times of the single messages of
# the last minute, `rests_until` is when a recipient that failed is tried again, `address` a digest of where it was.
alarm_recipients = Table(
    "alarm_recipients",
    metadata,
    Column("recipient", String(400), primary_key=True),
    Column("client", String(255)),
    Column("lately", Json, nullable=False, server_default=text("'[]'")),
    Column("digest_at", UtcDateTime()),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("failing_since", UtcDateTime()),
    Column("rests_until", UtcDateTime()),
    Column("disabled_at", UtcDateTime()),
    Column("address", String(64), nullable=False, server_default=""),
    Column("error", Words, nullable=False, server_default=""),
    Column("sent_at", UtcDateTime()),
)

# From `started_at` to `seen_at`, the last heartbeat, an agent was online for a client.
presence_log = Table(
    "presence_log",
    metadata,
    Column("client", String(255), nullable=False),
    Column("agent", String(64), nullable=False),
    Column("started_at", UtcDateTime(), nullable=False),
    Column("seen_at", UtcDateTime(), nullable=False),
    Column("skills", Json, nullable=False, server_default=text("'[]'")),
    PrimaryKeyConstraint("client", "agent", "started_at"),
    Index("ix_presence_log_seen", "client", "seen_at"),
    Index("ix_presence_log_agent", "agent", "seen_at"),
)
