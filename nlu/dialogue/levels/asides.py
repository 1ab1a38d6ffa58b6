"""A question behind an answer in words, set off by a comma only: "brochures mostly, how long does that take"."""

from collections.abc import Sequence
from dataclasses import replace

from conversation.understanding import FALLBACK_INTENT, RankedIntent, Understanding
from nlu.dialogue.acts import begins_asking, wants_to_be_told
from nlu.dialogue.levels import articles
from nlu.dialogue.levels.situation import Situation
from nlu.dialogue.lexicon import Lexicon
from nlu.dialogue.reading import Clause, stretch
from nlu.dialogue.tokens import Token, tokenize

_A_QUESTION = 3
_COMMA = ", "
_OF_THE_WHOLE = frozenset({"problem", "article"})


def parted(situation: Situation, clauses: Sequence[Clause]) -> list[Clause]:
    """The clauses, where any words are an answer, with the question at the end of one apart."""
    if not situation.takes_free_text or articles.is_one_question(situation.context):
        return list(clauses)
    return [part for clause in clauses for part in _parted(clause)]


def _parted(clause: Clause) -> list[Clause]:
    place = clause.text.rfind(_COMMA)
    if place <= 0:
        return [clause]
    head, tail = clause.text[:place], clause.text[place + len(_COMMA) :]
    if not _asks(tail, clause.lexicon) or not _answers(tokenize(head), clause.lexicon):
        return [clause]
    begin = len(clause.text) - len(tail.lstrip())
    return [_apart(stretch(clause, 0, place)), _apart(stretch(clause, begin, len(clause.text)))]


def _asks(tail: str, lexicon: Lexicon) -> bool:
    """Whether it is a question with its verb in front, not one inside a sentence ("was halt da ist")."""
    tokens = tokenize(tail)
    if len(tokens) < _A_QUESTION or not begins_asking(tokens, lexicon):
        return False
    return tail.rstrip().endswith("?") or any(lexicon.about.at(tokens, n) for n in (0, 1))


def _answers(head: Sequence[Token], lexicon: Lexicon) -> bool:
    """Whether what stands before may be an answer: no question, and nothing that the question hangs on."""
    if not head or begins_asking(head, lexicon) or wants_to_be_told(head, lexicon):
        return False
    return not any(phrases.any_in(head) for phrases in (lexicon.tell, lexicon.skip, lexicon.hold, lexicon.wh))


def _apart(clause: Clause) -> Clause:
    """A part of which the engine's word for the whole says nothing."""
    said = clause.understanding
    extra = {name: value for name, value in said.extra.items() if name not in _OF_THE_WHOLE}
    unsure: Understanding = replace(
        said, intent=RankedIntent(FALLBACK_INTENT, 0.0), ranking=(), answerable=False, extra=extra
    )
    return replace(clause, understanding=unsure)
