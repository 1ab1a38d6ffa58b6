"""A message as the generator reads it: its clauses, each with what it means and does."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from conversation.understanding import FALLBACK_INTENT, Understanding, UnderstoodClause
from nlu.dialogue.acts import Act, SpeechAct, asks, speech_act
from nlu.dialogue.lexicon import Lexicon
from nlu.dialogue.problems import Problem, is_hypothetical, problem_in
from nlu.dialogue.tokens import Token, tokenize
from nlu.meaning import likely_intent

_CLEARER = 0.15


@dataclass(frozen=True)
class Clause:
    """One part of a message. `intent` is what it most likely wants, "" if nothing is sure."""

    text: str
    start: int
    understanding: Understanding
    lexicon: Lexicon

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        return tokenize(self.text)

    @cached_property
    def intent(self) -> str:
        return likely_intent(self.understanding)

    @cached_property
    def strict_intent(self) -> str:
        """The intent only if it is answerable by the client's own promise."""
        return likely_intent(self.understanding, lenient=False)

    @cached_property
    def act(self) -> SpeechAct:
        return speech_act(self.text, self.lexicon)

    @cached_property
    def is_question(self) -> bool:
        return asks(self.text, self.lexicon)

    @cached_property
    def problem(self) -> Problem | None:
        return problem_in(self.text, self.lexicon)

    @cached_property
    def is_hypothetical(self) -> bool:
        return is_hypothetical(self.tokens, self.lexicon)

    @property
    def asks_about(self) -> bool:
        return self.act.act is Act.ABOUT


def read(understanding: Understanding, text: str, lexicon: Lexicon) -> list[Clause]:
    """The clauses of a message. What a connecting word parts stays together unless both sides want different things,
    and the whole is no clearer than they are.
    """
    parts = _joined(understanding, text)
    if len(parts) <= 1:
        return [Clause(text, 0, understanding, lexicon)]
    return [Clause(part.understanding.text, part.start, _found_in(understanding, part), lexicon) for part in parts]


def stretch(clause: Clause, start: int, end: int) -> Clause:
    """The part of a clause from `start` to `end`, with what was found in it."""
    own = (
        replace(e, start=e.start - start, end=e.end - start)
        for e in clause.understanding.entities
        if start <= e.start and e.end <= end
    )
    understanding = replace(clause.understanding, text=clause.text[start:end], entities=tuple(own), clauses=())
    return Clause(clause.text[start:end], clause.start + start, understanding, clause.lexicon)


def _found_in(whole: Understanding, part: UnderstoodClause) -> Understanding:
    """The part's understanding with the entities that the whole message has in its stretch."""
    end = part.start + len(part.understanding.text)
    own = (
        replace(e, start=e.start - part.start, end=e.end - part.start)
        for e in whole.entities
        if part.start <= e.start and e.end <= end
    )
    return replace(part.understanding, entities=tuple(own))


def _joined(whole: Understanding, text: str) -> list[UnderstoodClause]:
    """Parts after a soft border that are no matter of their own go back to the part before."""
    kept: list[UnderstoodClause] = []
    for part in whole.clauses:
        if kept and not part.hard and not _differs(kept[-1].understanding, part.understanding, whole):
            kept[-1] = _merged(kept[-1], part, text, whole if len(whole.clauses) == 2 else None)
        else:
            kept.append(part)
    return kept


def _differs(left: Understanding, right: Understanding, whole: Understanding) -> bool:
    """Whether two sides of a connecting word are two matters."""
    mine, other = _top(left), _top(right)
    if not (left.in_scope and right.in_scope) or mine in ("", other) or not other:
        return left.courtesy or right.courtesy
    clearer = max(whole.intent.confidence - min(left.intent.confidence, right.intent.confidence), 0.0)
    sure = left.answerable and right.answerable
    return sure or clearer < _CLEARER


def _merged(
    left: UnderstoodClause, right: UnderstoodClause, text: str, whole: Understanding | None
) -> UnderstoodClause:
    """Two parts as one, with the surer understanding of the two (or the whole's, if they are all of it)."""
    end = right.start + len(right.understanding.text)
    surer = whole or max((left.understanding, right.understanding), key=lambda u: (u.answerable, u.intent.confidence))
    joined = _within(surer, text, left.start, end)
    return UnderstoodClause(joined, left.start, left.hard)


def _within(understanding: Understanding, text: str, start: int, end: int) -> Understanding:
    return replace(understanding, text=text[start:end], clauses=())


def _top(understanding: Understanding) -> str:
    name = understanding.intent.name
    if name != FALLBACK_INTENT:
        return name
    return understanding.ranking[0].name if understanding.ranking else ""


def whole_text(clauses: Sequence[Clause]) -> str:
    """The texts of some clauses as one."""
    return " ".join(clause.text for clause in clauses)
