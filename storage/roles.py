"""The two logins of a PostgreSQL: the owner, who makes the tables, and the app's, whom row-level security binds."""

from sqlalchemy import URL, Connection, text
from sqlalchemy.exc import ProgrammingError

from storage.errors import NoAppRole
from storage.tenancy import APP_ROLE, APP_ROLE_STATEMENTS

_MAY_CREATE = text("SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user")
_ROLE = text(
    "SELECT rolcanlogin, pg_has_role(oid, (SELECT r.oid FROM pg_roles r WHERE r.rolname = :app), 'MEMBER') AS admitted "
    "FROM pg_roles WHERE rolname = :name"
)
_REMEMBER = text(
    "SELECT set_config('switchboard.login', :name, true), set_config('switchboard.password', :password, true)"
)
_LOGIN = "format({how}, current_setting('switchboard.login'), current_setting('switchboard.password'))"
_WITH_PASSWORD = "CASE current_setting('switchboard.password') WHEN '' THEN '{0}' ELSE '{0} PASSWORD %2$L' END"  # noqa: S105


def create_app_role(connection: Connection) -> None:
    """Makes the role that may use the tables, unless it is there. Raises NoAppRole if this login may not make roles."""
    if connection.execute(_ROLE, {"app": APP_ROLE, "name": APP_ROLE}).first() is not None:
        return
    if not connection.scalar(_MAY_CREATE):
        raise NoAppRole(_user(connection), f"CREATE ROLE {APP_ROLE} NOLOGIN;")
    _execute(connection, f"'CREATE ROLE {APP_ROLE} NOLOGIN'")


def grant_rights(connection: Connection) -> None:
    """Gives the role its rights on every table there is."""
    for statement in APP_ROLE_STATEMENTS:
        connection.execute(text(statement))


def admit(connection: Connection, login: URL) -> None:
    """Lets the login of this URL act as the app: makes it if it is not there, with the URL's password. One that is
    there keeps its password. Raises NoAppRole if this login may not make roles.
    """
    name, password = login.username or "", login.password or ""
    if not name or name == _user(connection):
        return
    found = connection.execute(_ROLE, {"app": APP_ROLE, "name": name}).one_or_none()
    if found is not None and found.rolcanlogin and found.admitted:
        return
    owner, known = _user(connection), found is not None
    if not connection.scalar(_MAY_CREATE):
        raise NoAppRole(owner, admitting(name, known=known))
    try:
        connection.execute(_REMEMBER, {"name": name, "password": password})
        if found is None:
            _execute(connection, _statement("CREATE ROLE %1$I LOGIN"))
        elif not found.rolcanlogin:
            _execute(connection, _statement("ALTER ROLE %1$I LOGIN"))
        if name != APP_ROLE:
            _execute(connection, f"format('GRANT {APP_ROLE} TO %I', current_setting('switchboard.login'))")
        connection.execute(_REMEMBER, {"name": "", "password": ""})
    except ProgrammingError as error:  # since version 16, who may make roles may not give every one
        raise NoAppRole(owner, admitting(name, known=known)) from error


def admitting(name: str, *, known: bool) -> str:
    """The SQL by which a superuser makes a login of the app."""
    if name == APP_ROLE:
        return f"{'ALTER' if known else 'CREATE'} ROLE {APP_ROLE} LOGIN PASSWORD '…';"
    quoted = '"' + name.replace('"', '""') + '"'
    return f"GRANT {APP_ROLE} TO {quoted};" if known else f"CREATE ROLE {quoted} LOGIN PASSWORD '…' IN ROLE {APP_ROLE};"


def above_policies(name: str, *, superuser: bool, has_app_role: bool) -> str:
    """Why the login `name` is no login for processes, and how to make one."""
    what = "a superuser" if superuser else "a role with BYPASSRLS"
    return f"the login {name!r} is {what}, whom row-level security does not bind; {instead(has_app_role=has_app_role)}"


def instead(*, has_app_role: bool) -> str:
    """How to make a login for processes."""
    url = f"SWITCHBOARD_DATABASE_URL=postgresql://{APP_ROLE}:…@host/name"
    return (
        f"give the processes a login of their own ({admitting(APP_ROLE, known=has_app_role)} then {url}) and keep this "
        "one for `switchboard migrate` in SWITCHBOARD_DATABASE_OWNER_URL"
    )


def _user(connection: Connection) -> str:
    return str(connection.scalar(text("SELECT current_user")))


def _statement(how: str) -> str:
    return _LOGIN.format(how=_WITH_PASSWORD.format(how))


def _execute(connection: Connection, statement: str) -> None:
    """Executes what the expression `statement` makes; another migration may have done so just now. Names and passwords
    go in as settings, so they stand in no statement and in no log.
    """
    unless_there = "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL"
    connection.execute(text(f"DO $do$ BEGIN EXECUTE {statement}; {unless_there}; END $do$"))
