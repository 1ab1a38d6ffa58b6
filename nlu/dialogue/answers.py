"""What a clause answers to the open question, and what it corrects of earlier answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from conversation.understanding import Understanding
from nlu.dialogue import done
from nlu.dialogue.commands import Affirm, CannotHandle, Command, CorrectSlot, Deny, Evidence, SetSlot
from nlu.dialogue.consents import said, shown
from nlu.dialogue.polarity import Polarity, polarity
from nlu.dialogue.questions import Question
from nlu.dialogue.reading import Clause
from nlu.dialogue.replacements import by_button, of_same_kind, replaced
from nlu.dialogue.state import DoneWrite
from nlu.dialogue.turn import TurnContext
from nlu.dialogue.values.assign import Filled, assign
from nlu.dialogue.values.kinds import Wanted, wanted
from nlu.dialogue.values.numbered import numbered
from nlu.domain import SlotType

_SHORT = 3


ONLY_BARE = frozenset({"anything_else", "helped"})
"""Own questions that only a bare yes or no answers: with a rest, the rest is what the customer wants."""
WRITING = frozenset({"undo", "change"})
"""Own questions whose yes writes."""


def leaning(context: TurnContext, question: Question, clause: Clause) -> bool | None:
    """What the clause would answer without its rest."""
    return _polarity(context, question, clause).leaning


@dataclass(frozen=True, slots=True)
class ToTruth:
    """What a clause says to a yes/no question. `rest_counts`: it says more, which may be something else altogether;
    `takes_facts`: values in it belong to the answer.
    """

    commands: list[Command]
    rest_counts: bool = False
    takes_facts: bool = False


def to_truth(context: TurnContext, question: Question, clause: Clause) -> ToTruth:
    """A yes or no to the open question; what confirms a write is a yes only if it says nothing else."""
    found = _polarity(context, question, clause)
    if found.is_bare:
        return ToTruth(_sense(question, leaning=bool(found.sense), clause=clause))
    if question.is_consent:
        return _to_consent(question, clause, found)
    if found.leaning is None or found.hold or question.expects in ONLY_BARE:
        return ToTruth([], rest_counts=True)
    if question.expects in WRITING and found.leaning:
        return ToTruth([CannotHandle("rest", evidence=Evidence(clause.text))], rest_counts=True)
    commands = _sense(question, leaning=found.leaning, clause=clause)
    if question.expects in ("offer", "person") and found.leaning:
        return ToTruth(commands, takes_facts=True)
    return ToTruth(commands, rest_counts=True)


def _to_consent(question: Question, clause: Clause, found: Polarity) -> ToTruth:
    """A no may say more ("nein, die Farbe ist falsch"); a yes may not."""
    if found.sense is False or found.leaning is False:
        return ToTruth(_sense(question, leaning=False, clause=clause), rest_counts=True)
    if found.leaning is True:
        return ToTruth([CannotHandle("rest", evidence=Evidence(clause.text))], rest_counts=True)
    return ToTruth([], rest_counts=True)


def by_intent(wish: Wanted, clause: Clause) -> list[Command]:
    """A value that the pack gives to an intent."""
    for mapping in wish.slot.mappings:
        if mapping.kind == "from_intent" and clause.intent and clause.intent in mapping.intents:
            value = wish.slot.fit(mapping.value)
            return [] if value is None else [SetSlot(wish.slot.name, value, evidence=Evidence(clause.text))]
    return []


def attempt(context: TurnContext, wish: Wanted, clause: Clause, serves: bool) -> list[Command]:
    """What was probably meant as the answer, for the rejections to judge: a number, or a short text with one."""
    if wish.slot.type is not SlotType.TEXT or not wish.has_form or wish.free or clause.is_question or serves:
        return []
    if polarity(clause.text, context.lexicon).sense is not None:
        return []
    numbers = [clause.text[start:end] for start, end in numbered(clause.text)]
    text = numbers[0] if len(numbers) == 1 else clause.text if numbers and len(clause.tokens) <= _SHORT else ""
    value = wish.slot.fit(text) if text else None
    return [] if value is None else [SetSlot(wish.slot.name, value, evidence=Evidence(clause.text, 0.5, "value"))]


def values_in(
    context: TurnContext,
    said: Clause | Understanding,
    wishes: Sequence[Wanted],
    *,
    asked: str = "",
    held: Mapping[str, Any] | None = None,
) -> list[Filled]:
    """What a clause, or a whole message, gives these slots. `held`: the values they have, by default those of the
    tracker.
    """
    understanding = said.understanding if isinstance(said, Clause) else said
    text = said.text if isinstance(said, Clause) else context.text
    known = context.tracker.slots if held is None else held
    languages, lexicon, start = context.languages, context.lexicon, _start(context, wishes, known)
    asked_for = tuple((wish.slot.name, wish.kinds, wish.has_form) for wish in wishes)
    key = (text, id(understanding), asked_for, asked, repr([known.get(w.slot.name) for w in wishes]), start)
    if key not in context.assigned:  # several levels ask the same of a clause
        found = assign(text, understanding, wishes, context.today, languages, lexicon, known, asked, start)
        context.assigned[key] = (understanding, found)
    return list(context.assigned[key][1])


def _start(context: TurnContext, wishes: Sequence[Wanted], held: Mapping[str, Any]) -> Any:
    """The day on which the span begins whose end is wanted, if it is known."""
    ends = {wish.slot.name for wish in wishes if "end" in wish.kinds}
    if not ends:
        return None
    flows = (f for f in context.pack.flows.values() if ends & {c.slot for c in f.collects})
    starts = [c.slot for f in flows for c in f.collects if c.value == "start"]
    return next((held[name] for name in starts if held.get(name) is not None), None)


def corrections(context: TurnContext, clause: Clause, given: Sequence[Wanted]) -> list[CorrectSlot]:
    """Slots that have a value and that the clause gives another one."""
    slots = context.tracker.slots
    if exchanged := replaced(context, clause, given):
        return exchanged
    typed = [wish for wish in given if wish.is_typed]
    made = [
        CorrectSlot(one.slot, one.value, evidence=Evidence(clause.text, 1.0, "value"))
        for one in values_in(context, clause, typed)
        if not _is_same(slots.get(one.slot), one.value)
    ]
    return made or by_button(context, clause, given) or of_same_kind(context, clause, given)


def spans(context: TurnContext, clause: Clause, given: Sequence[Wanted]) -> list[Filled]:
    """The stretches of a clause that are values of slots that have one."""
    return values_in(context, clause, [wish for wish in given if wish.is_typed])


def changes_of_done(context: TurnContext, clause: Clause, written: DoneWrite) -> dict[str, Any]:
    """Other values than those that were written."""
    facts = done.facts_of(written)
    flow = context.pack.flows.get(written.flow)
    collects = {c.slot: c for c in flow.collects} if flow else {}
    wishes = [
        wish
        for name in done.collected_in(written)
        if (wish := wanted(context.pack.domain, name, collects.get(name))) is not None and wish.is_typed
    ]
    filled = values_in(context, clause, wishes, held=facts)
    if all(
        _is_same(facts.get(one.slot), one.value) for one in filled
    ):  # named to say which: "the 38.40 should be 36.40"
        filled = values_in(context, without(clause, filled), wishes, held=facts)
    return {
        one.slot: one.value
        for one in filled
        if not _is_same(facts.get(one.slot), one.value) and not isinstance(one.value, bool)
    }


def _is_same(held: Any, value: Any) -> bool:
    """Whether two values are one, in whatever capitals they are written."""
    if isinstance(held, str) and isinstance(value, str):
        return held.casefold() == value.casefold()
    return bool(held == value)


def without(clause: Clause, found: Sequence[Filled]) -> Clause:
    """The clause with blanks for these values."""
    text = clause.text
    for one in found:
        text = f"{text[: one.start]}{' ' * (one.end - one.start)}{text[one.end :]}"
    return replace(clause, text=text)


def bare(context: TurnContext, clauses: Sequence[Clause]) -> str:
    """The text of the message from the first to the last of these clauses."""
    return context.text[clauses[0].start : clauses[-1].start + len(clauses[-1].text)].strip()


def _polarity(context: TurnContext, question: Question, clause: Clause) -> Polarity:
    consent = question.consent
    values = tuple(said(context, v) for _, v in shown(context, consent)) if consent is not None else ()
    last = context.tracker.offered[-4:]
    text = clause.text
    if question.expects == "change_what" and clause.tokens and clause.tokens[0].folded == "doch":
        text = f"ja {text[clause.tokens[0].end :]}"  # a German yes against a no
    if question.expects == "undo" and not clause.is_question:
        text = _without_the_undo(text, clause)
    return polarity(text, context.lexicon, " ".join(b["title"] for b in last), values)


def _without_the_undo(text: str, clause: Clause) -> str:
    """Asked whether to take something back, who says "take it back" says yes, whatever stands beside it."""
    said = clause.lexicon.undo.find(clause.tokens)
    if not said or clause.lexicon.negation.any_in(clause.tokens):
        return text
    inside = {place for span in said for place in range(span.first, span.last + 1)}
    return " ".join(["yes", *(t.folded for n, t in enumerate(clause.tokens) if n not in inside)])


def _sense(question: Question, *, leaning: bool, clause: Clause) -> list[Command]:
    evidence = Evidence(clause.text)
    if question.is_consent or question.expects:
        return [Affirm(evidence=evidence) if leaning else Deny(evidence=evidence)]
    assert question.collect is not None
    return [SetSlot(question.collect.slot, leaning, evidence=evidence)]
