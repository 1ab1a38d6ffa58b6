"""What one step adds to a conversation, as a value that storage commits in one transaction."""

from dataclasses import dataclass

from conversation.conversation import Conversation, Customer, Thread
from conversation.events import Event
from conversation.ids import ConversationId
from conversation.message import Edit, InboxItem, Message


@dataclass(frozen=True, slots=True)
class Work:
    """The next message of a thread, leased with all that is needed to handle it. `latest` is the thread's open
    conversation, else its most recent one, else None. `lease` names the holder; a commit under a lost lease conflicts.
    """

    item: InboxItem
    thread: Thread
    customer: Customer
    latest: Conversation | None
    lease: str


@dataclass(frozen=True, slots=True)
class Change:
    """`conversation` is the new record (version already raised), valid only if storage still holds
    `expected_version` (0: it must not exist, and the thread must have no open one). Public messages not written by
    the customer go to the outbox. `work` is the inbox item this settles, if any. `revokes` names an earlier
    conversation that turns out not to have been resolved by the bot. `together` names another conversation changed in
    the same commit: both changes are valid, or neither.
    """

    conversation: Conversation
    expected_version: int
    events: tuple[Event, ...] = ()
    messages: tuple[Message, ...] = ()
    edits: tuple[Edit, ...] = ()
    work: Work | None = None
    revokes: ConversationId | None = None
    together: ConversationId | None = None


@dataclass(frozen=True, slots=True)
class Ignored:
    """An inbox item that changes nothing (an edit of a message we never saw, say)."""

    work: Work
    reason: str
