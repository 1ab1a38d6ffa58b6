"""Values that the customer gives by the name of their question: "Zweck: Bank", "no, the purpose is renting a flat"."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from nlu.dialogue import answers
from nlu.dialogue.acts import begins_asking
from nlu.dialogue.commands import CannotHandle, Clarify, Command, CorrectSlot, Deny, Guess, Hold, SetSlot, StartFlow
from nlu.dialogue.levels.situation import Situation, evidence, is_formless
from nlu.dialogue.phrases import places_of
from nlu.dialogue.problems import problem_in
from nlu.dialogue.reading import Clause, stretch
from nlu.dialogue.replacements import button_named, kind_of, without_cues
from nlu.dialogue.serving import is_running
from nlu.dialogue.tokens import Token, stem, tokenize
from nlu.dialogue.values.calendar import calendar
from nlu.dialogue.values.kinds import Wanted
from nlu.dialogue.values.readings import readings
from nlu.dialogue.wording import meant

_LONGEST = 4
"""A name has no more words."""
_A_WORD = 3
_MARKS = (":", "=")
_QUOTES = ('"', "„", "“", "»")
_EDGES = ' ,;!\n"„“”«»'
_UNSURE = (CannotHandle, Clarify, Guess, Deny)
_STOPS = tuple(".!?\n")
_A_NUMBER_STOPPED = re.compile(r"^(\w*\d{3,8})\.$")
"""A number with the full stop of its sentence, which no day has."""


@dataclass(frozen=True, slots=True)
class _Named:
    """A slot that a text names, and where the words for its value begin."""

    wish: Wanted
    start: int
    begin: int


def given(situation: Situation, message: Clause) -> list[Command]:
    """What the message gives by name of what is asked or was said before; nothing if it says anything in front. What
    it says in further sentences is read by itself.
    """
    if message.is_question:
        return []
    first = _first_sentence(situation, message)
    made = _named_in(situation, first)
    return [*made, *_beside(situation, len(first.text))] if made else []


def within(situation: Situation, clause: Clause) -> list[Command]:
    """Another value by name, in a sentence behind an answer in words ("… oh and the start is the 18th")."""
    place = situation.clauses.index(clause) if clause in situation.clauses else 0
    if not place or not situation.takes_free_text or clause.is_question or situation.asked is None:
        return []
    made = _named_in(situation, clause, joined=True)
    return made if all(isinstance(c, CorrectSlot) for c in made) else []


def _first_sentence(situation: Situation, message: Clause) -> Clause:
    """The message up to where a clause of its own begins behind the end of a sentence."""
    for before, clause in pairwise(situation.clauses):
        heads = _is_heading(situation, before) or _is_heading(situation, clause)
        if before.text.rstrip()[-1:] in _STOPS and not heads and not _is_labelled(situation, clause):
            return stretch(message, 0, clause.start) if clause.start else message
    return message


def _is_heading(situation: Situation, clause: Clause) -> bool:
    """Whether a sentence is nothing but the name of a value, which follows ("no, the name. Maria Lopez")."""
    tokens, wishes = clause.tokens, _wishes(situation)
    for place in range(len(tokens)):
        length, wish = _label(situation, tokens, place, wishes)
        if wish is not None and place + length == len(tokens):
            return wish.free and _only_leads(situation, tokens, tokens[place].start)
    return False


def _is_labelled(situation: Situation, clause: Clause) -> bool:
    """Whether a clause goes on with one more value by its name."""
    return any(True for _ in _names(situation, clause, _wishes(situation)))


def _beside(situation: Situation, start: int) -> list[Command]:
    """Other matters in what is left of the message."""
    triggers = situation.context.pack.triggers
    return [
        StartFlow(c.strict_intent, evidence=evidence(c, "engine"))
        for c in situation.clauses
        if c.start >= start > 0
        and c.strict_intent in triggers
        and not is_running(situation.context, triggers[c.strict_intent])
        and not c.lexicon.negation.any_in(c.tokens)
        and not c.asks_about
    ]


def _named_in(situation: Situation, message: Clause, *, joined: bool = False) -> list[Command]:
    wishes = _wishes(situation)
    if (by_when := _by_when(situation, message, wishes)) is not None:
        return [by_when]
    named = list(_names(situation, message, wishes, joined=joined)) if wishes else []
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
        if not joined or value != situation.context.tracker.slots.get(one.wish.slot.name):
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
    words; of several, the one that shares a word with them. So are words behind a no that tell the matter anew.
    """
    question = situation.question
    rest = _behind_a_no(situation, message)
    rest = stretch(rest, 0, len(_telling(situation, rest.text)))
    mark = _value_mark(rest.text)
    unsure = all(isinstance(c, _UNSURE) or (mark >= 0 and isinstance(c, Hold)) or _is_open(situation, c) for c in made)
    if question is None or not unsure or message.is_question:
        return list(made)
    if not (question.expects == "change_what" or question.is_consent):
        return list(made)
    if (chosen := _in_own_words(situation, rest, mark)) is not None:
        return [chosen]
    free = [w for w in situation.given if w.free and not w.is_typed and not w.titles]
    words = _words(rest.text)
    shared = {w.slot.name: words & _words(str(situation.context.tracker.slots.get(w.slot.name))) for w in free}
    akin = [w for w in free if shared[w.slot.name]]
    wish = free[0] if len(free) == 1 else akin[0] if len(akin) == 1 else None
    text = rest.text
    names = {label for one in situation.given for label in one.labels} | situation.context.lexicon.articles.words
    if wish is None or not any(len(word) >= _A_WORD for word in words - names):
        return list(made)
    if (question.is_consent or any(isinstance(c, Deny) for c in made)) and not (
        _tells_anew(situation, rest) and (mark >= 0 or len(shared[wish.slot.name]) > 1 or _names_it(situation))
    ):
        return list(made)
    value = value_in(situation, stretch(rest, mark + 1, len(text)), wish)
    return list(made) if value is None else [CorrectSlot(wish.slot.name, value, evidence=evidence(message, "words"))]


