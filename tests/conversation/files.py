"""Files of every kind, made on the spot: small, and real enough for who looks into them."""

import io
import zipfile
from collections.abc import Mapping

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00"
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
EXE = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00"
ELF = b"\x7fELF\x02\x01\x01\x00"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 24
_TYPES = '<Types><Override ContentType="application/vnd.openxmlformats-officedocument.main+xml"/></Types>'
_MACRO_TYPES = '<Types><Override ContentType="application/vnd.ms-word.document.macroEnabled.main+xml"/></Types>'


def zipped(files: Mapping[str, bytes | str], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An archive of these files."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


def office(folder: str, more: Mapping[str, bytes] | None = None, *, types: str = _TYPES) -> bytes:
    """A docx, xlsx or pptx: `folder` is word, xl or ppt; `more` are parts of it by path."""
    parts: dict[str, bytes | str] = {"[Content_Types].xml": types, f"{folder}/document.xml": "<w:document/>"}
    return zipped(parts | dict(more or {}))


def macro_office(folder: str) -> bytes:
    """One whose main part is of a kind with macros, which holds none yet."""
    return office(folder, types=_MACRO_TYPES)


def open_document(kind: str, more: Mapping[str, bytes] | None = None) -> bytes:
    """An odt, ods or odp: `kind` is text, spreadsheet or presentation."""
    parts: dict[str, bytes | str] = {"mimetype": f"application/vnd.oasis.opendocument.{kind}", "content.xml": "<x/>"}
    return zipped(parts | dict(more or {}))


def encrypted(content: bytes) -> bytes:
    """An archive that says its first file needs a password."""
    local, central = content.index(b"PK\x03\x04"), content.index(b"PK\x01\x02")
    made = bytearray(content)
    made[local + 6] |= 1
    made[central + 8] |= 1
    return bytes(made)


def linked(name: str, target: str) -> bytes:
    """An archive with a symbolic link."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        entry = zipfile.ZipInfo(name)
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, target)
    return made.getvalue()
