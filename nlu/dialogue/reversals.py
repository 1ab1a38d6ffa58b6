"""Takes back or changes what was just written: confirmed like any write, and only as long as the client allows."""

from collections.abc import Sequence
from typing import Any

from conversation.conversation import HandoffReason
from nlu.action import ActionRequest, ActionResult
from nlu.dialogue import done, doubts, flow_steps, serving, several
from nlu.dialogue.commands import Affirm, Ask, Change, Command, CorrectSlot, Courtesy, Deny, Hold, SetSlot, StartFlow
from nlu.dialogue.consents import line, yes_no
from nlu.dialogue.effects import CallAction, Effect, GiveToPerson, Reply
from nlu.dialogue.state import Consent, DoneWrite, PendingCall
from nlu.dialogue.turn import TurnContext
from nlu.dialogue.writes import digest, needs
from nlu.domain import LANGUAGE_SLOT
from nlu.flows import FlowRules

_UNDO, _CHANGE = "@undo", "@change"
_WANTED = "_wanted"
"""Where a write that is done keeps the values it is to have, until its change has succeeded."""


def undo(context: TurnContext, intent: str = "") -> Effect:
    """Asks whether to take back the last write; a person if there is no way back, or no longer. `intent`: what is not
    wanted any more, if that was named.
    """
    written = done.last_open(context)
    if written is not None and intent not in ("", written.intent):
        written = None
    if written is None and intent:
        context.tracker.topic = intent
        context.say("utter_change_by_person")
        return GiveToPerson(HandoffReason.CHANGE)
    if written is None:
        if context.tracker.frame is not None:
            return serving.cancel(context)
        return GiveToPerson(HandoffReason.CHANGE)
    rules = _rules(context, written)
    if not rules.undo or not done.is_reversible(context, written):
        return _by_person(context, written)
    return _ask(context, written, "undo", rules.undo, {})


def change(context: TurnContext, slots: dict[str, Any]) -> Effect:
    """Asks whether to write the last thing with other values instead; what cannot be changed in place is a person's."""
    written = done.last_open(context)
    if written is None:
        return GiveToPerson(HandoffReason.CHANGE)
    rules = _rules(context, written)
    if not rules.change or not done.is_reversible(context, written):
        return _by_person(context, written, slots)
    if not slots:
        context.tracker.ask("change", action=rules.change, slots={})
        context.say("utter_ask_new_value")
        return Reply(completed=False)
    return _ask(context, written, "change", rules.change, slots)


def ask_again(context: TurnContext) -> Effect:
    """Puts the question whether to take back or change once more."""
    tracker, written = context.tracker, done.last_open(context)
    if written is None or "action" not in tracker.expecting:
        return Reply(completed=False)
    expecting = dict(tracker.expecting)
    return _ask(context, written, tracker.expects, expecting["action"], expecting.get("slots", {}))


def answered(  # noqa: PLR0911 - one case after another
    context: TurnContext, agrees: bool | None, commands: Sequence[Command]
) -> Effect | None:
    """The answer to whether to take back or change."""
    tracker = context.tracker
    expects, expecting, written = tracker.expects, dict(tracker.expecting), done.last_open(context)
    if written is None:
        tracker.understood()
        return None
    values = {c.slot: c.value for c in commands if isinstance(c, SetSlot | CorrectSlot)}
    changed = next((c for c in commands if isinstance(c, Change) and c.key in ("", written.key) and c.slots), None)
    if expects == "change" and changed is not None:
        return _ask(context, written, "change", expecting["action"], {**expecting.get("slots", {}), **changed.slots})
    fresh = {name: value for name, value in values.items() if done.facts_of(written).get(name) != value}
    if expects == "change" and fresh:
        return _ask(context, written, "change", expecting["action"], {**expecting.get("slots", {}), **fresh})
    if agrees and not _is_stale(context, commands):
        tracker.understood()
        several.answer_first(context, [c for c in commands if isinstance(c, StartFlow)])
        return _call(context, written, expects, expecting["action"], expecting.get("slots", {}))
    if agrees is not None:
        tracker.understood()
        tracker.consent = None
        context.say("utter_old_button" if agrees else "utter_left_as_it_is")
        return serving.go_on(context) if tracker.frame is not None else Reply()
    if several.is_for_later(commands):
        several.answer_first(context, commands)
        return _ask(context, written, expects, expecting["action"], expecting.get("slots", {}))
    if commands and all(isinstance(c, Hold) for c in commands):
        context.say("utter_take_your_time")
        return Reply(completed=False)
    if commands and all(isinstance(c, Courtesy | Hold | Ask | StartFlow) for c in commands):
        return _beside(context, written, expects, expecting, commands)
    tracker.consent = None
    tracker.understood()
    return None


def _beside(
    context: TurnContext, written: DoneWrite, what: str, expecting: dict[str, Any], commands: Sequence[Command]
) -> Effect | None:
    """A courtesy or a question while it is asked whether to take back or change: served, then asked again."""
    for one in commands:
        match one:
            case Courtesy("thanks"):
                context.say("utter_thanks")
            case Hold():
                context.say("utter_take_your_time")
            case Ask(intent, passage) if passage is not None or not intent:
                doubts.answer(context, one, offer=False)
            case StartFlow(intent) if serving.say_only(context, intent):
                pass
            case _:
                context.tracker.consent = None
                context.tracker.understood()
                return None
    return _ask(context, written, what, expecting["action"], expecting.get("slots", {}))


