"""Typed, sortable identities, so that no room passes a thread where a conversation is meant."""

import itertools
import secrets
import uuid
from datetime import datetime
from typing import NewType

ClientId = NewType("ClientId", str)
ChannelId = NewType("ChannelId", str)
ThreadId = NewType("ThreadId", str)
CustomerId = NewType("CustomerId", str)
ConversationId = NewType("ConversationId", str)
MessageId = NewType("MessageId", str)
InboxId = NewType("InboxId", str)
EventId = NewType("EventId", str)
UserId = NewType("UserId", str)
QueueId = NewType("QueueId", str)

_COUNTER_BITS = 26
_counter = itertools.count(secrets.randbelow(2**20))


def new_id(now: datetime) -> str:
    """A UUIDv7 (RFC 9562, section 5.7, method 1) for `now`: sortable by time, and within one
    process by order of making: the 26 bits after the milliseconds are a counter, the rest is random.
    """
    milliseconds = int(now.timestamp() * 1000) & (2**48 - 1)
    count = next(_counter) & (2**_COUNTER_BITS - 1)
    high, low = count >> 14, count & (2**14 - 1)
    value = milliseconds << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low << 48 | secrets.randbits(48)
    return str(uuid.UUID(int=value))
