"""The parts of a postal address: street with number, postcode, town. What is missing can be asked for."""

import re
from collections.abc import Iterator

_WORD = r"[^\W\d_](?:[^\W\d_]|['’-]|\.(?=-)){0,40}(?:(?<=[Ss][Tt][Rr])\.|(?<=St)\.|(?<=Dr)\.)?"
_NUMBER = r"\d{1,4}\s?[a-zA-Z]?(?:\s?[-/]\s?\d{1,4}\s?[a-zA-Z]?)?"
_STREET = re.compile(
    rf"(?<!\w)(?P<street>{_WORD}(?:\s{_WORD}){{0,3}}\s{_NUMBER})(?=\s*(?:,(?!\d)|;|\n|$|\.(?:\s|$)|\s\d{{4,5}}\s|\sin\s|\sund\s|\sand\s))"
)
_ENGLISH = re.compile(
    rf"(?<!\w)(?P<street>\d{{1,4}}[a-zA-Z]?\s(?:{_WORD}\s){{1,3}}(?:street|st|road|rd|lane|avenue|ave|way|drive|close))\b",
    re.IGNORECASE,
)
_TOWN = r"[A-ZÄÖÜa-zäöüß][\w.-]{1,40}(?:\s(?:am|an der|bei|im|[A-ZÄÖÜ])[\w./-]{0,40}){0,3}"
_PLACE = re.compile(rf"(?<![\w.,-])(?:[A-Z]{{1,2}}-)?(?P<postcode>\d{{4,5}})(?:\s+(?P<town>{_TOWN}))?(?!\d)")
_BEHIND = re.compile(
    r"\s*,\s*(?P<town>[A-ZÄÖÜa-zäöüß][\w.-]{2,40}(?:\s(?:am|an der|bei|im|[A-ZÄÖÜ])[\w./-]{0,40}){0,2})"
    r"\s*(?:[,.;!\n]|$)"
)
_LEADING = re.compile(
    r"^(?:meine|neue|adresse|ist|die|an|bitte|nach|to|my|new|address|is|the|please|it's|its|jetzt|lautet|wohne|in|zur|der)\s+",
    re.IGNORECASE,
)
_NAMES = re.compile(r"(?:An|In|Zur|Der|Die)\s")
"""With these a street may begin: "An der Alster 12"; in a sentence they only lead to one."""
_AHEAD = re.compile(
    r"(?:.{0,160}\b(?:to|is|ist|lautet|address|adresse|anschrift|doch|nein|no|nee|lieber|jetzt|now|sondern|but|it's)\b"
    r"[,:]?|.{1,160}\s(?:auf|nach|an))\s+",
    re.IGNORECASE,
)
"""What may stand before a street in a sentence and is no part of it."""
_KIND = re.compile(
    r"(?:str\.?|stra(?:ß|ss)e|weg|platz|allee|gasse|ring|ufer|damm|chaussee|markt|hof|street|road|rd|lane|avenue|ave|way|drive|close|square)\b",
    re.IGNORECASE,
)
_POSTCODE_NEXT = re.compile(r"\s{0,3},?\s{0,3}(?:[A-Z]{1,2}-)?\d{4,5}\b")
_FIGURE = re.compile(r"\d")
Found = tuple[object, int, int]


def streets(text: str) -> Iterator[Found]:
    """`Hauptstr. 5`, `Am Alten Markt 12a`, `12 High Street`."""
    for pattern in (_ENGLISH, _STREET) if _FIGURE.search(text) else ():
        for match in pattern.finditer(text):
            street, start = match["street"], match.start("street")
            if (cut := _AHEAD.match(street)) is not None:
                street, start = street[cut.end() :], start + cut.end()
            while (lead := _LEADING.match(street)) is not None and not (start == 0 and _NAMES.match(street)):
                street, start = street[lead.end() :], start + lead.end()
            if re.search(r"[^\W\d]{3}", street):
                yield street.strip(), start, match.end("street")


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
        if match["town"]:
            yield match["town"].strip(" ."), match.start("town"), match.end("town")
        ends.append(match.end("postcode"))
    for end in ends:
        behind = _BEHIND.match(text, end)
        if behind is not None:
            yield behind["town"].strip(" ."), behind.start("town"), behind.end("town")
    alone = re.fullmatch(r"\s*(?:in\s+)?(?P<town>[A-ZÄÖÜ][\w.-]+(?:\s[\w.-]+){0,2})\s*[.!]?\s*", text)
    if alone is not None:
        yield alone["town"], alone.start("town"), alone.end("town")