def is_reversal(pending: PendingCall) -> bool:
    return pending.step in (_UNDO, _CHANGE)


def resume(context: TurnContext, pending: PendingCall, result: ActionResult) -> Effect:
    """What the client's system said to taking back or changing."""
    context.tracker.pending = None
    flow_steps.note_call(context, pending.action, result)
    written = done.last_open(context)
    assert written is not None
    wanted = dict(written.slots.pop(_WANTED, {}))
    if not result.ok:
        context.ordered |= {**done.facts_of(written), **_as_wanted(wanted)}
        context.say("utter_action_failed")
        return GiveToPerson(HandoffReason.ACTION_DOWN)
    open_slots = dict(context.tracker.slots)
    context.tracker.slots |= {n: v for n, v in done.facts_of(written).items() if n in context.tracker.slots}
    flow_steps.take_in(context, result)
    if not done.succeeded(context.pack, pending.action, result):
        return _by_person(context, written, wanted)
    for name, value in wanted.items():
        context.changed.append((name, value))
        context.tracker.state(name, value)
    written.slots |= wanted
    if pending.step == _UNDO:
        written.undone = True
    if not result.utter and not result.replies:
        context.say("utter_undone" if written.undone else "utter_changed")
    if context.tracker.frame is not None:
        context.tracker.slots = open_slots  # what is open has its own values
        return serving.go_on(context)
    if context.tracker.matters:
        return serving.next_matter(context)
    context.say("utter_anything_else")
    context.tracker.ask("anything_else", about="" if written.undone else written.key)
    return Reply(completed=not written.undone)


def _rules(context: TurnContext, written: DoneWrite) -> FlowRules:
    flow = context.pack.flows.get(written.flow)
    return flow.rules if flow is not None else FlowRules()


def _ask(context: TurnContext, written: DoneWrite, what: str, action: str, slots: dict[str, Any]) -> Effect:
    tracker = context.tracker
    shown = {name: value for name, value in _values(context, written, action, slots).items() if value is not None}
    mark = digest({"what": what, **shown})
    tracker.consent = Consent(id=f"{what}-{mark[:8]}", frame=0, actions=[action], digest=mark, shown=shown)
    again = int(tracker.expecting.get("again", -1)) + 1 if tracker.expects == what else 0
    tracker.ask(what, action=action, slots=slots, again=again)
    summary = "\n".join(line(context, name, value) for name, value in shown.items())
    title = serving.title_of(context, written.intent or written.flow)
    buttons = yes_no(context, tracker.consent.id)
    context.ask(f"utter_confirm_{what}", again, buttons=buttons, matter=title, summary=summary)
    return Reply(completed=False)


def _values(context: TurnContext, written: DoneWrite, action: str, slots: dict[str, Any]) -> dict[str, Any]:
    """What the customer is shown: all that was said for it, with the new values in place."""
    facts = {**done.facts_of(written), **slots}
    names = list(dict.fromkeys((*done.collected_in(written), *needs(context.pack, action, ()))))
    return {name: facts.get(name) for name in names}


def _call(context: TurnContext, written: DoneWrite, what: str, action: str, slots: dict[str, Any]) -> CallAction:
    step = _UNDO if what == "undo" else _CHANGE
    context.tracker.consent = None
    written.slots[_WANTED] = slots
    key = context.key(0, f"{step}.{action}", 1)
    context.tracker.pending = PendingCall(0, step, action, key)
    request = ActionRequest(
        name=action,
        slots={**context.tracker.slots, **done.facts_of(written), **slots, LANGUAGE_SLOT: context.language},
        language=context.language,
        key=key,
        now=context.turn.now,
        sender=str(context.turn.conversation.id),
        channel=str(context.turn.inbound.channel_kind),
        text=context.text,
        intent=context.understanding.intent.name,
    )
    return CallAction(request, writes=True)


def _by_person(context: TurnContext, written: DoneWrite, slots: dict[str, Any] | None = None) -> Effect:
    """No way back that the bot knows: a person, who sees what was done and what is wanted instead."""
    context.ordered |= {**done.facts_of(written), **_as_wanted(slots or {})}
    context.tracker.topic = written.intent or context.tracker.topic
    context.say("utter_change_by_person")
    return GiveToPerson(HandoffReason.CHANGE)


def _as_wanted(slots: dict[str, Any]) -> dict[str, Any]:
    return {f"wanted_{name}": value for name, value in slots.items()}


def _is_stale(context: TurnContext, commands: Sequence[Command]) -> bool:
    """Whether a button of another question was pressed."""
    consent = context.tracker.consent
    pressed = next((c.consent for c in commands if isinstance(c, Affirm | Deny) and c.consent), "")
    return bool(pressed) and (consent is None or consent.id != pressed)
