"""All tables of the first version, and the wall between clients."""

import sqlalchemy as sa
from alembic import op

from storage.tenancy import APP_ROLE_STATEMENTS, wall
from storage.types import Json, Position, UtcDateTime, Words

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

WALLED = (
    "api_tokens",
    "channel_tokens",
    "conversations",
    "customers",
    "daily_rollups",
    "events",
    "inbox",
    "macros",
    "messages",
    "outbox",
    "pack_versions",
    "rollup_marks",
    "sla_alerts",
    "sla_clocks",
    "sla_episodes",
    "sla_exclusions",
    "sla_policies",
    "statements",
    "threads",
    "webchat_visitors",
)


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("position", Position, autoincrement=True, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(length=255), nullable=True),
        sa.Column("actor_name", Words(), server_default="", nullable=False),
        sa.Column("about_client", sa.String(length=255), nullable=True),
        sa.Column("action", sa.String(length=255), nullable=False),
        sa.Column("subject", Words(), server_default="", nullable=False),
        sa.Column("data", Json, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("address", Words(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_about_client"), "audit", ["about_client"], unique=False)
    op.create_index(op.f("ix_audit_at"), "audit", ["at"], unique=False)
    op.create_table(
        "blobs",
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("owner", sa.String(length=255), nullable=True),
        sa.Column("name", Words(), server_default="", nullable=False),
        sa.Column("media_type", sa.String(length=255), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_blobs")),
    )
    op.create_table(
        "channel_tokens",
        sa.Column("client", sa.String(length=255), nullable=False),
        sa.Column("channel", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("client", "channel", "name", name=op.f("pk_channel_tokens")),
    )
    op.create_table(
        "clients",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", Words(), server_default="", nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("settings", Json, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clients")),
    )
    op.create_table(
        "customers",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("client", sa.String(length=255), nullable=False),
        sa.Column("channel", sa.String(length=255), nullable=False),
        sa.Column("reference", Words(), nullable=False),
        sa.Column("name", Words(), server_default="", nullable=False),
        sa.Column("attributes", Json, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers")),
        sa.UniqueConstraint("client", "channel", "reference", name=op.f("uq_customers_client_channel_reference")),
    )
    op.create_table(
        "login_failures",
        sa.Column("position", Position, autoincrement=True, nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("address", Words(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_login_failures")),
    )
    op.create_index("ix_login_failures_address", "login_failures", ["address", "at"], unique=False)
    op.create_index(op.f("ix_login_failures_at"), "login_failures", ["at"], unique=False)
    op.create_index("ix_login_failures_email", "login_failures", ["email", "at"], unique=False)
    op.create_table(
        "macros",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("client", sa.String(length=255), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("title", Words(), server_default="", nullable=False),
        sa.Column("text", Words(), server_default="", nullable=False),
        sa.Column("language", sa.String(length=255), server_default="", nullable=False),
        sa.Column("holding", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_macros")),
        sa.UniqueConstraint("client", "key", "language", name=op.f("uq_macros_client_key_language")),
    )
    op.create_index(op.f("ix_macros_client"), "macros", ["client"], unique=False)
    op.create_table(
        "pack_versions",
        sa.Column("client", sa.String(length=255), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=255), nullable=False),
        sa.Column("files", sa.LargeBinary(), nullable=False),
        sa.Column("model", sa.String(length=255), nullable=True),
        sa.Column("report", Json, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("difference", Json, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("approved", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("approved_by", sa.String(length=255), nullable=True),
        sa.Column("approved_at", UtcDateTime(), nullable=True),
        sa.Column("rejected_by", sa.String(length=255), nullable=True),
        sa.Column("rejected_at", UtcDateTime(), nullable=True),
        sa.Column("active", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(length=255), nullable=True),
        sa.PrimaryKeyConstraint("client", "version", name=op.f("pk_pack_versions")),
    )
    op.create_index(
        "uq_pack_versions_active",
        "pack_versions",
        ["client"],
        unique=True,
        postgresql_where=sa.text("active"),
        sqlite_where=sa.text("active"),
    )
    op.create_table(
        "pollers",
        sa.Column("poller", sa.String(length=255), nullable=False),
        sa.Column("holder", sa.String(length=255), nullable=True),
        sa.Column("held_until", UtcDateTime(), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("saved_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("poller", name=op.f("pk_pollers")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("name", Words(), server_default="", nullable=False),
        sa.Column("roles", Json, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("capacity", sa.Integer(), server_default="4", nullable=False),
        sa.Column("skills", Json, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("languages", Json, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("locale", sa.String(length=255), server_default="en", nullable=False),
        sa.Column("password_hash", sa.Text(), server_default="", nullable=False),
        sa.Column("totp_secret", sa.Text(), server_default="", nullable=False),
        sa.Column("totp_step", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
    )
    op.create_table(
        "webchat_visitors",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("client", sa.String(length=255), nullable=False),
        sa.Column("channel", sa.String(length=255), nullable=False),
        sa.Column("token_hash", sa.String(length=255), nullable=False),
        sa.Column("attributes", Json, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_seen", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webchat_visitors")),
        sa.UniqueConstraint("channel", "token_hash", name=op.f("uq_webchat_visitors_channel_token_hash")),
    )
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("client", sa.String(length=255), nullable=True),
        sa.Column("user", sa.String(length=64), nullable=True),
        sa.Column("name", Words(), server_default="", nullable=False),
        sa.Column("hint", sa.String(length=255), nullable=False),
        sa.Column("token_hash", sa.String(length=255), nullable=False),
        sa.Column("scopes", Json, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("last_used_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["user"], ["users.id"], name=op.f("fk_api_tokens_user"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_tokens_token_hash")),
    )
    op.create_index(op.f("ix_api_tokens_user"), "api_tokens", ["user"], unique=False)
    op.create_table(
        "presence",
        sa.Column("user", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=255), nullable=False),
        sa.Column("last_seen", UtcDateTime(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["user"], ["users.id"], name=op.f("fk_presence_user"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user", name=op.f("pk_presence")),
    )
    op.create_index(op.f("ix_presence_last_seen"), "presence", ["last_seen"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("user", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_seen", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("address", Words(), server_default="", nullable=False),
        sa.Column("browser", Words(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["user"], ["users.id"], name=op.f("fk_sessions_user"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_expires_at"), "sessions", ["expires_at"], unique=False)
    op.create_index(op.f("ix_sessions_user"), "sessions", ["user"], unique=False)
    op.create_table(
        "threads",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("client", sa.String(length=255), nullable=False),
        sa.Column("channel", sa.String(length=255), nullable=False),
        sa.Column("channel_kind", sa.String(length=255), nullable=False),
        sa.Column("ref", Words(), nullable=False),
        sa.Column("customer", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=255), nullable=True),
        sa.Column("feed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("waiting_since", UtcDateTime(), nullable=True),
        sa.Column("held_until", UtcDateTime(), nullable=True),
        sa.Column("lease", sa.String(length=255), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["customer"], ["customers.id"], name=op.f("fk_threads_customer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_threads")),
        sa.UniqueConstraint("channel", "ref", name=op.f("uq_threads_channel_ref")),
    )
    op.create_index(op.f("ix_threads_customer"), "threads", ["customer"], unique=False)
    op.create_index(
        "ix_threads_waiting_since",
        "threads",
        ["waiting_since"],
        unique=False,
        postgresql_where=sa.text("waiting_since IS NOT NULL"),
        sqlite_where=sa.text("waiting_since IS NOT NULL"),
    )
    op.create_table(
        "user_clients",
        sa.Column("user", sa.String(length=64), nullable=False),
        sa.Column("granted", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["user"], ["users.id"], name=op.f("fk_user_clients_user"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user", "granted", name=op.f("pk_user_clients")),
    )
    op.create_index(op.f("ix_user_clients_granted"), "user_clients", ["granted"], unique=False)
    op.create_table(
        "conversations",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("client", sa.String(length=255), nullable=False),
        sa.Column("channel", sa.String(length=255), nullable=False),
        sa.Column("channel_kind", sa.String(length=255), nullable=False),
        sa.Column("thread", sa.String(length=64), nullable=False),
        sa.Column("customer", sa.String(length=64), nullable=False),
        sa.Column("customer_name", Words(), server_default="", nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(length=255), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), server_default="0", nullable=False),
        sa.Column("language", sa.String(length=255), server_default="", nullable=False),
        sa.Column("priority", sa.String(length=255), nullable=False),
        sa.Column("queue", sa.String(length=255), nullable=True),
        sa.Column("topic", Words(), server_default="", nullable=False),
        sa.Column("preview", Words(), server_default="", nullable=False),
        sa.Column("assignee", sa.String(length=255), nullable=True),
        sa.Column("assignee_name", Words(), server_default="", nullable=False),
        sa.Column("last_agent", sa.String(length=255), nullable=True),
        sa.Column("handoff_reason", sa.String(length=255), nullable=True),
        sa.Column("handed_off_at", UtcDateTime(), nullable=True),
        sa.Column("queued_at", UtcDateTime(), nullable=True),
        sa.Column("assigned_at", UtcDateTime(), nullable=True),
        sa.Column("waiting_since", UtcDateTime(), nullable=True),
        sa.Column("snoozed_until", UtcDateTime(), nullable=True),
        sa.Column("completed", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("resolved_at", UtcDateTime(), nullable=True),
        sa.Column("resolved_by", sa.String(length=255), nullable=True),
        sa.Column("disposition", Words(), server_default="", nullable=False),
        sa.Column("containment_revoked", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("tracker", Json, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("seq", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["customer"], ["customers.id"], name=op.f("fk_conversations_customer")),
        sa.ForeignKeyConstraint(["thread"], ["threads.id"], name=op.f("fk_conversations_thread")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversations")),
    )
    op.create_index(
        "ix_conversations_assignee",
        "conversations",
        ["assignee"],
        unique=False,
        postgresql_where=sa.text("assignee IS NOT NULL"),
        sqlite_where=sa.text("assignee IS NOT NULL"),
    )
    op.create_index("ix_conversations_client_opened", "conversations", ["client", "opened_at"], unique=False)
    op.create_index("ix_conversations_client_state", "conversations", ["client", "state", "updated_at"], unique=False)
    op.create_index("ix_conversations_customer", "conversations", ["customer", "opened_at"], unique=False)
    op.create_index(
        "ix_conversations_idle",
        "conversations",
        ["updated_at"],
        unique=False,
        postgresql_where=sa.text("state = 'bot'"),
        sqlite_where=sa.text("state = 'bot'"),
    )
    op.create_index(
        "ix_conversations_snoozed",
        "conversations",
        ["snoozed_until"],
        unique=False,
        postgresql_where=sa.text("snoozed_until IS NOT NULL"),
        sqlite_where=sa.text("snoozed_until IS NOT NULL"),
    )
    op.create_index("ix_conversations_thread", "conversations", ["thread", "opened_at"], unique=False)
    op.create_index(
        "uq_conversations_open",
        "conversations",
        ["thread"],
        unique=True,
        postgresql_where=sa.text("state <> 'resolved'"),
        sqlite_where=sa.text("state <> 'resolved'"),
    )
    op.create_table(
        "inbox",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("client", sa.String(length=255), nullable=False),
        sa.Column("channel", sa.String(length=255), nullable=False),
        sa.Column("key", Words(), nullable=False),
        sa.Column("thread", sa.String(length=64), nullable=False),
        sa.Column("order", sa.BigInteger(), nullable=False),
        sa.Column("inbound", Json, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("state", sa.String(length=255), server_default="waiting", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error", Words(), server_default="", nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("handled_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["thread"], ["threads.id"], name=op.f("fk_inbox_thread")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sa.UniqueConstraint("channel", "key", name=op.f("uq_inbox_channel_key")),
    )
    op.create_index(
        "ix_inbox_waiting",
        "inbox",
        ["thread", "order", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
        sqlite_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "drafts",
        sa.Column("user", sa.String(length=64), nullable=False),
        sa.Column("conversation", sa.String(length=64), nullable=False),
        sa.Column("text", Words(), server_default="", nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation"], ["conversations.id"], name=op.f("fk_drafts_conversation"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user"], ["users.id"], name=op.f("fk_drafts_user"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user", "conversation", name=op.f("pk_drafts")),
    )
    op.create_index(op.f("ix_drafts_conversation"), "drafts", ["conversation"], unique=False)
    op.create_table(
        "events",
        sa.Column("conversation", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("client", sa.String(length=255), nullable=False),
        sa.Column("channel", sa.String(length=255), nullable=False),
        sa.Column("thread", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=255), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor_kind", sa.String(length=255), nullable=False),
        sa.Column("actor_id", Words(), server_default="", nullable=False),
        sa.Column("actor_name", Words(), server_default="", nullable=False),
        sa.Column("data", Json, server_default=sa.text("'{}'"), nullable=False),
        sa.ForeignKeyConstraint(["conversation"], ["conversations.id"], name=op.f("fk_events_conversation")),
        sa.PrimaryKeyConstraint("conversation", "seq", name=op.f("pk_events")),
    )
    op.create_index("ix_events_client_at", "events", ["client", "at", "id"], unique=False)
    op.create_index("ix_events_client_kind_at", "events", ["client", "kind", "at"], unique=False)
    op.create_table(
        "messages",
        sa.Column("position", Position, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("client", sa.String(length=255), nullable=False),
        sa.Column("channel", sa.String(length=255), nullable=False),
        sa.Column("thread", sa.String(length=64), nullable=False),
        sa.Column("conversation", sa.String(length=64), nullable=False),
        sa.Column("author_kind", sa.String(length=255), nullable=False),
        sa.Column("author_id", Words(), server_default="", nullable=False),
        sa.Column("author_name", Words(), server_default="", nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("text", Words(), server_default="", nullable=False),
        sa.Column("kind", sa.String(length=255), nullable=False),
        sa.Column("visibility", sa.String(length=255), nullable=False),
        sa.Column("state", sa.String(length=255), nullable=False),
        sa.Column("buttons", Json, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("attachments", Json, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("image", Words(), nullable=True),
        sa.Column("epoch", sa.Integer(), server_default="0", nullable=False),
        sa.Column("platform_message_id", Words(), server_default="", nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("delivered_at", UtcDateTime(), nullable=True),
        sa.Column("edited_at", UtcDateTime(), nullable=True),
        sa.Column("error", Words(), server_default="", nullable=False),
        sa.Column("language", sa.String(length=255), server_default="", nullable=False),
        sa.Column("feed", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["conversation"], ["conversations.id"], name=op.f("fk_messages_conversation")),
        sa.ForeignKeyConstraint(["thread"], ["threads.id"], name=op.f("fk_messages_thread")),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_messages")),
        sa.UniqueConstraint("id", name=op.f("uq_messages_id")),
    )
    op.create_index("ix_messages_conversation", "messages", ["conversation", "position"], unique=False)
    op.create_index(
        "ix_messages_platform",
        "messages",
        ["thread", "platform_message_id"],
        unique=False,
        postgresql_where=sa.text("author_kind = 'customer' AND platform_message_id <> ''"),
        sqlite_where=sa.text("author_kind = 'customer' AND platform_message_id <> ''"),
    )
    op.create_index("ix_messages_thread", "messages", ["thread", "position"], unique=False)
    op.create_index(
        "uq_messages_feed",
        "messages",
        ["thread", "feed"],
        unique=True,
        postgresql_where=sa.text("feed IS NOT NULL"),
        sqlite_where=sa.text("feed IS NOT NULL"),
    )
    op.create_table(
        "read_marks",
        sa.Column("user", sa.String(length=64), nullable=False),
        sa.Column("conversation", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation"], ["conversations.id"], name=op.f("fk_read_marks_conversation"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user"], ["users.id"], name=op.f("fk_read_marks_user"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user", "conversation", name=op.f("pk_read_marks")),
    )
    op.create_index(op.f("ix_read_marks_conversation"), "read_marks", ["conversation"], unique=False)
    op.create_table(
        "sla_policies",
        sa.Column("client", sa.String(length=255), nullable=False),
        sa.Column("version", sa.String(length=255), nullable=False),
        sa.Column("terms", Json, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("client", "version", name=op.f("pk_sla_policies")),
    )
    op.create_table(
        "sla_episodes",
        sa.Column("conversation", sa.String(length=64), nullable=False),
        sa.Column("client", sa.String(length=255), nullable=False),
        sa.Column("data", Json, server_default=sa.text("'{}'"), nullable=False),
        sa.ForeignKeyConstraint(["conversation"], ["conversations.id"], name=op.f("fk_sla_episodes_conversation")),
        sa.PrimaryKeyConstraint("conversation", name=op.f("pk_sla_episodes")),
    )
    op.create_table(
        "sla_clocks",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("client", sa.String(length=255), nullable=False),
        sa.Column("conversation", sa.String(length=64), nullable=False),
        sa.Column("thread", sa.String(length=255), nullable=False),
        sa.Column("channel", sa.String(length=255), nullable=False),
        sa.Column("channel_kind", sa.String(length=255), nullable=False),
        sa.Column("queue", sa.String(length=255), nullable=True),
        sa.Column("kind", sa.String(length=255), nullable=False),
        sa.Column("policy_version", sa.String(length=255), nullable=False),
        sa.Column("priority", sa.String(length=255), nullable=False),
        sa.Column("language", sa.String(length=255), server_default="", nullable=False),
        sa.Column("topic", Words(), server_default="", nullable=False),
        sa.Column("agent", sa.String(length=255), nullable=True),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("stopped_at", UtcDateTime(), nullable=True),
        sa.Column("state", sa.String(length=255), nullable=False),
        sa.Column("outcome", sa.String(length=255), nullable=True),
        sa.Column("warned", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_wakeup_at", UtcDateTime(), nullable=True),
        sa.Column("budget_s", sa.Float(), nullable=False),
        sa.Column("elapsed_s", sa.Float(), nullable=True),
        sa.Column("data", Json, server_default=sa.text("'{}'"), nullable=False),
        sa.ForeignKeyConstraint(["conversation"], ["conversations.id"], name=op.f("fk_sla_clocks_conversation")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sla_clocks")),
    )
    op.create_index("ix_sla_clocks_client_started", "sla_clocks", ["client", "kind", "started_at"], unique=False)
    op.create_index("ix_sla_clocks_client_state", "sla_clocks", ["client", "state", "due_at"], unique=False)
    op.create_index(op.f("ix_sla_clocks_conversation"), "sla_clocks", ["conversation"], unique=False)
    op.create_index(
        "ix_sla_clocks_wakeup",
        "sla_clocks",
        ["next_wakeup_at"],
        unique=False,
        postgresql_where=sa.text("next_wakeup_at IS NOT NULL"),
        sqlite_where=sa.text("next_wakeup_at IS NOT NULL"),
    )
    op.create_table(
        "outbox",
        sa.Column("position", Position, autoincrement=True, nullable=False),
        sa.Column("message", sa.String(length=64), nullable=False),
        sa.Column("client", sa.String(length=255), nullable=False),
        sa.Column("channel", sa.String(length=255), nullable=False),
        sa.Column("thread", sa.String(length=64), nullable=False),
        sa.Column("conversation", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=255), server_default="pending", nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("lease", sa.String(length=255), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("maybe_sent", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("error", Words(), server_default="", nullable=False),
        sa.Column("facts", Json, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("delivered_at", UtcDateTime(), nullable=True),
        sa.Column("platform_message_id", Words(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["conversation"], ["conversations.id"], name=op.f("fk_outbox_conversation")),
        sa.ForeignKeyConstraint(["message"], ["messages.id"], name=op.f("fk_outbox_message")),
        sa.ForeignKeyConstraint(["thread"], ["threads.id"], name=op.f("fk_outbox_thread")),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_outbox")),
        sa.UniqueConstraint("message", name=op.f("uq_outbox_message")),
    )
    op.create_index(
        "ix_outbox_due",
        "outbox",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
        sqlite_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_outbox_line",
        "outbox",
        ["thread", "position"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
        sqlite_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_table(
        "sla_alerts",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("client", sa.String(length=255), nullable=False),
        sa.Column("clock", sa.String(length=64), nullable=False),
        sa.Column("conversation", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=255), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("fired_at", UtcDateTime(), nullable=False),
        sa.Column("data", Json, server_default=sa.text("'{}'"), nullable=False),
        sa.ForeignKeyConstraint(["clock"], ["sla_clocks.id"], name=op.f("fk_sla_alerts_clock"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["conversation"], ["conversations.id"], name=op.f("fk_sla_alerts_conversation")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sla_alerts")),
        sa.UniqueConstraint("clock", "kind", name=op.f("uq_sla_alerts_clock_kind")),
    )
    op.create_index("ix_sla_alerts_client_fired", "sla_alerts", ["client", "fired_at"], unique=False)
    op.create_index(op.f("ix_sla_alerts_conversation"), "sla_alerts", ["conversation"], unique=False)
    op.create_index(
        "ix_sla_clocks_missed",
        "sla_clocks",
        ["client", "due_at"],
        unique=False,
        postgresql_where=sa.text("outcome = 'missed'"),
        sqlite_where=sa.text("outcome = 'missed'"),
    )
    op.create_table(
        "daily_rollups",
        sa.Column("client", sa.String(length=255), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("data", Json, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("settled", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("counted_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("client", "zone", "day", name=op.f("pk_daily_rollups")),
    )
    op.create_table(
        "rollup_marks",
        sa.Column("position", Position, autoincrement=True, nullable=False),
        sa.Column("client", sa.String(length=255), nullable=False),
        sa.Column("conversation", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_rollup_marks")),
    )
    op.create_index("ix_rollup_marks_client", "rollup_marks", ["client", "position"], unique=False)
    op.create_table(
        "sla_exclusions",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("client", sa.String(length=255), nullable=False),
        sa.Column("clock", sa.String(length=64), nullable=False),
        sa.Column("conversation", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=255), nullable=False),
        sa.Column("evidence", Words(), server_default="", nullable=False),
        sa.Column("proposed_by", sa.String(length=255), nullable=False),
        sa.Column("proposed_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(length=255), server_default="proposed", nullable=False),
        sa.Column("decided_by", sa.String(length=255), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sla_exclusions")),
    )
    op.create_index(
        "uq_sla_exclusions_clock",
        "sla_exclusions",
        ["clock"],
        unique=True,
        postgresql_where=sa.text("state <> 'rejected'"),
        sqlite_where=sa.text("state <> 'rejected'"),
    )
    op.create_index("ix_sla_exclusions_client_proposed", "sla_exclusions", ["client", "proposed_at"], unique=False)
    op.create_table(
        "statements",
        sa.Column("client", sa.String(length=255), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("data", Json, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("prices", Json, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=False),
        sa.Column("closed_by", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("client", "month", name=op.f("pk_statements")),
    )
    if op.get_bind().dialect.name == "postgresql":
        for statement in (*wall(WALLED), *APP_ROLE_STATEMENTS):
            op.execute(statement)


def downgrade() -> None:
    op.drop_table("statements")
    op.drop_table("sla_exclusions")
    op.drop_table("rollup_marks")
    op.drop_table("daily_rollups")
    op.drop_table("sla_alerts")
    op.drop_table("outbox")
    op.drop_table("sla_clocks")
    op.drop_table("sla_episodes")
    op.drop_table("sla_policies")
    op.drop_table("read_marks")
    op.drop_table("messages")
    op.drop_table("events")
    op.drop_table("drafts")
    op.drop_table("inbox")
    op.drop_table("conversations")
    op.drop_table("user_clients")
    op.drop_table("threads")
    op.drop_table("sessions")
    op.drop_table("presence")
    op.drop_table("api_tokens")
    op.drop_table("webchat_visitors")
    op.drop_table("users")
    op.drop_table("pollers")
    op.drop_table("pack_versions")
    op.drop_table("macros")
    op.drop_table("login_failures")
    op.drop_table("customers")
    op.drop_table("clients")
    op.drop_table("channel_tokens")
    op.drop_table("blobs")
    op.drop_table("audit")
