"""Answers of a client's systems that are given without calling them: the test's stubs, and what was recorded."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from conversation.message import Reply
from nlu.action import ActionRequest, ActionResult, Actions
from nlu.action_server import read_events
from nlu.domain import LANGUAGE_SLOT
from nlu.pack import Pack
from nlu.test_file import TestCase
from nlu.variations.canonical import canonical_all

FILE = "tests/recorded.json"
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


def to_json(recorded: Sequence[Recorded], at: str) -> str:
    """What stands in a pack's `tests/recorded.json`: each different call once, with the moment of the recording."""
    once = {(one.action, one.sent): one for one in recorded if one.result.ok}
    answers = [
        {
            "action": one.action,
            "sent": dict(one.sent),
            "status": one.result.status,
            "slots": dict(one.result.slots),
            "utter": [[name, dict(values)] for name, values in one.result.utter],
            "replies": [reply.text for reply in one.result.replies],
        }
        for one in once.values()
    ]
    return json.dumps({"at": at, "answers": answers}, ensure_ascii=False, indent=1) + "\n"


def from_json(text: str) -> tuple[str, list[Recorded]]:
    """The moment of the recording and the answers. Raises ValueError or KeyError for what to_json() did not write."""
    plain = json.loads(text)
    return plain["at"], [
        Recorded(
            one["action"],
            tuple(sorted(one["sent"].items())),
            ActionResult(
                True,
                one["slots"],
                tuple((name, values) for name, values in one["utter"]),
                tuple(Reply(text) for text in one["replies"]),
                status=one["status"],
            ),
        )
        for one in plain["answers"]
    ]
