"""Values put right by naming what is there already: a button that was offered, or "X, not Y" with Y as it stands."""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

from nlu.dialogue.commands import CorrectSlot, Evidence
from nlu.dialogue.consents import said
from nlu.dialogue.negation import negated
from nlu.dialogue.phrases import places_of
from nlu.dialogue.polarity import polarity
from nlu.dialogue.reading import Clause
from nlu.dialogue.tokens import Token, tokenize
from nlu.dialogue.turn import TurnContext
from nlu.dialogue.values.kinds import Wanted
from nlu.dialogue.values.readings import Reading, readings
from nlu.dialogue.values.voids import voided
from nlu.dialogue.wording import without_hedges
from nlu.embedded.spelling import one_slip
from nlu.payload import parse_payload

_A_SMALL_WORD = 3
_PART = re.compile(r"[^,;!?\n]+")
_A_VALUE = 8
_A_CHOICE = 7
_A_LONG_WORD = 6
_KINDS = ("email", "phone", "iban", "date", "number")
_NUMBER = re.compile(r"\b\d{1,2}(?P<of>\.|st|nd|rd|th|)(?!\d)")
_FIGURE = re.compile(r"(?<![\w.,])\d[\d.,]{0,12}(?P<unit>[^\W\d_]{1,2})(?!\w)")
_ADDRESSES = ("email", "phone", "iban")
_LATEST = 8
"""So many of the buttons that were offered last may be named."""


def by_button(context: TurnContext, clause: Clause, given: Sequence[Wanted]) -> list[CorrectSlot]:
    """What is left of a no names a button that was offered for a slot that has a value: "no, M"."""
    for wish in given:
        value = button_named(context, clause.text, wish)
        if value is not None and context.tracker.slots.get(wish.slot.name) != value:
            return [CorrectSlot(wish.slot.name, value, evidence=Evidence(clause.text, 1.0, "button"))]
    return _by_own_word(context, clause, given)


def _by_own_word(context: TurnContext, clause: Clause, given: Sequence[Wanted]) -> list[CorrectSlot]:
    """What a short correction names of the buttons by the one word that no other has: "rather the M one"."""
    said = tokenize(context.text)
    cue = context.lexicon.correction.any_in(said) or context.lexicon.repair.any_in(said)
    denies = context.lexicon.instead.any_in(said) or context.lexicon.negation.any_in(said)
    if not cue or denies or len(said) > _A_CHOICE or clause.is_question:
        return []
    spoken = {t.folded for t in clause.tokens}
    for wish in given:
        titles = {frozenset(title): value for title, value in wish.titles}
        own = {
            value: title.difference(*(o for o, v in titles.items() if v != value)) for title, value in titles.items()
        }
        named = [value for value, words in own.items() if len(words) == 1 and words <= spoken]
        if len(named) == 1 and context.tracker.slots.get(wish.slot.name) != named[0]:
            return [CorrectSlot(wish.slot.name, named[0], evidence=Evidence(clause.text, 1.0, "button"))]
    return []


def button_named(context: TurnContext, text: str, wish: Wanted) -> Any:
    """The value of the one offered button of the slot that the text names, by all or a part of its title, or by the
    value itself, and beside that says nothing; None if it names none or several.
    """
    buttons = [*_buttons(context, wish.slot.name), *((frozenset(title), value) for title, value in wish.titles)]
    if not buttons:
        return None
    plain = _without_denied(context, text, [title for title, _ in buttons])
    words = _bare(context, plain)
    for heard in (words, _bare(context, _without_opinion(context, plain))):
        exact = {_key(value): value for title, value in buttons if heard == title}
        parts = {_key(value): value for title, value in buttons if heard <= title or heard == _words(str(value))}
        found = exact or parts
        if heard and len(found) == 1:
            return next(iter(found.values()))
    return None


def _without_opinion(context: TurnContext, text: str) -> str:
    """The words of a choice without how it is liked ("a table would be good, I think")."""
    lexicon = context.lexicon
    tokens = tokenize(without_hedges(text, lexicon))
    lists = (lexicon.suits, lexicon.suiting, lexicon.into, lexicon.articles, lexicon.request)
    empty = places_of(lists, tokens)
    return " ".join(t.folded for n, t in enumerate(tokens) if n not in empty)


