"""Whether the database is this version's, keeps clients apart, and is readable by nobody else on this machine."""

from app.settings import Settings
from app.wiring import check_database
from storage import migrations, private_files
from storage.database import Database
from storage.errors import NotMigrated, WallsOpen

Row = tuple[str, bool | None, str, str]
"""Name, whether it is right (None: a warning), what was found, how to fix it."""


async def check(settings: Settings) -> list[Row]:
    """What `switchboard doctor` says about the database."""
    file = settings.database_file
    if file is not None and not file.exists():
        return [("database", None, f"{file} does not exist yet", "it is made at the first start")]
    database = Database(settings.database_url)
    try:
        await check_database(database)
    except NotMigrated as error:
        return [("database", False, str(error), "run `switchboard migrate`")]
    except WallsOpen as error:
        return [("database", False, problem, "docs/database.md") for problem in error.problems]
    finally:
        await database.dispose()
    rows: list[Row] = [("database", True, f"{database.url.render_as_string()} at {migrations.head()}", "")]
    if database.is_postgresql:
        rows.append(("walls", True, f"row-level security binds {database.url.username!r} on every client's table", ""))
        if settings.database_owner_url:
            told = "the owner's login is among the settings of this process"
            rows.append(("owner", None, told, "give SWITCHBOARD_DATABASE_OWNER_URL to `switchboard migrate` alone"))
    return rows + _files(settings)


def _files(settings: Settings) -> list[Row]:
    return [
        ("files", False, f"others on this machine may read {path}", f"chmod {'700' if path.is_dir() else '600'} {path}")
        for path in private_files.exposed(settings.database_file)
    ]
