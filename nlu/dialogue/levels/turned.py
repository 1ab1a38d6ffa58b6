"""Days that are not meant: one of a span that ends before it begins ("from the 24th to the 23rd"), which is asked, and
one that somebody is busy on, where the next sentence has another.
"""

from collections.abc import Sequence
from datetime import date

from nlu.dialogue import answers
from nlu.dialogue.commands import CannotHandle, Command, Evidence, SetSlot
from nlu.dialogue.levels.situation import Situation, evidence, wants
from nlu.dialogue.reading import Clause
from nlu.dialogue.values.calendar import calendar
from nlu.dialogue.values.dates import days
from nlu.dialogue.values.kinds import Wanted
from nlu.dialogue.values.spans import turns

_KINDS = frozenset({"start", "end"})
_TWO = 2


def chosen(situation: Situation, message: Clause) -> list[Command]:
    """The day that is asked for, of sentences with several: not the one that is named as busy ("Wednesday I'm away. How
    about Friday?").
    """
    wish, context = situation.asked, situation.context
    if wish is None or "date" not in wish.kinds or len(situation.clauses) < _TWO:
        return []
    said = [clause for clause in situation.clauses if not context.lexicon.says_little(clause.text)]
    named = [clause for clause in said if days(clause.text, context.today, calendar(context.languages))]
    busy = [clause for clause in named if context.lexicon.busy.any_in(clause.tokens)]
    if not busy or len(named) == len(busy) or len(named) < len(said):
        return []
    filled = answers.values_in(context, message, [wish], asked=wish.slot.name)
    outside = [one for one in filled if not any(message.text[one.start : one.end] in clause.text for clause in busy)]
    return [SetSlot(one.slot, one.value, evidence=evidence(message, "value")) for one in outside[:1]]


def of(situation: Situation, clause: Clause, wish: Wanted) -> list[Command]:
    """An end that was asked for and lies before the day it begins on: it is no other beginning either."""
    context = situation.context
    starts = [w.slot.name for w in situation.given if "start" in w.kinds]
    held = next((value for name in starts if (value := context.tracker.slots.get(name)) is not None), None)
    if "end" not in wish.kinds or not isinstance(held, str) or situation.cue(clause):
        return []
    found = days(clause.text, context.today, calendar(context.languages))
    if (
        len(found) != 1
        or found[0].is_weekday
        or found[0].part == "start"
        or not turns(found[0].day, date.fromisoformat(held))
    ):
        return []
    return [CannotHandle("no_value", evidence=evidence(clause))]


def noted(situation: Situation, made: Sequence[Command]) -> list[Command]:
    """The commands with an honest word about such a span, where one is asked for or a process that begins has one."""
    context = situation.context
    flows = [f.flow for f in context.tracker.stack]
    flows += [
        context.pack.triggers[name].id for c in made if (name := getattr(c, "intent", "")) in context.pack.triggers
    ]
    known = (context.pack.flows.get(name) for name in flows)
    if not any(_KINDS & set(wish.kinds) for flow in known if flow is not None for wish in wants(context, flow)):
        return list(made)
    found = days(context.text, context.today, calendar(context.languages))
    first = next((one for one in found if one.part == "start"), None)
    last = next((one for one in found if one.part == "end"), None)
    if (
        first is None
        or last is None
        or last.is_weekday
        or not first.end <= last.start
        or not turns(last.day, first.day)
    ):
        return list(made)
    return [*made, CannotHandle("part", evidence=Evidence(context.text[first.start : last.end].strip()))]
