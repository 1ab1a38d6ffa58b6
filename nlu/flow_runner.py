"""Runs flows step by step until a question is out, people are needed, or nothing is left to do."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from conversation.conversation import HandoffReason
from conversation.events import EventKind
from nlu.action import ActionRequest, ActionResult, Actions
from nlu.flows import END, HANDOFF, WORK_ORDER, Act, Call, Collect, Flow, Link, Noop, SetSlots, Step
from nlu.talk import Talk
from nlu.tracker import Frame

MAX_STEPS = 200
MAX_FAILURES = 2
MAX_DEPTH = 12


class Pause(Enum):
    """Why running stopped: a question is out, or every flow has ended."""

    ASKED = "asked"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Stuck:
    """People must go on; `since` is when the need was first there, if that was earlier than now."""

    reason: HandoffReason
    since: datetime | None = None


Outcome = Pause | Stuck


class FlowRuns(RuntimeError):
    """A flow took more steps in one turn than any sensible flow does: it goes round in circles."""


@dataclass(frozen=True, slots=True)
class FlowRunner:
    """Moves the frames of a tracker. Stateless: all state is in the Talk."""

    actions: Actions

    def start(self, talk: Talk, flow: Flow, intent: str) -> None:
        """Puts a flow on top; the flow below waits with its open question."""
        if len(talk.tracker.stack) >= MAX_DEPTH:
            del talk.tracker.stack[0]
        if not talk.tracker.stack:
            talk.tracker.last = {}
        talk.tracker.topic = intent or flow.id
        before = dict(talk.tracker.slots) if talk.tracker.stack else {}
        talk.tracker.push(flow.id, flow.first, intent, talk.turn.now).before = before
        talk.note(EventKind.FLOW_STARTED, flow=flow.id)

    def cancel(self, talk: Talk) -> None:
        """Drops every open flow and forgets what they collected."""
        while talk.tracker.stack:
            frame = talk.tracker.stack.pop()
            _forget(talk, frame)
            talk.note(EventKind.FLOW_CANCELLED, flow=frame.flow)

    async def run(self, talk: Talk) -> Outcome:
        """From where the top frame stands. Raises FlowRuns for an endless flow."""
        for _ in range(MAX_STEPS):
            frame = talk.tracker.frame
            if frame is None:
                return _finished(talk)
            flow = talk.pack.flows.get(frame.flow)
            if flow is None or (frame.step not in flow.steps and frame.step != END):
                # The pack changed under an open flow; a person should not be asked a question that no longer exists.
                talk.tracker.stack.clear()
                return Stuck(HandoffReason.FLOW)
            if frame.step == END:
                self._end(talk, flow)
                continue
            outcome = await self._step(talk, frame, flow.steps[frame.step])
            if outcome is not None:
                return outcome
        raise FlowRuns(f"flow {frame.flow if frame else '?'} took more than {MAX_STEPS} steps; look for a circle")

    async def _step(self, talk: Talk, frame: Frame, step: Step) -> Outcome | None:  # noqa: C901 - one case a kind
        match step.do:
            case Collect():
                return self._collect(talk, frame, step, step.do)
            case Act(action) if action.startswith("utter_"):
                talk.say(action)
            case Act(action) if action == HANDOFF:
                return Stuck(*_why(talk))
            case Act(action) if action == WORK_ORDER:
                _order_work(talk, frame)
            case Act("action_listen"):
                pass
            case Act(action):
                outcome = await self._act(talk, frame, step, action)
                if outcome is not None:
                    return outcome
            case SetSlots(values):
                for name, value in values.items():
                    talk.set_slot(name, value)
            case Call(name):
                self._advance(talk, frame, step)
                called = talk.pack.flows[name]
                talk.tracker.push(called.id, called.first, frame.intent, talk.turn.now)
                return None
            case Link(name):
                self._link(talk, frame, talk.pack.flows[name])
                return None
            case Noop():
                pass
        self._advance(talk, frame, step)
        return None

    def _advance(self, talk: Talk, frame: Frame, step: Step) -> None:
        frame.step = step.following(talk.tracker.slots)
        frame.asked = False
        frame.failures = 0

    def _collect(self, talk: Talk, frame: Frame, step: Step, collect: Collect) -> Outcome | None:
        first_visit = not frame.asked
        if first_visit and collect.ask_before_filling:
            talk.set_slot(collect.slot, None)
        value = talk.tracker.slots.get(collect.slot)
        if value is not None:
            refused = next((r for r in collect.rejections if r.condition.holds(talk.tracker.slots)), None)
            if refused is None:
                _remember(frame, collect.slot)
                self._advance(talk, frame, step)
                return None
            talk.set_slot(collect.slot, None)
            frame.failures += 1
            talk.say(refused.utter)
            if frame.failures >= MAX_FAILURES:
                return Stuck(HandoffReason.FAILURES)
        self.ask(talk, frame, collect)
        return Pause.ASKED

    def ask(self, talk: Talk, frame: Frame, collect: Collect) -> None:
        """Puts the question of a collect step."""
        talk.say(collect.utter)
        frame.asked = True

    async def _act(self, talk: Talk, frame: Frame, step: Step, action: str) -> Outcome | None:
        turn = talk.turn
        request = ActionRequest(
            name=action,
            slots=dict(talk.tracker.slots),
            language=talk.language,
            key=talk.key(f"{frame.flow}.{step.id}"),
            now=turn.now,
            sender=str(turn.conversation.id),
            channel=str(turn.inbound.channel_kind),
            text=talk.text,
            intent=talk.understanding.intent.name,
            entities=tuple(
                {"entity": e.entity, "value": e.value, "start": e.start, "end": e.end}
                for e in talk.understanding.entities
            ),
        )
        result = await self.actions.run(request)
        _note_call(talk, action, result)
        if not result.ok:
            talk.say("utter_action_failed")
            return Stuck(HandoffReason.ACTION_DOWN)
        for name, value in result.slots.items():
            slot = talk.pack.domain.slots.get(name)
            talk.set_slot(name, slot.fit(value) if slot else value)
        for name, variables in result.utter:
            talk.say(name, **variables)
        for reply in result.replies:
            talk.speak("", reply)
        return None

    def _link(self, talk: Talk, frame: Frame, flow: Flow) -> None:
        talk.note(EventKind.FLOW_COMPLETED, flow=frame.flow)
        talk.note(EventKind.FLOW_STARTED, flow=flow.id)
        frame.flow, frame.step, frame.asked, frame.failures = flow.id, flow.first, False, 0

    def _end(self, talk: Talk, flow: Flow) -> None:
        frame = talk.tracker.stack.pop()
        below = talk.tracker.frame
        if below is not None and _was_called(talk, below, flow):
            # A called flow is a part of its caller: what it collected belongs to the caller until that one ends.
            for name in frame.collected:
                _remember(below, name)
            return
        known = {n: talk.tracker.slots[n] for n in frame.collected if n in talk.tracker.slots}
        talk.tracker.last = {"flow": flow.id, "intent": frame.intent, "slots": known}
        talk.note(EventKind.FLOW_COMPLETED, flow=flow.id)
        _forget(talk, frame)
        # The interrupted flow goes on with its own facts: the order to be cancelled is not the one just asked about.
        for name, value in frame.before.items():
            talk.set_slot(name, value)


def _finished(talk: Talk) -> Outcome:
    return Stuck(*talk.work_order) if talk.work_order else Pause.DONE


def _was_called(talk: Talk, below: Frame, flow: Flow) -> bool:
    """Whether the flow below waits for this one (a digression's does not: its own question is still open)."""
    return not below.asked and any(
        isinstance(s.do, Call) and s.do.flow == flow.id for s in talk.pack.flows[below.flow].steps.values()
    )


def _remember(frame: Frame, slot: str) -> None:
    if slot not in frame.collected:
        frame.collected.append(slot)


def _forget(talk: Talk, frame: Frame) -> None:
    """Empties the slots a flow collected or set, except those it is told to keep."""
    keep: set[str] = set()
    for flow in _parts(talk, frame.flow):
        keep |= flow.persisted
        keep |= {c.slot for c in flow.collects if not c.reset_after_flow_ends}
    own = talk.pack.flows.get(frame.flow)
    written = {n for s in own.steps.values() if isinstance(s.do, SetSlots) for n in s.do.values} if own else set()
    for name in {*frame.collected, *written} - keep:
        talk.set_slot(name, talk.pack.domain.initial_slots().get(name))


def _parts(talk: Talk, name: str) -> Iterator[Flow]:
    """A flow and all flows it calls."""
    waiting, seen = [name], set()
    while waiting:
        flow = talk.pack.flows.get(waiting.pop())
        if flow is None or flow.id in seen:
            continue
        seen.add(flow.id)
        yield flow
        waiting.extend(s.do.flow for s in flow.steps.values() if isinstance(s.do, Call))


def _why(talk: Talk) -> tuple[HandoffReason, datetime | None]:
    """The reason of a flow's handoff, by what began it; the wait counts from the start of a flow that leads nowhere
    but to people.
    """
    frame = talk.tracker.stack[0]
    reserved = talk.pack.profile.bot.reserved_intents
    reason = HandoffReason.RESERVED if frame.intent in reserved else HandoffReason.FLOW
    if frame.intent == "human":
        reason = HandoffReason.ASKED
    flow = talk.pack.flows.get(frame.flow)
    since = datetime.fromisoformat(frame.started_at) if flow and flow.always_hands_off and frame.started_at else None
    return reason, since


def _order_work(talk: Talk, frame: Frame) -> None:
    names = [name for f in talk.tracker.stack for name in f.collected]
    fields: dict[str, Any] = {n: talk.tracker.slots[n] for n in names if n in talk.tracker.slots}
    talk.note(EventKind.WORK_ORDER, title=talk.pack.flows[frame.flow].name, fields=fields)
    talk.ordered |= fields
    talk.work_order = _why(talk)


def _note_call(talk: Talk, action: str, result: ActionResult) -> None:
    data: dict[str, Any] = {
        "action": action,
        "ok": result.ok,
        "status": result.status,
        "ms": round(result.milliseconds, 1),
    }
    if result.error:
        data["error"] = result.error
    talk.note(EventKind.ACTION_CALLED, **data)
