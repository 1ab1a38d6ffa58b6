"""Moves the flows of a tracker until a question is out, a call is due, people are needed or all is done."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from conversation.conversation import HandoffReason
from conversation.events import EventKind
from nlu.action import ActionRequest, ActionResult
from nlu.dialogue import consents, done, moves
from nlu.dialogue.effects import CallAction
from nlu.dialogue.questions import open_question, put
from nlu.dialogue.state import Frame, PendingCall
from nlu.dialogue.turn import TurnContext
from nlu.dialogue.writes import is_write
from nlu.domain import LANGUAGE_SLOT
from nlu.flows import END, HANDOFF, WORK_ORDER, Act, Call, Collect, Flow, Link, Noop, SetSlots, Step
from nlu.pack import Pack

MAX_STEPS = 200
MAX_DEPTH = 12
MAX_PAST = 3
"""So many flows back a value may still be exchanged for another."""


class Pause(Enum):
    """Why the flows stopped: a question is out, every flow has ended, or the pack changed under them."""

    ASKED = "asked"
    DONE = "done"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Stuck:
    """People must go on; `since` is when the need was first there, if that was earlier than now."""

    reason: HandoffReason
    since: datetime | None = None


Outcome = Pause | Stuck | CallAction


class FlowRuns(RuntimeError):
    """A flow took more steps in one turn than any sensible flow does: it goes round in circles."""


def start(context: TurnContext, flow: Flow, intent: str) -> Frame:
    """Puts a flow on top; the flow below waits with its open question."""
    tracker = context.tracker
    if len(tracker.stack) >= MAX_DEPTH:
        del tracker.stack[0]
    if not tracker.stack:
        tracker.past = [one for one in (tracker.last, *tracker.past) if one][:MAX_PAST]
        tracker.last, tracker.reported = {}, {}
    tracker.topic = intent or flow.id
    before = {n: v for n, v in tracker.slots.items() if n != LANGUAGE_SLOT} if tracker.stack else {}
    frame = tracker.push(flow.id, flow.first, intent, context.turn.now.isoformat())
    frame.before, frame.pack = before, context.pack.digest
    context.note(EventKind.FLOW_STARTED, flow=flow.id)
    return frame


def cancel(context: TurnContext) -> None:
    """Drops every open flow and forgets what they collected."""
    while context.tracker.stack:
        frame = context.tracker.stack.pop()
        _forget(context, frame)
        context.note(EventKind.FLOW_CANCELLED, flow=frame.flow)
    consents.void(context)


def run(context: TurnContext) -> Outcome:
    """From where the top frame stands. Raises FlowRuns for an endless flow."""
    for _ in range(MAX_STEPS):
        frame = context.tracker.frame
        if frame is None:
            return Stuck(*context.work_order) if context.work_order else Pause.DONE
        flow = context.pack.flows.get(frame.flow)
        if flow is None or (frame.step not in flow.steps and frame.step != END):
            return Pause.CHANGED
        if frame.step == END:
            _end(context, flow)
            continue
        outcome = _step(context, frame, flow.steps[frame.step])
        if outcome is not None:
            return outcome
    raise FlowRuns(f"flow {frame.flow if frame else '?'} took more than {MAX_STEPS} steps; look for a circle")


def returned(context: TurnContext, result: ActionResult) -> Stuck | None:
    """Takes in the result of the call the top frame waits for, and moves on; people go on if it failed."""
    pending, frame = context.tracker.pending, context.tracker.frame
    assert pending is not None
    assert frame is not None
    context.tracker.pending = None
    note_call(context, pending.action, result)
    if not result.ok:
        context.say("utter_action_failed")
        return Stuck(HandoffReason.ACTION_DOWN)
    take_in(context, result)
    step = context.pack.flows[frame.flow].steps[frame.step]
    if is_write(context.pack, pending.action) and done.succeeded(context.pack, pending.action, result):
        done.record(context, frame, pending)
    _advance(context, frame, step)
    return None


def take_in(context: TurnContext, result: ActionResult) -> None:
    """The slots an action set, and what it has to say."""
    for name, value in result.slots.items():
        slot = context.pack.domain.slots.get(name)
        context.set_slot(name, slot.fit(value) if slot else value, "action")
    for name, variables in result.utter:
        context.say(name, **variables)
    for reply in result.replies:
        context.speak("", reply)


def note_call(context: TurnContext, action: str, result: ActionResult) -> None:
    """Keeps that an action was called, and what came of it."""
    data: dict[str, Any] = {
        "action": action,
        "ok": result.ok,
        "status": result.status,
        "ms": round(result.milliseconds, 1),
    }
    if result.error:
        data["error"] = result.error
    context.note(EventKind.ACTION_CALLED, **data)


def rewind(context: TurnContext, changes: dict[str, Any]) -> None:
    """Puts corrected values in, and the flow back to the step that first asked for one of them. What was agreed, and
    every yes that was given to the uncorrected facts, is void; other values stay and are not asked for again.
    """
    stack = context.tracker.stack
    for depth, frame in enumerate(stack):
        flow = context.pack.flows.get(frame.flow)
        step = step_giving(context, flow, frozenset(changes)) if flow else None
        if flow is None or step is None or not any(name in frame.collected for name in changes):
            continue
        if _was_passed(flow, step, frame.step) and not (step == frame.step and _has_called(stack, depth)):
            del stack[depth + 1 :]
            frame.step, frame.failures = step, 0
        break
    consents.void(context)
    for name in _agreed(context):
        context.set_slot(name, None)
    for name, value in changes.items():
        context.set_slot(name, value)


def _has_called(stack: Sequence[Frame], depth: int) -> bool:
    """Whether a frame waits for a flow it called, and stands before the step that follows."""
    return depth + 1 < len(stack) and stack[depth + 1].called


def _was_passed(flow: Flow, step: str, now: str) -> bool:
    """Whether the flow has come from `step` to where it stands; a value given ahead needs no way back."""
    seen: set[str] = set()
    waiting = [step]
    while waiting:
        here = waiting.pop()
        if here == now:
            return True
        if here in seen or here not in flow.steps:
            continue
        seen.add(here)
        waiting += [branch.target for branch in flow.steps[here].branches]
    return False


def step_giving(context: TurnContext, flow: Flow, slots: frozenset[str]) -> str | None:
    """The first step of a flow that collects one of these slots, itself or through a flow it calls."""
    flows = context.pack.flows
    for step in flow.steps.values():
        if isinstance(step.do, Collect) and step.do.slot in slots:
            return step.id
        if isinstance(step.do, Call) and step.do.flow in flows and _collects(context, step.do.flow, slots, frozenset()):
            return step.id
    return None


def asks_for(context: TurnContext, flow: Flow) -> frozenset[str]:
    """All slots that a flow, or one it calls, may ask for."""
    return frozenset(collect.slot for part in parts(context, flow.id) for collect in part.collects)


def parts(context: TurnContext, name: str) -> tuple[Flow, ...]:
    """A flow and all flows it calls."""
    derived = context.pack.derived
    if ("parts", name) not in derived:
        derived["parts", name] = tuple(_parts(context.pack, name))
    found: tuple[Flow, ...] = derived["parts", name]
    return found


def _parts(pack: Pack, name: str) -> Iterator[Flow]:
    waiting, seen = [name], set()
    while waiting:
        flow = pack.flows.get(waiting.pop())
        if flow is None or flow.id in seen:
            continue
        seen.add(flow.id)
        yield flow
        waiting.extend(s.do.flow for s in flow.steps.values() if isinstance(s.do, Call))


def _step(context: TurnContext, frame: Frame, step: Step) -> Outcome | None:  # noqa: C901, PLR0911, PLR0912 - one case a kind
    match step.do:
        case Collect():
            return _collect(context, frame, step, step.do)
        case Act(action) if action.startswith("utter_"):
            context.say(action)
        case Act(action) if action == HANDOFF:
            return Stuck(*_why(context))
        case Act(action) if action == WORK_ORDER:
            if not _may_write(context, frame, action):
                return Pause.ASKED
            _order_work(context, frame)
        case Act("action_listen"):
            pass
        case Act(action):
            if is_write(context.pack, action) and not _may_write(context, frame, action):
                return Pause.ASKED
            return _call(context, frame, step, action)
        case SetSlots(values):
            for name, value in values.items():
                context.set_slot(name, value, "flow")
        case Call(name):
            _advance(context, frame, step)
            called = context.pack.flows[name]
            context.tracker.push(called.id, called.first, frame.intent, context.turn.now.isoformat(), called=True)
            return None
        case Link(name):
            _link(context, frame, context.pack.flows[name])
            return None
        case Noop():
            pass
    _advance(context, frame, step)
    return None


def _advance(context: TurnContext, frame: Frame, step: Step) -> None:
    frame.step = step.following(context.tracker.slots)
    frame.asked = frame.failures = 0


def _collect(context: TurnContext, frame: Frame, step: Step, collect: Collect) -> Outcome | None:
    if not frame.asked and collect.ask_before_filling and collect.slot not in frame.put:
        context.set_slot(collect.slot, None)
    value = context.tracker.slots.get(collect.slot)
    if value is None and (moved := moves.asked(context, collect)) is not None:
        context.set_slot(collect.slot, moved)
        value = moved
    if value is True and collect.confirms and not all(consents.covers(context, frame, a) for a in collect.confirms):
        context.set_slot(collect.slot, None)  # a yes that was said to other values
        value = None
    if value is not None:
        refused = next((r for r in collect.rejections if r.condition.holds(context.tracker.slots)), None)
        if refused is None:
            _remember(frame, collect.slot)
            _advance(context, frame, step)
            return None
        context.say(refused.utter)
        context.set_slot(collect.slot, None)
        context.tracker.stated.pop(collect.slot, None)
        frame.failures += 1
        limit = context.pack.profile.bot.max_failures
        if limit and frame.failures >= limit:
            return Stuck(HandoffReason.FAILURES)
    if collect.confirms:
        consents.require(context, frame, list(collect.confirms))
    frame.asked += 1
    frame.put = [*(name for name in frame.put if name != collect.slot), collect.slot]
    question = open_question(context.pack, context.tracker)
    assert question is not None
    put(context, question)
    return Pause.ASKED


def _may_write(context: TurnContext, frame: Frame, action: str) -> bool:
    """Whether this write was agreed to with the values it would have now; else the customer is asked."""
    root = context.pack.flows.get(context.tracker.root_of(frame).flow)
    if root is not None and not root.rules.confirm:
        return True
    if consents.covers(context, frame, action):
        return True
    consents.require(context, frame, consents.ahead(context, frame))
    frame.asked += 1
    consents.ask_consent(context, frame)
    return False


def _call(context: TurnContext, frame: Frame, step: Step, action: str) -> CallAction:
    turn, understanding = context.turn, context.understanding
    key = context.key(frame.id, f"{frame.flow}.{step.id}", 1)
    context.tracker.pending = PendingCall(frame.id, step.id, action, key)
    request = ActionRequest(
        name=action,
        slots=dict(context.tracker.slots),
        language=context.language,
        key=key,
        now=turn.now,
        sender=str(turn.conversation.id),
        channel=str(turn.inbound.channel_kind),
        text=context.text,
        intent=understanding.intent.name,
        entities=tuple(
            {"entity": e.entity, "value": e.value, "start": e.start, "end": e.end} for e in understanding.entities
        ),
    )
    return CallAction(request, writes=is_write(context.pack, action))


def _link(context: TurnContext, frame: Frame, flow: Flow) -> None:
    context.note(EventKind.FLOW_COMPLETED, flow=frame.flow)
    context.note(EventKind.FLOW_STARTED, flow=flow.id)
    frame.flow, frame.step, frame.asked, frame.failures = flow.id, flow.first, 0, 0


def _end(context: TurnContext, flow: Flow) -> None:
    tracker = context.tracker
    frame = tracker.stack.pop()
    below = tracker.frame
    if below is not None and frame.called:
        # A called flow is a part of its caller: what it collected belongs to the caller until that one ends.
        for name in frame.collected:
            _remember(below, name)
        return
    known = {n: tracker.slots[n] for n in frame.collected if n in tracker.slots}
    tracker.past = [one for one in (tracker.last, *tracker.past) if one][:MAX_PAST]
    tracker.last = {"flow": flow.id, "intent": frame.intent, "slots": known}
    tracker.reported = {"flow": flow.id, "intent": frame.intent, "slots": context.known_facts()}
    if tracker.consent is not None and tracker.consent.frame == frame.id:
        consents.void(context)
    context.note(EventKind.FLOW_COMPLETED, flow=flow.id)
    _forget(context, frame)
    # The interrupted flow goes on with its own facts: the order to be cancelled is not the one just asked about.
    for name, value in frame.before.items():
        if tracker.slots.get(name) != value:
            context.set_slot(name, value, "restored")


def _remember(frame: Frame, slot: str) -> None:
    if slot not in frame.collected:
        frame.collected.append(slot)


def _forget(context: TurnContext, frame: Frame) -> None:
    """Empties the slots a flow collected or set, except those it is told to keep."""
    keep: set[str] = set()
    for flow in parts(context, frame.flow):
        keep |= flow.persisted
        keep |= {c.slot for c in flow.collects if not c.reset_after_flow_ends}
    own = context.pack.flows.get(frame.flow)
    written = {n for s in own.steps.values() if isinstance(s.do, SetSlots) for n in s.do.values} if own else set()
    for name in sorted({*frame.collected, *written} - keep):
        context.set_slot(name, context.pack.domain.initial_slots().get(name), "flow")


def _agreed(context: TurnContext) -> list[str]:
    """The slots of the open flows whose yes was to a write."""
    confirming = {
        collect.slot
        for frame in context.tracker.stack
        for flow in parts(context, frame.flow)
        for collect in flow.collects
        if collect.confirms
    }
    return [name for name in sorted(confirming) if name in context.tracker.slots]


def _collects(context: TurnContext, name: str, slots: frozenset[str], seen: frozenset[str]) -> bool:
    flow = context.pack.flows.get(name)
    if flow is None or name in seen:
        return False
    called = (s.do.flow for s in flow.steps.values() if isinstance(s.do, Call))
    own = any(c.slot in slots for c in flow.collects)
    return own or any(_collects(context, one, slots, seen | {name}) for one in called)


def _why(context: TurnContext) -> tuple[HandoffReason, datetime | None]:
    """The reason of a flow's handoff, by what began it; the wait counts from the start of a flow that leads nowhere
    but to people.
    """
    frame = context.tracker.stack[0]
    reserved = context.pack.profile.bot.reserved_intents
    is_reserved = any(one.intent in reserved for one in context.tracker.stack)
    reason = HandoffReason.RESERVED if is_reserved else HandoffReason.FLOW
    if frame.intent == "human":
        reason = HandoffReason.ASKED
    flow = context.pack.flows.get(frame.flow)
    since = datetime.fromisoformat(frame.started_at) if flow and flow.always_hands_off and frame.started_at else None
    return reason, since


def _order_work(context: TurnContext, frame: Frame) -> None:
    names = consents.collected_by(context, frame)
    fields: dict[str, Any] = {n: context.tracker.slots[n] for n in names if n in context.tracker.slots}
    context.note(EventKind.WORK_ORDER, title=context.pack.flows[frame.flow].name, fields=fields)
    context.ordered |= fields
    context.work_order = _why(context)
