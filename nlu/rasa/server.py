"""One Rasa server: parse, status, train and swap over pooled HTTP, with deadlines and a breaker.

How Rasa 3.6 really behaves stands in docs/rasa.md; this is what follows from it: few requests at a time (it works on
one), a deadline of our own (`--response-timeout` does not fire), and 409 (no model) and 5xx both mean down.
"""

import json
import re
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx

from nlu.breaker import Breaker
from nlu.http_body import AS_IT_IS, BadBody, BodyReader, body_pieces
from nlu.http_failures import reason_of
from nlu.http_guard import ENGINE_HOSTS, Forbidden, Guard, GuardedTransport, Unresolvable
from nlu.http_pools import DeadlineTransport, deadline
from nlu.rasa.address import Address, Authorised
from nlu.rasa.errors import RasaDown, RasaRefused

PARSE_S = 2.0
STATUS_S = 3.0
SWAP_S = 120.0
TRAIN_S = 3600.0
CONCURRENT = 4
MAX_ANSWER_BYTES = 4 * 1024 * 1024
MAX_MODEL_BYTES = 2 * 1024 * 1024 * 1024
FAILURES = 3
REST_S = 5.0
CHECKED_EVERY_S = 5.0
ENGINE_GUARD = Guard(setting=ENGINE_HOSTS)
_In = TypeVar("_In")
_Out = TypeVar("_Out")


@dataclass(frozen=True, slots=True)
class Status:
    """What the server runs: the model's file name, empty if it has none; and how many trainings are under way."""

    model: str
    trainings: int