def _without_denied(context: TurnContext, text: str, titles: Collection[frozenset[str]]) -> str:
    """The text without what stands behind a "not" in each of its parts between marks; a button may have one in its
    title.
    """
    kept: list[str] = []
    for part in _PART.findall(text):
        tokens = tokenize(part)
        first = next(iter(context.lexicon.instead.find(tokens)), None)
        if first is None or any(tokens[first.first].folded in title for title in titles):
            kept.append(part)
        elif first.first and not {t.folded for t in tokens[: first.first]} <= context.lexicon.no.words:
            kept.append(part[: tokens[first.first].start])
    return ",".join(kept)


def titled(context: TurnContext, text: str, wish: Wanted) -> list[tuple[Any, int, int]]:
    """The values of buttons whose titles a text has in full and does not deny, with the places of their words; a long
    word may have a slip, if no title is there as it is written.
    """
    tokens = tokenize(text)
    denied = negated(text, tokens, context.lexicon)
    words = [t.folded for t in tokens]
    for same in (str.__eq__, _is_nearly):
        found = [
            (value, place, place + len(title) - 1)
            for title, value in wish.titles
            if (place := _title_at(words, title, same)) >= 0 and place not in denied
        ]
        if found:
            return found
    return []


def _is_nearly(word: str, other: str) -> bool:
    return word == other or (len(other) >= _A_LONG_WORD and one_slip(word, other))


def _title_at(words: Sequence[str], title: Sequence[str], same: Callable[[str, str], bool]) -> int:
    """Where the words of a title stand, -1 if they do not."""
    length = len(title)
    places = (n for n in range(len(words) - length + 1) if all(map(same, words[n : n + length], title)))
    return next(places, -1) if title else -1


def replaced(context: TurnContext, clause: Clause, given: Sequence[Wanted]) -> list[CorrectSlot]:
    """The other value of "X, not Y", "nicht Y, sondern X", "X statt Y", where Y is exactly what a slot without a form
    has. Of a slot that is chosen by buttons X is the button's.
    """
    for old, new in exchanges(context, clause):
        for wish in given:
            value = _exchanged(context, clause, wish, old, new)
            if value is not None and wish.accepts(value):
                return [CorrectSlot(wish.slot.name, value, evidence=Evidence(clause.text, 1.0, "value"))]
    return []


def exchanges(context: TurnContext, clause: Clause) -> Iterator[tuple[Sequence[Token], Sequence[Token]]]:
    """What the clause says should go, and the words that should stand there."""
    tokens = clause.tokens
    for span in context.lexicon.instead.find(tokens):
        end = next((n for n in range(span.last + 1, len(tokens)) if _ends(context, clause, n)), len(tokens))
        new = max((without_cues(context, side) for side in (tokens[: span.first], tokens[end:])), key=len)
        if end > span.last + 1 and new:
            yield tokens[span.last + 1 : end], new


def _exchanged(context: TurnContext, clause: Clause, wish: Wanted, old: Sequence[Token], new: Sequence[Token]) -> Any:
    """The slot's value with the new words for the old ones, None if it has not the old ones."""
    text = clause.text[new[0].start : new[-1].end]
    if _is_held(context, wish, old):
        value = button_named(context, text, wish)
        if value is None and wish.is_typed:
            value = _annotated(clause, wish, new[0].start, new[-1].end)
        return wish.slot.fit(text) if value is None and wish.free and not wish.is_typed else value
    if not wish.free or wish.is_typed:
        return None
    held = context.tracker.slots.get(wish.slot.name)
    whole = " ".join(map(str, held)) if isinstance(held, list) else str(held or "")
    place = _place(tokenize(whole), old)
    if place is None:
        return None
    before = tokenize(whole[: place[0]])
    begin = before[-1].start if before and before[-1].folded == new[0].folded else place[0]  # by Friday: by Monday
    return wish.slot.fit(f"{whole[:begin]}{text}{whole[place[1] :]}")


