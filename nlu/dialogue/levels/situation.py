"""What a clause is read against."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from nlu.dialogue import flow_steps
from nlu.dialogue.commands import Command, Evidence
from nlu.dialogue.questions import Question
from nlu.dialogue.reading import Clause
from nlu.dialogue.serving import is_running
from nlu.dialogue.tokens import Token
from nlu.dialogue.turn import TurnContext
from nlu.dialogue.values.assign import Filled, voided
from nlu.dialogue.values.calendar import calendar
from nlu.dialogue.values.kinds import Wanted, wanted
from nlu.flows import Collect, Flow

LONG_WORDS = 3
A_SENTENCE = 14


@dataclass
class Situation:
    """What the clauses of one message meet: the open question, what the open flows still ask for and what they know.
    Gathers what was made of the clauses: commands, clauses kept for free text, clauses nobody read, and a yes or no
    whose clause says more.
    """

    context: TurnContext
    question: Question | None
    clauses: Sequence[Clause]
    made: list[Command] = field(default_factory=list)
    free: list[Clause] = field(default_factory=list)
    unread: list[Clause] = field(default_factory=list)
    sense: list[Command] = field(default_factory=list)

    @property
    def takes_free_text(self) -> bool:
        wish = self.asked
        return wish is not None and wish.free and not self.is_consent

    @property
    def is_consent(self) -> bool:
        return self.question is not None and self.question.is_consent

    @property
    def asked(self) -> Wanted | None:
        question = self.question
        if question is None or question.collect is None or question.expects:
            return None
        return wanted(self.context.pack.domain, question.collect.slot, question.collect)

    @property
    def next_free(self) -> Wanted | None:
        """The free-text slot that is asked for right after the open question, if it is still empty."""
        question = self.question
        if question is None or question.flow is None or question.frame is None or question.collect is None:
            return None
        step = question.flow.steps.get(question.frame.step)
        following = question.flow.steps.get(step.branches[0].target) if step and len(step.branches) == 1 else None
        if following is None or not isinstance(following.do, Collect):
            return None
        wish = wanted(self.context.pack.domain, following.do.slot, following.do)
        empty = wish is not None and self.context.tracker.slots.get(wish.slot.name) is None
        return wish if wish is not None and empty and wish.free and not wish.is_typed else None

    @property
    def unfilled(self) -> list[Wanted]:
        """The slots the open flows may still ask for and that have no value yet, with a form to be known by."""
        found: dict[str, Wanted] = {}
        for frame in reversed(self.context.tracker.stack):
            flow = self.context.pack.flows.get(frame.flow)
            for wish in wants(self.context, flow) if flow else ():
                if wish.is_typed and not is_formless(wish) and self.context.tracker.slots.get(wish.slot.name) is None:
                    found.setdefault(wish.slot.name, wish)
        return list(found.values())

    @property
    def composites(self) -> list[Wanted]:
        tracker = self.context.tracker
        found: dict[str, Wanted] = {}
        for frame in reversed(tracker.stack):
            flow = self.context.pack.flows.get(frame.flow)
            for wish in wants(self.context, flow) if flow else ():
                if wish.collect is not None and wish.collect.parts and wish.slot.name in tracker.slots:
                    found.setdefault(wish.slot.name, wish)
        return list(found.values())

    @property
    def given(self) -> list[Wanted]:
        tracker = self.context.tracker
        found: dict[str, Wanted] = {}
        for frame in reversed(tracker.stack):
            flow = self.context.pack.flows.get(frame.flow)
            for wish in wants(self.context, flow) if flow else ():
                if wish.slot.name in tracker.slots and not is_formless(wish):
                    found.setdefault(wish.slot.name, wish)
        return list(found.values())

    def cue(self, clause: Clause) -> bool:
        return (
            self.context.lexicon.correction.any_in(clause.tokens[:4])
            or bool(self.context.lexicon.correction.find(clause.tokens) and len(clause.tokens) <= 8)
            or bool(voided(clause.text, self.context.lexicon))
            or self.context.lexicon.unheard.any_in(clause.tokens)
        )

    def other_matter(self, clause: Clause) -> bool:
        flow = self.context.pack.triggers.get(clause.strict_intent)
        return flow is not None and not is_running(self.context, flow)

    def left(self, clause: Clause, filled: Sequence[Filled]) -> list[Token]:
        """The words of a clause outside of the values found in it, without those that say nothing."""
        lexicon = self.context.lexicon
        empty = lexicon.fillers.places(clause.tokens) | lexicon.greeting.places(clause.tokens)
        empty |= lexicon.thanks.places(clause.tokens) | lexicon.correction.places(clause.tokens)
        outside = [t for t in clause.tokens if not any(f.start < t.end and t.start < f.end for f in filled)]
        kept = [t for t in outside if clause.tokens.index(t) not in empty]
        return outside if len(kept) >= LONG_WORDS else kept if kept and not _is_small(kept, self.context) else []


def wants(context: TurnContext, flow: Flow) -> list[Wanted]:
    """What a flow, with those it calls, may ask for."""
    known: list[Wanted] | None = context.pack.derived.get(("wants", flow.id))
    if known is None:
        collects: dict[str, Collect] = {}
        for part in flow_steps.parts(context, flow.id):
            for collect in part.collects:
                collects.setdefault(collect.slot, collect)
        wishes = (wanted(context.pack.domain, slot, collect) for slot, collect in collects.items())
        known = context.pack.derived["wants", flow.id] = [wish for wish in wishes if wish is not None]
    return known


def is_formless(wish: Wanted) -> bool:
    """Whether the slot is filled by a yes or no, or by parts: neither is told by its form alone."""
    composite = wish.collect is not None and bool(wish.collect.parts)
    return wish.slot.type == "bool" or composite


def is_only(clause: Clause, *lists: Any) -> bool:
    """Whether every word of the clause belongs to one of the lists, the first of which it has."""
    if not clause.tokens or not lists[0].any_in(clause.tokens):
        return False
    places: set[int] = set()
    for phrases in lists:
        places |= phrases.places(clause.tokens)
    return len(places) == len(clause.tokens)


def evidence(clause: Clause, source: str = "words") -> Evidence:
    return Evidence(clause.text, clause.understanding.intent.confidence, source)


def _is_small(tokens: Sequence[Token], context: TurnContext) -> bool:
    """Whether words left over are only such as go with a value (`am`, `um`, `bis`, `für`)."""
    words = calendar(context.languages)
    listed = (t.folded for t in tokens)
    return all(words.has("on", w) or words.joins(w) or words.has("from", w) or len(w) <= 3 for w in listed)
