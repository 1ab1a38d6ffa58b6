"""Makes what people type comparable: one spelling for the n-grams, a calm one for the sentence encoder."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial

_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_APOSTROPHES = str.maketrans("", "", "'’‘`´")
_WORD = re.compile(r"[^\W_]+")
_DRAWN_OUT = re.compile(r"(\w)\1{2,}")
_HELLO = (
    r"(?:(?:hi|hello|hey|hallo|moin|servus|gr(?:ü|ue)(?:ß|ss) gott|good (?:morning|afternoon|evening|day)"
    r"|guten (?:morgen|tag|abend))(?: (?:there|team|all|everyone|zusammen|support|ihr|liebes team))*"
    r"|(?:dear|liebes) team)"
)
_THANKS = (
    r"(?:(?:(?:many |all my )?thanks|thx|thank you|(?:(?:vielen|besten|lieben|herzlichen|tausend) )?dank|dank[ei]"
    r"|cheers)(?: (?:a lot|so much|very much|a bunch|a million|again|sch(?:ö|oe)n|sehr|vielmals|nochmals?))*"
    r"(?: (?:in advance|im voraus|schon ?mal|for (?:your|the|any) help|f(?:ü|ue)r (?:die|eure|ihre|deine) hilfe))*)"
)
_REGARDS = (
    r"(?:lg|mfg|vg|(?:best|kind|warm)(?: regards| wishes)"
    r"|(?:mit )?(?:viele|liebe|freundliche|beste)n? gr(?:ü|ue)(?:ß|ss)en?"
    r"|(?:have a (?:nice|good|great) day)|(?:einen )?sch(?:ö|oe)nen (?:tag|abend)(?: noch)?)"
)
_GREETING = re.compile(rf"^\W*{_HELLO}\s*[,.!:;-]+\s*", re.IGNORECASE)
_FAREWELL = re.compile(rf"(?:and |und )?(?:{_THANKS}|{_REGARDS})\W*$", re.IGNORECASE)
_BETWEEN = re.compile(r"[\s,.!?;:-]+")
_MARKS = ",.!?;:-\n"
# Spoken or typed in haste, nothing parts a courtesy from the request: then enough must be left to be one.
_RUN_IN_GREETING = re.compile(rf"^\W*{_HELLO}\s+", re.IGNORECASE)
_A_REQUEST = 3
_SHORTEST_RESTORED = 3
_COURTESIES = 3
_JOINERS = {"\u200d", "\ufe0e", "\ufe0f"}
_LONGEST = 1000


def fold(text: str) -> str:
    """Lower-case words alone: umlauts as two letters, accents gone, apostrophes closed up, drawn-out letters cut."""
    lowered = unicodedata.normalize("NFKC", text[:_LONGEST]).casefold().translate(_APOSTROPHES).translate(_UMLAUTS)
    if not lowered.isascii():
        parts = unicodedata.normalize("NFD", lowered)
        lowered = "".join(char for char in parts if not unicodedata.combining(char))
    return " ".join(_WORD.findall(_DRAWN_OUT.sub(r"\1\1", lowered)))


def calm(text: str, umlauts: Mapping[str, str]) -> str:
    """The sentence as the encoder likes it: no emoji, no shouting, words as `umlauts` (usual_spellings) writes them."""
    plain = text[:_LONGEST]
    if not plain.isascii():
        plain = "".join(" " if _is_pictogram(char) else char for char in unicodedata.normalize("NFC", plain))
    if plain.isupper():
        plain = plain.lower()
    plain = _DRAWN_OUT.sub(r"\1\1", plain) if _DRAWN_OUT.search(plain) else plain
    if umlauts:
        plain = _WORD.sub(lambda match: _restored(match[0], umlauts), plain)
    return " ".join(plain.split())


def bare(text: str) -> str:
    """The request without the greeting before and the thanks after it, unless nothing much is left then."""
    core = text[:_LONGEST]
    for _ in range(_COURTESIES):
        core = _without(core, _GREETING, _marked, 2)
    core = _without(core, _RUN_IN_GREETING, _run_in, _A_REQUEST)
    return core if core != text[:_LONGEST] else text


def _without(text: str, greeting: re.Pattern[str], before: Callable[[str], int | None], words: int) -> str:
    """`text` without either, as long as so many words are left; `before` says where a farewell begins after what
    parts it from the request.
    """
    for shorten in (partial(greeting.sub, ""), partial(_unparted, before=before)):
        core = shorten(text)
        if core != text and len(_WORD.findall(core)) >= words:
            text = core
    return text


def _unparted(text: str, before: Callable[[str], int | None]) -> str:
    """`text` up to the farewell that ends it. Each word is looked at once: one expression for marks, blanks and words
    would try all ways to share blanks among its parts.
    """
    for between in _BETWEEN.finditer(text):
        start = before(between[0])
        if start is not None and _FAREWELL.match(text, between.end()):
            return text[: between.start() + start]
    return text


def _marked(between: str) -> int | None:
    """Where the last marks with the blanks around them begin; a line break is a mark."""
    marks = between.rstrip()
    if not marks:
        return 0 if "\n" in between else None
    return len(marks.rstrip(_MARKS).rstrip())


def _run_in(between: str) -> int | None:
    """Where the blanks at the end begin."""
    start = len(between.rstrip())
    return start if start < len(between) else None


def usual_spellings(texts: list[str]) -> dict[str, str]:
    """How the words of `texts` are written, by how they may be typed: `moechte` → `möchte`, `rechnung` → `Rechnung`,
    `rueckgabe` → `Rückgabe`. Only where the plain spelling is not a word there itself, and where inside sentences the
    word mostly has a capital.
    """
    inner, capital = Counter[str](), Counter[str]()
    words = set()
    for text in texts:
        for number, word in enumerate(_WORD.findall(text)):
            words.add(word.lower())
            if number and not text.isupper():
                inner[word.lower()] += 1
                capital[word.lower()] += word.istitle()
    written = {word: word.capitalize() if capital[word] * 3 > inner[word] * 2 else word for word in sorted(words)}
    plain = {word.translate(_UMLAUTS): usual for word, usual in written.items() if not word.isascii()}
    typed = {**written, **{word: usual for word, usual in plain.items() if word not in words}}
    return {word: usual for word, usual in typed.items() if word != usual and len(word) >= _SHORTEST_RESTORED}


def _restored(word: str, spellings: Mapping[str, str]) -> str:
    found = spellings.get(word.lower())
    if found is None:
        return word
    return found[0].upper() + found[1:] if word[0].isupper() else found


def _is_pictogram(char: str) -> bool:
    return char in _JOINERS or unicodedata.category(char) in {"So", "Sk", "Cs", "Co", "Cn"}
