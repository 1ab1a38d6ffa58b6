"""What each message of a conversation as written does in it, read off the bot that plays it."""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from nlu.domain import SlotType
from nlu.pack import Pack
from nlu.test_file import StepKind, TestCase
from nlu.variations.canonical import canonical
from nlu.variations.lines import Does, Line
from nlu.variations.play import Moment, Play
from nlu.variations.wording import Wording

DOUBTS = frozenset({"utter_clarify", "utter_ask_rephrase"})
"""Responses that ask what was meant."""
_GIVEN = frozenset({"stated", "button"})
WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


async def traced(play: Play, case: TestCase, words: Wording) -> list[Line]:
    """Plays the case as it is written and returns its lines with what they do. Stops when a person takes over."""
    texts = [step.text for step in case.steps if step.kind is StepKind.USER]
    lines: list[Line] = []
    for origin, text in enumerate(texts):
        if play.handed is not None:
            break
        said = Line(text, origin)
        before = play.question
        if before == "consent":
            said = replace(said, does=Does.AGREES)  # taken back below if it was none
        moment = await play.say(said)
        lines.append(_annotated(moment, play.bot.pack, words))
    return lines


def collectable(pack: Pack) -> frozenset[str]:
    """The slots that some flow asks for, without yes/no questions."""
    slots = {collect.slot for flow in pack.flows.values() for collect in flow.collects}
    return frozenset(s for s in slots if s in pack.domain.slots and pack.domain.slots[s].type is not SlotType.BOOL)


def values_of(text: str, states: Iterable[Any], words: Wording) -> list[tuple[int, int]]:
    """The stretches of a text that are values, or parts of them: whatever has a digit, calendar words, the words of a
    stated value.
    """
    told = {word for value in states for word in WORD.findall(canonical(value))}
    calendar = {*(w.casefold() for w in words.calendar), *(w.casefold() for w in words.months)}
    numbers = {w for w in words.numbers if w}
    fixed = told | calendar | numbers
    return [
        (found.start(), found.end())
        for found in WORD.finditer(text)
        if any(c.isdigit() for c in found[0]) or found[0].casefold() in fixed
    ]


def _annotated(moment: Moment, pack: Pack, words: Wording) -> Line:
    line, known = moment.line, collectable(pack)
    states = _stated(moment, known)
    does, answers = _done(moment, states)
    entities = [(e.start, e.end) for e in moment.understood.entities]
    kept = [*values_of(line.text, states.values(), words), *entities]
    if answers.startswith("collect:") and (not kept or not _has_digits(states.values())):
        kept = [(0, len(line.text))]
    return replace(
        line,
        does=does,
        answers=answers,
        states=states,
        kept=tuple(sorted(set(kept))),
        intent=_intent(moment),
        refused=_refused(moment, known),
        unclear=bool(DOUBTS & set(moment.said)),
    )


def _refused(moment: Moment, known: frozenset[str]) -> str:
    """The slot that got a value and is asked for again."""
    slot = moment.after.removeprefix("collect:")
    tried = any(name == slot and value is not None for name, value in moment.changed)
    return slot if slot in known and tried and moment.after != slot else ""


def _stated(moment: Moment, known: frozenset[str]) -> dict[str, Any]:
    """The values that the customer gave and the bot took."""
    states: dict[str, Any] = {}
    for name, value in moment.changed:
        if name in known and value is not None and name not in states and _is_said(name, value, moment):
            states[name] = value
    if moment.after.startswith("collect:"):
        states.pop(moment.after.removeprefix("collect:"), None)  # refused: it is asked for again
    return states


def _done(moment: Moment, states: dict[str, Any]) -> tuple[Does, str]:
    """What a message does, and which question it answers."""
    asked = moment.before
    slot = asked.removeprefix("collect:") if asked.startswith("collect:") else ""
    if asked == "consent" and moment.has_tried:
        return Does.AGREES, "consent"
    if asked == "consent" and not states and moment.after != "consent":
        return Does.REFUSES, "consent"
    if slot and any(name == slot and value is not None for name, value in moment.changed):
        return Does.STATES, asked
    if states:
        return Does.STATES, ""
    if asked and asked == moment.after:
        return Does.CHATS, ""
    return Does.SAYS, asked if asked.startswith("own:") else ""


def _has_digits(values: Iterable[Any]) -> bool:
    """Whether the values are told by numbers; a word that stands for a choice would not be it in another spelling."""
    return any(c.isdigit() for value in values for c in str(value))


def _is_said(name: str, value: Any, moment: Moment) -> bool:
    """Whether the customer gave the value: it answers the question, or stands in the text, or was read from it."""
    source = moment.sources.get(name)
    if source == "restored":
        return False
    if moment.before == f"collect:{name}":
        return True
    if source:
        return source in _GIVEN
    plain, text = canonical(value), canonical(moment.line.text)
    entities = {canonical(e.value) for e in moment.understood.entities}
    return plain in text or plain in entities or any(part in text for part in WORD.findall(plain) if len(part) > 1)


def _intent(moment: Moment) -> str:
    return moment.understood.intent.name
