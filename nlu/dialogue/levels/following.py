"""Values behind a yes or a correction ("ok, do it. too small"), and in place of the yes to an offer ("Friday")."""

from nlu.dialogue import answers
from nlu.dialogue.commands import Affirm, Command, CorrectSlot, SetSlot
from nlu.dialogue.levels import matters
from nlu.dialogue.levels.names import names_it
from nlu.dialogue.levels.situation import Situation, evidence, is_formless, wants
from nlu.dialogue.reading import Clause
from nlu.dialogue.replacements import button_named
from nlu.flows import Flow

_FEW = 4
"""In so few words a value counts more than what they sound like."""


def of(situation: Situation, clause: Clause) -> list[Command]:
    """What the clause gives what was just agreed to or put right, and nothing else; whatever no is in it is none."""
    if situation.question is None or clause.is_question:
        return []
    if situation.is_consent:
        return _behind_correction(situation, clause)
    return _for_offered(situation, clause) if situation.question.expects == "offer" else []


def _behind_correction(situation: Situation, clause: Clause) -> list[Command]:
    """Values for what will be asked once what stands before them is put right."""
    if not any(isinstance(c, CorrectSlot) for c in situation.made):
        return []
    filled = answers.values_in(situation.context, clause, situation.unfilled)
    if not filled or situation.left(clause, filled):
        return []
    return [SetSlot(one.slot, one.value, evidence=evidence(clause, "value")) for one in filled]


def _for_offered(situation: Situation, clause: Clause) -> list[Command]:
    """Values of the process that was offered, behind a yes to the offer or instead of one."""
    context = situation.context
    flow = context.pack.triggers.get(context.tracker.expecting.get("intent", ""))
    if flow is None:
        return []
    if not any(isinstance(c, Affirm) for c in (*situation.made, *situation.sense)):
        return _taken_up(situation, clause, flow)
    for wish in wants(context, flow):
        value = button_named(context, clause.text, wish) if wish.titles else None
        if value is not None:
            return [SetSlot(wish.slot.name, value, evidence=evidence(clause, "button"))]
    wishes = [w for w in wants(context, flow) if w.is_typed and not is_formless(w)]
    filled = answers.values_in(context, clause, wishes, held={})
    if not filled or situation.left(clause, filled):
        return []
    return [SetSlot(one.slot, one.value, evidence=evidence(clause, "value")) for one in filled]


def _taken_up(situation: Situation, clause: Clause, flow: Flow) -> list[Command]:
    """The yes to an offer that goes without saying in a short message that gives what the process would ask for."""
    lexicon, tokens = clause.lexicon, clause.tokens
    refuses = any(phrases.any_in(tokens) for phrases in (lexicon.no, lexicon.negation, lexicon.cancel, lexicon.hold))
    if refuses or clause.asks_about or len(situation.clauses) > 1 or situation.made:
        return []
    if situation.other_matter(clause) and (len(tokens) > _FEW or names_it(situation, clause.strict_intent, clause)):
        return []
    slots = matters.slots_for(situation, flow, clause)
    given = [SetSlot(name, value, evidence=evidence(clause, "value")) for name, value in slots.items()]
    return [Affirm(evidence=evidence(clause)), *given] if given else []
