"""What is added to an address that is shown: at whose door, or on which floor ("yes but write 'bei Huber' as well")."""

from collections.abc import Sequence

from nlu.dialogue.commands import Command, SetParts
from nlu.dialogue.levels import corrections
from nlu.dialogue.levels.situation import Situation, evidence
from nlu.dialogue.phrases import places_of
from nlu.dialogue.reading import Clause
from nlu.dialogue.tokens import Token
from nlu.dialogue.values.composite import ADDITION

_MOST = 3
"""A name has no more words, nor has a place in a house."""
_MARKS = frozenset(",;:!?\"'„“”»«()\n")


def of(situation: Situation, message: Clause) -> list[Command]:
    """At the confirmation of an address, or when it was asked what to change: the addition, with the parts that are
    put right in the same message. Nothing if the message asks something or is about another matter.
    """
    question = situation.question
    if question is None or not (question.is_consent or question.expects == "change_what"):
        return []
    if message.is_question or len(situation.composites) != 1 or not _has_street(situation):
        return []
    added = _addition(situation, message)
    if not added:
        return []
    slot = situation.composites[0].slot.name
    kept = str(situation.context.tracker.parts.get(slot, {}).get(ADDITION, ""))
    if kept and added.casefold() not in kept.casefold():
        added = f"{kept}, {added}"
    changed = [one.parts for one in corrections.changed_parts(situation, message) if one.slot == slot]
    parts = {**(changed[0] if changed else {}), ADDITION: added}
    return [SetParts(slot, parts, evidence=evidence(message, "value"))]


def _has_street(situation: Situation) -> bool:
    collect = situation.composites[0].collect
    return collect is not None and "street" in collect.parts


def _addition(situation: Situation, message: Clause) -> str:
    """The words that say at whose door or where in a house, "" if none do or they are denied."""
    lexicon, tokens = situation.context.lexicon, message.tokens
    if lexicon.cancel.any_in(tokens):
        return ""
    denied = frozenset(span.last + 1 for span in lexicon.instead.find(tokens))
    for span in lexicon.care_of.find(tokens):
        if span.first in denied:
            continue
        last = _name_end(situation, message, span.last)
        if last > span.last:
            return message.text[tokens[span.first].start : tokens[last].end]
    for span in lexicon.within_house.find(tokens):
        first, last = _around(situation, message, span.first, span.last)
        if first not in denied and (first, last) != (span.first, span.last):
            return message.text[tokens[first].start : tokens[last].end]
    return ""


def _name_end(situation: Situation, message: Clause, last: int) -> int:
    """The last word of the name behind a word such as "c/o"; none if more words follow than a name has."""
    tokens, small = message.tokens, _small(situation, message.tokens)
    end = last
    while end + 1 < len(tokens) and not _parted(message, end) and not tokens[end + 1].is_number:
        if end + 1 in small:
            break
        end += 1
    return end if end - last <= _MOST else last


def _around(situation: Situation, message: Clause, first: int, last: int) -> tuple[int, int]:
    """The stretch with the number or side beside a word such as "floor"."""
    tokens, small = message.tokens, _small(situation, message.tokens)
    if first > 0 and _is_count(situation, tokens[first - 1]) and not _parted(message, first - 1):
        first -= 1
    end = last
    while end + 1 < len(tokens) and not _parted(message, end) and end + 1 not in small and end - last < _MOST:
        end += 1
    return first, end


def _small(situation: Situation, tokens: Sequence[Token]) -> frozenset[int]:
    """Words of courtesy, of a request and of agreement, and small words: none of them is a name."""
    lexicon = situation.context.lexicon
    lists = (lexicon.please, lexicon.thanks, lexicon.fillers, lexicon.connectors, lexicon.articles, lexicon.copula)
    more = (lexicon.omitted, lexicon.another, lexicon.request, lexicon.yes, lexicon.own, lexicon.subjects)
    return places_of((*lists, *more), tokens)


def _is_count(situation: Situation, token: Token) -> bool:
    lexicon = situation.context.lexicon
    ordinals = (lexicon.first, lexicon.second, lexicon.third)
    return token.folded[:1].isdigit() or any(phrases.at([token], 0) is not None for phrases in ordinals)


def _parted(message: Clause, place: int) -> bool:
    """Whether a mark stands between a word and the next."""
    gap = message.text[message.tokens[place].end : message.tokens[place + 1].start]
    return any(mark in _MARKS for mark in gap) or (". " in gap and not message.tokens[place].is_number)
