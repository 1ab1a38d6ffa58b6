"""Words with digits in them, as numbers of orders, invoices and people are written: also with blanks in between."""

import re
from functools import lru_cache

_WORD = re.compile(r"[\w-]{1,80}")


@lru_cache(maxsize=256)  # one message is looked through for every slot with a form
def numbered(text: str) -> tuple[tuple[int, int], ...]:
    """Where words with a digit stand, those that follow each other after one blank or as one stretch too (`100 234`),
    the longest stretch first.
    """
    words = [(m.start(), m.end()) for m in _WORD.finditer(text) if any(map(str.isdigit, m[0]))]
    joined: list[tuple[int, int]] = []
    for start, end in words:
        if joined and start == joined[-1][1] + 1 and text[start].isdigit():
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return tuple(dict.fromkeys([*joined, *words]))
