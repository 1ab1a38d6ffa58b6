"""A server on a real socket that plays what the real Rasa answered, and can be told to misbehave."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.nlu.rasa.contract import Asked, record

TOKEN = "t0ken-of-the-test"


@dataclass
class FakeRasa:
    """`mood` is one of: well, empty (no model), broken (500), silent (does not answer), html, other (another model)."""

    url: str = ""
    mood: str = "well"
    chokes_on: str = "\N{BOMB}"
    asked: list[Asked] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    swaps: list[str] = field(default_factory=list)
    swapped: threading.Event = field(default_factory=threading.Event)
    wake: threading.Event = field(default_factory=threading.Event)
    busy: int = 0
    most_busy: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, asked: Asked) -> tuple[int, bytes]:
        if self.mood == "silent":
            self.wake.wait(10)
        if self.mood == "html":
            return 200, b"<html>not Rasa</html>"
        if self.mood == "broken" or (asked.path == "/model/parse" and self.chokes_on in str(asked.body)):
            return 500, b'{"message": "An unexpected error occurred."}'
        if asked.path == "/model" and asked.body["model_file"] == f"models/{record()['file']}":
            self.swaps.append(asked.body["model_file"])
            self.mood = "well"
            self.swapped.set()
            return 204, b""
        if self.mood == "other" and asked.path == "/status":
            return 200, b'{"model_file": "nlu-another.tar.gz", "model_id": "x", "num_active_training_jobs": 0}'
        empty = self.mood == "empty" and asked.path != "/version"
        played = record()["without_model" if empty else "answers"]
        if asked.path == "/status" and asked.token == "wrong":
            asked = replace(asked, token="none")  # Rasa says the same to both
        if asked.key not in played:
            raise AssertionError(f"the record holds no answer to {asked}")
        status, body = played[asked.key]
        return status, json.dumps(body).encode()


@contextmanager
def fake_rasa() -> Iterator[FakeRasa]:
    fake = FakeRasa()

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
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = _do  # noqa: N815 - the names http.server looks for

        def log_message(self, *_: Any) -> None:
            pass

        def handle(self) -> None:
            try:
                super().handle()
            except ConnectionError:
                self.close_connection = True  # the client gave up first, as it should

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    fake.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield fake
    finally:
        fake.wake.set()
        server.shutdown()
        server.server_close()
        thread.join()
