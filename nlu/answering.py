"""A message while a flow waits for something: an answer, a correction, another matter, or a failed try."""

from dataclasses import dataclass

from conversation.conversation import HandoffReason
from conversation.resolution import Resolution
from nlu.doubt import Doubt
from nlu.filling import is_question, mentioned
from nlu.open_question import OpenQuestion
from nlu.serving import Serving, allowed, is_running
from nlu.talk import Talk


@dataclass(frozen=True)
class Answering:
    """Keeps nothing: the open question is in the Talk."""

    serving: Serving
    doubt: Doubt

    async def take(self, talk: Talk, intent: str) -> Resolution:
        """What the message is to the open question; without one the flows simply go on."""
        question = OpenQuestion.of(talk)
        if question is None:
            return await self.serving.go_on(talk)
        if changes := question.corrections(other=self._is_other(talk, intent)):
            question.rewind(changes)
            return await self.serving.go_on(talk)
        value = question.answer(intent, serves=self.serving.serves(intent) or self.doubt.is_asked(talk))
        if value is not None:
            talk.tracker.forget_doubts()
            talk.set_slot(question.collect.slot, value)
            self._note_others(talk, question.collect.slot)
            return await self.serving.go_on(talk)
        if intent == "cancel":
            return self.serving.cancel(talk)
        if self.doubt.is_asked(talk) and self.doubt.quotes(talk):
            return self.serving.ask_again(talk)
        return await self._digress(talk, question, intent)

    def _is_other(self, talk: Talk, intent: str) -> bool:
        """Whether the intent begins a flow that is not running."""
        flow = self.serving.pack.triggers.get(intent)
        return flow is not None and not is_running(talk, flow)

    def _note_others(self, talk: Talk, asked: str) -> None:
        """Facts given along with the answer, for slots that are still empty."""
        for name, value in mentioned(self.serving.pack.domain, talk.understanding).items():
            if name != asked and talk.tracker.slots.get(name) is None:
                talk.set_slot(name, value)

    async def _digress(self, talk: Talk, question: OpenQuestion, intent: str) -> Resolution:
        """Not an answer: another matter is served first and the question put again; anything else is a failed try."""
        serving = self.serving
        flow = serving.pack.triggers.get(intent)
        if flow is not None and not is_running(talk, flow) and allowed(talk, flow):
            return await serving.start(talk, flow, intent)
        if intent == "goodbye":
            serving.runner.cancel(talk)
            talk.say("utter_goodbye")
            return talk.answered(completed=False, close=True)
        response = serving.direct(intent)
        if response is not None and flow is None:
            talk.say(response)
            return serving.ask_again(talk)
        if is_question(talk.text) and self.doubt.quotes(talk):
            return serving.ask_again(talk)
        question.frame.failures += 1
        if question.failed_too_often:
            return talk.needs_human(HandoffReason.FAILURES)
        talk.say("utter_ask_rephrase")
        return serving.ask_again(talk)
