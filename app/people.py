"""Managing people as this platform is wired: what there is to grant, and what becomes of what somebody holds."""

import os
import pwd

from accounts.edit import Vocabulary
from accounts.user import Right
from app.directory import Directory
from conversation.clock import Clock
from conversation.ids import UserId
from handoff.ports import Conversations, Presence, Sweeps
from handoff.sweeps import return_unentitled
from storage.users import SqlUsers
from web.i18n import LANGUAGES


class DeskHoldings:
    """An accounts.ports.HeldConversations."""

    def __init__(
        self, users: SqlUsers, conversations: Conversations, sweeps: Sweeps, presence: Presence, clock: Clock
    ) -> None:
        self._users = users
        self._conversations = conversations
        self._sweeps = sweeps
        self._presence = presence
        self._clock = clock

    async def give_back(self, user: UserId) -> int:
        """See accounts.ports.HeldConversations."""
        person = await self._users.by_id(user)
        if person is None or not person.may(Right.DESK):
            await self._presence.end(user, self._clock.now())
        return await return_unentitled(self._conversations, self._sweeps, self._clock, user)


async def vocabulary(directory: Directory) -> Vocabulary:
    """The clients there are, the skills their queues ask for and the languages they are served in."""
    clients = await directory.ids()
    return Vocabulary(
        clients=clients,
        skills={skill for client in clients for queue in directory.queues(client) for skill in queue.skills},
        languages={language for pack in directory.packs() for language in pack.nlu.profile.languages} | set(LANGUAGES),
        locales=LANGUAGES,
    )


def os_login() -> str:
    """Who runs this process, as the operating system knows it: no environment variable can say otherwise."""
    number = os.getuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:  # a container may run as a number without a name
        return f"uid-{number}"
