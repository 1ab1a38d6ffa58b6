"""Days that are moved from where they are ("one week later"): those shown, held or written, or of what is begun."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from nlu.dialogue import answers, done, earlier, moves
from nlu.dialogue.commands import Change, Command, CorrectSlot, SetSlot, StartFlow
from nlu.dialogue.levels import siblings
from nlu.dialogue.levels.situation import Situation, evidence, is_formless, wants
from nlu.dialogue.reading import Clause
from nlu.dialogue.serving import allowed
from nlu.dialogue.values.kinds import Wanted, wanted
from nlu.dialogue.values.readings import readings
from nlu.dialogue.values.shifts import Shift, shift
from nlu.dialogue.values.that_week import that_week
from nlu.flows import Flow

_LONGEST = 16
"""A message of more words tells a story, in which something may well be a week later."""


def of(situation: Situation, message: Clause) -> list[Command]:
    """What the message moves; nothing if it names a day itself, asks how something is, or moves nothing we know of."""
    context = situation.context
    found = shift(message.text, context.languages)
    if (
        found is None
        or message.asks_a_fact
        or len(message.tokens) > _LONGEST
        or _names_a_day(situation, message, found)
    ):
        return []
    if context.tracker.stack:
        return _in_the_open(situation, message, found)
    if situation.question is None or situation.question.expects in (*answers.ONLY_BARE, *answers.WRITING):
        return _of_done(situation, message, found) or _begun(situation, message, found)
    return []


def _names_a_day(situation: Situation, message: Clause, found: Shift) -> bool:
    context = situation.context
    days = readings(message.text, "date", context.today, context.languages)
    return any(not found.start <= one.start < found.end for one in days)


def _in_the_open(situation: Situation, message: Clause, found: Shift) -> list[Command]:
    """The days that are shown for confirmation; else, if one is asked, those that were told of what it is about."""
    context, question = situation.context, situation.question
    asked, proof = situation.asked, evidence(message, "value")
    if question is None or situation.other_matter(message):
        return []
    if asked is not None and set(asked.kinds) & moves.DAYS:
        values = _told(situation, asked, found)
        return [SetSlot(name, value, evidence=proof) for name, value in values.items()]
    if not situation.is_consent and question.expects != "change_what":
        return []
    values = moves.moved(situation.given, context.tracker.slots, found)
    return [CorrectSlot(name, value, evidence=proof) for name, value in values.items()]


def _told(situation: Situation, asked: Wanted, found: Shift) -> dict[str, Any]:
    """The asked day, and the other end of its span, from what the client's system told of it."""
    days = moves.told(situation.context)
    known = moves.moved_as(asked.kinds, days, found)
    if known is None:
        return {}
    values = {asked.slot.name: known}
    for other in situation.unfilled:
        if other.slot.name not in values and (value := moves.moved_as(other.kinds, days, found)) is not None:
            values[other.slot.name] = value
    return values


def _of_done(situation: Situation, message: Clause, found: Shift) -> list[Command]:
    """The days of what was just written, if the message is about it."""
    context = situation.context
    written = earlier.named(context, message.tokens) or done.last_open(context)
    if written is None or _numbered(situation, message, done.facts_of(written)):
        return []
    flow = context.pack.flows.get(written.flow)
    collects = {c.slot: c for c in flow.collects} if flow else {}
    wishes = [wanted(context.pack.domain, name, collects.get(name)) for name in done.collected_in(written)]
    values = moves.moved([w for w in wishes if w is not None], done.facts_of(written), found)
    return [Change(values, written.key, evidence=evidence(message, "value"))] if values else []


def _numbered(situation: Situation, message: Clause, facts: Mapping[str, Any]) -> bool:
    """Whether the message has a number of something else."""
    context = situation.context
    forms = [w for flow in context.pack.triggers.values() for w in _numbers(situation, flow)]
    own = {str(value).casefold() for value in facts.values()}
    found = answers.values_in(context, message, forms, held={}) if forms else []
    return any(str(one.value).casefold() not in own for one in found)


def _begun(situation: Situation, message: Clause, found: Shift) -> list[Command]:
    """The one process that works with the number in the message and asks for a day, where nothing else is sure."""
    context = situation.context
    sure = [c.strict_intent for c in situation.clauses if c.strict_intent in context.pack.triggers]
    if sure:
        return []
    starts: list[tuple[str, dict[str, Any]]] = []
    for name, flow in context.pack.triggers.items():
        numbers = _numbers(situation, flow)
        if not numbers or siblings.takes_back(context, name) or not allowed(context, flow):
            continue
        values = answers.values_in(context, message, [w for w in wants(context, flow) if _is_told(w)], held={})
        if _asks_a_day(situation, flow) and any(one.slot == w.slot.name for one in values for w in numbers):
            starts.append((name, {one.slot: one.value for one in values}))
    most = max((len(slots) for _, slots in starts), default=0)
    fullest = [(name, slots) for name, slots in starts if len(slots) == most]
    if len(fullest) != 1:
        return []
    (intent, slots), proof = fullest[0], evidence(message, "value")
    return [StartFlow(intent, {**slots, moves.NAME: message.text[found.start : found.end]}, evidence=proof)]


def _is_told(wish: Wanted) -> bool:
    return wish.is_typed and not is_formless(wish)


def _numbers(situation: Situation, flow: Flow) -> Sequence[Wanted]:
    """The slots of a flow that are numbers by which things are found."""
    return [w for w in wants(situation.context, flow) if w.has_form and w.entities]


def _asks_a_day(situation: Situation, flow: Flow) -> bool:
    return any(set(w.kinds) & moves.DAYS for w in wants(situation.context, flow))


def beside(situation: Situation, flow: Flow, clause: Clause, known: Mapping[str, Any]) -> dict[str, Any]:
    """The words that move a day of what a process finds before it asks for one, if the clause gives it none."""
    found = shift(clause.text, situation.context.languages)
    days = {w.slot.name for w in wants(situation.context, flow) if set(w.kinds) & moves.DAYS}
    if found is None or not days or days & set(known) or not _numbers(situation, flow):
        return {}
    return {moves.NAME: clause.text[found.start : found.end]}


def in_that_week(situation: Situation, made: Sequence[Command]) -> list[Command]:
    """The commands with the weekday of "that week" in the week of what was told of the thing; for a process that begins
    and has to find the thing first, it waits until then.
    """
    context = situation.context
    week = that_week(context.text, context.languages)
    if week is None:
        return list(made)
    days = moves.told(context) if context.tracker.stack else []
    found: list[Command] = []
    for one in made:
        if isinstance(one, StartFlow):
            found.append(_waiting(situation, one, context.text[week.start : week.end]))
        elif isinstance(one, SetSlot | CorrectSlot) and days and _is_a_day_slot(situation, one.slot):
            found.append(replace(one, value=week.beside(days[0]).isoformat()))
        else:
            found.append(one)
    return found


def _waiting(situation: Situation, start: StartFlow, words: str) -> StartFlow:
    """The start with the words for its day, until the process knows of which week they speak."""
    flow = situation.context.pack.triggers.get(start.intent)
    if flow is None or not _numbers(situation, flow):
        return start
    days = {w.slot.name for w in wants(situation.context, flow) if "date" in w.kinds}
    if len(days & set(start.slots)) != 1:
        return start
    slots = {name: value for name, value in start.slots.items() if name not in days}
    return replace(start, slots={**slots, moves.NAME: words})


def _is_a_day_slot(situation: Situation, name: str) -> bool:
    return any(w.slot.name == name and "date" in w.kinds for w in (*situation.unfilled, *situation.given))
