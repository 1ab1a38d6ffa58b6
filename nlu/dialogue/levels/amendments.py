"""Several values put right in one message at a confirmation, each in its own part ("no, to Graz and make it 900")."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from nlu.dialogue import answers
from nlu.dialogue.commands import Command, CorrectSlot
from nlu.dialogue.levels import corrections, labels
from nlu.dialogue.levels.situation import Situation, evidence, is_formless
from nlu.dialogue.reading import Clause, stretch
from nlu.dialogue.replacements import without_cues
from nlu.dialogue.tokens import Token, stem
from nlu.dialogue.values.kinds import Wanted
from nlu.dialogue.values.readings import readings

_BORDERS = frozenset(",;.!\n")
_EDGES = " ,;.!\n"
_A_WORD = 3
_LONGEST = 40
_FEW = 4
"""So many words in place of others may leave the days that were said with these as they are."""


def given(situation: Situation, message: Clause) -> list[Command]:
    """What each part puts right: by the name of its question, by its form, or by words that what was said has too.
    Nothing if only values of a form are in it, if one part is about something else, or if it is one part only.
    """
    question = situation.question
    asked = question is not None and (situation.is_consent or question.expects == "change_what")
    if not asked or message.is_question or len(message.tokens) > _LONGEST:
        return []
    if situation.context.lexicon.instead.any_in(message.tokens):
        return []
    parts = [part for part in _parts(situation, message) if _says_something(situation, part)]
    if len(parts) <= 1 or not _puts_right(situation, message):
        return []
    made: dict[str, Any] = {}
    in_words = False
    for part in _with_their_words(situation, parts):
        found, worded = _of_part(situation, part)
        if not found:
            return []
        in_words = in_words or worded
        made |= found
    held = situation.context.tracker.slots
    proof = evidence(message, "value")
    changes = [CorrectSlot(name, value, evidence=proof) for name, value in made.items() if value != held.get(name)]
    return list(changes) if in_words and len(made) > 1 else []


def _puts_right(situation: Situation, message: Clause) -> bool:
    lexicon = situation.context.lexicon
    return lexicon.no.at(message.tokens, 0) is not None or situation.cue(message)


def _parts(situation: Situation, message: Clause) -> list[Clause]:
    """The stretches between marks and connecting words."""
    lexicon, tokens, text = situation.context.lexicon, message.tokens, message.text
    borders: list[tuple[int, int]] = []
    for place in range(1, len(tokens)):
        span = lexicon.connectors.at(tokens, place)
        gap = text[tokens[place - 1].end : tokens[place].start]
        if span is not None and span.last < len(tokens) - 1:
            borders.append((tokens[place].start, tokens[span.last].end))
        elif any(mark in _BORDERS for mark in gap) and not (tokens[place - 1].is_number and "." in gap):
            borders.append((tokens[place].start, tokens[place].start))
    edges = [(0, 0), *borders, (len(text), len(text))]
    cut = [(before[1], after[0]) for before, after in pairwise(edges)]
    return [stretch(message, start, end) for start, end in cut if text[start:end].strip(" ,;:.-!")]


def _says_something(situation: Situation, part: Clause) -> bool:
    return bool(_telling(situation, part))


def _telling(situation: Situation, part: Clause) -> Sequence[Token]:
    """The words of a part behind its no and the words that only lead to what is meant."""
    lexicon = situation.context.lexicon
    rest = without_cues(situation.context, part.tokens)
    empty = (
        lexicon.thanks.places(part.tokens) | lexicon.please.places(part.tokens) | lexicon.fillers.places(part.tokens)
    )
    return [t for t in rest if part.tokens.index(t) not in empty]


def _with_their_words(situation: Situation, parts: Sequence[Clause]) -> list[Clause]:
    """The parts, with one that nothing is put right by joined to the one before it, whose words it goes on with."""
    joined: list[Clause] = []
    for part in parts:
        if joined and not _of_part(situation, part)[0] and _labelled(situation, joined[-1]) is not None:
            joined[-1] = _as_one(situation, joined[-1], part)
        else:
            joined.append(part)
    return joined


def _as_one(situation: Situation, first: Clause, last: Clause) -> Clause:
    """Two parts and what stands between them as one."""
    text = situation.context.text[first.start : last.start + len(last.text)]
    return Clause(text, first.start, first.understanding, first.lexicon)


def _of_part(situation: Situation, part: Clause) -> tuple[dict[str, Any], bool]:
    """What a part puts right, and whether in words that have no form."""
    if (named := _labelled(situation, part)) is not None:
        return named, True
    changes = corrections.changes(situation, part)
    telling = [t for t in _telling(situation, part) if not t.is_number and len(t.folded) >= _A_WORD]
    if changes and len(telling) <= _A_WORD:
        return {one.slot: one.value for one in changes}, False
    again = {one.slot: one.value for one in answers.spans(situation.context, part, situation.given)}
    if again and len(telling) <= _A_WORD:
        return again, False  # it is so already ("and 5 pieces")
    akin = _akin(situation, part)
    return ({} if akin is None else akin), True


def _labelled(situation: Situation, part: Clause) -> dict[str, Any] | None:
    """The value that a part gives by the name of its slot at its beginning."""
    lexicon = situation.context.lexicon
    tokens = list(without_cues(situation.context, part.tokens))
    while tokens and lexicon.articles.at(tokens, 0) is not None:
        del tokens[0]
    for wish in situation.given:
        if is_formless(wish):
            continue
        length = next((n for n, t in enumerate(tokens) if stem(t.folded) not in wish.labels), len(tokens))
        if not 0 < length < len(tokens) or not any(len(t.folded) > _A_WORD for t in tokens[:length]):
            continue
        verb = lexicon.copula.at(tokens, length)
        begin = verb.last + 1 if verb is not None else length
        if begin >= len(tokens):
            continue
        words = stretch(part, tokens[begin].start, len(part.text))
        value = labels.value_in(situation, words, wish)
        if value is None and wish.free and not wish.kinds:
            value = wish.slot.fit(words.text.strip(_EDGES))
        if value is not None and wish.accepts(value):
            return {wish.slot.name: _with_days(situation, wish, value)}
    return None


def _with_days(situation: Situation, wish: Wanted, value: Any) -> Any:
    """Words for others that ended in days keep these, if they name none: "Graz" for "Vienna 3 May"."""
    context = situation.context
    held = context.tracker.slots.get(wish.slot.name)
    if wish.is_typed or not isinstance(held, str) or not isinstance(value, str) or len(value.split()) > _FEW:
        return value
    days = readings(held, "date", context.today, context.languages)
    if not days or readings(value, "date", context.today, context.languages):
        return value
    first, last = min(one.start for one in days), max(one.end for one in days)
    ends = not held[last:].strip(" .,") and held[:first].strip()
    return wish.slot.fit(f"{value} {held[first:]}") if ends else value


def _akin(situation: Situation, part: Clause) -> dict[str, Any] | None:
    """The new words for the one value in words that has most of theirs already ("Dell 27 inch", "the 27 inch ones")."""
    telling = _telling(situation, part)
    words = {stem(t.folded) for t in telling}
    for wish in situation.given:
        held = situation.context.tracker.slots.get(wish.slot.name)
        if not wish.free or wish.is_typed or not isinstance(held, str):
            continue
        shared = words & {stem(t.folded) for t in Clause(held, 0, part.understanding, part.lexicon).tokens}
        if shared and len(shared) * 2 >= len(words) and len(telling) > 1:
            value = wish.slot.fit(part.text[telling[0].start : telling[-1].end])
            if value is not None and wish.accepts(value):
                return {wish.slot.name: value}
    return None
