"""Strikes out what a message takes back itself ("20153, ach nein, 20152"), before anything is read in it."""

import re
from collections.abc import Sequence
from functools import lru_cache

from nlu.dialogue.lexicon import Lexicon
from nlu.dialogue.phrases import Phrases, Span, places_of
from nlu.dialogue.renumbering import renumbered
from nlu.dialogue.tokens import Token, tokenize

_WORD = re.compile(r"[^\s,;:!?()–—]+")
_MARK_BEFORE = re.compile(r"[,;:.()–—…\n-]\s{0,3}$")
_MARK_AFTER = re.compile(r"\s*[,;:.()–—…\n-]\s*")
_BORDER = re.compile(r",\s|[;:!?\n]|(?<=[^\W\d_]{3})(?<!str)\.\s")
_MARKS = ",;:.()–—…-"
_MOST = 4
"""So many of the last repairs of a message are heard."""
_A_CODE, _A_LONG_WORD = 3, 24
_NUMBERS = re.compile(r"\d+")
_IS_ID = re.compile(r"[A-Za-z]{1,3}-?\d{4,}|\d{5,}|[A-Za-z]{1,3}-?\d{2,4}-\d{3,}|[A-Za-z]{2,3}-\d{4}-\d{4,}")
_DIGITS, _LETTERS = re.compile(r"\d"), re.compile(r"[^\W\d_]+")


@lru_cache(maxsize=64)  # a message is asked for when it is understood and when it is decided
def struck(text: str, lexicon: Lexicon, *, free: bool = False, joins: tuple[Phrases, ...] = ()) -> str:
    """The message without what its repairs take back: the number or date before one with another of the same look
    behind; of words, which may as well go on ("sorry, vergessen"), only before a sure repair. `free`: the message
    answers a question that takes any words, and all before the repair goes; `joins`: the connecting words of all
    languages.
    """
    text = renumbered(text, lexicon)
    tokens, connectors = tokenize(text), joins or (lexicon.connectors,)
    for span, is_sure in reversed(_repairs(lexicon, tokens)[-_MOST:]):
        inside = span.first > 0 and span.last < len(tokens) - 1
        if inside and _is_set_off(text, tokens, span) and _says_something(lexicon, tokens[: span.first]):
            following = range(span.last + 2, len(tokens))
            behind = next((tokens[n].start for n in following if _joins(connectors, tokens, n)), None)
            begins = _joins(connectors, tokens, 0)
            first = tokens[begins.last + 1].start if begins is not None and begins.last < span.first - 1 else 0
            start, end = tokens[span.first].start, tokens[span.last].end
            text = _without(text, start, end, behind, first, is_sure=is_sure, free=free, lexicon=lexicon)
    return text


def _repairs(lexicon: Lexicon, tokens: Sequence[Token]) -> list[tuple[Span, bool]]:
    """The repairs from left to right, those side by side as one ("sorry, ich meine", "nee eigentlich"), each with
    whether what came before surely does not hold: by its words, or because there are several.
    """
    found: list[tuple[Span, bool]] = []
    cues = {span.first: span for span in lexicon.correction.find(tokens)}
    for span in lexicon.repair.find(tokens):
        is_sure = lexicon.sure_repair.at(tokens, span.first) is not None
        if found and found[-1][0].last >= span.first - 1:
            last, _ = found.pop()
            span, is_sure = Span(last.first, max(last.last, span.last)), True  # noqa: PLW2901 - one run of them
        more = cues.get(span.last + 1)
        if more is not None and not more.gap and more.last + 1 < len(tokens):
            span, is_sure = Span(span.first, more.last), True  # noqa: PLW2901 - the run with what goes on with it
        found.append((span, is_sure))
    return found


def _says_something(lexicon: Lexicon, tokens: Sequence[Token]) -> bool:
    """Whether there is anything to take back: not when the message begins as a correction ("ups, ich meinte ...")."""
    lists = (lexicon.correction, lexicon.repair, lexicon.fillers, lexicon.no, lexicon.interjections)
    return len(places_of(lists, tokens)) < len(tokens)


def _joins(connectors: Sequence[Phrases], tokens: Sequence[Token], place: int) -> Span | None:
    return next((span for phrases in connectors if (span := phrases.at(tokens, place)) is not None), None)


def _is_set_off(text: str, tokens: Sequence[Token], span: Span) -> bool:
    """By marks: on both sides if it is one word, that may as well be part of a sentence."""
    before = _MARK_BEFORE.search(text[: tokens[span.first].start][-8:]) is not None
    return before and (len(span) > 1 or _MARK_AFTER.match(text, tokens[span.last].end) is not None)


