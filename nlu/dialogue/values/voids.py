"""What a text says no longer holds: what stands before a repair, and what is named as wrong."""

from collections.abc import Sequence

from nlu.dialogue.lexicon import Lexicon
from nlu.dialogue.tokens import Token, tokenize
from nlu.dialogue.values.candidates import Filled
from nlu.dialogue.values.sheet import NONE, Sheet

_A_WORD = 3


def voided(text: str, lexicon: Lexicon) -> list[tuple[int, int]]:
    """The stretches of a text whose values do not hold: up to the last repair in the middle of it, and the word or two
    after `not`, `instead of` and their like.
    """
    tokens = tokenize(text)
    stretches: list[tuple[int, int]] = []
    repairs = [s for s in lexicon.repair.find(tokens) if s.first > 0 and s.last < len(tokens) - 1]
    if repairs and _holds_value(tokens[repairs[-1].last + 1 :]) and _holds_value(tokens[: repairs[-1].first]):
        stretches.append((0, tokens[repairs[-1].last].end))
    for span in lexicon.instead.find(tokens):
        after = tokens[span.last + 1 : span.last + 4]
        value = next((t for t in after if t.is_number), None)
        elsewhere = [t for t in tokens if t.is_number and t is not value]
        if value is not None and elsewhere:
            stretches.append((tokens[span.first].start, value.end))
    return stretches


def _holds_value(tokens: Sequence[Token]) -> bool:
    """Whether something like a value is among the words: a number, or a word of some length."""
    return any(t.is_number or len(t.folded) >= _A_WORD for t in tokens)


def repaired(it: Sheet) -> list[Filled]:
    """Values before a repair of slots that get another one after it."""
    if it.lexicon is None:
        return []
    tokens = it.tokens
    exchanges = it.lexicon.instead.places(tokens)
    repairs = [
        s
        for s in it.lexicon.repair.find(tokens)
        if s.first > 0 and s.last < len(tokens) - 1 and not exchanges & set(s.own)
    ]
    return [
        one
        for found in it.found.values()
        for one in found
        if one.end - one.start < len(it.text.strip())
        and any(
            one.end <= tokens[span.first].end and any(tokens[span.last].start <= other.start for other in found)
            for span in repairs
        )
    ]


def denied(it: Sheet) -> list[Filled]:
    """Values that are named as those that do not hold, if another one is given: behind `not`, `statt` and their like
    the value that a slot has, or any number.
    """
    if it.lexicon is None:
        return []
    tokens = it.tokens
    stretches: list[tuple[int, int]] = []
    for span in it.lexicon.instead.find(tokens):
        last = next((n for n in range(span.last + 1, len(tokens)) if _ends(it, tokens, n)), len(tokens))
        if last > span.last + 1:
            stretches.append((tokens[span.last].end, tokens[last - 1].end))
    worse = [(tokens[s.last].end, len(it.text)) for s in it.lexicon.preferred.find(tokens) if s.last < len(tokens) - 1]
    numbers = voided(it.text, it.lexicon)
    return [
        one
        for name, found in it.found.items()
        for one in found
        if any(s <= one.start < e for s, e in worse)
        or (any(s <= one.start < e for s, e in stretches) and one.value == it.held.get(name, NONE))
        or any(s <= one.start < e and s > 0 for s, e in numbers)
        or (any(s <= one.start < e for s, e in numbers) and any(s <= one.start < e for s, e in stretches))
    ]


def _ends(it: Sheet, tokens: Sequence[Token], place: int) -> bool:
    """Whether what is denied ends before this word: a comma, or `sondern`, `but`."""
    assert it.lexicon is not None
    comma = "," in it.text[tokens[place - 1].end : tokens[place].start]
    return comma or tokens[place].folded in it.lexicon.contrast.words
