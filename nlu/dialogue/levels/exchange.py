"""A message that names a value as it stands and another in its place ("X, not Y"), whatever stands in them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from nlu.dialogue import answers, done
from nlu.dialogue.commands import Change, Command, CorrectSlot, SetSlot, StartFlow
from nlu.dialogue.consents import said
from nlu.dialogue.levels import corrections, refusals, talk
from nlu.dialogue.levels.situation import Situation, evidence, wants
from nlu.dialogue.phrases import places_of
from nlu.dialogue.reading import Clause
from nlu.dialogue.replacements import button_named, without_cues
from nlu.dialogue.tokens import Token, tokenize
from nlu.dialogue.values.kinds import Wanted, wanted
from nlu.dialogue.values.readings import readings
from nlu.dialogue.wording import meant
from nlu.dialogue.writes import is_write

_SENTENCE = re.compile(r"[!?;\n]+|(?<=[^\W\d])\.(?=\s|$)")
_DONE = "done:"
"""Before the key of the write whose value is exchanged."""
_FEW = 2
_LONGEST = 14
"""Nobody names a longer value to say that it was wrong."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a held value stands in a sentence: the words before and behind it. `is_number`: it is digits alone."""

    start: int
    end: int
    before: Sequence[Token]
    after: Sequence[Token]
    is_number: bool = False


def take(situation: Situation) -> list[Clause]:
    """Adds what the message exchanges; the clauses that are left to be read."""
    if not situation.context.lexicon.instead.any_in(tokenize(situation.context.text)):
        return list(situation.clauses)
    for wish, held, finish in _held(situation):
        for place in _places(situation, wish, held[wish.slot.name]):
            value = _new(situation, wish, place)
            if value is None or value == held[wish.slot.name]:
                continue
            inside = [c for c in situation.clauses if place.start <= c.start and c.start + len(c.text) <= place.end]
            if not inside or any(level(situation, c) for c in inside for level in (talk.urgent, talk.wish_for_person)):
                return list(situation.clauses)
            situation.made += _commands(wish, value, finish, inside[0])
            if finish == "open":
                situation.made += _beside(situation, wish, value, inside)
            if finish not in ("open", "done"):
                situation.made += corrections.still_wrong(situation, inside[0])
            return [c for c in situation.clauses if c not in inside]
    for clause in situation.clauses if not situation.context.tracker.stack else ():
        calm = not (clause.is_question or talk.urgent(situation, clause) or talk.wish_for_person(situation, clause))
        if calm and (change := corrections.parts_of_done(situation, clause)) is not None:
            situation.made.append(change)
            return [c for c in situation.clauses if c is not clause]
    return _contrasted(situation)


def _beside(situation: Situation, wish: Wanted, value: Any, clauses: Sequence[Clause]) -> list[Command]:
    """What the same sentence puts right beside it ("it was 43.50, and parking, not taxi"): other sums, counts, days."""
    context = situation.context
    held = {wish.slot.name: value, **{w.slot.name: context.tracker.slots.get(w.slot.name) for w in situation.given}}
    wishes = [w for w in situation.given if w.kinds and w.slot.name != wish.slot.name]
    found = (one for clause in clauses for one in answers.values_in(context, clause, wishes, held=held))
    told = evidence(clauses[0], "value")
    names = {t.folded for one in (value, context.tracker.slots.get(wish.slot.name)) for t in tokenize(str(one))}
    apart = (f for f in found if not {t.folded for t in tokenize(str(f.value))} <= names)
    return [CorrectSlot(f.slot, f.value, evidence=told) for f in apart if f.value != held.get(f.slot)]


