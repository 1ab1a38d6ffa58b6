"""A contradiction of the bot that says nothing it could do: that is what the customer is told then."""

from collections.abc import Sequence

from nlu.dialogue.answers import ONLY_BARE
from nlu.dialogue.commands import (
    Ask,
    Cancel,
    CannotHandle,
    Clarify,
    Command,
    Courtesy,
    Deny,
    Guess,
    Hold,
    Protest,
    Skip,
)
from nlu.dialogue.levels.situation import Situation, evidence, is_only
from nlu.dialogue.polarity import polarity
from nlu.dialogue.questions import Question, below, is_truth, open_question
from nlu.dialogue.reading import Clause
from nlu.dialogue.turn import TurnContext
from nlu.dialogue.wording import is_outcry

_NOTHING = (CannotHandle, Clarify, Courtesy, Deny, Guess, Hold, Skip)
"""What is made of a message in which nobody understood anything that could be done."""
_CLOSING = frozenset({*ONLY_BARE, "change_what", "person"})


def asked(context: TurnContext, clauses: Sequence[Clause]) -> Question | None:
    """The open question. Where a person was offered, that is the one below, unless the message says yes or bare no."""
    question = open_question(context.pack, context.tracker)
    if question is None or question.expects != "person" or question.frame is None:
        return question
    agrees = polarity(context.text, context.lexicon).leaning is True
    if agrees or all(c.lexicon.says_little(c.text) for c in clauses):
        return question
    return below(context.pack, context.tracker) or question


def of(situation: Situation, clause: Clause) -> list[Command]:
    """A clause that is nothing but a contradiction. Where a yes or no is asked for, "that is wrong" is a no."""
    lexicon, question = situation.context.lexicon, situation.question
    around = (lexicon.fillers, lexicon.interjections, lexicon.told)
    refusing = (lexicon.no, lexicon.negation)
    if is_only(clause, lexicon.unheard, lexicon.contradiction, *around, *refusing):
        return [Protest(evidence=evidence(clause))]
    if situation.asked is None and is_only(clause, lexicon.told, lexicon.fillers):
        return [Protest(evidence=evidence(clause))]
    if situation.context.tracker.turns > 1 and is_outcry(clause.text, lexicon):
        return [Protest(evidence=evidence(clause))]
    answers = is_truth(situation.context.pack, question) and question is not None and question.expects not in _CLOSING
    if not answers and not _is_reported(situation) and is_only(clause, lexicon.contradiction, *around, *refusing):
        return [Protest(evidence=evidence(clause))]
    return []


def whole(situation: Situation) -> list[Command]:
    """A message that is nothing but a contradiction, whatever it looks like otherwise ("you are not listening")."""
    found = [(clause, of(situation, clause)) for clause in situation.clauses]
    if not all(made or clause.lexicon.says_little(clause.text) for clause, made in found):
        return []
    return next((made for _, made in found if made), [])


def instead(situation: Situation, made: Sequence[Command]) -> list[Command]:
    """The commands of a message; a protest, if it contradicts the bot and nothing else of it could be done."""
    others = [c for c in made if not isinstance(c, Protest)]
    protest = next((c for c in made if isinstance(c, Protest)), None) or _beside_nothing(situation)
    if protest is None or any(not _says_nothing(situation, c) for c in others):
        return others or list(made)
    return [protest]


def _beside_nothing(situation: Situation) -> Protest | None:
    """That the bot does not listen, or was told before, in a clause that says more."""
    lexicon = situation.context.lexicon
    lists = (lexicon.unheard, lexicon.told)
    clauses = (c for c in situation.clauses if any(phrases.any_in(c.tokens) for phrases in lists))
    clause = next(clauses, None)
    return None if clause is None else Protest(evidence=evidence(clause))


def _is_reported(situation: Situation) -> bool:
    """Whether something was reported, which a contradiction is a problem with; not if a person was just offered."""
    offered = situation.question is not None and situation.question.expects == "person"
    return bool(situation.context.tracker.reported) and not situation.context.tracker.stack and not offered


def _says_nothing(situation: Situation, command: Command) -> bool:
    """Whether a command does nothing. Leaving only if it was taken from a clause that says the bot does not listen."""
    if isinstance(command, Ask):
        return command.passage is None and not command.intent
    if isinstance(command, Cancel):
        clause = next((c for c in situation.clauses if c.text == command.evidence.clause), None)
        if clause is None or not clause.lexicon.unheard.any_in(clause.tokens):
            return False
        leaving = (clause.lexicon.cancel, clause.lexicon.goodbye, clause.lexicon.unwanted, clause.lexicon.keep)
        return not any(phrases.any_in(clause.tokens) for phrases in leaving)
    return isinstance(command, _NOTHING)
