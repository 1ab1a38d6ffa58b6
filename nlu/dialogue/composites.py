"""Fills a value that is put together of parts: what was said adds up, and only what is missing is asked for."""

from collections.abc import Mapping, Sequence
from typing import Any

from nlu.dialogue import flow_steps, serving
from nlu.dialogue.commands import SetParts
from nlu.dialogue.effects import Effect, Reply
from nlu.dialogue.turn import TurnContext
from nlu.dialogue.values.composite import joined, known_parts, missing
from nlu.flows import Collect


def take(context: TurnContext, parts: Sequence[SetParts], values: Mapping[str, Any]) -> Effect:
    """Adds parts to what is known of their slots; a full value answers or corrects, else the missing parts are asked
    for.
    """
    for name, value in values.items():
        context.set_slot(name, value)
    for one in parts:
        collect = _collect(context, one.slot)
        if collect is None:
            continue
        kept, value = context.tracker.parts.get(one.slot, {}), context.tracker.slots.get(one.slot)
        known = known_parts(kept, value, collect.parts, context.today, context.languages) | dict(one.parts)
        context.tracker.parts[one.slot] = known
        lacking = missing(collect.parts, known)
        if lacking:
            return _ask(context, collect, lacking)
        value = joined(collect.parts, known)
        if context.tracker.slots.get(one.slot) is not None:
            flow_steps.rewind(context, {one.slot: value})
        else:
            context.set_slot(one.slot, value)
    return serving.go_on(context)


def _ask(context: TurnContext, collect: Collect, lacking: Sequence[str]) -> Effect:
    """Asks for the missing parts alone, in the pack's words or our own."""
    own = f"utter_ask_{collect.slot}_{lacking[0]}"
    if own in context.pack.responses:
        context.say(own)
        return Reply(completed=False)
    names = ", ".join(context.title(f"utter_part_{kind}") or kind for kind in lacking)
    context.say("utter_ask_parts", parts=names)
    return Reply(completed=False)


def _collect(context: TurnContext, slot: str) -> Collect | None:
    for frame in reversed(context.tracker.stack):
        for flow in flow_steps.parts(context, frame.flow):
            for collect in flow.collects:
                if collect.slot == slot and collect.parts:
                    return collect
    return None
