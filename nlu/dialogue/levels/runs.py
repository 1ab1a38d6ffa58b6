"""Whether values make one more run of a process, or belong to the run that is open."""

from collections.abc import Mapping, Sequence
from typing import Any

from nlu.dialogue.levels.situation import Situation, wants
from nlu.dialogue.tokens import tokenize
from nlu.dialogue.values.calendar import calendar
from nlu.dialogue.values.kinds import Wanted
from nlu.flows import Flow

COUNTED = frozenset({"money", "quantity"})


def counts(situation: Situation, flow: Flow) -> bool:
    """Whether each run of the process has a sum or a count of its own; not if one run takes a list of things."""
    wishes = wants(situation.context, flow)
    return any(set(w.kinds) & COUNTED for w in wishes) and not any(w.slot.type == "list" for w in wishes)


def tells_apart(situation: Situation, slots: Mapping[str, Any], flow: Flow) -> bool:
    """Whether these values make one more run: the process counts its things, or they have another number, day or kind,
    or another of just such values as the one that is held.
    """
    if counts(situation, flow):
        return True
    held = situation.context.tracker.slots
    for wish in wants(situation.context, flow):
        name = wish.slot.name
        if name not in slots or slots[name] == held.get(name):
            continue
        if not wish.free or wish.has_form or wish.kinds or are_alike(situation, wish, [slots[name], held.get(name)]):
            return True
    return False


def are_alike(situation: Situation, wish: Wanted, values: Sequence[Any]) -> bool:
    """Whether several values are months, weekdays, or on buttons of the question: one is in place of the other, or
    beside it, but no part of it.
    """
    words = calendar(situation.context.languages)
    choices = {str(value).casefold() for _, value in wish.titles}

    def is_day(one: Any) -> bool:
        return any(words.month(t.folded) or words.weekday(t.folded) is not None for t in tokenize(str(one or "")))

    return sum(map(is_day, values)) > 1 or sum(str(value).casefold() in choices for value in values) > 1
