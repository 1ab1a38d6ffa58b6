"""Looks into office documents and archives: macros, programs in disguise, and what unpacks to more than we want."""

import stat
import zipfile
import zlib
from collections.abc import Callable
from io import BytesIO

MOST_ENTRIES = 2_000
MOST_BYTES = 100 * 1024 * 1024  # of all files of an archive, unpacked
_DIRECTORY_BYTES = 1024 * 1024
_PART_BYTES = 1024 * 1024
_UNREADABLE = (
    zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error, EOFError, ValueError, OverflowError, OSError,
)  # fmt: skip
_FOLDERS = {"docx": "word/", "xlsx": "xl/", "pptx": "ppt/"}
_EMBEDDED = ("docx", "xlsx", "pptx", "png", "jpg", "jpeg", "gif", "emf", "wmf", "pdf")
_END = b"PK\x05\x06"
_LARGE = b"PK\x06\x07"


def open_zip(content: bytes) -> zipfile.ZipFile | None:
    """The archive, None if it is broken, encrypted, or has a directory beyond all measure."""
    end = content.rfind(_END)
    if end < 0 or int.from_bytes(content[end + 12 : end + 16], "little") > _DIRECTORY_BYTES:
        return None
    if content[max(end - 20, 0) : end].startswith(_LARGE):
        return None
    try:
        opened = zipfile.ZipFile(BytesIO(content))
    except _UNREADABLE:
        return None
    entries = opened.infolist()
    plain = all(e.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) and not e.flag_bits & 1 for e in entries)
    return opened if plain and 0 < len(entries) <= MOST_ENTRIES else None


def office_problem(opened: zipfile.ZipFile, extension: str, media_type: str) -> str:
    """Why the document is refused: `macros`, or `mismatch` if it is no document of that kind; empty if it may pass."""
    names = [entry.filename.replace("\\", "/").lower() for entry in opened.infolist()]
    if extension not in _FOLDERS:
        return _open_document_problem(opened, names, media_type)
    types = _part(opened, "[Content_Types].xml")
    if types is None or not any(name.startswith(_FOLDERS[extension]) for name in names):
        return "mismatch"
    if b"macroenabled" in types or b"vbaproject" in types or any(_runs(name) for name in names):
        return "macros"
    template = _part(opened, "word/_rels/settings.xml.rels") or b""
    return "macros" if b'target="http' in template and b"attachedtemplate" in template else ""


def archive_problem(opened: zipfile.ZipFile, check: Callable[[bytes, str], str]) -> str:
    """Why the archive is refused, empty if every file in it passes `check` (content and name to a problem)."""
    left = MOST_BYTES
    for entry in opened.infolist():
        if entry.is_dir():
            continue
        if _leads_out(entry):
            return "archive"
        content = _read(opened, entry, left)
        if content is None or len(content) > left:
            return "archive"
        left -= len(content)
        if not _is_a_systems_note(entry.filename) and check(content, entry.filename):
            return "archive"
    return ""


def _open_document_problem(opened: zipfile.ZipFile, names: list[str], media_type: str) -> str:
    if (_part(opened, "mimetype") or b"").strip() != media_type.lower().encode():
        return "mismatch"
    return "macros" if any(name.startswith(("basic/", "scripts/")) for name in names) else ""


def _runs(name: str) -> bool:
    embedded = "/embeddings/" in name and not name.endswith("/") and name.rpartition(".")[2] not in _EMBEDDED
    return (
        embedded or name.endswith(("vbaproject.bin", "vbadata.xml")) or "/macrosheets/" in name or "/activex/" in name
    )


def _part(opened: zipfile.ZipFile, name: str) -> bytes | None:
    """A small part in lower case, whatever the width of its letters; None if there is none or it cannot be read."""
    entry = next((e for e in opened.infolist() if e.filename.lower() == name.lower()), None)
    content = _read(opened, entry, _PART_BYTES) if entry else None
    return None if content is None or len(content) > _PART_BYTES else content.replace(b"\x00", b"").lower()


def _read(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, limit: int) -> bytes | None:
    """At most one byte more than `limit`; None if it cannot be read."""
    try:
        with opened.open(entry) as file:
            return file.read(limit + 1)
    except _UNREADABLE:
        return None


def _leads_out(entry: zipfile.ZipInfo) -> bool:
    name = entry.filename.replace("\\", "/")
    linked = stat.S_ISLNK(entry.external_attr >> 16)
    return linked or name.startswith("/") or ":" in name.partition("/")[0] or ".." in name.split("/")


def _is_a_systems_note(name: str) -> bool:
    """What macOS and Windows put beside the files, which nobody opens."""
    return (name.startswith("__MACOSX/") and "/._" in name) or name.rpartition("/")[2] in (".DS_Store", "Thumbs.db")
