"""Decides which files we carry: by size, name, and what is really in them rather than by what they claim."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from conversation.files.containers import archive_problem, office_problem, open_zip
from conversation.files.names import extension_of, safe_name, with_extension
from conversation.files.signatures import Sign, sign_of
from conversation.files.types import (
    BY_EXTENSION,
    BY_MEDIA_TYPE,
    DANGEROUS,
    MACRO_ENDINGS,
    Family,
    FileType,
    contradicts,
    is_declared_dangerous,
)

MAX_BYTES = 20 * 1024 * 1024  # what Telegram lets a bot download
GONE = "gone"
"""In place of a Refusal: the platform did not give the file."""


class Refusal(StrEnum):
    """Why a file is not carried; each has its sentence for the agent and for the customer."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    TYPE = "type"  # not of a kind we carry
    PROGRAM = "program"  # a program or a script, whatever it is called
    MISMATCH = "mismatch"  # name, declared type and content contradict each other
    MACROS = "macros"  # a document that may run something, or of a format that may hide it
    ARCHIVE = "archive"  # one that cannot be looked into, or holds what we do not carry


_OF_SIGN: Mapping[str, Refusal] = {
    Sign.PROGRAM: Refusal.PROGRAM,
    Sign.OLD_OFFICE: Refusal.MACROS,
    Sign.ARCHIVE: Refusal.ARCHIVE,
    Sign.PAGE: Refusal.TYPE,
    Sign.UNKNOWN: Refusal.TYPE,
}


@dataclass(frozen=True, slots=True)
class Accepted:
    """A file we carry, under a safe name with the ending of what it is."""

    name: str
    media_type: str
    family: Family

    @property
    def is_picture(self) -> bool:
        return self.family is Family.PICTURE


@dataclass(frozen=True, slots=True)
class Refused:
    """A file we do not carry; `name` is safe to show."""

    name: str
    why: Refusal


def check_file(content: bytes, name: str, declared: str = "", limit: int = MAX_BYTES) -> Accepted | Refused:
    """Whether a file may travel, from a customer or to one. `declared` is the media type its sender claims, empty if
    none. CPU-bound: archives are unpacked, up to 100 MB.
    """
    name = safe_name(name)
    if not content:
        return Refused(name, Refusal.EMPTY)
    if len(content) > limit:
        return Refused(name, Refusal.TOO_LARGE)
    return _check(content, name, declared, archives=True)


def _check(content: bytes, name: str, declared: str, *, archives: bool) -> Accepted | Refused:
    sign, extension = sign_of(content), extension_of(name)
    kind = BY_MEDIA_TYPE.get(sign) or BY_EXTENSION.get(extension)
    if sign is Sign.TEXT and not extension:
        kind = BY_MEDIA_TYPE["text/plain"]
    refusal = _OF_SIGN.get(sign) or _of_claims(extension, declared)
    if refusal is None and kind is not None:
        refusal = _problem(content, sign, kind, extension, declared, archives=archives)
    if refusal is not None or kind is None:
        return Refused(name, refusal or Refusal.TYPE)
    return Accepted(_named(name, extension, kind), kind.media_type, kind.family)


def _of_claims(extension: str, declared: str) -> Refusal | None:
    """What the name or the sender says it is, whatever it really is."""
    if extension in MACRO_ENDINGS:
        return Refusal.MACROS
    return Refusal.TYPE if extension in DANGEROUS or is_declared_dangerous(declared) else None


def _problem(
    content: bytes, sign: str, kind: FileType, extension: str, declared: str, *, archives: bool
) -> Refusal | None:
    named = BY_EXTENSION.get(extension)
    if named is not None and named.family is not kind.family:
        return Refusal.MISMATCH
    expected = {Family.TEXT: Sign.TEXT, Family.OFFICE: Sign.ZIP, Family.ARCHIVE: Sign.ZIP}
    if sign != expected.get(kind.family, kind.media_type):
        return Refusal.MISMATCH
    if sign is Sign.ZIP and (problem := _container_problem(content, kind, extension, archives=archives)):
        return problem
    return Refusal.MISMATCH if contradicts(declared, kind) else None


def _container_problem(content: bytes, kind: FileType, extension: str, *, archives: bool) -> Refusal | None:
    opened = open_zip(content)
    if opened is None:
        return Refusal.ARCHIVE
    with opened:
        if kind.family is Family.OFFICE:
            problem = office_problem(opened, extension, kind.media_type)
        elif archives:
            problem = archive_problem(opened, _inner_problem)
        else:
            problem = Refusal.ARCHIVE  # an archive within an archive
    return Refusal(problem) if problem else None


def _inner_problem(content: bytes, name: str) -> str:
    """An archive is as good as its worst file; an empty one does no harm."""
    name = safe_name(name)
    if not content:
        return "" if extension_of(name) not in DANGEROUS else Refusal.TYPE
    found = _check(content, name, "", archives=False)
    return found.why if isinstance(found, Refused) else ""


def _named(name: str, extension: str, kind: FileType) -> str:
    """The name with an ending of what the file is: the sender's own if that is right."""
    if extension in kind.extensions:
        return name
    return with_extension(name, kind.extensions[0], instead=extension in BY_EXTENSION)
