"""Files are judged by what is in them."""

import pytest

from bots.errors import FileRefused
from bots.files import check_file, safe_name


@pytest.mark.parametrize(
    ("content", "name", "media_type"),
    [
        (b"\x89PNG\r\n\x1a\n....", "a.exe", "image/png"),
        (b"\xff\xd8\xff\xe0", "a.jpg", "image/jpeg"),
        (b"RIFF....WEBPVP8 ", "a.webp", "image/webp"),
        (b"%PDF-1.7", "a.pdf", "application/pdf"),
        (b"OggS....", "v.ogg", "audio/ogg"),
        (b"....ftypisom", "v.mp4", "video/mp4"),
        (b"a;b\n1;2", "a.csv", "text/csv"),
        ("Grüße".encode("latin-1"), "a.txt", "text/plain"),
        (b"PK\x03\x04...", "a.zip", "application/zip"),
    ],
)
def test_known_kinds_are_accepted_under_their_real_type(content: bytes, name: str, media_type: str) -> None:
    assert check_file(content, name) == media_type


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"", "a.txt", "empty"),
        (b"x" * 11, "a.txt", "too_large"),
        (b"MZ\x90\x00", "a.pdf", "type"),
        (b"\x7fELF", "a.png", "type"),
        (b"#!/bin/sh", "a.txt", "type"),
        (b"<svg/>", "a.svg", "type"),
        (b"<html>", "a.html", "type"),
        (b"\x00\x01", "a.txt", "type"),
        (b"PK\x03\x04", "a.jar", "type"),
    ],
)
def test_others_are_refused_with_a_reason(content: bytes, name: str, code: str) -> None:
    with pytest.raises(FileRefused) as refused:
        check_file(content, name, limit=10)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("Rechnung.pdf", "Rechnung.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\a.txt", "a.txt"),
        ("a\x00b\n.txt", "ab.txt"),
        ("", "file"),
        ("..", "file"),
        ("x" * 300 + ".pdf", "x" * 109 + ".pdf"),
    ],
)
def test_names_cannot_escape(name: str, safe: str) -> None:
    assert safe_name(name) == safe