def _place(tokens: Sequence[Token], words: Sequence[Token]) -> tuple[int, int] | None:
    """Where these words follow each other in a text, if they are more than a small word."""
    sought, length = [t.folded for t in words], len(words)
    if sum(map(len, sought)) <= _A_SMALL_WORD:
        return None
    for first in range(len(tokens) - length + 1):
        if [t.folded for t in tokens[first : first + length]] == sought:
            return tokens[first].start, tokens[first + length - 1].end
    return None


def of_same_kind(context: TurnContext, clause: Clause, given: Sequence[Wanted]) -> list[CorrectSlot]:
    """Another e-mail address, number or day for a slot that takes any words and has been given just such a one; where
    the clause is nothing else, also for one among other words.
    """
    for wish in given:
        held = context.tracker.slots.get(wish.slot.name)
        if not wish.free or wish.is_typed or not isinstance(held, str):
            continue
        for kind in _KINDS:
            here = _whole(context, held, kind)
            found = _valid(context, clause, kind) if here else []
            if len(found) == 1 and (text := clause.text[found[0].start : found[0].end].strip()) != held:
                return [CorrectSlot(wish.slot.name, _like(held, text), evidence=Evidence(clause.text, 1.0, "value"))]
            new = None if here else _inside(context, held, clause, kind)
            if new is not None and new != held:
                return [CorrectSlot(wish.slot.name, new, evidence=Evidence(clause.text, 1.0, "value"))]
        if (new := _figure_inside(context, held, clause)) is not None:
            return [CorrectSlot(wish.slot.name, new, evidence=Evidence(clause.text, 1.0, "value"))]
    return []


def _figure_inside(context: TurnContext, held: str, clause: Clause) -> str | None:
    """The held words with their one figure put right by a clause that is only another with the same letters behind it
    ("3k", "no, it's 4k").
    """
    old, new = list(_FIGURE.finditer(held)), list(_FIGURE.finditer(clause.text))
    if len(old) != 1 or len(new) != 1 or len(clause.tokens) > _A_VALUE or old[0]["unit"] != new[0]["unit"]:
        return None
    rest = f"{clause.text[: new[0].start()]} {clause.text[new[0].end() :]}"
    if without_cues(context, tokenize(rest)) or old[0][0] == new[0][0]:
        return None
    return f"{held[: old[0].start()]}{new[0][0]}{held[old[0].end() :]}"


def _valid(context: TurnContext, clause: Clause, kind: str) -> list[Reading]:
    """The values of a kind in a clause that it does not name as wrong ("the 11th, not the 4th")."""
    found = readings(clause.text, kind, context.today, context.languages)
    void = voided(clause.text, context.lexicon) if len(found) > 1 else []
    return [one for one in found if not any(start <= one.start < end for start, end in void)]


def _like(held: str, text: str) -> str:
    """A day given by its number alone with the month of the one that it puts right."""
    number = _NUMBER.fullmatch(text)
    if number is None or not any(map(str.isalpha, held.removesuffix(number["of"]))):
        return text
    figures = list(_NUMBER.finditer(held))
    return f"{held[: figures[0].start()]}{text}{held[figures[0].end() :]}" if len(figures) == 1 else text


def _inside(context: TurnContext, held: str, clause: Clause, kind: str) -> str | None:
    """The held words with the one value of a kind among them put right by a clause that is only such a value."""
    if len(clause.tokens) > _A_VALUE:
        return None
    old = readings(held, kind, context.today, context.languages)
    new = readings(clause.text, kind, context.today, context.languages) if len(old) == 1 else []
    if len(new) != 1:
        return None
    rest = f"{clause.text[: new[0].start]} {clause.text[new[0].end :]}"
    if without_cues(context, tokenize(rest)):
        return None
    return f"{held[: old[0].start]}{clause.text[new[0].start : new[0].end].strip()}{held[old[0].end :]}"


