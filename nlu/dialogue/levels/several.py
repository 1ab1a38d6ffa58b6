"""Several things of one kind in one message, each with its own sum, count or number: one run for each."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from nlu.dialogue import answers
from nlu.dialogue.commands import Command, CorrectSlot, SetSlot, StartFlow
from nlu.dialogue.levels import another, matters
from nlu.dialogue.levels.another import empty_places
from nlu.dialogue.levels.names import is_name, names_of, title_words
from nlu.dialogue.levels.runs import COUNTED, are_alike, counts
from nlu.dialogue.levels.situation import Situation, evidence, is_formless, wants
from nlu.dialogue.phrases import places_of
from nlu.dialogue.reading import Clause, stretch
from nlu.dialogue.refusals import named
from nlu.dialogue.serving import is_process
from nlu.dialogue.tokens import tokenize
from nlu.dialogue.values.addresses import certain_streets
from nlu.dialogue.values.assign import Filled, voided
from nlu.dialogue.values.calendar import calendar
from nlu.dialogue.values.kinds import Wanted
from nlu.flows import Flow

_BORDERS = ",;:\n"
_A_WORD = 3
_NEAR = 1
_MOST = 4
"""So many things are taken from one message; the others are not paired at all."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing: the words it stands in and what they give the slots of the process."""

    part: Clause
    slots: dict[str, Any]


def in_start(situation: Situation, message: Clause, made: Sequence[Command]) -> list[Command]:
    """The commands of a message that begins one process, with one more run for each further thing in it."""
    starts = [c for c in made if isinstance(c, StartFlow)]
    flow = situation.context.pack.triggers.get(starts[0].intent) if len(starts) == 1 else None
    if flow is None or not is_process(flow) or situation.context.tracker.stack:
        return list(made)
    items = items_in(situation, message, flow)
    if not items:
        return list(made)
    if _is_put_right(situation, message):
        return list(made)
    first = replace(starts[0], slots={**starts[0].slots, **items[0].slots})
    return [*(first if c is starts[0] else c for c in made), *again(starts[0].intent, items[1:])]


def put_right(situation: Situation, message: Clause) -> list[Command]:
    """The start of what the first sentence wants with the last number of the message, if the earlier ones were said by
    mistake ("where is 100254. no wait, that was the other one, 100244"); nothing, if one is denied by name.
    """
    context, lexicon = situation.context, situation.context.lexicon
    flow = context.pack.triggers.get(situation.clauses[0].strict_intent)
    repaired = any(span.first > 0 for span in lexicon.repair.find(message.tokens))
    if flow is None or not repaired or context.tracker.stack or not is_process(flow):
        return []
    items = items_in(situation, message, flow)
    same = {name for one in items for name in one.slots}
    if len(same) != 1 or lexicon.instead.any_in(message.tokens):
        return []
    last, first = items[-1].part, situation.clauses[0]
    denied = (lexicon.negation.places(last.tokens) - lexicon.pseudo.places(last.tokens)) or voided(last.text, lexicon)
    others = {c.strict_intent for c in situation.clauses[1:]} & set(context.pack.triggers) - {first.strict_intent}
    asks = last.is_question or lexicon.wh.any_in(last.tokens)
    if denied or asks or lexicon.contrast.any_in(last.tokens) or (others and not _is_bare(situation, last)):
        return []
    slots = {**matters.in_clause(situation, flow, first), **items[-1].slots}
    return [StartFlow(first.strict_intent, slots, evidence=evidence(first, "engine"))]


def _is_bare(situation: Situation, part: Clause) -> bool:
    """Whether it is a number and words that say nothing."""
    empty = empty_places(situation.context.lexicon, part.tokens)
    return not any(len(t.folded) >= _A_WORD and not t.is_number and n not in empty for n, t in enumerate(part.tokens))