def _value_mark(text: str) -> int:
    """Where a mark or a quotation begins what should be written, -1 if none does ("write: ...")."""
    marks = [p for m in (": ", "= ") if (p := text.find(m)) >= 0]
    marks += [p for m in _QUOTES if (p := text.find(m)) >= 0]
    return next((p for p in marks if len(tokenize(text[:p])) <= _LONGEST), -1)


def _in_own_words(situation: Situation, rest: Clause, mark: int) -> CorrectSlot | None:
    """What should stand for the one value that is chosen by buttons or said in one's own words: behind a mark, or what
    is amiss, where it was asked what to change ("it doesn't go with my rack").
    """
    lexicon = situation.context.lexicon
    wishes = [w for w in situation.given if w.free and w.titles and not w.kinds and not w.has_form]
    against = (lexicon.cancel, lexicon.undo, lexicon.unwanted, lexicon.keep, lexicon.request)
    if len(wishes) != 1 or any(phrases.any_in(rest.tokens) for phrases in against):
        return None
    asked = situation.question is not None and situation.question.expects == "change_what"
    amiss = asked and len(rest.tokens) >= _A_WORD and bool(problem_in(rest.text, lexicon))
    if mark < 0 and not amiss:
        return None
    value = value_in(situation, stretch(rest, mark + 1, len(rest.text)), wishes[0])
    held = situation.context.tracker.slots.get(wishes[0].slot.name)
    if value in (None, held):
        return None
    return CorrectSlot(wishes[0].slot.name, value, evidence=evidence(rest, "words"))


def _behind_a_no(situation: Situation, message: Clause) -> Clause:
    """The message without the no at its beginning."""
    lexicon, tokens = situation.context.lexicon, message.tokens
    place = 0
    while place < len(tokens) and (no := lexicon.no.at(tokens, place)) is not None:
        place = no.last + 1
    return stretch(message, tokens[place].start, len(message.text)) if 0 < place < len(tokens) else message


def _tells_anew(situation: Situation, rest: Clause) -> bool:
    """Whether some words tell something, and nothing in them agrees, denies or says that something is wrong."""
    lexicon, tokens = situation.context.lexicon, rest.tokens
    against = (lexicon.yes, lexicon.no, lexicon.wrong, lexicon.cancel, lexicon.undo, lexicon.hold, lexicon.unwanted)
    denied = lexicon.negation.places(tokens) - lexicon.pseudo.places(tokens)
    return len(tokens) >= _A_WORD and not denied and not any(phrases.any_in(tokens) for phrases in against)


def _names_it(situation: Situation) -> bool:
    """Whether a clause is about the process that is open."""
    triggers = situation.context.pack.triggers
    flows = [triggers[c.strict_intent] for c in situation.clauses if c.strict_intent in triggers]
    return any(is_running(situation.context, flow) for flow in flows)


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