class RasaServer:
    """Thread-safe. Every method raises RasaDown when the server gives no usable answer, or lies where `guard` lets
    nobody go. No error repeats a token, or anything that the server said: what answers may be another system.
    """

    def __init__(
        self,
        address: Address,
        guard: Guard = ENGINE_GUARD,
        *,
        concurrent: int = CONCURRENT,
        deadline: float = PARSE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.address = address
        self.concurrent = concurrent
        self.deadline = deadline
        self.breaker = Breaker(FAILURES, REST_S, clock)
        self._clock = clock
        self._turns = ThreadPoolExecutor(concurrent, thread_name_prefix="rasa")
        self._lock = threading.Lock()
        self._checked: tuple[float, str] = (float("-inf"), "")
        limits = httpx.Limits(max_connections=concurrent + 2, max_keepalive_connections=concurrent)
        guarded = GuardedTransport(guard, DeadlineTransport(limits))
        self._http = httpx.Client(transport=Authorised(address, guarded), trust_env=False, follow_redirects=False)

    def close(self) -> None:
        """Gives up what is still waiting for its turn, and closes the pooled connections."""
        self._turns.shutdown(wait=True, cancel_futures=True)
        self._http.close()

    def in_turns(self, work: Callable[[_In], _Out], items: Iterable[_In]) -> list[_Out]:
        """`work` done for every item, never more at a time than the server should have, whoever asks."""
        return list(self._turns.map(work, items))

    def parse(self, text: str, until: float) -> dict[str, Any]:
        """Rasa's answer to one text, waited for no longer than the deadline and than the clock shows `until`.

        Guarded by the breaker: while it is open, RasaDown comes at once. Called by way of `in_turns`.
        """
        left = until - self._clock()
        if left <= 0:
            raise RasaDown(f"the Rasa server at {self.address.url} has more to do than it can answer in time")
        if not self.breaker.allows():
            raise RasaDown(self._failing())
        try:
            answer = self._json("POST", "/model/parse", min(self.deadline, left), {"text": text})
        except RasaDown as down:
            if down.status == 409:
                self.look_again()
            self.breaker.failed()
            raise
        self.breaker.succeeded()
        return answer

    def require(self, model: str) -> None:
        """Makes sure, by a look every few seconds, that the server runs the model of this file name. RasaDown if not:
        its answers would keep no promise. Who mends that is nlu.rasa.keeper.
        """
        with self._lock:
            looked_at, served = self._checked
            if self._clock() - looked_at >= CHECKED_EVERY_S:
                if self.breaker.rests:
                    raise RasaDown(self._failing())
                try:
                    served = self.look()
                except RasaDown:
                    self.breaker.failed()
                    raise
        if served != model:
            raise RasaDown(self.strange(served, model))

    def look(self) -> str:
        """Asks the server for the name of its model, "" if it has none; `require` goes by that for some seconds."""
        served = self.status().model
        self._checked = (self._clock(), served)
        return served

    def strange(self, served: str, model: str) -> str:
        """What is wrong with a server that runs another model, or none."""
        state = f"runs {served}" if served else "has no model"
        return f"the Rasa server at {self.address.url} {state}; this bot was judged with {model}"

    def look_again(self) -> None:
        """The next `require` asks the server itself."""
        self._checked = (float("-inf"), "")

    def status(self) -> Status:
        """Which model is served. A server without a model answers too."""
        try:
            found = self._json("GET", "/status", STATUS_S)
        except RasaDown as down:
            if down.status == 409:
                return Status("", 0)
            raise
        return Status(_model_name(found.get("model_file")), _count(found.get("num_active_training_jobs")))

    def version(self) -> str:
        """Rasa's own version, such as 3.6.21."""
        version = self._json("GET", "/version", STATUS_S).get("version")
        return version if isinstance(version, str) and _VERSION.fullmatch(version) else "?"

    def swap(self, model_file: str) -> None:
        """Makes the server load a model file that it can see under this path. Seconds, in which it answers nobody.

        Raises RasaRefused if it does not take the model (then it keeps the old one).
        """
        body = json.dumps({"model_file": model_file}).encode()
        status, _, _ = self._exchange("PUT", "/model", SWAP_S, body, "application/json")
        if status != 204:
            raise RasaRefused(f"the Rasa server at {self.address.url} did not take {model_file}: {_refused(status)}")

    def train(self, project: str, *, keep: bool = True) -> tuple[str, bytes]:
        """Trains on a whole project (config, domain and examples as one YAML text): the model's file name and bytes.

        With `keep` the file also stays in the server's own `models/`, where `swap("models/<name>")` finds it.
        Raises RasaRefused; Rasa's reason stands in its own log.
        """
        path = f"/model/train?save_to_default_model_directory={str(keep).lower()}&force_training=true"
        status, answer, headers = self._exchange(
            "POST", path, TRAIN_S, project.encode("utf-8", "replace"), "application/x-yaml", MAX_MODEL_BYTES
        )
        name = _model_name(headers.get("filename"))
        if status != 200 or not name or name == STRANGE_NAME:
            raise RasaRefused(f"the Rasa server at {self.address.url} could not train: {_refused(status)}")
        return name, answer

    def _failing(self) -> str:
        return f"the Rasa server at {self.address.url} kept failing; the next try is made in a few seconds"

    def _json(self, method: str, path: str, timeout: float, body: dict[str, Any] | None = None) -> dict[str, Any]:
        content = None if body is None else json.dumps(body).encode("ascii")
        status, answer, _ = self._exchange(method, path, timeout, content, "application/json")
        if status != 200:
            raise RasaDown(
                f"the Rasa server at {self.address.url} {_MEANING.get(status, f'says status {status}')}", status
            )
        try:
            found = json.loads(answer)
        except (ValueError, RecursionError) as bad:
            raise RasaDown(f"what answers at {self.address.url} is no Rasa server", status) from bad
        if not isinstance(found, dict):
            raise RasaDown(f"what answers at {self.address.url} is no Rasa server", status)
        return found

    def _exchange(
        self, method: str, path: str, timeout: float, body: bytes | None, kind: str, limit: int = MAX_ANSWER_BYTES
    ) -> tuple[int, bytes, httpx.Headers]:
        """Status, body and headers; the deadline holds for the whole exchange, slow drops included."""
        until = time.monotonic() + timeout
        late = f"the Rasa server at {self.address.url} did not answer within {timeout:.3g} s"
        url = self.address.url.rstrip("/") + path
        headers = AS_IT_IS | ({"Content-Type": kind} if body is not None else {})
        try:
            with (
                deadline(until),
                self._http.stream(method, url, content=body, headers=headers, timeout=timeout) as response,
            ):
                reader = BodyReader(limit, response.headers.get("content-encoding", ""))
                for piece in body_pieces(response):
                    reader.feed(piece)
                    if time.monotonic() > until:
                        raise RasaDown(late)
                return response.status_code, reader.finish(), response.headers
        except httpx.TimeoutException as error:
            raise RasaDown(late) from error
        except BadBody as error:
            raise RasaDown(f"the Rasa server at {self.address.url} cannot be read: {error}") from error
        except (Forbidden, Unresolvable) as error:
            raise RasaDown(f"the Rasa server at {self.address.url} is not called: {error}") from error
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            reason = reason_of(error, timeout)
            raise RasaDown(f"the Rasa server at {self.address.url} cannot be reached: {reason}") from error


STRANGE_NAME = "(a model without a usable name)"
_MODEL_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_VERSION = re.compile(r"[0-9][0-9A-Za-z.+-]{0,31}")
_MEANING = {
    401: "refuses our token: mend `engine: {token: …}` in client.yml, or its --auth-token",
    403: "refuses our JWT: mend `engine: {jwt_secret: …}` in client.yml, or its --jwt-secret",
    409: "has no model: switchboard client apply … gives it one",
}


def served_as(model: str) -> str:
    """The path under which all Rasa servers of an installation see a model: they share one `models` folder."""
    return f"models/{model}"


def _refused(status: int) -> str:
    """What a failed training or swap means; what the server said about it stays there."""
    return _MEANING.get(status, f"status {status}; its own log says why")


def _model_name(value: object) -> str:
    """A model's file name as the server gives it, empty without one, STRANGE_NAME for what could be none."""
    if not value:
        return ""
    return value if isinstance(value, str) and _MODEL_NAME.fullmatch(value) else STRANGE_NAME


def _count(value: object) -> int:
    return value if isinstance(value, int) and value >= 0 else 0
