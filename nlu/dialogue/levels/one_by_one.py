"""A value in words that is a list of months or weekdays ("oct and nov"): one run of the process for each."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from nlu.dialogue.commands import Command, CorrectSlot, SetSlot, StartFlow
from nlu.dialogue.levels.runs import counts
from nlu.dialogue.levels.situation import Situation, wants
from nlu.dialogue.tokens import Token, tokenize
from nlu.dialogue.values.calendar import Calendar, calendar
from nlu.dialogue.values.kinds import Wanted
from nlu.flows import Flow

_MOST = 4
"""So many runs come of one value; of more nobody means each."""
_BORDERS = ",;/&+\n"
_A_YEAR = 4


@dataclass(frozen=True, slots=True)
class _List:
    """Where months or weekdays are listed, and each of them as it is written."""

    start: int
    end: int
    pieces: tuple[str, ...]


def parted(situation: Situation, made: Sequence[Command]) -> list[Command]:
    """The commands; one that gives a process a list of months or weekdays as one value gives it the first, and the
    others are runs of their own. Only of a process that knows what it takes by its words, and counts nothing.
    """
    if any(isinstance(c, StartFlow) and c.again for c in made):
        return list(made)
    found: list[Command] = []
    for one in made:
        found += _runs(situation, one)
    return found


def _runs(situation: Situation, one: Command) -> list[Command]:
    intent, flow = _process(situation, one)
    if flow is None or not intent or counts(situation, flow):
        return [one]
    slots = one.slots if isinstance(one, StartFlow) else {one.slot: one.value}  # type: ignore[attr-defined]
    for wish in wants(situation.context, flow):
        pieces = _pieces(situation, wish, slots.get(wish.slot.name))
        if len(pieces) <= 1 or len(pieces) > _MOST:
            continue
        name = wish.slot.name
        more = [StartFlow(intent, {name: piece}, again=True, evidence=one.evidence) for piece in pieces[1:]]
        if isinstance(one, StartFlow):
            return [replace(one, slots={**one.slots, name: pieces[0]}), *more]
        return [replace(one, value=pieces[0]), *more]  # type: ignore[call-arg]
    return [one]


def _process(situation: Situation, one: Command) -> tuple[str, Flow | None]:
    """The process that a command begins, or that the value is for."""
    context, question = situation.context, situation.question
    if isinstance(one, StartFlow):
        return one.intent, context.pack.triggers.get(one.intent)
    if not isinstance(one, SetSlot | CorrectSlot) or question is None or question.frame is None:
        return "", None
    root = context.tracker.root_of(question.frame)
    return root.intent, context.pack.flows.get(root.flow)


def _pieces(situation: Situation, wish: Wanted, value: Any) -> list[str]:
    """The months or weekdays of a value that is nothing but one or a list of them, with those that the message lists
    beside it ("sep, oct and nov").
    """
    if not isinstance(value, str) or wish.slot.type != "text" or not (wish.free and wish.entities) or wish.kinds:
        return []
    own = _lists(situation, value)
    if len(own) != 1 or own[0].start > 0 or own[0].end < len(value.rstrip(" .")):
        return []
    text = situation.context.text
    listed = next((one for one in _lists(situation, text) if set(own[0].pieces) <= set(one.pieces)), own[0])
    pieces = own[0].pieces if _puts_right(situation) else listed.pieces
    fitted = [wish.slot.fit(piece) for piece in dict.fromkeys(pieces)]
    return fitted if all(one is not None and wish.accepts(one) for one in fitted) else []


def _puts_right(situation: Situation) -> bool:
    """Whether something is denied or taken back in the message: then not all that is named is meant."""
    lexicon, tokens = situation.context.lexicon, tokenize(situation.context.text)
    return any(phrases.any_in(tokens) for phrases in (lexicon.instead, lexicon.repair, lexicon.preferred))


def _lists(situation: Situation, text: str) -> list[_List]:
    """The months or weekdays that follow each other with nothing but a connecting word or a mark between them."""
    tokens, words = tokenize(text), calendar(situation.context.languages)
    joins = situation.context.lexicon.connectors.places(tokens)
    found: list[_List] = []
    behind, kind_before = -1, ""
    place = 0
    while place < len(tokens):
        kind, after = _kind(tokens, place, words)
        if not kind:
            place += 1
            continue
        piece = text[tokens[place].start : tokens[after - 1].end]
        between = text[found[-1].end : tokens[place].start] if found else ""
        led = all(n in joins for n in range(behind, place))
        if found and kind == kind_before and led and (place > behind or any(mark in between for mark in _BORDERS)):
            found[-1] = replace(found[-1], end=tokens[after - 1].end, pieces=(*found[-1].pieces, piece))
        else:
            found.append(_List(tokens[place].start, tokens[after - 1].end, (piece,)))
        kind_before, behind, place = kind, after, after
    return found


def _kind(tokens: Sequence[Token], place: int, words: Calendar) -> tuple[str, int]:
    """Whether a month, with its year or without, or a weekday stands there, and the place behind it."""
    if words.month(tokens[place].folded) is not None:
        year = place + 1 < len(tokens) and tokens[place + 1].is_number and len(tokens[place + 1].folded) == _A_YEAR
        return "month", place + (2 if year else 1)
    return ("weekday", place + 1) if words.weekday(tokens[place].folded) is not None else ("", place)
