"""Makes what people type comparable: one spelling for the n-grams, a calm one for the sentence encoder."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_APOSTROPHES = str.maketrans("", "", "'’‘`´")
_WORD = re.compile(r"[^\W_]+")
_DRAWN_OUT = re.compile(r"(\w)\1{2,}")
_GREETING = re.compile(
    r"^\s*(?:hi|hello|hey|hallo|moin|servus|gr(?:ü|ue)(?:ß|ss) gott|dear|liebes|good (?:morning|afternoon|evening|day)"
    r"|guten (?:morgen|tag|abend))(?: (?:there|team|all|everyone|zusammen|support))*\s*[,.!:]+\s*",
    re.IGNORECASE,
)
_FAREWELL = re.compile(
    r"\s*[,.!?;]+\s*(?:(?:many )?thanks(?: a lot| so much| in advance)?"
    r"|thank you(?: so much| very much| in advance)?|cheers"
    r"|(?:vielen |besten |lieben )?dank(?: im voraus)?|danke(?: sch(?:ö|oe)n| im voraus)?|lg|mfg|vg"
    r"|(?:best|kind) regards|(?:viele|liebe) gr(?:ü|ue)(?:ß|ss)e)\s*[.!]*\s*$",
    re.IGNORECASE,
)
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
    """The sentence as the encoder likes it: no emoji, no shouting, umlauts restored where `umlauts` knows the word."""
    plain = text[:_LONGEST]
    if not plain.isascii():
        plain = "".join(" " if _is_pictogram(char) else char for char in unicodedata.normalize("NFC", plain))
    if plain.isupper() and len(plain) > 4:
        plain = plain.lower()
    plain = _DRAWN_OUT.sub(r"\1\1", plain) if _DRAWN_OUT.search(plain) else plain
    if umlauts:
        plain = _WORD.sub(lambda match: _restored(match[0], umlauts), plain)
    return " ".join(plain.split())


def bare(text: str) -> str:
    """The request without the greeting before and the thanks after it, unless nothing much is left then."""
    core = _FAREWELL.sub("", _GREETING.sub("", text[:_LONGEST]))
    return core if core != text and len(core.split()) > 1 else text


def umlaut_spellings(texts: list[str]) -> dict[str, str]:
    """`moechte` → `möchte` for every word with an umlaut in `texts` whose plain spelling is not a word there itself."""
    words = {word for text in texts for word in _WORD.findall(text.lower())}
    marked = {word.translate(_UMLAUTS): word for word in sorted(words) if word.translate(_UMLAUTS) != word}
    return {plain: word for plain, word in marked.items() if plain not in words}


def _restored(word: str, umlauts: Mapping[str, str]) -> str:
    found = umlauts.get(word.lower())
    if found is None:
        return word
    return found.capitalize() if word[0].isupper() else found


def _is_pictogram(char: str) -> bool:
    return char in _JOINERS or unicodedata.category(char) in {"So", "Sk", "Cs", "Co", "Cn"}
