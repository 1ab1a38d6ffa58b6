"""What of a free answer is meant: without an excuse before it, courtesy around it, and what was said by mistake."""

import re
from collections.abc import Sequence

from nlu.dialogue.lexicon import Lexicon
from nlu.dialogue.phrases import places_of
from nlu.dialogue.tokens import Token, tokenize

_PARTED = re.compile(r"[,;:.()–—…\n-]\s{0,3}$")
_COMMA = re.compile(r",\s{1,3}|\s[-–]\s")
_PARTS = re.compile(r"\s{0,3}[,;:.()–—…\n-]")
_AROUND = " ,;:-–—"
_EDGES = " ,;-–—\n"
_AN_EXCUSE = 3
"""From so many words on an excuse says something of its own ("sorry, war kurz weg")."""


def meant(text: str, lexicon: Lexicon) -> str:
    """The part of a free answer that is the answer: what is behind the last repair, without courtesy at its edges and
    without "egal" before what is wanted. The text itself if nothing would be left.
    """
    known = without_unknown(after_repair(text, lexicon), lexicon)
    wanted = _preferred(_without_indifference(known, lexicon), lexicon)
    plain = without_hedges(_without_courtesy(wanted, lexicon), lexicon)
    return _without_full_stop(plain, lexicon) or text


def without_hedges(text: str, lexicon: Lexicon) -> str:
    """The text without what only says how sure or how angry somebody is, or that it was said before, at its edges or
    between marks ("as I said, Lisbon", "a table, I think").
    """
    while (found := _hedge(text, tokens := tokenize(text), lexicon)) is not None:
        before, after = text[: tokens[found[0]].start], text[tokens[found[1]].end :]
        head, tail = before.rstrip(_AROUND), after.lstrip(_AROUND)
        joint = ", " if head and tail and after.lstrip(" ")[:1] == "," else " "
        text = f"{head}{joint}{tail}" if head and tail else (head or tail)
    return text


def _hedge(text: str, tokens: Sequence[Token], lexicon: Lexicon) -> tuple[int, int] | None:
    """The first and last word of such a stretch, if something else is said."""
    for phrases in (lexicon.hedges, lexicon.told, lexicon.outcry):
        for span in phrases.find(tokens):
            if len(span) == len(tokens) or span.gap:
                continue
            first = span.first == 0
            last = span.last == len(tokens) - 1
            marked = bool(_PARTS.match(text, tokens[span.last].end)) and phrases is lexicon.told
            if first or last or marked:
                return span.first, span.last
    return None


def _without_full_stop(text: str, lexicon: Lexicon) -> str:
    """The text without the one full stop that ends its sentence, nor a row of "!"; one of an abbreviation stays."""
    if text.endswith("!!"):
        text = text.rstrip("!")
    if not text.endswith(".") or text.count(".") > 1 or not text[-2:-1].isalpha():
        return text
    tokens = tokenize(text)
    return text if tokens and tokens[-1].folded in lexicon.abbreviations else text[:-1]


def without_unknown(text: str, lexicon: Lexicon) -> str:
    """The text without the parts between commas that say what one does not know ("sales, don't know the number"), if
    a part is left; a skip at the very beginning is the answer.
    """
    parts = _COMMA.split(text)
    known = [part for part in parts if not lexicon.skip.any_in(tokenize(part))]
    if len(known) == len(parts) or not known or known[0] is not parts[0]:
        return text
    return text if lexicon.says_little(known[0]) else ", ".join(known)


def _preferred(text: str, lexicon: Lexicon) -> str:
    """What is liked better in "blau wär mir lieber als schwarz", "blue rather than black"."""
    tokens = tokenize(text)
    span = next((s for s in lexicon.preferred.find(tokens) if s.last < len(tokens) - 1), None)
    if span is None:
        return text
    inside = [tokens[n] for n in range(span.first, span.last + 1) if n not in span.own]
    head = inside or list(tokens[: span.first])
    while head and lexicon.suiting.at(head, len(head) - 1) is not None:
        head.pop()
    while head and lexicon.suiting.at(head, 0) is not None:
        del head[0]
    return text[head[0].start : head[-1].end] if head else text


def after_repair(text: str, lexicon: Lexicon) -> str:
    """What stands behind the last repair ("L, quatsch, M", "Freitag - ach nein, Montag"), which is set off by marks:
    on both sides if it is a single word, that may as well be part of a sentence.
    """
    tokens = tokenize(text)
    for first, last in reversed(_repairs(tokens, lexicon)):
        if first == 0 or last == len(tokens) - 1:
            continue
        before = _PARTED.search(text[: tokens[first].start]) is not None
        after = _PARTS.match(text[tokens[last].end :]) is not None
        if before and (after or last > first):
            return text[tokens[last].end :].strip(_EDGES)
    return text


def _repairs(tokens: Sequence[Token], lexicon: Lexicon) -> list[tuple[int, int]]:
    """The first and last words of repairs; those that follow each other ("nein, quatsch") are one."""
    found: list[tuple[int, int]] = []
    for span in lexicon.repair.find(tokens):
        if found and found[-1][1] == span.first - 1:
            found[-1] = (found[-1][0], span.last)
        else:
            found.append((span.first, span.last))
    return found


def is_excuse(text: str, lexicon: Lexicon) -> bool:
    """Whether a text begins as an excuse, tells what for, and corrects nothing."""
    tokens = tokenize(text)
    span = lexicon.excuses.at(tokens, 0)
    if span is None or len(tokens) < _AN_EXCUSE:
        return False
    return not lexicon.correction.any_in(tokens[span.last + 1 :]) and not any(t.is_number for t in tokens)


def is_outcry(text: str, lexicon: Lexicon) -> bool:
    """Whether a text is nothing but a cry of anger, which is no question and no answer ("was soll das")."""
    tokens = tokenize(text)
    lists = (lexicon.outcry, lexicon.fillers, lexicon.interjections, lexicon.dismay)
    places = places_of(lists, tokens)
    return lexicon.outcry.any_in(tokens) and len(places) == len(tokens)


def _without_courtesy(text: str, lexicon: Lexicon) -> str:
    tokens = list(tokenize(text))
    while tokens and (span := lexicon.please.at(tokens, 0)) is not None and span.last < len(tokens) - 1:
        del tokens[: span.last + 1]
    while len(tokens) > 1 and (length := _polite_end(tokens, lexicon)):
        del tokens[-length:]
    if not tokens:
        return text
    first, last = tokens[0], tokens[-1]
    begin = 0 if first.start == tokenize(text)[0].start else first.start
    end = len(text) if last.end == tokenize(text)[-1].end else last.end
    return text[begin:end].strip(_EDGES if (begin, end) != (0, len(text)) else None)


def _polite_end(tokens: list[Token], lexicon: Lexicon) -> int:
    """How many words at the end are courtesy."""
    for length in (3, 2, 1):
        if length < len(tokens):
            span = lexicon.please.at(tokens, len(tokens) - length)
            if span is not None and span.last == len(tokens) - 1:
                return length
    return 0


def _without_indifference(text: str, lexicon: Lexicon) -> str:
    """`egal, irgendwas von Jabra`: anything of a kind is a wish."""
    tokens = tokenize(text)
    span = lexicon.indifferent.at(tokens, 0) if lexicon.indefinite.at(tokens, 0) is None else None
    if span is None or len(tokens) - span.last - 1 < 2 or lexicon.wh.at(tokens, span.last + 1) is not None:
        return text
    return text[tokens[span.last].end :].strip(_EDGES)
