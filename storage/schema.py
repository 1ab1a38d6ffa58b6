"""Every table of Switchboard. A table with a `client` column is walled off per client; those without one are listed in
storage/tenancy.py.
"""

from datetime import datetime, timedelta

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
    true,
)
from sqlalchemy.types import BigInteger

from storage.types import Json, Position, UtcDateTime, Words

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id() -> Column[str]:
    return Column("id", String(64), primary_key=True)


def _name(name: str, *, null: bool = False, default: str | None = None, index: bool = False) -> Column[str]:
    """A short identifier of ours: an id, an enum's value, a reference."""
    return Column(name, String(255), nullable=null, server_default=default, index=index)


def _words(name: str, default: str | None = "") -> Column[str]:
    return Column(name, Words, nullable=False, server_default=default)


def _time(name: str, *, null: bool = True) -> Column[datetime]:
    return Column(name, UtcDateTime(), nullable=null)


def _count(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default="0")


def _flag(name: str, *, default: bool = False) -> Column[bool]:
    return Column(name, Boolean, nullable=False, server_default=true() if default else false())


def _json(name: str, default: str = "{}") -> Column[object]:
    return Column(name, Json, nullable=False, server_default=text(f"'{default}'"))


# Clients and their packs

clients = Table(
    "clients",
    metadata,
    _id(),
    _words("name"),
    _flag("active", default=True),
    _json("settings"),
    _time("created_at", null=False),
)

pack_versions = Table(
    "pack_versions",
    metadata,
    _name("client"),
    Column("version", Integer, nullable=False),
    _name("digest"),
    Column("files", LargeBinary, nullable=False),
    _name("model", null=True),
    # The bot version that becomes active with this one; NULL: the bot that runs stays.
    Column("bot", Integer),
    _json("report"),
    _json("difference", "[]"),
    _flag("approved"),
    _name("approved_by", null=True),
    _time("approved_at"),
    _name("rejected_by", null=True),
    _time("rejected_at"),
    _flag("active"),
    _time("created_at", null=False),
    _name("created_by", null=True),
    PrimaryKeyConstraint("client", "version"),
    Index(
        "uq_pack_versions_active", "client", unique=True, postgresql_where=text("active"), sqlite_where=text("active")
    ),
)


def _blobs(name: str) -> Table:
    return Table(
        name,
        metadata,
        _name("client"),
        Column("key", String(128), nullable=False),
        _words("name"),
        _name("media_type"),
        Column("size", BigInteger, nullable=False),
        Column("content", LargeBinary, nullable=False),
        _time("created_at", null=False),
        PrimaryKeyConstraint("client", "key"),
    )


blobs = _blobs("blobs")
models = _blobs("models")  # trained models; nothing that answers a browser reads this table

# Who owns a channel: its id is looked up without a client, so it belongs to one for good.
channels = Table(
    "channels",
    metadata,
    Column("id", String(255), primary_key=True),
    _name("client", index=True),
    _time("reserved_at", null=False),
)

channel_tokens = Table(
    "channel_tokens",
    metadata,
    _name("client"),
    _name("channel"),
    _name("name"),
    Column("secret", Text, nullable=False),
    _time("updated_at", null=False),
    PrimaryKeyConstraint("client", "channel", "name"),
)

pollers = Table(
    "pollers",
    metadata,
    Column("poller", String(255), primary_key=True),
    _name("holder", null=True),
    _time("held_until"),
    Column("position", BigInteger),
    _time("saved_at"),
)

# Threads, conversations, messages, events

customers = Table(
    "customers",
    metadata,
    _id(),
    _name("client"),
    _name("channel"),
    Column("reference", Words, nullable=False),
    _words("name"),
    _json("attributes"),
    _time("created_at", null=False),
    UniqueConstraint("client", "channel", "reference"),
)

threads = Table(
    "threads",
    metadata,
    _id(),
    _name("client"),
    _name("channel"),
    _name("channel_kind"),
    Column("ref", Words, nullable=False),
    Column("customer", String(64), ForeignKey("customers.id"), nullable=False, index=True),
    _name("language", null=True),
    _count("feed"),
    # The inbox's lease: since when its oldest waiting message waits, until when nobody else may take it, who has it.
    _time("waiting_since"),
    _time("held_until"),
    _name("lease", null=True),
    _time("created_at", null=False),
    UniqueConstraint("client", "channel", "ref"),
    Index(
        "ix_threads_waiting_since",
        "waiting_since",
        postgresql_where=text("waiting_since IS NOT NULL"),
        sqlite_where=text("waiting_since IS NOT NULL"),
    ),
)

