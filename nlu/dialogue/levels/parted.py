"""An answer in parts, one of which says that it is what is asked: "sales team, a laptop, her name is Mia Klein"."""

from collections.abc import Sequence
from typing import Any

from nlu.dialogue import answers
from nlu.dialogue.commands import Command, SetSlot
from nlu.dialogue.levels import assent, edges
from nlu.dialogue.levels.situation import Situation, evidence
from nlu.dialogue.phrases import places_of
from nlu.dialogue.reading import Clause, stretch
from nlu.dialogue.tokens import stem
from nlu.dialogue.values.kinds import Wanted
from nlu.dialogue.wording import meant

_SOME = 2


def of(situation: Situation, clause: Clause, wish: Wanted) -> list[Command]:
    """What the part gives that names the open question or says what somebody is called; the typed values of the others,
    and their words for the next question that takes any.
    """
    question = situation.question
    if not wish.free or wish.is_typed or wish.titles or clause.is_question or question is None or question.flow is None:
        return []
    parts = edges.parts(clause)
    begins = [begin(situation, part, wish) for part in parts]
    own = [n for n, place in enumerate(begins) if place is not None]
    if len(parts) < _SOME or len(own) != 1:
        return []
    named = parts[own[0]]
    typed = [w for w in situation.unfilled if w.slot.name != wish.slot.name]
    value, values = _without_values(situation, stretch(named, begins[own[0]] or 0, len(named.text)), typed)
    words: list[str] = []
    for part in (part for n, part in enumerate(parts) if n != own[0]):
        text, found = _without_values(situation, part, typed)
        values |= found
        words += [text] if text else []
    other = assent.next_free(situation, question.flow, wish) if words else None
    if other is not None and other.accepts(", ".join(words)):
        values[other.slot.name] = other.slot.fit(", ".join(words))
    else:
        value = ", ".join([value, *words])
    fitted = wish.slot.fit(meant(value, situation.context.lexicon)) if value else None
    if fitted is None or not wish.accepts(fitted):
        return []
    return [SetSlot(n, v, evidence=evidence(clause, "value")) for n, v in {wish.slot.name: fitted, **values}.items()]


def begin(situation: Situation, part: Clause, wish: Wanted) -> int | None:
    """Where the value begins in a part that says what it is for; None if it does not."""
    lexicon, tokens = situation.context.lexicon, part.tokens
    lists = (lexicon.articles, lexicon.fillers, lexicon.connectors, lexicon.owned, lexicon.own, lexicon.subjects)
    small = places_of(lists, tokens)
    place = next((n for n in range(len(tokens)) if n not in small), len(tokens))
    for first in range(place + 1):
        if (called := lexicon.called.at(tokens, first)) is not None and called.last + 1 < len(tokens):
            return tokens[called.last + 1].start
    labelled = place < len(tokens) and stem(tokens[place].folded) in wish.labels
    is_ = lexicon.copula.at(tokens, place + 1) if labelled else None
    if is_ is not None and is_.last + 1 < len(tokens):
        return tokens[is_.last + 1].start
    marked = labelled and place + 1 < len(tokens) and part.text[tokens[place].end :].lstrip()[:1] == ":"
    return tokens[place + 1].start if marked else None


def _without_values(situation: Situation, part: Clause, typed: Sequence[Wanted]) -> tuple[str, dict[str, Any]]:
    """The words of a part, none if all it says is values; and these."""
    found = answers.values_in(situation.context, part, typed)
    values = {one.slot: one.value for one in found}
    if found and len(edges.telling(situation, part, found)) < _SOME:
        return "", values
    return part.text.strip(" ,;:\n"), values
