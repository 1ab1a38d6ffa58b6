"""Decides a customer's message: reads it into commands, lets the dialogue step, and says what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import reduce

from conversation.conversation import HandoffReason, Priority
from conversation.message import ContentKind, Inbound
from conversation.resolution import Answered, NeedsHuman, Turn
from conversation.understanding import Understanding
from nlu.action import Actions
from nlu.dialogue import flow_steps, notes, presses, reversals, runner, serving
from nlu.dialogue.answers import ONLY_BARE, WRITING
from nlu.dialogue.commands import Cancel, Choose, Command, Courtesy, Handoff
from nlu.dialogue.effects import CallAction, Effect, GiveToPerson, Reply
from nlu.dialogue.generator import CommandGenerator, LocalGenerator
from nlu.dialogue.lexicon import Lexicon, lexicon
from nlu.dialogue.questions import put_again, waits_for_free_text
from nlu.dialogue.self_repair import struck
from nlu.dialogue.state import Tracker
from nlu.dialogue.tokens import tokenize
from nlu.dialogue.turn import Decision, TurnContext
from nlu.domain import LANGUAGE_SLOT
from nlu.language import LanguageDetector
from nlu.pack import Pack
from nlu.payload import parse_payload

_UNREAD: Mapping[ContentKind, str] = {
    ContentKind.IMAGE: "utter_file_received",
    ContentKind.FILE: "utter_file_received",
    ContentKind.VOICE: "utter_voice_received",
    ContentKind.LOCATION: "utter_location_received",
    ContentKind.STICKER: "utter_sticker_received",
}
_FILES = (ContentKind.IMAGE, ContentKind.FILE)
_SOON = timedelta(seconds=60)
_TRUE = (True, "true", "yes", 1)


@dataclass(frozen=True)
class Dialogue:
    """The dialogue of one client's bot. Keeps nothing between turns: all state is in the conversation's tracker."""

    pack: Pack
    actions: Actions
    generator: CommandGenerator | None = None
    languages: LanguageDetector = field(init=False, repr=False)
    lexicons: Mapping[str, Lexicon] = field(init=False, repr=False)
    spelled: Mapping[str, frozenset[str]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        profile = self.pack.profile
        languages = LanguageDetector(profile.languages)
        own = {name: lexicon(name).extended(profile.bot.words.get(name, {})) for name in profile.languages}
        object.__setattr__(self, "languages", languages)
        mixed = {name: reduce(Lexicon.beside, own.values(), words) for name, words in own.items()}
        object.__setattr__(self, "lexicons", mixed)
        object.__setattr__(self, "spelled", {name: words.spelled for name, words in mixed.items()})
        if self.generator is None:
            object.__setattr__(self, "generator", LocalGenerator(languages))

    def text_of(self, turn: Turn) -> str:
        """The customer's words as they are meant: without what they take back themselves."""
        words, *others = self.lexicons.values()
        free = waits_for_free_text(self.pack, turn.conversation.tracker)
        return struck(plain_text(turn), words, free=free, joins=(words.connectors, *(o.connectors for o in others)))

    async def decide(self, turn: Turn, understanding: Understanding) -> Decision:
        """The turn's resolution. Deterministic for the same turn, apart from what actions answer."""
        context = self.begin(turn, understanding)
        effect = await self._effect(context)
        notes.keep_missed(context)
        resolution = _ended(context, effect)
        return Decision(resolution, tuple(context.said), tuple(context.changed))

    def begin(self, turn: Turn, understanding: Understanding) -> TurnContext:
        """The turn before anything is decided: its tracker is a copy."""
        kept = turn.conversation.tracker
        tracker = Tracker.load(kept) if kept else Tracker(slots=self.pack.domain.initial_slots())
        tracker.turns += 1
        tracker.parked = {name: [v, left - 1] for name, (v, left) in tracker.parked.items() if left > 0}
        language = self.pack.profile.language(understanding.language or turn.language)
        tracker.spoken = tracker.spoken or any(map(str.isalpha, understanding.text))
        tracker.foreign = tracker.foreign + 1 if understanding.extra.get("foreign") else 0
        if LANGUAGE_SLOT in self.pack.domain.slots:
            tracker.slots[LANGUAGE_SLOT] = language
        spoken = str(understanding.extra.get("foreign") or language)
        words = self.lexicons.get(spoken) or lexicon(spoken)
        words = words.hearing(understanding.extra.get("slips", {}))
        return TurnContext(self.pack, turn, understanding, tracker, words, self.text_of(turn), language)

    async def _effect(self, context: TurnContext) -> Effect:
        at_once = self._at_once(context)
        if at_once is not None:
            return at_once
        if serving.is_outdated(context):
            return serving.take_up_again(context)
        if self._is_repeated(context):
            return _put_again(context)
        commands = self._commands(context)
        if commands is None:
            context.say("utter_old_button")
            return serving.ask_again(context)
        return await runner.run(context, commands, self.actions)

    def _at_once(self, context: TurnContext) -> Effect | None:  # noqa: PLR0911 - one case after another
        """What needs no reading: joins, an engine that is down, people of rank, too many turns, no words."""
        inbound, rules = context.turn.inbound, self.pack.profile.bot
        if inbound.kind is ContentKind.JOIN:
            if context.tracker.frame is None and context.tracker.turns <= 1:
                context.say("utter_greet")
            return Reply()
        if context.understanding.extra.get("down"):
            return GiveToPerson(HandoffReason.BOT_FAILED)
        if rules.vip and context.turn.customer.attributes.get("vip") in _TRUE:
            return GiveToPerson(HandoffReason.VIP, priority=Priority.HIGH)
        if context.tracker.turns > rules.max_turns:
            return GiveToPerson(HandoffReason.TURN_LIMIT)
        pressed = inbound.kind is ContentKind.BUTTON and parse_payload(inbound.payload)
        if inbound.kind is ContentKind.COMMAND or pressed:
            return None
        if not context.text or inbound.kind is ContentKind.UNSUPPORTED:
            return self._unread(context, inbound.kind)
        return None

    def _commands(self, context: TurnContext) -> list[Command] | None:
        """The commands of the message; None for a button that is no longer valid."""
        inbound = context.turn.inbound
        if inbound.kind is ContentKind.COMMAND:
            return self._slash(context, inbound.text.strip("/ ").casefold(), inbound.payload.strip())
        if inbound.kind is ContentKind.BUTTON and parse_payload(inbound.payload):
            return presses.commands_of(context, inbound.payload)
        if titled := context.tracker.offered_as(context.text):
            pressed = presses.commands_of(context, titled)
            if pressed is not None:
                return pressed
        if inbound.kind in _FILES and not is_refused(inbound):
            context.tracker.files += 1
        assert self.generator is not None
        commands = self.generator.commands(context)
        notes.take(context, commands)
        return commands

    def _is_repeated(self, context: TurnContext) -> bool:
        """Whether the very same words came a moment ago and were understood: sent twice by a finger or an app, they
        answer no second question and write nothing again. A yes or a courtesy may well come twice; a question that
        was answered at once is answered again, and is no complaint about its answer. What is to be confirmed is not
        confirmed by the wish for it said again. Who says it a third time answers what is asked now.
        """
        text, tracker, frame = context.text, context.tracker, context.tracker.frame
        answers = frame is not None or bool(tracker.expects and tracker.expects not in ONLY_BARE)
        before, tracker.heard = tracker.heard, [text, context.turn.now.isoformat(), "answer" if answers else ""]
        if tracker.unclear or (frame is not None and frame.failures):
            return False
        same = bool(text) and bool(before) and before[0] == text and context.turn.inbound.kind is ContentKind.TEXT
        if not same or context.turn.now - datetime.fromisoformat(before[1]) > _SOON:
            return False
        if _may_come_twice(context):
            return False
        if tracker.expects in (*WRITING, "watch"):
            return True
        if frame is not None or "answer" in before[2:] or any(one.at == before[1] for one in tracker.done):
            insists = "again" in before[3:]
            tracker.heard += [] if insists else ["again"]
            return not insists
        tracker.reported = {}
        return False

    def _slash(self, context: TurnContext, name: str, argument: str) -> list[Command]:
        """What a customer can type with a slash on any channel."""
        return SlashCommands(self.pack).commands(context, name, argument)

    def _unread(self, context: TurnContext, kind: ContentKind) -> Effect:
        """Something without words: received or not, said kindly, and the open question put again."""
        if is_refused(context.turn.inbound):  # the customer hears so from the pipeline
            return serving.ask_again(context)
        if kind in _FILES:
            context.tracker.files += 1
        name = _UNREAD.get(kind, "utter_unsupported")
        own = self.pack.domain.responses
        if name not in own and name != "utter_file_received" and "utter_unsupported" in own:
            name = "utter_unsupported"
        context.say(name)
        return Reply(completed=False) if put_again(context) else Reply()


