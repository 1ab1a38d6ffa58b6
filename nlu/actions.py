"""Runs a pack's actions: the HTTP calls of actions.yml itself, everything else on the client's action server."""

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import jmespath
from jmespath.exceptions import JMESPathError

from nlu.action import ActionRequest, ActionResult, Actions
from nlu.action_file import DeclaredAction
from nlu.action_server import ServerActions
from nlu.pack import Pack
from nlu.wire import Answer, Call, ExchangeFailed, Wire

_PLACEHOLDER = re.compile(r"\{([A-Za-z_]\w*)\}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class NotCallable(Exception):
    """The call cannot be put together from the slots as they are."""


@dataclass(frozen=True)
class HttpActions:
    """The declared actions of one pack."""

    declared: Mapping[str, DeclaredAction]
    wire: Wire

    async def run(self, request: ActionRequest) -> ActionResult:
        """See nlu.action.Actions."""
        action, begun = self.declared[request.name], time.perf_counter()
        status: int | None = None
        try:
            call = compose(action, request)
            answer = await self.wire.exchange(call)
            status = answer.status
            result = read_answer(action, answer)
        except ExchangeFailed as error:
            result = ActionResult(ok=False, status=error.status, error=f"{action.name}: {error}")
        except NotCallable as error:
            result = ActionResult(ok=False, status=status, error=f"{action.name}: {error}")
        return _timed(result, begun)


@dataclass(frozen=True)
class PackActions:
    """Declared actions first; others go to the action server, if the pack names one."""

    http: HttpActions
    server: ServerActions | None = None

    async def run(self, request: ActionRequest) -> ActionResult:
        """See nlu.action.Actions."""
        if request.name in self.http.declared:
            return await self.http.run(request)
        if self.server is not None:
            return await self.server.run(request)
        return ActionResult(ok=False, error=f"nothing runs {request.name}; declare it in actions.yml")


def pack_actions(pack: Pack, wire: Wire) -> Actions:
    """What runs the actions of this pack."""
    wire = wire.of(pack.profile.id)
    server = ServerActions(pack.action_server, pack.domain.plain, wire) if pack.action_server else None
    return PackActions(HttpActions(pack.actions, wire), server)


def compose(action: DeclaredAction, request: ActionRequest) -> Call:
    """The HTTP call with its slots put in. Raises NotCallable."""
    slots = request.slots
    headers = {"Accept": "application/json", "Accept-Language": request.language, "User-Agent": "Switchboard/1"}
    headers |= {k: _CONTROL.sub(" ", _text(v, slots)) for k, v in action.headers.items()}
    body = b""
    if action.body is not None:
        body = json.dumps(_body(action.body, slots), ensure_ascii=False).encode()
        headers["Content-Type"] = "application/json"
    return Call(
        method=action.method,
        url=_PLACEHOLDER.sub(lambda m: _quoted(m[1], slots), action.url),
        headers=headers,
        body=body,
        key=request.key,
        secret=action.secret,
        timeout=action.timeout,
        retries=action.retries,
        expected=frozenset(action.on_status),
    )


def read_answer(action: DeclaredAction, answer: Answer) -> ActionResult:
    """Slots from the answer. On success every slot the action declares is set or emptied, so that nothing of an
    earlier call is taken for news.
    """
    meaning = action.on_status.get(answer.status)
    emptied: dict[str, Any] = dict.fromkeys(action.sets)
    if meaning is not None:
        found = _answers(action, answer, strict=False)
        return ActionResult(True, {**emptied, **found, **meaning.slots}, _said(meaning.utter), status=answer.status)
    found = _answers(action, answer, strict=bool(action.answers))
    return ActionResult(True, {**emptied, **found, **action.success}, _said(action.utter), status=answer.status)


def _said(utter: str) -> tuple[tuple[str, Mapping[str, Any]], ...]:
    return ((utter, {}),) if utter else ()


def _answers(action: DeclaredAction, answer: Answer, *, strict: bool) -> dict[str, Any]:
    try:
        data = json.loads(answer.body) if answer.body else None
    except (ValueError, RecursionError) as error:
        if not strict:
            return {}
        raise ExchangeFailed("its answer is not JSON", answer.status) from error
    if data is None and strict:
        raise ExchangeFailed("its answer is empty", answer.status)
    try:
        return {slot: jmespath.search(path, data) for slot, path in action.answers.items()}
    except (JMESPathError, RecursionError) as error:
        raise ExchangeFailed("its answer is not of the shape that `slots` asks for", answer.status) from error


def _quoted(name: str, slots: Mapping[str, Any]) -> str:
    value = slots.get(name)
    if value is None:
        raise NotCallable(f"the slot {name} has no value for the address")
    text = quote(str(value), safe="")
    if text in (".", ".."):
        raise NotCallable(f"the slot {name} holds {text!r}, which would change the address")
    return text


def _text(template: str, slots: Mapping[str, Any]) -> str:
    return _PLACEHOLDER.sub(lambda m: str(slots[m[1]]) if slots.get(m[1]) is not None else "", template)


def _body(value: Any, slots: Mapping[str, Any]) -> Any:
    """`"{slot}"` alone keeps the slot's type; inside a longer text it becomes text."""
    if isinstance(value, str):
        alone = _PLACEHOLDER.fullmatch(value)
        return slots.get(alone[1]) if alone else _text(value, slots)
    if isinstance(value, Mapping):
        return {k: _body(v, slots) for k, v in value.items()}
    return [_body(v, slots) for v in value] if isinstance(value, list) else value


def _timed(result: ActionResult, begun: float) -> ActionResult:
    took = (time.perf_counter() - begun) * 1000
    return ActionResult(result.ok, result.slots, result.utter, result.replies, result.status, took, result.error)