def _names(
    situation: Situation, message: Clause, wishes: Sequence[Wanted], *, joined: bool = False
) -> Iterator[_Named]:
    """Where the message names a slot and gives its value behind a mark, or behind a verb that says what it is."""
    tokens, lexicon = message.tokens, situation.context.lexicon
    place = 0
    before: Wanted | None = None
    while place < len(tokens) - 1:
        length, wish = _label(situation, tokens, place, wishes)
        behind = place + length
        between = message.text[tokens[behind - 1].end : tokens[behind].start].strip() if behind < len(tokens) else ""
        if wish is None or behind >= len(tokens) or (wish is before and between not in _MARKS):
            place += 1
            continue
        before = wish
        verb = lexicon.copula.at(tokens, behind)
        sets = between == "" and _may_say(situation, message, wish, tokens[place:behind], joined=joined)
        heads = between == "." and wish.free and _only_leads(situation, tokens, tokens[place].start)
        if between in _MARKS or (heads and not situation.takes_free_text):
            yield _Named(wish, tokens[place].start, tokens[behind].start)
        elif sets and verb is not None and verb.last < len(tokens) - 1:
            mark = message.text[tokens[verb.last].end : tokens[verb.last + 1].start].strip()
            if mark in ("", *_MARKS):
                yield _Named(wish, tokens[place].start, tokens[verb.last + 1].start)
        elif wish.free and _begins_corrected(situation, tokens, place) and (sets or between == ","):
            into = lexicon.into.at(tokens, behind) if lexicon.change.any_in(tokens[:place]) else None
            begin = into.last + 1 if into is not None and into.last + 1 < len(tokens) else behind
            yield _Named(wish, tokens[place].start, tokens[begin].start)
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
            if n == 0 and (not own or lexicon.connectors.at([token], 0) is not None):
                break
            if n > 0 and lexicon.copula.at([token], 0) is not None:
                break  # what the name is follows
            if own:
                length = n + 1
            elif n not in small:
                break
        if length > best[0]:
            best = length, wish
    return best


def _may_say(
    situation: Situation, message: Clause, wish: Wanted, label: Sequence[Token], *, joined: bool = False
) -> bool:
    """Whether these words without a mark name the value: more than small words, and no answer in words is awaited."""
    lexicon = situation.context.lexicon
    if situation.takes_free_text and not joined and not situation.cue(message):
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
    amiss = any(t.folded in lexicon.wrong.words or stem(t.folded) in lexicon.wrong.words for t in lead)
    return amiss or any(phrases.any_in(lead) for phrases in lists) or lexicon.instead.any_in(tokens[place:])


def _only_leads(situation: Situation, tokens: Sequence[Token], start: int) -> bool:
    """Whether all that stands before is a no, a cue of a correction, courtesy or an article."""
    lexicon = situation.context.lexicon
    lead = [t for t in tokens if t.end <= start]
    cues = (lexicon.no, lexicon.negation, lexicon.correction, lexicon.repair, lexicon.contrast, lexicon.told)
    small = (lexicon.fillers, lexicon.articles, lexicon.interjections, lexicon.please, lexicon.copula)
    joins = (lexicon.connectors, lexicon.weak, lexicon.whose)
    places = places_of((*cues, *small, *joins, lexicon.yes, lexicon.hold), lead)
    return all(n in places or stem(t.folded) in lexicon.wrong.words for n, t in enumerate(lead))


def value_in(situation: Situation, part: Clause, wish: Wanted) -> Any:
    """The value of a slot in these words, None if they give none."""
    if wish.is_typed:
        found = answers.values_in(situation.context, part, [wish], asked=wish.slot.name)
        if not wish.free or (found and not situation.left(part, found)):
            return found[0].value if found else None
        if (named := button_named(situation.context, part.text, wish)) is not None:
            return named  # else it is said in the customer's own words
    text = _telling(situation, _without_denied(situation, part)).strip(_EDGES)
    text = _A_NUMBER_STOPPED.sub(r"\1", meant(text, situation.context.lexicon).strip(_EDGES))
    if (same := _of_its_kind(situation, text, wish)) is not None:
        text = same
    tokens = tokenize(text)
    article = situation.context.lexicon.articles.at(tokens, 0)
    if article is not None and article.last + 1 < len(tokens) and tokens[article.last + 1].is_number:
        text = text[tokens[article.last + 1].start :]
    value = wish.slot.fit(text) if text else None
    return value if value is not None and wish.accepts(value) else None


def _telling(situation: Situation, text: str) -> str:
    """The text without parts behind its commas that say nothing, or only ask."""
    lexicon = situation.context.lexicon
    pieces = text.split(", ")
    while len(pieces) > 1 and (lexicon.says_little(pieces[-1]) or begins_asking(tokenize(pieces[-1]), lexicon)):
        pieces.pop()
    return ", ".join(pieces)


def _of_its_kind(situation: Situation, text: str, wish: Wanted) -> str | None:
    """The first day, address or number of a text for a slot that holds just such a one."""
    held, context = situation.context.tracker.slots.get(wish.slot.name), situation.context
    kind = kind_of(context, held) if isinstance(held, str) else ""
    found = readings(text, kind, context.today, context.languages) if kind else []
    return text[found[0].start : found[0].end].strip() if found else None


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
