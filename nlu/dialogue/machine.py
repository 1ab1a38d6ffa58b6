"""The dialogue as a state machine: commands or a result in, replies, a call or an end out; nothing happens outside."""

from collections.abc import Sequence
from typing import TypeVar

from conversation.conversation import HandoffReason, Priority
from nlu.action import ActionResult
from nlu.dialogue import (
    choices,
    composites,
    consents,
    done,
    doubts,
    flow_steps,
    own_questions,
    reports,
    reversals,
    serving,
    several,
)
from nlu.dialogue.commands import (
    Affirm,
    Ask,
    AskDone,
    Cancel,
    CannotHandle,
    Change,
    Choose,
    Clarify,
    Command,
    CorrectSlot,
    Courtesy,
    Deny,
    Guess,
    Handoff,
    Hold,
    Protest,
    Refuse,
    Report,
    SetLanguage,
    SetParts,
    SetSlot,
    Skip,
    StartFlow,
    Undo,
    Urgent,
    WhichWrite,
)
from nlu.dialogue.effects import Effect, GiveToPerson, Reply
from nlu.dialogue.polarity import polarity
from nlu.dialogue.questions import Question, open_question
from nlu.dialogue.state import PARKED_TURNS
from nlu.dialogue.turn import TurnContext

C = TypeVar("C", bound=Command)


def obey(context: TurnContext, commands: Sequence[Command]) -> Effect:
    """What a message does. Danger first, then the wish for a person; corrections and values before answers, answers
    before new matters; what is left over is kept for later or asked about.
    """
    again = any(c.intent == context.tracker.last.get("intent") for c in commands if isinstance(c, StartFlow))
    stays = context.tracker.problem and again and not context.tracker.stack  # looked up anew, with another number
    context.tracker.problem = _first(commands, Report) is not None or stays
    if urgent := _first(commands, Urgent):
        return _urgent(context, urgent, commands)
    if handoff := _first(commands, Handoff):
        _keep_matters(context, commands)
        if (written := done.last_open(context)) is not None:
            context.ordered |= done.facts_of(written)
        return serving.person(context, handoff.intent, handoff.reason)
    if any(isinstance(c, Refuse) for c in commands) and (effect := _drop(context, commands)):
        return effect
    commands = [c for c in commands if not isinstance(c, Refuse)]
    question = open_question(context.pack, context.tracker)
    if question is not None and question.expects:
        answered = own_questions.answer(context, question, commands)
        if answered is not None:
            return answered
        question = open_question(context.pack, context.tracker)
    if question is not None and not question.expects:
        effect = _to_question(context, question, commands)
        if effect is not None:
            return effect
    return _afresh(context, commands)


def _drop(context: TurnContext, commands: Sequence[Command]) -> Effect | None:
    """Forgets matters that wait and are not wanted; the open question again, if that is all that was said."""
    refused = {c.intent for c in commands if isinstance(c, Refuse)}
    context.tracker.matters = [one for one in context.tracker.matters if one.intent not in refused]
    if not all(isinstance(c, Refuse | CannotHandle | Courtesy | Deny) for c in commands):
        return None
    context.say("utter_left_out", matters=", ".join(serving.title_of(context, intent) for intent in refused))
    return serving.ask_again(context)


def resume(context: TurnContext, result: ActionResult) -> Effect:
    """Goes on with the result of the call that was due."""
    pending = context.tracker.pending
    assert pending is not None
    if reversals.is_reversal(pending):
        return reversals.resume(context, pending, result)
    stuck = flow_steps.returned(context, result)
    return GiveToPerson(stuck.reason, since=stuck.since) if stuck else serving.go_on(context)


def _to_question(context: TurnContext, question: Question, commands: Sequence[Command]) -> Effect | None:  # noqa: PLR0911 - one case each
    """What the message is to the question of a flow; None if it has nothing to do with it."""
    frame = question.frame
    assert frame is not None
    corrections = {c.slot: c.value for c in commands if isinstance(c, CorrectSlot)}
    values = {c.slot: c.value for c in commands if isinstance(c, SetSlot)}
    others = [c for c in commands if isinstance(c, Ask | AskDone | StartFlow | Guess | CannotHandle)]
    parts = [c for c in commands if isinstance(c, SetParts)]
    if _first(commands, Cancel):
        return _left(context, question, others)
    if parts:
        context.tracker.understood()
        several.answer_first(context, others)
        return composites.take(context, parts, {**corrections, **values})
    if corrections:
        context.tracker.understood()
        again = question.is_consent and doubts.is_put_right_again(context, frame, corrections)
        flow_steps.rewind(context, corrections)
        if again:
            return doubts.in_trouble(context)
        _fill(context, values)
        several.answer_first(context, several.look_up(context, others))
        return serving.go_on(context)
    if question.is_consent and question.collect is not None and values.get(question.collect.slot) is False:
        return own_questions.leave(context)  # the pack's own button for a no: it is refused, not resolved
    if values:
        context.tracker.understood()
        _fill(context, values)
        several.answer_first(context, several.look_up(context, others))
        return serving.go_on(context)
    if question.is_consent and (answered := _to_confirmation(context, question, commands, others)) is not None:
        return answered
    if skip := _first(commands, Skip):
        return doubts.skipped(context, question, skip)
    if _first(commands, Hold):
        context.say("utter_take_your_time")
        return Reply(completed=False)
    return None


def _to_confirmation(
    context: TurnContext, question: Question, commands: Sequence[Command], others: Sequence[Command]
) -> Effect | None:
    """A yes or no to what is shown, or another matter that has to wait for one."""
    if affirm := _first(commands, Affirm):
        return _consented(context, question, affirm, others)
    if deny := _first(commands, Deny):
        return _refused(context, question, deny, others)
    if several.is_for_later(commands):
        several.answer_first(context, others)
        return serving.ask_again(context)
    return None


