"""Puts a running conversation under the terms in force: an act with a reason, since a new policy is for new ones."""

from datetime import datetime

from accounts.audit import Act, entry
from accounts.user import Right, User
from app.directory import Directory
from app.settlement import Settlement
from conversation.clock import Clock
from conversation.conversation import Conversation
from conversation.draft import Draft
from conversation.events import EventKind
from conversation.ids import ClientId, ConversationId
from conversation.message import Author, AuthorKind
from conversation.ports import Outcome
from sla.errors import NotSettled
from storage.audit import SqlAudit
from storage.sla_rows import SqlEpisodes
from storage.store import SqlStore

TRIES = 8


class RunningTerms:
    """The one way by which a running conversation changes its terms."""

    def __init__(
        self,
        store: SqlStore,
        episodes: SqlEpisodes,
        directory: Directory,
        settlement: Settlement,
        audit: SqlAudit,
        clock: Clock,
    ) -> None:
        self._store = store
        self._episodes = episodes
        self._directory = directory
        self._settlement = settlement
        self._audit = audit
        self._clock = clock

    async def renew(self, client: ClientId, conversation: ConversationId, reason: str, *, by: str) -> str:
        """Its clocks go on under the policy in force, and the old ones stay on file. `by` is the e-mail address of a
        supervisor or provider admin. Returns the policy's version; raises NotSettled.
        """
        if not reason.strip():
            raise NotSettled("say why, so that the client can follow it: a reason is missing")
        user = await self._settlement.who(by, client, Right.SUPERVISE)
        policy = self._directory.policy(client)
        if policy is None:
            raise NotSettled(f"{client} has no SLA in force")
        actor = Author(AuthorKind.AGENT, user.id, user.name)
        for _ in range(TRIES):
            found = await self._store.load(conversation, [client])
            before = await self._episodes.policy_version(client, conversation)
            if found is None or not found.is_open or before is None:
                raise NotSettled(f"{conversation} is no open conversation of {client} that people have")
            if before == policy.version:
                raise NotSettled(f"{conversation} is under the terms in force already")
            draft = Draft(found, self._clock.now())
            changed = {"from": before, "to": policy.version, "policy": policy.to_row(), "reason": reason.strip()}
            draft.record(EventKind.SLA_TERMS_CHANGED, actor, **changed)
            if await self._store.commit([draft.change()]) == [Outcome.COMMITTED]:
                await self._tell(user, found, draft.now, reason, before=before, after=policy.version)
                return policy.version
        raise NotSettled(f"{conversation} changes faster than we can; try again")

    async def _tell(self, user: User, renewed: Conversation, now: datetime, reason: str, **versions: str) -> None:
        told = entry(
            Act.TERMS_RENEWED,
            now,
            actor=user.id,
            actor_name=user.email,
            client=renewed.client,
            subject=f"conversation:{renewed.id}",
            reason=reason.strip(),
            **versions,
        )
        await self._audit.add([told])
