"""Serves what a customer surely wants: by a flow, a response, what every bot knows, or a person."""

from dataclasses import dataclass

from conversation.conversation import HandoffReason
from conversation.resolution import Resolution
from nlu.crosscheck import WELL_KNOWN
from nlu.filling import mentioned
from nlu.flow_runner import FlowRunner, Outcome, Pause, Stuck
from nlu.flows import Act, Flow
from nlu.meaning import SMALL_TALK
from nlu.open_question import OpenQuestion
from nlu.pack import Pack
from nlu.talk import Talk

_TO_A_BARE = {"affirm": "utter_what_else", "deny": "utter_all_right"}


@dataclass(frozen=True)
class Serving:
    """What one pack has for its customers. Keeps nothing: all state is in the Talk."""

    pack: Pack
    runner: FlowRunner

    async def act_on(self, talk: Talk, intent: str) -> Resolution:  # noqa: PLR0911 - one case after another
        """Serves an intent that is sure: by its flow, its response, or what every bot knows."""
        if intent in self.pack.profile.bot.reserved_intents or intent == "human":
            return await self.person(talk, intent)
        expects = talk.tracker.expects
        talk.tracker.forget_doubts()
        flow = self.pack.triggers.get(intent)
        if flow is not None and allowed(talk, flow):
            if is_running(talk, flow):
                return self.ask_again(talk)
            return await self.start(talk, flow, intent)
        if intent == "cancel":
            return self.cancel(talk)
        if intent in ("thanks", "goodbye"):
            return self._farewell(talk, intent, expects)
        response = self.direct(intent) or _TO_A_BARE.get(intent)
        if response is None:
            talk.tracker.topic = intent
            return talk.needs_human(HandoffReason.LOW_CONFIDENCE)
        talk.say(response)
        if intent in WELL_KNOWN:
            return self.ask_again(talk)
        talk.tracker.topic = intent
        talk.tracker.expects = "confirm"
        return self.ask_again(talk) if talk.tracker.frame else talk.answered(completed=False)

    async def person(self, talk: Talk, intent: str) -> Resolution:
        """The customer wants, or the client wants them to have, a person: at once, or after the pack's own flow."""
        flow = self.pack.triggers.get(intent)
        if flow is not None and flow.always_hands_off and not is_running(talk, flow):
            return await self.start(talk, flow, intent)
        talk.tracker.topic = talk.tracker.topic if intent == "human" else intent
        return talk.needs_human(HandoffReason.ASKED if intent == "human" else HandoffReason.RESERVED)

    async def start(self, talk: Talk, flow: Flow, intent: str) -> Resolution:
        """Begins a flow with what the message already says."""
        talk.tracker.forget_doubts()
        self.runner.start(talk, flow, intent)
        self.note_mentions(talk)
        return await self.go_on(talk)

    async def redo_last(self, talk: Talk) -> Resolution:
        """The customer corrects what the flow that just ended worked with: it runs again, and asks again for the rest,
        since a "yes" to one order is none to another.
        """
        last = talk.tracker.last
        return await self.start(talk, self.pack.flows[last["flow"]], last.get("intent", ""))

    async def go_on(self, talk: Talk) -> Resolution:
        """Lets the open flows run as far as they can."""
        if talk.tracker.frame is None:
            return talk.answered()
        process = any(_is_process(self.pack.flows[f.flow]) for f in talk.tracker.stack if f.flow in self.pack.flows)
        return self._ended(talk, await self.runner.run(talk), process=process)

    def cancel(self, talk: Talk) -> Resolution:
        """Drops what is running, and says so."""
        running = talk.tracker.frame is not None
        self.runner.cancel(talk)
        talk.tracker.forget_doubts()
        talk.say("utter_cancelled" if running else "utter_nothing_to_cancel")
        return talk.answered(completed=False if running else None)

    def ask_again(self, talk: Talk) -> Resolution:
        """Puts the open question again, if there is one."""
        question = OpenQuestion.of(talk)
        if question is None:
            return talk.answered()
        self.runner.ask(talk, question.frame, question.collect)
        return talk.answered(completed=False)

    def note_mentions(self, talk: Talk) -> None:
        """Keeps every fact the message gives."""
        for name, value in mentioned(self.pack.domain, talk.understanding).items():
            talk.set_slot(name, value)

    def direct(self, intent: str) -> str | None:
        """The response that answers the intent by itself, if there is one."""
        own = self.pack.domain.direct_response(intent) if intent else None
        return own or (f"utter_{intent}" if intent in SMALL_TALK else None)

    def serves(self, intent: str) -> bool:
        """Whether a message with this intent could be another matter we have something for."""
        return bool(intent) and (intent in self.pack.triggers or self.direct(intent) is not None or intent == "goodbye")

    def _farewell(self, talk: Talk, intent: str, expects: str) -> Resolution:
        """Thanks after an answer confirms it; thanks before one is only polite."""
        talk.say(f"utter_{intent}")
        if talk.tracker.frame is not None and intent == "thanks":
            return self.ask_again(talk)
        settled = talk.turn.conversation.completed or bool(expects)
        if intent == "thanks":
            return talk.answered(completed=True if settled else None, close=settled)
        self.runner.cancel(talk)
        return talk.answered(close=True)

    def _ended(self, talk: Talk, outcome: Outcome, *, process: bool) -> Resolution:
        match outcome:
            case Pause.ASKED:
                return talk.answered(completed=False)
            case Stuck(reason, since):
                return talk.needs_human(reason, since=since)
            case _:
                return self._completed(talk, process=process)

    def _completed(self, talk: Talk, *, process: bool) -> Resolution:
        flow = self.pack.flows.get(talk.tracker.last.get("flow", ""))
        asked = bool(talk.said) and (talk.said[-1].reply.buttons or talk.said[-1].reply.text.rstrip().endswith("?"))
        talk.tracker.expects = "confirm"
        if process and flow is not None and flow.asks_for_more and not asked:
            talk.say("utter_anything_else")
        if talk.said and talk.said[-1].name == "utter_anything_else":
            talk.tracker.expects = "anything_else"
        return talk.answered(completed=True)


def allowed(talk: Talk, flow: Flow) -> bool:
    """Whether the flow's guard lets it begin."""
    return flow.guard is None or flow.guard.holds(talk.tracker.slots)


def is_running(talk: Talk, flow: Flow) -> bool:
    """Whether the flow is open, on top or waiting."""
    return any(f.flow == flow.id for f in talk.tracker.stack)


def _is_process(flow: Flow) -> bool:
    """Whether a flow does more than say something."""
    return any(not (isinstance(s.do, Act) and s.do.action.startswith("utter_")) for s in flow.steps.values())
