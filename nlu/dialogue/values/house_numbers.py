"""A house number said alone, which puts right the number of a street that is known: "no, 12b"."""

import re

from nlu.dialogue.lexicon import Lexicon
from nlu.dialogue.phrases import places_of
from nlu.dialogue.tokens import tokenize

_NUMBER = re.compile(r"(?<![\w.,-])\d{1,4}\s?[a-zA-Z]?(?:\s?[-/]\s?\d{1,4}\s?[a-zA-Z]?)?(?![\w.,]\w)\b")
_AHEAD = re.compile(r"\d{1,4}\s?[a-zA-Z]?(?:\s?[-/]\s?\d{1,4}\s?[a-zA-Z]?)?\b")
_OLD_AND_NEW = 2
_TAIL = re.compile(r"\s(?:\d{1,4}\s?[a-zA-Z]?(?:\s?[-/]\s?\d{1,4}\s?[a-zA-Z]?)?)$")


def with_number(text: str, street: str, lexicon: Lexicon) -> str:
    """The street with the one number that the text gives it, if it says nothing else but a no, "house number", or
    which number is wrong ("12, not 21"); the street itself, if it has the right one; else empty.
    """
    found = list(_NUMBER.finditer(text))
    if not 0 < len(found) <= _OLD_AND_NEW or not street:
        return ""
    own = number_of(street)
    new = [match for match in found if not _is_same(match[0], own)]
    if len(new) != 1:
        return ""
    outside = _NUMBER.sub(" ", text)
    tokens = tokenize(outside)
    lists = [lexicon.no, lexicon.fillers, lexicon.correction, lexicon.repair, lexicon.thanks, lexicon.house_number]
    if len(found) > 1 or lexicon.house_number.any_in(tokens):
        lists += [lexicon.contrast, lexicon.wrong, lexicon.copula, lexicon.articles, lexicon.dismay]
        lists += [lexicon.interjections, lexicon.connectors]
    if len(found) > 1:
        lists += [lexicon.instead]
    if len(places_of(lists, tokens)) < len(tokens):
        return ""
    denied = len(found) > 1 and _is_denied(text, new[0], lexicon)
    return street if denied else renumbered(street, new[0][0].strip())


def renumbered(street: str, number: str) -> str:
    """The street with this number."""
    if _TAIL.search(street):
        return _TAIL.sub(f" {number}", street)
    ahead = _AHEAD.match(street)
    return f"{number} {street[ahead.end() :].lstrip()}" if ahead is not None else f"{street} {number}"


def number_of(street: str) -> str:
    """The number at the end or the beginning of a street; empty if it has none."""
    found = _TAIL.search(street) or _AHEAD.match(street)
    return found[0].strip() if found else ""


def _is_same(number: str, other: str) -> bool:
    return number.replace(" ", "").casefold() == other.replace(" ", "").casefold()


def _is_denied(text: str, number: re.Match[str], lexicon: Lexicon) -> bool:
    """Whether a "not" or "instead of" stands right before a number, or before what a house number is called."""
    tokens = [t for t in tokenize(text) if t.end <= number.start()]
    while tokens and (lexicon.house_number.at(tokens, len(tokens) - 1) or lexicon.articles.at(tokens, len(tokens) - 1)):
        tokens.pop()
    return any(span.last == len(tokens) - 1 for span in lexicon.instead.find(tokens))
