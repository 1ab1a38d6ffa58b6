"""Other spellings of a message: typos, dialect, capitals. Values are never touched."""

from collections.abc import Callable, Sequence
from random import Random

from nlu.variations.lines import Line
from nlu.variations.trace import WORD
from nlu.variations.wording import Wording

_SHORTEST = 4
_SHARE = 4
_TRIES = 5
_NEIGHBOURS = {
    "a": "sq",
    "b": "vn",
    "c": "xv",
    "d": "sf",
    "e": "wr",
    "f": "dg",
    "g": "fh",
    "h": "gj",
    "i": "uo",
    "j": "hk",
    "k": "jl",
    "l": "kö",
    "m": "n",
    "n": "bm",
    "o": "ip",
    "p": "oü",
    "r": "et",
    "s": "ad",
    "t": "rz",
    "u": "zi",
    "v": "cb",
    "w": "qe",
    "x": "yc",
    "y": "xt",
    "z": "tu",
}


def with_typos(line: Line, rng: Random, knows: Callable[[str], bool]) -> str:
    """The text with a typo in one of four words, at least one where a word may have one; a single word stays. A slip
    that makes another common word (`knows`) says something else ("neun" for "nein"), and is not made.
    """
    if len(list(WORD.finditer(line.text))) == 1:
        return line.text
    places = [(s, e) for s, e in _free(line) if e - s >= _SHORTEST]
    count = max(1, len(list(WORD.finditer(line.text))) // _SHARE)
    chosen = rng.sample(places, min(count, len(places)))
    return _rewritten(line.text, chosen, lambda word: _unknown_typo(word, rng, knows))


def in_dialect(line: Line, words: Wording, rng: Random) -> str:
    """The text with every word that has one in another region's spelling."""

    def spelled(word: str) -> str:
        forms = words.dialect.get(word.casefold())
        return word if not forms else rng.choice(list(forms))

    return _rewritten(line.text, _free(line), spelled)


def in_capitals(line: Line, rng: Random) -> str:
    """All in capitals, all small, or small and without marks."""
    match rng.randrange(3):
        case 0:
            return line.text.upper().replace("SS", "SS")
        case 1:
            return line.text.lower()
        case _:
            return line.text.lower().rstrip("?!. ")


def _free(line: Line) -> list[tuple[int, int]]:
    """The words of a text that are no values."""
    return [
        (word.start(), word.end())
        for word in WORD.finditer(line.text)
        if not any(start < word.end() and word.start() < end for start, end in line.kept)
    ]


def _rewritten(text: str, places: Sequence[tuple[int, int]], spell: Callable[[str], str]) -> str:
    for start, end in sorted(places, reverse=True):
        text = text[:start] + spell(text[start:end]) + text[end:]
    return text


def _unknown_typo(word: str, rng: Random, knows: Callable[[str], bool]) -> str:
    slips = (_typo(word, rng) for _ in range(_TRIES))
    return next((slip for slip in slips if not knows(slip.lower())), word)


def _typo(word: str, rng: Random) -> str:
    """One slip of a finger, never in the first letter."""
    place = rng.randrange(1, len(word) - 1)
    match rng.randrange(4):
        case 0:
            return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
        case 1:
            return word[:place] + word[place + 1 :]
        case 2:
            return word[:place] + word[place] + word[place:]
        case _:
            near = _NEIGHBOURS.get(word[place].casefold(), "e")
            return word[:place] + rng.choice(near) + word[place + 1 :]
