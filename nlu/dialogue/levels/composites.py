"""Parts of a composite value as a text gives them: new ones, and what is put right in those that are known."""

from collections.abc import Mapping, Sequence
from typing import Any

from nlu.dialogue.reading import Clause, stretch
from nlu.dialogue.replacements import exchanges
from nlu.dialogue.tokens import tokenize
from nlu.dialogue.turn import TurnContext
from nlu.dialogue.values.composite import missing, read_parts
from nlu.dialogue.values.house_numbers import with_number
from nlu.dialogue.values.voids import struck_numbers


def parts_in(context: TurnContext, clause: Clause, kinds: Sequence[str], known: Mapping[str, Any]) -> dict[str, Any]:
    """The parts that a clause gives: a house number alone with the street that is known, nothing of what it denies."""
    street = str(known.get("street", ""))
    if street and (put_right := with_number(clause.text, street, context.lexicon)):
        return {"street": put_right}
    text = struck_numbers(clause.text, context.lexicon)
    found = {**_renumbered(context, clause, street), **read_parts(text, kinds, context.today, context.languages)}
    other = exchanged(context, clause, kinds, known)
    return other if other and missing(kinds, found) else {**found, **other}


def _renumbered(context: TurnContext, clause: Clause, street: str) -> dict[str, Any]:
    """The known street with the house number that one part of a clause gives ("house number 12 and postcode 79100")."""
    tokens = clause.tokens
    for part in clause.parts if street and len(clause.parts) > 1 else ():
        own = tokens[part.first : part.last + 1]
        if context.lexicon.house_number.any_in(own):
            new = with_number(clause.text[own[0].start : own[-1].end], street, context.lexicon)
            if new:
                return {"street": new}
    return {}


def exchanged(context: TurnContext, clause: Clause, kinds: Sequence[str], known: Mapping[str, Any]) -> dict[str, Any]:
    """The part that the clause names as wrong, or words of it, with what it should be: "Tönning, not Husum"."""
    for old, new in exchanges(context, clause):
        words, whole = [t.folded for t in old], stretch(clause, new[0].start, new[-1].end)
        for kind in (k for k in kinds if known.get(k)):
            value = str(known[kind])
            tokens = tokenize(value)
            held = [t.folded for t in tokens]
            places = [n for n in range(len(held) - len(words) + 1) if held[n : n + len(words)] == words]
            if words == held:
                read = read_parts(whole.text, (kind,), context.today, context.languages)
                return {kind: read.get(kind, whole.text)}
            if len(places) == 1 and all(word.isalpha() for word in words):
                first, last = tokens[places[0]], tokens[places[0] + len(words) - 1]
                return {kind: f"{value[: first.start]}{whole.text}{value[last.end :].removeprefix('.')}"}
    return {}
