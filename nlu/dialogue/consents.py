"""Consent: before a flow writes, the customer sees every value that will be written and says yes to just these."""

from typing import Any

from conversation.message import Button
from nlu.dialogue.state import Consent, Frame
from nlu.dialogue.turn import TurnContext
from nlu.dialogue.values.formats import formatted
from nlu.dialogue.writes import digest, needs, values_of, writes_from
from nlu.responses import spoken

YES, NO = "affirm", "deny"
CONSENT_KEY = "consent"


def collected_by(context: TurnContext, frame: Frame) -> list[str]:
    """The slots that the frames from the root of `frame` up have collected, in order, without the yes to a write."""
    tracker = context.tracker
    root = tracker.root_of(frame)
    place = next(n for n, one in enumerate(tracker.stack) if one.id == root.id)
    confirming = {c.slot for flow in context.pack.flows.values() for c in flow.collects if c.confirms}
    collected = (name for one in tracker.stack[place:] for name in one.collected)
    return [name for name in dict.fromkeys(collected) if name not in confirming]


def covers(context: TurnContext, frame: Frame, action: str) -> bool:
    """Whether the customer has agreed to this write with the values it would have now."""
    consent = context.tracker.consent
    if consent is None or not consent.given or consent.frame != context.tracker.root_of(frame).id:
        return False
    wanted = needs(context.pack, action, collected_by(context, frame))
    now = {name: context.tracker.slots.get(name) for name in wanted}
    return action in consent.actions and all(consent.shown.get(name) == value for name, value in now.items())


def require(context: TurnContext, frame: Frame, actions: list[str]) -> Consent:
    """Opens a consent for these writes with the values as they are; an older one is void."""
    values = values_of(context.pack, actions, collected_by(context, frame), context.tracker.slots)
    root, mark = context.tracker.root_of(frame), digest(values)
    context.tracker.consent = Consent(
        id=f"{root.id}-{mark[:8]}", frame=root.id, actions=actions, digest=mark, shown=values
    )
    return context.tracker.consent


def ahead(context: TurnContext, frame: Frame) -> list[str]:
    """Every write that some way from here leads to, in this flow and in those that called it."""
    tracker = context.tracker
    root = tracker.root_of(frame)
    place = next(n for n, one in enumerate(tracker.stack) if one.id == root.id)
    found: list[str] = []
    for one in reversed(tracker.stack[place:]):
        flow = context.pack.flows.get(one.flow)
        found += writes_from(context.pack, flow, one.step) if flow else []
    return list(dict.fromkeys(found))


def give(context: TurnContext) -> None:
    """The customer said yes."""
    assert context.tracker.consent is not None
    context.tracker.consent.given = True


def void(context: TurnContext) -> None:
    """What was agreed holds no longer: a value changed, a person took over, the flow was left."""
    context.tracker.consent = None


def ask_consent(context: TurnContext, frame: Frame) -> None:
    """Shows all values with their labels and asks. A pack words it by `utter_confirm_<action>` or `utter_confirm`."""
    consent = context.tracker.consent
    assert consent is not None
    own = f"utter_confirm_{consent.actions[0]}"
    name = own if own in context.pack.responses else "utter_confirm"
    context.ask(
        name,
        frame.failures,
        buttons=yes_no(context, consent.id),
        matter=matter(context, context.tracker.root_of(frame)),
        summary=summary(context, consent),
    )


def yes_no(context: TurnContext, asked: str) -> tuple[Button, ...]:
    """Yes and no to the question with the id `asked`: pressed when it is no longer open they do nothing."""
    yes, no = context.title("utter_yes"), context.title("utter_no")
    return (
        Button(yes, f'/{YES}{{"{CONSENT_KEY}": "{asked}"}}'),
        Button(no, f'/{NO}{{"{CONSENT_KEY}": "{asked}"}}'),
    )


def matter(context: TurnContext, frame: Frame) -> str:
    """What people call the process of a frame: `utter_title_<intent>`, else the flow's name."""
    flow = context.pack.flows.get(frame.flow)
    title = context.title(f"utter_title_{frame.intent}") if frame.intent else ""
    return title or (flow.name if flow else frame.flow)


def summary(context: TurnContext, consent: Consent) -> str:
    """One line a value: its label and how it is written in the customer's language."""
    return "\n".join(line(context, name, value) for name, value in shown(context, consent))


def line(context: TurnContext, slot: str, value: Any) -> str:
    """A slot and its value as one line of a summary."""
    return f"• {label(context, slot)}: {said(context, value, slot)}"


def shown(context: TurnContext, consent: Consent) -> list[tuple[str, Any]]:
    """The values a customer can judge: instead of an id, what the pack says that stands for it."""
    instead: dict[str, tuple[str, ...]] = {}
    for action in consent.actions:
        declared = context.pack.actions.get(action)
        instead |= dict(declared.shows) if declared is not None else {}
    names = [other for name in consent.shown for other in instead.get(name, (name,))]
    slots = {**context.tracker.slots, **consent.shown}
    return [(name, slots[name]) for name in dict.fromkeys(names) if slots.get(name) is not None]


def label(context: TurnContext, slot: str) -> str:
    """What a slot is called: the pack's `utter_label_<slot>`, else its name in words."""
    return context.title(f"utter_label_{slot}") or slot.replace("_", " ").capitalize()


def said(context: TurnContext, value: Any, slot: str = "") -> str:
    """A value as a person writes it in the customer's language: by the pack's `utter_value_<slot>_<value>`, else by its
    type.
    """
    if slot and isinstance(value, str) and (own := context.title(f"utter_value_{slot}_{value}")):
        return own
    value = formatted(value, context.pack.value_kinds.get(slot, ""), context.language)
    return spoken(value, context.language, context.pack.profile.timezone, context.today)
