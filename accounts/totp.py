"""One-time codes from an authenticator app (RFC 6238 over RFC 4226)."""

import base64
import binascii
import hmac
import secrets
import struct
from datetime import datetime
from urllib.parse import quote, urlencode

STEP_SECONDS = 30
DIGITS = 6
DRIFT = 1  # steps a phone's clock may be off, RFC 6238 section 5.2


def new_secret() -> str:
    """160 random bits in Base32, as authenticator apps read them (RFC 4226 section 4, R6)."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def code(secret: str, step: int, digits: int = DIGITS) -> str:
    """The code of one time step: HOTP with the step as counter (RFC 6238 section 4, RFC 4226 section 5.3)."""
    mac = hmac.digest(_key(secret), struct.pack(">Q", step), "sha1")
    offset = mac[-1] & 0x0F
    number = struct.unpack(">I", mac[offset : offset + 4])[0] & 0x7FFF_FFFF
    return str(number % 10**digits).zfill(digits)


def matching_step(secret: str, presented: str, now: datetime, after: int = 0) -> int | None:
    """The time step `presented` belongs to, None if it is wrong. Steps up to `after` were used before and no longer
    count (RFC 6238 section 5.2: a code works once).
    """
    given = "".join(presented.split())
    current = int(now.timestamp()) // STEP_SECONDS
    found = None
    for step in range(current - DRIFT, current + DRIFT + 1):
        right = hmac.compare_digest(code(secret, step).encode(), given.encode())
        if right and step > after:
            found = step
    return found


def enrolment_uri(secret: str, email: str, issuer: str = "Switchboard") -> str:
    """The `otpauth://` address an authenticator app scans as a QR code."""
    label = f"{quote(issuer)}:{quote(email)}"
    return f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': issuer, 'digits': DIGITS})}"


def _key(secret: str) -> bytes:
    padded = secret.upper() + "=" * (-len(secret) % 8)
    try:
        return base64.b32decode(padded)
    except binascii.Error:
        raise ValueError("the one-time-code secret is not Base32: enrol the authenticator again") from None
