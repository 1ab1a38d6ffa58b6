"""A pressed button: what it sets, answers or begins, and what is said if it is no longer offered."""

from dataclasses import dataclass

from conversation.conversation import HandoffReason
from conversation.resolution import Resolution
from conversation.understanding import FALLBACK_INTENT
from nlu.answering import Answering
from nlu.meaning import ANSWERS
from nlu.open_question import OpenQuestion
from nlu.payload import Payload, parse_payload
from nlu.serving import Serving
from nlu.talk import Talk


@dataclass(frozen=True)
class Buttons:
    """Keeps nothing: what was offered is in the Talk."""

    serving: Serving
    answering: Answering

    @staticmethod
    def titled(talk: Talk) -> str:
        """The payload of the offered button whose title the customer typed, "" if it is none."""
        return talk.tracker.offered_as(talk.text)

    async def press(self, talk: Talk, pressed: str) -> Resolution:
        """A press counts if this button was offered, or if it is a bare known intent: payloads come back from the
        customer's device, so what they set is not taken on trust.
        """
        payload, domain = parse_payload(pressed), self.serving.pack.domain
        known = payload is not None and not payload.slots and payload.intent in {*domain.intents, "human"}
        offered = any(b["payload"] == pressed for b in talk.tracker.offered)
        if payload is None or not (known or offered) or self._came_too_late(talk, payload, pressed):
            talk.say("utter_old_button")
            return self.serving.ask_again(talk)
        self._set_slots(talk, payload)
        if payload.intent == FALLBACK_INTENT:
            return talk.needs_human(HandoffReason.LOW_CONFIDENCE)
        if not payload.intent or _answers_question(talk, payload):
            return await self.serving.go_on(talk)
        if payload.intent in ANSWERS and talk.tracker.frame is not None:
            return await self.answering.take(talk, payload.intent)
        return await self.serving.act_on(talk, payload.intent)

    def _came_too_late(self, talk: Talk, payload: Payload, pressed: str) -> bool:
        """Whether the button answers a question that is no longer open: a second "Yes, cancel it" agrees to nothing."""
        if talk.tracker.frame is not None or (payload.intent and payload.intent not in ANSWERS):
            return False
        expected = self.serving.pack.responses.render(f"utter_{talk.tracker.expects}", talk.setting())
        return expected is None or all(button.payload != pressed for button in expected.buttons)

    def _set_slots(self, talk: Talk, payload: Payload) -> None:
        for name, value in payload.slots.items():
            slot = self.serving.pack.domain.slots.get(name)
            if slot is not None:
                talk.set_slot(name, slot.fit(value))


def _answers_question(talk: Talk, payload: Payload) -> bool:
    question = OpenQuestion.of(talk)
    return question is not None and payload.slots.get(question.collect.slot) is not None
