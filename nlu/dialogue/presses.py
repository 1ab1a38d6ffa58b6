"""A pressed button as commands; what it sets counts only if it was offered and its question is still open."""

from collections.abc import Mapping
from typing import Any

from conversation.conversation import HandoffReason
from conversation.understanding import FALLBACK_INTENT
from nlu.dialogue.commands import Affirm, Cancel, Choose, Command, Deny, Evidence, Handoff, SetSlot
from nlu.dialogue.consents import CONSENT_KEY
from nlu.dialogue.questions import Question, is_truth, open_question
from nlu.dialogue.tokens import tokenize
from nlu.dialogue.turn import TurnContext
from nlu.meaning import ANSWERS
from nlu.payload import Payload, parse_payload

_PRESSED = Evidence("", 1.0, "button")


def commands_of(context: TurnContext, pressed: str) -> list[Command] | None:
    """The commands of a payload; None if the button is no longer valid: payloads come back from the customer's device,
    so what they set is not taken on trust, and what they answer must still be asked.
    """
    payload, domain = parse_payload(pressed), context.pack.domain
    if payload is None:
        return None
    offered = any(b["payload"] == pressed for b in context.tracker.offered)
    known = not payload.slots and payload.intent in {*domain.intents, "human", *ANSWERS, "cancel"}
    question = open_question(context.pack, context.tracker)
    if not (known or offered) or _came_too_late(context, payload, pressed, question):
        return None
    return _meant(context, payload, question, pressed)


def _meant(  # noqa: PLR0911 - one case after another
    context: TurnContext, payload: Payload, question: Question | None, pressed: str
) -> list[Command]:
    slots = {name: value for name, value in payload.slots.items() if name != CONSENT_KEY}
    consent = str(payload.slots.get(CONSENT_KEY, ""))
    if payload.intent == FALLBACK_INTENT:
        return [Handoff(HandoffReason.LOW_CONFIDENCE, evidence=_PRESSED)]
    if payload.intent == "human":
        return [Handoff(HandoffReason.ASKED, "human", evidence=_PRESSED)]
    if payload.intent == "cancel":
        return [Cancel(evidence=_PRESSED)]
    set_ = _set(context, slots)
    if question is not None and question.is_consent and (sense := _sense_of(question, payload, set_)) is not None:
        if not sense and set_:
            return list(set_)  # the pack's own button says no for good
        if not sense and question.collect is not None and not _is_bare(context, pressed):
            return [SetSlot(question.collect.slot, False, evidence=_PRESSED)]
        return [Affirm(consent, evidence=_PRESSED) if sense else Deny(consent, evidence=_PRESSED)]
    if set_:
        return list(set_)
    if payload.intent in ANSWERS and question is not None and question.collect is not None and not question.expects:
        value = payload.intent == "affirm"
        return [SetSlot(question.collect.slot, value, evidence=_PRESSED)] if is_truth(context.pack, question) else []
    if payload.intent in ANSWERS:
        yes = payload.intent == "affirm"
        return [Affirm(consent, evidence=_PRESSED) if yes else Deny(consent, evidence=_PRESSED)]
    return [Choose(payload.intent, evidence=_PRESSED)]


def _is_bare(context: TurnContext, pressed: str) -> bool:
    """Whether the button only says no, and not what that means ("No, keep it")."""
    titles = [b["title"] for b in context.tracker.offered if b["payload"] == pressed]
    return not titles or len(tokenize(titles[-1])) == 1


def _sense_of(question: Question, payload: Payload, slots: list[SetSlot]) -> bool | None:
    """What a press says to a confirmation: its intent, or the truth it sets for the confirming slot."""
    if question.collect is not None:
        for one in slots:
            if one.slot == question.collect.slot and isinstance(one.value, bool):
                return one.value
    return payload.intent == "affirm" if payload.intent in ANSWERS else None


def _set(context: TurnContext, slots: Mapping[str, Any]) -> list[SetSlot]:
    known = ((context.pack.domain.slots.get(name), value) for name, value in slots.items())
    return [SetSlot(slot.name, slot.fit(value), evidence=_PRESSED) for slot, value in known if slot is not None]


def _came_too_late(context: TurnContext, payload: Payload, pressed: str, question: Question | None) -> bool:
    """Whether the button answers a question that is no longer open: a second "Yes, cancel it" agrees to nothing, and a
    yes that was shown with other values confirms nothing.
    """
    consent = str(payload.slots.get(CONSENT_KEY, ""))
    if consent:
        open_ = context.tracker.consent
        asked = open_ is not None and open_.id == consent and not open_.given
        expecting = context.tracker.expecting
        return not asked and expecting.get("id") != consent and consent not in expecting.get("choices", ())
    if payload.intent and payload.intent not in ANSWERS:
        return False
    if question is None:
        return True
    if question.expects:
        expected = context.pack.responses.render(f"utter_{question.expects}", context.setting())
        return expected is None or all(button.payload != pressed for button in expected.buttons)
    return _answers_another(context, payload, question)


def _answers_another(context: TurnContext, payload: Payload, question: Question) -> bool:
    """Whether a yes or a truth belongs to a slot that is not being asked for."""
    truths = [name for name, value in payload.slots.items() if isinstance(value, bool)]
    asked = question.collect.slot if question.collect is not None else ""
    domain = context.pack.domain
    return bool(truths) and asked not in payload.slots and all(name in domain.slots for name in truths)