inbox = Table(
    "inbox",
    metadata,
    _id(),
    _name("client"),
    _name("channel"),
    Column("key", Words, nullable=False),
    Column("thread", String(64), ForeignKey("threads.id"), nullable=False),
    Column("order", BigInteger, nullable=False),
    _json("inbound"),
    _name("state", default="waiting"),
    _count("attempts"),
    _words("error"),
    _time("received_at", null=False),
    _time("handled_at"),
    UniqueConstraint("client", "channel", "key"),
    Index(
        "ix_inbox_waiting",
        "thread",
        "order",
        "id",
        postgresql_where=text("state = 'waiting'"),
        sqlite_where=text("state = 'waiting'"),
    ),
)

LONG = {
    "postgresql": "updated_at - opened_at > interval '2 days'",
    "sqlite": "julianday(updated_at) - julianday(opened_at) > 2",
}
"""A conversation that lasted longer than two days, as each database says it."""
SHORT = timedelta(days=2, microseconds=1)
"""Whoever lasts no longer than this is not LONG."""

conversations = Table(
    "conversations",
    metadata,
    _id(),
    _name("client"),
    _name("channel"),
    _name("channel_kind"),
    Column("thread", String(64), ForeignKey("threads.id"), nullable=False),
    Column("customer", String(64), ForeignKey("customers.id"), nullable=False),
    _words("customer_name"),
    _time("opened_at", null=False),
    _time("updated_at", null=False),
    _name("state"),
    Column("version", Integer, nullable=False),
    _count("epoch"),
    _name("language", default=""),
    _name("priority"),
    _name("queue", null=True),
    _words("topic"),
    _words("preview"),
    _name("assignee", null=True),
    _words("assignee_name"),
    _name("last_agent", null=True),
    _name("handoff_reason", null=True),
    _time("handed_off_at"),
    _time("queued_at"),
    _time("assigned_at"),
    _time("waiting_since"),
    _time("snoozed_until"),
    _flag("completed"),
    _time("resolved_at"),
    _name("resolved_by", null=True),
    _words("disposition"),
    _flag("containment_revoked"),
    # Satisfaction: how far the question has come (conversation/satisfaction.py), the score, when the last of it was.
    _name("csat", default=""),
    Column("csat_score", Integer),
    _time("csat_at"),
    _json("tracker"),
    # The number of the last event; every writer of events locks this row first.
    _count("seq"),
    Index("ix_conversations_thread", "thread", "opened_at"),
    Index(
        "uq_conversations_open",
        "thread",
        unique=True,
        postgresql_where=text("state <> 'resolved'"),
        sqlite_where=text("state <> 'resolved'"),
    ),
    Index("ix_conversations_client_state", "client", "state", "updated_at"),
    Index("ix_conversations_client_opened", "client", "opened_at", "updated_at"),
    # With the index before it finds who was alive at a past moment: few last longer than `LONG`.
    Index(
        "ix_conversations_long",
        "client",
        "updated_at",
        "opened_at",
        postgresql_where=text(LONG["postgresql"]),
        sqlite_where=text(LONG["sqlite"]),
    ),
    Index("ix_conversations_customer", "customer", "opened_at"),
    Index(
        "ix_conversations_client_handed",
        "client",
        "handed_off_at",
        postgresql_where=text("handed_off_at IS NOT NULL"),
        sqlite_where=text("handed_off_at IS NOT NULL"),
    ),
    Index(
        "ix_conversations_client_rated",
        "client",
        "csat_at",
        postgresql_where=text("csat_at IS NOT NULL"),
        sqlite_where=text("csat_at IS NOT NULL"),
    ),
    Index(
        "ix_conversations_client_finished",
        "client",
        "resolved_at",
        postgresql_where=text("handed_off_at IS NOT NULL AND resolved_at IS NOT NULL"),
        sqlite_where=text("handed_off_at IS NOT NULL AND resolved_at IS NOT NULL"),
    ),
    Index(
        "ix_conversations_assignee",
        "assignee",
        postgresql_where=text("assignee IS NOT NULL"),
        sqlite_where=text("assignee IS NOT NULL"),
    ),
    Index(
        "ix_conversations_snoozed",
        "snoozed_until",
        postgresql_where=text("snoozed_until IS NOT NULL"),
        sqlite_where=text("snoozed_until IS NOT NULL"),
    ),
    Index(
        "ix_conversations_idle",
        "updated_at",
        postgresql_where=text("state = 'bot'"),
        sqlite_where=text("state = 'bot'"),
    ),
)

