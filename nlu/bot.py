"""One client's bot: a pack and an engine, from a customer's text to what is said to it."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from conversation.message import ContentKind, Reply
from conversation.resolution import Resolution, Turn
from conversation.understanding import Understanding, UnderstoodClause
from nlu.action import Actions
from nlu.courtesy import is_courtesy
from nlu.dialogue.clauses import Stretch, split
from nlu.dialogue.lexicon import lexicon
from nlu.dialogue.manager import Dialogue, plain_text
from nlu.dialogue.questions import waits_for_free_text
from nlu.dialogue.slips import Slips, slips
from nlu.dialogue.tokens import tokenize
from nlu.dialogue.turn import Decision
from nlu.domain import LANGUAGE_SLOT
from nlu.embedded.engine import EmbeddedEngine
from nlu.engine import Engine, EngineUnavailable, to_rasa
from nlu.language import LanguageDetector, clearly
from nlu.pack import Pack, load_pack
from nlu.responses import Responses, Setting

log = logging.getLogger(__name__)

MAX_TEXT = 2_000
_A_SENTENCE = 4
_A_NAME = 2
_WORDLESS = frozenset(
    {ContentKind.COMMAND, ContentKind.BUTTON, ContentKind.JOIN, ContentKind.BLOCKED, ContentKind.UNSUPPORTED}
)


@dataclass(frozen=True)
class Bot:
    """A pack at work. `version` names the model it runs, for the records."""

    pack: Pack
    engine: Engine
    actions: Actions
    version: str = ""
    dialogue: Dialogue = field(init=False, repr=False)
    languages: LanguageDetector = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "dialogue", Dialogue(self.pack, self.actions))
        object.__setattr__(self, "languages", self.dialogue.languages)

    @staticmethod
    def train(pack: Pack) -> bytes:
        """The model of a pack, to be kept as a blob. CPU-bound, seconds. ValueError if there is nothing to learn."""
        return _engine(pack).model.to_bytes()

    @classmethod
    def load(cls, pack: Pack, model: bytes, actions: Actions, version: str = "") -> "Bot":
        """The bot of a pack with its trained model. Raises ModelBroken or ModelUnusable."""
        engine = EmbeddedEngine.load(model, pack.profile.bot.wrong_answers)
        return cls(pack, engine, actions, version or pack.digest[:12])

    @property
    def size(self) -> int:
        """Bytes of the engine's model, 0 where that lies elsewhere."""
        return int(getattr(self.engine, "size", 0))

    async def understand(self, turns: Sequence[Turn]) -> list[Understanding]:
        """One understanding a turn, texts and their clauses in one batch in a thread. An engine that is down is noted
        in `extra`.
        """
        texts = {i: self.dialogue.text_of(turn)[:MAX_TEXT] for i, turn in enumerate(turns) if heard(turn)}
        wordy = list(texts)
        parts = {i: self._clauses(texts[i], turns[i].language) for i in wordy}
        asked = [(i, text) for i in wordy for text in (texts[i], *_to_understand(parts[i]))]
        made = [Understanding.nothing("", self.pack.profile.language(turn.language)) for turn in turns]
        if asked:
            parsed = iter(await self._parse([text for _, text in asked], [turns[i].language for i, _ in asked]))
            for i in wordy:
                whole = next(parsed)
                found = [next(parsed) for _ in _to_understand(parts[i])]
                made[i] = self._heard(turns[i], whole, _understood(parts[i], whole, found))
        return made

    def _clauses(self, text: str, language: str | None) -> list[tuple[Stretch, bool]]:
        """The parts of a text that may be matters of their own, and whether each says more than yes, no or a courtesy;
        none for a text of one part. It is parted by the words of its own language, whatever the thread's.
        """
        spoken = self.languages.detect(text, language)
        words = self.dialogue.lexicons.get(spoken) or lexicon(spoken)
        found = split(text, words)
        return [(part, not words.says_little(part.text)) for part in found] if len(found) > 1 else []

    def _heard(self, turn: Turn, whole: Understanding, clauses: tuple[UnderstoodClause, ...]) -> Understanding:
        language, foreign = self._language(turn, whole)
        extra = {**whole.extra, "foreign": foreign} if foreign else dict(whole.extra)
        if slips := self._slips(turn, whole.text, foreign or language):
            extra["slips"] = slips
        return replace(whole, language=language, version=self.version, clauses=clauses, extra=extra)

    def _slips(self, turn: Turn, text: str, language: str) -> Slips:
        """What misspelled words of the message may mean, where the engine can tell words from none. A word or two in
        answer to a question that takes any words may be a name, unless all of it says that it is left ("never midn").
        """
        knows = getattr(self.engine, "knows", None)
        words = self.dialogue.lexicons.get(language)
        tokens = tokenize(text)
        if knows is None or words is None:
            return {}
        found = slips(text, tokens, self.dialogue.spelled[language], knows)
        if len(tokens) <= _A_NAME and waits_for_free_text(self.pack, turn.conversation.tracker):
            leaves = len(tokens) > 1 and len(words.cancel.hearing(found).places(tokens)) == len(tokens)
            return found if leaves else {}
        return {word: slip for word, slip in found.items() if word not in self.pack.words}

    def _language(self, turn: Turn, understood: Understanding) -> tuple[str, str]:
        """The language to answer in, and the one of the message if it is another. The thread's stays until somebody
        wishes for another, writes a sentence of four words in it, or a second message: "Thanks!" changes nothing.
        """
        text, prior, tracker = understood.text, turn.language, turn.conversation.tracker
        if wished := self.languages.wished(text):
            return wished, ""
        if prior not in self.pack.profile.languages or not tracker.get("spoken"):
            same = prior == understood.language
            return (self.languages.guess(text, prior) if same else understood.language), ""
        found = self.languages.guess(text)
        free = waits_for_free_text(self.pack, tracker)
        if found == prior or not clearly(text, found, str(prior), free=free):
            return str(prior), ""
        long_enough = len(text.split()) >= _A_SENTENCE
        return (found, "") if long_enough or tracker.get("foreign") else (str(prior), found)

    async def _parse(self, texts: Sequence[str], priors: Sequence[str | None]) -> list[Understanding]:
        try:
            found = await asyncio.to_thread(self.engine.parse, texts, priors)
        except EngineUnavailable as down:
            log.warning("the engine of %s is down: %s", self.pack.profile.id, down)
            languages = [self.pack.profile.language(prior) for prior in priors]
            return [
                replace(Understanding.nothing(text, language), extra={"down": True})
                for text, language in zip(texts, languages, strict=True)
            ]
        return [replace(u, courtesy=u.courtesy or is_courtesy(u.text)) for u in found]

    async def decide(self, turn: Turn, understanding: Understanding) -> Decision:
        """The turn's resolution with the names of what is said."""
        return await self.dialogue.decide(turn, understanding)

    async def respond(self, turn: Turn, understanding: Understanding) -> Resolution:
        """See conversation.ports.Bots."""
        return (await self.decide(turn, understanding)).resolution

    def say(self, turn: Turn, response: str, variables: Mapping[str, Any]) -> tuple[Reply, ...]:
        """See conversation.ports.Bots. An unknown response says nothing, and is logged."""
        profile = self.pack.profile
        language = profile.language(turn.conversation.language or turn.language)
        slots = {k: v for k, v in turn.conversation.tracker.get("slots", {}).items() if k != LANGUAGE_SLOT}
        own = {"bot_name": profile.bot.name, "client_name": profile.name, "customer_name": turn.customer.name or None}
        values = {**own, **slots, **variables, LANGUAGE_SLOT: language}
        today = turn.now.astimezone(ZoneInfo(profile.timezone)).date()
        setting = Setting(language, str(turn.inbound.channel_kind), values, timezone=profile.timezone, today=today)
        reply = self.pack.responses.render(response, setting)
        if reply is None:
            log.error("pack %s has no response %s", profile.id, response)
        return (reply,) if reply else ()


