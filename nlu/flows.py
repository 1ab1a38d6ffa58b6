"""Flows: the processes a pack describes in newer Rasa's `flows.yml`, compiled to steps that name their successors."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from conversation.packfile import Node, Problems
from nlu.conditions import Condition, ConditionError, parse_condition

END = "END"
HANDOFF = "action_handoff"
WORK_ORDER = "action_work_order"
BUILT_IN_ACTIONS = frozenset({HANDOFF, WORK_ORDER, "action_listen"})
_TOP = ("version", "flows")
_FLOW_KEYS = (
    *("name", "description", "nlu_trigger", "if", "steps", "always_include_in_prompt", "persisted_slots"),
    *("run_pattern_completed", "metadata"),
)
_STEP_KINDS = ("collect", "action", "set_slots", "link", "call", "noop")
_STEP_KEYS: Mapping[str, tuple[str, ...]] = {
    "collect": ("utter", "ask_before_filling", "reset_after_flow_ends", "rejections", "force_slot_filling"),
    "noop": ("noop",),
}
_ANY_STEP_KEYS = ("id", "next", "description", "metadata")
_COLLECT_METADATA = ("confirms", "value", "parts", "default")
_FLOW_METADATA = ("confirm", "reason", "undo", "change", "reversible_until", "due", "watch", "follows")
VALUE_KINDS = (
    *("text", "date", "time", "money", "number", "quantity", "name", "email", "phone", "iban"),
    *("start", "end", "street", "postcode", "town", "id"),
)
"""What `metadata: {value: …}` of a collect step may be."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """A value for which `condition` holds is refused with the response `utter`."""

    condition: Condition
    utter: str


@dataclass(frozen=True, slots=True)
class Collect:
    """Asks for a slot until it has a value that no rejection refuses. `confirms` names the writes that a yes here
    agrees to; `value` is the kind of value asked for, of `parts` if it is put together; `default` is what "I don't
    mind" stands for.
    """

    slot: str
    utter: str
    ask_before_filling: bool = False
    reset_after_flow_ends: bool = True
    rejections: tuple[Rejection, ...] = ()
    confirms: tuple[str, ...] = ()
    value: str = ""
    parts: tuple[str, ...] = ()
    default: Any = None


@dataclass(frozen=True, slots=True)
class Act:
    """Says a response (`utter_*`) or runs an action."""

    action: str


@dataclass(frozen=True, slots=True)
class SetSlots:
    """Sets slots to fixed values; null empties one."""

    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Link:
    """Ends this flow and begins another one."""

    flow: str


@dataclass(frozen=True, slots=True)
class Call:
    """Runs another flow and comes back."""

    flow: str


@dataclass(frozen=True, slots=True)
class Noop:
    """Does nothing but branch."""


Doing = Collect | Act | SetSlots | Link | Call | Noop


@dataclass(frozen=True, slots=True)
class Branch:
    """Where to go if `condition` holds (None: always): the id of a step, or END."""

    condition: Condition | None
    target: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step with its ways on, the first that holds is taken."""

    id: str
    do: Doing
    branches: tuple[Branch, ...]
    node: Node

    def following(self, slots: Mapping[str, Any]) -> str:
        return next((b.target for b in self.branches if b.condition is None or b.condition.holds(slots)), END)


