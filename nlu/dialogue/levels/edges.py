"""An answer that gives more than is asked: a name with its day, a count beside the thing, a choice by what it needs."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from nlu.dialogue import answers, flow_steps
from nlu.dialogue.commands import Command, SetSlot
from nlu.dialogue.levels import counted, told
from nlu.dialogue.levels.situation import Situation, evidence
from nlu.dialogue.phrases import places_of
from nlu.dialogue.reading import Clause, stretch
from nlu.dialogue.tokens import Token, tokenize
from nlu.dialogue.values.assign import Filled
from nlu.dialogue.values.calendar import calendar
from nlu.dialogue.values.kinds import Wanted
from nlu.dialogue.wording import meant
from nlu.flows import Collect, Flow, Step

_A_WORD = 3
_MARKS = " ,;:\n"
_OF_TIME = frozenset({"date", "start", "end"})


def beside_words(situation: Situation, clause: Clause, wish: Wanted) -> list[Command]:
    """The answer in words without the values at its edges, and these: "mia klein, on 4 January", "5 of them, dell 27".
    Nothing, if no value is set off from the words.
    """
    known = [w for w in situation.unfilled if (w.is_declared or w.has_form) and w.slot.name != wish.slot.name]
    if not wish.free or wish.is_typed or wish.titles or not any(w.is_declared for w in known) or clause.is_question:
        return []
    values: dict[str, Any] = {}
    words: list[tuple[int, int]] = []
    for part in parts(clause):
        typed = [w for w in known if w.slot.name not in values]
        found = answers.values_in(situation.context, part, typed)
        if found and not telling(situation, part, found):
            values |= {one.slot: one.value for one in found}
            continue
        if pair := _counted(situation, part, wish, {w.slot.name for w in typed}):
            values |= pair[0]
            words.append((part.start - clause.start + pair[1], part.start - clause.start + pair[2]))
            continue
        end = len(part.text)
        if (last := _at_the_end(situation, part, found, typed)) is not None:
            values[last[0].slot] = last[0].value
            end = last[1]
        words.append((part.start - clause.start, part.start - clause.start + end))
    if not values or not words:
        return []
    text = ", ".join(clause.text[first:last].strip(_MARKS) for first, last in words)
    value = wish.slot.fit(meant(text, situation.context.lexicon))
    if value is None or not wish.accepts(value):
        return []
    return [SetSlot(n, v, evidence=evidence(clause, "value")) for n, v in {wish.slot.name: value, **values}.items()]


def _counted(
    situation: Situation, part: Clause, wish: Wanted, open_: set[str]
) -> tuple[dict[str, Any], int, int] | None:
    """A count in front of the thing that was asked for ("4 jabra evolve2"), the other values beside it, and from where
    to where the thing stands; all that is behind it, if something is not known.
    """
    question = situation.question
    flow = question.flow if question is not None else None
    pair = counted.things(situation, part, flow) if flow is not None else {}
    thing = str(pair.pop(wish.slot.name, ""))
    begin = part.text.find(thing) if thing else -1
    if begin < 0 or not pair or not set(pair) <= open_:
        return None
    others = [w for w in situation.unfilled if w.slot.name not in pair and w.slot.name != wish.slot.name]
    behind = stretch(part, begin + len(thing), len(part.text))
    found = answers.values_in(situation.context, behind, others)
    named = [Filled("", e.value, e.start, e.end) for e in behind.understanding.entities]
    if telling(situation, behind, [*found, *named]):
        return pair, begin, len(part.text)
    asked = flow_steps.asks_for(situation.context, flow) if flow is not None else frozenset()
    held = {n for n, v in situation.context.tracker.slots.items() if v is not None}
    known = told.loose(situation.context, behind.understanding, flow)
    own = {n: v for n, v in known.items() if n in asked - held - {wish.slot.name}}
    return {**own, **pair, **{one.slot: one.value for one in found}}, begin, begin + len(thing)


def next_words(situation: Situation, left: Sequence[Token], filled: Sequence[Filled]) -> tuple[int, int]:
    """Where the longest run of words beside the values begins and ends, without a connecting word in front."""
    runs: list[list[Token]] = [[]]
    for before, token in pairwise((None, *left)):
        if before is not None and any(before.end <= f.start < token.start for f in filled):  # type: ignore[union-attr]
            runs.append([])
        runs[-1].append(token)  # type: ignore[arg-type]
    run = max(runs, key=len)
    if any(one.end == run[0].start for one in filled) and len(run) > 1:
        run = run[1:]  # "4" and its "th"
    joins = situation.context.lexicon.connectors.at(run, 0)
    if joins is not None and joins.last + 1 < len(run):
        run = run[joins.last + 1 :]
    words = calendar(situation.context.languages)
    while len(run) > 1 and any(words.has(name, run[-1].folded) for name in ("on", "from", "until")):
        run = run[:-1]
    return run[0].start, run[-1].end


def implied(situation: Situation, clause: Clause, wish: Wanted, filled: Sequence[Filled]) -> list[Command]:
    """The one choice of a question that leads to the values, and these: a day says that it is to be moved."""
    question, lexicon = situation.question, situation.context.lexicon
    if question is None or question.flow is None or question.frame is None or not wish.titles or not filled:
        return []
    if clause.is_question or lexicon.undo.any_in(clause.tokens) or lexicon.cancel.any_in(clause.tokens):
        return []
    step = question.flow.steps.get(question.frame.step)
    chosen = choice_for(situation, question.flow, step, wish, {one.slot for one in filled})
    if chosen is None:
        return []
    given = [SetSlot(one.slot, one.value, evidence=evidence(clause, "value")) for one in filled]
    return [SetSlot(wish.slot.name, chosen, evidence=evidence(clause, "value")), *given]


def choice_for(situation: Situation, flow: Flow, step: Step | None, wish: Wanted, slots: set[str]) -> Any:
    """The one value of the choice at `step` that leads to a question for one of these slots; None if several do."""
    if step is None or len(step.branches) < 2:
        return None
    known = situation.context.tracker.slots
    values = list(dict.fromkeys(value for _, value in wish.titles))
    leading = [v for v in values if _leads_to(flow, step.following({**known, wish.slot.name: v}), slots)]
    return leading[0] if len(leading) == 1 and len(values) > 1 else None


def _leads_to(flow: Flow, here: str, slots: set[str]) -> bool:
    """Whether one of the slots is asked for next on this way, before it parts again."""
    seen: set[str] = set()
    while here in flow.steps and here not in seen:
        seen.add(here)
        step = flow.steps[here]
        if isinstance(step.do, Collect):
            return step.do.slot in slots
        if len(step.branches) != 1:
            return False
        here = step.branches[0].target
    return False


def parts(clause: Clause) -> list[Clause]:
    """The parts between commas."""
    found: list[Clause] = []
    begin = 0
    for piece in clause.text.split(", "):
        if piece.strip(_MARKS):
            found.append(stretch(clause, begin, begin + len(piece)))
        begin += len(piece) + 2
    return found


def telling(situation: Situation, part: Clause, found: Sequence[Filled]) -> list[Token]:
    """The words beside the values that say something."""
    lexicon, words = situation.context.lexicon, calendar(situation.context.languages)
    lists = (lexicon.fillers, lexicon.connectors, lexicon.objects, lexicon.subjects, lexicon.articles, lexicon.thanks)
    empty = places_of(lists, part.tokens)
    return [
        t
        for n, t in enumerate(part.tokens)
        if n not in empty
        and not any(f.start < t.end and t.start < f.end for f in found)
        and len(t.folded) >= _A_WORD
        and not (words.has("on", t.folded) or words.has("from", t.folded))
    ]


def _at_the_end(
    situation: Situation, part: Clause, found: Sequence[Filled], typed: Sequence[Wanted]
) -> tuple[Filled, int] | None:
    """The coming day at the end of some words, behind a word for "on", and where the words before it end."""
    context, tokens = situation.context, tokenize(part.text)
    words = calendar(context.languages)
    days = {w.slot.name for w in typed if set(w.kinds) & _OF_TIME}
    last = next((f for f in found if f.slot in days and f.end >= tokens[-1].end), None)
    if last is None or str(last.value) < context.today.isoformat():
        return None
    before = [t for t in tokens if t.end <= last.start]
    led = bool(before) and (words.has("on", before[-1].folded) or words.has("from", before[-1].folded))
    inner = next((t for t in tokens if last.start <= t.start), None)
    if not led and inner is not None and (words.has("on", inner.folded) or words.has("from", inner.folded)):
        led, before = True, [*before, inner]
    return (last, before[-1].start) if led and len(before) > 1 else None
