"""Characters that nobody sees in a text and that mean something to a terminal, a log, a header or a database."""

import re

_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u2028-\u202e\u2066-\u2069\ufffe\uffff]")


def unseen(text: str) -> str:
    """The first character of the text that may stand in no pack, as U+0000; empty if there is none. Those are control
    characters but tab and line ends, halves of surrogate pairs, and what turns the direction of a line.
    """
    found = _UNSEEN.search(text)
    return f"U+{ord(found[0]):04X}" if found else ""


def line_of(text: str, place: int = -1) -> int:
    """The line, from 1, of a place in the text; of its first unseen character without one."""
    if place < 0:
        found = _UNSEEN.search(text)
        place = found.start() if found else 0
    return text.count("\n", 0, place) + 1
