"""Every file is judged by what is in it, in both directions and on every channel."""

import time
import unicodedata
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversation.files.check import MAX_BYTES, Accepted, Refusal, Refused, check_file
from conversation.files.names import NAME_LENGTH, safe_name
from tests.conversation.files import (
    ELF,
    EXE,
    JPEG,
    OLE,
    PDF,
    PNG,
    encrypted,
    linked,
    macro_office,
    office,
    open_document,
    zipped,
)

OPEN_XML = "application/vnd.openxmlformats-officedocument"
BMP = b"BM" + (30).to_bytes(4, "little") + b"\x00" * 24

ACCEPTED = [  # content, name, declared, name as it travels, media type
    (PNG, "bild.png", "image/png", "bild.png", "image/png"),
    (JPEG, "Foto.JPG", "", "Foto.JPG", "image/jpeg"),
    (JPEG, "foto.png", "image/png", "foto.jpg", "image/jpeg"),
    (JPEG, "photo", "image/jpeg", "photo.jpg", "image/jpeg"),
    (JPEG, "IMG_1.JPG_large", "image/jpeg", "IMG_1.JPG_large.jpg", "image/jpeg"),
    (PNG, "bild.png", "application/octet-stream", "bild.png", "image/png"),
    (b"GIF89a\x01\x00", "a.gif", "image/gif", "a.gif", "image/gif"),
    (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "a.webp", "image/webp", "a.webp", "image/webp"),
    (b"\x00\x00\x00\x18ftypheic\x00", "IMG.HEIC", "image/heic", "IMG.HEIC", "image/heic"),
    (b"\x00\x00\x00\x18ftypavif\x00", "a.avif", "", "a.avif", "image/avif"),
    (b"II*\x00\x08\x00", "scan.tiff", "image/tiff", "scan.tiff", "image/tiff"),
    (BMP, "a.bmp", "image/bmp", "a.bmp", "image/bmp"),
    (PDF, "Rechnung.pdf", "application/pdf", "Rechnung.pdf", "application/pdf"),
    (b"%PDF-1.4 invoice", "Rechnung.pdf", "", "Rechnung.pdf", "application/pdf"),
    (b"OggS\x00\x02", "voice.oga", "audio/ogg", "voice.oga", "audio/ogg"),
    (b"OggS\x00\x02", "voice", "audio/ogg", "voice.ogg", "audio/ogg"),
    (b"ID3\x04\x00", "a.mp3", "audio/mpeg", "a.mp3", "audio/mpeg"),
    (b"\xff\xfb\x90\x00", "a.mp3", "audio/mpeg", "a.mp3", "audio/mpeg"),
    (b"#!AMR\n\x3c\x91", "a.amr", "audio/amr", "a.amr", "audio/amr"),
    (b"\x00\x00\x00\x18ftypM4A \x00", "memo.m4a", "audio/mp4", "memo.m4a", "audio/mp4"),
    (b"RIFF\x10\x00\x00\x00WAVEfmt ", "a.wav", "audio/x-wav", "a.wav", "audio/wav"),
    (b"\x00\x00\x00\x18ftypisom\x00", "a.mp4", "video/mp4", "a.mp4", "video/mp4"),
    (b"\x00\x00\x00\x14ftypqt  \x00", "a.mov", "video/quicktime", "a.mov", "video/quicktime"),
    (b"\x1aE\xdf\xa3\x01\x00", "clip.webm", "audio/webm", "clip.webm", "video/webm"),
    (b"a;b\n1;2", "a.csv", "application/vnd.ms-excel", "a.csv", "text/csv"),
    (b"a;b\n1;2", "a.csv", "text/csv", "a.csv", "text/csv"),
    ("Grüße".encode("latin-1") + b" aus Wien", "a.txt", "text/plain", "a.txt", "text/plain"),
    ("Grüße".encode("utf-16"), "a.txt", "text/plain", "a.txt", "text/plain"),
    (b"MZ-17 ist meine Bestellung", "a.txt", "text/plain", "a.txt", "text/plain"),
    (b"# Titel\n\n<!> ist kein Markup", "README.md", "text/markdown", "README.md", "text/plain"),
    (b"just words", "notiz", "", "notiz.txt", "text/plain"),
    (b"BEGIN:VCALENDAR", "t.ics", "text/calendar", "t.ics", "text/calendar"),
    (office("word"), "a.docx", f"{OPEN_XML}.wordprocessingml.document", "a.docx", f"{OPEN_XML}.wordprocessingml.document"),
    (office("xl"), "a.xlsx", "application/zip", "a.xlsx", f"{OPEN_XML}.spreadsheetml.sheet"),
    (office("ppt"), "a.pptx", "", "a.pptx", f"{OPEN_XML}.presentationml.presentation"),
    (office("word", {"word/media/image1.png": PNG}), "a.docx", "", "a.docx", f"{OPEN_XML}.wordprocessingml.document"),
    (open_document("text"), "a.odt", "", "a.odt", "application/vnd.oasis.opendocument.text"),
    (open_document("spreadsheet"), "a.ods", "", "a.ods", "application/vnd.oasis.opendocument.spreadsheet"),
    (zipped({"a.png": PNG, "docs/b.pdf": PDF, "docs/c.docx": office("word")}), "a.zip", "application/zip", "a.zip", "application/zip"),
    (zipped({"a.png": PNG, "__MACOSX/._a.png": b"\x00\x05\x16\x07", ".DS_Store": b"\x00\x00"}), "a.zip", "application/x-zip-compressed", "a.zip", "application/zip"),
]  # fmt: skip

