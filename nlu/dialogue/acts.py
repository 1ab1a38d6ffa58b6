"""Whether a clause asks about something, asks for something, or only states: asking about is not asking for."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from nlu.dialogue.lexicon import Lexicon
from nlu.dialogue.tokens import Token, tokenize

_IDENTIFIER = re.compile(r"\b[A-Za-z]{0,4}[-#]?\d{4,}\b")
_SURE = 1.0
_REQUEST = -3.0
_LEAD = 4
_SHORT = 12
_TOLD = 5
_A_QUESTION = 3


class Act(StrEnum):
    """What a clause does."""

    ABOUT = "about"
    FOR = "for"
    STATES = "states"


@dataclass(frozen=True, slots=True)
class SpeechAct:
    """The act and how sure it is: `odds` are the log-odds of asking about against asking for."""

    act: Act
    odds: float

    @property
    def is_question(self) -> bool:
        return self.act is Act.ABOUT


@lru_cache(maxsize=256)  # several levels ask the same of a clause
def speech_act(text: str, lexicon: Lexicon) -> SpeechAct:
    """What the clause does, by its first words, its end and what it names (weights were set on written examples)."""
    tokens = tokenize(text)
    if not tokens:
        return SpeechAct(Act.STATES, 0.0)
    odds = _odds(text, tokens, lexicon)
    if odds >= _SURE:
        return SpeechAct(Act.ABOUT, odds)
    return SpeechAct(Act.FOR if odds <= -_SURE else Act.STATES, odds)


@lru_cache(maxsize=256)
def asks(text: str, lexicon: Lexicon) -> bool:
    """Whether the text has the form of a question, about whatever: a mark, or a first word that asks."""
    tokens = tokenize(text)
    if not tokens:
        return False
    start = _lead(tokens, lexicon)
    marked = text.rstrip().rstrip("!. ").endswith("?")
    if not marked and _requests_behind_adverb(tokens, start, lexicon):
        return False
    return marked or lexicon.question.at(tokens, start) is not None or _what_if(tokens, start, lexicon)


def _what_if(tokens: tuple[Token, ...], start: int, lexicon: Lexicon) -> bool:
    """Whether a short text goes on with an "if": "and if I come by train", "und wenn es regnet"."""
    goes_on = start > 0 and lexicon.connectors.at(tokens, start - 1) is not None
    conditional = lexicon.subordinators.at(tokens, start) is not None and lexicon.hypothetical.at(tokens, start)
    return goes_on and bool(conditional) and len(tokens) <= _SHORT


def begins_asking(tokens: Sequence[Token], lexicon: Lexicon) -> bool:
    """Whether the first word that counts asks."""
    start = _lead(tokens, lexicon)
    if _requests_behind_adverb(tokens, start, lexicon):
        return False
    lists = (lexicon.question, lexicon.about, lexicon.wh)
    return any(phrases.at(tokens, start) is not None for phrases in lists)


def wants_to_be_told(tokens: Sequence[Token], lexicon: Lexicon) -> bool:
    """Whether it asks by an order to tell: "sag mir mal vorher wieviel ...", "tell me first how many ..."."""
    start = _lead(tokens, lexicon)
    told = lexicon.tell.at(tokens, start)
    if told is None:
        return False
    return any(lexicon.wh.at(tokens, n) for n in range(told.last + 1, min(told.last + 1 + _TOLD, len(tokens))))


def asks_a_fact(tokens: Sequence[Token], lexicon: Lexicon, *, marked: bool = False) -> bool:
    """Whether a clause that asks wants to know how something is, and not whether something else can be done: "is the
    24th a holiday", not "can we make it the 24th". What it names is no value. `marked`: a question mark ends it.
    """
    start = _lead(tokens, lexicon)
    asks = lexicon.question.at(tokens, start) is not None or (marked and lexicon.about.any_in(tokens))
    if (
        len(tokens) - start < _A_QUESTION
        or not asks
        or (_requests_behind_adverb(tokens, start, lexicon) and not marked)
    ):
        return False
    return not lexicon.possible.any_in(tokens) and not lexicon.request.at(tokens, start)


def lacks_subject(tokens: Sequence[Token], lexicon: Lexicon) -> bool:
    """Whether a verb in front has a no right behind it, where a question has a subject: "hat leider nicht geklappt"."""
    if lexicon.wh.at(tokens, 0) is not None:
        return False
    second = next((p for p in range(1, len(tokens)) if not _is_small(tokens[p], lexicon)), len(tokens))
    bare = len(tokens) > 1 and tokens[1].folded in lexicon.places and lexicon.about.at(tokens, 0) is None
    return bare or second in lexicon.negation.places(tokens)


def _is_small(token: Token, lexicon: Lexicon) -> bool:
    return token.folded in lexicon.fillers and (token.folded not in lexicon.subjects or token.folded in lexicon.objects)


def probability_about(odds: float) -> float:
    """The odds as a probability."""
    return 1 / (1 + math.exp(-odds))


def _odds(text: str, tokens: tuple[Token, ...], lexicon: Lexicon) -> float:
    start = _lead(tokens, lexicon)
    if "?" not in text and _requests_behind_adverb(tokens, start, lexicon):
        return _REQUEST
    opening = tokens[start : start + _LEAD]
    begins_about = lexicon.about.at(tokens, start) is not None
    begins_request = lexicon.request.at(tokens, start) is not None
    if begins_request and not begins_about and (polite := _polite_request(tokens, start, lexicon)):
        return polite
    if begins_about and _begs(tokens, start, lexicon):
        return _REQUEST
    odds = 0.0
    odds += 2.0 * text.rstrip(" !.").endswith("?")
    odds += 2.5 * begins_about
    odds += 1.0 * (not begins_about and lexicon.about.any_in(opening))
    odds += 1.5 * (lexicon.question.at(tokens, start) is not None)
    odds += 0.8 * any(lexicon.hypothetical.at(tokens, p) for p in range(start, len(tokens)))
    odds -= 3.0 * (begins_request and not begins_about)
    asked_how = lexicon.wh.at(tokens, start) is not None and not _is_subject(tokens, start + 1, lexicon)
    odds -= 1.5 * (not begins_request and lexicon.request.any_in(opening) and not begins_about and not asked_how)
    odds -= 3.0 * _lacks_subject(text, tokens, lexicon)
    odds -= 2.0 * (_IDENTIFIER.search(text) is not None)
    return odds


def _requests_behind_adverb(tokens: Sequence[Token], start: int, lexicon: Lexicon) -> bool:
    """Whether the speaker only follows the verb because an adverb stands before it, as in a German statement ("dann
    brauch ich einen Termin"): nothing is asked.
    """
    if not 0 < start < len(tokens) - 1:
        return False
    if tokens[start - 1].folded not in lexicon.fillers and tokens[start - 1].folded not in lexicon.sequence:
        return False
    verb, subject = tokens[start], tokens[start + 1]
    speaks = subject.folded in lexicon.subjects and subject.folded not in lexicon.objects
    wants = verb.folded in lexicon.request or lexicon.request.at((subject, verb), 0) is not None
    return speaks and wants and lexicon.question.at(tokens, start) is not None


def _is_subject(tokens: tuple[Token, ...], place: int, lexicon: Lexicon) -> bool:
    """Whether a subject follows a question word, as it does inside a sentence: "what I need", "was ich brauche"."""
    return place < len(tokens) and tokens[place].folded in lexicon.subjects


def _polite_request(tokens: tuple[Token, ...], start: int, lexicon: Lexicon) -> float:
    """The odds of a request in the form of a question ("could you … for me?"): it asks about something only if a
    question stands inside ("can you tell me when …"). 0 if it is none, or may ask whether something can be done at all.
    """
    request = lexicon.request.at(tokens, start)
    if request is None or lexicon.question.at(tokens, start) is None:
        return 0.0
    rest = tokens[request.last + 1 :]
    told = lexicon.tell.find(rest)
    if told and lexicon.question.any_in(rest[told[0].last + 1 :]):
        return 2.0
    own = lexicon.own.any_in(tokens[start:]) or any(t.is_number for t in rest)
    return _REQUEST if own else 0.0


def _begs(tokens: tuple[Token, ...], start: int, lexicon: Lexicon) -> bool:
    """A question whether one may, with a please, asks for it: "can I please have …", not "how do I please …"."""
    please = any(t.folded in lexicon.fillers and t.folded in lexicon.request for t in tokens)
    return please and lexicon.wh.at(tokens, start) is None


def _lacks_subject(text: str, tokens: tuple[Token, ...], lexicon: Lexicon) -> bool:
    """A verb in front without subject and mark states: "kann meinen Termin nicht wahrnehmen"."""
    mine = len(tokens) > 1 and tokens[1].folded in lexicon.owned
    denies = mine and bool(lexicon.negation.places(tokens))
    return "?" not in text and (
        denies or (len(tokens) > 1 and tokens[1].folded in lexicon.places and _begins(tokens, lexicon))
    )


def _begins(tokens: Sequence[Token], lexicon: Lexicon) -> bool:
    """Whether a verb that may ask stands in front."""
    return lexicon.question.at(tokens, 0) is not None and lexicon.wh.at(tokens[:1], 0) is None


def _lead(tokens: Sequence[Token], lexicon: Lexicon) -> int:
    """The place of the first word that is no greeting, filler, connector or moment asked for."""
    place = 0
    while place < len(tokens) - 1:
        agrees = lexicon.interjections.at(tokens, place) if place == 0 else None
        waits = (lexicon.hold,) if lexicon.skip.at(tokens, place) is None else ()  # "not sure" is an answer
        lists = (lexicon.greeting, lexicon.connectors, *waits)
        polite = agrees or next((span for one in lists if (span := one.at(tokens, place)) is not None), None)
        if polite is not None:
            place = min(polite.last + 1, len(tokens) - 1)
        elif (
            tokens[place].folded in lexicon.fillers
            and tokens[place].folded not in lexicon.subjects
            and lexicon.about.at(tokens, place) is None
            and (lexicon.request.at(tokens, place) is None and lexicon.question.at(tokens, place) is None)
        ):
            place += 1
        else:
            break
    return place
