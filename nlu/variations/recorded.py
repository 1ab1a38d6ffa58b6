"""Answers of a client's systems that are given without calling them: the test's stubs, and what was recorded."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from io import StringIO
from typing import Any

from ruamel.yaml import YAML

from conversation.message import Reply
from nlu.action import ActionRequest, ActionResult, Actions
from nlu.action_server import read_events
from nlu.domain import LANGUAGE_SLOT
from nlu.pack import Pack
from nlu.test_file import TestCase
from nlu.variations.canonical import canonical_all

FILE = "recorded.yml"
_REFUSED = 400

Sent = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What an action answered to what was sent."""

    action: str
    sent: Sent
    result: ActionResult


@dataclass(frozen=True, slots=True)
class Called:
    """A call that was made: `key` is the same for every retry of the same step."""

    action: str
    sent: Mapping[str, Any]
    key: str
    ok: bool


def sent_by(pack: Pack, request: ActionRequest) -> dict[str, Any]:
    """The values a call sends: what a declared action is made of, else whatever some flow asks for."""
    declared = pack.actions.get(request.name)
    asked = {collect.slot for flow in pack.flows.values() for collect in flow.collects}
    names = asked if declared is None else declared.needs
    values = {name: request.slots.get(name) for name in sorted(names) if name != LANGUAGE_SLOT}
    return {name: value for name, value in values.items() if value is not None and not isinstance(value, bool)}


@dataclass
class Recorder:
    """Actions that keep what the real ones answer."""

    pack: Pack
    actions: Actions
    kept: list[Recorded] = field(default_factory=list)

    async def run(self, request: ActionRequest) -> ActionResult:
        """See nlu.action.Actions."""
        result = await self.actions.run(request)
        self.kept.append(Recorded(request.name, canonical_all(sent_by(self.pack, request)), result))
        return result


@dataclass
class Answers:
    """Actions that answer from stubs, then from what this conversation recorded, then from what others did. Values that
    nobody recorded get the answer that the action gave to others, so that a wrong number said first leads somewhere.
    `missing` names the actions that had no answer at all; `fails` the one whose backend is down.
    """

    pack: Pack
    case: TestCase
    recorded: Sequence[Recorded] = ()
    others: Sequence[Recorded] = ()
    fails: str = ""
    calls: list[Called] = field(default_factory=list)
    missing: set[str] = field(default_factory=set)

    async def run(self, request: ActionRequest) -> ActionResult:
        """See nlu.action.Actions."""
        sent = sent_by(self.pack, request)
        result = self._answer(request.name, canonical_all(sent))
        self.calls.append(Called(request.name, sent, request.key, result.ok))
        return result

    def _answer(self, action: str, sent: Sent) -> ActionResult:
        if action == self.fails:
            return ActionResult(ok=False, error=f"{action}: the backend fails in this variation")
        stub = self.case.stubs.get(action)
        if stub is not None:
            return read_events(json.dumps(stub.plain()).encode(), 200)
        for known in (self.recorded, self.others):
            of_action = [one for one in known if one.action == action]
            exact = [one for one in of_action if one.sent == sent]
            done = [one for one in of_action if one.result.ok and (one.result.status or 0) < _REFUSED]
            if found := [*exact, *done]:
                return found[0].result
        self.missing.add(action)
        return ActionResult(ok=False, error=f"{action} has neither a stub nor a recorded answer")


def written(recorded: Sequence[Recorded], at: datetime) -> str:
    """What stands in a pack's `recorded.yml`: each different call once, with the moment of the recording."""
    once = {(one.action, one.sent): one for one in recorded if one.result.ok}
    answers = [
        {
            "action": one.action,
            "sent": dict(one.sent),
            "status": one.result.status,
            "slots": dict(one.result.slots),
            **({"utter": [name for name, _ in one.result.utter]} if one.result.utter else {}),
            **({"replies": [reply.text for reply in one.result.replies]} if one.result.replies else {}),
        }
        for one in once.values()
    ]
    text = StringIO()
    text.write(
        "# What the client's systems answered to the conversation tests; written by `switchboard test --record`.\n"
    )
    YAML(typ="safe", pure=True).dump({"at": at.isoformat(), "answers": answers}, text)
    return text.getvalue()


def read_recorded(pack: Pack) -> tuple[datetime | None, list[Recorded]]:
    """The moment of the recording and the answers that a pack has; nothing, if it has none."""
    root = pack.files.node(FILE)
    at, answers = root.get("at"), root.get("answers")
    if at is None or answers is None:
        return None, []
    return datetime.fromisoformat(str(at.value)), [_read(one.plain()) for one in answers]


def _read(one: Mapping[str, Any]) -> Recorded:
    utter: tuple[tuple[str, Mapping[str, Any]], ...] = tuple((name, {}) for name in one.get("utter", ()))
    replies = tuple(Reply(text) for text in one.get("replies", ()))
    result = ActionResult(True, one.get("slots") or {}, utter, replies, status=one.get("status"))
    return Recorded(one["action"], canonical_all(one.get("sent") or {}), result)
