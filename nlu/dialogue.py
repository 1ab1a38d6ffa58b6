"""Decides a customer's message: which flow it begins, answers, corrects or leaves, or that a person is needed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from conversation.conversation import HandoffReason, Priority
from conversation.message import ContentKind, Inbound
from conversation.resolution import Resolution, Turn
from conversation.understanding import Understanding
from nlu.action import Actions
from nlu.anger import is_angry
from nlu.answering import Answering
from nlu.buttons import Buttons
from nlu.commands import Commands
from nlu.domain import LANGUAGE_SLOT
from nlu.doubt import Doubt
from nlu.emoji import MOOD, meant_by_emoji
from nlu.filling import yes_or_no
from nlu.flow_runner import FlowRunner
from nlu.language import LanguageDetector
from nlu.meaning import ANSWERS, likely_intent, likely_reserved
from nlu.open_question import OpenQuestion
from nlu.pack import Pack
from nlu.payload import parse_payload
from nlu.serving import Serving
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


@dataclass(frozen=True)
class Dialogue:
    """The dialogue of one client's bot. Keeps nothing between turns: all state is in the conversation's tracker."""

    pack: Pack
    actions: Actions
    serving: Serving = field(init=False, repr=False)
    doubt: Doubt = field(init=False, repr=False)
    answering: Answering = field(init=False, repr=False)
    buttons: Buttons = field(init=False, repr=False)
    commands: Commands = field(init=False, repr=False)
    languages: LanguageDetector = field(init=False, repr=False)

    def __post_init__(self) -> None:
        serving, doubt = Serving(self.pack, FlowRunner(self.actions)), Doubt(self.pack)
        answering = Answering(serving, doubt)
        parts = {
            "serving": serving,
            "doubt": doubt,
            "answering": answering,
            "buttons": Buttons(serving, answering),
            "commands": Commands(serving),
            "languages": LanguageDetector(self.pack.profile.languages),
        }
        for name, part in parts.items():
            object.__setattr__(self, name, part)

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
        tracker.spoken = tracker.spoken or any(map(str.isalpha, understanding.text))
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
            name, argument = inbound.text.strip("/ ").casefold(), inbound.payload.strip()
            return await self.commands.obey(talk, name, argument)
        if inbound.kind is ContentKind.BUTTON and parse_payload(inbound.payload):
            return await self.buttons.press(talk, inbound.payload)
        if not talk.text or inbound.kind is ContentKind.UNSUPPORTED:
            return self._unread(talk, inbound.kind)
        if inbound.kind in _FILES and not is_refused(inbound):
            talk.tracker.files += 1
        return await self._text(talk)

    def _join(self, talk: Talk) -> Resolution:
        if talk.tracker.frame is None and talk.tracker.turns <= 1:
            talk.say("utter_greet")
        return talk.answered()

    def _unread(self, talk: Talk, kind: ContentKind) -> Resolution:
        """Something without words: received or not, said kindly, and the open question put again."""
        if is_refused(talk.turn.inbound):  # the customer hears so from the pipeline
            return self.serving.ask_again(talk)
        if kind in _FILES:
            talk.tracker.files += 1
        name = _UNREAD.get(kind, "utter_unsupported")
        own = self.pack.domain.responses
        if name not in own and name != "utter_file_received" and "utter_unsupported" in own:
            name = "utter_unsupported"
        talk.say(name)
        return self.serving.ask_again(talk)

    async def _text(self, talk: Talk) -> Resolution:  # noqa: C901, PLR0911 - one case after another
        if self.pack.profile.bot.anger and is_angry(talk.text):
            return talk.needs_human(HandoffReason.ANGER, priority=Priority.HIGH)
        if payload := self.buttons.titled(talk):
            return await self.buttons.press(talk, payload)
        if sign := meant_by_emoji(talk.text):
            return await self._emoji(talk, sign)
        if self.languages.wished(talk.text):
            return self._other_language(talk)
        if reserved := likely_reserved(talk.understanding, self.pack.profile.bot.reserved_intents):
            return await self.serving.person(talk, reserved)
        question = OpenQuestion.of(talk)
        intent = likely_intent(talk.understanding, lenient=question is None or not question.takes_any_text)
        if intent == "human":
            return await self.serving.person(talk, intent)
        if talk.tracker.frame is not None:
            return await self.answering.take(talk, intent)
        self.serving.note_mentions(talk)
        if self.doubt.is_asked(talk):
            return self.doubt.answered(talk)
        if talk.tracker.clarifying:
            return await self._clarified(talk, intent)
        if OpenQuestion.corrects_last(talk, intent):
            return await self.serving.redo_last(talk)
        return await self._idle(talk, intent)

    async def _emoji(self, talk: Talk, sign: str) -> Resolution:
        """A thumb is a yes or no where one is awaited; a mood is no failed try."""
        question = OpenQuestion.of(talk)
        if sign == "thanks":
            return await self.serving.act_on(talk, sign)
        if question is not None:
            return self.serving.ask_again(talk) if sign == MOOD else await self._thumb(talk, question, sign)
        if sign == MOOD:
            talk.say("utter_sticker_received")
            return talk.answered()
        return await self._idle(talk, sign)

    async def _thumb(self, talk: Talk, question: OpenQuestion, sign: str) -> Resolution:
        if question.takes_any_text:
            return self.serving.ask_again(talk)
        return await self.answering.take(talk, sign)

    def _other_language(self, talk: Talk) -> Resolution:
        """After a wish like "English please": what is open is asked again in that language."""
        if talk.tracker.frame is None:
            talk.say("utter_what_else")
        return self.serving.ask_again(talk)

    async def _clarified(self, talk: Talk, intent: str) -> Resolution:
        """The answer to "Did you mean …?" in words. A second miss is a person's."""
        if chosen := self.doubt.chosen(talk, intent):
            return await self.serving.act_on(talk, chosen)
        if intent and intent not in ANSWERS:
            return await self._idle(talk, intent)
        return talk.needs_human(HandoffReason.LOW_CONFIDENCE)

    async def _idle(self, talk: Talk, intent: str) -> Resolution:
        expects = talk.tracker.expects
        agrees = yes_or_no(talk.text, intent) if intent in ("", *ANSWERS) else None
        if expects and agrees is not None:
            return self._confirmed(talk, expects, agrees=agrees)
        if not intent:
            return self.doubt.unclear(talk)
        return await self.serving.act_on(talk, intent)

    @staticmethod
    def _confirmed(talk: Talk, expects: str, *, agrees: bool) -> Resolution:
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


def plain_text(turn: Turn) -> str:
    """The customer's words. A text that looks like a payload is only text: leading slashes go."""
    return turn.inbound.text.lstrip("/ ").strip()


def is_refused(inbound: Inbound) -> bool:
    """Whether none of its files arrived."""
    return bool(inbound.attachments) and all(file.refused for file in inbound.attachments)
