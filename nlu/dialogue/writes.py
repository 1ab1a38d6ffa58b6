"""What a flow will write into a client's systems, and with which values: what a customer must have agreed to."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nlu.domain import LANGUAGE_SLOT
from nlu.flows import BUILT_IN_ACTIONS, WORK_ORDER, Act, Call, Collect, Flow, Link, Step
from nlu.pack import Pack


def is_write(pack: Pack, action: str) -> bool:
    """Whether the action changes something: every declared one that does not read, every one of an action server, and
    a work order.
    """
    if action == WORK_ORDER:
        return True
    if action.startswith("utter_") or action in BUILT_IN_ACTIONS:
        return False
    declared = pack.actions.get(action)
    return declared.writes if declared is not None else True


def writes_from(pack: Pack, flow: Flow, step: str) -> list[str]:
    """The writes some way leads to from `step` of `flow` on, itself included, also through flows it calls or links to;
    each once, in the order of the files.
    """
    return list(dict.fromkeys(_reached(pack, flow, step, set())))


def needs(pack: Pack, action: str, collected: Sequence[str]) -> tuple[str, ...]:
    """The slots whose values reach the write: what a declared call is made of; all that was collected, for an action
    server or people, who are sent everything.
    """
    declared = pack.actions.get(action)
    names = sorted(declared.needs) if declared is not None else collected
    return tuple(name for name in names if name != LANGUAGE_SLOT)


def values_of(pack: Pack, actions: Sequence[str], collected: Sequence[str], slots: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of the values that reach these writes, by slot, in the order in which they were collected."""
    wanted = {name for action in actions for name in needs(pack, action, collected)}
    known = [name for name in wanted if slots.get(name) is not None]
    order = {name: place for place, name in enumerate(collected)}
    return {name: slots[name] for name in sorted(known, key=lambda n: (order.get(n, len(order)), n))}


def digest(values: Mapping[str, Any]) -> str:
    """A hash of the values as they will be sent."""
    plain = json.dumps(values, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(plain.encode()).hexdigest()[:16]


def _reached(pack: Pack, flow: Flow, start: str, seen: set[tuple[str, str]]) -> Iterator[str]:
    waiting = [start]
    while waiting:
        name = waiting.pop(0)
        step = flow.steps.get(name)
        if step is None or (flow.id, name) in seen:
            continue
        seen.add((flow.id, name))
        yield from _of_step(pack, step, seen)
        waiting += [branch.target for branch in step.branches]


def _of_step(pack: Pack, step: Step, seen: set[tuple[str, str]]) -> Iterator[str]:
    match step.do:
        case Act(action) if is_write(pack, action):
            yield action
        case Call(name) | Link(name) if name in pack.flows:
            yield from _reached(pack, pack.flows[name], pack.flows[name].first, seen)
        case Collect() | _:
            return
