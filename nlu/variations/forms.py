"""Values written otherwise, and other values of the same kind."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from random import Random
from typing import Any

from nlu.domain import SlotType
from nlu.pack import Pack
from nlu.variations.wording import Wording

DAYS = frozenset({"date", "start", "end"})
_NEAR = 150
"""So many days from today a day is clear without its year."""
_DIGITS = re.compile(r"\d+")

_NUMERIC_DAY = re.compile(r"\b(\d{1,2})\.\s?(\d{1,2})\.(\d{4})?")
_DAY_MONTH = re.compile(r"\b(\d{1,2})\.?\s([^\W\d_]{3,12})\b(\s\d{4}\b)?")
_MONTH_DAY = re.compile(r"\b([^\W\d_]{3,12})\s(\d{1,2})\b(,?\s\d{4}\b)?")


@dataclass(frozen=True, slots=True)
class SlotForm:
    """How a slot's value is known: `kind` as the pack declares it (empty: by a pattern or by words), `is_free`: any
    words may be the value, `has_look`: a value can be told from those of other slots without naming it; `titles`: what
    the buttons of a free question say, in small letters.
    """

    name: str
    kind: str
    is_free: bool
    parts: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    has_look: bool = True
    titles: tuple[str, ...] = ()


def family(form: SlotForm) -> str:
    """The kinds of values that look alike: a first and a last day, a sum and a count."""
    if form.kind in DAYS:
        return "day"
    return "number" if form.kind in ("money", "number", "quantity") else form.kind


def slot_form(pack: Pack, name: str) -> SlotForm:
    """The form of a slot that some flow asks for."""
    slot = pack.domain.slots[name]
    collects = [c for flow in pack.flows.values() for c in flow.collects if c.slot == name]
    kind = next((c.value for c in collects if c.value), "")
    parts = next((c.parts for c in collects if c.parts), ())
    judged = any(r.condition.slot_names() & {name} for c in collects for r in c.rejections)
    from_entity = any(m.kind == "from_entity" for m in slot.mappings)
    choices = tuple(map(str, getattr(slot, "values", ()) or ())) if slot.type is SlotType.CATEGORICAL else ()
    free = not (kind and kind not in ("text", "name")) and not judged and not from_entity and not parts and not choices
    words = any(m.kind == "from_text" for m in slot.mappings) and not kind and not choices
    asked = [v for c in collects for v in pack.domain.responses.get(c.utter, ())] if free else []
    titles = tuple(button.title.casefold() for variant in asked for button in variant.buttons)
    return SlotForm(name, kind, free, tuple(parts), choices, has_look=not (free or words), titles=titles)


def other_forms(form: SlotForm, value: Any, words: Wording, today: date) -> list[str]:
    """The value as others would write it; none for what has one form only."""
    if form.kind in DAYS:
        day = _day(value)
        return [] if day is None else [_dated(one, day, words) for one in _shapes(form, day, words, today)]
    if form.kind == "money":
        return _amounts(value, words)
    if form.kind in ("quantity", "number"):
        return _numbers(value, words) if form.kind == "quantity" else []
    return []


def another_value(  # noqa: PLR0911 - one case a kind
    form: SlotForm, value: Any, known: Sequence[tuple[str, Any]], words: Wording, rng: Random, today: date
) -> str | None:
    """Words for another value of the slot. `known`: how others were stated in the pack's tests, with their values."""
    if form.kind in DAYS:
        day = _day(value)
        if day is None:
            return None
        # A first day is said too early and a last one too late: with its other end it stays a span.
        ahead = rng.randrange(1, 4)
        other = day - timedelta(days=ahead) if form.kind == "start" else day + timedelta(days=ahead)
        if day > today >= other:
            return None
        return _dated(_shapes(form, other, words, today)[0], other, words)
    if form.kind == "money" and (amount := _decimal(value)) is not None:
        return str(amount + rng.choice([10, 20, 5]))
    if form.kind in ("quantity", "number") and (amount := _decimal(value)) is not None:
        return str(int(amount) + rng.choice([1, 2, 3]))
    others = [text for text, stated in known if str(stated).casefold() != str(value).casefold()]
    if form.is_free or form.choices:
        return rng.choice(others) if others else None
    digits = list(_DIGITS.finditer(str(value)))
    if not digits:
        return rng.choice(others) if others else None
    last = digits[-1]
    changed = str((int(last[0]) + rng.randrange(1, 9)) % 10 ** len(last[0])).zfill(len(last[0]))
    return str(value)[: last.start()] + changed + str(value)[last.end() :]


