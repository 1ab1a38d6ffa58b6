"""What the bot does when it is not sure: quote an article, ask once what was meant, then give way to a person."""

import re
from dataclasses import dataclass

from conversation.conversation import HandoffReason
from conversation.message import Button
from conversation.resolution import Resolution
from conversation.understanding import FALLBACK_INTENT
from nlu.crosscheck import WELL_KNOWN
from nlu.filling import mentioned, yes_or_no
from nlu.knowledge import Passage
from nlu.meaning import options
from nlu.open_question import step_giving
from nlu.pack import Pack
from nlu.talk import Talk

_ORDINALS = (
    re.compile(r"^\W*(1|eins|erste\w*|das erste|first|the first|one)\b", re.IGNORECASE),
    re.compile(r"^\W*(2|zwei|zweite\w*|das zweite|second|the second|two)\b", re.IGNORECASE),
    re.compile(r"^\W*(3|drei|dritte\w*|das dritte|third|the third|three)\b", re.IGNORECASE),
)
_BARE, _CHOICES = 3, 3
_NONE_OF_THESE = f"/{FALLBACK_INTENT}"


@dataclass(frozen=True)
class Doubt:
    """Keeps nothing: what was offered and how often the bot was at a loss is in the Talk."""

    pack: Pack

    def unclear(self, talk: Talk) -> Resolution:
        """Knowledge, then one question back, then a person."""
        if self.quotes(talk):
            return self._quoted(talk)
        if talk.tracker.unclear:
            return talk.needs_human(HandoffReason.LOW_CONFIDENCE)
        talk.tracker.unclear = 1
        choices = self._wanting_the_fact(talk)
        if not choices and talk.understanding.in_scope:
            choices = options(talk.understanding, self._servable())
        if not choices:
            talk.say("utter_ask_rephrase")
            return talk.answered(completed=False)
        talk.tracker.clarifying = choices
        buttons = [Button(self._title(talk, name), f"/{name}") for name in choices]
        none = self.pack.responses.title("utter_none_of_these", talk.setting()) or ""
        talk.say("utter_clarify", buttons=(*buttons, Button(none, _NONE_OF_THESE)))
        return talk.answered(completed=False)

    def _wanting_the_fact(self, talk: Talk) -> list[str]:
        """For a bare number: the likeliest of the intents whose flows would ask for it."""
        facts = frozenset(mentioned(self.pack.domain, talk.understanding))
        if not facts or len(talk.text.split()) > _BARE:
            return []
        flows, ranked = self.pack.flows, [one.name for one in talk.understanding.ranking]
        wanting = [
            n for n, flow in self.pack.triggers.items() if flow.guard is None and step_giving(flows, flow, facts)
        ]
        order = {name: place for place, name in enumerate(ranked)}
        return sorted(wanting, key=lambda name: order.get(name, len(order)))[:_CHOICES]

    def quotes(self, talk: Talk) -> bool:
        """Quotes an article if one honestly covers the question."""
        passage = self._asked(talk) or self.pack.knowledge.find(talk.text, talk.language)
        if passage is None:
            return False
        talk.say("utter_article", article_title=passage.article.title, article_text=passage.text)
        return True

    def is_asked(self, talk: Talk) -> bool:
        """Whether the message asks what an article answers, more than it is like any example of an intent."""
        return self._asked(talk) is not None

    def answered(self, talk: Talk) -> Resolution:
        """The article the message asks for."""
        self.quotes(talk)
        return self._quoted(talk)

    @staticmethod
    def _quoted(talk: Talk) -> Resolution:
        talk.tracker.forget_doubts()
        talk.tracker.expects = "confirm"
        return talk.answered(completed=False)

    def _asked(self, talk: Talk) -> Passage | None:
        article = talk.understanding.extra.get("article")
        return self.pack.knowledge.below(article["file"], article["heading"]) if article else None

    @staticmethod
    def chosen(talk: Talk, intent: str) -> str:
        """Which of the intents in "Did you mean …?" the customer's words pick, "" if none."""
        choices = talk.tracker.clarifying
        named = [c for c, pattern in zip(choices, _ORDINALS, strict=False) if pattern.match(talk.text)]
        if not named and len(choices) == 1 and yes_or_no(talk.text, intent):
            named = choices
        return named[0] if named else ""

    def _title(self, talk: Talk, intent: str) -> str:
        """What people call an intent: `utter_title_<intent>`, else its flow's name, else its own name in words."""
        title = self.pack.responses.title(f"utter_title_{intent}", talk.setting())
        flow = self.pack.triggers.get(intent)
        return title or (flow.name if flow else intent.rpartition("/")[2].replace("_", " ").capitalize())

    def _servable(self) -> frozenset[str]:
        known = {*self.pack.triggers, *self.pack.data.intents, *self.pack.domain.intents} - WELL_KNOWN
        return frozenset(n for n in known if n in self.pack.triggers or self.pack.domain.direct_response(n))