def in_answer(situation: Situation, message: Clause) -> list[Command]:
    """An answer or a correction that names several things: the first is the open process's, the others come after."""
    question = situation.question
    if question is None or question.frame is None or question.expects not in ("", "change_what"):
        return []
    root = situation.context.tracker.root_of(question.frame)
    flow = situation.context.pack.flows.get(root.flow)
    if flow is None or not root.intent or _denies(situation, message, turns=counts(situation, flow)):
        return []
    items = items_in(situation, message, flow)
    held = situation.context.tracker.slots
    if items and _weighs(situation, items[0], flow):
        return []
    wanted = [one for one in items if not _is_refused(situation, one)]
    own = _own(situation, wanted, flow)
    corrects = situation.cue(message) or situation.context.lexicon.no.at(message.tokens, 0) is not None
    if own is not None and not counts(situation, flow):
        if beside := _beside_own(situation, message, wanted, own):
            return beside
        others = [one for one in wanted if one is not own]
        wanted, own = (others, None) if len(others) == 1 else (wanted, own)  # "no, M, L is too big"
    if wanted and question.is_consent and own is None and not corrects and len(wanted) == len(items):
        return again(root.intent, wanted)
    first = own or next(iter(wanted), None)
    proof = evidence(message, "value")
    given: list[Command] = [
        CorrectSlot(name, value, evidence=proof) if name in held else SetSlot(name, value, evidence=proof)
        for name, value in (first.slots.items() if first is not None else ())
        if held.get(name) != value
    ]
    return [*given, *again(root.intent, [one for one in wanted if one is not first])]


def _own(situation: Situation, items: Sequence[Item], flow: Flow) -> Item | None:
    """The item that is what the open process is about: by its thing, else by its number or kind; none if that is known
    and all are others.
    """
    held = situation.context.tracker.slots
    if counts(situation, flow):
        return next((one for one in items if not another.is_new(situation, one.slots, flow)), None)
    return next((one for one in items if all(_is_held(held.get(n), v) for n, v in one.slots.items())), None)


def _is_held(held: Any, value: Any) -> bool:
    """Whether a slot has the value, alone or as one of several ("L, black"), or none yet."""
    if isinstance(held, str) and isinstance(value, str) and value:
        return {t.folded for t in tokenize(value)} <= {t.folded for t in tokenize(held)}
    return held is None or bool(held == value)


def _is_refused(situation: Situation, item: Item) -> bool:
    """Whether the part it stands in says that it is not wanted ("forget the replacement")."""
    lexicon, tokens = situation.context.lexicon, item.part.tokens
    return lexicon.unwanted.any_in(tokens) or lexicon.cancel.any_in(tokens)


def _beside_own(situation: Situation, message: Clause, items: Sequence[Item], own: Item) -> list[Command]:
    """What is named beside the value that is shown: one value with it, unless that is found fault with ("M, L is too
    big"); else one more run for each, if a connecting word joins them.
    """
    question, lexicon, tokens = situation.question, own.part.lexicon, own.part.tokens
    assert question is not None
    assert question.frame is not None
    root = situation.context.tracker.root_of(question.frame)
    joined = _are_joined(situation, message, items)
    at_fault = any(phrases.any_in(tokens) for phrases in (lexicon.unfit, lexicon.negation, lexicon.wrong))
    whole = _as_one_value(situation, message, items, situation.context.pack.flows[root.flow])
    if whole and (joined or not at_fault):
        return whole
    return again(root.intent, [one for one in items if one is not own]) if joined else []


def _are_joined(situation: Situation, message: Clause, items: Sequence[Item]) -> bool:
    """Whether a connecting word stands before one of the later items: all of them are meant."""
    lexicon, tokens = situation.context.lexicon, message.tokens
    starts = {one.part.start - message.start for one in items[1:]}
    ends = [tokens[span.last].end for span in lexicon.connectors.find(tokens)]
    return any(0 <= start - end <= _NEAR for start in starts for end in ends)


def _as_one_value(situation: Situation, message: Clause, items: Sequence[Item], flow: Flow) -> list[Command]:
    """Several values of one slot that takes any words as its value ("size L and black"), unless they are of one kind,
    as months are, each of which is a run of its own.
    """
    names = {name for one in items for name in one.slots}
    wish = next((w for w in wants(situation.context, flow) if {w.slot.name} == names), None)
    values = [str(value) for one in items for value in one.slots.values()]
    if wish is None or not wish.free or wish.has_form or wish.kinds or are_alike(situation, wish, values):
        return []
    value = wish.slot.fit(", ".join(values))
    fits = value is not None and wish.accepts(value)
    return [CorrectSlot(wish.slot.name, value, evidence=evidence(message, "value"))] if fits else []


