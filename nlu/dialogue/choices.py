"""The question which of several writes is to be taken back or changed, with what tells them apart."""

from collections.abc import Mapping, Sequence
from typing import Any

from conversation.conversation import HandoffReason
from conversation.message import Button
from nlu.dialogue import done, serving
from nlu.dialogue.commands import Affirm, Ask, Cancel, Change, Command, Deny, StartFlow, Undo
from nlu.dialogue.consents import CONSENT_KEY, YES, said
from nlu.dialogue.effects import Effect, GiveToPerson, Reply
from nlu.dialogue.state import DoneWrite
from nlu.dialogue.turn import TurnContext

WHICH = "which"
_MOST_ASKED = 2
_MOST_NAMED = 3
"""So many values tell a write from the others."""


def can(context: TurnContext, written: DoneWrite, what: str) -> bool:
    """Whether a write may still be taken back (`undo`) or changed (`change`) by the bot."""
    flow = context.pack.flows.get(written.flow)
    if flow is None or not done.is_reversible(context, written):
        return False
    return bool(flow.rules.undo if what == "undo" else flow.rules.change)


def ask(context: TurnContext, what: str, slots: Mapping[str, Mapping[str, Any]]) -> Effect:
    """Asks which write is meant: they are listed, and each is a button."""
    tracker = context.tracker
    again = int(tracker.expecting.get("again", -1)) + 1 if tracker.expects == WHICH else 0
    tracker.ask(WHICH, what=what, slots={key: dict(values) for key, values in slots.items()}, again=again)
    mark = tracker.expecting["id"]
    names = _apart(context, _listed(context))
    tracker.expecting["choices"] = [f"{mark}-{n}" for n in range(len(names))]
    buttons = tuple(
        Button(name, f'/{YES}{{"{CONSENT_KEY}": "{choice}"}}')
        for name, choice in zip(names, tracker.expecting["choices"], strict=True)
    )
    context.ask("utter_ask_which", again, buttons=buttons, summary="\n".join(f"• {name}" for name in names))
    return Reply(completed=False)


def answered(context: TurnContext, agrees: bool | None, commands: Sequence[Command]) -> Command | Effect | None:
    """What the commands answer: the Undo or Change of one write, a word that all stays, the question once more; None
    if they are about something else.
    """
    tracker = context.tracker
    expecting = dict(tracker.expecting)
    if chosen := next((c for c in commands if isinstance(c, Undo | Change)), None):
        tracker.understood()
        return chosen
    pressed = next((c.consent for c in commands if isinstance(c, Affirm) and c.consent), "")
    if pressed in expecting.get("choices", ()):
        key = list(expecting["slots"])[expecting["choices"].index(pressed)]
        tracker.understood()
        return Undo("", key) if expecting["what"] == "undo" else Change(expecting["slots"][key], key)
    if agrees is False or any(isinstance(c, Cancel | Deny) for c in commands):
        tracker.understood()
        context.say("utter_left_as_it_is")
        return Reply()
    if any(isinstance(c, Ask | StartFlow) for c in commands):
        tracker.understood()
        return None
    if int(expecting.get("again", 0)) + 1 >= _MOST_ASKED:
        for one in reversed(_listed(context)):
            context.ordered |= done.facts_of(one)
        context.say("utter_change_by_person")
        return GiveToPerson(HandoffReason.CHANGE)
    return ask(context, expecting["what"], expecting["slots"])


def _listed(context: TurnContext) -> list[DoneWrite]:
    keys = context.tracker.expecting.get("slots", {})
    return [one for key in keys for one in context.tracker.done if one.key == key]


def _apart(context: TurnContext, writes: Sequence[DoneWrite]) -> list[str]:
    """What each is called: its process, and of several of one process the values in which they differ."""
    names: list[str] = []
    for one in writes:
        alike = [other for other in writes if other.flow == one.flow]
        title = serving.title_of(context, one.intent or one.flow)
        facts, flow = done.facts_of(one), context.pack.flows.get(one.flow)
        asked = [c.slot for c in flow.collects] if flow is not None else []
        differing = [
            said(context, facts[name], name)
            for name in dict.fromkeys((*asked, *done.collected_in(one)))
            if facts.get(name) is not None and len({str(done.facts_of(other).get(name)) for other in alike}) > 1
        ]
        several = len(alike) < len(writes)
        values = ", ".join(differing[:_MOST_NAMED])
        names.append(f"{title} ({values})" if values and several else values or title)
    return names
