"""Text as every database can hold it, and values that are made of such text."""

import re
from typing import Any

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_REPLACEMENT = "\ufffd"


def is_plain(text: str) -> bool:
    """Whether `text` has neither NUL, which PostgreSQL refuses, nor lone surrogates, which UTF-8 refuses."""
    return _UNSTORABLE.search(text) is None


def clean(text: str) -> str:
    """`text` with U+FFFD in place of each character that is_plain() refuses: a customer can send both."""
    return _UNSTORABLE.sub(_REPLACEMENT, text)


def clean_tree(value: Any) -> Any:
    """Plain values (as JSON has them) with every text cleaned, names of members too."""
    match value:
        case str():
            return clean(value)
        case list():
            return [clean_tree(item) for item in value]
        case dict():
            return {clean(key): clean_tree(item) for key, item in value.items()}
    return value