REFUSED = [  # content, name, declared, why
    (b"", "a.txt", "text/plain", Refusal.EMPTY),
    (b"x" * 101, "a.txt", "text/plain", Refusal.TOO_LARGE),
    (EXE, "setup.exe", "application/x-msdownload", Refusal.PROGRAM),
    (EXE, "bild.png", "image/png", Refusal.PROGRAM),
    (EXE, "rechnung.pdf", "application/pdf", Refusal.PROGRAM),
    (EXE, "rechnung.pdf.exe", "application/pdf", Refusal.PROGRAM),
    (EXE, "gnp\u202eexe.png", "image/png", Refusal.PROGRAM),
    (ELF, "a.png", "image/png", Refusal.PROGRAM),
    (b"\xca\xfe\xba\xbe\x00\x00", "A.class", "", Refusal.PROGRAM),
    (b"\xcf\xfa\xed\xfe\x07\x00", "a", "", Refusal.PROGRAM),
    (b"dex\n035\x00", "a.png", "image/png", Refusal.PROGRAM),
    (b"\x00asm\x01\x00", "a.pdf", "", Refusal.PROGRAM),
    (b"L\x00\x00\x00\x01\x14\x02\x00", "Rechnung.pdf.lnk", "", Refusal.PROGRAM),
    (b"#!/bin/sh\nrm -rf ~", "a.txt", "text/plain", Refusal.PROGRAM),
    (PNG, "bild.exe", "image/png", Refusal.TYPE),
    (PNG, "bild.png.exe", "image/png", Refusal.TYPE),
    (PNG, "bild.exe.", "image/png", Refusal.TYPE),
    (PNG, "bild.exe ", "image/png", Refusal.TYPE),
    (PNG, "bild.ｅｘｅ", "image/png", Refusal.TYPE),
    (PNG, "bild\u2024exe", "image/png", Refusal.TYPE),
    (PNG, "png.\u202egnp.exe", "image/png", Refusal.TYPE),
    (PNG, "bild.png", "text/html", Refusal.TYPE),
    (PNG, "bild.png", "image/svg+xml", Refusal.TYPE),
    (PNG, "bild.png", "application/x-msdownload; charset=binary", Refusal.TYPE),
    (b"@echo off\ndel *", "a.bat", "", Refusal.TYPE),
    (b"alert(1)", "a.js", "text/javascript", Refusal.TYPE),
    (b"WScript.Echo 1", "a.vbs", "text/plain", Refusal.TYPE),
    (b"<svg onload='alert(1)'/>", "a.svg", "image/svg+xml", Refusal.TYPE),
    (b"<svg onload='alert(1)'/>", "a.png", "image/png", Refusal.TYPE),
    (b"\xef\xbb\xbf \n<!DOCTYPE html><script>", "a.txt", "text/plain", Refusal.TYPE),
    (b"<html><script>alert(1)</script>", "a.csv", "text/csv", Refusal.TYPE),
    ("<script>alert(1)</script>".encode("utf-16"), "a.txt", "text/plain", Refusal.TYPE),
    (b"<?php system($_GET[0]);", "a.txt", "text/plain", Refusal.TYPE),
    (b"<?xml version='1.0'?><x/>", "a.txt", "", Refusal.TYPE),
    (b"\x00\x01\x02\x03", "a.txt", "text/plain", Refusal.TYPE),
    (b"words", "a.unknown", "", Refusal.TYPE),
    (zipped({"META-INF/MANIFEST.MF": "x"}), "a.jar", "application/java-archive", Refusal.TYPE),
    (zipped({"AndroidManifest.xml": "x"}), "a.apk", "", Refusal.TYPE),
    (zipped({"a.txt": "x"}), "a", "", Refusal.TYPE),
    (PNG, "bild.pdf", "application/pdf", Refusal.MISMATCH),
    (PNG, "bild.png", "application/pdf", Refusal.MISMATCH),
    (PDF, "rechnung.docx", "", Refusal.MISMATCH),
    (PDF, "rechnung.pdf", "image/png", Refusal.MISMATCH),
    (b"words", "a.pdf", "application/pdf", Refusal.MISMATCH),
    (b"words", "a.png", "image/png", Refusal.MISMATCH),
    (b"words", "a.txt", "image/png", Refusal.MISMATCH),
    (b"words", "a.docx", "", Refusal.MISMATCH),
    (office("word"), "a.xlsx", "", Refusal.MISMATCH),
    (office("word"), "a.png", "image/png", Refusal.MISMATCH),
    (zipped({"x.txt": "x"}), "a.docx", "", Refusal.MISMATCH),
    (open_document("text"), "a.ods", "", Refusal.MISMATCH),
    (OLE, "a.doc", "application/msword", Refusal.MACROS),
    (OLE, "a.docx", "", Refusal.MACROS),
    (b"a,b", "a.xls", "application/vnd.ms-excel", Refusal.MACROS),
    (b"{\\rtf1 x}", "a.rtf", "application/rtf", Refusal.MACROS),
    (b"{\\rtf1 x}", "a.txt", "", Refusal.MACROS),
    (macro_office("word"), "a.docm", "", Refusal.MACROS),
    (macro_office("word"), "a.docx", "", Refusal.MACROS),
    (office("word", {"word/vbaProject.bin": OLE}), "a.docx", "", Refusal.MACROS),
    (office("xl", {"xl/macrosheets/sheet1.xml": b"x"}), "a.xlsx", "", Refusal.MACROS),
    (office("word", {"word/activeX/activeX1.xml": b"x"}), "a.docx", "", Refusal.MACROS),
    (office("word", {"word/embeddings/oleObject1.bin": OLE}), "a.docx", "", Refusal.MACROS),
    (office("word", {"word/_rels/settings.xml.rels": b'<R Type="x/attachedTemplate" Target="http://x/y.dotm"/>'}), "a.docx", "", Refusal.MACROS),
    (open_document("text", {"Basic/Standard/Module1.xml": b"x"}), "a.odt", "", Refusal.MACROS),
    (b"Rar!\x1a\x07\x00", "a.rar", "", Refusal.ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", "a.7z", "", Refusal.ARCHIVE),
    (b"\x1f\x8b\x08", "a.gz", "", Refusal.ARCHIVE),
    (zipped({"a.png": PNG, "b/setup.exe": EXE}), "a.zip", "application/zip", Refusal.ARCHIVE),
    (zipped({"bild.png": EXE}), "a.zip", "application/zip", Refusal.ARCHIVE),
    (zipped({"a.docm": macro_office("word")}), "a.zip", "", Refusal.ARCHIVE),
    (zipped({"inner.zip": zipped({"a.txt": "x"})}), "a.zip", "", Refusal.ARCHIVE),
    (zipped({"../../etc/a.txt": "x"}), "a.zip", "", Refusal.ARCHIVE),
    (zipped({"C:/a.txt": "x"}), "a.zip", "", Refusal.ARCHIVE),
    (linked("a.txt", "/etc/passwd"), "a.zip", "", Refusal.ARCHIVE),
    (zipped({"leer.exe": b""}), "a.zip", "", Refusal.ARCHIVE),
    (zipped({"__MACOSX/setup.exe": EXE}), "a.zip", "", Refusal.ARCHIVE),
    (encrypted(zipped({"a.txt": "x"})), "a.zip", "", Refusal.ARCHIVE),
    (zipped({"a.txt": "x"})[:-10], "a.zip", "", Refusal.ARCHIVE),
    (zipped({"a.txt": "x" * 99}, method=zipfile.ZIP_BZIP2), "a.zip", "", Refusal.ARCHIVE),
]  # fmt: skip


@pytest.mark.parametrize(("content", "name", "declared", "travels_as", "media_type"), ACCEPTED)
def test_what_customers_and_agents_send_each_other_is_accepted_as_what_it_is(
    content: bytes, name: str, declared: str, travels_as: str, media_type: str
) -> None:
    found = check_file(content, name, declared)
    assert isinstance(found, Accepted), found
    assert (found.name, found.media_type) == (travels_as, media_type)


@pytest.mark.parametrize(("content", "name", "declared", "why"), REFUSED)
def test_what_runs_lies_or_hides_is_refused(content: bytes, name: str, declared: str, why: Refusal) -> None:
    limit = 100 if why is Refusal.TOO_LARGE else MAX_BYTES
    found = check_file(content, name, declared, limit)
    assert isinstance(found, Refused), found
    assert found.why is why


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("Rechnung.pdf", "Rechnung.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\a.txt", "a.txt"),
        ("a／b.txt", "b.txt"),
        ("a\x00b\n\x7f\x9f.txt", "ab.txt"),
        ("a\u202etxt.exe", "atxt.exe"),
        ("a\u2066\u200b\ufeffb.txt", "ab.txt"),
        ("a\ud800.txt", "a.txt"),
        ("", "file"),
        ("..", "file"),
        (" .a. ", "a"),
        ("rechnung.exe.pdf", "rechnung_exe.pdf"),
        ("a.html.js.png", "a_html_js.png"),
        ("www.example.com.pdf", "www.example_com.pdf"),
        ("nul.txt", "_nul.txt"),
        ("COM1", "_COM1"),
        ('a<b>:"|?*.txt', "ab.txt"),
        ("x" * 300 + ".pdf", "x" * 109 + ".pdf"),
        ("x" * 300, "x" * 120),
        ("x." + "y" * 300, ("x." + "y" * 300)[:120]),
    ],
)
def test_names_cannot_escape_or_pretend(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@given(st.text(max_size=300))
def test_a_safe_name_is_safe_whatever_it_was(name: str) -> None:
    safe = safe_name(name)
    assert 0 < len(safe) <= NAME_LENGTH
    assert not set(safe) & set('/\\<>:"|?*')
    assert all(c.isprintable() and unicodedata.category(c) not in ("Cf", "Cc", "Cs") for c in safe)
    assert safe.strip(". ") == safe
    assert safe_name(safe) == safe


@given(st.binary(max_size=300), st.text(max_size=40), st.text(max_size=40))
def test_no_file_breaks_the_check(content: bytes, name: str, declared: str) -> None:
    found = check_file(content, name, declared)
    assert isinstance(found, Accepted | Refused)


@given(st.sampled_from([a[0] for a in ACCEPTED if a[0].startswith(b"PK")]), st.data())
def test_no_broken_archive_breaks_the_check(content: bytes, data: st.DataObject) -> None:
    made = bytearray(content)
    for _ in range(data.draw(st.integers(1, 8))):
        made[data.draw(st.integers(0, len(made) - 1))] = data.draw(st.integers(0, 255))
    for name in ("a.zip", "a.docx", "a.odt"):
        assert isinstance(check_file(bytes(made), name), Accepted | Refused)


def test_an_archive_that_unpacks_to_more_than_we_want_is_refused_without_unpacking_it_all() -> None:
    bomb = zipped({f"{i}.txt": b"0" * 30_000_000 for i in range(8)})
    assert len(bomb) < 1_000_000
    began = time.perf_counter()
    assert check_file(bomb, "a.zip") == Refused("a.zip", Refusal.ARCHIVE)
    assert time.perf_counter() - began < 5
    many = zipped({f"{i}.txt": b"" for i in range(3_000)})
    assert check_file(many, "a.zip") == Refused("a.zip", Refusal.ARCHIVE)
