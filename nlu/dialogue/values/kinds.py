"""What kind of value a slot takes: what its pack declares, else what its mappings, type and rejections tell."""

from dataclasses import dataclass
from typing import Any

from nlu.domain import Domain, Slot, SlotType
from nlu.flows import Collect

FREE = frozenset({"from_text", "custom", "from_llm", "controlled", "from_trigger_intent"})
_BUILT_IN = frozenset({"email", "iban", "date", "money", "phone", "time", "number"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """A slot with what can fill it. `kinds` are read from text by type, `entities` by their names; `has_form`: the
    rejections judge the value by its form; `free`: whatever is written may be the value.
    """

    slot: Slot
    collect: Collect | None
    kinds: tuple[str, ...]
    entities: tuple[str, ...]
    has_form: bool = False
    free: bool = False

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
        if self.slot.fit(value) is None:
            return False
        rejections = self.collect.rejections if self.collect is not None else ()
        alone = (r for r in rejections if r.condition.slot_names() <= {self.slot.name})
        return not any(r.condition.holds({self.slot.name: self.slot.fit(value)}) for r in alone)


def wanted(domain: Domain, name: str, collect: Collect | None = None) -> Wanted | None:
    """What fills the slot `name`, asked by `collect` if it is; None for a slot the domain does not know."""
    slot = domain.slots.get(name)
    if slot is None:
        return None
    entities = tuple(m.entity for m in slot.mappings if m.kind == "from_entity")
    declared = collect.value if collect is not None else ""
    kinds = collect.parts if collect is not None and collect.parts else ((declared,) if declared else ())
    if not kinds:
        kinds = tuple(e for e in entities if e in _BUILT_IN)
        if slot.type is SlotType.FLOAT:
            kinds = (*kinds, "number")
    if kinds in (("text",), ("name",)):
        kinds = ()
    has_form = collect is not None and any(name in r.condition.slot_names() for r in collect.rejections)
    any_text = slot.type in (SlotType.TEXT, SlotType.ANY, SlotType.LIST) and any(m.kind in FREE for m in slot.mappings)
    return Wanted(slot, collect, kinds, entities, has_form, free=any_text and not kinds)
