"""Which article answers a clause, and whether the clause asks for an article rather than for a process."""

from collections.abc import Mapping

from nlu.dialogue.commands import StartFlow
from nlu.dialogue.levels.situation import Situation
from nlu.dialogue.reading import Clause
from nlu.dialogue.serving import is_process
from nlu.dialogue.turn import TurnContext
from nlu.flows import Flow
from nlu.knowledge import Passage

_SHORT = 8
_SOME_OF_IT = 0.4
_MOST_OF_IT = 0.6
"""So much of what a question asks beside a yes must stand in a passage of what is shown, or in another."""
_THE_SAME = 0.95
"""So like a heading are only its own words in another order or spelling."""


def passage_for(situation: Situation, clause: Clause) -> Passage | None:
    """The passage that answers: below the question the clause asks, else the one that covers it, first among those of
    what it is about; else the nearest of these. A short question may leave out what it is about.
    """
    if situation.is_consent:
        return at_confirmation(situation, clause)
    if (asked := below_its_question(situation, clause)) is not None:
        return asked
    asks = clause.is_question or clause.asks_about
    if not asks and (clause.strict_intent or situation.context.tracker.stack):
        return None
    return _found(situation, clause) if asks else _covering(situation, clause)


def at_confirmation(situation: Situation, clause: Clause) -> Passage | None:
    """The passage that answers a question about what is shown to be confirmed: below just this question, else of that
    process, else of what the clause is about or of anything, if it holds most of the question. Whoever is about to say
    yes is told nothing that only sounds alike.
    """
    context = situation.context
    knowledge, language, text, running = context.pack.knowledge, context.language, clause.text, opened(situation)
    if not (clause.is_question or clause.asks_about):
        return None
    if (titled := knowledge.titled(text, language)) is not None:
        return titled
    asked = below_its_question(situation, clause)
    if asked is not None and running in asked.article.tags and knowledge.share(asked, text) > 0:
        return asked
    own = of_the_open(situation, clause, _SOME_OF_IT if clause.is_question else _MOST_OF_IT)
    if (own := own or knowledge.echoed(running, text, language, words=2)) is not None:
        return own
    other = clause.strict_intent
    near = (asked, knowledge.find(text, language), knowledge.about(other, text, language) if other else None)
    return next((one for one in near if one is not None and knowledge.share(one, text) >= _MOST_OF_IT), None)


def of_the_open(situation: Situation, clause: Clause, share: float = 0.0) -> Passage | None:
    """The passage of the open process that is nearest to a clause which need not name the process, if it holds more
    than such a share of the rest.
    """
    context, running = situation.context, opened(situation)
    knowledge, name = context.pack.knowledge, context.title(f"utter_title_{running}")
    texts = (f"{clause.text} {name}", clause.text) if running else ()
    near = (knowledge.about(running, text, context.language) for text in texts)
    return next((one for one in near if one is not None and knowledge.share(one, clause.text, name) > share), None)


def _found(situation: Situation, clause: Clause) -> Passage | None:
    """The passage for a question: of the open process, of its own matter, of what was talked about, or of anything."""
    context = situation.context
    knowledge, language, text = context.pack.knowledge, context.language, clause.text
    running = opened(situation)
    own = [intent for intent in (running, clause.strict_intent) if intent]
    for intent in own:
        if (found := knowledge.find(text, language, tagged=intent)) is not None:
            return found
    near = clause.strict_intent or running or context.tracker.topic
    covering = knowledge.find(text, language)
    if covering is not None and (knowledge.concerns(covering.article, near) or not near):
        return covering
    nearest = knowledge.about(near, text, language) if near else None
    other = running if running != clause.strict_intent and not context.tracker.stack else ""
    if other and (echoed := knowledge.echoed(other, text, language)) is not None:
        return echoed
    if refers_back(clause) or (covering is not None and covering.article.tags and clause.strict_intent):
        return nearest
    return covering or nearest


def opened(situation: Situation) -> str:
    """The process that is open, or that begins with what the message said before."""
    stack = situation.context.tracker.stack
    begun = (c.intent for c in situation.made if isinstance(c, StartFlow) and c.intent in _triggers(situation))
    return stack[0].intent if stack else next((i for i in begun if is_process(_triggers(situation)[i])), "")


def _triggers(situation: Situation) -> Mapping[str, Flow]:
    return situation.context.pack.triggers


def _covering(situation: Situation, clause: Clause) -> Passage | None:
    return situation.context.pack.knowledge.find(clause.text, situation.context.language)


def refers_back(clause: Clause) -> bool:
    """Whether a short question leaves what it is about to what was said before ("and how long does that take?")."""
    short = len(clause.tokens) <= _SHORT and not any(t.is_number for t in clause.tokens)
    return short and clause.is_question and clause.lexicon.back.any_in(clause.tokens)


def of_the_topic(situation: Situation, clause: Clause) -> Passage | None:
    """The passage that a question which refers back asks for by its form, among those of what was talked about."""
    context = situation.context
    topic = context.tracker.stack[0].intent if context.tracker.stack else context.tracker.topic
    if not topic or topic == clause.strict_intent or not refers_back(clause):
        return None
    words = 2 if clause.strict_intent else 1
    return context.pack.knowledge.echoed(topic, clause.text, context.language, words=words)


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
    """Whether a question near a look-up is about how such things are: an article was written for it, or one for what is
    open just now covers it, or the customer says so ("normally", "sowas").
    """
    if passage is None or not clause.asks_about:
        return False
    stack = situation.context.tracker.stack
    of_the_open = bool(stack) and stack[0].intent in passage.article.tags and passage.confidence > 0
    general = situation.context.lexicon.general.any_in(clause.tokens)
    return general or of_the_open or bool(clause.understanding.extra.get("article"))


def topic_of(situation: Situation, passage: Passage) -> str:
    """What a question without a matter of its own is about: what was talked about, if the passage is of that."""
    tracker = situation.context.tracker
    known = tracker.topic in passage.article.tags and tracker.topic != tracker.last.get("intent")
    return tracker.topic if known else ""


def below_its_question(situation: Situation, clause: Clause) -> Passage | None:
    """The passage below the question that the engine, or the words themselves, say the clause asks."""
    knowledge, article = situation.context.pack.knowledge, clause.understanding.extra.get("article")
    asked = knowledge.below(article["file"], article["heading"]) if article else None
    return asked or knowledge.titled(clause.text, situation.context.language)
