"""What a clause says to whoever answers: danger, a wish for a person, leaving, a moment please, courtesy."""

import re
from collections.abc import Sequence

from conversation.conversation import HandoffReason
from nlu.dialogue import danger
from nlu.dialogue.answers import ONLY_BARE
from nlu.dialogue.commands import Affirm, Cancel, Command, Courtesy, Deny, Handoff, Hold, Skip, Urgent
from nlu.dialogue.levels.situation import A_SENTENCE, Situation, evidence, is_only
from nlu.dialogue.lexicon import Lexicon
from nlu.dialogue.negation import negated
from nlu.dialogue.phrases import Span
from nlu.dialogue.reading import Clause
from nlu.dialogue.tokens import Token, tokenize
from nlu.dialogue.wording import without_unknown
from nlu.meaning import likely_reserved

_A_NAME = 2
_SURE_GOODBYE = 0.95
_PART = re.compile(r"(?:(?!,\s)[^\n;])+")


def urgent(situation: Situation, clause: Clause) -> list[Command]:
    """Danger: an intent the client calls urgent, told as a fact."""
    urgent_intents = situation.context.pack.profile.bot.urgent_intents
    intent = danger.urgent_intent(clause, urgent_intents, situation.clauses)
    return [Urgent(intent, evidence=evidence(clause))] if intent else []


def wish_for_person(situation: Situation, clause: Clause) -> list[Command]:
    """A wish for a person, or a matter that the client keeps for people."""
    bot = situation.context.pack.profile.bot
    if reserved := likely_reserved(clause.understanding, bot.reserved_intents):
        return [Handoff(HandoffReason.RESERVED, reserved, evidence=evidence(clause))]
    if clause.strict_intent != "bot_challenge" and _wants_person(situation, clause):
        return [Handoff(HandoffReason.ASKED, "human", evidence=evidence(clause))]
    lenient = not situation.takes_free_text
    if (clause.intent if lenient else clause.strict_intent) == "human":
        return [Handoff(HandoffReason.ASKED, "human", evidence=evidence(clause))]
    return []


def _wants_person(situation: Situation, clause: Clause) -> bool:
    """Whether the closed list says so: it holds in packs with few examples, too. In a long sentence the part between
    commas counts; what is denied behind a condition ("a person if that does not work") denies no wish.
    """
    lexicon = situation.context.lexicon
    for part in _PART.finditer(clause.text):
        tokens = tokenize(part[0])
        said = [span for span in lexicon.person.find(tokens) if not _tells_of_another(tokens, span, lexicon)]
        if not said or len(tokens) > A_SENTENCE:
            continue
        stops = [s.first for s in lexicon.hypothetical.find(tokens) if s.first > said[-1].last]
        text = part[0][: tokens[stops[0]].start] if stops else part[0]
        denied = negated(text, tokenize(text), lexicon)
        if any(not all(p in denied for p in span.own) for span in said):
            return True
    return False


def _tells_of_another(tokens: Sequence[Token], span: Span, lexicon: Lexicon) -> bool:
    """Whether right before a wish that begins with its verb somebody else is named who does so, which tells and asks
    for nothing ("der ruft mich ständig an").
    """
    if not span.first or tokens[span.first].folded in lexicon.articles or len(span) <= 1:
        return False
    to_me = tokens[span.first + 1].folded in lexicon.objects
    return to_me and tokens[span.first - 1].folded in lexicon.articles


