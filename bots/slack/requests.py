"""Slack's calls over HTTP: whether Slack made them (docs.slack.dev: Verifying requests), and what they say."""

import hashlib
import hmac
import re
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from bots.errors import Unreadable
from conversation.json_reader import JsonRefused, read_json

FRESH_SECONDS = 300
FIELDS = 100

_STAMP = re.compile(r"[0-9]{1,12}")
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}")


def is_signed(secret: str, headers: Mapping[str, str], body: bytes, *, now: float | None = None) -> bool:
    """Whether the call carries Slack's signature of the last five minutes. `headers` have lower-case names; whatever
    stands in them is an answer of False, never an error.
    """
    stamp, given = headers.get("x-slack-request-timestamp", ""), headers.get("x-slack-signature", "")
    if not _STAMP.fullmatch(stamp) or not _SIGNATURE.fullmatch(given):
        return False
    if abs((time.time() if now is None else now) - int(stamp)) > FRESH_SECONDS:
        return False
    made = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(f"v0={made}", given)


def read_payload(body: bytes) -> Mapping[str, Any]:
    """What a call says: an event as JSON, an interaction as the form field `payload`, a command as a form. Raises
    Unreadable.
    """
    try:
        payload = read_json(body) if _is_json(body) else _from_form(body)
    except (JsonRefused, ValueError) as error:
        raise Unreadable(f"neither JSON nor a form: {error}") from error
    if not isinstance(payload, dict):
        raise Unreadable(f"a JSON object is expected, not {type(payload).__name__}")
    return payload


def _is_json(body: bytes) -> bool:
    """By its first letter, as Slack's own library tells them apart: no name of a form field begins like that."""
    return body.lstrip()[:1] in (b"{", b"[", b'"') or b"=" not in body


def _from_form(body: bytes) -> Any:
    form = dict(parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=FIELDS))
    return read_json(form["payload"]) if "payload" in form else form
