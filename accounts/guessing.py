"""How soon a password is guessed by somebody who knows its owner (zxcvbn), in the words of the owner's language."""

import re
import threading
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import Any

from zxcvbn import zxcvbn

from accounts.common_words import COMMON_WORDS

STRONG = 3
"""zxcvbn's score: 3 is safe against somebody who has stolen the hash and guesses ten thousand times a second."""
OUR_NAME = "switchboard"
_NOTHING: dict[str, Any] = {"score": 0, "guesses_log10": 0.0, "sequence": []}
_READ = 72  # zxcvbn reads no more
_MOST_WORDS = 2_000
_WORD_LENGTH = 100
_ONE_AT_A_TIME = threading.Lock()  # zxcvbn keeps the words it is given in a global
_SEPARATORS = re.compile(r"[\W_]+")

_BECAUSE = {
    "own": "it is made of your own name, your e-mail address, a client's name or the name of this software",
    "dictionary": "it is made of words and passwords that many people use",
    "spatial": "its keys lie side by side on the keyboard",
    "repeat": "it repeats itself",
    "sequence": "it counts up or down, as abc or 1234 do",
    "regex": "it is made of a year",
    "date": "it is made of a date",
    "bruteforce": "it has too few characters for what they are",
}


def why_guessable(password: str, words: Iterable[str] = ()) -> str | None:
    """What makes `password` easy to guess, or None. `words` are those its owner is known by. Such words count for
    nothing, whatever signs stand between them; umlauts and accents may be spelled out or left away without making it
    safer. Blocks for milliseconds: call it in a thread.
    """
    own = dict.fromkeys(islice(_spelled([OUR_NAME, *words]), _MOST_WORDS))
    known = [*own, *_COMMON]
    with _ONE_AT_A_TIME:
        judged = [_judge(text, known) for text in dict.fromkeys(_spellings(password))]
        joined = [_judge(text, known) for text in dict.fromkeys(map(_joined, _spellings(password)))]
        judged += [result for result in joined if any(map(_is_known, result["sequence"]))]
        beside = [_judge(_without(result["sequence"], own), known) for result in judged]
    worst = min(judged, key=_guesses)
    if worst["score"] < STRONG:
        return _BECAUSE[_reason(worst["sequence"], own)]
    return _BECAUSE["own"] if any(rest["score"] < STRONG for rest in beside) else None


def _judge(text: str, known: list[str]) -> dict[str, Any]:
    return dict(zxcvbn(text[:_READ], known)) if text else _NOTHING


def _guesses(result: dict[str, Any]) -> float:
    return float(result["guesses_log10"])


def _is_known(match: dict[str, Any]) -> bool:
    return match.get("dictionary_name") == "user_inputs"


def _without(sequence: list[dict[str, Any]], own: Collection[str]) -> str:
    """What the password is beside its owner's words."""
    return "".join(match["token"] for match in sequence if match.get("matched_word") not in own)


def _reason(sequence: list[dict[str, Any]], own: Collection[str]) -> str:
    """What the longest part of the password that can be named is; one's own name is named however short it is."""
    named = [match for match in sequence if match["pattern"] != "bruteforce"]
    if any(match.get("matched_word") in own for match in filter(_is_known, named)):
        return "own"
    longest = max(named, key=lambda match: len(match["token"]), default={"pattern": "bruteforce"})
    return str(longest["pattern"])


def _spelled(words: Iterable[str]) -> Iterator[str]:
    """Each word as a whole, without what separates its parts, and the parts."""
    for word in words:
        for text in _spellings(word[:_WORD_LENGTH].lower()):
            parts = [part for part in _SEPARATORS.split(text) if len(part) > 2]
            yield from filter(None, (text, _joined(text), *parts))


def _joined(text: str) -> str:
    return _SEPARATORS.sub("", text)


def _spellings(text: str) -> tuple[str, str, str]:
    """As it is, with umlauts spelled out, and without accents."""
    spelled_out = text
    for umlaut, letters in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss"), ("Ä", "Ae"), ("Ö", "Oe"), ("Ü", "Ue")):
        spelled_out = spelled_out.replace(umlaut, letters)
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.replace("ß", "ss")) if not unicodedata.combining(c))
    return text, spelled_out, bare


_COMMON = tuple(dict.fromkeys(spelling for word in COMMON_WORDS for spelling in _spellings(word)))
