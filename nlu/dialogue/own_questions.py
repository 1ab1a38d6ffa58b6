"""Questions the bot asks of its own: whether there is anything else, what to change, whether an offer is wanted."""

from collections.abc import Callable, Mapping, Sequence

from conversation.conversation import HandoffReason
from conversation.events import EventKind
from conversation.message import Button
from nlu.dialogue import choices, done, reversals, serving, several
from nlu.dialogue.commands import (
    Affirm,
    Cancel,
    Change,
    Command,
    CorrectSlot,
    Courtesy,
    Deny,
    Hold,
    SetSlot,
    StartFlow,
    Undo,
)
from nlu.dialogue.effects import Effect, GiveToPerson, Reply
from nlu.dialogue.questions import Question, open_question
from nlu.dialogue.turn import TurnContext

LEAVE = "/cancel"


def answer(context: TurnContext, question: Question, commands: Sequence[Command]) -> Effect | None:
    """What the commands answer to the bot's own question; None if they are about something else, which then is served
    (the question is closed by it, except where something would be lost).
    """
    agrees = _sense(commands)
    reader = _READERS.get(question.expects)
    if reader is not None:
        return reader(context, agrees, commands)
    context.tracker.understood()
    return None


def ask_what_to_change(context: TurnContext) -> Effect:
    """After a bare no to a confirmation: nothing is written, and nothing is lost."""
    context.tracker.ask("change_what")
    context.say("utter_ask_change", buttons=(Button(context.title("utter_leave_it"), LEAVE),))
    return Reply(completed=False)


def _sense(commands: Sequence[Command]) -> bool | None:
    for c in commands:
        if isinstance(c, Affirm):
            return True
        if isinstance(c, Deny):
            return False
    return None


def _anything_else(context: TurnContext, agrees: bool | None, commands: Sequence[Command]) -> Effect | None:
    if agrees is None or len(commands) > 1:
        return None
    context.tracker.understood()
    context.say("utter_what_else" if agrees else "utter_goodbye")
    return Reply(completed=None if agrees else True, close=not agrees)


def _helped(context: TurnContext, agrees: bool | None, commands: Sequence[Command]) -> Effect | None:
    """After an answer that ended nothing: yes confirms it, no means it was not the one."""
    if agrees is None or len(commands) > 1:
        return None
    context.tracker.understood()
    if agrees:
        context.say("utter_anything_else")
        context.tracker.ask("anything_else")
        return Reply(completed=True)
    context.tracker.unclear = 1
    context.say("utter_ask_rephrase")
    return Reply(completed=False)


def _change_what(context: TurnContext, agrees: bool | None, commands: Sequence[Command]) -> Effect | None:
    """What to change at a confirmation that was refused, or to leave it."""
    if any(isinstance(c, Cancel) for c in commands) or agrees is False:
        effect = leave(context)
        others = [c for c in commands if isinstance(c, StartFlow)]
        stays = others and context.tracker.frame is None and isinstance(effect, Reply) and not effect.close
        return several.serve(context, others) if stays else effect
    if any(isinstance(c, CorrectSlot | SetSlot) for c in commands):
        context.tracker.understood()
        return None
    if all(isinstance(c, Courtesy | Hold) for c in commands):
        return ask_what_to_change(context)
    context.tracker.understood()
    wanted = {c.intent for c in commands if isinstance(c, StartFlow)}
    if agrees or wanted & {frame.intent for frame in context.tracker.stack}:
        return serving.ask_again(context)  # after all: the confirmation once more, with all values
    return None


def leave(context: TurnContext) -> Effect:
    """The customer leaves it: a pack's own way out if its step has one, else the flow ends."""
    context.tracker.understood()
    question = open_question(context.pack, context.tracker)
    if question is not None and question.collect is not None and question.is_consent:
        context.tracker.consent = None
        context.set_slot(question.collect.slot, False)
        effect = serving.go_on(context)
        return Reply(completed=False, close=effect.close) if isinstance(effect, Reply) else effect
    return serving.cancel(context)


def _offer(context: TurnContext, agrees: bool | None, commands: Sequence[Command]) -> Effect | None:
    """A process was offered after its article."""
    expecting = dict(context.tracker.expecting)
    if agrees is None:
        context.tracker.understood()
        return None
    context.tracker.understood()
    if agrees:
        slots = {c.slot: c.value for c in commands if isinstance(c, SetSlot)}
        return serving.serve(context, expecting["intent"], {**expecting.get("slots", {}), **slots})
    if len(commands) > 1:
        return None
    context.say("utter_anything_else")
    context.tracker.ask("anything_else")
    return Reply()


def _watch(context: TurnContext, agrees: bool | None, commands: Sequence[Command]) -> Effect | None:
    """It was offered to look again on the day something is due."""
    expecting = dict(context.tracker.expecting)
    if agrees is None:
        context.tracker.understood()
        return None
    context.tracker.understood()
    if not agrees:
        if len(commands) > 1:
            return None
        context.say("utter_all_right")
        return Reply(completed=False)
    fields = {**expecting.get("facts", {}), "due": expecting["due"]}
    context.note(EventKind.WORK_ORDER, title=context.title("utter_title_watch"), fields=fields)
    context.ordered |= fields
    context.say("utter_watching", due=expecting["due"])
    return GiveToPerson(HandoffReason.FLOW)


def _person(context: TurnContext, agrees: bool | None, commands: Sequence[Command]) -> Effect | None:
    """A person was offered after an answer was missing twice."""
    if agrees is None:
        context.tracker.understood()
        return None
    context.tracker.understood()
    if agrees:
        for one in commands:
            if isinstance(one, SetSlot):
                context.set_slot(one.slot, one.value)
        return GiveToPerson(HandoffReason.FAILURES)
    if len(commands) > 1:
        return None
    context.miss(0)
    if context.tracker.frame is None:
        context.say("utter_what_else")
    return serving.ask_again(context)


def _outdated(context: TurnContext, agrees: bool | None, commands: Sequence[Command]) -> Effect | None:
    """The bot was renewed while a question was open: the answer would hang in the air."""
    del agrees
    context.tracker.understood()
    context.say("utter_taken_up_again")
    wants = any(not isinstance(c, Affirm | Deny | SetSlot | Courtesy) for c in commands)
    return None if wants else Reply(completed=False)


def _which(context: TurnContext, agrees: bool | None, commands: Sequence[Command]) -> Effect | None:
    """It was asked which of several writes is meant."""
    answer = choices.answered(context, agrees, commands)
    if isinstance(answer, Undo | Change):
        done.take_up(context, answer.key)
        if isinstance(answer, Undo):
            return reversals.undo(context)
        return reversals.change(context, dict(answer.slots))
    assert not isinstance(answer, Command)
    return answer


_READERS: Mapping[str, Callable[[TurnContext, bool | None, Sequence[Command]], Effect | None]] = {
    "anything_else": _anything_else,
    "helped": _helped,
    "change_what": _change_what,
    "offer": _offer,
    "watch": _watch,
    "person": _person,
    "undo": reversals.answered,
    "change": reversals.answered,
    choices.WHICH: _which,
    "outdated": _outdated,
}