def surface(form: SlotForm, value: Any, text: str, words: Wording) -> str | None:
    """The words of `text` that are the value, where they can be told."""
    plain = str(value)
    if (written := _as_written(plain, text)) is not None:
        return written
    if form.kind in DAYS and (day := _day(value)) is not None:
        return _found_day(text, day, words)
    if form.kind == "money" and (amount := _decimal(value)) is not None:
        return next((m[0] for m in re.finditer(r"\d[\d.,]*\d|\d", text) if _read(m[0]) == amount), None)
    return None


def _as_written(plain: str, text: str) -> str | None:
    """The value in the capitals of the text, where it stands there as words of its own."""
    place = text.lower().find(plain.lower()) if plain else -1
    while place >= 0:
        end = place + len(plain)
        around = text[max(0, place - 1) : place] + text[end : end + 1]
        if not any(letter.isalnum() or letter == "_" for letter in around):
            return text[place:end]
        place = text.lower().find(plain.lower(), place + 1)
    return None


def correct_form(form: SlotForm, value: Any, words: Wording, today: date) -> str:
    """The value as somebody would write it in this language."""
    return (other_forms(form, value, words, today) or [str(value)])[0]


def _shapes(form: SlotForm, day: date, words: Wording, today: date) -> list[str]:
    """How a day may be written: without its year only where nobody would take it for that of another year."""
    ahead = (day - today).days
    is_near = 0 <= ahead <= _NEAR or (form.kind == "date" and -_NEAR <= ahead < 0)
    return [shape for shape in words.dates if is_near or "{y}" in shape]


def _found_day(text: str, day: date, words: Wording) -> str | None:
    month = words.months[day.month - 1].casefold()
    for match in _NUMERIC_DAY.finditer(text):
        if (int(match[1]), int(match[2])) == (day.day, day.month) and match[3] in (None, str(day.year)):
            return match[0]
    for pattern, number, name in ((_DAY_MONTH, 1, 2), (_MONTH_DAY, 2, 1)):
        for match in pattern.finditer(text):
            year = (match[3] or "").strip(", ")
            if int(match[number]) == day.day and match[name].casefold() == month and year in ("", str(day.year)):
                return match[0]
    return None


def _dated(shape: str, day: date, words: Wording) -> str:
    text = shape.format(d=day.day, m=day.month, y=day.year, month=words.months[day.month - 1])
    ends: Mapping[int, str] = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}
    return text.replace(f"{day.day}th ", f"{day.day}{ends.get(day.day, 'th')} ")


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None


def _amounts(value: Any, words: Wording) -> list[str]:
    amount = _decimal(value)
    if amount is None:
        return []
    whole, cents = divmod(int(amount * 100), 100)
    shapes = words.amounts if cents else words.round_amounts
    return [shape.format(whole=whole, cents=f"{cents:02}") for shape in shapes]


def _numbers(value: Any, words: Wording) -> list[str]:
    amount = _decimal(value)
    if amount is None or amount != int(amount) or not 1 < amount < len(words.numbers):
        return []
    return [shape.format(n=int(amount), word=words.numbers[int(amount)]) for shape in words.quantities]


def _decimal(value: Any) -> Decimal | None:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


def _read(text: str) -> Decimal | None:
    """A number as written here: the last mark with one or two digits behind it parts the cents."""
    found = re.search(r"[.,](\d{1,2})$", text)
    whole = re.sub(r"[.,]", "", text[: found.start()] if found else text)
    return _decimal(f"{whole}.{found[1] if found else '0'}")