def _weighs(situation: Situation, first: Item, flow: Flow) -> bool:
    """Whether the answer to how much only weighs sums ("800 should do, maybe 900"): what for was said before."""
    asked = situation.asked
    if asked is None or not set(asked.kinds) & COUNTED:
        return False
    return another.is_new(situation, first.slots, flow)


def again(intent: str, items: Sequence[Item]) -> list[Command]:
    """One more run for each thing."""
    return [StartFlow(intent, one.slots, again=True, evidence=evidence(one.part, "value")) for one in items]


def items_in(situation: Situation, message: Clause, flow: Flow) -> list[Item]:
    """The things of a list, two at least, each with a value of the same slot; none if it is no such list."""
    wishes = [w for w in wants(situation.context, flow) if not is_formless(w)]
    typed = [w for w in wishes if w.is_typed]
    parts = _parts(situation, message)
    apart = [wish for wish in typed if _tells_apart(wish)]
    if not any(set(wish.kinds) & COUNTED for wish in apart):
        apart += [wish for wish in typed if _is_listed(wish)]
    if len(parts) == 1 or not apart:
        return []
    found = [{f.slot: f for f in answers.values_in(situation.context, part, typed, held={})} for part in parts]
    for wish in apart:
        name = wish.slot.name
        counted = bool(set(wish.kinds) & COUNTED)
        items: list[Item] = []
        for place, (part, values) in enumerate(zip(parts, found, strict=True)):
            slots = {one.slot: one.value for one in values.values()}
            if counted:
                slots |= _one(situation, part, wish, slots)
            if name not in slots or (counted and not place and _announces(situation, part, values.get(name), flow)):
                continue
            if counted and not (thing := _thing(situation, part, wishes, values, first=not place)):
                return []
            items.append(Item(part, {**(thing if counted else {}), **slots}))
        if counted and "quantity" in wish.kinds and not _is_one_order(items, found, name):
            return []
        if 1 < len(items) <= _MOST and (counted or len({str(i.slots[name]) for i in items}) == len(items)):
            return items
    return []


def _announces(situation: Situation, part: Clause, count: Filled | None, flow: Flow) -> bool:
    """Whether a number only says how many matters of its kind follow ("I have 3 expenses: ...")."""
    if count is None or not part.text[count.start : count.end].strip().isdigit():
        return False
    intent = next(name for name, one in situation.context.pack.triggers.items() if one is flow)
    title, lexicon = title_words(situation.context, intent), situation.context.lexicon
    names = title | names_of(situation, intent, shared=True).words
    empty = empty_places(lexicon, part.tokens) | places_of((lexicon.speaker, lexicon.request), part.tokens)
    telling = [t for n, t in enumerate(part.tokens) if n not in empty and not count.start <= t.start < count.end]
    words = [named([t]) for t in telling]
    return any(is_name(one, title) for one in words) and all(is_name(one, names) for one in words)


def _tells_apart(wish: Wanted) -> bool:
    """Whether each thing has its own value of the slot: a sum, a count, or a number that it is known by."""
    numbered = wish.slot.type == "text" and (wish.has_form or bool(wish.entities)) and not wish.free
    return bool(set(wish.kinds) & COUNTED) or (numbered and not wish.kinds)


def _is_listed(wish: Wanted) -> bool:
    """Whether a process that tells its runs apart by no number may be wanted for several of what the slot takes, by the
    words that are known for it ("October and November").
    """
    return wish.slot.type == "text" and bool(wish.entities) and wish.free and not wish.kinds


def _is_one_order(items: Sequence[Item], found: Sequence[dict[str, Any]], name: str) -> bool:
    """Whether counts stand on the same side of their things: a number behind a word is often its name ("dell 27")."""
    sides = set()
    for item, values in zip(items, (f for f in found if name in f), strict=False):
        things = (item.part.text.find(str(v)) for n, v in item.slots.items() if n != name)
        sides |= {place < values[name].start for place in things if place >= 0}
    return len(sides) <= 1


