"""Everybody who is told of alarms outside the house, and how each fares: for the command and for who supervises."""

from collections.abc import Collection, Sequence
from datetime import timedelta

from accounts.audit import Act, entry
from accounts.ports import AuditLog
from accounts.user import User
from app.alarms import Outside
from app.directory import Directory
from conversation.clock import Clock
from conversation.conversation import Conversation
from conversation.ids import ClientId
from sla.alarm import Tell
from sla.notice import Recipient
from storage.alarm_effects import SqlNotices, Standing
from storage.danger_alarms import SqlDangers
from web.ports import AlarmRecipient

COUNTED = timedelta(days=7)


class AlarmPeople:
    """A web.ports.AlarmReads."""

    def __init__(
        self,
        directory: Directory,
        outside: Outside,
        notices: SqlNotices,
        dangers: SqlDangers,
        audit: AuditLog,
        clock: Clock,
    ) -> None:
        self._directory = directory
        self._outside = outside
        self._notices = notices
        self._dangers = dangers
        self._audit = audit
        self._clock = clock

    async def recipients(
        self, clients: Collection[ClientId], *, counted: timedelta = COUNTED
    ) -> Sequence[AlarmRecipient]:
        """See the port."""
        named = {recipient.key: recipient for recipient in self._outside.ours()}
        of: dict[str, list[ClientId]] = {key: [] for key in named}
        for client in sorted(clients):
            for recipient in self._outside.of(client):
                named.setdefault(recipient.key, recipient)
                if recipient.client is not None:
                    of.setdefault(recipient.key, []).append(client)
        kept = {one.recipient.key: one for one in await self._notices.standings(self._clock.now() - counted)}
        everybody = set(await self._directory.ids()) <= set(clients)
        gone = {key: one.recipient for key, one in kept.items() if key not in named}
        shown = named | {key: one for key, one in gone.items() if everybody or _is_of(one, clients)}
        return [
            self._told(shown[key], of.get(key, []), kept.get(key), gone=key in gone)
            for key in sorted(shown, key=lambda key: (_fares(kept.get(key)), key))
        ]

    async def dangers(self, clients: Collection[ClientId]) -> Sequence[Conversation]:
        """See the port."""
        return await self._dangers.since(self._clock.now() - COUNTED, clients)

    async def enable(self, key: str, clients: Collection[ClientId], *, by: User | None) -> bool:
        """See the port."""
        if key not in {one.key for one in await self.recipients(clients)} or not await self._notices.enable(key):
            return False
        actor, name = (by.id, by.email) if by is not None else (None, "")
        act = entry(Act.ALARM_ENABLED, self._clock.now(), actor=actor, actor_name=name, subject=f"recipient:{key}")
        await self._audit.add([act])
        return True

    def _told(
        self, recipient: Recipient, of: Sequence[ClientId], kept: Standing | None, *, gone: bool
    ) -> AlarmRecipient:
        address = recipient.address
        if recipient.tell is Tell.WEBHOOK:
            webhook = self._outside.webhook(address)
            of, address = [ClientId(address)], webhook.host if webhook is not None else ""
        state = "gone" if gone else "ready"
        if kept is not None and kept.disabled_at is not None:
            state = "off"
        elif kept is not None and kept.failing_since is not None:
            state = "failing"
        return AlarmRecipient(
            key=recipient.key,
            kind=recipient.tell.value,
            address=address,
            clients=tuple(of),
            state=state,
            since=(kept.disabled_at or kept.failing_since) if kept is not None else None,
            sent=kept.sent if kept is not None else 0,
            waiting=kept.waiting if kept is not None else 0,
            failed=kept.failed if kept is not None else 0,
            unsure=kept.unsure if kept is not None else 0,
            sent_at=kept.sent_at if kept is not None else None,
            error=kept.error if kept is not None else "",
        )


def _is_of(recipient: Recipient, clients: Collection[ClientId]) -> bool:
    """Whether somebody whom no setting names any more can be told to belong to these clients or to the provider."""
    return recipient.tell is Tell.SLACK or recipient.client in clients


def _fares(kept: Standing | None) -> int:
    """Who is switched off stands first, then who fails."""
    if kept is None:
        return 2
    return 0 if kept.disabled_at is not None else 1 if kept.failing_since is not None else 2
