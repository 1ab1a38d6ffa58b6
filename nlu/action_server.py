"""Speaks Rasa's action server protocol, so that actions written with rasa_sdk run unchanged."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from conversation.message import Button, Reply
from nlu.action import ActionRequest, ActionResult
from nlu.wire import Call, ExchangeFailed, Wire

RASA_VERSION = "3.6.21"
TIMEOUT_S = 10.0


@dataclass(frozen=True)
class ServerActions:
    """The action server at `url` (Rasa's `action_endpoint`); `domain` is the pack's, sent along as Rasa does."""

    url: str
    domain: Mapping[str, Any]
    wire: Wire

    async def run(self, request: ActionRequest) -> ActionResult:
        """See nlu.action.Actions. Retried only as often as one lost connection: rasa_sdk knows no idempotency keys of
        its own, though ours travels in the header.
        """
        begun = time.perf_counter()
        call = Call(
            method="POST",
            url=self.url,
            headers={"Content-Type": "application/json", "Accept": "application/json"},
            body=json.dumps(self._payload(request), ensure_ascii=False, default=str).encode(),
            key=request.key,
            timeout=TIMEOUT_S,
            retries=0,
        )
        try:
            answer = await self.wire.exchange(call)
            result = read_events(answer.body, answer.status)
        except ExchangeFailed as error:
            hint = " (the action server does not know it)" if error.status == 404 else ""
            result = ActionResult(ok=False, status=error.status, error=f"{request.name}: {error}{hint}")
        return replace(result, milliseconds=(time.perf_counter() - begun) * 1000)

    def _payload(self, request: ActionRequest) -> dict[str, Any]:
        at = request.now.timestamp()
        said = {
            "intent": {"name": request.intent, "confidence": 1.0},
            "entities": [dict(e) for e in request.entities],
            "text": request.text,
            "message_id": request.key,
            "metadata": {},
        }
        event = {"event": "user", "timestamp": at, "text": request.text, "parse_data": said}
        tracker = {
            "sender_id": request.sender,
            "slots": {**dict.fromkeys(self.domain.get("slots") or {}), **request.slots},
            "latest_message": said,
            "latest_event_time": at,
            "followup_action": None,
            "paused": False,
            "events": [event],
            "latest_input_channel": request.channel,
            "active_loop": {},
            "latest_action": {"action_name": "action_listen"},
            "latest_action_name": "action_listen",
        }
        return {
            "next_action": request.name,
            "sender_id": request.sender,
            "tracker": tracker,
            "domain": dict(self.domain),
            "version": RASA_VERSION,
        }


def read_events(body: bytes, status: int) -> ActionResult:
    """Slots and replies from `{"events": […], "responses": […]}`. Raises ExchangeFailed for anything else."""
    try:
        data = json.loads(body)
        events, responses = data.get("events") or [], data.get("responses") or []
        slots = {e["name"]: e.get("value") for e in events if e.get("event") == "slot"}
        if any(e.get("event") in ("reset_slots", "restart") for e in events):
            raise ExchangeFailed("it asks for a restart, which flows do not have", status)
        utter = [(r.get("response") or r.get("template"), _variables(r)) for r in responses if _named(r)]
        replies = [_reply(r) for r in responses if not _named(r)]
    except (ValueError, AttributeError, TypeError, KeyError, RecursionError) as error:
        raise ExchangeFailed("its answer is not that of a Rasa action server", status) from error
    return ActionResult(
        True, slots, tuple(utter), tuple(r for r in replies if r.text or r.image or r.custom), status=status
    )


def _named(response: Mapping[str, Any]) -> bool:
    return bool(response.get("response") or response.get("template"))


def _variables(response: Mapping[str, Any]) -> dict[str, Any]:
    own = {"response", "template", "text", "buttons", "elements", "custom", "image", "attachment"}
    return {k: v for k, v in response.items() if k not in own}


def _reply(response: Mapping[str, Any]) -> Reply:
    buttons = tuple(Button(str(b["title"]), str(b.get("payload") or b["title"])) for b in response.get("buttons") or ())
    return Reply(str(response.get("text") or ""), buttons, response.get("image"), response.get("custom") or None)
