"""Numbers, quantities and sums of money as people write them."""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from nlu.dialogue.tokens import tokenize
from nlu.dialogue.values.calendar import Calendar, units_everywhere
from nlu.dialogue.values.taken import Taken
from nlu.recognisers import recognise

_PLAIN = re.compile(
    r"(?<![\w.,:/-])(?P<number>\d{1,3}(?:[.,' ]\d{3})+|\d{1,9})(?:[.,](?P<part>\d{1,2}))?(?![\w:/]|[.,-]\d)"
)
_UNIT = rf"(?:{units_everywhere()})\b"
_COUNT = re.compile(rf"(?<![\w.,:/-])\d+(?:(?![\w/]|[.,:-]\d)|(?=\s?{_UNIT}))", re.IGNORECASE)
_COUNTED = re.compile(rf"(?<!\w)(?P<n>\d{{1,4}}){_UNIT}\.?", re.IGNORECASE)
_DASHED = re.compile(r"(?<![\w.,:/-])(?P<number>\d{1,6}),(?:-|–)")
Found = tuple[object, int, int]


def money(text: str, calendar: Calendar) -> Iterator[Found]:
    """Sums as plain decimals (`129.90`): with a currency first, then numbers with cents, then bare ones."""
    del calendar
    marked = [one for one in recognise(text, date(2000, 1, 3)) if one.entity == "money"]
    taken = Taken(text)
    for one in marked:
        taken.take(one.start, one.end)
        yield one.value["amount"], one.start, one.end
    for match in _DASHED.finditer(text):
        yield match["number"], match.start(), match.end()
    bare = [m for m in _PLAIN.finditer(text) if taken.is_free(m.start(), m.start() + 1)]
    for match in (*(m for m in bare if m["part"]), *(m for m in bare if not m["part"])):
        whole = re.sub(r"\D", "", match["number"])
        yield str(Decimal(f"{whole}.{match['part'].ljust(2, '0')}" if match["part"] else whole)), *match.span()


def quantities(text: str, calendar: Calendar) -> Iterator[Found]:
    """Whole numbers of things, in digits or words: first those with a unit after them (`2 Stück`, `4x`). Digits of an
    id (`SP-7118`, `T14`) or of a decimal count nothing.
    """
    tokens = tokenize(text)
    plain: list[Found] = []
    for place, token in enumerate(tokens):
        number = calendar.number(token.folded)
        if number is None or (token.is_number and not _COUNT.match(text, token.start)):
            continue
        following = tokens[place + 1].folded if place + 1 < len(tokens) else ""
        found = (number, token.start, token.end)
        if following in calendar.units:
            yield number, token.start, tokens[place + 1].end
        elif token.is_number or number > 1:
            plain.append(found)
    yield from ((int(m["n"]), m.start(), m.end()) for m in _COUNTED.finditer(text))
    yield from plain


def numbers(text: str, calendar: Calendar) -> Iterator[Found]:
    """Numbers with or without a decimal part, as text with a point."""
    for match in _PLAIN.finditer(text):
        whole = re.sub(r"\D", "", match["number"])
        yield (f"{whole}.{match['part']}" if match["part"] else whole), match.start(), match.end()
    for token in tokenize(text):
        number = None if token.is_number else calendar.number(token.folded)
        if number is not None and number > 1:
            yield str(number), token.start, token.end