def _without(
    text: str, start: int, end: int, behind: int | None, first: int, *, is_sure: bool, free: bool, lexicon: Lexicon
) -> str:
    before = text[:start].rstrip().rstrip(_MARKS).rstrip()
    mark = _MARK_AFTER.match(text, end)
    rest = text[mark.end() if mark else end :].lstrip()
    until = len(rest) if behind is None else max(0, len(rest) - (len(text) - behind))
    old = list(_WORD.finditer(before))
    new = _WORD.match(rest)
    if new is None or not old:
        return text
    if _DIGITS.search(new[0]):
        alike = _alike(before, old, rest, new)
        return before[: alike.start()] + rest if alike else text
    if _is_code(new[0]) and (code := next((w for w in reversed(old) if _is_code(w[0])), None)) is not None:
        return before[: code.start()] + rest
    if not is_sure:
        return text
    if free:
        return rest
    wish = max((s.last for s in lexicon.request.find(tokenize(before))), default=-1)
    wished = tokenize(before)[wish].end if wish >= 0 else 0
    begin = _begin(before, rest[:until], first, wished)
    return before[: _without_subject(before, begin, lexicon)] + _still_said(before[begin:], rest) + rest


def _without_subject(before: str, begin: int, lexicon: Lexicon) -> int:
    """Where the words begin that are taken back, with the subject in front that would stand alone."""
    border = max((m.end() for m in _BORDER.finditer(before[:begin])), default=0)
    lead = tokenize(before[border:begin])
    return border if lead and all(t.folded in lexicon.subjects for t in lead) else begin


def _still_said(taken_back: str, rest: str) -> str:
    """The numbers of things in what is taken back, of which nothing like them comes instead: "cancel 100215, no wait,
    send it to ..." is about the same order.
    """
    looks = {_look(word[0]) for word in _WORD.finditer(rest)}
    kept = [w[0] for w in _WORD.finditer(taken_back) if _IS_ID.fullmatch(w[0]) and _look(w[0]) not in looks]
    return "".join(f"{number} " for number in kept)


def _alike(before: str, old: Sequence[re.Match[str]], rest: str, new: re.Match[str]) -> re.Match[str] | None:
    """The last number that looks like the new one; rather one with the same word behind it ("3 July to 10 July, no
    sorry, 7 July"), of days with a month's name one with a name behind it, too.
    """
    if len(_NUMBERS.findall(new[0])) > 1:
        return next((w for w in reversed(old) if _rough_look(w[0]) == _rough_look(new[0])), None)
    behind = _word_behind(rest, new)
    close = [w for w in reversed(old) if bool(_word_behind(before, w)) == bool(behind)]
    same = [w for w in close if behind and _word_behind(before, w) == behind]
    looks = ((_rough_look, same), (_look, close), (_rough_look, close), (_look, old[::-1]), (_rough_look, old[::-1]))
    return next((w for look, words in looks for w in words if look(w[0]) == look(new[0])), None)


def _word_behind(text: str, number: re.Match[str]) -> str:
    word = _LETTERS.match(text[number.end() : number.end() + _A_LONG_WORD].lstrip(". "))
    return word[0].casefold() if word else ""


def _begin(before: str, rest: str, first: int, wished: int) -> int:
    """Where the words begin that are taken back: as many as come instead, or all since the last mark, unless a wish is
    said there that ends at `wished`, or since the connecting word that begins the message, which ends at `first`.
    """
    end = _BORDER.search(rest)
    count = len(_WORD.findall(rest[: end.start()] if end else rest))
    borders = [first, *(m.end() for m in _BORDER.finditer(before))]
    borders += [w.end() + 1 for w in _WORD.finditer(before) if _DIGITS.search(w[0]) and w.end() < len(before)]
    border = max(borders, default=0)
    words = [w for w in _WORD.finditer(before) if w.start() >= border]
    if border and count > 1 and border >= wished:
        return border
    return words[-min(count, len(words))].start() if words else border


def _is_code(word: str) -> bool:
    """Whether it is a size or the like: one to three capitals."""
    return len(word) <= _A_CODE and word.isalpha() and word.isupper()


def _look(word: str) -> str:
    return _LETTERS.sub("A", _DIGITS.sub("9", word.rstrip(".")))


def _rough_look(word: str) -> str:
    return re.sub(r"9+", "9", _look(word))
