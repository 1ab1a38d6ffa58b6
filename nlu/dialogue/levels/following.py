"""Values behind a yes or a correction in the same message: "ok, do it. too small", "rather move it. Friday"."""

from nlu.dialogue import answers
from nlu.dialogue.commands import Affirm, Command, CorrectSlot, SetSlot
from nlu.dialogue.levels.situation import Situation, evidence, is_formless, wants
from nlu.dialogue.reading import Clause
from nlu.dialogue.replacements import button_named


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
    """Values of the process that was offered, behind a yes to the offer."""
    context = situation.context
    flow = context.pack.triggers.get(context.tracker.expecting.get("intent", ""))
    if flow is None or not any(isinstance(c, Affirm) for c in (*situation.made, *situation.sense)):
        return []
    for wish in wants(context, flow):
        value = button_named(context, clause.text, wish) if wish.titles else None
        if value is not None:
            return [SetSlot(wish.slot.name, value, evidence=evidence(clause, "button"))]
    wishes = [w for w in wants(context, flow) if w.is_typed and not is_formless(w)]
    filled = answers.values_in(context, clause, wishes, held={})
    if not filled or situation.left(clause, filled):
        return []
    return [SetSlot(one.slot, one.value, evidence=evidence(clause, "value")) for one in filled]