def _contrasted(situation: Situation) -> list[Clause]:
    """An answer to a question that takes any words that also says what it is not ("nicht X, sondern Y")."""
    context, wish = situation.context, situation.asked
    if wish is None or not situation.takes_free_text or len(situation.clauses) > _FEW:
        return list(situation.clauses)
    if any(refusals.of(situation, clause) for clause in situation.clauses):
        return list(situation.clauses)
    tokens = tokenize(context.text)
    for span in context.lexicon.instead.find(tokens):
        head, tail = tokens[: span.first], tokens[span.last + 1 :]
        new = without_cues(context, head)
        turn = next((n for n in range(1, len(tail)) if context.lexicon.contrast.at(tail, n)), None)
        if turn is None and not head:  # "nicht X, Y"
            commas = [n for n in range(1, len(tail)) if "," in context.text[tail[n - 1].end : tail[n].start]]
            turn = commas[0] if len(commas) == 1 else None
        if new and (len(new) == len(head) or not tail):
            continue  # no cue: it may be the answer itself ("Brot statt Kuchen")
        chosen = new or (without_cues(context, tail[turn:]) if turn is not None else ())
        text = context.text[chosen[0].start : chosen[-1].end] if chosen else ""
        value = wish.slot.fit(meant(text, context.lexicon)) if text else None
        if value is not None and wish.accepts(value):
            situation.made.append(SetSlot(wish.slot.name, value, evidence=evidence(situation.clauses[0], "value")))
            return []
    return list(situation.clauses)


def with_twins(situation: Situation, commands: Sequence[Command]) -> list[Command]:
    """The commands, and what they change also for the slots that had taken the same value from the same words."""
    made: list[Command] = []
    for one in commands:
        made.append(one)
        if isinstance(one, CorrectSlot):
            held = situation.context.tracker.slots.get(one.slot)
            named = {c.slot for c in commands if isinstance(c, CorrectSlot | SetSlot)}
            twins = [name for name in _twins(situation, one.slot, held) if name not in named]
            made += [CorrectSlot(name, one.value, evidence=one.evidence) for name in twins]
        elif isinstance(one, StartFlow) and one.slots:
            made[-1] = replace(one, slots=_alike(situation, one))
    return made


def _twins(situation: Situation, slot: str, value: Any) -> list[str]:
    """Other slots that took this number from the same words: those that entities fill, too."""
    if not isinstance(value, str) or not any(c.isdigit() for c in value):
        return []
    known, slots = situation.context.pack.domain.slots, situation.context.tracker.slots
    mapped = (n for n, s in known.items() if n != slot and any(m.kind == "from_entity" for m in s.mappings))
    return [name for name in mapped if slots.get(name) == value]


def _alike(situation: Situation, start: StartFlow) -> dict[str, Any]:
    """The slots of a start; those that had the same number as one that is looked up anew get the new one."""
    flow = situation.context.pack.triggers.get(start.intent)
    asked = {w.slot.name for w in wants(situation.context, flow)} if flow is not None else set()
    slots = dict(start.slots)
    last = situation.context.tracker.last.get("slots", {})
    for name in asked & set(slots):
        slots |= {other: slots[name] for other in _twins(situation, name, last.get(name)) if other not in asked}
    return slots


def _commands(wish: Wanted, value: Any, finish: str, clause: Clause) -> list[Command]:
    slot, told = wish.slot.name, evidence(clause, "value")
    if finish == "open":
        return [CorrectSlot(slot, value, evidence=told)]
    if finish.startswith(_DONE):
        return [Change({slot: value}, finish.removeprefix(_DONE), evidence=told)]
    return [StartFlow(finish, {slot: value}, evidence=told)]


def _held(situation: Situation) -> Iterator[tuple[Wanted, Mapping[str, Any], str]]:
    """What was said and may be exchanged: in the open flows; else in what was written, or in the last flow."""
    context, tracker = situation.context, situation.context.tracker
    if tracker.stack:
        yield from ((wish, tracker.slots, "open") for wish in situation.given)
        return
    for last in (tracker.last, *tracker.past):
        flow = context.pack.flows.get(last.get("flow", ""))
        if flow is not None and not any(is_write(context.pack, a) for a in _actions(flow.steps.values())):
            known = last.get("slots", {})
            yield from ((w, known, last.get("intent", "")) for w in wants(context, flow) if w.slot.name in known)
    for written in done.open_writes(context):
        facts, wrote = done.facts_of(written), context.pack.flows.get(written.flow)
        collects = {c.slot: c for c in wrote.collects} if wrote is not None else {}
        for name in done.collected_in(written):
            wish = wanted(context.pack.domain, name, collects.get(name))
            if wish is not None and facts.get(name) is not None and not isinstance(facts[name], bool):
                yield wish, facts, f"{_DONE}{written.key}"


def _actions(steps: Any) -> Iterator[str]:
    yield from (step.do.action for step in steps if hasattr(step.do, "action"))


