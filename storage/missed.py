"""What bots missed, read from the events; and what trainers said of it."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from conversation.conversation import HandoffReason
from conversation.events import EventKind
from conversation.ids import ClientId, ConversationId, MessageId, UserId
from nlu.inbox.missed import Labelled, Missed
from storage.database import Database
from storage.schema import events, messages
from storage.schema_live_audit import training_labels
from storage.statements import among, dialect_of

GAVE_UP = (HandoffReason.LOW_CONFIDENCE.value, HandoffReason.FAILURES.value)

_u, _h, _f = events.alias("u"), events.alias("h"), events.alias("f")
_m, _l = messages.c, training_labels.c


class SqlMissed:
    """Whoever calls has checked that the person may see the client."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def missed(self, client: ClientId, since: datetime, limit: int) -> list[Missed]:
        """Messages that were not understood well enough to be answered and that nobody has named yet, the newest first:
        those that open a conversation, and those at which the bot gave up. Others answer the bot's own questions, with
        addresses and numbers nobody should learn from.
        """
        gave_up = select(_h.c.seq).where(
            _h.c.conversation == _u.c.conversation,
            _h.c.at == _u.c.at,
            _h.c.seq > _u.c.seq,
            _h.c.kind == EventKind.HANDOFF_REQUESTED.value,
            _h.c.data["reason"].as_string().in_(GAVE_UP),
        )
        earlier = select(_f.c.seq).where(
            _f.c.conversation == _u.c.conversation,
            _f.c.kind == EventKind.UNDERSTOOD.value,
            _f.c.seq < _u.c.seq,
        )
        named = select(_l.message).where(_l.client == client, _l.message == _m.id)
        query = (
            select(_u.c.data, _u.c.conversation, _u.c.at, _m.id, _m.text)
            .join(messages, _m.id == _u.c.data["message_id"].as_string())
            .where(
                _u.c.client == client,
                _u.c.kind == EventKind.UNDERSTOOD.value,
                _u.c.at >= since,
                ~_u.c.data["answerable"].as_boolean(),
                _m.text != "",
                or_(exists(gave_up), ~exists(earlier)),
                ~exists(named),
            )
            .order_by(_u.c.at.desc(), _u.c.seq.desc())
            .limit(limit)
        )
        async with self._database.reading([client]) as connection:
            rows = (await connection.execute(query)).all()
        return [
            Missed(
                MessageId(row.id),
                ConversationId(row.conversation),
                row.at,
                row.text,
                row.data.get("language") or "",
                {name: float(confidence) for name, confidence in row.data.get("ranking", ())},
            )
            for row in rows
        ]

    async def label(
        self, client: ClientId, chosen: Collection[str], intent: str | None, *, by: UserId, now: datetime
    ) -> int:
        """Says what messages of the client meant (None: nobody's business); returns how many. What was said before
        stays.
        """
        async with self._database.transaction([client]) as connection:
            known = (
                await connection.scalars(select(_m.id).where(_m.client == client, among(connection, _m.id, chosen)))
            ).all()
            if not known:
                return 0
            rows = [
                {"client": client, "message": one, "intent": intent, "labelled_by": by, "labelled_at": now}
                for one in known
            ]
            inserted = dialect_of(connection).insert(training_labels).values(rows).on_conflict_do_nothing()
            return len((await connection.scalars(inserted.returning(_l.message))).all())

    async def undo(self, client: ClientId, by: UserId) -> int:
        """Takes back what this person said last; returns of how many messages."""
        async with self._database.transaction([client]) as connection:
            mine = (_l.client == client, _l.labelled_by == by)
            newest = await connection.scalar(select(func.max(_l.labelled_at)).where(*mine))
            if newest is None:
                return 0
            return (await connection.execute(delete(training_labels).where(*mine, _l.labelled_at == newest))).rowcount

    async def labelled(self, client: ClientId, since: datetime) -> Sequence[Labelled]:
        """What was said since then, the oldest first; texts that were erased are gone from here too."""
        async with self._database.reading([client]) as connection:
            return await _labelled(connection, client, since)


async def _labelled(connection: AsyncConnection, client: ClientId, since: datetime) -> list[Labelled]:
    query = (
        select(_m.text, _l.intent, _m.language)
        .join(training_labels, _l.message == _m.id)
        .where(_l.client == client, _l.labelled_at >= since)
        .order_by(_l.labelled_at, _m.position)
    )
    return [Labelled(row.text, row.intent, row.language) for row in await connection.execute(query)]
