"""File names as any system can take them, saying what they seem to say."""

import re
import unicodedata

from conversation.files.types import DANGEROUS

NAME_LENGTH = 120
_EXTENSION_LENGTH = 10
_FORBIDDEN = frozenset('<>:"|?*')
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)


def safe_name(name: str) -> str:
    """`name` without paths, control and direction characters (U+202E makes `gnp.exe` read `exe.png`) and look-alikes,
    short enough for any file system. A dangerous ending inside of it loses its dot: systems that hide the last ending
    would show it as the last.
    """
    base = re.split(r"[\\/]", unicodedata.normalize("NFKC", name))[-1]
    clean = "".join(c for c in base if c.isprintable() and c not in _FORBIDDEN)
    clean = re.sub(r" {2,}", " ", clean).strip(". ") or "file"
    first, *inner = clean.split(".")
    clean = first + "".join(_joined(part, last=i == len(inner)) for i, part in enumerate(inner, start=1))
    if _RESERVED.fullmatch(clean):
        clean = f"_{clean}"
    return _shortened(clean)


def extension_of(name: str) -> str:
    """In lower case, without its dot; empty if there is none."""
    return name.rpartition(".")[2].lower() if "." in name else ""


def with_extension(name: str, extension: str, *, instead: bool) -> str:
    """`name` ending in `extension`, in place of its own or behind it."""
    stem = name.rpartition(".")[0] if instead and "." in name else name
    return _shortened(f"{stem}.{extension}")


def _joined(part: str, *, last: bool) -> str:
    return f"_{part}" if not last and part.strip().lower() in DANGEROUS else f".{part}"


def _shortened(name: str) -> str:
    stem, dot, extension = name.rpartition(".")
    if len(name) <= NAME_LENGTH:
        return name
    if not dot or len(extension) > _EXTENSION_LENGTH:
        return name[:NAME_LENGTH].rstrip(". ")
    return f"{stem[: NAME_LENGTH - _EXTENSION_LENGTH - 1].rstrip('. ')}.{extension}"
