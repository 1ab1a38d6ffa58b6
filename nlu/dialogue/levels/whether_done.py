"""Whether what was just written is there ("the sick note, is it in now?"): asked, not wanted once more."""

from nlu.dialogue import done
from nlu.dialogue.commands import AskDone, Command
from nlu.dialogue.levels.names import is_name, names_of
from nlu.dialogue.levels.situation import Situation, evidence
from nlu.dialogue.reading import Clause
from nlu.dialogue.refusals import named

_SHORT = 10
"""Who asks that uses few words; in more of them there is a matter of its own."""


def of(situation: Situation, clause: Clause) -> list[Command]:
    """The question after the write that the clause names; with nothing open after the only one, if it names none."""
    context, lexicon, tokens = situation.context, clause.lexicon, clause.tokens
    writes = done.open_writes(context)
    if not writes or len(tokens) > _SHORT or not lexicon.filed.any_in(tokens):
        return []
    complains = (lexicon.negation, lexicon.defects, lexicon.waiting, lexicon.wrong)
    if any(phrases.any_in(tokens) for phrases in complains) or not _asks(clause):
        return []
    words = named(tokens)
    own = [one for one in writes if is_name(words, names_of(situation, one.intent).words)]
    if not own and len(writes) == 1 and context.tracker.frame is None and not _names_another(situation, clause):
        own = writes
    return [AskDone(own[0].key, evidence=evidence(clause))] if own else []


def _asks(clause: Clause) -> bool:
    """Whether it is a question that yes or no answers."""
    asks = clause.is_question or clause.lexicon.copula.any_in(clause.tokens) or clause.text.rstrip().endswith("?")
    return asks and not clause.lexicon.wh.any_in(clause.tokens) and not clause.lexicon.request.any_in(clause.tokens)


def _names_another(situation: Situation, clause: Clause) -> bool:
    return clause.strict_intent in situation.context.pack.triggers
