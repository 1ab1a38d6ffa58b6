"""Serves what a customer wants: by a flow, a response, an article, what every bot knows, or a person."""

import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from conversation.conversation import HandoffReason
from conversation.message import Button
from nlu.crosscheck import WELL_KNOWN
from nlu.dialogue import done, flow_steps, moves, repeats, reports
from nlu.dialogue.commands import Command, StartFlow
from nlu.dialogue.consents import matter, said, yes_no
from nlu.dialogue.effects import CallAction, Effect, GiveToPerson, Reply
from nlu.dialogue.flow_steps import Pause, Stuck
from nlu.dialogue.questions import put_again
from nlu.dialogue.state import MAX_MATTERS, MAX_QUOTED, PARKED_TURNS, Frame, Matter
from nlu.dialogue.turn import TurnContext
from nlu.flows import Act, Flow
from nlu.knowledge import Passage
from nlu.meaning import SMALL_TALK

_QUOTES = ("utter_article", "utter_article_again", "utter_article_known")
"""How the same article is sent the first, the second and every further time."""
_TO_A_BARE = {"affirm": "utter_what_else", "deny": "utter_all_right"}


def serve(context: TurnContext, intent: str, slots: Mapping[str, Any]) -> Effect:
    """Serves an intent that is sure, with what the message says for it."""
    if intent in context.pack.profile.bot.reserved_intents or intent == "human":
        return person(context, intent)
    flow = context.pack.triggers.get(intent)
    if flow is not None and allowed(context, flow):
        if is_running(context, flow):
            return ask_again(context)
        return begin(context, flow, intent, slots)
    return _respond(context, intent)


def begin(context: TurnContext, flow: Flow, intent: str, slots: Mapping[str, Any]) -> Effect:
    """Begins a flow and lets it run as far as it can."""
    put_on_top(context, flow, intent, slots)
    return go_on(context)


def put_on_top(context: TurnContext, flow: Flow, intent: str, slots: Mapping[str, Any]) -> None:
    """Opens a flow, with what the message says for it; it runs when the open flows go on."""
    context.tracker.understood()
    frame = flow_steps.start(context, flow, intent)
    if moves.NAME in slots:
        context.tracker.parked[moves.NAME] = [slots[moves.NAME], PARKED_TURNS]
        slots = {name: value for name, value in slots.items() if name != moves.NAME}
    for name, value in slots.items():
        context.set_slot(name, value)
    wanted = flow_steps.asks_for(context, flow)
    frame.collected = [name for name in slots if name in wanted]
    for name, kept in list(context.tracker.parked.items()):
        if name in wanted and context.tracker.slots.get(name) is None:
            context.set_slot(name, kept[0])
            del context.tracker.parked[name]


def go_on(context: TurnContext) -> Effect:
    """Lets the open flows run as far as they can."""
    outcome = flow_steps.run(context)
    match outcome:
        case Pause.ASKED:
            return Reply(completed=False)
        case Pause.CHANGED:
            return take_up_again(context)
        case Stuck(reason, since):
            return GiveToPerson(reason, since=since)
        case CallAction():
            return outcome
        case _:
            return _completed(context)


def person(context: TurnContext, intent: str, reason: HandoffReason | None = None) -> Effect:
    """The customer wants, or the client wants them to have, a person: at once, or after the pack's own flow."""
    flow = context.pack.triggers.get(intent)
    if flow is not None and flow.always_hands_off and not is_running(context, flow):
        return begin(context, flow, intent, {})
    context.tracker.topic = context.tracker.topic if intent in ("", "human") else intent
    own = HandoffReason.ASKED if intent == "human" else HandoffReason.RESERVED
    return GiveToPerson(reason or own)


def queue(context: TurnContext, intent: str, text: str, slots: Mapping[str, Any], *, offered: bool = False) -> None:
    """Keeps another matter for later; `offered`: it was only asked about, and is offered when its turn comes."""
    known = [one.intent for one in context.tracker.matters]
    if intent in known or len(known) >= MAX_MATTERS:
        return
    context.tracker.matters.append(Matter(intent, text, dict(slots), offered))


def told_waiting(context: TurnContext, others: Sequence[Command]) -> list[Command]:
    """The commands without those that only begin what waits as the next matter; what they say for it goes there."""
    rest: list[Command] = []
    waiting = context.tracker.matters[:1]
    for other in others:
        if isinstance(other, StartFlow) and any(one.intent == other.intent for one in waiting):
            waiting[0].slots.update(other.slots)
        else:
            rest.append(other)
    return rest


def serve_again(context: TurnContext, start: StartFlow) -> Effect:
    """Begins what was just done once more, with what may be kept of it."""
    kept = repeats.kept(context, start.slots) if context.tracker.last.get("intent") == start.intent else {}
    return serve(context, start.intent, {**kept, **start.slots})