@dataclass(frozen=True)
class SlashCommands:
    """What a customer can type with a slash on any channel: /start, /human, /cancel, /help."""

    pack: Pack

    def commands(self, context: TurnContext, name: str, argument: str) -> list[Command]:
        """The commands of `name` (lower case, without slash); an unknown one is said to be so."""
        match name:
            case "start":
                flow_steps.cancel(context)
                context.tracker.understood()
                return [Choose(argument if argument in self.pack.domain.intents else "greet")]
            case "human" | "agent" | "mensch":
                return [Handoff(HandoffReason.ASKED, "human")]
            case "cancel" | "stop" | "abbrechen":
                return [Cancel()]
            case "help" | "hilfe":
                return [Courtesy("help")]
            case _:
                return [Courtesy("unknown_command")]


def plain_text(turn: Turn) -> str:
    """The customer's words. A text that looks like a payload is only text: leading slashes go."""
    return turn.inbound.text.lstrip("/ ").strip()


def is_refused(inbound: Inbound) -> bool:
    """Whether none of its files arrived."""
    return bool(inbound.attachments) and all(file.refused for file in inbound.attachments)


def _may_come_twice(context: TurnContext) -> bool:
    """Whether the message is nothing but a yes, a no or a courtesy; who leaves something, leaves it once."""
    lexicon, tokens = context.lexicon, tokenize(context.text)
    only_fills = len(lexicon.fillers.places(tokens)) == len(tokens)
    return lexicon.says_little(context.text) and not only_fills and not lexicon.cancel.any_in(tokens)


def _put_again(context: TurnContext) -> Effect:
    """The open question, after what was said twice."""
    if context.tracker.expects in WRITING:
        return reversals.ask_again(context)
    return serving.ask_again(context) if context.tracker.frame is not None else serving.ask_for_more(context)


def _ended(context: TurnContext, effect: Effect) -> Answered | NeedsHuman:
    match effect:
        case GiveToPerson(reason, priority, since):
            if priority is None and reason is HandoffReason.ANGER:
                priority = Priority.HIGH
            return context.needs_human(reason, priority=priority, since=since)
        case Reply(completed, close):
            return context.answered(completed=completed, close=close)
        case CallAction():
            raise AssertionError("the runner makes every call")
