"""Splits a message into what may be matters of their own; the engine then says whether they are."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from nlu.dialogue.acts import begins_asking, wants_to_be_told
from nlu.dialogue.lexicon import Lexicon
from nlu.dialogue.phrases import places_of
from nlu.dialogue.refusals import refused
from nlu.dialogue.tokens import Token, tokenize
from nlu.dialogue.wording import is_excuse, is_outcry

MAX_CLAUSES = 4
_SHORTEST = 2
_A_SENTENCE = 3
_END = re.compile(r"[!?]+[)\s]*|\n+|;\s+|(?<=[^\W\d])\.(?:\s+|$)|\.{2,}\s*|(?<=\d\d\d)\.(?:\s+|$)")
_COMMA = re.compile(r",\s+|\s[-–]\s")


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a message: `text` begins at `start`. `hard` says that a sentence mark parts it from what is before."""

    text: str
    start: int
    hard: bool = True

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def split(text: str, lexicon: Lexicon) -> list[Stretch]:
    """The sentences of a text, these again at connecting words, at most four in all; a text that cannot be split is
    one. Nothing is lost: words between two stretches are connecting words and marks.
    """
    found: list[Stretch] = []
    for sentence in (part for one in _sentences(text, lexicon) for part in _at_comma(one, lexicon)):
        found += _at_connectors(sentence, lexicon)
    if len(found) <= 1:
        return [Stretch(text, 0)]
    return _at_most(found, text)


def _sentences(text: str, lexicon: Lexicon) -> list[Stretch]:
    found: list[Stretch] = []
    begin = 0
    for mark in _END.finditer(text):
        before = text[begin : mark.start()]
        if mark[0].startswith(".") and _is_abbreviation(before, text[mark.end() :], lexicon):
            continue
        piece = text[begin : mark.end()]
        if re.search(r"\w", piece):
            found.append(_stripped(piece, begin))
        begin = mark.end()
    if re.search(r"\w", text[begin:]):
        found.append(_stripped(text[begin:], begin))
    return found


def _at_comma(sentence: Stretch, lexicon: Lexicon) -> list[Stretch]:
    """An excuse, a moment asked for or a refusal and, behind its comma, what is meant; a statement, a no or a number
    that was asked for, and a question; a yes and what may be another matter.
    """
    commas = list(_COMMA.finditer(sentence.text))
    comma = next(
        (c for c in commas[:1] if _parts_at(sentence.text[: c.start()], sentence.text[c.end() :], lexicon)), None
    )
    if comma is None and commas and _tells_and_asks(sentence.text, commas[-1], lexicon):
        comma = commas[-1]
    if comma is None:
        return [sentence]
    before, behind = tokenize(sentence.text[: comma.start()]), tokenize(sentence.text[comma.end() :])
    soft = is_yes(before, lexicon) or (waits(before, lexicon) and not begins_asking(behind, lexicon))
    rest = _stripped(sentence.text[comma.end() :], sentence.start + comma.end(), hard=not soft)
    return [Stretch(sentence.text[: comma.start()], sentence.start, sentence.hard), rest]


def _tells_and_asks(text: str, comma: re.Match[str], lexicon: Lexicon) -> bool:
    """Whether an order to tell follows a sentence: "ich möchte Urlaub, sag mir vorher wieviel ich noch habe"."""
    before, behind = tokenize(text[: comma.start()]), tokenize(text[comma.end() :])
    return len(before) >= _A_SENTENCE and not begins_asking(before, lexicon) and wants_to_be_told(behind, lexicon)


def _parts_at(before: str, behind: str, lexicon: Lexicon) -> bool:  # noqa: PLR0911 - one case after another
    """Whether a comma between the two parts what is meant from what only leads up to it."""
    mine, other = tokenize(before), tokenize(behind)
    if (
        is_excuse(before, lexicon)
        or is_outcry(before, lexicon)
        or (len(other) >= _A_SENTENCE and is_yes(mine, lexicon))
    ):
        return True
    if len(other) < _A_SENTENCE:
        return False
    if is_number(mine, lexicon):
        return _wants_an_answer(other, lexicon)
    denies = lexicon.no.places(mine) | lexicon.fillers.places(mine)
    if lexicon.no.any_in(mine) and len(denies) == len(mine):
        asked = lexicon.wh.at(other, 0) is not None or other[1].folded in lexicon.subjects
        return asked and begins_asking(other, lexicon)
    if waits(mine, lexicon):
        if lexicon.hold.any_in(other) and "?" not in behind:
            return False  # it says what for: "moment, da muss ich erst meine Frau fragen"
        return not lexicon.cancel.any_in(mine)
    if lexicon.contrast.at(other, 0) is not None:
        return False
    refuses = lexicon.unwanted.any_in(mine) or lexicon.none_of.at(mine, 0) is not None
    if len(mine) >= _A_SENTENCE and refuses and refused(before, mine, lexicon) is not None:
        return True
    if len(mine) < _A_SENTENCE or begins_asking(mine, lexicon) or other[0].folded in lexicon.possible:
        return False
    return lexicon.about.at(other, 0) is not None and lexicon.wh.at(other, 0) is None


