"""Secrets at rest: sealed with keys that live in the environment, never beside the data."""

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from storage.errors import SealBroken


class Vault:
    """Seals texts with the first of `keys` (Fernet keys) and opens what any of them sealed, so that keys can be
    rotated.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys:
            raise ValueError("a vault needs at least one key: put one into SWITCHBOARD_SECRET_KEYS")
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def seal(self, secret: str) -> str:
        """A text that only these keys open; never the same twice."""
        return self._fernet.encrypt(secret.encode()).decode()

    def open(self, sealed: str) -> str:
        """What was sealed. Raises SealBroken."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise SealBroken from error

    def reseal(self, sealed: str) -> str:
        """The same secret under the first key. Raises SealBroken."""
        try:
            return self._fernet.rotate(sealed.encode()).decode()
        except InvalidToken as error:
            raise SealBroken from error
