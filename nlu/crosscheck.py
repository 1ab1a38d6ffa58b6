"""What only shows when a pack's files are read together: names that lead nowhere, and languages left out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from conversation.packfile import Node, Problem, Problems
from nlu.action_file import DeclaredAction
from nlu.conditions import Condition
from nlu.confirmation_check import check_confirmations
from nlu.domain import LANGUAGE_SLOT, Domain, Variant
from nlu.flows import BUILT_IN_ACTIONS, Act, Call, Collect, Flow, Link, SetSlots, Step
from nlu.patterns.pattern import MOST_PATTERNS, MOST_STEPS_TOGETHER, Pattern, compile_pattern
from nlu.payload import parse_payload
from nlu.profile import Profile
from nlu.responses import OWN_VARIABLES, Responses, variables
from nlu.training_data import TrainingData

WELL_KNOWN = frozenset(
    {"greet", "goodbye", "thanks", "affirm", "deny", "cancel", "human", "help", "bot_challenge", "nlu_fallback"}
)
_FEW_EXAMPLES = 5


def cross_check(
    domain: Domain,
    flows: Mapping[str, Flow],
    data: TrainingData,
    actions: Mapping[str, DeclaredAction],
    action_server: str,
    profile: Profile,
    problems: Problems,
) -> None:
    """Adds to `problems` what the parts of a pack say of each other and is not so."""
    check = _Check(domain, flows, data, actions, action_server, profile, problems)
    check.intents()
    check.regexes()
    check.language_slot()
    for flow in flows.values():
        check.flow(flow)
    for action in actions.values():
        check.action(action)
    for name, variants in domain.responses.items():
        check.response(name, variants)
    check_confirmations(flows, domain, actions, problems)


@dataclass
class _Check:
    domain: Domain
    flow_map: Mapping[str, Flow]
    data: TrainingData
    actions: Mapping[str, DeclaredAction]
    action_server: str
    profile: Profile
    problems: Problems
    patterns: int = field(default=0, init=False)
    pattern_steps: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.known_responses = Responses(self.domain.responses)

    def intents(self) -> None:
        domain, taught = self.domain, {e.intent: e for e in self.data.examples}
        triggers = {intent for flow in self.flow_map.values() for intent in flow.triggers}
        retrieval = {name.split("/")[0] for name in taught if "/" in name}
        for name, example in taught.items():
            if name not in domain.intents and name.split("/")[0] not in domain.intents:
                hint = "list it under `intents` in the domain"
                self.at(example.file, example.line, f"the intent {name!r} is not in the domain", hint)
            if not self.has_answer(name, triggers):
                hint = f"write a response `utter_{name}` or a flow with `nlu_trigger: [{{intent: {name}}}]`"
                message = f"nothing answers the intent {name!r}; such messages go to a person"
                self.at(example.file, example.line, message, hint, warning=True)
        for name, node in domain.intents.items():
            if name not in taught and name not in retrieval:
                self.problems.add(node, f"the intent {name!r} has no examples", "write some under nlu/", warning=True)
        for name in self.profile.bot.urgent_intents - set(domain.intents):
            message = f"bot.urgent_intents: the intent {name!r} is not in the domain"
            self.at("client.yml", 0, message, "list it there or delete it here")
        self.examples_per_language(list(taught))

    def examples_per_language(self, intents: Iterable[str]) -> None:
        """Files named after a language (nlu/de.yml) tell which language their examples are in."""
        files = {example.file for example in self.data.examples}
        for language in self.profile.languages:
            own = {file for file in files if file.endswith((f"{language}.yml", f"{language}.yaml"))}
            if not own:
                continue
            for intent in intents:
                count = sum(1 for e in self.data.examples if e.intent == intent and e.file in own)
                if count < _FEW_EXAMPLES:
                    message = f"the intent {intent!r} has {count} examples in {language!r}"
                    self.at(min(own), 0, message, f"write at least {_FEW_EXAMPLES}", warning=True)

    def regexes(self) -> None:
        for regex in self.data.regexes:
            if too_many := self.counted(compile_pattern(regex.pattern, ignore_case=True)):
                self.at(regex.file, regex.line, *too_many)

    def counted(self, pattern: Pattern) -> tuple[str, str] | None:
        """Notes one more pattern; what is wrong once they are too many, said once."""
        within = self.patterns <= MOST_PATTERNS and self.pattern_steps <= MOST_STEPS_TOGETHER
        self.patterns += 1
        self.pattern_steps += pattern.steps
        if not within or (self.patterns <= MOST_PATTERNS and self.pattern_steps <= MOST_STEPS_TOGETHER):
            return None
        limits = f"{MOST_PATTERNS} patterns or {MOST_STEPS_TOGETHER} steps of them together"
        return f"from here on the pack has more than {limits}", "write lookups instead, or shorter patterns"

    def has_answer(self, intent: str, triggers: set[str]) -> bool:
        direct = self.domain.direct_response(intent) is not None
        people = self.profile.bot.reserved_intents | self.profile.bot.urgent_intents
        return direct or intent in triggers or intent in WELL_KNOWN or intent in people

    def language_slot(self) -> None:
        slot = self.domain.slots.get(LANGUAGE_SLOT)
        if slot is None:
            return
        missing = [language for language in self.profile.languages if language not in slot.values]
        if missing:
            self.problems.add(slot.node, f"the slot language lacks {', '.join(missing)}", "add them to its `values`")

    def flow(self, flow: Flow) -> None:
        for intent in flow.triggers:
            if intent not in self.domain.intents:
                message = f"flow {flow.id!r} is triggered by the unknown intent {intent!r}"
                self.problems.add(flow.node, message, "list it under `intents` in the domain")
            others = [f.id for f in self.flow_map.values() if f.id != flow.id and intent in f.triggers]
            if others and flow.id > min(others):
                message = f"the intent {intent!r} triggers {flow.id!r} and {min(others)!r}"
                self.problems.add(flow.node, message, "one intent begins one flow")
        if flow.guard is not None:
            self.condition(flow.guard, flow.node)
        for step in flow.steps.values():
            self.step(step)
            for branch in step.branches:
                if branch.condition is not None:
                    self.condition(branch.condition, step.node)

    def step(self, step: Step) -> None:
        match step.do:
            case Collect() as collect:
                self.slot(collect.slot, step.node)
                self.says(collect.utter, step.node)
                self.two_wordings(collect.utter)
                for rejection in collect.rejections:
                    self.condition(rejection.condition, step.node)
                    self.says(rejection.utter, step.node)
            case Act(action) if action.startswith("utter_"):
                self.says(action, step.node)
            case Act(action):
                self.does(action, step.node)
            case SetSlots(values):
                for name in values:
                    self.slot(name, step.node)
            case Link(name) | Call(name):
                if name not in self.flow_map:
                    known = ", ".join(self.flow_map)
                    self.problems.add(step.node, f"there is no flow {name!r}", f"flows: {known}")
            case _:
                pass

    def two_wordings(self, name: str) -> None:
        """A question put twice in the same words sounds like a machine that did not listen."""
        variants = [v for v in self.domain.responses.get(name, ()) if v.channel is None]
        for language in self.profile.languages:
            own = [v for v in variants if all(c.value == language for c in v.conditions if c.slot == LANGUAGE_SLOT)]
            if len(own) == 1:
                hint = "write a second variant with the same conditions; it is used when the question is put again"
                self.problems.add(own[0].node, f"{name} has one wording in {language!r}", hint, warning=True)

    def action(self, action: DeclaredAction) -> None:
        for name in sorted(action.needs | action.sets):
            self.slot(name, action.node)
        for utter in (action.utter, *(meaning.utter for meaning in action.on_status.values())):
            if utter:
                self.says(utter, action.node)
        if action.name not in self.domain.actions:
            message = f"the action {action.name!r} is not in the domain"
            self.problems.add(action.node, message, "list it under `actions`", warning=True)

    def does(self, action: str, node: Node) -> None:
        if action in BUILT_IN_ACTIONS or action in self.actions:
            return
        if not self.action_server:
            hint = "declare it in actions.yml, or name an `action_endpoint` in endpoints.yml"
            self.problems.add(node, f"nothing runs the action {action!r}", hint)
        elif action not in self.domain.actions:
            self.problems.add(node, f"the action {action!r} is not in the domain", "list it under `actions`")

    def says(self, name: str, node: Node) -> None:
        if name not in self.known_responses:
            self.problems.add(node, f"there is no response {name!r}", "define it under `responses` in the domain")

    def slot(self, name: str, node: Node) -> None:
        if name not in self.domain.slots:
            self.problems.add(node, f"there is no slot {name!r}", "define it under `slots` in the domain")

    def condition(self, condition: Condition, node: Node) -> None:
        for name in sorted(condition.slot_names()):
            self.slot(name, node)
        for pattern in condition.patterns:
            if too_many := self.counted(pattern):
                self.problems.add(node, *too_many)

    def response(self, name: str, variants: tuple[Variant, ...]) -> None:
        known = OWN_VARIABLES | set(self.domain.slots)
        for variant in variants:
            texts = (variant.text, variant.image or "", *(b.title for b in variant.buttons))
            for variable in sorted(frozenset().union(*(variables(text) for text in texts)) - known):
                hint = "define a slot of that name; other braces cannot be used in a text"
                self.problems.add(variant.node, f"{name} uses the unknown variable {{{variable}}}", hint)
            for button in variant.buttons:
                self.payload(button.payload, variant)
        self.covers_languages(name, variants)

    def payload(self, text: str, variant: Variant) -> None:
        if not text.startswith("/"):
            return
        payload = parse_payload(text)
        if payload is None:
            hint = 'write /intent, /intent{"slot": "value"} or /SetSlots(slot=value)'
            self.problems.add(variant.node, f"the payload {text!r} cannot be read", hint)
            return
        if payload.intent and payload.intent not in self.domain.intents and payload.intent not in WELL_KNOWN:
            message = f"the payload {text!r} names the unknown intent {payload.intent!r}"
            self.problems.add(variant.node, message, "list it under `intents`")
        for slot in payload.slots:
            if slot not in self.domain.slots:
                message = f"the payload {text!r} sets the unknown slot {slot!r}"
                self.problems.add(variant.node, message, "define it under `slots`")

    def covers_languages(self, name: str, variants: tuple[Variant, ...]) -> None:
        spoken = {c.value for v in variants for c in v.conditions if c.slot == LANGUAGE_SLOT}
        general = any(c.slot != LANGUAGE_SLOT or False for v in variants for c in v.conditions)
        if not spoken or (general and any(not v.conditions for v in variants)):
            if len(self.profile.languages) > 1 and not spoken:
                hint = "add `condition: [{type: slot, name: language, value: …}]` to each variant"
                message = f"{name} does not tell its languages apart"
                self.problems.add(variants[0].node, message, hint, warning=True)
            return
        for language in self.profile.languages:
            if language not in spoken:
                hint = f"add a variant with the condition language = {language}"
                self.problems.add(variants[0].node, f"{name} says nothing in {language!r}", hint, warning=True)

    def at(self, file: str, line: int, message: str, hint: str, *, warning: bool = False) -> None:
        self.problems.found.append(Problem(file, line, message, hint, warning))
