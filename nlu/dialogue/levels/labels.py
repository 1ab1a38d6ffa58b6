"""Values that the customer gives by the name of their question: "Zweck: Bank", "no, the purpose is renting a flat"."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from nlu.dialogue import answers
from nlu.dialogue.commands import CannotHandle, Clarify, Command, CorrectSlot, Guess, SetSlot, StartFlow
from nlu.dialogue.levels.situation import Situation, evidence, is_formless
from nlu.dialogue.reading import Clause, stretch
from nlu.dialogue.replacements import without_cues
from nlu.dialogue.serving import is_running
from nlu.dialogue.tokens import Token, stem, tokenize
from nlu.dialogue.values.calendar import calendar
from nlu.dialogue.values.kinds import Wanted
from nlu.dialogue.wording import meant

_LONGEST = 4
"""A name has no more words."""
_A_WORD = 3
_MARKS = (":", "=")
_EDGES = " ,;!\n"


@dataclass(frozen=True, slots=True)
class _Named:
    """A slot that a text names, and where the words for its value begin."""

    wish: Wanted
    start: int
    begin: int


def given(situation: Situation, message: Clause) -> list[Command]:
    """What the message gives by name of what is asked or was said before; nothing if it says anything in front."""
    wishes = _wishes(situation)
    if (by_when := _by_when(situation, message, wishes)) is not None:
        return [by_when]
    named = list(_names(situation, message, wishes)) if wishes and not message.is_question else []
    if not named or not _only_leads(situation, message.tokens, named[0].start):
        return []
    made: list[Command] = []
    ends = [*(one.start for one in named[1:]), len(message.text)]
    for one, end in zip(named, ends, strict=True):
        value = value_in(situation, stretch(message, one.begin, end), one.wish)
        if value is None:
            return []
        asked = situation.asked is not None and situation.asked.slot.name == one.wish.slot.name
        kind = SetSlot if asked else CorrectSlot
        if asked or value != situation.context.tracker.slots.get(one.wish.slot.name):
            made.append(kind(one.wish.slot.name, value, evidence=evidence(message, "value")))
    return made


def _by_when(situation: Situation, message: Clause, wishes: Sequence[Wanted]) -> CorrectSlot | None:
    """Another day for the one value in words that is asked with a word such as "by" ("no, by Monday")."""
    context = situation.context
    words = calendar(context.languages)
    rest = without_cues(context, message.tokens)
    short = 1 < len(rest) <= _LONGEST + 1 and len(rest) < len(message.tokens)
    if not short or not words.has("until", rest[0].folded) or context.lexicon.instead.any_in(message.tokens):
        return None
    if message.is_question or rest[-1] is not message.tokens[-1]:
        return None
    free = [w for w in wishes if w.free and not w.is_typed and _asks_until(situation, w)]
    if len(free) != 1 or any("end" in w.kinds for w in wishes):
        return None
    wish, text = free[0], message.text[rest[0].start : rest[-1].end]
    value = wish.slot.fit(meant(text, context.lexicon))
    held = context.tracker.slots.get(wish.slot.name)
    if value is None or held in (None, value) or not wish.accepts(value):
        return None
    return CorrectSlot(wish.slot.name, value, evidence=evidence(message, "value"))


def _asks_until(situation: Situation, wish: Wanted) -> bool:
    """Whether the slot is called by a word for the end of a time ("needed by")."""
    words = calendar(situation.context.languages)
    variants = situation.context.pack.domain.responses.get(f"utter_label_{wish.slot.name}", ())
    return any(words.has("until", t.folded) for one in variants for t in tokenize(one.text))


def anew(situation: Situation, message: Clause, made: Sequence[Command]) -> list[Command]:
    """After "what should I change?", words that are nothing else are what the one value should be that takes any
    words; of several, the one that shares a word with them.
    """
    question = situation.question
    unsure = all(isinstance(c, CannotHandle | Clarify | Guess) or _is_open(situation, c) for c in made)
    if question is None or question.expects != "change_what" or not unsure or message.is_question:
        return list(made)
    free = [w for w in situation.given if w.free and not w.is_typed and not w.titles]
    words = _words(message.text)
    akin = [w for w in free if words & _words(str(situation.context.tracker.slots.get(w.slot.name)))]
    wish = free[0] if len(free) == 1 else akin[0] if len(akin) == 1 else None
    text = message.text
    mark = next((p for m in _MARKS if (p := text.find(f"{m} ")) >= 0 and len(tokenize(text[:p])) <= _LONGEST), -1)
    value = value_in(situation, stretch(message, mark + 1, len(text)), wish) if wish is not None else None
    if wish is None or value is None or not any(len(word) >= _A_WORD for word in words):
        return list(made)
    return [CorrectSlot(wish.slot.name, value, evidence=evidence(message, "words"))]


def _is_open(situation: Situation, command: Command) -> bool:
    """Whether it would begin what runs already, which is nothing."""
    flow = situation.context.pack.triggers.get(command.intent) if isinstance(command, StartFlow) else None
    return flow is not None and is_running(situation.context, flow)


def _wishes(situation: Situation) -> list[Wanted]:
    """What may be named: what was said before, and what is asked in words."""
    if not situation.context.tracker.stack:
        return []
    known = [w for w in situation.given if not is_formless(w)]
    asked = situation.asked
    if asked is not None and situation.takes_free_text and all(w.slot.name != asked.slot.name for w in known):
        known.append(asked)
    return known


def _names(situation: Situation, message: Clause, wishes: Sequence[Wanted]) -> Iterator[_Named]:
    """Where the message names a slot and gives its value behind a mark, or behind a verb that says what it is."""
    tokens, lexicon = message.tokens, situation.context.lexicon
    place = 0
    while place < len(tokens) - 1:
        length, wish = _label(situation, tokens, place, wishes)
        behind = place + length
        if wish is None or behind >= len(tokens):
            place += 1
            continue
        between = message.text[tokens[behind - 1].end : tokens[behind].start].strip()
        verb = lexicon.copula.at(tokens, behind)
        sets = between == "" and _may_say(situation, message, wish, tokens[place:behind])
        if between in _MARKS:
            yield _Named(wish, tokens[place].start, tokens[behind].start)
        elif sets and verb is not None and verb.last < len(tokens) - 1:
            mark = message.text[tokens[verb.last].end : tokens[verb.last + 1].start].strip()
            if mark in ("", *_MARKS):
                yield _Named(wish, tokens[place].start, tokens[verb.last + 1].start)
        elif sets and wish.free and _begins_corrected(situation, tokens, place):
            yield _Named(wish, tokens[place].start, tokens[behind].start)
        place = behind


def _label(
    situation: Situation, tokens: Sequence[Token], place: int, wishes: Sequence[Wanted]
) -> tuple[int, Wanted | None]:
    """How many words from here on are the name of one slot."""
    best: tuple[int, Wanted | None] = (0, None)
    lexicon = situation.context.lexicon
    small = lexicon.articles.places(tokens[place : place + _LONGEST]) | lexicon.fillers.places(
        tokens[place : place + _LONGEST]
    )
    for wish in wishes:
        length = 0
        for n, token in enumerate(tokens[place : place + _LONGEST]):
            own = stem(token.folded) in wish.labels
            if n == 0 and not own:
                break
            if own:
                length = n + 1
            elif n not in small:
                break
        if length > best[0]:
            best = length, wish
    return best


def _may_say(situation: Situation, message: Clause, wish: Wanted, label: Sequence[Token]) -> bool:
    """Whether these words without a mark name the value: more than small words, and no answer in words is awaited."""
    lexicon = situation.context.lexicon
    if situation.takes_free_text and not situation.cue(message):
        return False
    words = calendar(situation.context.languages)
    dates = ("on", "from", "until")  # "bis" Freitag says when, though the question is called "bis wann"
    telling = [t for t in label if t.folded not in lexicon.fillers and lexicon.wh.at([t], 0) is None]
    telling = [t for t in telling if not any(words.has(name, t.folded) for name in dates)]
    return any(len(t.folded) >= _A_WORD and lexicon.connectors.at([t], 0) is None for t in telling) and wish.free


def _begins_corrected(situation: Situation, tokens: Sequence[Token], place: int) -> bool:
    """Whether right before the name something is denied or put right: "nein, Zweck Bank"."""
    lexicon = situation.context.lexicon
    lead = tokens[:place]
    lists = (lexicon.no, lexicon.correction, lexicon.repair)
    return any(phrases.any_in(lead) for phrases in lists) or bool(lexicon.instead.any_in(tokens[place:]))


def _only_leads(situation: Situation, tokens: Sequence[Token], start: int) -> bool:
    """Whether all that stands before is a no, a cue of a correction, courtesy or an article."""
    lexicon = situation.context.lexicon
    lead = [t for t in tokens if t.end <= start]
    cues = (lexicon.no, lexicon.negation, lexicon.correction, lexicon.repair, lexicon.contrast, lexicon.told)
    small = (lexicon.fillers, lexicon.articles, lexicon.interjections, lexicon.please, lexicon.copula)
    return len(frozenset().union(*(phrases.places(lead) for phrases in (*cues, *small)))) == len(lead)


def value_in(situation: Situation, part: Clause, wish: Wanted) -> Any:
    """The value of a slot in these words, None if they give none."""
    if wish.is_typed:
        found = answers.values_in(situation.context, part, [wish], asked=wish.slot.name)
        return found[0].value if found else None
    text = _without_denied(situation, part).strip(_EDGES)
    text = meant(text, situation.context.lexicon).strip(_EDGES)
    tokens = tokenize(text)
    article = situation.context.lexicon.articles.at(tokens, 0)
    if article is not None and article.last + 1 < len(tokens) and tokens[article.last + 1].is_number:
        text = text[tokens[article.last + 1].start :]
    value = wish.slot.fit(text) if text else None
    return value if value is not None and wish.accepts(value) else None


def _without_denied(situation: Situation, part: Clause) -> str:
    """The text up to where it says, behind a comma, what does not hold ("18.1., nicht der 15.")."""
    for span in situation.context.lexicon.instead.find(part.tokens):
        if span.first > 0:
            before = part.tokens[span.first - 1].end
            if "," in part.text[before : part.tokens[span.first].start]:
                return part.text[:before]
    return part.text


def _words(text: str) -> frozenset[str]:
    return frozenset(stem(t.folded) for t in tokenize(text) if len(t.folded) >= _A_WORD)