@dataclass(frozen=True, slots=True)
class FlowRules:
    """What a flow's `metadata` says. `confirm`: its writes are confirmed (the `reason` says why they are not);
    `undo` and `change` are the actions that take back and change what it wrote, as long as `reversible_until` says (a
    slot with a time, or a duration such as `30m`; empty: as long as the conversation); `due` is the slot with the day
    until which what it reports is no problem; `watch`: it may be offered to look again on that day; `follows`: the
    intents whose processes must have written before there is anything of it to report.
    """

    confirm: bool = True
    reason: str = ""
    undo: str = ""
    change: str = ""
    reversible_until: str = ""
    due: str = ""
    watch: bool = True
    follows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Flow:
    """A process from its trigger to its end."""

    id: str
    name: str
    node: Node
    first: str
    steps: Mapping[str, Step]
    description: str = ""
    triggers: tuple[str, ...] = ()
    guard: Condition | None = None
    persisted: frozenset[str] = frozenset()
    asks_for_more: bool = True
    rules: FlowRules = FlowRules()
    collects: tuple[Collect, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        asked = (step.do for step in self.steps.values() if isinstance(step.do, Collect))
        object.__setattr__(self, "collects", tuple(asked))

    def step_collecting(self, slot: str) -> str | None:
        return next((s.id for s in self.steps.values() if isinstance(s.do, Collect) and s.do.slot == slot), None)

    def reachable(self) -> frozenset[str]:
        """The ids of all steps some way leads to."""
        return self._from(self.first, frozenset())

    @property
    def always_hands_off(self) -> bool:
        """Whether every way through ends with people: then its first step already is the request for a person."""
        hands_off = frozenset(
            s.id for s in self.steps.values() if isinstance(s.do, Act) and s.do.action in (HANDOFF, WORK_ORDER)
        )
        reached = self._from(self.first, hands_off)
        leaks = any(
            b.target == END or isinstance(self.steps[i].do, Link)
            for i in reached - hands_off
            for b in self.steps[i].branches or (Branch(None, END),)
        )
        return bool(hands_off) and not leaks

    def _from(self, start: str, stops: frozenset[str]) -> frozenset[str]:
        seen: set[str] = set()
        waiting = [start]
        while waiting:
            here = waiting.pop()
            if here in seen or here not in self.steps:
                continue
            seen.add(here)
            if here not in stops:
                waiting.extend(b.target for b in self.steps[here].branches)
        return frozenset(seen)


def parse_flows(files: Iterable[Node], problems: Problems) -> dict[str, Flow]:
    """The flows of all given files; what is wrong goes to `problems`."""
    flows: dict[str, Flow] = {}
    for file in files:
        problems.unknown_keys(file, _TOP)
        listing = file.get("flows")
        if listing is None or not listing.is_mapping:
            problems.add(listing or file, "`flows` must be a mapping", "write `flows:` and then `flow_id:` below it")
            continue
        for name, node in listing.items():
            if name in flows:
                problems.add(node, f"the flow {name!r} is defined twice", "keep one of them")
                continue
            flow = _FlowReader(name, node, problems).read()
            if flow is not None:
                flows[name] = flow
    return flows


@dataclass
class _FlowReader:
    id: str
    node: Node
    problems: Problems
    steps: dict[str, Step] = field(default_factory=dict)
    targets: list[tuple[Node, str]] = field(default_factory=list)

    def read(self) -> Flow | None:
        node, problems = self.node, self.problems
        problems.unknown_keys(node, _FLOW_KEYS)
        steps = node.get("steps")
        if steps is None or not steps.is_list or not steps.value:
            problems.add(steps or node, f"flow {self.id!r} has no steps", "add `steps:` and `- collect: …` below it")
            return None
        if node.get("description") is None:
            problems.add(node, f"flow {self.id!r} has no description", "newer Rasa wants one; add `description: …`")
        first = self.sequence(steps, "", nested=False)
        for place, target in self.targets:
            if target != END and target not in self.steps:
                problems.add(place, f"`next` names the unknown step {target!r}", f"steps: {', '.join(self.steps)}, END")
        guard = node.get("if")
        ending = node.get("run_pattern_completed")
        flow = Flow(
            id=self.id,
            name=problems.text(node, "name", self.id.replace("_", " ").capitalize()),
            node=node,
            first=first,
            steps=self.steps,
            description=problems.text(node, "description", ""),
            triggers=tuple(self.triggers()),
            guard=self.condition(guard) if guard else None,
            persisted=frozenset(str(n.value) for n in node.get("persisted_slots") or ()),
            asks_for_more=not (ending and ending.value is False),
            rules=self.rules(node.get("metadata")),
        )
        for unreached in set(self.steps) - flow.reachable():
            step = self.steps[unreached]
            problems.add(
                step.node, f"no way leads to step {unreached!r}", "name it in a `next`, or delete it", warning=True
            )
        return flow

    def rules(self, node: Node | None) -> FlowRules:
        if node is None:
            return FlowRules()
        problems = self.problems
        problems.unknown_keys(node, _FLOW_METADATA)
        confirm, reason = problems.text(node, "confirm", "ask"), problems.text(node, "reason", "")
        if confirm not in ("ask", "never"):
            problems.add(node.get("confirm") or node, f"`confirm` cannot be {confirm!r}", "write `ask` or `never`")
        if confirm == "never" and not reason:
            hint = "add `reason: …`, a sentence for whoever asks why nobody was asked"
            problems.add(node, "`confirm: never` needs a reason", hint)
        watch = node.get("watch")
        return FlowRules(
            confirm=confirm != "never",
            reason=reason,
            undo=problems.text(node, "undo", ""),
            change=problems.text(node, "change", ""),
            reversible_until=problems.text(node, "reversible_until", ""),
            due=problems.text(node, "due", ""),
            watch=not (watch and watch.value is False),
            follows=tuple(str(one.value) for one in node.get("follows") or ()),
        )

    def triggers(self) -> Iterator[str]:
        for item in self.node.get("nlu_trigger") or ():
            intent = item.get("intent") if item.is_mapping else item
            name = intent.get("name") if intent is not None and intent.is_mapping else intent
            if name is None or not name.is_scalar:
                self.problems.add(item, "a trigger names an intent", "write `- intent: name`")
            else:
                yield str(name.value)

    def sequence(self, nodes: Node, prefix: str, *, nested: bool) -> str:
        """Compiles steps in order; returns the id of the first."""
        items = [n for n in nodes if n.is_mapping]
        for stray in (n for n in nodes if not n.is_mapping):
            self.problems.add(stray, "a step must be a mapping", "write `- collect: slot` or `- action: name`")
        ids = [self.step_id(item, f"{prefix}{i}") for i, item in enumerate(items)]
        for i, item in enumerate(items):
            following = ids[i + 1] if i + 1 < len(items) else None
            self.step(ids[i], item, following, nested=nested)
        return ids[0] if ids else END

    def step_id(self, node: Node, default: str) -> str:
        kind = next((k for k in _STEP_KINDS if node.get(k) is not None), "step")
        given = node.get("id")
        name = str(given.value) if given else f"{default}_{kind}"
        if name in self.steps or name == END:
            self.problems.add(given or node, f"the step id {name!r} is taken", "choose another id")
            name = f"{name}@{node.line}"
        self.steps[name] = Step(name, Noop(), (), node)
        return name

    def step(self, name: str, node: Node, following: str | None, *, nested: bool) -> None:
        kinds = [k for k in _STEP_KINDS if node.get(k) is not None]
        if len(kinds) != 1 and not (not kinds and node.get("next") is not None):
            self.problems.add(node, "a step does exactly one thing", f"one of {', '.join(_STEP_KINDS)}")
            return
        kind = kinds[0] if kinds else "noop"
        self.problems.unknown_keys(node, (kind, *_STEP_KEYS.get(kind, ()), *_ANY_STEP_KEYS))
        doing = self.doing(kind, node)
        branches = self.branches(name, node, following, doing, nested=nested)
        self.steps[name] = Step(name, doing, branches, node)

    def doing(self, kind: str, node: Node) -> Doing:
        match kind:
            case "collect":
                return self.collect(node)
            case "action":
                return Act(self.problems.text(node, "action"))
            case "set_slots":
                return SetSlots(dict(self.values(node)))
            case "link":
                return Link(self.problems.text(node, "link"))
            case "call":
                return Call(self.problems.text(node, "call"))
            case _:
                return Noop()

    def collect(self, node: Node) -> Collect:
        slot = self.problems.text(node, "collect")
        more = node.get("metadata") or Node({}, node.file, node.line)
        self.problems.unknown_keys(more, _COLLECT_METADATA)
        default = more.get("default")
        before, reset = node.get("ask_before_filling"), node.get("reset_after_flow_ends")
        return Collect(
            slot=slot,
            utter=self.problems.text(node, "utter", f"utter_ask_{slot}"),
            ask_before_filling=bool(before and before.value is True),
            reset_after_flow_ends=not (reset and reset.value is False),
            rejections=tuple(self.rejections(node)),
            confirms=tuple(str(name.value) for name in more.get("confirms") or ()),
            value=self.kind(more.get("value")),
            parts=tuple(self.kind(part) for part in more.get("parts") or ()),
            default=default.plain() if default else None,
        )

    def kind(self, node: Node | None) -> str:
        if node is None:
            return ""
        if node.value not in VALUE_KINDS:
            self.problems.add(node, f"there is no kind of value {node.value!r}", f"one of {', '.join(VALUE_KINDS)}")
        return str(node.value)

    def rejections(self, node: Node) -> Iterator[Rejection]:
        for item in node.get("rejections") or ():
            self.problems.unknown_keys(item, ("if", "utter"))
            text, condition = item.get("if"), None
            if text is None:
                self.problems.add(item, "a rejection needs `if`", 'write `- if: not (slots.x matches "…")`')
            else:
                condition = self.condition(text)
            utter = self.problems.text(item, "utter")
            if condition is not None:
                yield Rejection(condition, utter)

    def values(self, node: Node) -> Iterator[tuple[str, Any]]:
        for item in node.get("set_slots") or ():
            if not item.is_mapping:
                self.problems.add(item, "`set_slots` lists slots with values", "write `- slot: value`")
            for name, value in item.items():
                yield name, value.plain()

    def branches(
        self, name: str, node: Node, following: str | None, doing: Doing, *, nested: bool
    ) -> tuple[Branch, ...]:
        after = node.get("next")
        if isinstance(doing, Link):
            if after is not None:
                self.problems.add(after, "after `link` nothing follows", "delete `next`, or use `call`")
            return ()
        if after is None:
            if following is None and nested:
                self.problems.add(node, "the last step of a branch needs `next`", "add `next: END` or the id of a step")
            return (Branch(None, following or END),)
        if after.is_scalar:
            return (Branch(None, self.target(after, name)),)
        branches = tuple(b for i, item in enumerate(after) if (b := self.branch(item, f"{name}.{i}.")) is not None)
        if branches and branches[-1].condition is not None:
            self.problems.add(after, "the branches lack an `else`", "end them with `- else: …`")
        return branches

    def branch(self, item: Node, prefix: str) -> Branch | None:
        self.problems.unknown_keys(item, ("if", "then", "else"))
        test, then, otherwise = item.get("if"), item.get("then"), item.get("else")
        if otherwise is not None:
            return Branch(None, self.target(otherwise, prefix))
        if test is None or then is None:
            self.problems.add(item, "a branch is `if` with `then`, or `else`", "write `- if: …` and `then: …`")
            return None
        condition = self.condition(test)
        target = self.target(then, prefix)
        return Branch(condition, target) if condition is not None else None

    def target(self, node: Node, prefix: str) -> str:
        if node.is_scalar:
            self.targets.append((node, str(node.value)))
            return str(node.value)
        return self.sequence(node, prefix, nested=True)

    def condition(self, node: Node) -> Condition | None:
        if isinstance(node.value, bool):
            return parse_condition(str(node.value))
        try:
            return parse_condition(str(node.value))
        except ConditionError as error:
            self.problems.add(node, f"the condition {node.value!r} cannot be read: {error}", "see docs/packs.md")
            return None