def _left(context: TurnContext, question: Question, others: Sequence[Command]) -> Effect:
    """What is open is left, with a word; what else was said is served then."""
    others = serving.told_waiting(context, others)
    effect = own_questions.leave(context) if question.is_consent else serving.cancel(context)
    if others and context.tracker.frame is None and isinstance(effect, Reply) and not effect.close:
        context.said = [one for one in context.said if one.name != "utter_anything_else"]
        return several.serve(context, others)
    return effect


def _afresh(context: TurnContext, commands: Sequence[Command]) -> Effect:  # noqa: C901, PLR0911, PLR0912 - one case each
    """A message that answers nothing: another matter, a question, a courtesy, or nothing that is understood."""
    _park(context, commands)
    for c in commands:
        match c:
            case Report() if _first(commands, StartFlow):
                continue
            case Undo(intent, key):
                done.take_up(context, key)
                return reversals.undo(context, intent)
            case Change(slots, key):
                done.take_up(context, key)
                return reversals.change(context, dict(slots))
            case WhichWrite(what, slots):
                return choices.ask(context, what, slots)
            case Report():
                return reports.problem(context)
            case Protest():
                return doubts.protested(context)
            case Choose(intent):
                return serving.serve(context, intent, {})
            case Clarify(options):
                return doubts.clarify(context, options)
            case AskDone(key):
                return doubts.tell_done(context, key)
            case Ask() | StartFlow() | Guess():
                return several.serve(context, commands)
            case _:
                continue
    if _first(commands, Cancel):
        return serving.cancel(context)
    if _first(commands, SetLanguage):
        if context.tracker.frame is None:
            context.say("utter_what_else")
        return serving.ask_again(context)
    if courtesy := _first(commands, Courtesy):
        return _courteous(context, courtesy)
    if _first(commands, Affirm):
        return serving.serve(context, "affirm", {})
    if _first(commands, Deny):
        return serving.serve(context, "deny", {})
    if _first(commands, Hold):
        context.say("utter_take_your_time")
        return Reply()
    if _is_bare_no(context):
        return own_questions.ask_what_to_change(context)
    return doubts.unclear(context, _first(commands, CannotHandle) or CannotHandle())


def _is_bare_no(context: TurnContext) -> bool:
    """Whether a question for a value got a no: perhaps the process is not the one that was meant."""
    question = open_question(context.pack, context.tracker)
    if question is None or question.frame is None or question.expects:
        return False
    said = polarity(context.text, context.lexicon)
    return said.sense is False and said.is_bare


def _consented(context: TurnContext, question: Question, affirm: Affirm, others: Sequence[Command]) -> Effect:
    consent = question.consent
    assert consent is not None
    if affirm.consent and affirm.consent != consent.id:
        context.say("utter_old_button")
        return serving.ask_again(context)
    context.tracker.understood()
    several.answer_first(context, others)
    consents.give(context)
    if question.collect is not None:
        context.set_slot(question.collect.slot, True)
    return serving.go_on(context)


def _refused(context: TurnContext, question: Question, deny: Deny, others: Sequence[Command]) -> Effect:
    """A no to a confirmation: what else was said with it may be a question; a bare one asks what to change."""
    consent = question.consent
    assert consent is not None
    if deny.consent and deny.consent != consent.id:
        context.say("utter_old_button")
        return serving.ask_again(context)
    several.answer_first(context, others)
    return own_questions.ask_what_to_change(context)


def _urgent(context: TurnContext, urgent: Urgent, commands: Sequence[Command]) -> Effect:
    """A word of safety, then a person at once; whatever else was said goes along."""
    own = f"utter_urgent_{urgent.intent}"
    _keep_matters(context, commands)
    context.say(own if own in context.pack.responses else "utter_urgent")
    context.tracker.topic = urgent.intent or context.tracker.topic
    return GiveToPerson(HandoffReason.URGENT, priority=Priority.URGENT)


def _keep_matters(context: TurnContext, commands: Sequence[Command]) -> None:
    _park(context, commands)
    for c in commands:
        if isinstance(c, StartFlow):
            serving.queue(context, c.intent, c.evidence.clause, c.slots)
        elif isinstance(c, SetSlot | CorrectSlot):
            context.set_slot(c.slot, c.value)
        elif isinstance(c, SetParts):
            context.set_slot(c.slot, ", ".join(map(str, c.parts.values())))


def _courteous(context: TurnContext, courtesy: Courtesy) -> Effect:
    match courtesy.kind:
        case "thanks":
            return serving.thanks(context)
        case "goodbye":
            return serving.goodbye(context)
        case "mood":
            if context.tracker.frame is None:
                context.say("utter_sticker_received")
            return serving.ask_again(context)
        case kind:
            context.say(f"utter_{kind}")
            return serving.ask_again(context)


def _fill(context: TurnContext, values: dict[str, object]) -> None:
    for name, value in values.items():
        context.set_slot(name, value)
        frame = context.tracker.frame
        if frame is not None and name not in frame.collected:
            flow = context.pack.flows.get(frame.flow)
            if flow is not None and name in flow_steps.asks_for(context, flow):
                frame.collected.append(name)


def _park(context: TurnContext, commands: Sequence[Command]) -> None:
    """Facts nothing asks for yet are remembered for a few turns."""
    for c in commands:
        if isinstance(c, SetSlot):
            context.tracker.parked[c.slot] = [c.value, PARKED_TURNS]


def _first(commands: Sequence[Command], kind: type[C]) -> C | None:
    return next((c for c in commands if isinstance(c, kind)), None)
