"""`switchboard demo | serve | web | worker | poll | migrate`: the processes."""

import asyncio
from typing import Annotated

import typer

from app.cli.output import console
from app.cli.troubles import told_in_a_line

OWNER_ALONE = (
    "This login owns the tables, so no process will start with it. Keep it in SWITCHBOARD_DATABASE_OWNER_URL, put a "
    "login of the processes (postgresql://switchboard_app:…@host/name) into SWITCHBOARD_DATABASE_URL, and migrate once "
    "more: that makes the login if it is not there."
)

Host = Annotated[str | None, typer.Option(help="address to listen on (SWITCHBOARD_HOST)")]
Port = Annotated[int | None, typer.Option(help="port to listen on (SWITCHBOARD_PORT)")]


def demo(
    port: Port = None,
    conversations: Annotated[int, typer.Option(help="how many simulated conversations the past has")] = 3000,
    fresh: Annotated[bool, typer.Option("--fresh", help="forget what an earlier demo kept")] = False,
) -> None:
    """Everything in one process, with sample clients, demo logins and simulated customers."""
    from app.demo.run import run_demo

    with told_in_a_line():
        asyncio.run(run_demo(port=port, conversations=conversations, fresh=fresh))


def serve(host: Host = None, port: Port = None) -> None:
    """Everything in one process, with your settings."""
    _run({"web", "worker", "poll"}, host, port)


def web(host: Host = None, port: Port = None) -> None:
    """Pages, API and webhooks only; as many as you need."""
    _run({"web"}, host, port)


def worker() -> None:
    """Understands, answers and delivers; as many as you need."""
    _run({"worker"})


def poll() -> None:
    """Fetches updates from channels that poll (Telegram long polling, Slack Socket Mode)."""
    _run({"poll"})


def migrate() -> None:
    """Brings the database to this version's tables, and on PostgreSQL makes the processes' login. Safe to run again."""
    from app import logs
    from app.settings import LogFormat, Settings
    from app.wiring import prepare_database

    logs.configure("WARNING", LogFormat.CONSOLE)
    with told_in_a_line():
        settings = Settings()
        revision = asyncio.run(prepare_database(settings))
    console.print(f"The database is at revision {revision}.")
    if settings.database_file is None and not settings.database_owner_url:
        console.print(OWNER_ALONE, soft_wrap=True)


def _run(parts: set[str], host: str | None = None, port: int | None = None) -> None:
    from app.processes import Part, run
    from app.settings import Settings

    wanted = {"host": host, "port": port}
    with told_in_a_line():
        settings = Settings().model_copy(update={key: value for key, value in wanted.items() if value is not None})
        asyncio.run(run(settings, frozenset(Part(part) for part in parts)))
