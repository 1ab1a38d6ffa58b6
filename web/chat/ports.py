"""What the web chat asks of the rooms around it, as plain values."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from conversation.ids import ChannelId, ClientId, MessageId, ThreadId
from conversation.message import Message


@dataclass(frozen=True, slots=True)
class ChatChannel:
    """How one web chat presents itself. `origins` may embed it (`*`: any site); `greeting` by language is shown before
    anybody has written; `bot_name` is who answers first.
    """

    id: ChannelId
    client: ClientId
    client_name: str
    bot_name: str = ""
    accent: str = "#2456a6"
    languages: Sequence[str] = ("en",)
    origins: Sequence[str] = ()
    greeting: Mapping[str, str] = field(default_factory=dict)


class ChatDirectory(Protocol):
    """The web chats that exist now."""

    def chat(self, channel: ChannelId) -> ChatChannel | None: ...


class Visitors(Protocol):
    """Signed tokens instead of cookies (bots.webchat.VisitorTokens)."""

    def issue(self, channel: ChannelId) -> tuple[str, str]:
        """A new visitor's reference and token."""
        ...

    def read(self, channel: ChannelId, token: str) -> str | None:
        """The reference behind a token, None if it is not valid here."""
        ...


class Intake(Protocol):
    """Commits what visitors post (bots.webchat.WebChatIntake). When a method returns, nothing can be lost; the same
    `number` of the same visitor again changes nothing.
    """

    async def message(self, channel: ChannelId, visitor: str, number: str, text: str, language: str | None) -> None: ...

    async def press(
        self, channel: ChannelId, visitor: str, number: str, title: str, payload: str, language: str | None
    ) -> None: ...

    async def file(
        self,
        channel: ChannelId,
        visitor: str,
        number: str,
        name: str,
        content: bytes,
        language: str | None,
        *,
        media_type: str = "",
    ) -> str:
        """Empty once the file is safe, else why it is refused (conversation.files.check.Refusal). `media_type` is what
        the browser says it is.
        """
        ...


class FeedEntry(Protocol):
    """A message the visitor may see, and its place in their feed."""

    @property
    def position(self) -> int: ...

    @property
    def message(self) -> Message: ...


class Feed(Protocol):
    """Visitors' feeds (storage.transcripts.Transcripts)."""

    async def thread_of(self, channel: ChannelId, ref: str) -> ThreadId | None:
        """The visitor's thread, None before their first message."""
        ...

    async def feed(self, thread: ThreadId, after: int = 0, limit: int = 100) -> Sequence[FeedEntry]:
        """Entries with a position above `after`, in order."""
        ...

    async def message(
        self, client: ClientId, channel: ChannelId, thread: ThreadId, message: MessageId
    ) -> Message | None:
        """The message if it is in the feed of this thread, of this channel, of this client."""
        ...


class LiveThreads(Protocol):
    """What happens in a thread while somebody looks (storage.live.Live)."""

    def thread(self, thread: ThreadId) -> AsyncIterator[object]:
        """`Changed` when the feed may have grown; anything else with `author` and `name` is somebody typing. It may
        lose some, and ends when it does.
        """
        ...


class Files(Protocol):
    """Files by client and reference (web.ports.Blobs)."""

    async def read(self, client: ClientId, reference: str) -> bytes | None: ...
