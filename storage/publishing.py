"""Who is told after a commit."""

from collections.abc import Sequence
from typing import Protocol

from conversation.ports import Changed


class Publisher(Protocol):
    """Tells live pages what changed. Called after the commit, never inside it; never raises."""

    async def publish(self, changes: Sequence[Changed]) -> None: ...


class Nobody:
    """A publisher for processes without pages."""

    async def publish(self, changes: Sequence[Changed]) -> None:
        """Tells nobody."""
