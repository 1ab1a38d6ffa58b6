"""Spans of days at a confirmation: what is shown never ends before it begins."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from nlu.dialogue.commands import Affirm, Command, CorrectSlot, StartFlow
from nlu.dialogue.levels.situation import Situation
from nlu.dialogue.tokens import tokenize

_SOON = 3
"""A day that follows so soon may belong to the span: a weekend lies between."""


def in_order(situation: Situation, made: Sequence[Command]) -> list[Command]:
    """The commands, with a day alone that lies behind the end of the span that is shown as its new end, if it follows
    soon; else as one more run for this day. Behind a no it is all that is meant.
    """
    tracker = situation.context.tracker
    if not tracker.stack:
        return _single_days(situation, made)
    starts = {w.slot.name for w in situation.given if "start" in w.kinds}
    ends = [w.slot.name for w in situation.given if "end" in w.kinds]
    if len(ends) != 1 or any(isinstance(c, CorrectSlot) and c.slot == ends[0] for c in made):
        return _single_days(situation, made)
    end = str(tracker.slots.get(ends[0]) or "")
    found: list[Command] = []
    for one in made:
        if isinstance(one, CorrectSlot) and one.slot in starts and end and str(one.value) > end:
            found += _behind_the_end(situation, one, ends[0], end)
        else:
            found.append(one)
    return _single_days(situation, found)


def _behind_the_end(situation: Situation, one: CorrectSlot, name: str, end: str) -> list[Command]:
    moved = replace(one, slot=name)
    if _says_no(situation):
        return [one, moved]
    question = situation.question
    root = situation.context.tracker.root_of(question.frame) if question and question.frame else None
    near = (date.fromisoformat(str(one.value)) - date.fromisoformat(end)).days <= _SOON
    if near or root is None or not root.intent:
        return [moved]
    return [StartFlow(root.intent, {one.slot: one.value, name: one.value}, again=True, evidence=one.evidence)]


def _single_days(situation: Situation, made: Sequence[Command]) -> list[Command]:
    """The commands; one more run that gets only its first day, beside a yes, is of this day alone."""
    if not any(isinstance(c, Affirm) for c in made):
        return list(made)
    ends = {w.slot.name for w in situation.given if "end" in w.kinds}
    starts = {w.slot.name for w in situation.given if "start" in w.kinds}
    found: list[Command] = []
    for one in made:
        if isinstance(one, StartFlow) and one.again and len(ends) == 1 and set(one.slots) & starts:
            end, day = next(iter(ends)), next(one.slots[name] for name in one.slots if name in starts)
            found.append(one if end in one.slots else replace(one, slots={**one.slots, end: day}))
        else:
            found.append(one)
    return found


def _says_no(situation: Situation) -> bool:
    """Whether the message begins with a no: what is shown is not meant at all."""
    return situation.context.lexicon.no.at(tokenize(situation.context.text), 0) is not None
