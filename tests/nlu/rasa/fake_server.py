"""A server on a real socket that plays what the real Rasa answered, and can be told to misbehave."""

import contextlib
import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from nlu.rasa.address import Address
from nlu.rasa.keeper import PROBE
from nlu.rasa.server import RasaServer
from nlu.rasa.workshop import guard_of
from tests.nlu.rasa.contract import WITHOUT_MODEL, Asked, record

TOKEN = "t0ken-of-the-test"


@dataclass
class FakeRasa:
    """`mood` is one of: well, empty (no model), broken (500), silent (does not answer), drips (a byte now and then),
    cut (hangs up in mid-answer), says (`body`, whatever is asked), other (runs another model), stubborn (the same, and
    takes no other).
    """

    url: str = ""
    port: int = 0
    mood: str = "well"
    body: bytes = b"<html>not Rasa</html>"
    says: dict[str, tuple[str, float]] = field(default_factory=lambda: {PROBE: ("human", 0.3)})
    chokes_on: str = "\N{BOMB}"
    asked: list[Asked] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    swaps: list[str] = field(default_factory=list)
    swapped: threading.Event = field(default_factory=threading.Event)
    wake: threading.Event = field(default_factory=threading.Event)
    busy: int = 0
    most_busy: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def host(self) -> str:
        """As an operator allows it."""
        return f"127.0.0.1:{self.port}"

    def answer(self, asked: Asked) -> tuple[int, bytes]:
        if self.mood == "silent":
            self.wake.wait(10)
        if self.mood == "says":
            return 200, self.body
        if self.mood == "broken" or (asked.path == "/model/parse" and self.chokes_on in str(asked.body)):
            return 500, b'{"message": "An unexpected error occurred."}'
        if asked.path == "/model" and asked.body["model_file"] == f"models/{record()['file']}":
            self.swaps.append(asked.body["model_file"])
            if self.mood == "stubborn":
                return 204, b""
            self.mood = "well"
            self.swapped.set()
            return 204, b""
        if self.mood in ("other", "stubborn") and asked.path == "/status":
            return 200, b'{"model_file": "nlu-another.tar.gz", "model_id": "x", "num_active_training_jobs": 0}'
        empty = self.mood == "empty" and asked.path != "/version"
        if asked.path == "/model/parse" and not empty and asked.token == "right" and asked.body["text"] in self.says:
            return 200, json.dumps(_parsed(asked.body["text"], *self.says[asked.body["text"]])).encode()
        played = record()["without_model" if empty else "answers"]
        if asked.path == "/status" and asked.token == "wrong":
            asked = replace(asked, token="none")  # Rasa says the same to both
        if empty and asked.path == "/model/parse":
            asked = WITHOUT_MODEL[1]  # the same to every text
        if asked.key not in played:
            raise AssertionError(f"the record holds no answer to {asked}")
        status, body = played[asked.key]
        return status, json.dumps(body).encode()


def _parsed(text: str, intent: str, confidence: float) -> dict[str, Any]:
    """What Rasa says when it means `intent`; six digits are an order number."""
    found = [
        {
            "entity": "order_number",
            "start": m.start(),
            "end": m.end(),
            "value": m[0],
            "extractor": "RegexEntityExtractor",
        }
        for m in re.finditer(r"\b\d{6}\b", text)
    ]
    ranking = [{"name": intent, "confidence": confidence}, {"name": "another", "confidence": (1 - confidence) / 2}]
    return {"text": text, "intent": ranking[0], "entities": found, "text_tokens": [], "intent_ranking": ranking}


def near(address: Address, **options: Any) -> RasaServer:
    """The adapter for a server of a test, allowed as an operator would allow it."""
    return RasaServer(address, guard_of(address), **options)


@contextmanager
def fake_rasa(port: int = 0) -> Iterator[FakeRasa]:
    """Up for as long as the block lasts; then it is gone like a killed process, its connections too."""
    fake = FakeRasa()
    connections: set[socket.socket] = set()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _do(self) -> None:
            target = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            raw = self.rfile.read(length).decode()
            body: Any = json.loads(raw) if "json" in self.headers.get("Content-Type", "") else raw or None
            tokens = parse_qs(target.query).get("token", [])
            token = "none" if not tokens else "right" if tokens == [TOKEN] else "wrong"
            asked = Asked(self.command, target.path, body, "none" if target.path == "/version" else token)
            with fake.lock:
                fake.asked.append(asked)
                fake.headers.append(dict(self.headers))
                fake.busy += 1
                fake.most_busy = max(fake.most_busy, fake.busy)
            status, content = fake.answer(asked)
            with fake.lock:
                fake.busy -= 1
            self.send_response(status)
            self.send_header("Content-Length", str(len(content) + 5 * (fake.mood == "cut")))
            self.end_headers()
            if fake.mood == "drips":
                for byte in content:
                    self.wfile.write(bytes([byte]))
                    fake.wake.wait(0.05)
            else:
                self.wfile.write(content)
            self.close_connection = fake.mood == "cut"

        do_GET = do_POST = do_PUT = _do  # noqa: N815 - the names http.server looks for

        def log_message(self, *_: Any) -> None:
            pass

        def handle(self) -> None:
            with fake.lock:
                connections.add(self.connection)
            try:
                super().handle()
            except OSError:
                self.close_connection = True  # the client gave up first, as it should, or we were killed
            finally:
                with fake.lock:
                    connections.discard(self.connection)

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    fake.port = server.server_port
    fake.url = f"http://127.0.0.1:{fake.port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield fake
    finally:
        fake.wake.set()
        server.shutdown()
        server.server_close()
        with fake.lock:
            for connection in connections:
                with contextlib.suppress(OSError):  # the other side may be gone already
                    connection.shutdown(socket.SHUT_RDWR)
        thread.join()
