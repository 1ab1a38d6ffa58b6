"""Carries button payloads that are longer than a platform allows, without keeping anything: the platform carries a
digest, and the payload is found again among the buttons we offered that customer.
"""

import base64
import hashlib
from dataclasses import replace

from bots.ports import Offered
from conversation.message import ContentKind, Inbound

_MARK = "#:"


def shorten(payload: str, limit: int) -> str:
    """The payload itself if it takes at most `limit` bytes (at least 24), else a digest that stands for it."""
    if len(payload.encode()) <= limit and not payload.startswith(_MARK):
        return payload
    digest = hashlib.sha256(payload.encode()).digest()[:16]
    return _MARK + base64.urlsafe_b64encode(digest).decode().rstrip("=")


async def expand(inbound: Inbound, offered: Offered) -> Inbound:
    """The inbound with its button's full payload and title. A digest we never offered leaves the payload empty."""
    if inbound.kind is not ContentKind.BUTTON or (inbound.text and not inbound.payload.startswith(_MARK)):
        return inbound
    for button in await offered.offered(inbound.channel, inbound.thread_ref):
        if inbound.payload in (button.payload, shorten(button.payload, 0)):
            return replace(inbound, payload=button.payload, text=inbound.text or button.title)
    return replace(inbound, payload="" if inbound.payload.startswith(_MARK) else inbound.payload)
