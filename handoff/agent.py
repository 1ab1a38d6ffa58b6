"""Who works at the desk, as handing off sees them, and what they may do to a conversation."""

from dataclasses import dataclass

from conversation.conversation import Conversation
from conversation.ids import ClientId, UserId
from conversation.message import Author, AuthorKind


@dataclass(frozen=True, slots=True)
class Agent:
    """A person at the desk (web makes it from the signed-in user). `supervises`: may act on what others hold."""

    id: UserId
    name: str
    clients: frozenset[ClientId]
    capacity: int = 4
    skills: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset({"de", "en"})
    supervises: bool = False

    @property
    def author(self) -> Author:
        return Author(AuthorKind.AGENT, self.id, self.name)

    def may_act_on(self, conversation: Conversation) -> bool:
        """Whether the conversation is theirs to answer, pass on or end."""
        return self.supervises or conversation.assignee == self.id
