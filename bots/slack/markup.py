"""Slack's text markup: what we write is escaped, what customers write becomes plain text.

Source: https://docs.slack.dev/messaging/formatting-message-text/
"""

import re

_REFERENCE = re.compile(r"<([^<>|]*)(?:\|([^<>]*))?>")


def escape(text: str) -> str:
    """`text` so that Slack shows it, character by character, instead of reading links and mentions in it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def plain(text: str, bot_user: str = "") -> str:
    """`text` as the customer saw it: links and mentions in words, without the mention of our own bot."""
    words = _REFERENCE.sub(lambda found: _reference(found[1], found[2], bot_user), text)
    words = words.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return re.sub(r"[ \t]{2,}", " ", words).strip() if bot_user and f"<@{bot_user}" in text else words.strip()


def mentions(text: str, user: str) -> bool:
    """Whether the raw text mentions that user."""
    return bool(user) and (f"<@{user}>" in text or f"<@{user}|" in text)


def _reference(target: str, label: str | None, bot_user: str) -> str:
    if target == f"@{bot_user}":
        return ""
    if target.startswith("@"):
        return f"@{label or target[1:]}"
    if target.startswith("#"):
        return f"#{label or target[1:]}"
    if target.startswith("!"):
        return label or f"@{target[1:].partition('^')[0]}"
    shown = target.removeprefix("mailto:").removeprefix("tel:")
    return f"{label} ({shown})" if label and label != shown and not shown.endswith(label) else shown
