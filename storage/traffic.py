"""What customers come with: the messages that open conversations, as bots understood them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select

from conversation.events import EventKind
from conversation.ids import ClientId
from nlu.versions.drift import Heard
from nlu.versions.names import name_pattern
from storage.database import Database
from storage.schema import conversations, events, messages

MOST = 20_000
_e, _c, _m = events.c, conversations.c, messages.c


@dataclass(frozen=True, slots=True)
class Opening:
    """An opening message and the name of the bot version that understood it."""

    heard: Heard
    version: str


class SqlTraffic:
    """Reads live traffic back from the event log."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def openings(
        self, client: ClientId, start: datetime, end: datetime, *, number: int | None = None
    ) -> list[Opening]:
        """The first understood message of each conversation opened in start <= t < end, the newest first, at most
        20,000; with `number` only those that this bot version understood.
        """
        first = (
            select(_e.conversation, func.min(_e.seq).label("seq"))
            .join(conversations, _c.id == _e.conversation)
            .where(
                _e.client == client,
                _e.kind == EventKind.UNDERSTOOD.value,
                _e.at >= start,
                _c.opened_at >= start,
                _c.opened_at < end,
            )
            .group_by(_e.conversation)
            .subquery()
        )
        version = _e.data["version"].as_string()
        query = (
            select(_e.data, _m.text)
            .join(first, (first.c.conversation == _e.conversation) & (first.c.seq == _e.seq))
            .join(messages, _m.id == _e.data["message_id"].as_string())
            .order_by(_e.at.desc(), _e.id)
            .limit(MOST)
        )
        if number is not None:
            query = query.where(or_(version == str(number), version.like(name_pattern(number))))
        async with self._database.reading([client]) as connection:
            rows = (await connection.execute(query)).all()
        return [Opening(_heard(row.text, row.data), row.data.get("version", "")) for row in rows]


def _heard(text: str, data: dict[str, object]) -> Heard:
    ranking = data.get("ranking")
    best = ranking[0][0] if isinstance(ranking, list) and ranking else data["intent"]
    return Heard(text, str(best), bool(data["answerable"]))
