"""Whether a pack's flows ask exactly once before they write, and show what they write."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from conversation.packfile import Problems
from nlu.action_file import DeclaredAction
from nlu.domain import LANGUAGE_SLOT, Domain, SlotType, Variant
from nlu.duration import seconds
from nlu.flows import BUILT_IN_ACTIONS, WORK_ORDER, Act, Call, Collect, Flow, Step
from nlu.responses import variables


def check_confirmations(
    flows: Mapping[str, Flow], domain: Domain, actions: Mapping[str, DeclaredAction], problems: Problems
) -> None:
    """Adds to `problems` what is wrong with how flows confirm, undo and change what they write."""
    check = _Check(flows, domain, actions, problems)
    for flow in flows.values():
        check.flow(flow)


@dataclass
class _Check:
    flows: Mapping[str, Flow]
    domain: Domain
    actions: Mapping[str, DeclaredAction]
    problems: Problems

    def flow(self, flow: Flow) -> None:
        self.rules(flow)
        for step in flow.steps.values():
            if isinstance(step.do, Collect):
                self.collect(flow, step, step.do)

    def rules(self, flow: Flow) -> None:
        rules, node = flow.rules, flow.node.get("metadata") or flow.node
        for key, action in (("undo", rules.undo), ("change", rules.change)):
            if action and action not in self.actions and action not in self.domain.actions:
                self.problems.add(node, f"`{key}` names the unknown action {action!r}", "declare it in actions.yml")
        if rules.due and rules.due not in self.domain.slots:
            self.problems.add(node, f"`due` names the unknown slot {rules.due!r}", "name the slot that holds the day")
        if rules.reversible_until and rules.reversible_until not in self.domain.slots:
            try:
                seconds(rules.reversible_until)
            except ValueError:
                message = f"`reversible_until: {rules.reversible_until}` is neither a slot nor a duration"
                self.problems.add(node, message, "name a slot with a time, or write 30m, 2h or 14d")

    def collect(self, flow: Flow, step: Step, collect: Collect) -> None:
        slot = self.domain.slots.get(collect.slot)
        if slot is not None and collect.default is not None and slot.fit(collect.default) is None:
            self.problems.add(step.node, f"the default {collect.default!r} is no value of {slot.name}", "change either")
        if not collect.confirms:
            if slot is not None and slot.type is SlotType.BOOL and flow.rules.confirm:
                self.second(flow, step)
            return
        if slot is not None and slot.type is not SlotType.BOOL:
            self.problems.add(step.node, f"{slot.name} confirms a write and is no yes or no", "make it a bool slot")
        for action in collect.confirms:
            if action != WORK_ORDER and not self.writes(action):
                hint = "only what writes is confirmed; delete the line, or set `effect: write`"
                self.problems.add(step.node, f"`confirms` names {action!r}, which writes nothing", hint)
        self.shows_all(collect)

    def second(self, flow: Flow, step: Step) -> None:
        """A yes/no question right before a write would be asked twice: once by the pack, once by the bot."""
        before = sorted(self.next_writes(flow, step))
        asked = step.do.slot if isinstance(step.do, Collect) else ""
        sent = any(asked in self.actions[action].needs for action in before if action in self.actions)
        if before and not sent:
            hint = f"add `metadata: {{confirms: {before[0]}}}` and show every value, or delete this step"
            message = f"this question comes right before the write {before[0]!r}, which is confirmed anyway"
            self.problems.add(step.node, message, hint)

    def next_writes(self, flow: Flow, step: Step) -> set[str]:
        """The writes that come after this step without anything asked in between."""
        found: set[str] = set()
        waiting, seen = [b.target for b in step.branches], set()
        while waiting:
            name = waiting.pop()
            following = flow.steps.get(name)
            if following is None or name in seen:
                continue
            seen.add(name)
            match following.do:
                case Collect() | Call():
                    continue
                case Act(action) if self.writes(action):
                    found.add(action)
                    continue
                case _:
                    waiting += [b.target for b in following.branches]
        return found

    def writes(self, action: str) -> bool:
        if action == WORK_ORDER:
            return True
        if action.startswith("utter_") or action in BUILT_IN_ACTIONS:
            return False
        declared = self.actions.get(action)
        return declared.writes if declared is not None else True

    def shows_all(self, collect: Collect) -> None:
        """Every variant of the pack's own confirmation shows every value that will be sent."""
        for variant in self.domain.responses.get(collect.utter, ()):
            missing = [name for name in self.sent(collect.confirms) if not self.shown(name, variant, collect.confirms)]
            if missing:
                message = f"{collect.utter} confirms a write and does not show {', '.join(missing)}"
                hint = f"write {{{missing[0]}}} into the text, or say in actions.yml what is shown for it: `shows:`"
                self.problems.add(variant.node, message, hint)

    def sent(self, actions: Sequence[str]) -> Iterator[str]:
        names = {name for a in actions if a in self.actions for name in self.actions[a].needs}
        yield from sorted(names - {LANGUAGE_SLOT})

    def shown(self, name: str, variant: Variant, actions: Sequence[str]) -> bool:
        known = variables(variant.text)
        instead = [self.actions[a].shows[name] for a in actions if a in self.actions and name in self.actions[a].shows]
        return name in known or any(all(other in known for other in others) for others in instead)
