"""How long things may be, said once for every edge: a longer one is refused, or cut with a mark where it must not be
lost. In characters, unless a name says bytes.
"""

from typing import Final

CUSTOMER_TEXT: Final = 40_000
"""The longest text a platform carries (Slack: 40,000; Telegram: 4,096)."""
CHAT_TEXT: Final = 4_000
PAYLOAD: Final = 4_000
NAME: Final = 200
FILE_NAME: Final = 255
MEDIA_TYPE: Final = 100
REFERENCE: Final = 255
"""An id that a platform gives: of a person, a chat, a message, a file."""
ATTRIBUTES: Final = 20
FILES: Final = 20
"""Attachments of one message."""

REPLY: Final = 20_000
NOTE: Final = 20_000
DRAFT: Final = 20_000
SHORT: Final = 200
"""A label, a disposition, a key, a macro's name, an intent."""
REASON: Final = 500
EVIDENCE: Final = 2_000
SEARCH: Final = 200

FIELD: Final = 20_000
"""A field of a form that says nothing narrower."""
FIELD_NAME: Final = 100
FIELDS: Final = 500
PATH_BYTES: Final = 2_000
QUERY_BYTES: Final = 8_000
HEADER_BYTES: Final = 8_000
HEADERS_BYTES: Final = 32_000
CHAT_BODY_BYTES: Final = 64_000
JSON_DEPTH: Final = 64

LOGGED: Final = 500
LOGGED_TRACEBACK: Final = 8_000

MARK: Final = " […]"


def cut(text: str, longest: int) -> str:
    """`text` if it is no longer than `longest`, else its beginning and a mark, together exactly as long."""
    return text if len(text) <= longest else text[: longest - len(MARK)] + MARK
