"""Drafts, read marks and the audit log stand behind the wall between clients, and audit rows are only ever added.

The evidence of an exclusion, which may quote a customer, leaves the audit log: the ledger has it.
"""

import sqlalchemy as sa
from alembic import op

from storage.tenancy import EVERYONE, SETTING, wall

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

WALLED = ("audit", "drafts", "read_marks")
_PERSONAL = ("drafts", "read_marks")


def upgrade() -> None:
    _see_everybody()
    for table in _PERSONAL:
        op.add_column(table, sa.Column("client", sa.String(length=255), nullable=True))
        op.execute(
            f"UPDATE {table} SET client = "  # noqa: S608  tables of ours
            f"(SELECT c.client FROM conversations c WHERE c.id = {table}.conversation)"
        )
        with op.batch_alter_table(table) as changed:
            changed.alter_column("client", existing_type=sa.String(length=255), nullable=False)
    op.drop_index("ix_audit_about_client", table_name="audit")
    op.execute("ALTER TABLE audit RENAME COLUMN about_client TO client")
    op.create_index("ix_audit_client", "audit", ["client"])
    without = "data - 'evidence'" if _is_postgresql() else "json_remove(data, '$.evidence')"
    op.execute(f"UPDATE audit SET data = {without} WHERE action = 'exclusion.proposed'")  # noqa: S608  our own words
    for statement in _POSTGRESQL if _is_postgresql() else _SQLITE:
        op.execute(statement)


def downgrade() -> None:
    if _is_postgresql():
        for table in WALLED:
            op.execute(f"DROP POLICY client_wall ON {table}")
            op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
            op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
        op.execute("DROP TRIGGER audit_is_append_only ON audit")
        op.execute("DROP FUNCTION audit_is_append_only()")
    else:
        for act in ("update", "delete"):
            op.execute(f"DROP TRIGGER audit_no_{act}")
    op.drop_index("ix_audit_client", table_name="audit")
    op.execute("ALTER TABLE audit RENAME COLUMN client TO about_client")
    op.create_index("ix_audit_about_client", "audit", ["about_client"])
    for table in _PERSONAL:
        with op.batch_alter_table(table) as changed:
            changed.drop_column("client")


_ONLY_ADDED = (
    "CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
    "FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()"
)
# The owner may: what is older than the law wants is deleted by a person who signs in as such.
_POSTGRESQL = (
    """CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NOT pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'USAGE') THEN
            RAISE EXCEPTION 'audit rows are never changed' USING ERRCODE = 'insufficient_privilege';
        END IF;
        RETURN NULL;
    END $$""",
    _ONLY_ADDED,
    *wall(WALLED),
)
_SQLITE = tuple(
    f"CREATE TRIGGER audit_no_{act} BEFORE {act} ON audit BEGIN SELECT RAISE(ABORT, 'audit rows are never changed'); END"
    for act in ("update", "delete")
)


def _is_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _see_everybody() -> None:
    if _is_postgresql():  # else the wall between clients hides every row
        op.execute(f"SELECT set_config('{SETTING}', '{EVERYONE}', true)")