messages = Table(
    "messages",
    metadata,
    Column("position", Position, primary_key=True, autoincrement=True),
    Column("id", String(64), nullable=False, unique=True),
    _name("client"),
    _name("channel"),
    Column("thread", String(64), ForeignKey("threads.id"), nullable=False),
    Column("conversation", String(64), ForeignKey("conversations.id"), nullable=False),
    _name("author_kind"),
    _words("author_id"),
    _words("author_name"),
    _time("created_at", null=False),
    _words("text"),
    _name("kind"),
    _name("visibility"),
    _name("state"),
    _json("buttons", "[]"),
    _json("attachments", "[]"),
    Column("image", Words),
    _count("epoch"),
    _words("platform_message_id"),
    _time("sent_at"),
    _time("delivered_at"),
    _time("edited_at"),
    _words("error"),
    _name("language", default=""),
    # The place in the visitor's feed, counted per web-chat thread in the order messages became visible.
    Column("feed", Integer),
    Index("ix_messages_conversation", "conversation", "position"),
    Index("ix_messages_thread", "thread", "position"),
    Index(
        "ix_messages_platform",
        "thread",
        "platform_message_id",
        postgresql_where=text("author_kind = 'customer' AND platform_message_id <> ''"),
        sqlite_where=text("author_kind = 'customer' AND platform_message_id <> ''"),
    ),
    Index(
        "uq_messages_feed",
        "thread",
        "feed",
        unique=True,
        postgresql_where=text("feed IS NOT NULL"),
        sqlite_where=text("feed IS NOT NULL"),
    ),
)

