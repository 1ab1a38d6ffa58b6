"""Raw calls of an ASGI application, and every route it has with all that the route declares to take."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, get_args, get_origin
from urllib.parse import quote, unquote

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts


@dataclass(frozen=True)
class Taken:
    """One parameter of a route; `kind` is its type's name, `choices` what an enumeration allows, `limited` whether it
    says how long it may be.
    """

    name: str
    kind: str
    choices: Sequence[str] = ()
    limited: bool = False


@dataclass(frozen=True)
class Endpoint:
    """One method of one route."""

    method: str
    path: str
    query: Sequence[Taken] = ()
    form: Sequence[Taken] = ()
    types: Mapping[str, Taken] = field(default_factory=dict)

    @property
    def places(self) -> list[str]:
        """The names in its path."""
        return re.findall(r"\{(\w+)", self.path)

    def address(self, values: Mapping[str, str]) -> str:
        """The path with its places filled, percent-encoded where they are not already."""
        return re.sub(r"\{(\w+)(?::\w+)?\}", lambda place: values[place[1]], self.path)


def endpoints(app: FastAPI) -> Iterator[Endpoint]:
    """Every method of every route, mounted ones as one that takes any path below."""
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        path = getattr(context, "path", None) or route.path
        dependant: Dependant | None = getattr(context, "dependant", None) or getattr(route, "dependant", None)
        if dependant is None:
            yield Endpoint("GET", f"{path}/{{rest:path}}")
            continue
        found = list(_flat(dependant))
        query = [_taken(p) for d in found for p in d.query_params]
        form = [_taken(p) for d in found for p in d.body_params]
        types = {p.alias: _taken(p) for d in found for p in d.path_params}
        methods = set(getattr(context, "methods", None) or route.methods)
        for method in sorted(methods):
            yield Endpoint(method, path, query, form, types)


def _flat(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for inner in dependant.dependencies:
        yield from _flat(inner)


def _taken(param: Any) -> Taken:
    kinds = list(_kinds(param.field_info.annotation))
    choices = next(([str(c.value) for c in k] for k in kinds if isinstance(k, type) and issubclass(k, Enum)), [])
    name = next((k.__name__ for k in kinds if isinstance(k, type) and k is not type(None)), "str")
    limited = any(getattr(one, "max_length", None) for one in param.field_info.metadata)
    return Taken(param.alias, name, choices, limited)


def _kinds(annotation: Any) -> Iterator[Any]:
    """The annotation's type, and what it is made of."""
    yield list if get_origin(annotation) is list else annotation
    for inner in get_args(annotation):
        yield from _kinds(inner)


@dataclass
class Answer:
    """What came back, as far as it came."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    error: BaseException | None = None
    read: int = 0


async def call(
    app: FastAPI,
    method: str,
    path: str,
    *,
    query: str | bytes = b"",
    headers: Sequence[tuple[bytes, bytes]] = (),
    body: bytes = b"",
    host: bytes = b"desk.test",
    pieces: Sequence[bytes] | None = None,
) -> Answer:
    """One request of a client that hangs up once it has sent everything, so that streams end. `path` is as it goes over
    the wire; `pieces` is a body of unknown length. `read` counts the bytes of the body that were asked for.
    """
    answer = Answer()
    waiting = list(pieces) if pieces is not None else [body]
    sent = [(b"host", host), *headers]
    if pieces is None and body:
        sent.append((b"content-length", str(len(body)).encode()))
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode("latin-1"),
        "query_string": query.encode("latin-1") if isinstance(query, str) else query,
        "root_path": "",
        "headers": sent,
        "client": ("203.0.113.7", 40000),
        "server": ("desk.test", 80),
        "state": {},
    }

    async def receive() -> dict[str, Any]:
        if not waiting:
            return {"type": "http.disconnect"}
        piece = waiting.pop(0)
        answer.read += len(piece)
        return {"type": "http.request", "body": piece, "more_body": bool(waiting)}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in message["headers"]}
        elif message["type"] == "http.response.body":
            answer.body += message.get("body", b"")

    try:
        await app(scope, receive, send)
    except Exception as error:  # noqa: BLE001  a server would answer 500
        answer.error = error
        answer.status = max(answer.status, 500)
    return answer


def encoded(value: str) -> str:
    """A text as a client of ours may send it: percent-encoded, lone surrogates too."""
    return quote(value.encode("utf-8", "surrogatepass"), safe="")
