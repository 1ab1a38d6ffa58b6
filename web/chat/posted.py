"""Reads what a browser posts, and says what is wrong with it."""

import re
from dataclasses import dataclass

from fastapi import Request

from conversation import limits
from conversation.json_reader import JsonRefused, read_json
from conversation.plain_text import is_plain

NUMBER = re.compile(r"[A-Za-z0-9_-]{8,64}")
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


class Wrong(Exception):
    """The request cannot be used; the text says what would be right."""


@dataclass(frozen=True, slots=True)
class Posted:
    """A text, or a pressed button if it has a title."""

    number: str
    text: str = ""
    title: str = ""
    payload: str = ""
    language: str | None = None


async def read_message(request: Request) -> Posted:
    """The posted message. Raises Wrong."""
    try:
        body = read_json(await _body(request))
    except JsonRefused as error:
        raise Wrong(f"the body cannot be read: {error}") from error
    if not isinstance(body, dict):
        raise Wrong('the body must be an object like {"number": "…", "text": "…"}')
    posted = Posted(
        number=check_number(body.get("number")),
        text=_words(body, "text", limits.CHAT_TEXT),
        title=_words(body, "title", limits.SHORT),
        payload=_words(body, "payload", limits.PAYLOAD),
        language=check_language(body.get("language")),
    )
    if not posted.text.strip() and not posted.title.strip():
        raise Wrong("a message needs a text, or the title of a pressed button")
    return posted


def check_number(value: object) -> str:
    """The browser's own number of the message. Raises Wrong."""
    if isinstance(value, str) and NUMBER.fullmatch(value):
        return value
    raise Wrong("number must be 8 to 64 letters, digits, - or _, made once for each message")


def check_language(value: object) -> str | None:
    """A language tag's main part, None if there is none worth keeping."""
    return value.partition("-")[0].lower() if isinstance(value, str) and LANGUAGE.fullmatch(value) else None


def _words(body: dict[str, object], key: str, limit: int) -> str:
    value = body.get(key) or ""
    if not isinstance(value, str):
        raise Wrong(f"{key} must be a text")
    if len(value) > limit:
        raise Wrong(f"{key} has {len(value)} characters; at most {limit} are allowed")
    if not is_plain(value):
        raise Wrong(f"{key} holds NUL or half a character (a lone surrogate)")
    return value


async def _body(request: Request) -> bytes:
    """At most as much as a message may have, whatever was announced."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limits.CHAT_BODY_BYTES:
            raise Wrong(f"the body has more than {limits.CHAT_BODY_BYTES} bytes")
    return bytes(body)