events = Table(
    "events",
    metadata,
    Column("conversation", String(64), ForeignKey("conversations.id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("id", String(64), nullable=False),
    _name("client"),
    _name("channel"),
    _name("thread"),
    _name("kind"),
    _time("at", null=False),
    _name("actor_kind"),
    _words("actor_id"),
    _words("actor_name"),
    _json("data"),
    PrimaryKeyConstraint("conversation", "seq"),
    Index("ix_events_client_at", "client", "at", "id"),
    Index("ix_events_client_kind_at", "client", "kind", "at"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("position", Position, primary_key=True, autoincrement=True),
    Column("message", String(64), ForeignKey("messages.id"), nullable=False, unique=True),
    _name("client"),
    _name("channel"),
    Column("thread", String(64), ForeignKey("threads.id"), nullable=False),
    Column("conversation", String(64), ForeignKey("conversations.id"), nullable=False),
    _name("state", default="pending"),
    # When a deliverer may take it: the next attempt, or the end of the lease of one that is sending. NULL: finished.
    _time("due_at"),
    _name("lease", null=True),
    _count("attempts"),
    _flag("maybe_sent"),
    _words("error"),
    _json("facts"),
    _time("created_at", null=False),
    _time("delivered_at"),
    _words("platform_message_id"),
    Index(
        "ix_outbox_due",
        "due_at",
        postgresql_where=text("due_at IS NOT NULL"),
        sqlite_where=text("due_at IS NOT NULL"),
    ),
    Index(
        "ix_outbox_line",
        "thread",
        "position",
        postgresql_where=text("due_at IS NOT NULL"),
        sqlite_where=text("due_at IS NOT NULL"),
    ),
)

webchat_visitors = Table(
    "webchat_visitors",
    metadata,
    _id(),
    _name("client"),
    _name("channel"),
    _name("token_hash"),
    _json("attributes"),
    _time("created_at", null=False),
    _time("last_seen"),
    UniqueConstraint("channel", "token_hash"),
)

# People

users = Table(
    "users",
    metadata,
    _id(),
    Column("email", String(320), nullable=False, unique=True),
    _words("name"),
    _json("roles", "[]"),
    Column("capacity", Integer, nullable=False, server_default="4"),
    _json("skills", "[]"),
    _json("languages", "[]"),
    _name("locale", default="en"),
    Column("password_hash", Text, nullable=False, server_default=""),
    Column("totp_secret", Text, nullable=False, server_default=""),
    Column("totp_step", BigInteger, nullable=False, server_default="0"),
    Column("sign_in_epoch", BigInteger, nullable=False, server_default="0"),
    _flag("active", default=True),
    _time("created_at", null=False),
)

user_clients = Table(
    "user_clients",
    metadata,
    Column("user", String(64), ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("granted", String(255), nullable=False, index=True),
    PrimaryKeyConstraint("user", "granted"),
)

_KNOWN_DEVICE = text("device <> ''")

sessions = Table(
    "sessions",
    metadata,
    _id(),  # the SHA-256 of the token in the browser's cookie
    Column("user", String(64), ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    _time("created_at", null=False),
    _time("last_seen", null=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    _words("address"),
    _words("browser"),
)

half_sign_ins = Table(
    "half_sign_ins",
    metadata,
    _id(),  # the SHA-256 of the token in the browser's cookie
    Column("user", String(64), ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("epoch", BigInteger, nullable=False),
    _name("browser"),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    _count("tries"),
)

sign_in_attempts = Table(  # each a failure until it is taken away
    "sign_in_attempts",
    metadata,
    _id(),
    _name("proof"),
    _words("account"),
    _words("address"),
    _name("device", default=""),  # the known device it came from
    Column("at", UtcDateTime, nullable=False, index=True),
    Index("ix_sign_in_attempts_account", "account", "at"),
    Index("ix_sign_in_attempts_address", "address", "at"),
    Index("ix_sign_in_attempts_device", "device", "at", postgresql_where=_KNOWN_DEVICE, sqlite_where=_KNOWN_DEVICE),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    _id(),
    _name("client", null=True),
    Column("user", String(64), ForeignKey("users.id", ondelete="CASCADE"), nullable=True, index=True),
    _words("name"),
    _name("hint"),
    _name("token_hash"),
    _json("scopes", "[]"),
    _time("created_at", null=False),
    _time("expires_at"),
    _time("last_used_at"),
    _time("revoked_at"),
    UniqueConstraint("token_hash"),
)

# The provider's, like people: what a link shows follows from its creator's grants at each look.
display_links = Table(
    "display_links",
    metadata,
    _id(),
    Column("user", String(64), ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    _words("name"),
    _json("clients", "[]"),
    _name("token_hash"),
    _name("locale", default="en"),
    _time("created_at", null=False),
    _time("expires_at"),
    _time("revoked_at"),
    _time("last_used_at"),
    UniqueConstraint("token_hash"),
)

presence = Table(
    "presence",
    metadata,
    Column("user", String(64), ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    _name("status"),
    Column("last_seen", UtcDateTime, nullable=False, index=True),
    _time("since"),
)

audit = Table(
    "audit",
    metadata,
    Column("position", Position, primary_key=True, autoincrement=True),
    Column("at", UtcDateTime, nullable=False, index=True),
    _name("actor", null=True),
    _words("actor_name"),
    _name("client", null=True, index=True),
    _name("action"),
    _words("subject"),
    _json("data"),
    _words("address"),
)

# The desk

drafts = Table(
    "drafts",
    metadata,
    Column("user", String(64), ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("conversation", String(64), ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False, index=True),
    _words("text"),
    _time("updated_at"),
    _name("client"),
    PrimaryKeyConstraint("user", "conversation"),
)

read_marks = Table(
    "read_marks",
    metadata,
    Column("user", String(64), ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("conversation", String(64), ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("seq", Integer, nullable=False),
    _name("client"),
    PrimaryKeyConstraint("user", "conversation"),
)

macros = Table(
    "macros",
    metadata,
    _id(),
    Column("client", String(255), nullable=False, index=True),
    _name("key"),
    _words("title"),
    _words("text"),
    _name("language", default=""),
    _flag("holding"),
    _time("updated_at", null=False),
    UniqueConstraint("client", "key", "language"),
)

# SLA

sla_policies = Table(
    "sla_policies",
    metadata,
    _name("client"),
    _name("version"),
    _json("terms"),
    _time("created_at", null=False),
    PrimaryKeyConstraint("client", "version"),
)

sla_episodes = Table(
    "sla_episodes",
    metadata,
    Column("conversation", String(64), ForeignKey("conversations.id"), primary_key=True),
    _name("client"),
    _json("data"),
)

sla_clocks = Table(
    "sla_clocks",
    metadata,
    _id(),
    _name("client"),
    Column("conversation", String(64), ForeignKey("conversations.id"), nullable=False, index=True),
    _name("thread"),
    _name("channel"),
    _name("channel_kind"),
    _name("queue", null=True),
    _name("kind"),
    _name("policy_version"),
    _name("priority"),
    _name("language", default=""),
    _words("topic"),
    _name("agent", null=True),
    _time("started_at", null=False),
    _time("due_at"),
    _time("stopped_at"),
    _name("state"),
    _name("outcome", null=True),
    _count("warned"),
    _time("next_wakeup_at"),
    Column("budget_s", Float, nullable=False),
    Column("elapsed_s", Float),
    _json("data"),
    Index(
        "ix_sla_clocks_wakeup",
        "next_wakeup_at",
        postgresql_where=text("next_wakeup_at IS NOT NULL"),
        sqlite_where=text("next_wakeup_at IS NOT NULL"),
    ),
    Index("ix_sla_clocks_client_started", "client", "kind", "started_at"),
    Index("ix_sla_clocks_client_state", "client", "state", "due_at"),
    Index(
        "ix_sla_clocks_missed",
        "client",
        "due_at",
        postgresql_where=text("outcome = 'missed'"),
        sqlite_where=text("outcome = 'missed'"),
    ),
    Index(
        "ix_sla_clocks_missed_started",
        "client",
        "kind",
        "started_at",
        postgresql_where=text("outcome = 'missed'"),
        sqlite_where=text("outcome = 'missed'"),
    ),
)

sla_alerts = Table(
    "sla_alerts",
    metadata,
    _id(),
    _name("client"),
    Column("clock", String(64), ForeignKey("sla_clocks.id", ondelete="CASCADE"), nullable=False),
    Column("conversation", String(64), ForeignKey("conversations.id"), nullable=False, index=True),
    _name("kind"),
    _time("due_at"),
    _time("fired_at", null=False),
    _json("data"),
    UniqueConstraint("clock", "kind"),
    Index("ix_sla_alerts_client_fired", "client", "fired_at"),
)

sla_exclusions = Table(
    "sla_exclusions",
    metadata,
    _id(),
    _name("client"),
    Column("clock", String(64), nullable=False),
    Column("conversation", String(64), nullable=False),
    _name("reason"),
    _words("evidence"),
    _name("proposed_by"),
    _time("proposed_at", null=False),
    _name("state", default="proposed"),
    _name("decided_by", null=True),
    _time("decided_at"),
    Index(
        "uq_sla_exclusions_clock",
        "clock",
        unique=True,
        postgresql_where=text("state <> 'rejected'"),
        sqlite_where=text("state <> 'rejected'"),
    ),
    Index("ix_sla_exclusions_client_proposed", "client", "proposed_at"),
)

statements = Table(
    "statements",
    metadata,
    _name("client"),
    Column("month", String(7), nullable=False),
    _json("data"),
    _json("prices"),
    _time("closed_at", null=False),
    _name("closed_by"),
    PrimaryKeyConstraint("client", "month"),
)

statement_shares = Table(
    "statement_shares",
    metadata,
    _name("client"),
    Column("month", String(7), nullable=False),
    Column("line", Integer, nullable=False, autoincrement=False),
    # The place in the line, which keeps the order of the conversations; line and place count from 0.
    Column("place", Integer, nullable=False, autoincrement=False),
    Column("conversation", String(64), nullable=False),
    # An exact fraction like 61/3; NULL in months closed before shares were kept.
    Column("quantity", Text),
    PrimaryKeyConstraint("client", "month", "line", "place"),
    ForeignKeyConstraint(["client", "month"], ["statements.client", "statements.month"], ondelete="CASCADE"),
)

# Roll-ups

daily_rollups = Table(
    "daily_rollups",
    metadata,
    _name("client"),
    Column("zone", String(64), nullable=False),
    Column("day", String(10), nullable=False),
    _json("data"),
    # What first responses took, as sla.day packs them: apart, since most readers need only the counts.
    Column("times", LargeBinary, nullable=False, server_default=text("''")),
    # Whether the agent minutes are in it: they are final once nobody holds a conversation since before its end.
    _flag("settled"),
    _time("counted_at", null=False),
    PrimaryKeyConstraint("client", "zone", "day"),
)

# One day's counts and times, of all and of each channel, queue, language and agent (sla/slices.py).
report_days = Table(
    "report_days",
    metadata,
    _name("client"),
    Column("zone", String(64), nullable=False),
    Column("day", String(10), nullable=False),
    Column("by", String(16), nullable=False),
    _name("group"),
    _json("data"),
    # The times, as sla.slices packs them: apart, since most readers need only the counts.
    Column("times", LargeBinary, nullable=False, server_default=text("''")),
    _time("counted_at", null=False),
    PrimaryKeyConstraint("client", "zone", "by", "day", "group"),
)

rollup_marks = Table(
    "rollup_marks",
    metadata,
    Column("position", Position, primary_key=True, autoincrement=True),
    _name("client"),
    Column("conversation", String(64), nullable=False),
    Index("ix_rollup_marks_client", "client", "position"),
)