def last_of_kind(context: TurnContext, text: str) -> str:
    """The last of two e-mail addresses or the like, where words between them take back the first ("a@b.de, or? wait,
    no, c@d.de"); empty if there are none.
    """
    for kind in _ADDRESSES:
        found = readings(text, kind, context.today, context.languages)
        if len(found) < 2:
            continue
        between = tokenize(text[found[-2].end : found[-1].start])
        repairs = context.lexicon.repair.any_in(between) or context.lexicon.no.any_in(between)
        if repairs and len(tokenize(text[: found[0].start])) + len(tokenize(text[found[-1].end :])) <= _A_SMALL_WORD:
            return text[found[-1].start : found[-1].end].strip()
    return ""


def kind_of(context: TurnContext, held: str) -> str:
    """The kind that a text is one whole value of, empty if it is none."""
    return next((kind for kind in _KINDS if _whole(context, held, kind)), "")


def _whole(context: TurnContext, text: str, kind: str) -> list[Reading]:
    """What reads the whole of a text as one value of a kind."""
    found = readings(text, kind, context.today, context.languages)
    return [r for r in found if not text[: r.start].strip() and not text[r.end :].strip()]


def _annotated(clause: Clause, wish: Wanted, start: int, end: int) -> Any:
    """What an entity of the slot gives in this stretch."""
    found = [e for e in clause.understanding.entities if start <= e.start and e.end <= end]
    return next((wish.slot.fit(e.value) for e in found if e.entity in wish.entities), None)


def _is_held(context: TurnContext, wish: Wanted, old: Sequence[Token]) -> bool:
    """Whether these words are the value that the slot has, as it is kept, shown or written on its button."""
    value = context.tracker.slots.get(wish.slot.name)
    if value is None or not old:
        return False
    shown = said(context, value, wish.slot.name)
    words = [t.folded for t in old]
    names = [str(value), shown, *(b["title"] for b in context.tracker.offered if _gives(b, wish.slot.name) == value)]
    if isinstance(value, list):
        names.append(" ".join(map(str, value)))
    return any(words == [t.folded for t in tokenize(name)] for name in names)


def _ends(context: TurnContext, clause: Clause, place: int) -> bool:
    comma = "," in clause.text[clause.tokens[place - 1].end : clause.tokens[place].start]
    return comma or clause.tokens[place].folded in context.lexicon.contrast.words


def without_cues(context: TurnContext, tokens: Sequence[Token]) -> Sequence[Token]:
    """Words without those that begin a correction or join it."""
    lexicon = context.lexicon
    left = list(tokens)
    while left:
        heads = [
            span
            for ph in (lexicon.correction, lexicon.repair, lexicon.contrast, lexicon.no, lexicon.connectors)
            if (span := ph.at(left, 0)) is not None
        ]
        if heads:
            del left[: max(len(span) for span in heads)]
        elif (
            left[0].folded in lexicon.fillers.words
            and len(left[0].folded) > 1
            and left[0].folded not in lexicon.articles
        ):
            del left[0]
        else:
            break
    while left and (lexicon.connectors.at(left, len(left) - 1) or lexicon.contrast.at(left, len(left) - 1)):
        left.pop()
    return left


def _bare(context: TurnContext, text: str) -> frozenset[str]:
    """The words of a text that are no no, no cue of a correction, no courtesy and no small word."""
    lexicon = context.lexicon
    rest = polarity(text, lexicon).rest or text
    tokens = tokenize(rest)
    lists = (lexicon.fillers, lexicon.correction, lexicon.thanks, lexicon.repair)
    empty = places_of(lists, tokens)
    return frozenset(t.folded for place, t in enumerate(tokens) if place not in empty)


def _buttons(context: TurnContext, slot: str) -> Iterator[tuple[frozenset[str], Any]]:
    for button in context.tracker.offered[-_LATEST - _LATEST :]:
        value = _gives(button, slot)
        if value is not None:
            yield _words(button["title"]), value


def _gives(button: dict[str, str], slot: str) -> Any:
    payload = parse_payload(button["payload"])
    return payload.slots.get(slot) if payload is not None else None


def _words(text: str) -> frozenset[str]:
    return frozenset(t.folded for t in tokenize(text))


def _key(value: Any) -> str:
    return str(value)
