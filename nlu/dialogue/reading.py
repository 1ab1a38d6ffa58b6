"""A message as the generator reads it: its clauses, each with what it means and does."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from conversation.understanding import FALLBACK_INTENT, Understanding, UnderstoodClause
from nlu.dialogue.acts import Act, SpeechAct, asks, asks_a_fact, speech_act, wants_to_be_told
from nlu.dialogue.clauses import is_no, is_number, is_yes, waits
from nlu.dialogue.lexicon import Lexicon
from nlu.dialogue.parts import Part, parts_of
from nlu.dialogue.problems import Problem, ProblemKind, is_hypothetical, problem_in, problems_in
from nlu.dialogue.tokens import Token, tokenize
from nlu.meaning import likely_intent

_CLEARER = 0.15
_NONE, _PROBLEM = 0.1, 0.55
"""The engine's chance below which listed words report no problem after all, and from which it needs none of them."""
_CLEARLY_ASKS = 1.5
_LONG_ENOUGH = 4
_OPENING = 4
_ANSWERS = frozenset({"affirm", "deny", "cancel"})
_LIKELY, _NEARLY_SURE, _BY_FAR = 0.6, 0.9, 4.0
_SHORT = 5


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
    def asks_a_fact(self) -> bool:
        """Whether it asks how something is: nothing in it is a value, whatever it looks like."""
        return asks_a_fact(self.tokens, self.lexicon, marked=self.text.rstrip(" !").endswith("?"))

    @cached_property
    def problem(self) -> Problem | None:
        """What it reports: by the listed words unless the engine is sure that it is none, or because the engine hears
        one in a statement without them.
        """
        told = next((problem for _, problem in self.problems), None)
        chance = self.trouble
        if chance is None:
            return told
        if told is not None:
            return told if chance >= _NONE else None
        heard = chance >= _PROBLEM and not self.is_hypothetical and not self._wants_an_answer
        heard = heard and not self.lexicon.says_little(self.text)  # "no thansk" reports nothing
        return Problem(ProblemKind.DEFECT, self.text) if heard else None

    @property
    def trouble(self) -> float | None:
        """The engine's chance that it reports a problem, None of an engine that does not tell."""
        return self.understanding.extra.get("problem")

    @property
    def danger(self) -> float | None:
        """The engine's chance that it reports danger in any trade, None of an engine that does not tell."""
        return self.understanding.extra.get("danger")

    @property
    def _wants_an_answer(self) -> bool:
        """Whether it asks or asks for something; "why is it not here" complains."""
        if self.lexicon.why.at(self.tokens, 0) is not None:
            return False
        return self.is_question or self.asks_about or self.act.act is Act.FOR

    @cached_property
    def problems(self) -> tuple[tuple[Part, Problem], ...]:
        """Each problem with the part of the clause that tells of it."""
        return problems_in(self.text, self.lexicon)

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The parts that say one thing each."""
        return parts_of(self.text, self.lexicon)

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
    parts = _joined(understanding, text, lexicon)
    if len(parts) <= 1:
        return [Clause(text, 0, understanding, lexicon)]
    return [Clause(part.understanding.text, part.start, _found_in(understanding, part), lexicon) for part in parts]


def stretch(clause: Clause, start: int, end: int) -> Clause:
    """The part of a clause from `start` to `end`, with what was found in it."""
    if start == 0 and end >= len(clause.text) and not clause.understanding.clauses:
        return clause
    own = (
        replace(e, start=e.start - start, end=e.end - start)
        for e in clause.understanding.entities
        if start <= e.start and e.end <= end
    )
    understanding = replace(clause.understanding, text=clause.text[start:end], entities=tuple(own), clauses=())
    return Clause(clause.text[start:end], clause.start + start, understanding, clause.lexicon)


def is_likely(part: Understanding) -> bool:
    """Whether a part wants one thing by far, though perhaps not as surely as the client demands of an answer, or in
    words that the engine finds strange.
    """
    if part.answerable or not part.ranking:
        return part.answerable
    first, after = part.ranking[0].confidence, part.ranking[1].confidence if len(part.ranking) > 1 else 0.0
    return first >= (_LIKELY if part.in_scope else _NEARLY_SURE) and first >= _BY_FAR * after


def _found_in(whole: Understanding, part: UnderstoodClause) -> Understanding:
    """The part's understanding with the entities that the whole message has in its stretch."""
    end = part.start + len(part.understanding.text)
    own = (
        replace(e, start=e.start - part.start, end=e.end - part.start)
        for e in whole.entities
        if part.start <= e.start and e.end <= end
    )
    return replace(part.understanding, entities=tuple(own))


