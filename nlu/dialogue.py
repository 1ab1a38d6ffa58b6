"""Decides a customer's message: which flow it begins, answers, corrects or leaves, or that a person is needed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from conversation.conversation import HandoffReason, Priority
from conversation.message import Button, ContentKind
from conversation.resolution import Resolution, Turn
from conversation.understanding import FALLBACK_INTENT, Understanding
from nlu.action import Actions
from nlu.anger import is_angry
from nlu.crosscheck import WELL_KNOWN
from nlu.domain import LANGUAGE_SLOT
from nlu.filling import is_question, mentioned, yes_or_no
from nlu.flow_runner import FlowRunner, Outcome, Pause, Stuck
from nlu.flows import Act, Flow
from nlu.meaning import ANSWERS, SMALL_TALK, likely_intent, likely_reserved, options
from nlu.open_question import OpenQuestion
from nlu.pack import Pack
from nlu.payload import Payload, parse_payload
from nlu.talk import Decision, Talk
from nlu.tracker import Tracker

_UNREAD: Mapping[ContentKind, str] = {
    ContentKind.IMAGE: "utter_file_received",
    ContentKind.FILE: "utter_file_received",
    ContentKind.VOICE: "utter_voice_received",
    ContentKind.LOCATION: "utter_location_received",
    ContentKind.STICKER: "utter_sticker_received",
}
_FILES = (ContentKind.IMAGE, ContentKind.FILE)
_ORDINALS = (
    re.compile(r"^\W*(1|eins|erste\w*|das erste|first|the first|one)\b", re.IGNORECASE),
    re.compile(r"^\W*(2|zwei|zweite\w*|das zweite|second|the second|two)\b", re.IGNORECASE),
    re.compile(r"^\W*(3|drei|dritte\w*|das dritte|third|the third|three)\b", re.IGNORECASE),
)
_NONE_OF_THESE = f"/{FALLBACK_INTENT}"


@dataclass(frozen=True)
class Dialogue:
    """The dialogue of one client's bot. Keeps nothing between turns: all state is in the conversation's tracker."""

    pack: Pack
    actions: Actions

    @property
    def runner(self) -> FlowRunner:
        return FlowRunner(self.actions)

    async def decide(self, turn: Turn, understanding: Understanding) -> Decision:
        """The turn's resolution. Deterministic for the same turn, apart from what actions answer."""
        talk = self._begin(turn, understanding)
        resolution = await self._resolve(talk)
        return Decision(resolution, tuple(talk.said), tuple(talk.changed))

    def _begin(self, turn: Turn, understanding: Understanding) -> Talk:
        kept = turn.conversation.tracker
        tracker = Tracker.load(kept) if kept else Tracker(slots=self.pack.domain.initial_slots())
        tracker.turns += 1
        language = self.pack.profile.language(understanding.language or turn.language)
        if LANGUAGE_SLOT in self.pack.domain.slots:
            tracker.slots[LANGUAGE_SLOT] = language
        return Talk(self.pack, turn, understanding, tracker, plain_text(turn), language)

    async def _resolve(self, talk: Talk) -> Resolution:  # noqa: PLR0911 - one case after another
        inbound, rules = talk.turn.inbound, self.pack.profile.bot
        if inbound.kind is ContentKind.JOIN:
            return self._join(talk)
        if talk.understanding.extra.get("down"):
            return talk.needs_human(HandoffReason.BOT_FAILED)
        if rules.vip and talk.turn.customer.attributes.get("vip") in (True, "true", "yes", 1):
            return talk.needs_human(HandoffReason.VIP, priority=Priority.HIGH)
        if talk.tracker.turns > rules.max_turns:
            return talk.needs_human(HandoffReason.TURN_LIMIT)
        if inbound.kind is ContentKind.COMMAND:
            return await self._command(talk, inbound.text.strip("/ ").casefold(), inbound.payload.strip())
        if inbound.kind is ContentKind.BUTTON and parse_payload(inbound.payload):
            return await self._button(talk, inbound.payload)
        if not talk.text or inbound.kind is ContentKind.UNSUPPORTED:
            return self._unread(talk, inbound.kind)
        if inbound.kind in _FILES:
            talk.tracker.files += 1
        return await self._text(talk)

    def _join(self, talk: Talk) -> Resolution:
        if talk.tracker.frame is None and talk.tracker.turns <= 1:
            talk.say("utter_greet")
        return talk.answered()

    def _unread(self, talk: Talk, kind: ContentKind) -> Resolution:
        """Something without words: received or not, said kindly, and the open question put again."""
        if kind in _FILES:
            talk.tracker.files += 1
        name = _UNREAD.get(kind, "utter_unsupported")
        own = self.pack.domain.responses
        if name not in own and name != "utter_file_received" and "utter_unsupported" in own:
            name = "utter_unsupported"
        talk.say(name)
        return self._ask_again(talk)

    def _ask_again(self, talk: Talk) -> Resolution:
        question = OpenQuestion.of(talk)
        if question is None:
            return talk.answered()
        self.runner.ask(talk, question.frame, question.collect)
        return talk.answered(completed=False)

    async def _command(self, talk: Talk, name: str, argument: str) -> Resolution:
        match name:
            case "start":
                self.runner.cancel(talk)
                talk.tracker.forget_doubts()
                if argument in self.pack.domain.intents:
                    return await self._act_on(talk, argument)
                talk.say("utter_greet")
                return talk.answered()
            case "human" | "agent" | "mensch":
                return await self._person(talk, "human")
            case "cancel" | "stop" | "abbrechen":
                return self._cancel(talk)
            case "help" | "hilfe":
                talk.say("utter_help")
            case _:
                talk.say("utter_unknown_command")
        return self._ask_again(talk)

    async def _button(self, talk: Talk, pressed: str) -> Resolution:
        """A press counts if this button was offered, or if it is a bare known intent: payloads come back from the
        customer's device, so what they set is not taken on trust.
        """
        payload = parse_payload(pressed)
        known = payload is not None and not payload.slots and payload.intent in {*self.pack.domain.intents, "human"}
        offered = any(b["payload"] == pressed for b in talk.tracker.offered)
        if payload is None or not (known or offered):
            talk.say("utter_old_button")
            return self._ask_again(talk)
        self._set_slots(talk, payload)
        if payload.intent == FALLBACK_INTENT:
            return talk.needs_human(HandoffReason.LOW_CONFIDENCE)
        if not payload.intent or _answers_question(talk, payload):
            return await self._continue(talk)
        if payload.intent in ANSWERS and talk.tracker.frame is not None:
            return await self._answer_in_flow(talk, payload.intent)
        return await self._act_on(talk, payload.intent)

    def _set_slots(self, talk: Talk, payload: Payload) -> None:
        for name, value in payload.slots.items():
            slot = self.pack.domain.slots.get(name)
            if slot is not None:
                talk.set_slot(name, slot.fit(value))

    async def _text(self, talk: Talk) -> Resolution:  # noqa: PLR0911 - one case after another
        if self.pack.profile.bot.anger and is_angry(talk.text):
            return talk.needs_human(HandoffReason.ANGER, priority=Priority.HIGH)
        button = next(
            (b for b in reversed(talk.tracker.offered) if b["title"].casefold() == talk.text.casefold()), None
        )
        if button is not None:
            return await self._button(talk, button["payload"])
        if reserved := likely_reserved(talk.understanding, self.pack.profile.bot.reserved_intents):
            return await self._person(talk, reserved)
        question = OpenQuestion.of(talk)
        intent = likely_intent(talk.understanding, lenient=question is None or not question.takes_any_text)
        if intent == "human":
            return await self._person(talk, intent)
        if talk.tracker.frame is not None:
            return await self._answer_in_flow(talk, intent)
        self._note_mentions(talk)
        if talk.tracker.clarifying:
            return await self._clarified(talk, intent)
        if OpenQuestion.corrects_last(talk, intent):
            return await self._redo_last(talk)
        return await self._idle(talk, intent)

    def _note_mentions(self, talk: Talk) -> None:
        for name, value in mentioned(self.pack.domain, talk.understanding).items():
            talk.set_slot(name, value)

    async def _person(self, talk: Talk, intent: str) -> Resolution:
        """The customer wants, or the client wants them to have, a person: at once, or after the pack's own flow."""
        flow = self.pack.triggers.get(intent)
        if flow is not None and flow.always_hands_off and not _is_running(talk, flow):
            return await self._start(talk, flow, intent)
        talk.tracker.topic = talk.tracker.topic if intent == "human" else intent
        return talk.needs_human(HandoffReason.ASKED if intent == "human" else HandoffReason.RESERVED)

    async def _answer_in_flow(self, talk: Talk, intent: str) -> Resolution:
        question = OpenQuestion.of(talk)
        if question is None:
            return await self._continue(talk)
        if changes := question.corrections(other=self._is_other(talk, intent)):
            question.rewind(changes)
            return await self._continue(talk)
        value = question.answer(intent, serves=self._serves(intent))
        if value is not None:
            talk.tracker.forget_doubts()
            talk.set_slot(question.collect.slot, value)
            self._note_others(talk, question.collect.slot)
            return await self._continue(talk)
        if intent == "cancel":
            return self._cancel(talk)
        return await self._digress(talk, question, intent)

    def _note_others(self, talk: Talk, asked: str) -> None:
        """Facts given along with the answer, for slots that are still empty."""
        for name, value in mentioned(self.pack.domain, talk.understanding).items():
            if name != asked and talk.tracker.slots.get(name) is None:
                talk.set_slot(name, value)

    async def _digress(self, talk: Talk, question: OpenQuestion, intent: str) -> Resolution:
        """Not an answer: another matter is served first and the question put again; anything else is a failed try."""
        flow = self.pack.triggers.get(intent)
        if flow is not None and not _is_running(talk, flow) and _allowed(talk, flow):
            return await self._start(talk, flow, intent)
        if intent == "goodbye":
            self.runner.cancel(talk)
            talk.say("utter_goodbye")
            return talk.answered(completed=False, close=True)
        response = self._direct(intent)
        if response is not None and flow is None:
            talk.say(response)
            return self._ask_again(talk)
        if is_question(talk.text) and self._quotes(talk):
            return self._ask_again(talk)
        question.frame.failures += 1
        if question.failed_too_often:
            return talk.needs_human(HandoffReason.FAILURES)
        talk.say("utter_ask_rephrase")
        return self._ask_again(talk)

    def _cancel(self, talk: Talk) -> Resolution:
        running = talk.tracker.frame is not None
        self.runner.cancel(talk)
        talk.tracker.forget_doubts()
        talk.say("utter_cancelled" if running else "utter_nothing_to_cancel")
        return talk.answered(completed=False if running else None)

    async def _clarified(self, talk: Talk, intent: str) -> Resolution:
        """The answer to "Did you mean …?" in words. A second miss is a person's."""
        choices = talk.tracker.clarifying
        chosen = [c for c, pattern in zip(choices, _ORDINALS, strict=False) if pattern.match(talk.text)]
        if not chosen and len(choices) == 1 and yes_or_no(talk.text, intent):
            chosen = choices
        if chosen:
            return await self._act_on(talk, chosen[0])
        if intent and intent not in ANSWERS:
            return await self._idle(talk, intent)
        return talk.needs_human(HandoffReason.LOW_CONFIDENCE)

    async def _redo_last(self, talk: Talk) -> Resolution:
        """The customer corrects what the flow that just ended worked with: it runs again, and asks again for the rest,
        since a "yes" to one order is none to another.
        """
        last = talk.tracker.last
        return await self._start(talk, self.pack.flows[last["flow"]], last.get("intent", ""))

    async def _idle(self, talk: Talk, intent: str) -> Resolution:
        expects = talk.tracker.expects
        agrees = yes_or_no(talk.text, intent) if intent in ("", *ANSWERS) else None
        if expects and agrees is not None:
            return self._confirmed(talk, expects, agrees=agrees)
        if not intent:
            return self._unclear(talk)
        return await self._act_on(talk, intent)

    def _confirmed(self, talk: Talk, expects: str, *, agrees: bool) -> Resolution:
        talk.tracker.forget_doubts()
        if expects == "anything_else":
            talk.say("utter_what_else" if agrees else "utter_goodbye")
            return talk.answered(completed=None if agrees else True, close=not agrees)
        if agrees:
            talk.say("utter_anything_else")
            talk.tracker.expects = "anything_else"
            return talk.answered(completed=True)
        talk.tracker.unclear = 1
        talk.say("utter_ask_rephrase")
        return talk.answered(completed=False)

    async def _act_on(self, talk: Talk, intent: str) -> Resolution:  # noqa: PLR0911 - one case after another
        """Serves an intent that is sure: by its flow, its response, or what every bot knows."""
        if intent in self.pack.profile.bot.reserved_intents or intent == "human":
            return await self._person(talk, intent)
        expects = talk.tracker.expects
        talk.tracker.forget_doubts()
        flow = self.pack.triggers.get(intent)
        if flow is not None and _allowed(talk, flow):
            if _is_running(talk, flow):
                return self._ask_again(talk)
            return await self._start(talk, flow, intent)
        if intent == "cancel":
            return self._cancel(talk)
        if intent in ("thanks", "goodbye"):
            return self._farewell(talk, intent, expects)
        response = self._direct(intent) or ("utter_what_else" if intent in ANSWERS else None)
        if response is None:
            talk.tracker.topic = intent
            return talk.needs_human(HandoffReason.LOW_CONFIDENCE)
        talk.say(response)
        if intent in WELL_KNOWN:
            return self._ask_again(talk)
        talk.tracker.topic = intent
        talk.tracker.expects = "confirm"
        return self._ask_again(talk) if talk.tracker.frame else talk.answered(completed=False)

    def _farewell(self, talk: Talk, intent: str, expects: str) -> Resolution:
        """Thanks after an answer confirms it; thanks before one is only polite."""
        talk.say(f"utter_{intent}")
        if talk.tracker.frame is not None and intent == "thanks":
            return self._ask_again(talk)
        settled = talk.turn.conversation.completed or bool(expects)
        if intent == "thanks":
            return talk.answered(completed=True if settled else None, close=settled)
        self.runner.cancel(talk)
        return talk.answered(close=True)

    async def _start(self, talk: Talk, flow: Flow, intent: str) -> Resolution:
        talk.tracker.forget_doubts()
        self.runner.start(talk, flow, intent)
        self._note_mentions(talk)
        return await self._continue(talk)

    async def _continue(self, talk: Talk) -> Resolution:
        """Lets the open flows run as far as they can."""
        if talk.tracker.frame is None:
            return talk.answered()
        process = any(_is_process(self.pack.flows[f.flow]) for f in talk.tracker.stack if f.flow in self.pack.flows)
        return self._ended(talk, await self.runner.run(talk), process=process)

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

    def _unclear(self, talk: Talk) -> Resolution:
        """Knowledge, then one question back, then a person."""
        if self._quotes(talk):
            talk.tracker.forget_doubts()
            talk.tracker.expects = "confirm"
            return talk.answered(completed=False)
        if talk.tracker.unclear:
            return talk.needs_human(HandoffReason.LOW_CONFIDENCE)
        talk.tracker.unclear = 1
        choices = options(talk.understanding, self._servable()) if talk.understanding.in_scope else []
        if not choices:
            talk.say("utter_ask_rephrase")
            return talk.answered(completed=False)
        talk.tracker.clarifying = choices
        buttons = [Button(self._title(talk, name), f"/{name}") for name in choices]
        none = self.pack.responses.title("utter_none_of_these", talk.setting()) or ""
        talk.say("utter_clarify", buttons=(*buttons, Button(none, _NONE_OF_THESE)))
        return talk.answered(completed=False)

    def _quotes(self, talk: Talk) -> bool:
        """Quotes an article if one honestly covers the question."""
        passage = self.pack.knowledge.find(talk.text, talk.language)
        if passage is None:
            return False
        talk.say("utter_article", article_title=passage.article.title, article_text=passage.text)
        return True

    def _title(self, talk: Talk, intent: str) -> str:
        """What people call an intent: `utter_title_<intent>`, else its flow's name, else its own name in words."""
        title = self.pack.responses.title(f"utter_title_{intent}", talk.setting())
        flow = self.pack.triggers.get(intent)
        return title or (flow.name if flow else intent.rpartition("/")[2].replace("_", " ").capitalize())

    def _servable(self) -> frozenset[str]:
        known = {*self.pack.triggers, *self.pack.data.intents, *self.pack.domain.intents} - WELL_KNOWN
        return frozenset(n for n in known if n in self.pack.triggers or self.pack.domain.direct_response(n))

    def _direct(self, intent: str) -> str | None:
        own = self.pack.domain.direct_response(intent) if intent else None
        return own or (f"utter_{intent}" if intent in SMALL_TALK else None)

    def _is_other(self, talk: Talk, intent: str) -> bool:
        """Whether the intent begins a flow that is not running."""
        flow = self.pack.triggers.get(intent)
        return flow is not None and not _is_running(talk, flow)

    def _serves(self, intent: str) -> bool:
        """Whether the message could be another matter we have something for."""
        return bool(intent) and (
            intent in self.pack.triggers or self._direct(intent) is not None or intent == "goodbye"
        )


def plain_text(turn: Turn) -> str:
    """The customer's words. A text that looks like a payload is only text: leading slashes go."""
    return turn.inbound.text.lstrip("/ ").strip()


def _allowed(talk: Talk, flow: Flow) -> bool:
    return flow.guard is None or flow.guard.holds(talk.tracker.slots)


def _is_running(talk: Talk, flow: Flow) -> bool:
    return any(f.flow == flow.id for f in talk.tracker.stack)


def _is_process(flow: Flow) -> bool:
    """Whether a flow does more than say something."""
    return any(not (isinstance(s.do, Act) and s.do.action.startswith("utter_")) for s in flow.steps.values())


def _answers_question(talk: Talk, payload: Payload) -> bool:
    question = OpenQuestion.of(talk)
    return question is not None and payload.slots.get(question.collect.slot) is not None
