"""A migrated PostgreSQL database for a benchmark, and the machine's name for its table."""

import os
import platform
from contextlib import asynccontextmanager
from pathlib import Path

from tests import postgres


@asynccontextmanager
async def fresh(server):
    """A migrated database of its own, dropped afterwards: processes use `app`, rows are loaded by `admin`."""
    made = await postgres.create(server)
    try:
        yield made
    finally:
        await postgres.drop(made)


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
