"""A house number said alone, which puts right the number of a street that is known: "no, 12b"."""

import re

from nlu.dialogue.lexicon import Lexicon
from nlu.dialogue.tokens import tokenize

_NUMBER = re.compile(r"(?<![\w.,-])\d{1,4}\s?[a-zA-Z]?(?:\s?[-/]\s?\d{1,4}\s?[a-zA-Z]?)?(?![\w.,]\w)\b")
_AHEAD = re.compile(r"\d{1,4}\s?[a-zA-Z]?(?:\s?[-/]\s?\d{1,4}\s?[a-zA-Z]?)?\b")
_TAIL = re.compile(r"\s(?:\d{1,4}\s?[a-zA-Z]?(?:\s?[-/]\s?\d{1,4}\s?[a-zA-Z]?)?)$")


def with_number(text: str, street: str, lexicon: Lexicon) -> str:
    """The street with the one number of the text, if that says nothing else but a no or "house number"; else empty."""
    found = list(_NUMBER.finditer(text))
    if len(found) != 1 or not street:
        return ""
    outside = f"{text[: found[0].start()]} {text[found[0].end() :]}"
    tokens = tokenize(outside)
    lists = (lexicon.no, lexicon.fillers, lexicon.correction, lexicon.repair, lexicon.thanks, lexicon.house_number)
    if len(frozenset().union(*(phrases.places(tokens) for phrases in lists))) < len(tokens):
        return ""
    number = found[0][0].strip()
    if _TAIL.search(street):
        return _TAIL.sub(f" {number}", street)
    return f"{number}{street[ahead.end() :]}" if (ahead := _AHEAD.match(street)) else f"{street} {number}"