def queue_again(context: TurnContext, start: StartFlow) -> None:
    """Keeps for later the same matter with other values, before whatever else waits; once, however often it is said,
    and with what is told of it later.
    """
    waiting = [one for one in context.tracker.matters if one.again]
    known = any(one.intent == start.intent and _values(start.slots) <= _values(one.slots) for one in waiting)
    for one in waiting:
        if not known and one.intent == start.intent and _values(one.slots) < _values(start.slots):
            one.slots.update(start.slots)
            return
    if len(waiting) < MAX_MATTERS and not known:
        one = Matter(start.intent, start.evidence.clause, dict(start.slots), again=True)
        context.tracker.matters.insert(len(waiting), one)


def _values(slots: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Values by slot, however they are written."""
    return {(name, str(value).casefold()) for name, value in slots.items()}


def tell_waiting(context: TurnContext) -> None:
    """Says what comes after what is open; the same matter once more by what it is this time."""
    titles = [_matter_title(context, one) for one in context.tracker.matters]
    context.say("utter_matters_noted", matters=", ".join(titles))


def cancel(context: TurnContext) -> Effect:
    """Drops what is running, and says so, and that what was written before stays. What else was wanted comes next."""
    running = context.tracker.frame is not None
    flow_steps.cancel(context)
    context.tracker.understood()
    cancelled = "utter_cancelled_after_writes" if done.open_writes(context) else "utter_cancelled"
    context.say(cancelled if running else "utter_nothing_to_cancel")
    if context.tracker.matters:
        return next_matter(context)
    return Reply(completed=False if running else None)


def ask_again(context: TurnContext) -> Effect:
    """Puts the open question again, if there is one."""
    return Reply(completed=False) if put_again(context) else Reply()


def ask_for_more(context: TurnContext) -> Effect:
    """All that was wanted is done: whether there is anything else, if that was asked before."""
    if context.tracker.expects == "anything_else":
        context.say("utter_anything_else")
    return Reply()


def quote(context: TurnContext, passage: Passage) -> None:
    """The article that answers, in the client's words. The second time it is said to come again, the third time only
    that there is no more to know; a button asks for a person.
    """
    article, tracker = passage.article, context.tracker
    key = f"{article.file}#{zlib.crc32(passage.text.encode())}"
    before = tracker.quoted.count(key)
    tracker.quoted = [*tracker.quoted, key][-MAX_QUOTED:]
    name = _QUOTES[min(before, len(_QUOTES) - 1)]
    buttons = (Button(context.title("utter_ask_a_person"), "/human"),) if before else ()
    if before:
        context.miss()
    heading = passage.heading or article.title
    context.say(name, buttons=buttons, article_title=article.title, article_heading=heading, article_text=passage.text)


def thanks(context: TurnContext) -> Effect:
    """Thanks after an answer confirms it; thanks before one, or in the middle of something, is only polite."""
    tracker = context.tracker
    settled = context.turn.conversation.completed or tracker.expects in ("anything_else", "helped")
    context.say("utter_thanks")
    if tracker.frame is not None:
        return ask_again(context)
    if tracker.problem or tracker.expects in ("watch", "undo", "change", "offer", "person"):
        return Reply(completed=False if tracker.problem else None)
    tracker.understood()
    return Reply(completed=True if settled else None, close=settled)


def goodbye(context: TurnContext) -> Effect:
    """Ends a conversation in which nothing is open; what is open is parked, and the customer told so."""
    if context.tracker.frame is not None or context.tracker.matters:
        open_ = context.tracker.stack[0] if context.tracker.stack else None
        title = matter(context, open_) if open_ else _title(context, context.tracker.matters[0].intent)
        context.say("utter_parked", matter=title)
        return Reply(completed=False)
    context.say("utter_goodbye")
    settled = context.tracker.expects in ("anything_else", "helped") and not context.tracker.problem
    context.tracker.understood()
    return Reply(completed=True if settled else None, close=True)


def next_matter(context: TurnContext) -> Effect:
    """Begins what else the customer wanted."""
    one = context.tracker.matters.pop(0)
    if one.offered:
        offer(context, one.intent, one.slots)
        return Reply(completed=False)
    context.say("utter_next_matter", matter=_matter_title(context, one))
    if one.again:
        return serve_again(context, StartFlow(one.intent, one.slots))
    return serve(context, one.intent, one.slots)


def offer(
    context: TurnContext, intent: str, slots: Mapping[str, Any], response: str = "utter_offer_after_article"
) -> None:
    """Asks whether a process is wanted, which then begins with `slots`."""
    context.tracker.ask("offer", intent=intent, slots=dict(slots))
    buttons = yes_no(context, context.tracker.expecting["id"])
    context.say(response, buttons=buttons, matter=_title(context, intent))


def direct(context: TurnContext, intent: str) -> str | None:
    """The response that answers the intent by itself, if there is one."""
    own = context.pack.domain.direct_response(intent) if intent else None
    return own or (f"utter_{intent}" if intent in SMALL_TALK else None)


def allowed(context: TurnContext, flow: Flow) -> bool:
    """Whether the flow's guard lets it begin."""
    return flow.guard is None or flow.guard.holds(context.tracker.slots)


def say_only(context: TurnContext, intent: str) -> bool:
    """Says what answers an intent that needs no process; False if it has one, or nothing answers it."""
    flow = context.pack.triggers.get(intent)
    if flow is None:
        response = direct(context, intent)
        if response is not None:
            context.say(response)
        return response is not None
    if is_process(flow) or not allowed(context, flow):
        return False
    for step in flow.steps.values():
        if isinstance(step.do, Act) and step.do.action != "utter_anything_else":
            context.say(step.do.action)
    return True


def is_told(context: TurnContext, intent: str) -> bool:
    """Whether the intent has a flow that only says something: an article in its place ends it as well."""
    flow = context.pack.triggers.get(intent)
    return flow is not None and not is_process(flow) and allowed(context, flow)


def may_begin(context: TurnContext, intent: str) -> bool:
    """Whether the intent has a process that could begin now."""
    flow = context.pack.triggers.get(intent)
    return flow is not None and is_process(flow) and allowed(context, flow) and not is_running(context, flow)


def is_running(context: TurnContext, flow: Flow) -> bool:
    """Whether the flow is open, on top or waiting."""
    return any(frame.flow == flow.id for frame in context.tracker.stack)


def is_process(flow: Flow) -> bool:
    """Whether a flow does more than say something."""
    return any(not (isinstance(s.do, Act) and s.do.action.startswith("utter_")) for s in flow.steps.values())


def _respond(context: TurnContext, intent: str) -> Effect:
    response = direct(context, intent) or _TO_A_BARE.get(intent)
    if response is None:
        context.tracker.topic = intent
        return GiveToPerson(HandoffReason.LOW_CONFIDENCE)
    context.tracker.understood()
    context.say(response)
    if intent in WELL_KNOWN:
        return ask_again(context)
    if context.tracker.frame is not None:
        return ask_again(context)
    context.tracker.topic = intent
    context.tracker.ask("helped")
    return Reply(completed=False)


def _completed(context: TurnContext) -> Effect:
    """Every flow has ended: the next matter, or whether there is anything else."""
    tracker = context.tracker
    if tracker.matters:
        return next_matter(context)
    flow = context.pack.flows.get(tracker.last.get("flow", ""))
    if tracker.problem and flow is not None and flow.rules.due:
        return reports.problem(context, just_told=True)
    asked = bool(context.said) and (
        bool(context.said[-1].reply.buttons) or context.said[-1].reply.text.rstrip().endswith("?")
    )
    tracker.ask("helped")
    if flow is not None and is_process(flow) and flow.asks_for_more and not asked:
        context.say("utter_anything_else")
    if context.said and context.said[-1].name == "utter_anything_else":
        tracker.ask("anything_else")
    return Reply(completed=True)


def take_up_again(context: TurnContext) -> Effect:
    """The pack changed under an open flow: nobody is asked a question that no longer exists."""
    frame: Frame | None = context.tracker.frame
    flow = context.pack.flows.get(frame.flow) if frame else None
    context.tracker.stack.clear()
    context.tracker.consent = None
    if flow is None or frame is None:
        return GiveToPerson(HandoffReason.FLOW)
    context.say("utter_taken_up_again")
    known = {name: context.tracker.slots[name] for name in frame.collected if name in context.tracker.slots}
    return begin(context, flow, frame.intent, known)


def is_outdated(context: TurnContext) -> bool:
    """Whether the pack no longer has the step an open flow waits at."""
    frame = context.tracker.frame
    flow = context.pack.flows.get(frame.flow) if frame else None
    return frame is not None and (flow is None or frame.step not in flow.steps)


def _title(context: TurnContext, intent: str) -> str:
    flow = context.pack.triggers.get(intent)
    return context.title(f"utter_title_{intent}") or (flow.name if flow else intent.replace("_", " ").capitalize())


def _matter_title(context: TurnContext, one: Matter) -> str:
    title = _title(context, one.intent)
    values = [said(context, value, name) for name, value in one.slots.items() if not isinstance(value, bool)]
    return f"{title} ({', '.join(values)})" if one.again and values else title


title_of = _title