def _to_understand(parts: Sequence[tuple[Stretch, bool]]) -> list[str]:
    """The texts the engine is asked about beside the whole: where only one part says something, the whole tells it,
    unless a thanks or a goodbye beside it may be what the whole is taken for.
    """
    wordy = [part.text for part, says_much in parts if says_much]
    polite = any(is_courtesy(part.text) for part, says_much in parts if not says_much)
    return wordy if len(wordy) > 1 or polite else []


def _understood(
    parts: Sequence[tuple[Stretch, bool]], whole: Understanding, found: Sequence[Understanding]
) -> tuple[UnderstoodClause, ...]:
    """The parts with their understanding: their own, the whole's for the only one that says something, or none."""
    own = iter(found)
    made = []
    for part, says_much in parts:
        if not says_much:
            understood = replace(Understanding.nothing(part.text, whole.language), courtesy=is_courtesy(part.text))
        else:
            understood = next(own) if found else replace(whole, text=part.text)
        made.append(UnderstoodClause(understood, part.start, part.hard))
    return tuple(made)


def heard(turn: Turn) -> str:
    """The words of a turn that an engine should hear: no payloads, no commands, and no more than is sensible."""
    return "" if turn.inbound.kind in _WORDLESS else plain_text(turn)[:MAX_TEXT]


def say_built_in(turn: Turn, response: str, variables: Mapping[str, Any]) -> tuple[Reply, ...]:
    """What can be said for a client whose pack cannot be had just now."""
    language = "en" if (turn.conversation.language or turn.language) == "en" else "de"
    values = {"bot_name": "Bot", "client_name": "", **variables}
    reply = Responses({}).render(response, Setting(language, str(turn.inbound.channel_kind), values))
    return (reply,) if reply else ()


def parse_text(pack: Pack | Path, text: str, language: str | None = None) -> dict[str, Any]:
    """What the bot of a pack (trained on the spot) makes of a text, in the shape of Rasa's `/model/parse`.

    Raises PackInvalid, or ValueError if the pack has too little to learn from.
    """
    loaded = load_pack(pack) if isinstance(pack, Path) else pack
    return to_rasa(_engine(loaded).parse([text.lstrip("/ ")[:MAX_TEXT]], [language])[0])


def _engine(pack: Pack) -> EmbeddedEngine:
    profile = pack.profile
    return EmbeddedEngine.train(
        pack.data, profile.languages, profile.bot.wrong_answers, pack.domain.entities, pack.knowledge.questions
    )
