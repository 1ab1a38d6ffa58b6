"""The same process once more with another value: what its second run takes over from the first."""

from collections.abc import Mapping
from typing import Any

from nlu.dialogue import flow_steps
from nlu.dialogue.turn import TurnContext
from nlu.dialogue.values.kinds import Wanted, wanted
from nlu.flows import Collect

_OF_ITS_OWN = frozenset({"money", "number", "quantity"})
"""What each thing has for itself: nobody claims the hotel with the sum of the taxi."""


def kept(context: TurnContext, fresh: Mapping[str, Any]) -> dict[str, Any]:
    """What was said in the run that just ended and holds for the next one as well: numbers of people and orders, days,
    addresses; no sums, no counts, no free words and no yes. `fresh` are the values of the next run.
    """
    last = context.tracker.last
    flow = context.pack.flows.get(last.get("flow", ""))
    known: Mapping[str, Any] = last.get("slots", {})
    if flow is None:
        return {}
    collects = {c.slot: c for part in flow_steps.parts(context, flow.id) for c in part.collects}
    found = {
        name: value
        for name, value in known.items()
        if name not in fresh
        and name in collects
        and (wish := wanted(context.pack.domain, name, collects[name])) is not None
        and may_be_kept(wish)
    }
    return {name: value for name, value in found.items() if not _has_passed(collects[name], collects, fresh, value)}


def _has_passed(collect: Collect, collects: Mapping[str, Collect], fresh: Mapping[str, Any], value: Any) -> bool:
    """Whether it is the end of a span that lies before its new beginning."""
    if collect.value != "end":
        return False
    begins = (str(fresh[name]) for name, one in collects.items() if one.value == "start" and name in fresh)
    return any(str(value) < begin for begin in begins)


def may_be_kept(wish: Wanted) -> bool:
    """Whether a second run may have the value of the first."""
    told = wish.is_typed or (wish.collect is not None and bool(wish.collect.parts))
    return told and wish.slot.type != "bool" and not set(wish.kinds) & _OF_ITS_OWN