def _places(situation: Situation, wish: Wanted, value: Any) -> Iterator[_Place]:
    """Each place of the message where the value stands as it is kept or shown."""
    text = situation.context.text
    tokens = tokenize(text)
    names = [" ".join(map(str, value)) if isinstance(value, list) else str(value)]
    names.append(said(situation.context, value, wish.slot.name))
    for words in {tuple(t.folded for t in tokenize(name)) for name in names}:
        length = len(words)
        for n in range(len(tokens) - length + 1):
            if words and tuple(t.folded for t in tokens[n : n + length]) == words:
                yield _placed(text, tokens, n, n + length)
    for kind in wish.kinds:
        for one in readings(text, kind, situation.context.today, situation.context.languages):
            inside = [n for n, t in enumerate(tokens) if one.start <= t.start and t.end <= one.end]
            if one.value == value and inside:
                yield _placed(text, tokens, inside[0], inside[-1] + 1)


def _placed(text: str, tokens: Sequence[Token], first: int, behind: int) -> _Place:
    start, end = tokens[first].start, tokens[behind - 1].end
    begin = max((m.end() for m in _SENTENCE.finditer(text[:start])), default=0)
    stop = _SENTENCE.search(text, end)
    finish = stop.end() if stop is not None else len(text)
    before = [t for t in tokens[:first] if t.start >= begin]
    after = [t for t in tokens[behind:] if t.end <= finish]
    return _Place(begin, finish, before, after, is_number=text[start:end].isdigit())


def _new(situation: Situation, wish: Wanted, place: _Place) -> Any:
    """The value that is named in place of the one at `place`; None if none is."""
    context = situation.context
    end = len(place.before) - 1
    marker = next((span for span in context.lexicon.instead.find(place.before) if span.last == end), None)
    if marker is None:
        return None
    new = without_cues(context, place.before[: marker.first]) or without_cues(context, place.after)
    if not new:
        sides = (place.before[: marker.first], place.after)
        return next((v for side in sides if (v := _one_small_word(situation, wish, side)) is not None), None)
    new = _last_of(situation, new)
    if len(new) > _LONGEST:
        return None
    figures = [t for t in new if t.is_number]
    if place.is_number and len(figures) == 1 < len(new):
        new = figures  # "it should be 4310, not 4200"
    text = context.text[new[0].start : new[-1].end]
    part = Clause(text, new[0].start, _within(situation, text, new[0].start), context.lexicon)
    found = [one for one in answers.values_in(context, part, [wish], held={}) if one.slot == wish.slot.name]
    value = found[0].value if found else button_named(context, text, wish)
    if value is None and wish.free:
        value = wish.slot.fit(meant(text, context.lexicon))
    return value if value is not None and wish.accepts(value) else None


def _last_of(situation: Situation, new: Sequence[Token]) -> Sequence[Token]:
    """What stands behind the last connecting word, where a number stands before it: that is another value ("43.50 and
    it was parking").
    """
    lexicon, new = situation.context.lexicon, list(new)
    while len(new) > 1 and any(ph.at(new, len(new) - 1) for ph in (lexicon.correction, lexicon.repair)):
        new.pop()  # "M actually"
    joins = [span for span in lexicon.connectors.find(new) if any(t.is_number for t in new[: span.first])]
    if not joins or joins[-1].last + 1 >= len(new):
        return new
    rest = list(without_cues(situation.context, new[joins[-1].last + 1 :]))
    while rest and lexicon.copula.at(rest, 0) is not None:
        del rest[0]
    return rest or new


def _one_small_word(situation: Situation, wish: Wanted, words: Sequence[Token]) -> Any:
    """A word that elsewhere says nothing, as the value of a slot that is known by names ("it" for a department)."""
    lexicon = situation.context.lexicon
    cues = (lexicon.no, lexicon.correction, lexicon.repair, lexicon.contrast, lexicon.articles)
    empty = places_of(cues, words)
    left = [t for n, t in enumerate(words) if n not in empty]
    if len(left) != 1 or not wish.entities or not wish.free:
        return None
    value = wish.slot.fit(situation.context.text[left[0].start : left[0].end])
    return value if value is not None and wish.accepts(value) else None


def _within(situation: Situation, text: str, start: int) -> Any:
    whole = situation.context.understanding
    inside = (e for e in whole.entities if start <= e.start and e.end <= start + len(text))
    own = tuple(replace(e, start=e.start - start, end=e.end - start) for e in inside)
    return replace(whole, text=text, entities=own, clauses=())
