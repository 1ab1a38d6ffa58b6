"""Rasa servers of our own making, from the separate Python 3.10 environment: to train on, and to serve on loopback."""

import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nlu.endpoints import NotAnEndpoint, endpoint_of
from nlu.http_guard import Guard
from nlu.rasa.address import Address
from nlu.rasa.errors import RasaDown, RasaRefused
from nlu.rasa.server import PARSE_S, RasaServer

PYTHON_VARIABLE = "SWITCHBOARD_RASA_PYTHON"
TRAINER_VARIABLE = "SWITCHBOARD_RASA_TRAINER"
HOME_VARIABLE = "SWITCHBOARD_RASA_HOME"
START_S = 600.0  # a busy machine takes minutes to import TensorFlow
_LOOK_S = 0.25
_SLOW_S = 60.0
_STOP_S = 15.0
_EMPTY = "empty"  # without a model Rasa takes the newest below `models`, another client's; unless told an empty folder
# The token travels in the environment: in the arguments everybody on the machine could read it. The server ends when
# its standard input does, that is with us, however we end.
_START = (
    "import os, sys, threading\n"
    "def end_with_parent():\n"
    "    sys.stdin.buffer.read()\n"
    "    os._exit(0)\n"
    "threading.Thread(target=end_with_parent, daemon=True).start()\n"
    "sys.argv = ['rasa', *sys.argv[1:], '--auth-token=' + os.environ.pop('RASA_TOKEN')]\n"
    "from rasa.__main__ import main\n"
    "main()\n"
)


@dataclass(frozen=True, slots=True)
class Serving:
    """A server that we started, and its process."""

    server: RasaServer
    process: subprocess.Popen[bytes]

    @property
    def alive(self) -> bool:
        """Whether the process is still there, however busy it is."""
        return self.process.poll() is None


@dataclass(frozen=True, slots=True)
class Workshop:
    """Where models are made: a Rasa server that is spare (`trainer`), or `python`, the interpreter of an environment
    with Rasa. `home` is the working directory of servers started here; its `models` folder is what they share.
    """

    home: Path
    python: Path | None = None
    trainer: Address | None = None

    @classmethod
    def found(cls, environment: Mapping[str, str] = os.environ, here: Path | None = None) -> "Workshop | None":
        """What the environment names, else `.venv-rasa` below `here` (the working directory); None without."""
        base = here or Path.cwd()
        home = Path(environment.get(HOME_VARIABLE) or base / "var" / "rasa")
        if url := environment.get(TRAINER_VARIABLE):
            bare, _, token = url.partition("?token=")
            return cls(home, trainer=Address(bare, token))
        python = Path(environment.get(PYTHON_VARIABLE) or base / ".venv-rasa" / "bin" / "python")
        return cls(home, python=python) if python.exists() else None

    @contextmanager
    def spare(self) -> Iterator[RasaServer]:
        """A server that serves nobody else, for as long as it is needed. Raises RasaRefused."""
        if self.trainer is not None:
            server = RasaServer(self.trainer, guard_of(self.trainer), deadline=_SLOW_S)
            try:
                server.version()
                yield server
            except RasaDown as down:
                raise RasaRefused(str(down)) from down
            finally:
                server.close()
            return
        with self.serve("", 0, secrets.token_urlsafe(24), "trainer", deadline=_SLOW_S) as serving:
            yield serving.server

    @contextmanager
    def serve(self, model: str, port: int, token: str, name: str, *, deadline: float = PARSE_S) -> Iterator["Serving"]:
        """A Rasa server on 127.0.0.1 with this model file (a path as `home` sees it; "" starts without one), up and
        checked; it ends with the block. Port 0 takes a free one. `home/<name>-<port>.log` has its output, while it runs
        and if it fails. Raises RasaRefused.
        """
        port = port or _free_port()
        told = self.home / f"{name}-{port}.log"
        process = self._start(model, port, token, told)
        address = Address(f"http://127.0.0.1:{port}", token)
        server = RasaServer(address, guard_of(address), deadline=deadline)
        try:
            _await(server, process, model, told)
            yield Serving(server, process)
        finally:
            server.close()
            _stop(process)
        told.unlink(missing_ok=True)

    def _start(self, model: str, port: int, token: str, told: Path) -> subprocess.Popen[bytes]:
        if self.python is None:
            raise RasaRefused("there is no Rasa environment here: run `make rasa`, or set " + PYTHON_VARIABLE)
        for folder in ("models", _EMPTY):
            (self.home / folder).mkdir(parents=True, exist_ok=True)
        options = ("run", "--enable-api", "-i", "127.0.0.1", "-p", str(port), "-m", model or _EMPTY)
        settings = {
            **{key: value for key, value in os.environ.items() if not key.startswith(("SWITCHBOARD_", "PYTHON"))},
            "RASA_TELEMETRY_ENABLED": "false",
            "RASA_TOKEN": token,
            "TF_CPP_MIN_LOG_LEVEL": "2",
            "OMP_NUM_THREADS": "1",  # more threads than free cores make training ten times slower, not faster
            "OPENBLAS_NUM_THREADS": "1",
            "SANIC_HOST": "127.0.0.1",
        }
        with told.open("wb") as out:
            return subprocess.Popen(  # noqa: S603 - our own command, no shell
                [str(self.python.absolute()), "-W", "ignore", "-c", _START, *options],
                cwd=self.home, env=settings, stdin=subprocess.PIPE, stdout=out, stderr=subprocess.STDOUT,
            )  # fmt: skip

    def keep(self, file: str, archive: bytes) -> None:
        """Puts a model where the servers of this home find it as `models/<file>`."""
        target = self.home / "models" / file
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(archive)

    def drop(self, files: Sequence[str]) -> None:
        """Deletes models that nobody needs any more, such as those of a training's folds, in a home of our own."""
        if self.python is not None:
            for file in files:
                (self.home / "models" / Path(file).name).unlink(missing_ok=True)


def guard_of(address: Address) -> Guard:
    """Lets calls go to this one host and port, which the operator named or we started. Raises RasaRefused."""
    try:
        end, _ = endpoint_of(address.url)
    except NotAnEndpoint as error:
        raise RasaRefused(f"{TRAINER_VARIABLE}: {error}") from error
    return Guard(allowed={str(end)}, setting=TRAINER_VARIABLE)


def _await(server: RasaServer, process: subprocess.Popen[bytes], model: str, told: Path) -> None:
    until = time.monotonic() + START_S
    last = "it did not answer"
    while time.monotonic() < until:
        try:
            if bool(server.status().model) is bool(model):
                return
        except RasaDown as down:
            last = str(down)
        try:
            process.wait(_LOOK_S)
        except subprocess.TimeoutExpired:
            continue
        last = f"it ended with code {process.returncode}"
        break
    raise RasaRefused(f"the Rasa server did not start: {last}; its own words are in {told}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def python_hint() -> str:
    """How to get Python 3.10 where it is missing, in one line."""
    tools = [name for name in ("uv", "pyenv", "conda") if shutil.which(name)]
    known = {"uv": "uv python install 3.10", "pyenv": "pyenv install 3.10", "conda": "conda create -n rasa python=3.10"}
    return known[tools[0]] if tools else "install python3.10 (Debian/Ubuntu: the deadsnakes PPA; elsewhere: uv, pyenv)"
