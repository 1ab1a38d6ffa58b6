"""Where a Rasa server is and how to prove to it that we may ask."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

_LIVES_S = 300


@dataclass(frozen=True, slots=True)
class Address:
    """A server's base URL, with the `--auth-token` or the `--jwt-secret` it was started with (or neither)."""

    url: str
    token: str = field(default="", repr=False)
    jwt_secret: str = field(default="", repr=False)


class Authorised(httpx.BaseTransport):
    """Adds the proof below the client, where no log line, error or redirect ever shows it.

    Rasa takes its token only as `?token=`; a JWT goes into the header, is signed with HS256 and lives five minutes.
    """

    def __init__(self, address: Address, inner: httpx.BaseTransport, clock: Callable[[], float] = time.time) -> None:
        self._address = address
        self._inner = inner
        self._clock = clock

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """See httpx.BaseTransport."""
        url, headers = request.url, request.headers
        if self._address.token:
            url = url.copy_merge_params({"token": self._address.token})
        if self._address.jwt_secret:
            headers = httpx.Headers(headers)
            headers["Authorization"] = f"Bearer {jwt(self._address.jwt_secret, int(self._clock()))}"
        proven = httpx.Request(
            request.method, url, headers=headers, stream=request.stream, extensions=request.extensions
        )
        return self._inner.handle_request(proven)

    def close(self) -> None:
        """See httpx.BaseTransport."""
        self._inner.close()


def jwt(secret: str, now: int) -> str:
    """A token as Rasa's `--jwt-secret` wants it (RFC 7519, HS256): the payload names a user with the role admin."""
    payload = {"user": {"username": "switchboard", "role": "admin"}, "iat": now, "exp": now + _LIVES_S}
    signed = b".".join(_part(json.dumps(part, separators=(",", ":")).encode()) for part in (_HEADER, payload))
    proof = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    return (signed + b"." + _part(proof)).decode("ascii")


_HEADER = {"alg": "HS256", "typ": "JWT"}


def _part(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
