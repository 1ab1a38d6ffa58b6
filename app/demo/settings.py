"""The demo's settings: everything in one folder, and the sample backend as the only private address."""

import os
from pathlib import Path

from app.demo.backend import addresses
from app.settings import LogFormat, Settings

FOLDER = Path("var/demo")
DATABASE = "switchboard.sqlite3"
COPY = "past-{number}.sqlite3"
"""Where a process makes its share of the past before it is carried over."""
PLAN = "filled"
"""Says that the last days have been lived, and the plan of the weeks before."""


def demo_settings(port: int | None, backend_port: int, folder: Path, database: str = DATABASE) -> Settings:
    """Everything in one process, in one folder. Sets the variables by which the sample packs find their backend."""
    os.environ.update(addresses(backend_port))
    return Settings(
        database_url=f"sqlite+aiosqlite:///{folder / database}",
        redis_url="memory://",
        port=port or Settings().port,
        allowed_action_hosts=[f"127.0.0.1:{backend_port}"],
        timezone="Europe/Berlin",
        log_level="WARNING",
        log_format=LogFormat.CONSOLE,
    )
