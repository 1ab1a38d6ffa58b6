"""Which article answers a clause, and whether the clause asks for an article rather than for a process."""

from nlu.dialogue.levels.situation import Situation
from nlu.dialogue.reading import Clause
from nlu.dialogue.turn import TurnContext
from nlu.knowledge import Passage

_THE_SAME = 0.95
"""So like a heading are only its own words in another order or spelling."""


def passage_for(situation: Situation, clause: Clause) -> Passage | None:
    """The passage that answers: below the question the clause asks, else the one that covers it, first among those of
    the open process; else the nearest of what it is about, which for a short question is what was talked about before.
    """
    context = situation.context
    knowledge, language = context.pack.knowledge, context.language
    if (asked := _below_its_question(situation, clause)) is not None:
        return asked
    asks = clause.is_question or clause.asks_about
    stack = context.tracker.stack
    if not asks and (clause.strict_intent or stack):
        return None
    running = stack[0].intent if stack else ""
    own = knowledge.find(clause.text, language, tagged=running) if asks and running else None
    found = own or knowledge.find(clause.text, language)
    if found is not None or not asks:
        return found
    near = clause.strict_intent or running or context.tracker.topic
    return knowledge.about(near, clause.text, language) if near else None


def whole(context: TurnContext) -> Clause:
    """The message as one clause."""
    return Clause(context.text, 0, context.understanding, context.lexicon)


def is_one_question(context: TurnContext) -> bool:
    """Whether the message as a whole asks what stands above one passage, connecting words and all ("how long does it
    take, and what does it cost?").
    """
    article = context.understanding.extra.get("article")
    alike = article is not None and article.get("likeness", 0.0) >= _THE_SAME
    return alike or context.pack.knowledge.titled(context.text, context.language) is not None


def asks_an_article(situation: Situation, clause: Clause) -> bool:
    """Whether the clause asks just what stands above a passage."""
    asked = clause.asks_about and bool(clause.understanding.extra.get("article"))
    return asked or situation.context.pack.knowledge.titled(clause.text, situation.context.language) is not None


def asks_in_general(situation: Situation, clause: Clause, passage: Passage | None) -> bool:
    """Whether a question near a look-up is about how such things are: an article was written for it, or for what is
    open just now, or the customer says so ("normally", "sowas").
    """
    if passage is None or not clause.asks_about:
        return False
    stack = situation.context.tracker.stack
    of_the_open = bool(stack) and stack[0].intent in passage.article.tags
    general = situation.context.lexicon.general.any_in(clause.tokens)
    return general or of_the_open or bool(clause.understanding.extra.get("article"))


def topic_of(situation: Situation, passage: Passage) -> str:
    """What a question without a matter of its own is about: what was talked about, if the passage is of that."""
    tracker = situation.context.tracker
    known = tracker.topic in passage.article.tags and tracker.topic != tracker.last.get("intent")
    return tracker.topic if known else ""


def _below_its_question(situation: Situation, clause: Clause) -> Passage | None:
    knowledge, article = situation.context.pack.knowledge, clause.understanding.extra.get("article")
    asked = knowledge.below(article["file"], article["heading"]) if article else None
    return asked or knowledge.titled(clause.text, situation.context.language)
