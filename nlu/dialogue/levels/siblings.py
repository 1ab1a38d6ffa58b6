"""Two processes about the same thing, one of which takes it back: what is to be changed is never taken back instead."""

from collections.abc import Iterator
from typing import Any

from nlu.dialogue import answers, flow_steps, moves
from nlu.dialogue.commands import Cancel, Command, StartFlow
from nlu.dialogue.levels.situation import Situation, evidence, is_formless, wants
from nlu.dialogue.reading import Clause
from nlu.dialogue.tokens import stem, tokenize
from nlu.dialogue.turn import TurnContext
from nlu.dialogue.values.candidates import candidates
from nlu.dialogue.values.composite import joined, missing, read_parts
from nlu.dialogue.values.shifts import shift
from nlu.flows import Flow

_LIKELY = 0.5
"""So sure is enough after a no, which leaves everything as it is."""
_A_NO = 3
"""So many words a no may have."""
_NEAR = 2
"""A word denied stands at most so many words behind its no."""


def fitting(situation: Situation, intent: str, clause: Clause) -> str:
    """The process that is meant: `intent`, or one beside it for which alone the clause has values: what should stand
    there instead, or a word of changing, without a word of taking back; or the number of what was filed before.
    """
    flow = situation.context.pack.triggers.get(intent)
    if flow is None:
        return intent
    if not takes_back(situation.context, intent):
        numbered = (name for name, other in _beside(situation.context, flow) if _filed(situation, flow, other, clause))
        return next(numbered, intent)
    if _speaks_of_it(situation, intent, clause):
        return intent
    beside = list(_beside(situation.context, flow))
    found = [name for name, other in beside if _more(situation, flow, other, clause)]
    if not found and clause.lexicon.change.any_in(clause.tokens):
        found = [name for name, _ in beside]
    return next(iter(found), intent)


def _filed(situation: Situation, flow: Flow, other: Flow, clause: Clause) -> bool:
    """Whether the clause has the number that only the other process asks for, and something that both work with."""
    context = situation.context
    own = {w.slot.name for w in wants(context, flow)}
    forms = [w for w in wants(context, other) if w.has_form and w.entities and w.slot.name not in own]
    given = (clause.text, clause.understanding)
    if not any(candidates(*given, wish, context.today, context.languages) for wish in forms):
        return False
    typed = [w for w in wants(context, other) if w.is_typed and not is_formless(w)]
    slots = {one.slot for one in answers.values_in(context, clause, typed, held={})}
    numbered = {wish.slot.name for wish in forms}
    return bool(slots & numbered) and bool(slots - numbered)


def instead(situation: Situation, message: Clause) -> list[Command]:
    """At the confirmation of taking something back: it is to be changed, since that is said or the new values are."""
    context, question = situation.context, situation.question
    if question is None or question.frame is None or not (question.is_consent or question.expects == "change_what"):
        return []
    root = context.tracker.root_of(question.frame)
    flow = context.pack.flows.get(root.flow)
    if flow is None or not (takes_back(context, root.intent) or _is_kept_by_no(context, flow)):
        return []
    denied = _is_denied(situation, root.intent, message)
    kept = _is_kept(situation, root.intent, message)
    if not denied and not kept and _speaks_of_it(situation, root.intent, message):
        return []
    for name, other in _beside(context, flow):
        values = _more(situation, flow, other, message) | _put_together(situation, flow, other, message)
        if values or denied or (kept and _is_wanted(situation, name, message)):
            known = {w.slot.name for w in wants(context, flow) if w.slot.type != "bool"}
            same = {slot: value for slot, value in context.tracker.slots.items() if slot in known and value is not None}
            values |= _more(situation, flow, other, message, declared=False)
            proof = evidence(message, "value")
            return [Cancel(evidence=proof), StartFlow(name, {**same, **values}, evidence=proof)]
    return []


def takes_back(context: TurnContext, intent: str) -> bool:
    """Whether a process is itself that something is not wanted any more, by its title."""
    if intent not in context.taking_back:
        title = tokenize(context.title(f"utter_title_{intent}")) if intent else ()
        context.taking_back[intent] = context.lexicon.undo.any_in(title) or context.lexicon.cancel.any_in(title)
    return context.taking_back[intent]


def _is_kept_by_no(context: TurnContext, flow: Flow) -> bool:
    """Whether the button that refuses the confirmation says that something is kept ("No, keep it")."""
    shown = (v for c in flow.collects if c.confirms for v in context.pack.domain.responses.get(c.utter, ()))
    return any(context.lexicon.keep.any_in(tokenize(button.title)) for v in shown for button in v.buttons)


