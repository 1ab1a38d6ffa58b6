"""Which of a client's messages the bot answered by itself, read from the events, and what was said around one."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from conversation.events import EventKind
from conversation.ids import ClientId, ConversationId, MessageId
from conversation.message import DeliveryState, Message, Visibility
from nlu.audit.records import Answer, Exchange, Item
from storage.schema import events, messages
from storage.values import message_of

UNSEEN = (DeliveryState.DROPPED.value, DeliveryState.FAILED.value)
BEFORE = 4
_TURN = 60  # events of one turn; a flow that does more is cut off

_u, _r, _h = events.alias("u"), events.alias("r"), events.alias("h")


async def automatic_answers(
    connection: AsyncConnection, client: ClientId, span: tuple[datetime, datetime]
) -> list[Answer]:
    """The messages of a time span that were understood well enough for the bot to answer, and were answered: a reply
    went out in the same turn, was not dropped or refused, and nothing was handed off with it.
    """
    rows = await connection.execute(_answers(client, span))
    return [
        Answer(
            MessageId(row.message),
            ConversationId(row.conversation),
            row.seq,
            row.at,
            row.language or "",
            row.version or "",
        )
        for row in rows
    ]


def _answers(client: ClientId, span: tuple[datetime, datetime]) -> Select[tuple[str, str, int, datetime, str, str]]:
    """All events of a turn carry its time, so the reply is found by the conversation's own index."""
    replied = (
        select(_r.c.seq)
        .join(messages, messages.c.id == _r.c.data["message_id"].as_string())
        .where(*_same_turn(_r), _r.c.kind == EventKind.BOT_REPLIED.value, messages.c.state.not_in(UNSEEN))
    )
    handed_off = select(_h.c.seq).where(*_same_turn(_h), _h.c.kind == EventKind.HANDOFF_REQUESTED.value)
    return select(
        _u.c.data["message_id"].as_string().label("message"),
        _u.c.conversation,
        _u.c.seq,
        _u.c.at,
        _u.c.data["language"].as_string().label("language"),
        _u.c.data["version"].as_string().label("version"),
    ).where(
        _u.c.client == client,
        _u.c.kind == EventKind.UNDERSTOOD.value,
        _u.c.at >= span[0],
        _u.c.at < span[1],
        _u.c.data["answerable"].as_boolean(),
        exists(replied),
        ~exists(handed_off),
    )


def _same_turn(other: Any) -> tuple[ColumnElement[bool], ...]:
    return (other.c.conversation == _u.c.conversation, other.c.at == _u.c.at, other.c.seq > _u.c.seq)


async def exchange(connection: AsyncConnection, item: Item) -> Exchange:
    """What a judge reads."""
    m = messages.c
    found = await _messages(connection, select(messages).where(m.id == item.message))
    if not found:
        return Exchange([], None, [])
    position = select(m.position).where(m.id == item.message).scalar_subquery()
    before = (
        select(messages)
        .where(
            m.conversation == item.conversation,
            m.visibility == Visibility.PUBLIC.value,
            m.state.not_in(UNSEEN),
            m.position < position,
        )
        .order_by(m.position.desc())
        .limit(BEFORE)
    )
    replies = select(messages).where(m.id.in_(await _replies(connection, item)), m.state.not_in(UNSEEN))
    return Exchange(
        list(reversed(await _messages(connection, before))),
        found[0],
        await _messages(connection, replies.order_by(m.position)),
    )


async def _replies(connection: AsyncConnection, item: Item) -> list[str]:
    """What the bot said before the customer's next message."""
    e = events.c
    later = select(e.kind, e.data).where(e.conversation == item.conversation, e.seq > item.seq).order_by(e.seq)
    said: list[str] = []
    for kind, data in await connection.execute(later.limit(_TURN)):
        if kind == EventKind.CUSTOMER_MESSAGE.value:
            break
        if kind == EventKind.BOT_REPLIED.value:
            said.append(str(data["message_id"]))
    return said


async def _messages(connection: AsyncConnection, query: Select[Any]) -> list[Message]:
    return [message_of(row) for row in (await connection.execute(query)).mappings()]
