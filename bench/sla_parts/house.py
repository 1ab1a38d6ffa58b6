"""A migrated PostgreSQL database for a benchmark, and the machine's name for its table."""

import os
import platform
import secrets
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from storage import migrations


@asynccontextmanager
async def fresh(server):
    """The URL of a migrated database of its own, dropped afterwards."""
    url = await create(server)
    try:
        yield url
    finally:
        await drop(server, url)


async def create(server):
    """Makes a migrated database; its URL."""
    name = f"switchboard_bench_{secrets.token_hex(6)}"
    await _administer(server, f"CREATE DATABASE {name}")
    url = make_url(server).set(database=name).render_as_string(hide_password=False)
    await migrations.upgrade(url)
    return url


async def drop(server, url):
    """Deletes it."""
    await _administer(server, f"DROP DATABASE {make_url(url).database} WITH (FORCE)")


async def _administer(server, statement):
    engine = create_async_engine(make_url(server).set(drivername="postgresql+asyncpg"), isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(statement))
    await engine.dispose()


def machine():
    """What the figures were measured on, and how busy it was."""
    words = [line.split(":", 1)[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    memory = next((int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    load = f", load {os.getloadavg()[0]:.0f} when begun" if hasattr(os, "getloadavg") else ""
    return (
        f"{words[0] if words else platform.machine()}, {os.cpu_count()} cores, {memory / 2**20:.0f} GB, "
        f"{platform.python_implementation()} {platform.python_version()}, PostgreSQL on the same machine{load}"
    )


def _lines(path):
    return Path(path).read_text().splitlines() if Path(path).exists() else []
