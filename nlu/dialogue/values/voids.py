"""What a text says no longer holds: what stands before a repair, and what is named as wrong."""

import re
from collections.abc import Sequence
from itertools import pairwise

from nlu.dialogue.lexicon import Lexicon
from nlu.dialogue.tokens import Token, tokenize
from nlu.dialogue.values.calendar import calendar
from nlu.dialogue.values.candidates import Filled
from nlu.dialogue.values.sheet import NONE, Sheet
from nlu.dialogue.values.unmeant import named_in_vain

_A_WORD = 3
_DAYS = frozenset({"date", "time"})
_PART = re.compile(r"[^,;!?\n]+")


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


def struck_numbers(text: str, lexicon: Lexicon) -> str:
    """The text with blanks for a number that it denies, where it has another: "Lindenstr 12, not 21, Husum"."""
    tokens = tokenize(text)
    for span in lexicon.instead.find(tokens):
        after = tokens[span.last + 1 : span.last + 4]
        value = next((t for t in after if t.is_number), None)
        if value is not None and any(t.is_number and t is not value for t in tokens):
            start = tokens[span.first].start
            text = f"{text[:start]}{' ' * (value.end - start)}{text[value.end :]}"
    return text


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
    unfit = _unsuitable(it)
    negated = _negated(it)
    vain = named_in_vain(it.text, it.lexicon)
    worded = {w.slot.name for w in it.slots if (w.entities or w.titles) and not (w.kinds or w.has_form)}
    days = {wish.slot.name for wish in it.slots if set(wish.kinds) & _DAYS}
    return [
        one
        for name, found in it.found.items()
        for one in found
        if any(s <= one.start <= e for s, e in negated)
        or _is_called_wrong(it, one)
        or (name in worded and any(s <= one.start < e for s, e in vain))
        or any(s <= one.start < e for s, e in worse)
        or (name in days and any(s <= one.start < e for s, e in unfit))
        or (any(s <= one.start < e for s, e in stretches) and one.value == it.held.get(name, NONE))
        or any(s <= one.start < e and s > 0 for s, e in numbers)
        or (any(s <= one.start < e for s, e in numbers) and any(s <= one.start < e for s, e in stretches))
    ]


def _negated(it: Sheet) -> list[tuple[int, int]]:
    """Where values begin that stand right behind a `not`: whatever else is said, they are not meant."""
    assert it.lexicon is not None
    tokens, words = it.tokens, calendar(it.languages)
    if it.text.rstrip(" !").endswith("?"):
        return []
    found: list[tuple[int, int]] = []
    pseudo = it.lexicon.pseudo.places(tokens)
    for span in (*it.lexicon.instead.find(tokens), *it.lexicon.excluded.find(tokens)):
        if pseudo & set(span.own) or any(it.lexicon.wh.at(tokens, n) for n in range(span.first)):
            continue
        place = span.last + 1
        while place < len(tokens) and (
            it.lexicon.articles.at(tokens, place) is not None
            or any(words.has(name, tokens[place].folded) for name in ("on", "from", "until"))
        ):
            place += 1
        if place < len(tokens) and not _is_set_apart(it, tokens, span.last):
            found.append((tokens[span.last].end, tokens[place].start))
    return found


def _is_set_apart(it: Sheet, tokens: Sequence[Token], place: int) -> bool:
    """Whether a mark stands right behind this word."""
    return bool(it.text[tokens[place].end : tokens[place + 1].start].strip())


def _is_called_wrong(it: Sheet, one: Filled) -> bool:
    """Whether a value other than the one its slot has is said to be wrong ("der Mittwoch ist falsch")."""
    assert it.lexicon is not None
    if it.held.get(one.slot) is None:
        return False
    tokens = it.tokens
    for span in it.lexicon.wrong.find(tokens):
        first = span.first - 1 if span.first and it.lexicon.copula.at(tokens, span.first - 1) else span.first
        if first and one.start <= tokens[first - 1].start < one.end:
            return True
    return False


def _unsuitable(it: Sheet) -> list[tuple[int, int]]:
    """Where days stand that do not suit: "Mittwoch geht nicht", "Wednesday doesn't work for me"."""
    assert it.lexicon is not None
    denied = it.lexicon.negation.places(it.tokens) - it.lexicon.pseudo.places(it.tokens)
    if not denied or not it.lexicon.suits.any_in(it.tokens):
        return []
    found: list[tuple[int, int]] = []
    suiting = it.lexicon.suits.places(it.tokens)
    follows = [it.tokens[span.first].start for span in it.lexicon.therefore.find(it.tokens)]
    for part in _PART.finditer(it.text):
        borders = (part.start(), *(n for n in follows if part.start() < n < part.end()), part.end())
        for start, end in pairwise(borders):
            own = {n for n, t in enumerate(it.tokens) if start <= t.start and t.end <= end}
            if own & denied and own & suiting:
                found.append((start, end))
    return found


def _ends(it: Sheet, tokens: Sequence[Token], place: int) -> bool:
    """Whether what is denied ends before this word: a comma, or `sondern`, `but`."""
    assert it.lexicon is not None
    comma = "," in it.text[tokens[place - 1].end : tokens[place].start]
    return comma or tokens[place].folded in it.lexicon.contrast.words
