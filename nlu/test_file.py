"""Reads a pack's `tests/*.yml`, in the syntax of newer Rasa's end-to-end tests."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from conversation.conversation import HandoffReason
from conversation.packfile import Node, Problems

_TOP = ("version", "fixtures", "metadata", "stub_custom_actions", "test_cases")
_CASE = ("test_case", "fixtures", "metadata", "steps")


class StepKind(StrEnum):
    """What a step says or expects."""

    USER = "user"
    UTTER = "utter"
    BOT = "bot"
    SLOT_SET = "slot_was_set"
    SLOT_NOT_SET = "slot_was_not_set"
    HANDOFF = "handoff"


@dataclass(frozen=True, slots=True)
class TestStep:
    """One line of a test; `slots` are pairs of a name and the expected value (None: any)."""

    __test__ = False

    kind: StepKind
    text: str
    slots: tuple[tuple[str, Any], ...]
    node: Node


@dataclass(frozen=True, slots=True)
class TestCase:
    """A conversation and what the bot has to do. `slots` are set before it; `stubs` answer instead of actions."""

    __test__ = False

    name: str
    node: Node
    steps: tuple[TestStep, ...]
    slots: Mapping[str, Any]
    stubs: Mapping[str, Node]


def parse_tests(files: Iterable[Node], problems: Problems) -> list[TestCase]:
    """All cases of the given files; what is wrong goes to `problems`."""
    return [case for file in files for case in _cases(file, problems)]


def _cases(file: Node, problems: Problems) -> Iterator[TestCase]:
    problems.unknown_keys(file, _TOP)
    fixtures = {name: slots for item in file.get("fixtures") or () for name, slots in item.items()}
    stubs = dict((file.get("stub_custom_actions") or Node({})).items())
    cases = file.get("test_cases")
    if cases is None or not cases.is_list:
        problems.add(cases or file, "`test_cases` must be a list", "write `test_cases:` and `- test_case: name`")
        return
    for node in cases:
        problems.unknown_keys(node, _CASE)
        steps = tuple(s for step in node.get("steps") or () if (s := _step(step, problems)) is not None)
        if not any(s.kind is StepKind.USER for s in steps):
            problems.add(node, "the test has no user step", 'add `steps:` and `- user: "…"`')
        slots: dict[str, Any] = {}
        for wanted in node.get("fixtures") or ():
            if wanted.value not in fixtures:
                problems.add(wanted, f"there is no fixture {wanted.value!r}", f"fixtures: {', '.join(fixtures)}")
                continue
            slots |= dict(_pairs(fixtures[wanted.value]))
        yield TestCase(problems.text(node, "test_case"), node, steps, slots, stubs)


def _step(node: Node, problems: Problems) -> TestStep | None:
    problems.unknown_keys(node, (*StepKind, "metadata"))
    kinds = [kind for kind in StepKind if node.get(kind) is not None]
    if len(kinds) != 1:
        problems.add(node, "a step says or expects exactly one thing", f"one of {', '.join(StepKind)}")
        return None
    kind, value = kinds[0], node.value[kinds[0]]
    if kind in (StepKind.SLOT_SET, StepKind.SLOT_NOT_SET):
        return TestStep(kind, "", tuple(_pairs(value)), value)
    text = problems.text(node, kind)
    if kind is StepKind.HANDOFF and text not in set(HandoffReason):
        problems.add(value, f"unknown handoff reason {text!r}", f"one of {', '.join(HandoffReason)}")
    return TestStep(kind, text, (), value)


def _pairs(node: Node) -> Iterator[tuple[str, Any]]:
    for item in node:
        if item.is_mapping:
            yield from ((name, value.plain()) for name, value in item.items())
        else:
            yield str(item.value), None