def _beside(context: TurnContext, flow: Flow) -> Iterator[tuple[str, Flow]]:
    """The processes that find the same thing in the same way, and can be told more about it."""
    derived = context.pack.derived
    if ("beside", flow.id) not in derived:
        derived["beside", flow.id] = tuple(_alike(context, flow))
    for name, other in derived["beside", flow.id]:
        if not takes_back(context, name):
            yield name, other


def _alike(context: TurnContext, flow: Flow) -> Iterator[tuple[str, Flow]]:
    called = {part.id for part in flow_steps.parts(context, flow.id)} - {flow.id}
    asked = {w.slot.name for w in wants(context, flow) if w.slot.type != "bool"}
    for name, other in context.pack.triggers.items():
        theirs = {part.id for part in flow_steps.parts(context, other.id)}
        more = {w.slot.name for w in wants(context, other)}
        if other.id != flow.id and called and called <= theirs and asked < more:
            yield name, other


def _more(situation: Situation, flow: Flow, other: Flow, clause: Clause, *, declared: bool = True) -> dict[str, Any]:
    """The values of the clause that the other process works with and this one does not; `declared`: only those that
    the pack says are read by their kind.
    """
    own = {w.slot.name for w in wants(situation.context, flow)}
    typed = [w for w in wants(situation.context, other) if w.is_typed and not is_formless(w)]
    found = answers.values_in(situation.context, clause, typed, held={})
    names = {w.slot.name for w in typed if w.is_declared or not declared} - own
    values = {one.slot: one.value for one in found if one.slot in names}
    by = shift(clause.text, situation.context.languages)
    days = {w.slot.name for w in typed if set(w.kinds) & moves.DAYS} - own
    if by is not None and days and not days & set(values):
        values[moves.NAME] = clause.text[by.start : by.end]
    return values


def _put_together(situation: Situation, flow: Flow, other: Flow, clause: Clause) -> dict[str, Any]:
    """The values of several parts, an address, that the clause gives whole and only the other process works with."""
    context = situation.context
    own = {w.slot.name for w in wants(context, flow)}
    found: dict[str, Any] = {}
    for wish in wants(context, other):
        kinds = wish.collect.parts if wish.collect is not None and wish.slot.name not in own else ()
        parts = read_parts(clause.text, kinds, context.today, context.languages) if kinds else {}
        if kinds and not missing(kinds, parts):
            found[wish.slot.name] = joined(kinds, parts)
    return found


def _is_kept(situation: Situation, intent: str, clause: Clause) -> bool:
    """Whether it says no to the confirmation, or that all stays as it is, and nothing of taking back."""
    lexicon, tokens = situation.context.lexicon, clause.tokens
    refuses = lexicon.no.at(tokens, 0) is not None or bool(lexicon.keep.any_in(tokens))
    asked = situation.question is not None and situation.question.expects == "change_what"
    takes = lexicon.undo.places(tokens) | lexicon.unwanted.places(tokens) | frozenset(_named(situation, intent, clause))
    begun = _A_NO if lexicon.no.at(tokens, 0) is not None else 0  # "no, not after all" denies the taking back
    return (refuses or asked) and all(place < begun for place in takes)


def _is_wanted(situation: Situation, intent: str, message: Clause) -> bool:
    """Whether a part of the message asks for that process, or most likely does."""
    for clause in (*situation.clauses, message):
        ranking = clause.understanding.ranking
        likely = bool(ranking) and clause.understanding.in_scope and ranking[0].confidence >= _LIKELY
        if clause.strict_intent == intent or (likely and ranking[0].name == intent):
            return not clause.asks_about
    return False


def _speaks_of_it(situation: Situation, intent: str, clause: Clause) -> bool:
    """Whether a word of taking back is in it."""
    lexicon, tokens = situation.context.lexicon, clause.tokens
    lists = (lexicon.undo, lexicon.cancel, lexicon.unwanted)
    return bool(_named(situation, intent, clause)) or any(phrases.any_in(tokens) for phrases in lists)


def _is_denied(situation: Situation, intent: str, clause: Clause) -> bool:
    """Whether it says that this is not meant ("no!! not withdraw")."""
    lexicon, tokens = situation.context.lexicon, clause.tokens
    denied = lexicon.negation.places(tokens) | lexicon.instead.places(tokens)
    places = {*_named(situation, intent, clause), *lexicon.undo.places(tokens)}
    return any(n - _NEAR <= place < n for n in places for place in denied)


def _named(situation: Situation, intent: str, clause: Clause) -> list[int]:
    """Where the words of taking back of its title stand."""
    lexicon = situation.context.lexicon
    title = tokenize(situation.context.title(f"utter_title_{intent}"))
    acts = lexicon.undo.places(title) | lexicon.cancel.places(title)
    words = {stem(title[n].folded) for n in acts}
    return [n for n, t in enumerate(clause.tokens) if stem(t.folded) in words]
