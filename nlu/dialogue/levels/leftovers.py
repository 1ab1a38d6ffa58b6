"""What a first message says beside the matter and its typed values: the answers to questions that take any words."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from nlu.dialogue import answers
from nlu.dialogue.commands import StartFlow
from nlu.dialogue.flow_steps import parts
from nlu.dialogue.levels import talk
from nlu.dialogue.levels.situation import Situation, is_formless, wants
from nlu.dialogue.polarity import polarity
from nlu.dialogue.reading import Clause
from nlu.dialogue.serving import is_process
from nlu.dialogue.tokens import stem, tokenize
from nlu.dialogue.turn import TurnContext
from nlu.dialogue.values.kinds import wanted
from nlu.dialogue.wording import is_excuse, meant
from nlu.domain import SlotType
from nlu.flows import Call, Collect, Flow

_SEGMENT = re.compile(r"(?:(?!,\s)[^\n;])+")
_A_WORD = 3


def without_values(situation: Situation) -> None:
    """Clauses that are nothing but values of the process that begins are no matters of their own ("September")."""
    starts = [c for c in situation.made if isinstance(c, StartFlow)]
    flow = situation.context.pack.triggers.get(starts[0].intent) if len(starts) > 1 else None
    if flow is None or not is_process(flow):
        return
    typed = [w for w in wants(situation.context, flow) if w.is_typed and not is_formless(w)]
    for other in starts[1:]:
        clause = next((c for c in situation.clauses if c.text == other.evidence.clause), None)
        found = answers.values_in(situation.context, clause, typed, held={}) if clause is not None else []
        if clause is None or not found or situation.left(clause, found):
            continue
        first = next(c for c in situation.made if isinstance(c, StartFlow))
        slots = {**{one.slot: one.value for one in found}, **first.slots}
        situation.made[situation.made.index(first)] = replace(first, slots=slots)
        situation.made.remove(other)


def take(situation: Situation) -> None:
    """Gives the free questions of the one process that begins what nothing else of the message took, in order, and its
    yes/no questions what is said of them by name ("police yes").
    """
    starts = [c for c in situation.made if isinstance(c, StartFlow)]
    flow = situation.context.pack.triggers.get(starts[0].intent) if len(starts) == 1 else None
    if flow is None or not is_process(flow) or situation.context.tracker.stack:
        return
    start = starts[0]
    given = dict(start.slots)
    for clause, text in _segments(situation, start, flow):
        if _ends_message(situation, text):
            break
        text = text.rstrip(" .!")  # noqa: PLW2901 - a sentence without its mark
        if (truth := _truth(situation, text, flow)) is not None:
            given |= truth
        elif _says_something(situation, clause, text, flow) and (value := _free(situation, flow, given, text)):
            given |= value
        else:
            continue
        situation.unread = [c for c in situation.unread if c is not clause]
    situation.made[situation.made.index(start)] = replace(start, slots=given)


def _free(situation: Situation, flow: Flow, given: Mapping[str, Any], text: str) -> dict[str, Any]:
    """The text as the value of the first free question that the process would ask now."""
    context = situation.context
    known = {**context.tracker.slots, **given}
    for collect in _on_the_way(context, flow, known):
        wish = wanted(context.pack.domain, collect.slot, collect)
        if wish is None or not wish.free or collect.slot in known:
            continue
        value = wish.slot.fit(meant(text, context.lexicon))
        return {collect.slot: value} if value is not None and wish.accepts(value) else {}
    return {}


def _truth(situation: Situation, text: str, flow: Flow) -> dict[str, Any] | None:
    """A yes or no to a question of the process that the text names and says nothing else."""
    lexicon, tokens = situation.context.lexicon, tokenize(text)
    for wish in wants(situation.context, flow):
        if wish.slot.type is not SlotType.BOOL or wish.collect is None or wish.collect.confirms:
            continue
        rest = [t for t in tokens if stem(t.folded) not in wish.labels]
        left = polarity(" ".join(text[t.start : t.end] for t in rest), lexicon)
        if len(rest) < len(tokens) and left.is_bare:
            return {wish.slot.name: left.sense}
    return None


def _on_the_way(context: TurnContext, flow: Flow, known: Mapping[str, Any]) -> Iterator[Collect]:
    """What the process asks for with these values, up to where an action decides how it goes on."""
    here, seen = flow.first, set()
    while here in flow.steps and here not in seen:
        seen.add(here)
        step = flow.steps[here]
        if isinstance(step.do, Collect):
            yield step.do
        elif isinstance(step.do, Call):
            yield from (c for part in parts(context, step.do.flow) for c in part.collects)
        here = step.following(known)


def _segments(situation: Situation, start: StartFlow, flow: Flow) -> Iterator[tuple[Clause, str]]:
    """Clauses that nobody read, as a whole if no value is in them, and the parts between commas of the others."""
    typed = [w for w in wants(situation.context, flow) if w.is_typed and not is_formless(w)]
    for clause in situation.clauses:
        begins = clause.text == start.evidence.clause
        if not begins and clause not in situation.unread:
            continue
        found = answers.values_in(situation.context, clause, typed, held={})
        pieces = [m for m in _SEGMENT.finditer(clause.text) if m[0].strip(" ,")]
        if not begins and not found:
            yield clause, clause.text
            continue
        if begins and not found:
            continue  # no list of values, but one sentence
        for piece in pieces[1:] if begins else pieces:
            inside = [one for one in found if piece.start() < one.end and one.start < piece.end()]
            own = [t for t in clause.tokens if piece.start() <= t.start and t.end <= piece.end()]
            left = [t for t in own if not any(f.start < t.end and t.start < f.end for f in inside)]
            if not inside or (len(left) >= _A_WORD and len(left) > len(own) - len(left)):
                yield clause, piece[0].strip(" ,")


def _ends_message(situation: Situation, text: str) -> bool:
    """Whether courtesy begins here: what follows is a greeting and a name."""
    lexicon, tokens = situation.context.lexicon, tokenize(text)
    return lexicon.goodbye.at(tokens, 0) is not None or lexicon.thanks.at(tokens, 0) is not None


def _says_something(situation: Situation, clause: Clause, text: str, flow: Flow) -> bool:
    """Whether a segment is neither courtesy nor a question, a request, an excuse or a value of another slot."""
    lexicon = situation.context.lexicon
    part = Clause(text, clause.start, replace(clause.understanding, text=text, entities=(), courtesy=False), lexicon)
    if not any(len(t.folded) >= _A_WORD and not t.is_number for t in part.tokens):
        return False
    if lexicon.says_little(text) or talk.is_polite(situation, part) or part.is_question or is_excuse(text, lexicon):
        return False
    if part.act.odds <= -1.0 or lexicon.thanks.any_in(part.tokens) or lexicon.goodbye.any_in(part.tokens):
        return False
    typed = [w for w in wants(situation.context, flow) if w.is_typed and not is_formless(w)]
    return not answers.values_in(situation.context, part, typed, held={})
