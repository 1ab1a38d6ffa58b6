"""The domain of a pack: intents, entities, slots, responses and actions, read strictly where Rasa is silent."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import isfinite
from typing import Any

from conversation.packfile import Node, Problems
from nlu.web_address import is_harmless_link

LANGUAGE_SLOT = "language"
_TOP = (
    *("version", "intents", "entities", "slots", "forms", "responses", "actions", "session_config"),
    *("e2e_actions", "config"),
)
_SLOT_KEYS = ("type", "mappings", "values", "initial_value", "influence_conversation", "min_value", "max_value")
_MAPPING_KEYS = ("type", "entity", "role", "group", "intent", "not_intent", "value", "conditions", "action")
_MAPPING_TYPES = ("from_entity", "from_text", "from_intent", "from_trigger_intent", "custom", "from_llm", "controlled")
_VARIANT_KEYS = (
    *("text", "custom", "buttons", "quick_replies", "image", "attachment", "elements", "channel"),
    *("condition", "id", "metadata"),
)


class SlotType(StrEnum):
    """Rasa's slot types."""

    TEXT = "text"
    BOOL = "bool"
    FLOAT = "float"
    CATEGORICAL = "categorical"
    LIST = "list"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class SlotMapping:
    """One way a slot gets its value from what the customer says."""

    kind: str
    entity: str = ""
    role: str | None = None
    group: str | None = None
    intents: tuple[str, ...] = ()
    not_intents: tuple[str, ...] = ()
    value: Any = None


@dataclass(frozen=True, slots=True)
class Slot:
    """A thing the bot remembers."""

    name: str
    type: SlotType
    node: Node
    mappings: tuple[SlotMapping, ...] = ()
    initial: Any = None
    values: tuple[Any, ...] = ()
    minimum: float | None = None
    maximum: float | None = None

    def fit(self, value: Any) -> Any:  # noqa: PLR0911 - one answer for each type
        """`value` as this slot's type, or None if it cannot be one (an unknown category, no number)."""
        if value is None:
            return None
        match self.type:
            case SlotType.BOOL:
                return _truth(value)
            case SlotType.FLOAT:
                return self._number(value)
            case SlotType.CATEGORICAL:
                word = str(value).strip().casefold()
                return next((v for v in self.values if str(v).casefold() == word), None)
            case SlotType.LIST:
                return list(value) if isinstance(value, list | tuple) else [value]
            case SlotType.TEXT:
                text = str(value).strip()
                return text or None
            case SlotType.ANY:
                return value

    def _number(self, value: Any) -> float | None:
        try:
            number = float(value) if not isinstance(value, str) else float(value.strip().replace(",", "."))
        except (TypeError, ValueError, OverflowError):
            return None
        if not isfinite(number):
            return None
        low, high = self.minimum, self.maximum
        inside = (low is None or number >= low) and (high is None or number <= high)
        return (int(number) if number.is_integer() else number) if inside else None


@dataclass(frozen=True, slots=True)
class SlotCondition:
    """`condition: [{type: slot, name, value}]`: the variant is only for this value of the slot."""

    slot: str
    value: Any