def is_number(tokens: Sequence[Token], lexicon: Lexicon) -> bool:
    """Whether words are one number and such as say nothing: the answer to a question for one."""
    silent = lexicon.fillers.places(tokens) | lexicon.articles.places(tokens)
    return sum(t.is_number for t in tokens) == 1 and all(t.is_number or n in silent for n, t in enumerate(tokens))


def is_yes(tokens: Sequence[Token], lexicon: Lexicon) -> bool:
    """Whether words are a yes and courtesies."""
    if not tokens or not lexicon.yes.any_in(tokens):
        return False
    polite = (lexicon.yes, lexicon.fillers, lexicon.thanks, lexicon.interjections)
    return len(places_of(polite, tokens)) == len(tokens)


def waits(tokens: Sequence[Token], lexicon: Lexicon) -> bool:
    """Whether words ask for a moment, and do nothing else."""
    polite = lexicon.fillers.places(tokens) | lexicon.hold.places(tokens)
    return bool(tokens) and len(polite) == len(tokens) and lexicon.hold.any_in(tokens)


def is_no(tokens: Sequence[Token], lexicon: Lexicon) -> bool:
    """Whether words are a no, or leave what is open, and courtesies."""
    refuses = (lexicon.no, lexicon.negation, lexicon.cancel)
    if not tokens or not any(phrases.any_in(tokens) for phrases in refuses):
        return False
    empty = (*refuses, lexicon.fillers, lexicon.thanks, lexicon.interjections, lexicon.contrast, lexicon.hold)
    return len(places_of(empty, tokens)) == len(tokens)


def _wants_an_answer(tokens: Sequence[Token], lexicon: Lexicon) -> bool:
    return begins_asking(tokens, lexicon) or wants_to_be_told(tokens, lexicon)


def _is_abbreviation(before: str, behind: str, lexicon: Lexicon) -> bool:
    words = re.findall(r"\w+", before)
    if words and words[-1].casefold() in lexicon.no and not behind[:1].isdigit():
        return False  # "no. change it", unlike "no. 7"
    return bool(words) and (words[-1].casefold() in lexicon.abbreviations or words[-1].casefold().endswith("str"))


def _stripped(piece: str, begin: int, *, hard: bool = True) -> Stretch:
    inner = piece.lstrip()
    return Stretch(inner.rstrip(), begin + len(piece) - len(inner), hard)


def _at_connectors(sentence: Stretch, lexicon: Lexicon) -> list[Stretch]:
    """Splits where a connecting word has enough around it. A list of values or nouns has a word on one side only."""
    tokens = tokenize(sentence.text)
    parts: list[Stretch] = []
    begin = place = own = 0
    first = True
    while place < len(tokens):
        span = lexicon.connectors.at(tokens, place) if place else None
        denies = span is not None and (lexicon.instead.at(tokens, place) or lexicon.instead.at(tokens, span.last + 1))
        if span is None or denies or not _parts(tokens, place, span.last):
            place = place + 1 if span is None else span.last + 1
            continue
        piece = sentence.text[begin : tokens[place].start].rstrip(" ,-–")
        numbered = is_number(tokens[own:place], lexicon) and _wants_an_answer(tokens[span.last + 1 :], lexicon)
        alone = numbered or is_yes(tokens[own:place], lexicon)
        if place - own >= _SHORTEST or alone or (place > own and _comma_before(sentence.text, tokens, place)):
            parts.append(_stripped(piece, sentence.start + begin, hard=first and sentence.hard))
            begin, own, first = tokens[place].start, span.last + 1, False
        place = span.last + 1
    parts.append(_stripped(sentence.text[begin:], sentence.start + begin, hard=first and sentence.hard))
    return [one for one in parts if re.search(r"\w", one.text)]


def _parts(tokens: tuple[Token, ...], first: int, last: int) -> bool:
    """Whether enough stands on both sides, and neither is a number: "2 und 3", "Mo und Di" are one value."""
    rest = tokens[last + 1 :]
    if len(rest) < _SHORTEST:
        return False
    return not (tokens[first - 1].is_number and rest[0].is_number)


def _comma_before(text: str, tokens: tuple[Token, ...], place: int) -> bool:
    return "," in text[tokens[place - 1].end : tokens[place].start]


def _at_most(found: list[Stretch], text: str) -> list[Stretch]:
    """The last one takes what is beyond the limit."""
    if len(found) <= MAX_CLAUSES:
        return found
    last = found[MAX_CLAUSES - 1]
    return [*found[: MAX_CLAUSES - 1], Stretch(text[last.start :].rstrip(), last.start, last.hard)]
