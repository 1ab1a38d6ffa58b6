"""A first message that gives its process one answer a line, in the order of the questions."""

import re
from collections.abc import Sequence
from typing import Any

from nlu.dialogue import answers
from nlu.dialogue.commands import Ask, Clarify, Command, Guess, Handoff, StartFlow, Urgent
from nlu.dialogue.levels import matters, talk
from nlu.dialogue.levels.leftovers import chosen, on_the_way
from nlu.dialogue.levels.names import names_of
from nlu.dialogue.levels.situation import Situation, evidence, is_formless, wants
from nlu.dialogue.levels.telegram import dated
from nlu.dialogue.reading import Clause, stretch
from nlu.dialogue.refusals import named
from nlu.dialogue.replacements import button_named
from nlu.dialogue.serving import is_process
from nlu.dialogue.values.kinds import Wanted, wanted
from nlu.dialogue.wording import is_excuse, meant
from nlu.flows import Flow

_SENTENCE = re.compile(r"(?<=\w)[.!]\s+")
_FEW_WORDS = 4
_SHORT = 3
_A_LINE = 12


def given(situation: Situation, message: Clause, made: Sequence[Command]) -> list[Command]:
    """The commands of a message that begins a process and answers its questions line by line, or in a short list with
    commas; nothing, if a part of it fits no question.
    """
    if situation.context.tracker.stack or not made or any(isinstance(c, Handoff | Urgent | Ask) for c in made):
        return []
    parts = _parts(message)
    flow = _process(situation, parts[0], made) if len(parts) > 1 else None
    if flow is None or not is_process(flow):
        return []
    slots = _slots(situation, flow, parts)
    if slots is None:
        return []
    intent = next(name for name, one in situation.context.pack.triggers.items() if one is flow)
    return [StartFlow(intent, slots, evidence=evidence(parts[0], "engine"))]


def _parts(message: Clause) -> list[Clause]:
    """The lines; the parts between commas, where all are short."""
    found = _split(message, "\n")
    if len(found) > 1:
        return found if all(len(one.tokens) <= _A_LINE for one in found) else []
    found = _split(message, ",")
    listed = len(found) > 2 and all(len(one.tokens) <= _FEW_WORDS for one in found)
    mixed = any(len({t.is_number for t in one.tokens}) > 1 for one in found[1:])
    return found if listed and not mixed else []


def _split(message: Clause, mark: str) -> list[Clause]:
    found: list[Clause] = []
    begin = 0
    for piece in message.text.split(mark):
        inner = piece.strip(" ,;\n")
        if inner:
            start = begin + piece.index(inner)
            found.append(stretch(message, start, start + len(inner)))
        begin += len(piece) + 1
    return found


def _process(situation: Situation, first: Clause, made: Sequence[Command]) -> Flow | None:
    """The process that the first part names: what was understood, of several the one it shares the most words with."""
    names: list[str] = []
    for command in made:
        if isinstance(command, StartFlow | Guess) and command.intent:
            names.append(command.intent)
        elif isinstance(command, Clarify):
            names += command.options
    triggers = situation.context.pack.triggers
    words = named(first.tokens)
    shared = {n: len(words & names_of(situation, n, shared=True).words) for n in dict.fromkeys(names) if n in triggers}
    if len(shared) == 1 and isinstance(made[0], StartFlow):
        return triggers[next(iter(shared))]
    best = max(shared, key=lambda n: shared[n], default="")
    if not best or not shared[best] or [*shared.values()].count(shared[best]) > 1:
        return None
    return triggers[best]


def _slots(situation: Situation, flow: Flow, parts: Sequence[Clause]) -> dict[str, Any] | None:
    """What the parts answer, None if one answers nothing."""
    slots = matters.in_clause(situation, flow, parts[0])
    slots |= dated(situation, flow, parts[0], slots)
    slots = {**chosen(situation, flow, parts[0].text), **slots}
    last = ""
    for part in (_without_excuse(situation, one) for one in parts[1:]):
        if _is_other(situation, part):
            return None
        if talk.is_polite(situation, part) or situation.context.lexicon.says_little(part.text):
            continue
        if _is_second(situation, flow, part, slots):
            return None
        found = _answer(situation, _open(situation, flow, slots), part)
        if found:
            slots |= found
            last = next((name for name, value in found.items() if isinstance(value, str)), "")
        elif last and "\n" not in situation.context.text:
            slots[last] = f"{slots[last]}, {part.text}"
        else:
            return None
    return slots


def _without_excuse(situation: Situation, part: Clause) -> Clause:
    """The part behind an excuse that is a sentence of its own ("sorry, was in a meeting. Vienna")."""
    end = _SENTENCE.search(part.text)
    if end is None or not is_excuse(part.text[: end.start()], situation.context.lexicon):
        return part
    return stretch(part, end.end(), len(part.text))


def _is_other(situation: Situation, part: Clause) -> bool:
    """Whether the part asks, wants something or takes something back."""
    lexicon = situation.context.lexicon
    wants_more = len(part.tokens) > _FEW_WORDS and lexicon.request.any_in(part.tokens)
    return part.is_question or wants_more or lexicon.undo.any_in(part.tokens)


def _is_second(situation: Situation, flow: Flow, part: Clause, slots: dict[str, Any]) -> bool:
    """Whether the part has a typed value for what is answered already, beside other words: it is a second thing."""
    typed = [w for w in wants(situation.context, flow) if w.is_typed and not w.free and w.slot.name in slots]
    found = answers.values_in(situation.context, part, typed, held={})
    return bool(found) and bool(situation.left(part, found))


def _open(situation: Situation, flow: Flow, slots: dict[str, Any]) -> list[Wanted]:
    context = situation.context
    collects = on_the_way(context, flow, {**context.tracker.slots, **slots})
    wishes = [wanted(context.pack.domain, c.slot, c) for c in collects if c.slot not in slots]
    ahead = [w for w in wishes if w is not None]
    known = {w.slot.name for w in ahead} | set(slots)
    later = [w for w in wants(context, flow) if w.has_form and not w.free and w.slot.name not in known]
    return [w for w in (*ahead, *later) if not is_formless(w)]


def _answer(situation: Situation, wishes: Sequence[Wanted], part: Clause) -> dict[str, Any]:
    """The part as the answer to the first of these questions that it fits, a typed value before any words."""
    typed = sorted((w for w in wishes if w.is_typed), key=lambda w: not w.has_form)
    for wish in typed:
        filled = answers.values_in(situation.context, part, [wish], asked=wish.slot.name, held={})
        beside = len(situation.left(part, filled))
        if filled and (not beside or (beside == 1 and len(part.tokens) <= _SHORT)):
            return {wish.slot.name: filled[0].value}
    free = next((w for w in wishes if w.free and not w.has_form), None)
    if free is None or answers.values_in(situation.context, part, [w for w in typed if w is not free], held={}):
        return {}
    pressed = button_named(situation.context, part.text, free) if free.titles else None
    if free.titles and pressed is None:
        return {}
    value = free.slot.fit(pressed if pressed is not None else meant(part.text, situation.context.lexicon))
    return {free.slot.name: value} if value is not None and free.accepts(value) else {}
