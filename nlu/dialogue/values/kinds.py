"""What kind of value a slot takes: what its pack declares, else what its mappings, type and rejections tell."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from nlu.dialogue.tokens import stem, tokenize
from nlu.domain import Domain, Slot, SlotType
from nlu.flows import Collect
from nlu.payload import parse_payload

FREE = frozenset({"from_text", "custom", "from_llm", "controlled", "from_trigger_intent"})
_PLAIN_WORDS = ("lorem", "lorem ipsum dolor")
"""Words that no form accepts: a slot that takes them takes any words."""
_NAME = 3
_BUILT_IN = frozenset({"email", "iban", "date", "money", "phone", "time", "number"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """A slot with what can fill it. `kinds` are read from text by type, `entities` by their names; `has_form`: the
    rejections demand a form that plain words have not; `free`: whatever is written may be the value; `labels`: the
    stems of the words that name the slot; `titles`: the words on the buttons of its question, with their values.
    """

    slot: Slot
    collect: Collect | None
    kinds: tuple[str, ...]
    entities: tuple[str, ...]
    has_form: bool = False
    free: bool = False
    labels: frozenset[str] = frozenset()
    titles: tuple[tuple[tuple[str, ...], Any], ...] = ()

    @property
    def is_declared(self) -> bool:
        """Whether the pack says by which kind the value is read."""
        return bool(self.kinds) and self.collect is not None and bool(self.collect.value or self.collect.parts)

    @property
    def is_typed(self) -> bool:
        """Whether a value can be told from other words by its form."""
        return bool(self.kinds or self.entities or self.has_form) or self.slot.type in (
            SlotType.BOOL,
            SlotType.CATEGORICAL,
            SlotType.FLOAT,
        )

    def accepts(self, value: Any) -> bool:
        """Whether the slot can hold the value and no rejection that looks at it alone refuses it."""
        return _accepts(self.slot, self.collect, value)


def wanted(domain: Domain, name: str, collect: Collect | None = None) -> Wanted | None:
    """What fills the slot `name`, asked by `collect` if it is; None for a slot the domain does not know."""
    key = (name, id(collect))  # what is derived holds the collect, so that no other can have its id
    if key not in domain.derived:
        slot = domain.slots.get(name)
        domain.derived[key] = _derived(domain, name, slot, collect) if slot is not None else None
    wish: Wanted | None = domain.derived[key]
    return wish


def _derived(domain: Domain, name: str, slot: Slot, collect: Collect | None) -> Wanted:
    entities = tuple(m.entity for m in slot.mappings if m.kind == "from_entity")
    declared = collect.value if collect is not None else ""
    kinds = collect.parts if collect is not None and collect.parts else ((declared,) if declared else ())
    if not kinds:
        kinds = tuple(e for e in entities if e in _BUILT_IN)
        if slot.type is SlotType.FLOAT:
            kinds = (*kinds, "number")
    if kinds in (("text",), ("name",)):
        kinds = ()
    has_form = slot.type is SlotType.TEXT and not any(_accepts(slot, collect, words) for words in _PLAIN_WORDS)
    any_text = slot.type in (SlotType.TEXT, SlotType.ANY, SlotType.LIST) and any(m.kind in FREE for m in slot.mappings)
    labels = frozenset(_names(domain, name, entities))
    return Wanted(
        slot,
        collect,
        kinds,
        entities,
        has_form,
        free=any_text and not kinds,
        labels=labels,
        titles=_titles(domain, name, collect),
    )


def _accepts(slot: Slot, collect: Collect | None, value: Any) -> bool:
    fitted = slot.fit(value)
    if fitted is None:
        return False
    rejections = collect.rejections if collect is not None else ()
    alone = (r for r in rejections if r.condition.slot_names() <= {slot.name})
    return not any(r.condition.holds({slot.name: fitted}) for r in alone)


def _titles(domain: Domain, slot: str, collect: Collect | None) -> tuple[tuple[tuple[str, ...], Any], ...]:
    """The words of each button that sets the slot, in every language."""
    variants = domain.responses.get(collect.utter, ()) if collect is not None else ()
    found: dict[tuple[str, ...], Any] = {}
    for button in (b for v in variants for b in v.buttons):
        payload = parse_payload(button.payload)
        if payload is not None and slot in payload.slots:
            found.setdefault(tuple(t.folded for t in tokenize(button.title)), payload.slots[slot])
    return tuple(found.items())


def _names(domain: Domain, slot: str, entities: tuple[str, ...]) -> Iterator[str]:
    """The words of the slot's label in every language, of its name and of its entities."""
    variants = domain.responses.get(f"utter_label_{slot}", ())
    for text in (*(v.text for v in variants), slot.replace("_", " "), *(e.replace("_", " ") for e in entities)):
        yield from (stem(t.folded) for t in tokenize(text) if len(t.folded) >= _NAME and not t.is_number)