def leaving(situation: Situation, clause: Clause) -> list[Command]:
    """Leaving what is open, passing a question, or a moment please."""
    lexicon = situation.context.lexicon
    if situation.question is None and not situation.context.tracker.stack:
        return [Cancel(evidence=evidence(clause))] if clause.strict_intent == "cancel" else []
    whole = is_only(clause, lexicon.cancel, lexicon.fillers, lexicon.thanks, lexicon.no)
    picks = lexicon.indifferent.at(clause.tokens, 0) is not None and not lexicon.cancel.any_in(clause.tokens)
    guessed = clause.intent == "cancel" and not picks and not clause.asks_a_fact
    if situation.takes_free_text and len(clause.tokens) <= _A_NAME:
        guessed = guessed and lexicon.cancel.any_in(clause.tokens)  # a word the engine does not know is a name
    if whole or (guessed and not situation.other_matter(clause)):
        return [Cancel(evidence=evidence(clause))]
    if is_only(clause, lexicon.indifferent, lexicon.fillers):
        return [Skip(indifferent=True, evidence=evidence(clause))]
    unable = situation.asked is not None and situation.asked.is_typed and lexicon.skip.any_in(clause.tokens)
    says_some = without_unknown(clause.text, lexicon) != clause.text  # "sales, don't know the number"
    if unable and not says_some and not situation.other_matter(clause) and not clause.is_question:
        return [Skip(evidence=evidence(clause))]
    begins = lexicon.hold.at(clause.tokens, 0) is not None and not clause.is_question
    looks = begins and not any(t.is_number for t in clause.tokens) and not clause.strict_intent
    if looks or is_only(clause, lexicon.hold, lexicon.fillers, lexicon.yes):
        return [Hold(evidence=evidence(clause))]
    return []


def courtesy(situation: Situation, clause: Clause) -> list[Command]:
    """Thanks, goodbye and their like, when nothing else was in the clause."""
    intent, lexicon = clause.intent, situation.context.lexicon
    if _greets(situation, clause):
        return [Courtesy("greet", evidence=evidence(clause))]
    if is_only(clause, lexicon.goodbye, lexicon.fillers, lexicon.thanks, lexicon.yes):
        return [Courtesy("goodbye", evidence=evidence(clause))]
    thanks = is_only(clause, lexicon.thanks, lexicon.fillers, lexicon.yes, lexicon.kind)
    if thanks or _echoes_the_end(situation, clause):
        return [Courtesy("thanks", evidence=evidence(clause))]
    ends = situation.question is not None and situation.question.expects in ONLY_BARE
    sure = intent != "goodbye" or ends or clause.understanding.intent.confidence >= _SURE_GOODBYE
    says_so = lexicon.thanks.any_in(clause.tokens) or lexicon.goodbye.any_in(clause.tokens)
    polite = intent in ("thanks", "goodbye") and not clause.problem and sure and (says_so or not clause.is_question)
    if intent in ("greet", "help", "bot_challenge") or polite:
        return [Courtesy(intent, evidence=evidence(clause, "engine"))]
    if situation.question is None and intent in ("affirm", "deny"):
        return [Affirm(evidence=evidence(clause)) if intent == "affirm" else Deny(evidence=evidence(clause))]
    return []


def _echoes_the_end(situation: Situation, clause: Clause) -> bool:
    """Whether a word of praise or an "ok" comes after all was done: it asks for nothing."""
    lexicon, context = situation.context.lexicon, situation.context
    ended = context.turn.conversation.completed and situation.question is None and not context.tracker.stack
    return ended and is_only(clause, lexicon.yes, lexicon.fillers, lexicon.weak, lexicon.interjections)


def _greets(situation: Situation, clause: Clause) -> bool:
    """Whether a word that greets and parts ("servus", "ciao") greets: nothing is there to part from."""
    lexicon, tracker = situation.context.lexicon, situation.context.tracker
    begins = tracker.turns <= 1 or clause.understanding.intent.name == "greet"
    nothing_ends = situation.question is None and not lexicon.thanks.any_in(clause.tokens)
    return begins and nothing_ends and is_only(clause, lexicon.greeting, lexicon.fillers)


def is_polite(situation: Situation, clause: Clause) -> bool:
    """Whether the clause is nothing but courtesy."""
    lexicon = situation.context.lexicon
    return (
        clause.understanding.courtesy
        or is_only(clause, lexicon.thanks, lexicon.goodbye, lexicon.greeting, lexicon.fillers, lexicon.kind)
        or is_only(clause, lexicon.goodbye, lexicon.fillers)
        or is_only(clause, lexicon.greeting, lexicon.fillers)
        or is_only(clause, lexicon.hold, lexicon.fillers)
        or is_only(clause, lexicon.yes, lexicon.fillers, lexicon.thanks)
    )
