"""Remembers which parts of a long message a platform has already taken, so that a retry goes on where it stopped."""

from collections import OrderedDict

from conversation.ids import MessageId


class Progress:
    """Per message, the platform ids of its accepted parts. Kept in this process only, for the last `limit` messages:
    another process that takes over sends the whole message, and its item says `maybe_sent`.
    """

    def __init__(self, limit: int = 10_000) -> None:
        self._parts: OrderedDict[MessageId, list[str]] = OrderedDict()
        self._limit = limit

    def of(self, message: MessageId) -> list[str]:
        """Ids of the parts accepted so far, in order."""
        return list(self._parts.get(message, ()))

    def accepted(self, message: MessageId, platform_id: str) -> None:
        self._parts.setdefault(message, []).append(platform_id)
        self._parts.move_to_end(message)
        while len(self._parts) > self._limit:
            self._parts.popitem(last=False)

    def forget(self, message: MessageId) -> None:
        self._parts.pop(message, None)
