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


def wall(tables: Sequence[str]) -> list[str]:
    """The statements that wall off `tables` (each has a `client` column), whoever owns them.

    Without the setting nothing is visible: current_setting(..., true) is NULL or empty then.
    """
    allowed = f"(SELECT string_to_array(current_setting('{SETTING}', true), '{_SEPARATOR}'))"
    everyone = f"(SELECT current_setting('{SETTING}', true) = '{EVERYONE}')"
    statements = []
    for table in tables:
        statements += [
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
            f"CREATE POLICY client_wall ON {table} USING (client = ANY({allowed}::text[]) OR {everyone})",
        ]
    return statements


APP_ROLE_STATEMENTS = (  # only our own constants stand in these texts
    f"""DO $$ BEGIN
        IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
           AND NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{APP_ROLE}') THEN
            CREATE ROLE {APP_ROLE} NOLOGIN;
        END IF;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END $$""",
    f"""DO $$ BEGIN
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{APP_ROLE}')
           AND (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
            EXECUTE 'GRANT USAGE ON SCHEMA ' || quote_ident(current_schema()) || ' TO {APP_ROLE}';
            EXECUTE 'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ' || quote_ident(current_schema())
                || ' TO {APP_ROLE}';
            EXECUTE 'GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA ' || quote_ident(current_schema())
                || ' TO {APP_ROLE}';
        END IF;
    END $$""",
)
"""A superuser is above row-level security, so one who logs in as such works as this role (Database does the switch).
An ordinary owner of the tables needs no second role: FORCE holds owners too."""

BECOME_APP_ROLE = f"""SELECT set_config('role', '{APP_ROLE}', false) FROM pg_roles
    WHERE rolname = session_user AND rolsuper
      AND EXISTS (SELECT FROM pg_roles WHERE rolname = '{APP_ROLE}')"""
