"""Whether PostgreSQL keeps clients apart for who is signed in: asked of the database itself before a process starts."""

import re
from collections.abc import Iterator
from typing import Any

from sqlalchemy import RowMapping, text

from storage.database import Database
from storage.errors import WallsOpen
from storage.roles import admitting, instead
from storage.tenancy import APP_ROLE, POLICY, POLICY_TEXT, PROVIDER_TABLES

MOST_TOLD = 5

_LOGIN = text(
    f"""SELECT session_user AS login, session_user = current_user AS itself,
        EXISTS (SELECT FROM pg_roles WHERE rolname = '{APP_ROLE}') AS app_role,
        pg_has_role(session_user, (SELECT oid FROM pg_roles WHERE rolname = '{APP_ROLE}'), 'MEMBER') AS admitted,
        (SELECT min(relname) FROM pg_class
            WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
              AND relkind IN ('r', 'p') AND pg_has_role(session_user, relowner, 'MEMBER')) AS owned"""  # noqa: S608  our own constant
)
_STRONGER_ROLES = text(
    """SELECT rolname FROM pg_roles
    WHERE pg_has_role(session_user, oid, 'MEMBER') AND (rolsuper OR rolbypassrls OR rolcreaterole
        OR rolname IN ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files'))
    ORDER BY rolname"""
)
_TABLES = text(
    """SELECT c.relname AS name, c.relkind AS kind, c.relrowsecurity AS walled, c.relforcerowsecurity AS forced,
        has_table_privilege(session_user, c.oid, 'SELECT') AS readable,
        has_table_privilege(session_user, c.oid, 'TRUNCATE, TRIGGER') AS open,
        has_any_column_privilege(session_user, c.oid, 'UPDATE')
            OR has_table_privilege(session_user, c.oid, 'DELETE') AS changeable,
        coalesce('security_invoker=true' = ANY(c.reloptions), false) AS asks_as_reader
    FROM pg_class c
    WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
      AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
      AND NOT EXISTS (SELECT FROM pg_depend d
          WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
    ORDER BY c.relname"""
)
_POLICIES = text(
    """SELECT c.relname AS table, p.polname AS name, p.polcmd AS command, p.polpermissive AS permissive,
        p.polroles = ARRAY[0::oid] AS everybody, pg_get_expr(p.polqual, p.polrelid) AS seen,
        pg_get_expr(p.polwithcheck, p.polrelid) AS written
    FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
    WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())"""
)
_NOISE = re.compile(r'::\w+( varying)?(\[\])?|\bAS ("[^"]*"|\w+)|[()\s]')


async def check_login(database: Database) -> None:
    """Raises WallsOpen if policies do not bind this login (no connection comes about then), or if it can become
    somebody whom they do not bind or who can lift them.
    """
    if not database.is_postgresql:
        return
    async with database.reading(()) as connection:
        login = (await connection.execute(_LOGIN)).mappings().one()
        stronger = (await connection.execute(_STRONGER_ROLES)).mappings().all()
    _refuse(list(_login_problems(login, stronger)))


async def check_tables(database: Database) -> None:
    """Raises WallsOpen if a table that is not the provider's alone lacks its wall, whoever made it, or if this login
    may go around it or rewrite the audit log. The schema must be this version's.
    """
    if not database.is_postgresql:
        return
    async with database.reading(()) as connection:
        tables = (await connection.execute(_TABLES)).mappings().all()
        policies = (await connection.execute(_POLICIES)).mappings().all()
    _refuse([problem for table in tables for problem in _table_problems(table, policies)])


def _refuse(problems: list[str]) -> None:
    if problems:
        more = [f"and {len(problems) - MOST_TOLD} more"] if len(problems) > MOST_TOLD else []
        raise WallsOpen([*problems[:MOST_TOLD], *more])


def _login_problems(login: RowMapping, stronger: Any) -> Iterator[str]:
    name = login["login"]
    if not login["itself"]:
        yield (
            f"the login {name!r} works under another role, which a statement can undo (RESET ROLE); "
            f'ALTER ROLE "{name}" RESET role; and sign in as the role itself'
        )
    if login["owned"]:
        yield (
            f"the login {name!r} owns the table {login['owned']!r} or may become its owner, who can lift policies; "
            f"{instead(has_app_role=login['app_role'])}"
        )
        return
    for role in stronger:
        if role["rolname"] == name:
            yield f'the login {name!r} may make roles, and so become any; ALTER ROLE "{name}" NOCREATEROLE;'
        else:
            yield (
                f"the login {name!r} may become {role['rolname']!r}, whom row-level security does not bind or who can "
                f'lift it; REVOKE "{role["rolname"]}" FROM "{name}";'
            )
    if not login["app_role"]:
        yield f"the role {APP_ROLE!r} is missing; run `switchboard migrate` as the tables' owner"
    elif not login["admitted"]:
        yield f"the login {name!r} is no member of {APP_ROLE!r}; {admitting(name, known=True)}"


def _table_problems(table: RowMapping, policies: Any) -> Iterator[str]:
    name = table["name"]
    if table["kind"] in (b"v", b"m", b"f", "v", "m", "f"):
        if table["readable"] and not table["asks_as_reader"]:
            yield f"the view {name!r} shows rows past their policies; drop it, or take the processes' rights on it"
        return
    if table["open"]:
        yield f"this login may empty {name!r} or hang triggers on it; REVOKE TRUNCATE, TRIGGER ON {name} FROM its roles"
    if name == "audit" and table["changeable"]:
        yield "this login may change the audit log; REVOKE UPDATE, DELETE ON audit FROM its roles"
    if name in PROVIDER_TABLES:
        return
    if not (table["walled"] and table["forced"]):
        yield f"the table {name!r} has no forced row-level security; add it (docs/database.md)"
    yield from _policy_problems(name, [policy for policy in policies if policy["table"] == name])


def _policy_problems(table: str, policies: Any) -> Iterator[str]:
    ours = [policy for policy in policies if policy["name"] == POLICY and _is_wall(policy)]
    if not ours:
        yield f"the table {table!r} has no policy {POLICY!r} as it should be; restore it (docs/database.md)"
    for policy in policies:
        if policy["permissive"] and policy["name"] != POLICY:
            yield f'the policy {policy["name"]!r} opens the table {table!r}; DROP POLICY "{policy["name"]}" ON {table};'


def _is_wall(policy: RowMapping) -> bool:
    """PostgreSQL shows an expression in its own spelling, so both are compared without casts and parentheses."""
    expected = _plain(POLICY_TEXT)
    return (
        policy["command"] in (b"*", "*")
        and policy["permissive"]
        and policy["everybody"]
        and _plain(policy["seen"] or "") == expected
        and (policy["written"] is None or _plain(policy["written"]) == expected)
    )


def _plain(expression: str) -> str:
    return _NOISE.sub("", expression)
