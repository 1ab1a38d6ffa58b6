"""The second wall between clients: row-level security on PostgreSQL, fed with the clients a transaction may touch."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from conversation.ids import ClientId
from storage.errors import BadClientId

APP_ROLE = "switchboard_app"
SETTING = "switchboard.clients"
EVERYONE = "*"
_SEPARATOR = ","


@dataclass(frozen=True, slots=True)
class AllClients:
    """The scope of work that belongs to no single client: leasing, sweeping, administering."""


ALL_CLIENTS = AllClients()
Scope = Collection[ClientId] | AllClients


def scope_value(scope: Scope) -> str:
    """The scope as the setting holds it. Raises BadClientId for an id that could widen it."""
    if isinstance(scope, AllClients):
        return EVERYONE
    for client in scope:
        if not client or _SEPARATOR in client or client == EVERYONE:
            raise BadClientId(client)
    return _SEPARATOR.join(scope)


POLICY = "client_wall"
_ALLOWED = f"(SELECT string_to_array(current_setting('{SETTING}', true), '{_SEPARATOR}'))"
_EVERYTHING = f"(SELECT current_setting('{SETTING}', true) = '{EVERYONE}')"
POLICY_TEXT = f"client = ANY({_ALLOWED}::text[]) OR {_EVERYTHING}"
"""Who may see and write a row. Without the setting nothing is visible: current_setting(..., true) is NULL or empty.
A row without a client is the provider's, for the scope of everybody alone."""

PROVIDER_TABLES = frozenset(
    {
        "alembic_version",
        "clients",
        "display_links",
        "half_sign_ins",
        "pollers",
        "presence",
        "sessions",
        "sign_in_attempts",
        "user_clients",
        "users",
    }
)
"""The tables that belong to no client. Every other has a `client` column and the wall, or no process starts."""


def wall(tables: Sequence[str]) -> list[str]:
    """The statements that wall off `tables` (each has a `client` column), whoever owns them."""
    statements = []
    for table in tables:
        statements += [
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
            f"CREATE POLICY {POLICY} ON {table} USING ({POLICY_TEXT})",
        ]
    return statements


APP_ROLE_STATEMENTS = (  # only our own constants stand in this text
    f"""DO $$ DECLARE found record; BEGIN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{APP_ROLE}') THEN RETURN; END IF;
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO {APP_ROLE}', current_schema());
        FOR found IN
            SELECT c.oid::regclass AS name, c.relname, c.relkind FROM pg_class c
            WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
              AND c.relkind IN ('r', 'p', 'S') AND pg_has_role(c.relowner, 'USAGE')
              AND NOT EXISTS (SELECT FROM pg_depend d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
        LOOP
            EXECUTE format('REVOKE ALL ON %s FROM {APP_ROLE}', found.name);
            EXECUTE format('GRANT %s ON %s TO {APP_ROLE}', CASE
                WHEN found.relkind = 'S' THEN 'USAGE, SELECT'
                WHEN found.relname = 'alembic_version' THEN 'SELECT'
                WHEN found.relname = 'audit' THEN 'SELECT, INSERT'
                ELSE 'SELECT, INSERT, UPDATE, DELETE' END, found.name);
        END LOOP;
    END $$""",
)
"""What the app's role may do with the tables there are: nothing beyond their rows, and to the audit log only add. Every
migration ends with it (storage.migrations), so a new table needs nothing of its own."""
