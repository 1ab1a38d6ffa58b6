"""What was written for a customer and may be taken back or changed, as long as the client says."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from nlu.action import ActionResult
from nlu.dialogue.consents import collected_by
from nlu.dialogue.state import MAX_DONE, DoneWrite, Frame, PendingCall
from nlu.dialogue.turn import TurnContext
from nlu.duration import seconds
from nlu.flows import Flow
from nlu.pack import Pack


def succeeded(pack: Pack, action: str, result: ActionResult) -> bool:
    """Whether the write was really done: an expected answer such as 409 is a refusal, told by the flow."""
    declared = pack.actions.get(action)
    return result.ok and not (declared is not None and result.status in declared.on_status)


def record(context: TurnContext, frame: Frame, call: PendingCall) -> None:
    """Keeps a write with everything a later change or undo may need; the oldest go."""
    tracker = context.tracker
    root = tracker.root_of(frame)
    flow = context.pack.flows.get(root.flow)
    until = _until(context, flow) if flow is not None else ""
    written = DoneWrite(
        flow=root.flow,
        intent=root.intent,
        action=call.action,
        key=call.key,
        at=context.turn.now.isoformat(),
        slots={**context.known_facts()},
        until=until,
    )
    written.slots["_collected"] = collected_by(context, frame)
    tracker.done = [*tracker.done, written][-MAX_DONE:]


def last_open(context: TurnContext) -> DoneWrite | None:
    """The latest write that was not taken back."""
    return next((one for one in reversed(context.tracker.done) if not one.undone), None)


def open_writes(context: TurnContext) -> list[DoneWrite]:
    """The writes that were not taken back, the latest first."""
    return [one for one in reversed(context.tracker.done) if not one.undone]


def take_up(context: TurnContext, key: str) -> None:
    """Makes the write with this key the latest: it is talked about from now on."""
    found = [one for one in context.tracker.done if key and one.key == key]
    context.tracker.done = [*(one for one in context.tracker.done if one not in found), *found]


def is_reversible(context: TurnContext, written: DoneWrite) -> bool:
    """Whether it is still early enough."""
    return not written.until or context.turn.now <= datetime.fromisoformat(written.until)


def facts_of(written: DoneWrite) -> dict[str, Any]:
    """The slots as they were when it was written."""
    return {name: value for name, value in written.slots.items() if not name.startswith("_")}


def collected_in(written: DoneWrite) -> list[str]:
    """What the customer had said for it, in order."""
    return list(written.slots.get("_collected", ()))


def _until(context: TurnContext, flow: Flow) -> str:
    """Until when the flow's writes may be taken back: a moment from the backend, or a time after now; empty: always."""
    limit = flow.rules.reversible_until
    if not limit:
        return ""
    value = context.tracker.slots.get(limit)
    if limit in context.pack.domain.slots:
        return _moment(str(value), context) if value is not None else context.turn.now.isoformat()
    return (context.turn.now + timedelta(seconds=seconds(limit))).isoformat()


def _moment(text: str, context: TurnContext) -> str:
    """A time from a backend; a day lasts until its end. What cannot be read allows nothing: a person decides."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return context.turn.now.isoformat()
    if len(text) == len("2026-01-31"):
        moment += timedelta(days=1)
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(context.pack.profile.timezone))).isoformat()
