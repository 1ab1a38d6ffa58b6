"""Cuts long texts into messages a platform accepts, where a reader would pause."""

import unicodedata
from collections.abc import Callable

_JOINER = "\u200d"
_BREAKS = ("\n\n", "\n", ". ", "! ", "? ", "; ", ", ", " ")


def utf16_length(text: str) -> int:
    """Length in UTF-16 code units, as Telegram counts."""
    return len(text) + sum(character > "\uffff" for character in text)


def split_text(text: str, limit: int, measure: Callable[[str], int] = len) -> list[str]:
    """`text` in parts of at most `limit` units, cut at a paragraph, line, sentence or word if the part stays at least
    half full, else between characters, never inside a composed one. White space at a cut is dropped; blank
    texts give no part at all.
    """
    parts: list[str] = []
    rest = text.strip()
    while rest:
        if measure(rest) <= limit:
            parts.append(rest)
            break
        end = _fitting(rest, limit, measure)
        cut = _pause(rest, end)
        parts.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return parts


def _fitting(text: str, limit: int, measure: Callable[[str], int]) -> int:
    """How many characters of `text` measure at most `limit` (at least one)."""
    low, high = 1, min(len(text), limit)
    while low < high:
        middle = (low + high + 1) // 2
        if measure(text[:middle]) <= limit:
            low = middle
        else:
            high = middle - 1
    return low


def _pause(text: str, end: int) -> int:
    """The best place to cut at or before `end`."""
    for mark in _BREAKS:
        found = text.rfind(mark, 0, end + len(mark))
        cut = found + len(mark.rstrip())
        if found >= 0 and end // 2 <= cut <= end and cut > 0:
            return cut
    cut = end
    while cut > 1 and _inside_character(text, cut):
        cut -= 1
    return cut if cut > 1 else end


def _inside_character(text: str, cut: int) -> bool:
    """Whether a cut here would tear a composed character: accents, emoji sequences, flags."""
    if cut >= len(text):
        return False
    before, after = text[cut - 1], text[cut]
    if _JOINER in (before, after) or unicodedata.combining(after) or "\ufe00" <= after <= "\ufe0f":
        return True
    if "\U0001f3fb" <= after <= "\U0001f3ff":
        return True
    return _is_flag(before) and _is_flag(after) and _flags_before(text, cut) % 2 == 1


def _is_flag(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _flags_before(text: str, cut: int) -> int:
    count = 0
    while count < cut and _is_flag(text[cut - 1 - count]):
        count += 1
    return count
