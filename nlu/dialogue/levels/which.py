"""Which of several writes is to be taken back or changed: what the words name, else it is asked."""

from collections.abc import Mapping, Sequence
from typing import Any

from conversation.conversation import HandoffReason
from nlu.dialogue import answers, choices, done, earlier
from nlu.dialogue.commands import Change, Command, Deny, Handoff, Undo, WhichWrite
from nlu.dialogue.levels.names import is_name, names_of
from nlu.dialogue.levels.situation import Situation, evidence
from nlu.dialogue.polarity import polarity
from nlu.dialogue.reading import Clause
from nlu.dialogue.refusals import named
from nlu.dialogue.state import DoneWrite
from nlu.dialogue.values.calendar import calendar

_NEAR_THE_FRONT = 2
_A_NAME = 5


def undo(situation: Situation, clause: Clause) -> Command:
    """Taking back the write that the clause names, else the only one that may be meant."""
    pool = meant(situation, clause)
    able = [one for one in pool if choices.can(situation.context, one, "undo")]
    if len(able) > 1:
        return WhichWrite("undo", {one.key: {} for one in able}, evidence=evidence(clause))
    only = able[0] if able and pool[0] is able[0] else pool[0]
    return Undo("", only.key, evidence=evidence(clause))


def change(clause: Clause, slots: Mapping[str, Mapping[str, Any]]) -> Command:
    """Changing the one write that has other values in `slots`, by key; asked, if there are several."""
    told = evidence(clause, "value")
    if len(slots) > 1:
        return WhichWrite("change", slots, evidence=told)
    key, values = next(iter(slots.items()))
    return Change(values, key, evidence=told)


def meant(situation: Situation, clause: Clause) -> list[DoneWrite]:
    """The writes a clause may be about, the latest first: the one it names by a value, those of the matter it names,
    the one that was just taken up, the last if it says so; else all. Empty only if there are none.
    """
    context = situation.context
    writes = done.open_writes(context)
    if len(writes) < 2:
        return writes
    if (one := earlier.named(context, clause.tokens)) is not None:
        return [one]
    about = context.tracker.expecting.get("about", "")
    if taken := [one for one in writes if one.key == about]:
        return taken
    words = named(clause.tokens)
    own = [one for one in writes if is_name(words, names_of(situation, one.intent).words)]
    pool = own or writes
    says_last = any(calendar(context.languages).has("last", t.folded) for t in clause.tokens)
    return pool[:1] if says_last else pool


def answer(situation: Situation, message: Clause) -> list[Command]:  # noqa: PLR0911 - one case after another
    """The answer to "which of these?": by a value, by the matter, or by its place."""
    context, question = situation.context, situation.question
    if question is not None and question.expects in answers.WRITING:
        return _another_one(situation, message)
    if question is None or question.expects != choices.WHICH:
        return []
    keys: Mapping[str, Mapping[str, Any]] = context.tracker.expecting.get("slots", {})
    listed = [one for key in keys for one in done.open_writes(context) if one.key == key]
    found = [one for one in meant(situation, message) if one.key in keys]
    one = found[0] if len(found) == 1 and len(listed) > 1 else _by_place(situation, message, listed)
    if one is not None:
        if context.tracker.expecting.get("what") == "undo":
            return [Undo("", one.key, evidence=evidence(message))]
        return [Change(keys[one.key], one.key, evidence=evidence(message))]
    if context.lexicon.both.any_in(message.tokens):
        return [Handoff(HandoffReason.CHANGE, evidence=evidence(message))]
    leaves = context.lexicon.cancel.any_in(message.tokens) or context.lexicon.none_of.any_in(message.tokens)
    if leaves or polarity(message.text, context.lexicon).sense is False:
        return [Deny(evidence=evidence(message))]
    return []


def _another_one(situation: Situation, message: Clause) -> list[Command]:
    """Asked whether to take back or change one write, the customer names another: that one is asked about instead."""
    context = situation.context
    one = earlier.named(context, message.tokens)
    if one is None or one is done.last_open(context) or len(message.tokens) > _A_NAME or message.is_question:
        return []
    figures = any(t.is_number for t in message.tokens)
    if context.tracker.expects == "undo":
        return [Undo("", one.key, evidence=evidence(message))]
    slots = context.tracker.expecting.get("slots", {})
    return [] if figures else [Change(slots, one.key, evidence=evidence(message))]


def _by_place(situation: Situation, message: Clause, listed: Sequence[DoneWrite]) -> DoneWrite | None:
    lexicon = situation.context.lexicon
    lists = (lexicon.first, lexicon.second, lexicon.third)
    for one, words in zip(listed, lists, strict=False):
        if any(words.at(message.tokens, n) is not None for n in range(min(_NEAR_THE_FRONT, len(message.tokens)))):
            return one
    return None
