"""The trainer's tables: each week's draw, the answers that were drawn, alarms, and what missed messages meant."""

from sqlalchemy import (
    Column,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    text,
)

from storage.schema import metadata
from storage.types import Json, UtcDateTime, Words

live_audits = Table(
    "live_audits",
    metadata,
    Column("client", String(255), nullable=False),
    Column("week", String(8), nullable=False),
    Column("seed", Text, nullable=False),
    Column("population", Integer, nullable=False),
    Column("size", Integer, nullable=False),
    # How many answers each bot version gave in the week, by its name.
    Column("versions", Json, nullable=False, server_default=text("'{}'")),
    Column("drawn_at", UtcDateTime(), nullable=False),
    PrimaryKeyConstraint("client", "week"),
)

live_audit_items = Table(
    "live_audit_items",
    metadata,
    Column("client", String(255), nullable=False),
    Column("week", String(8), nullable=False),
    Column("message", String(64), nullable=False),
    Column("conversation", String(64), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("place", Integer, nullable=False),
    Column("at", UtcDateTime(), nullable=False),
    Column("language", String(255), nullable=False, server_default=""),
    Column("version", String(255), nullable=False, server_default=""),
    Column("claimed_by", String(64)),
    Column("claimed_until", UtcDateTime()),
    Column("passed_by", Json, nullable=False, server_default=text("'[]'")),
    Column("verdict", String(255)),
    Column("judge", String(64)),
    Column("judge_name", Words, nullable=False, server_default=""),
    Column("judged_at", UtcDateTime()),
    PrimaryKeyConstraint("client", "week", "message"),
    ForeignKeyConstraint(["client", "week"], ["live_audits.client", "live_audits.week"], ondelete="CASCADE"),
    Index("ix_live_audit_items_at", "client", "at"),
    Index("ix_live_audit_items_judge", "judge", "judged_at"),
)

live_audit_alarms = Table(
    "live_audit_alarms",
    metadata,
    Column("client", String(255), nullable=False),
    Column("week", String(8), nullable=False),
    Column("version", String(255), nullable=False),
    Column("promised", Float, nullable=False),
    Column("found", Float, nullable=False),
    Column("low", Float, nullable=False),
    Column("high", Float, nullable=False),
    Column("raised_at", UtcDateTime(), nullable=False),
    # The target of wrong answers before and after; NULL while nothing came of it, for the reason in `outcome`.
    Column("target", Float),
    Column("tightened", Float),
    Column("outcome", Words, nullable=False, server_default=""),
    Column("settled_at", UtcDateTime()),
    PrimaryKeyConstraint("client", "week", "version"),
    ForeignKeyConstraint(["client", "week"], ["live_audits.client", "live_audits.week"], ondelete="CASCADE"),
)

# What a person says a missed message meant; without an intent it is nobody's business. Texts stay with the messages.
training_labels = Table(
    "training_labels",
    metadata,
    Column("client", String(255), nullable=False),
    Column("message", String(64), nullable=False),
    Column("intent", String(255)),
    Column("labelled_by", String(64), nullable=False),
    Column("labelled_at", UtcDateTime(), nullable=False),
    PrimaryKeyConstraint("client", "message"),
    Index("ix_training_labels_at", "client", "labelled_at"),
)
