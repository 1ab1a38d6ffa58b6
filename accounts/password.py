"""Passwords become Argon2id hashes here and nowhere else, so that their cost is raised in one place."""

import unicodedata
from collections.abc import Iterable
from typing import Protocol

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type

from accounts import limits
from accounts.guessing import why_guessable

MIN_LENGTH = 12
MAX_LENGTH = limits.PASSWORD
FEWEST_KINDS = 5


class Hasher(Protocol):
    """Turns a password into something safe to keep."""

    def hash(self, password: str) -> str: ...

    def verify(self, password: str, hashed: str) -> bool:
        """Whether `password` made `hashed`; False too for a hash that cannot be read."""
        ...

    def is_outdated(self, hashed: str) -> bool:
        """Whether `hashed` was made with other parameters than today's and should be made anew."""
        ...


class Argon2Hasher:
    """Argon2id with RFC 9106's second recommended option (section 4): t=3, 64 MiB, p=4.

    Blocks for some tens of milliseconds without holding the interpreter lock: call it in a thread.
    """

    def __init__(self, *, time_cost: int = 3, memory_kib: int = 65_536, parallelism: int = 4) -> None:
        self._argon2 = PasswordHasher(
            time_cost=time_cost, memory_cost=memory_kib, parallelism=parallelism, hash_len=32, salt_len=16, type=Type.ID
        )

    def hash(self, password: str) -> str:
        return self._argon2.hash(normal(password))

    def verify(self, password: str, hashed: str) -> bool:
        try:
            return self._argon2.verify(hashed, normal(password))
        except (VerificationError, InvalidHashError, UnicodeEncodeError):  # a lone surrogate is no text
            return False

    def is_outdated(self, hashed: str) -> bool:
        try:
            return self._argon2.check_needs_rehash(hashed)
        except InvalidHashError:
            return True


def normal(password: str) -> str:
    """One spelling for passwords that look alike on different keyboards (NIST SP 800-63B-4, 3.1.1.2: NFKC)."""
    return unicodedata.normalize("NFKC", password)


def weakness(password: str, email: str = "", name: str = "", words: Iterable[str] = ()) -> str | None:
    """Why `password` will not do, or None. Length and what can be guessed count, not kinds of characters (NIST SP
    800-63B). `words` are further ones its owner is known by: their clients' ids and names. Blocks for milliseconds.
    """
    if len(password) > MAX_LENGTH:
        return f"a password may have at most {MAX_LENGTH} characters"
    plain = normal(password)
    if len(plain) < MIN_LENGTH:
        return f"a password needs at least {MIN_LENGTH} characters; this one has {len(plain)}"
    if any(unicodedata.category(sign) in {"Cc", "Cs"} for sign in plain):  # control characters, lone surrogates
        return "a password may have letters, digits, signs and spaces, and this one has something that is none of them"
    if len(set(plain.casefold())) < FEWEST_KINDS:
        return f"a password needs at least {FEWEST_KINDS} different characters"
    why = why_guessable(plain, [email, *email.split("@"), name, *words])
    return (
        None if why is None else f"this password is easy to guess: {why}. Take four words that have nothing in common"
    )
