"""Reads Slack's refusals: their code, their status, and when to come again."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from slack_sdk.errors import SlackApiError

REJECTED = frozenset({"invalid_auth", "not_authed", "token_expired", "not_allowed_token_type"})


def code_of(error: SlackApiError) -> str:
    """Slack's name of the error, empty if the answer was no JSON."""
    data = getattr(error.response, "data", None)
    return str(data.get("error") or "") if isinstance(data, Mapping) else ""


def status_of(error: SlackApiError) -> int:
    """The HTTP status, 0 if there was none."""
    response: Any = error.response
    return getattr(response, "status_code", None) or getattr(response, "status", None) or 0


def retry_after(error: SlackApiError) -> timedelta | None:
    """How long Slack asks us to wait, None if it does not; half a minute if it asks without saying."""
    headers = getattr(error.response, "headers", None) or {}
    seconds = next((str(value) for name, value in headers.items() if str(name).lower() == "retry-after"), None)
    if seconds is None and status_of(error) != 429:
        return None
    return timedelta(seconds=int(seconds) if seconds and seconds.isdigit() else 30)
