"""Decides which files we carry: by size, and by what is really in them rather than by what they claim."""

from dataclasses import replace

from bots.errors import FileRefused
from bots.ports import Blobs
from conversation.ids import ClientId
from conversation.message import Attachment

MAX_BYTES = 20 * 1024 * 1024  # what Telegram lets a bot download
NAME_LENGTH = 120

_SIGNATURES: tuple[tuple[bytes, int, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", 0, "image/png"),
    (b"\xff\xd8\xff", 0, "image/jpeg"),
    (b"GIF87a", 0, "image/gif"),
    (b"GIF89a", 0, "image/gif"),
    (b"WEBP", 8, "image/webp"),
    (b"ftypheic", 4, "image/heic"),
    (b"ftypM4A", 4, "audio/mp4"),
    (b"ftyp", 4, "video/mp4"),
    (b"%PDF-", 0, "application/pdf"),
    (b"OggS", 0, "audio/ogg"),
    (b"ID3", 0, "audio/mpeg"),
    (b"WAVE", 8, "audio/wav"),
    (b"\x1aE\xdf\xa3", 0, "video/webm"),
    (b"PK\x03\x04", 0, "application/zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0, "application/x-ole-storage"),
)
_PROGRAMS = (b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"dex\n")
_OFFICE = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "zip": "application/zip",
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
}
_TEXTS = {"txt": "text/plain", "csv": "text/csv", "md": "text/plain", "log": "text/plain", "ics": "text/calendar"}


def check_file(content: bytes, name: str, limit: int = MAX_BYTES) -> str:
    """The media type of an acceptable file. Raises FileRefused for one that is empty, too large, or a program, a web
    page or anything else we cannot vouch for.
    """
    if not content:
        raise FileRefused("empty", f"{name} is empty")
    if len(content) > limit:
        raise FileRefused("too_large", f"{name} is larger than {limit // (1024 * 1024)} MB")
    suffix = name.rpartition(".")[2].lower()
    media_type = _sniff(content, suffix)
    if media_type is None:
        raise FileRefused("type", f"files like {name} are not accepted; pictures, PDF, office files and text are")
    return media_type


def safe_name(name: str) -> str:
    """`name` without paths and control characters, short enough for any file system."""
    base = name.replace("\\", "/").rpartition("/")[2]
    clean = "".join(c for c in base if c.isprintable() and c not in '<>:"|?*').strip(". ") or "file"
    stem, dot, suffix = clean.rpartition(".")
    if len(clean) <= NAME_LENGTH or not dot:
        return clean[:NAME_LENGTH]
    return f"{stem[: NAME_LENGTH - 11]}.{suffix[:10]}"


async def keep(
    blobs: Blobs, client: ClientId, attachment: Attachment, content: bytes, limit: int = MAX_BYTES
) -> Attachment:
    """Stores a fetched file and returns its attachment, now pointing at the blob, with the type it really has."""
    name = safe_name(attachment.name)
    media_type = check_file(content, name, limit)
    reference = await blobs.write(client, content)
    return replace(attachment, name=name, media_type=media_type, size=len(content), reference=reference, stored=True)


def _sniff(content: bytes, suffix: str) -> str | None:
    if content.startswith(_PROGRAMS):
        return None
    for signature, offset, media_type in _SIGNATURES:
        if content[offset : offset + len(signature)] == signature:
            if media_type in ("application/zip", "application/x-ole-storage"):
                return _OFFICE.get(suffix)
            return media_type
    if content[0] == 0xFF and content[1:2] and content[1] & 0xE0 == 0xE0:
        return "audio/mpeg"
    return _TEXTS.get(suffix) if _is_text(content) else None


def _is_text(content: bytes) -> bool:
    if b"\x00" in content:
        return False
    try:
        content.decode()
    except UnicodeDecodeError:
        return not any(byte < 9 for byte in content)  # Latin-1 exports of spreadsheets
    return True