def _joined(whole: Understanding, text: str, lexicon: Lexicon) -> list[UnderstoodClause]:
    """Parts after a soft border that are no matter of their own go back to the part before."""
    kept: list[UnderstoodClause] = []
    for part in whole.clauses:
        if kept and not part.hard and not _stands_apart(kept[-1].understanding, part.understanding, whole, lexicon):
            kept[-1] = _merged(kept[-1], part, text, whole if len(whole.clauses) == 2 else None)
        else:
            kept.append(part)
    return kept


def _stands_apart(left: Understanding, right: Understanding, whole: Understanding, lexicon: Lexicon) -> bool:
    """Whether two sides of a connecting word are read by themselves: as two matters, or because one is sure and the
    other asks for something which nobody knows; that must not vanish in what is known.
    """
    if (alone := _behind_an_answer(left, right, lexicon)) is not None:
        return alone
    if whole.extra.get("article") and _refers_back(right.text, lexicon):
        return False
    if _differs(left, right, whole):
        return True
    sure, other = (left, right) if left.answerable else (right, left)
    if not sure.answerable or other.answerable or _top(sure) == _top(other) or _is_particle(right.text, lexicon):
        return False
    if not whole.answerable and other is left and (asks(right.text, lexicon) or _wants_something(right.text, lexicon)):
        return True
    return _wants_something(other.text, lexicon) or (other is left and _complains_and_asks(left, right, lexicon))


def _behind_an_answer(left: Understanding, right: Understanding, lexicon: Lexicon) -> bool | None:
    """Whether a question stands behind a number, or a matter behind a yes, a no or a moment asked for; None if the left
    side is none of them.
    """
    answer = tokenize(left.text)
    if is_number(answer, lexicon):
        return asks(right.text, lexicon) or wants_to_be_told(tokenize(right.text), lexicon)
    if any(leads_up(answer, lexicon) for leads_up in (is_yes, is_no, waits)):
        return is_likely(right) and not right.courtesy and _top(right) not in _ANSWERS
    return None


def _wants_something(text: str, lexicon: Lexicon) -> bool:
    """Whether a part asks for something in so many words: a question, or a request with its subject."""
    tokens = tokenize(text)
    act = speech_act(text, lexicon)
    requests = any(len(span) > 1 for span in lexicon.request.find(tokens[:_OPENING]))
    return len(tokens) >= _LONG_ENOUGH and (act.odds >= _CLEARLY_ASKS or (act.act is Act.FOR and requests))


def _complains_and_asks(left: Understanding, right: Understanding, lexicon: Lexicon) -> bool:
    """Something is wrong, and something else is asked: "the badge is broken and where is my order"."""
    return problem_in(left.text, lexicon) is not None and asks(right.text, lexicon)


def _refers_back(text: str, lexicon: Lexicon) -> bool:
    """Whether a short part speaks of what the part before it named: "and what does it cost"."""
    tokens = tokenize(text)
    return len(tokens) <= _SHORT and lexicon.back.any_in(tokens)


def _is_particle(text: str, lexicon: Lexicon) -> bool:
    """Whether the connecting word in front may as well stand in the middle of a sentence (`dann`, `also`)."""
    first = lexicon.connectors.at(tokenize(text), 0)
    return first is not None and all(t.folded in lexicon.fillers for t in tokenize(text)[: first.last + 1])


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
