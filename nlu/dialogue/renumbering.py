"""Strikes out, of two numbers of the same look, the one that is taken back ("100251 or wait, 100261")."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from nlu.dialogue.lexicon import Lexicon
from nlu.dialogue.tokens import Token, tokenize

_ID = re.compile(
    r"(?<![\w.,/-])(?:[^\W\d_]{1,5}-?)?(?:\d{3,4}[ ](?=\d{3,4}(?![\w/]|[.,-]\d))|(?:\d{1,4}-)?(?=\d{4}))\d{3,}"
    r"(?![\w/]|[.,-]\d)"
)
"""A number, also with one blank in it: "2026 0442"."""
_MARK = re.compile(r"[,;:.()–—…\n-]\s{0,3}$")
_MOST, _FAR, _A_REMARK, _NEAR = 6, 12, 3, 20
"""So many numbers are compared; so far apart stand a number and what takes it back; so few words beside a number only
say how sure it is.
"""


@dataclass(frozen=True, slots=True)
class _Repair:
    """The words `first` to `last` take something back; `waits`: they only ask for a moment."""

    first: int
    last: int
    waits: bool


def renumbered(text: str, lexicon: Lexicon) -> str:
    """The text without the numbers that are taken back for another of the same look, and what was said to do so."""
    numbers = list(_ID.finditer(text))[-_MOST:]
    tokens = tokenize(text) if len(numbers) > 1 else ()
    last = numbers[-1][0] if numbers else ""
    for old, new in reversed(list(pairwise(numbers))):
        meant, last = last, old[0]
        if _look(old[0]) != _look(new[0]) or old[0] == new[0]:
            continue
        between = [t for t in tokens if old.end() <= t.start and t.end <= new.start()]
        after = tokenize(text[new.end() : new.end() + _NEAR])
        place = None if lexicon.another.at(after, 0) else _taken_back(text, between, new.start(), lexicon)
        if place is not None:
            remark = text[old.end() : between[place].start].rstrip() if place > _A_REMARK else ""
            text = text[: old.start()] + meant + remark + text[new.start() + len(meant) :]
            last = meant
    return text


def _look(written: str) -> str:
    return re.sub(r"\d", "9", written.casefold().replace("-", ""))


def _taken_back(text: str, between: Sequence[Token], new: int, lexicon: Lexicon) -> int | None:
    """Where the words begin that take the first number back; None if both may be meant."""
    words = tuple(between)
    if not words or len(words) > _FAR:
        return None
    found: list[_Repair] = []
    small = lexicon.interjections.places(words) | lexicon.fillers.places(words)
    sounds = small - lexicon.subjects.places(words) - lexicon.first_person.places(words)
    for one in _repairs(words, lexicon):
        lead = next((n for n in range(one.first, 0, -1) if n - 1 not in (sounds if one.waits else small)), 0)
        marked = any(_MARK.search(text[: words[n].start][-4:]) for n in range(lead, one.first + 1))
        leads = not text[words[one.last].end : new].strip(" ,.:-…")
        if marked or (not one.waits and (leads or one.last > one.first)):
            found.append(one)
    behind = words[found[-1].last + 1 :] if found else ()
    sure = bool(found) and any(span.last == found[-1].last for span in lexicon.sure_repair.find(words))
    further = (lexicon.connectors, lexicon.instead, *(() if sure else (lexicon.another,)))
    other = any(t.is_number for t in behind)  # that is put right, as the day in "2 January 2029 - no, 31 December 2028"
    return None if not found or other or any(phrases.any_in(behind) for phrases in further) else found[0].first


def _repairs(words: tuple[Token, ...], lexicon: Lexicon) -> list[_Repair]:
    """The repairs and moments asked for among the words; those that follow each other are one ("nein warte")."""
    spans = [_Repair(s.first, s.last, waits=False) for s in lexicon.repair.find(words)]
    spans += [_Repair(s.first, s.last, waits=True) for s in lexicon.hold.find(words)]
    joined: list[_Repair] = []
    for one in sorted(spans, key=lambda span: span.first):
        if joined and one.first <= joined[-1].last + 1:
            before = joined[-1]
            joined[-1] = _Repair(before.first, max(before.last, one.last), waits=before.waits and one.waits)
        else:
            joined.append(one)
    return joined
