"""What a file is by its first bytes."""

import re
from enum import StrEnum


class Sign(StrEnum):
    """What is no picture, recording or PDF, and needs a second look or none."""

    ZIP = "zip"
    TEXT = "text"
    PROGRAM = "program"
    PAGE = "page"
    OLD_OFFICE = "old_office"
    ARCHIVE = "archive"
    UNKNOWN = "unknown"


_MEDIA: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"%PDF-", "application/pdf"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xfa", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"\xff\xf2", "audio/mpeg"),
    (b"\xff\xf1", "audio/aac"),
    (b"\xff\xf9", "audio/aac"),
    (b"#!AMR", "audio/amr"),
    (b"\x1aE\xdf\xa3", "video/webm"),
)
_OTHERS: tuple[tuple[bytes, Sign], ...] = (
    (b"PK\x03\x04", Sign.ZIP),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Sign.OLD_OFFICE),
    (b"{\\rtf", Sign.OLD_OFFICE),
    (b"\x7fELF", Sign.PROGRAM),
    (b"\xca\xfe\xba\xbe", Sign.PROGRAM),
    (b"\xfe\xed\xfa\xce", Sign.PROGRAM),
    (b"\xfe\xed\xfa\xcf", Sign.PROGRAM),
    (b"\xce\xfa\xed\xfe", Sign.PROGRAM),
    (b"\xcf\xfa\xed\xfe", Sign.PROGRAM),
    (b"dex\n", Sign.PROGRAM),
    (b"\x00asm", Sign.PROGRAM),
    (b"#!", Sign.PROGRAM),
    (b"L\x00\x00\x00\x01\x14\x02\x00", Sign.PROGRAM),  # a Windows shortcut
    (b"ITSF", Sign.PROGRAM),  # compiled HTML help
    (b"Rar!\x1a\x07", Sign.ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", Sign.ARCHIVE),
    (b"\x1f\x8b", Sign.ARCHIVE),
    (b"BZh", Sign.ARCHIVE),
    (b"\xfd7zXZ\x00", Sign.ARCHIVE),
    (b"(\xb5/\xfd", Sign.ARCHIVE),
    (b"MSCF", Sign.ARCHIVE),
)
_BRANDS = {
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"hevc": "image/heic",
    b"heim": "image/heic",
    b"mif1": "image/heic",
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"M4A ": "audio/mp4",
    b"M4B ": "audio/mp4",
    b"qt  ": "video/quicktime",
}
_MARKUP = re.compile(
    r"<(\?|!doctype|!--|!entity|html|head|body|script|style|svg|iframe|object|embed|form|img|link|meta|base|table|a\b|"
    r"div|span|h[1-6]|p\b|x:|xsl)",
    re.IGNORECASE,
)
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def sign_of(content: bytes) -> str:
    """The media type of a picture, a recording or a PDF; a Sign for everything else."""
    text = _text(content)
    if text is not None:
        return _kind_of_text(content, text)
    if content.startswith(b"MZ"):
        return Sign.PROGRAM
    for signature, media_type in _MEDIA:
        if content.startswith(signature):
            return media_type
    for signature, sign in _OTHERS:
        if content.startswith(signature):
            return sign
    return _nested(content)


def _kind_of_text(content: bytes, text: str) -> str:
    """PDF, AMR and scripts may be text from end to end."""
    for start, kind in ((b"%PDF-", "application/pdf"), (b"#!AMR", "audio/amr"), (b"#!", Sign.PROGRAM)):
        if content.startswith(start):
            return kind
    if content.startswith((b"{\\rtf", b"%!PS")):
        return Sign.OLD_OFFICE
    return Sign.PAGE if _MARKUP.match(text.lstrip("\ufeff \t\r\n\f\v\u00a0")) else Sign.TEXT


def _nested(content: bytes) -> str:
    """Signatures that do not stand at the beginning."""
    if content[4:8] == b"ftyp":
        brand = content[8:12]
        return "video/3gpp" if brand.startswith(b"3g") else _BRANDS.get(brand, "video/mp4")
    if content.startswith(b"RIFF"):
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(content[8:12], Sign.UNKNOWN)
    if content.startswith(b"BM") and int.from_bytes(content[2:6], "little") == len(content):
        return "image/bmp"
    return Sign.UNKNOWN


def _text(content: bytes) -> str | None:
    """The content if it is text: UTF-8, UTF-16 with its mark, or what spreadsheets export as Latin-1."""
    try:
        text = content.decode("utf-16" if content.startswith(_UTF_16) else "utf-8")
    except UnicodeDecodeError:
        if content.startswith((*_UTF_16, b"MZ")) or b"\x00" in content or not _mostly_letters(content):
            return None
        text = content.decode("latin-1")
    return None if _CONTROLS.search(text) else text


def _mostly_letters(content: bytes) -> bool:
    """Latin-1 has a letter for every byte, so that anything would pass: of text most is ASCII."""
    return sum(byte < 0x80 for byte in content[:4096]) * 2 > len(content[:4096])