@dataclass(frozen=True, slots=True)
class ButtonText:
    """A button as the pack wrote it, variables not yet filled in."""

    title: str
    payload: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to say a response."""

    node: Node
    text: str = ""
    buttons: tuple[ButtonText, ...] = ()
    image: str | None = None
    custom: Mapping[str, Any] | None = None
    channel: str | None = None
    conditions: tuple[SlotCondition, ...] = ()


@dataclass(frozen=True, slots=True)
class Domain:
    """All domain files of a pack together."""

    intents: Mapping[str, Node] = field(default_factory=dict)
    entities: Mapping[str, Node] = field(default_factory=dict)
    slots: Mapping[str, Slot] = field(default_factory=dict)
    responses: Mapping[str, tuple[Variant, ...]] = field(default_factory=dict)
    actions: Mapping[str, Node] = field(default_factory=dict)
    plain: Mapping[str, Any] = field(default_factory=dict)
    derived: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)
    """What was worked out of it once, for whoever asks again: it never changes."""

    def initial_slots(self) -> dict[str, Any]:
        return {name: slot.initial for name, slot in self.slots.items() if slot.initial is not None}

    def direct_response(self, intent: str) -> str | None:
        """The response that answers an intent directly: `utter_<intent>`, also for `faq/x`."""
        name = f"utter_{intent}"
        return name if name in self.responses else None


def parse_domain(files: Iterable[Node], problems: Problems) -> Domain:
    """The domain of all given files; what is wrong goes to `problems`."""
    reader = _Reader(problems)
    for file in files:
        reader.read(file)
    reader.check()
    return Domain(reader.intents, reader.entities, reader.slots, reader.responses, reader.actions, reader.plain)


class _Reader:
    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        self.intents: dict[str, Node] = {}
        self.entities: dict[str, Node] = {}
        self.slots: dict[str, Slot] = {}
        self.responses: dict[str, tuple[Variant, ...]] = {}
        self.actions: dict[str, Node] = {}
        self.forms: dict[str, Node] = {}
        self.plain: dict[str, Any] = {}

    def read(self, file: Node) -> None:
        if not file.is_mapping:
            self.problems.add(file, "a domain must be a mapping", "begin with `intents:`, `slots:`, `responses:`")
            return
        self.problems.unknown_keys(file, _TOP)
        version = file.get("version")
        if version is not None and not isinstance(version.value, str):
            self.problems.add(version, "`version` must be quoted text", 'write `version: "3.1"`')
        self.names(file, "intents", self.intents)
        self.names(file, "entities", self.entities)
        self.names(file, "actions", self.actions)
        for name, node in self.mapping(file, "slots"):
            if self.first(name, node, self.slots, "slot"):
                self.slots[name] = self.slot(name, node)
        for name, node in self.mapping(file, "responses"):
            if self.first(name, node, self.responses, "response"):
                self.response(name, node)
        for name, node in self.mapping(file, "forms"):
            self.forms[name] = node
        self.merge_plain(file)

    def merge_plain(self, file: Node) -> None:
        for key, node in file.items():
            value, known = node.plain(), self.plain.get(key)
            if isinstance(value, dict) and isinstance(known, dict):
                self.plain[key] = {**known, **value}
            elif isinstance(value, list) and isinstance(known, list):
                self.plain[key] = [*known, *value]
            else:
                self.plain[key] = value

    def mapping(self, file: Node, key: str) -> Iterable[tuple[str, Node]]:
        node = file.get(key)
        if node is None:
            return ()
        if not node.is_mapping:
            self.problems.add(node, f"`{key}` must be a mapping", f"write `{key}:` and then `name:` below it")
            return ()
        return node.items()

    def first(self, name: str, node: Node, known: Mapping[str, Any], what: str) -> bool:
        if name in known:
            self.problems.add(node, f"the {what} {name!r} is defined twice", "keep one of them")
        return name not in known

    def names(self, file: Node, key: str, into: dict[str, Node]) -> None:
        node = file.get(key)
        if node is None:
            return
        if not node.is_list:
            self.problems.add(node, f"`{key}` must be a list", f"write `{key}:` and then `- name` lines")
            return
        for item in node:
            name = self.name(item, key)
            if name and self.first(name, item, into, key.removesuffix("s")):
                into[name] = item

    def name(self, item: Node, key: str) -> str:
        if item.is_mapping and len(item.value) == 1:
            return str(next(iter(item.value)))
        if item.is_mapping or item.is_list or item.value is None:
            self.problems.add(item, f"an entry of `{key}` needs one name", "write `- name` or `- name: {…}`")
            return ""
        if not isinstance(item.value, str):
            self.problems.add(item, f"the name {item.value} is not text", f'quote it: `- "{item.value}"`')
        return str(item.value)

    def slot(self, name: str, node: Node) -> Slot:
        self.problems.unknown_keys(node, _SLOT_KEYS)
        kind = self.problems.text(node, "type")
        if kind and kind not in set(SlotType):
            self.problems.add(node.get("type") or node, f"unknown slot type {kind!r}", f"one of {', '.join(SlotType)}")
            kind = ""
        mappings = node.get("mappings")
        if mappings is None or not mappings.is_list or not mappings.value:
            hint = "add `mappings: [{type: custom}]` if only actions and flows set it"
            self.problems.add(mappings or node, "a slot needs `mappings`, a list", hint)
        values = tuple(v.value for v in node.get("values") or ())
        if kind == SlotType.CATEGORICAL and not values:
            self.problems.add(node, "a categorical slot needs `values`", "add `values: [a, b]`")
        low, high, initial = (node.get(key) for key in ("min_value", "max_value", "initial_value"))
        return Slot(
            name=name,
            type=SlotType(kind or SlotType.ANY),
            node=node,
            mappings=tuple(self.slot_mapping(m) for m in mappings or () if m.is_mapping),
            initial=initial.plain() if initial else None,
            values=values,
            minimum=self.number(low),
            maximum=self.number(high),
        )

    def number(self, node: Node | None) -> float | None:
        if node is None or (isinstance(node.value, int | float) and not isinstance(node.value, bool)):
            return float(node.value) if node else None
        self.problems.add(node, "must be a number", "write it without quotes")
        return None

    def slot_mapping(self, node: Node) -> SlotMapping:
        self.problems.unknown_keys(node, _MAPPING_KEYS)
        kind = self.problems.text(node, "type")
        if kind and kind not in _MAPPING_TYPES:
            self.problems.add(node, f"unknown mapping type {kind!r}", f"one of {', '.join(_MAPPING_TYPES)}")
        needed = {"from_entity": "entity", "from_intent": "value"}.get(kind)
        if needed and node.get(needed) is None:
            self.problems.add(node, f"a {kind} mapping needs `{needed}`", f"add `{needed}: …`")
        value, role, group = node.get("value"), node.get("role"), node.get("group")
        return SlotMapping(
            kind=kind,
            entity=self.problems.text(node, "entity", ""),
            role=str(role.value) if role else None,
            group=str(group.value) if group else None,
            intents=tuple(str(n.value) for n in node.get("intent") or ()),
            not_intents=tuple(str(n.value) for n in node.get("not_intent") or ()),
            value=value.plain() if value else None,
        )

    def response(self, name: str, node: Node) -> None:
        if not name.startswith("utter_"):
            self.problems.add(node, f"the name of response {name!r} must begin with utter_", f"write `utter_{name}`")
        if not node.is_list or not node.value:
            self.problems.add(node, f"response {name!r} needs a list of texts", "write `- text: …` below it")
            return
        self.responses[name] = tuple(self.variant(v) for v in node)

    def variant(self, node: Node) -> Variant:
        if not node.is_mapping:
            self.problems.add(node, "a text must be an item with `text:`", "write `- text: …`")
            return Variant(node)
        self.problems.unknown_keys(node, _VARIANT_KEYS)
        custom, image = node.get("custom"), node.get("image")
        if node.get("text") is None and custom is None and image is None:
            self.problems.add(node, "a response needs `text`, `image` or `custom`", "add `text: …`")
        return Variant(
            node=node,
            text=self.problems.text(node, "text", "").strip(),
            buttons=tuple(self.button(b) for b in node.get("buttons") or node.get("quick_replies") or ()),
            image=self.link(node, "image"),
            custom=custom.plain() if custom and custom.is_mapping else None,
            channel=self.problems.text(node, "channel", "") or None,
            conditions=tuple(self.condition(c) for c in node.get("condition") or ()),
        )

    def button(self, node: Node) -> ButtonText:
        self.problems.unknown_keys(node, ("title", "payload", "url", "type"))
        url = self.link(node, "url")
        payload = self.problems.text(node, "payload", "" if url else None)
        return ButtonText(self.problems.text(node, "title"), payload, url)

    def link(self, node: Node, key: str) -> str | None:
        """Where a customer is sent. One that begins with a variable is looked at when it is filled."""
        url = self.problems.text(node, key, "")
        if url and not url.startswith("{") and not is_harmless_link(url):
            message = f"{url!r} is nothing a customer may be sent to"
            self.problems.add(node.get(key) or node, message, "write https://host/path, mailto: or tel:")
        return url or None

    def condition(self, node: Node) -> SlotCondition:
        self.problems.unknown_keys(node, ("type", "name", "value"))
        if self.problems.text(node, "type") != "slot":
            self.problems.add(node, "a condition of a response has `type: slot`", "write `{type: slot, name, value}`")
        value = node.get("value")
        if value is not None and not value.is_scalar:
            self.problems.add(value, "a condition compares with one value", "write a text, a number, true or false")
            value = None
        return SlotCondition(self.problems.text(node, "name"), value.value if value else None)

    def check(self) -> None:
        """What refers to something inside the domain must find it there; Rasa keeps silent about these."""
        for slot in self.slots.values():
            for mapping in slot.mappings:
                self.check_mapping(slot, mapping)
        for name, variants in self.responses.items():
            for variant in variants:
                for condition in variant.conditions:
                    self.check_condition(name, variant, condition)
        for name, form in self.forms.items():
            self.problems.unknown_keys(form, ("required_slots", "ignored_intents"))
            for slot_node in form.get("required_slots") or ():
                if slot_node.is_scalar and slot_node.value not in self.slots:
                    hint = "define it under `slots`"
                    self.problems.add(slot_node, f"form {name!r} asks for the unknown slot {slot_node.value!r}", hint)

    def check_mapping(self, slot: Slot, mapping: SlotMapping) -> None:
        if mapping.entity and mapping.entity not in self.entities:
            hint = "list it under `entities`"
            self.problems.add(slot.node, f"slot {slot.name!r} maps the unknown entity {mapping.entity!r}", hint)
        for intent in (*mapping.intents, *mapping.not_intents):
            if intent not in self.intents:
                hint = "list it under `intents`"
                self.problems.add(slot.node, f"slot {slot.name!r} maps the unknown intent {intent!r}", hint)

    def check_condition(self, name: str, variant: Variant, condition: SlotCondition) -> None:
        if not condition.slot:
            return
        slot = self.slots.get(condition.slot)
        if slot is None:
            hint = "define it under `slots`"
            self.problems.add(variant.node, f"{name} depends on the unknown slot {condition.slot!r}", hint)
        elif slot.type is SlotType.CATEGORICAL and condition.value is not None and condition.value not in slot.values:
            hint = f"its values are {', '.join(map(str, slot.values))}"
            self.problems.add(variant.node, f"{name}: {condition.value!r} is no value of slot {slot.name!r}", hint)


def _truth(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    word = str(value).strip().casefold()
    if word in ("true", "yes", "ja", "1", "y", "j"):
        return True
    return False if word in ("false", "no", "nein", "0", "n") else None