def _parts(situation: Situation, message: Clause) -> list[Clause]:
    """The stretches of a message between connecting words and marks."""
    lexicon, tokens, text = situation.context.lexicon, message.tokens, message.text
    streets = {end for _, _, end in certain_streets(text)}
    borders: list[tuple[int, int]] = []
    for place in range(1, len(tokens)):
        span = lexicon.connectors.at(tokens, place)
        if span is not None and span.last < len(tokens) - 1:
            borders.append((tokens[place].start, tokens[span.last].end))
        elif tokens[place].is_number and tokens[place - 1].end in streets:
            continue  # the postcode of the address
        elif any(c in _BORDERS for c in text[tokens[place - 1].end : tokens[place].start]):
            borders.append((tokens[place].start, tokens[place].start))
    edges = [(0, 0), *borders, (len(text), len(text))]
    cut = [(before[1], after[0]) for before, after in pairwise(edges)]
    return [stretch(message, start, end) for start, end in cut if text[start:end].strip(" ,;:.-")]


def _one(situation: Situation, part: Clause, wish: Wanted, slots: dict[str, Any]) -> dict[str, Any]:
    """A count of one that is only an article ("and a chair") in a list of things that are counted."""
    if wish.slot.name in slots or "quantity" not in wish.kinds:
        return {}
    words = calendar(situation.context.languages)
    empty = empty_places(situation.context.lexicon, part.tokens)
    first = next((t for n, t in enumerate(part.tokens) if n not in empty), None)
    small = [t for t in part.tokens if first is None or t.start < first.start]
    single = any(words.number(t.folded) == 1 for t in (*small, *((first,) if first else ())))
    value = wish.slot.fit(1) if single else None
    return {} if value is None else {wish.slot.name: value}


def _thing(
    situation: Situation, part: Clause, wishes: Sequence[Wanted], values: dict[str, Any], *, first: bool
) -> dict[str, Any]:
    """What the sum or count is of, as the value of the process's free question; nothing if nobody says."""
    free = next((w for w in wishes if w.free and not w.has_form), None)
    if free is not None and free.slot.name in values:
        return {free.slot.name: values[free.slot.name].value}
    empty = empty_places(situation.context.lexicon, part.tokens)
    telling = [
        t
        for n, t in enumerate(part.tokens)
        if n not in empty and not any(f.start < t.end and t.start < f.end for f in values.values())
    ]
    telling = [t for t in telling if calendar(situation.context.languages).number(t.folded) is None]
    if free is None or not any(len(t.folded) >= _A_WORD for t in telling):
        return {}
    begun = [t for t in telling if not any(f.end <= t.start for f in values.values())]
    own = [t for t in telling if t not in begun] if first and len(begun) < len(telling) else telling
    value = free.slot.fit(part.text[own[0].start : own[-1].end])
    return {free.slot.name: value} if value is not None and free.accepts(value) else {}


def _denies(situation: Situation, message: Clause, *, turns: bool = True) -> bool:
    """Whether one of the values is named as what does not hold, or all of them are one; `turns`: also by a "but"."""
    lexicon, tokens = situation.context.lexicon, message.tokens
    lists = (lexicon.instead, lexicon.together, lexicon.undo, *((lexicon.contrast,) if turns else ()))
    opening = lexicon.no.places(tokens) | (frozenset() if turns else lexicon.contrast.places(tokens))
    repaired = any(set(range(span.first)) - opening for span in lexicon.repair.find(tokens))
    return repaired or bool(voided(message.text, lexicon)) or any(phrases.any_in(tokens) for phrases in lists)


def _is_put_right(situation: Situation, message: Clause) -> bool:
    """Whether something in a first message is denied or corrected: its values are not several things."""
    lexicon, tokens = situation.context.lexicon, message.tokens
    denied = lexicon.negation.places(tokens) - lexicon.pseudo.places(tokens)
    wishes = lexicon.request.places(tokens) | lexicon.fillers.places(tokens) | lexicon.possible.places(tokens)
    corrects = any(not set(span.own) & wishes for span in lexicon.correction.find(tokens))
    return corrects or _denies(situation, message) or bool(denied) or lexicon.no.any_in(tokens)
