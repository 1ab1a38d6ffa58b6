"""The parts of a postal address: street with number, postcode, town. What is missing can be asked for."""

import re
from collections.abc import Iterator

from nlu.dialogue.lexicon import FOLDER


def _listed(name: str) -> list[str]:
    """What any language lists under `name` in its addresses.txt, the longest first: all write to everywhere."""
    lines = [line for file in sorted(FOLDER.glob("*/addresses.txt")) for line in file.read_text("utf-8").splitlines()]
    words = {w.strip() for line in lines if line.startswith(f"{name}:") for w in line.partition(":")[2].split("|")}
    return sorted(words, key=lambda word: (-len(word), word))


def _any(name: str) -> str:
    return "|".join(re.escape(word) for word in _listed(name))


_DOT = "|".join(
    rf"(?<={re.escape(word)})\." for short in _listed("dotted") for word in (short, short.capitalize(), short.upper())
)
_WORD = rf"[^\W\d_](?:[^\W\d_]|['’-]|\.(?=-)){{0,40}}(?:{_DOT})?"
_NUMBER = r"\d{1,4}\s?[a-zA-Z]?(?:\s?[-/]\s?\d{1,4}\s?[a-zA-Z]?)?"
_STREET = re.compile(
    rf"(?<!\w)(?P<street>{_WORD}(?:[^\S\n]{_WORD}){{0,3}}[^\S\n]{_NUMBER})"
    rf"(?=\s*(?:,(?!\d)|;|\n|$|\.(?:\s|$)|\s\d{{4,5}}\s|\s(?:{_any('joins')})\s))"
)
_NUMBER_FIRST = re.compile(
    rf"(?<!\w)(?P<street>\d{{1,4}}[a-zA-Z]?\s(?:{_WORD}\s){{1,3}}(?:{_any('after_number')}))\b",
    re.IGNORECASE,
)
_MORE = rf"(?:\s(?:{_any('in_town')}|[A-ZÄÖÜ])[\w./-]{{0,40}})"
_TOWN = rf"[A-ZÄÖÜa-zäöüß][\w.-]{{1,40}}{_MORE}{{0,3}}"
_PLACE = re.compile(rf"(?<![\w.,-])(?:[A-Z]{{1,2}}-)?(?P<postcode>\d{{4,5}})(?:\s+(?P<town>{_TOWN}))?(?!\d)")
_BEHIND = re.compile(rf"\s*,\s*(?P<town>[A-ZÄÖÜa-zäöüß][\w.-]{{2,40}}{_MORE}{{0,2}})\s*(?:[,.;!\n]|$)")
_ALONE = re.compile(rf"\s*(?:(?:{_any('inside')})\s+)?(?P<town>[A-ZÄÖÜ][\w.-]+(?:\s[\w.-]+){{0,2}})\s*[.!]?\s*")
_LEADING = re.compile(rf"^(?:{_any('leads')})\s+", re.IGNORECASE)
_NAMES = re.compile(rf"(?:{'|'.join(re.escape(word.capitalize()) for word in _listed('begins'))})\s")
"""With these a street may begin: "An der Alster 12"; in a sentence they only lead to one."""
_AHEAD = re.compile(
    rf"(?:.{{0,160}}\b(?:{_any('announces')})\b[,:]?|.{{1,160}}\s(?:{_any('towards')}))\s+",
    re.IGNORECASE,
)
"""What may stand before a street in a sentence and is no part of it."""
_KIND = re.compile(rf"(?:{_any('kinds')})\b", re.IGNORECASE)
_NO_STREET = frozenset(_listed("no_street"))
"""What leads to a house number, and is no street with it: "number 12 not 21"."""
_JOINS = frozenset(_listed("joins"))
_POSTCODE_NEXT = re.compile(r"\s{0,3},?\s{0,3}(?:[A-Z]{1,2}-)?\d{4,5}\b")
_FIGURE = re.compile(r"\d")
Found = tuple[object, int, int]


def streets(text: str) -> Iterator[Found]:
    """`Hauptstr. 5`, `Am Alten Markt 12a`, `12 High Street`."""
    for pattern in (_NUMBER_FIRST, _STREET) if _FIGURE.search(text) else ():
        for match in pattern.finditer(text):
            street, start = match["street"], match.start("street")
            if (cut := _AHEAD.match(street)) is not None:
                street, start = street[cut.end() :], start + cut.end()
            while (lead := _LEADING.match(street)) is not None and not (start == 0 and _NAMES.match(street)):
                street, start = street[lead.end() :], start + lead.end()
            if re.search(r"[^\W\d]{3}", street) and not _is_only_a_number(street):
                yield street.strip(), start, match.end("street")


def _is_only_a_number(street: str) -> bool:
    """Whether beside the number there are only words that lead to one."""
    words = (word.strip(".,") for word in street.casefold().split())
    return all(word in _NO_STREET or len(word) == 1 or word[:1].isdigit() for word in words)


def certain_streets(text: str) -> Iterator[Found]:
    """Streets that nothing else could be: with a street's word, or before a postcode."""
    for value, start, end in streets(text):
        if _KIND.search(str(value)) or _POSTCODE_NEXT.match(text, end):
            yield value, start, end


def postcodes(text: str) -> Iterator[Found]:
    for match in _PLACE.finditer(text):
        yield match["postcode"], match.start("postcode"), match.end("postcode")


def towns(text: str) -> Iterator[Found]:
    """The name after a postcode, the one behind a street or a postcode and a comma, or a text that is nothing but one
    to three capitalised words.
    """
    ends = [end for _, _, end in streets(text)]
    for match in _PLACE.finditer(text):
        if match["town"] and match["town"].split()[0].casefold() not in _JOINS:
            yield match["town"].strip(" ."), match.start("town"), match.end("town")
        ends.append(match.end("postcode"))
    for end in ends:
        behind = _BEHIND.match(text, end)
        if behind is not None:
            yield behind["town"].strip(" ."), behind.start("town"), behind.end("town")
    alone = _ALONE.fullmatch(text)
    if alone is not None:
        yield alone["town"], alone.start("town"), alone.end("town")
