"""What stands there already, said once more ("no, size L!", "18.1."): it is shown again, and no answer is refused."""

from collections.abc import Iterator, Sequence

from nlu.dialogue import answers
from nlu.dialogue.commands import Command, CorrectSlot
from nlu.dialogue.consents import said
from nlu.dialogue.levels.situation import Situation, evidence
from nlu.dialogue.phrases import places_of
from nlu.dialogue.reading import Clause
from nlu.dialogue.replacements import button_named
from nlu.dialogue.tokens import stem, tokenize
from nlu.dialogue.values.calendar import calendar
from nlu.dialogue.values.candidates import candidates
from nlu.dialogue.values.kinds import Wanted

_MOST = 24


def given(situation: Situation, clause: Clause) -> list[Command]:
    """The values of the clause just as they are held, if it says nothing else."""
    if clause.is_question or not clause.tokens:
        return []
    typed = [w for w in situation.given if w.is_typed]
    held = situation.context.tracker.slots
    found = [f for f in answers.values_in(situation.context, clause, typed) if held.get(f.slot) == f.value]
    covered = [(f.start, f.end) for f in found]
    slots = {f.slot: f.value for f in found}
    for wish, start, end in _in_words(situation, clause):
        slots[wish.slot.name] = held[wish.slot.name]
        covered.append((start, end))
    if not slots or not _says_only(situation, clause, covered):
        return []
    return [CorrectSlot(name, value, evidence=evidence(clause, "value")) for name, value in slots.items()]


def _in_words(situation: Situation, clause: Clause) -> Iterator[tuple[Wanted, int, int]]:
    """Values of slots that take any words, where they stand in the clause; a button's by its name."""
    words = [t.folded for t in clause.tokens]
    for wish in situation.given:
        value = situation.context.tracker.slots.get(wish.slot.name)
        if not isinstance(value, str) or not value or wish.is_typed:
            continue
        if wish.titles and button_named(situation.context, clause.text, wish) == value:
            yield wish, 0, len(clause.text)
            continue
        for name in {value, said(situation.context, value, wish.slot.name)}:
            own = [t.folded for t in tokenize(name)]
            place = next((n for n in range(len(words) - len(own) + 1) if own and words[n : n + len(own)] == own), -1)
            if place >= 0:
                yield wish, clause.tokens[place].start, clause.tokens[place + len(own) - 1].end
                break


def _says_only(situation: Situation, clause: Clause, covered: list[tuple[int, int]]) -> bool:
    """Whether all other words insist, name what the values are, or deny another value."""
    lexicon, tokens, context = situation.context.lexicon, clause.tokens, situation.context
    lists = (lexicon.no, lexicon.told, lexicon.copula, lexicon.articles, lexicon.fillers, lexicon.connectors)
    more = (lexicon.interjections, lexicon.speaker, lexicon.request, lexicon.contrast, lexicon.correction)
    small = places_of((*lists, *more), tokens)
    words = calendar(context.languages)
    labels = {word for wish in situation.given for word in wish.labels}
    others = _other_values(situation, clause, covered)
    denying = lexicon.negation.places(tokens) | lexicon.instead.places(tokens)
    left = [
        n
        for n, t in enumerate(tokens)
        if n not in small
        and stem(t.folded) not in labels
        and not any(words.has(name, t.folded) for name in ("on", "from", "until"))
        and not any(start <= t.start < end for start, end in (*covered, *others))
    ]
    begins = frozenset() if lexicon.instead.at(tokens, 0) else {0}
    if others and not denying - begins:
        return False  # "no, from the 22nd to the 23rd": only the end is as it is shown
    return all(n in denying for n in left) and (bool(others) or not left)


def _other_values(situation: Situation, clause: Clause, covered: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Where values stand that the slots could have and have not."""
    context = situation.context
    found = [
        (one.start, one.end)
        for wish in situation.given
        if wish.is_typed
        for one in candidates(clause.text, clause.understanding, wish, context.today, context.languages)[:_MOST]
    ]
    return [one for one in found if not any(s < one[1] and one[0] < e for s, e in covered)]


def message(situation: Situation, whole: Clause) -> list[Command]:
    """The same for a whole message at a confirmation that nobody has agreed to yet."""
    question = situation.question
    if question is None or not (question.is_consent or question.expects == "change_what"):
        return []
    lexicon = situation.context.lexicon
    insists = lexicon.no.any_in(whole.tokens) or lexicon.told.any_in(whole.tokens)
    return given(situation, whole) if insists and not lexicon.yes.any_in(whole.tokens) else []
