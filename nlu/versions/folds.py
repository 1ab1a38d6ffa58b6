"""Which examples are held out together: decided by the text alone, so that it is the same for every version."""

import hashlib
import unicodedata

from nlu.embedded.text import bare

FOLDS = 10


def text_key(text: str) -> str:
    """A short hash of a text, the same however it is cased, spaced (NFKC, case folded) or greeted with."""
    plain = " ".join(unicodedata.normalize("NFKC", bare(text)).casefold().split())
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def fold_of(text: str, folds: int = FOLDS) -> int:
    """The fold (0 …) that a text is in, in every version of every client."""
    return int(text_key(text), 16) % folds
