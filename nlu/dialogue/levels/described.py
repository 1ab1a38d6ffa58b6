"""Values in words that no name is known for, or only of a part: all of what describes it ("the city bag in black")."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from nlu.dialogue import answers
from nlu.dialogue.commands import CannotHandle, Command, CorrectSlot, Deny, SetSlot
from nlu.dialogue.levels.situation import Situation, evidence
from nlu.dialogue.lexicon import Lexicon
from nlu.dialogue.phrases import places_of
from nlu.dialogue.reading import Clause
from nlu.dialogue.replacements import without_cues
from nlu.dialogue.tokens import Token, stem, tokenize
from nlu.dialogue.values.candidates import candidates
from nlu.dialogue.values.kinds import Wanted
from nlu.dialogue.wording import meant
from nlu.domain import SlotType

_LONGEST = 8
_A_WORD = 3
_FEW = 5


def whole(situation: Situation, made: Sequence[Command]) -> list[Command]:
    """The commands with the whole description as a value, where only the name of a colour, a model or the like was
    found in it, and the slot takes any words.
    """
    return [
        _described(situation, one) if isinstance(one, SetSlot | CorrectSlot) and isinstance(one.value, str) else one
        for one in made
    ]


def _described(situation: Situation, one: SetSlot | CorrectSlot) -> SetSlot | CorrectSlot:
    wishes = [*([situation.asked] if situation.asked is not None else []), *situation.given]
    wish = next((w for w in wishes if w.slot.name == one.slot), None)
    if wish is None or not (wish.free and wish.entities) or wish.kinds or wish.has_form:
        return one
    text = _description(situation, wish, one)
    value = wish.slot.fit(text) if text else None
    return replace(one, value=value) if value is not None and wish.accepts(value) else one


def _description(situation: Situation, wish: Wanted, one: SetSlot | CorrectSlot) -> str:
    """The words around the name that was found, without those that lead up to it; "" where they are a sentence, or
    say nothing more.
    """
    context, lexicon = situation.context, situation.context.lexicon
    clause = next((c for c in situation.clauses if c.text == one.evidence.clause), None)
    if clause is None:
        return ""
    text = meant(clause.text, lexicon)
    tokens, begin = tokenize(text), clause.text.find(text)
    named = candidates(clause.text, clause.understanding, wish, context.today, context.languages)
    found = [f for f in named if f.value == one.value]
    if begin < 0 or not found or len(tokens) > _LONGEST or any(map(str.isdigit, str(one.value))):
        return ""
    leads = (lexicon.fillers, lexicon.articles, lexicon.no, lexicon.correction, lexicon.connectors, lexicon.please)
    empty = places_of((*leads, lexicon.into), tokens)
    inside = {
        n for n, t in enumerate(tokens) if any(f.start < t.end + begin and t.start + begin < f.end for f in found)
    }
    more = [(n, t.folded) for n, t in enumerate(tokens) if n not in inside and n not in empty]
    exchanged = lexicon.instead.any_in(tokens) or lexicon.contrast.any_in(tokens)  # the other one is what goes
    lead = {n for n in lexicon.prepositions.places(tokens) if n < min(inside, default=0)}
    told = [n for n, word in more if stem(word) not in wish.labels and n not in lead]
    sums = any(tokens[n].is_number for n in told)
    if not told or exchanged or sums or _talk(lexicon, tokens) - inside - empty:
        return ""
    first, last = min(*told, *inside), max(*told, *inside)
    return text[tokens[first].start : tokens[last].end]


def instead(situation: Situation, message: Clause, made: Sequence[Command]) -> list[Command]:
    """The commands; where at a confirmation only a no was heard, or nothing when it was asked what to change, other
    words for the only value that takes any ("no, the airport bus").
    """
    silent = not made or all(isinstance(c, Deny | CannotHandle) for c in made)
    return (_other_words(situation, message) if silent else []) or list(made)


def _other_words(situation: Situation, message: Clause) -> list[Command]:
    question, context = situation.question, situation.context
    asked = question is not None and (situation.is_consent or question.expects == "change_what")
    if not asked or len(situation.clauses) != 1 or message.is_question or len(message.tokens) > _LONGEST:
        return []
    if situation.is_consent and not (context.lexicon.no.at(message.tokens, 0) or situation.cue(message)):
        return []
    wish = _only_in_words(situation)
    if wish is None or message.problem is not None:
        return []
    text = _named(situation, message, wish)
    if situation.other_matter(message) and not _is_akin(text, context.tracker.slots.get(wish.slot.name)):
        return []
    value = wish.slot.fit(text) if text else None
    if value is None or not wish.accepts(value) or value == context.tracker.slots.get(wish.slot.name):
        return []
    return [CorrectSlot(wish.slot.name, value, evidence=evidence(message, "words"))]


def _only_in_words(situation: Situation) -> Wanted | None:
    """The one value given so far that takes any words; of several that one without choices on buttons."""
    given = [w for w in situation.given if w.free and not w.kinds and not w.has_form]
    plain = [w for w in given if not w.titles and w.slot.type is SlotType.TEXT]
    return plain[0] if len(plain) == 1 else given[0] if len(given) == 1 else None


def _is_akin(text: str, held: Any) -> bool:
    """Whether both share a word that says something."""
    words = {stem(t.folded) for t in tokenize(str(held or "")) if len(t.folded) > _A_WORD}
    return any(stem(t.folded) in words for t in tokenize(text))


def _named(situation: Situation, message: Clause, wish: Wanted) -> str:
    """What the message names behind its no: no sentence, no number, and nothing that any other value is known by."""
    context, lexicon = situation.context, situation.context.lexicon
    rest = list(without_cues(context, message.tokens))
    while rest and lexicon.articles.at(rest, 0) is not None:
        del rest[0]
    denies = lexicon.negation.places(message.tokens) - {0}
    labels = {label for one in situation.given for label in one.labels}
    if denies or not describes(lexicon, rest) or any(stem(t.folded) in labels for t in rest):
        return ""
    if lexicon.says_little(message.text):
        return ""
    typed = [w for w in (*situation.given, *situation.unfilled) if w.is_typed and w.slot.name != wish.slot.name]
    if answers.values_in(context, message, typed, held={}):
        return ""
    return meant(message.text[rest[0].start : rest[-1].end], lexicon)


def describes(lexicon: Lexicon, tokens: Sequence[Token]) -> bool:
    """Whether a few words name a thing: no sentence, no number, nothing that only agrees, denies or is polite."""
    small = (lexicon.fillers, lexicon.please, lexicon.thanks, lexicon.articles, lexicon.into, lexicon.wrong)
    others = (lexicon.yes, lexicon.no, lexicon.indifferent, lexicon.greeting, lexicon.goodbye, lexicon.subordinators)
    if not 0 < len(tokens) <= _FEW or any(t.is_number for t in tokens) or _talk(lexicon, tokens):
        return False
    if any(phrases.any_in(tokens) for phrases in others):
        return False
    empty = places_of(small, tokens)
    return any(n not in empty and len(t.folded) >= _A_WORD for n, t in enumerate(tokens))


def _talk(lexicon: Lexicon, tokens: Sequence[Token]) -> frozenset[int]:
    """Where words stand that make a sentence, or say something else than what a thing is."""
    said = (lexicon.first_person, lexicon.speaker, lexicon.copula, lexicon.possible, lexicon.wh, lexicon.request)
    judged = (lexicon.suits, lexicon.suiting, lexicon.negation, lexicon.unfit, lexicon.dismay, lexicon.omitted)
    wanted = (lexicon.another, lexicon.instead, lexicon.cancel, lexicon.undo, lexicon.hold, lexicon.unwanted)
    others = (*wanted, lexicon.repair, lexicon.person)
    return places_of((*said, *judged, *others), tokens)
