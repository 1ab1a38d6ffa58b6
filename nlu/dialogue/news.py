"""Whether danger is only told of: it is over, of another time, or happened to others; nobody needs help now."""

from collections.abc import Callable, Sequence

from nlu.dialogue.acts import Act
from nlu.dialogue.lexicon import Lexicon
from nlu.dialogue.phrases import Phrases
from nlu.dialogue.reading import Clause

_A_MATTER = 3
"""So many words at least tell what somebody wants."""


def is_only_told(clause: Clause, message: Sequence[Clause], *, hard: bool) -> bool:
    """Whether a clause with danger in it reports none, as the rest of its `message` shows. `hard`: a word of danger
    stands in it that is no part of harmless matters; only that it is over takes such a word back.
    """
    whole = message or (clause,)
    lexicon = clause.lexicon
    if _is_over(whole, lexicon):
        return True
    wants = any(one is not clause and _wants_something(one) for one in whole) or _wants_inside(clause)
    if _anywhere(whole, lexicon.bystanders):
        return wants and not _begs_for_help(whole)
    if hard:
        return False
    return (_anywhere(whole, lexicon.past) or _anywhere(whole, lexicon.leisure)) and (wants or not clause.asks_about)


def _is_over(message: Sequence[Clause], lexicon: Lexicon) -> bool:
    """Whether all is said to be well again, and nothing to be broken or denied beside it."""
    for clause in message:
        for span in lexicon.solved.find(clause.tokens):
            noes = lexicon.negation.places(clause.tokens) - frozenset(span.own)
            if not any(span.first - _A_MATTER <= no <= span.last for no in noes):
                return True
    return False


def _anywhere(message: Sequence[Clause], phrases: Phrases) -> bool:
    return any(phrases.any_in(clause.tokens) for clause in message)


def _wants_something(clause: Clause) -> bool:
    """Whether it is a question or a request by itself."""
    return len(clause.tokens) >= _A_MATTER and (clause.asks_about or clause.is_question or clause.act.act is Act.FOR)


def _wants_inside(clause: Clause) -> bool:
    """Whether a clause tells something first and asks for something else behind it."""
    lexicon, tokens = clause.lexicon, clause.tokens
    lists: tuple[Phrases, ...] = (lexicon.request, lexicon.about, lexicon.question)
    begins: Callable[[int], bool] = lambda place: any(one.at(tokens, place) is not None for one in lists)  # noqa: E731
    return any(begins(part.first) for part in clause.parts[1:])


def _begs_for_help(message: Sequence[Clause]) -> bool:
    """Whether the question is what to do now: whoever it happened to, help is needed."""
    return _anywhere(message, message[0].lexicon.help_now)
