"""Candidates in the shadow: which listens, what waits for it, what it made of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, exists, func, or_, select, update

from accounts.audit import Act, entry
from conversation.events import EventKind
from conversation.ids import ClientId, UserId
from nlu.versions.names import read_name
from nlu.versions.version import Disagreement, Disagreements, Reading
from storage.audit import note
from storage.database import Database
from storage.schema import events, messages
from storage.schema_bots import bot_readings, bot_shadows
from storage.statements import dialect_of, insert_new
from storage.tenancy import ALL_CLIENTS

OVERLAP = timedelta(seconds=60)
"""Events may be committed in another order than they happened: this far back they are looked at again."""
_s, _r, _e, _m = bot_shadows.c, bot_readings.c, events.c, messages.c


@dataclass(frozen=True, slots=True)
class Shadow:
    """A candidate that listens."""

    client: ClientId
    number: int


@dataclass(frozen=True, slots=True)
class Overheard:
    """One message that the active version has understood, and the candidate not yet."""

    conversation: str
    seq: int
    message: str
    at: datetime
    text: str
    language: str
    active: Reading


class SqlShadows:
    """One candidate a client listens at a time. Work on one is leased to one worker; a lost lease does no harm, since a
    reading is kept once.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def start(
        self, client: ClientId, number: int | None, *, now: datetime, by: UserId | None, by_name: str
    ) -> None:
        """Lets the version listen from now on in place of any other; None only ends what runs. Audited. A version that
        listened before goes on with what it has read.
        """
        values = {"until": None, "mark": now, "lease": None, "held_until": None}
        async with self._database.transaction([client]) as connection:
            await connection.execute(
                update(bot_shadows).where(_s.client == client, _s.until.is_(None)).values(until=now)
            )
            if number is not None:
                statement = dialect_of(connection).insert(bot_shadows)
                await connection.execute(
                    statement.on_conflict_do_update(index_elements=["client", "number"], set_=values),
                    [{"client": client, "number": number, "since": now, **values}],
                )
            subject = f"bot:{number}" if number is not None else ""
            told = entry(Act.BOT_SHADOWED, now, actor=by, actor_name=by_name, client=client, subject=subject)
            await note(connection, [told])

    async def running(self) -> list[Shadow]:
        """Every candidate that listens now."""
        query = select(_s.client, _s.number).where(_s.until.is_(None)).order_by(_s.client)
        async with self._database.reading(ALL_CLIENTS) as connection:
            return [Shadow(ClientId(row.client), row.number) for row in await connection.execute(query)]

    async def take(
        self, shadow: Shadow, worker: str, now: datetime, *, hold: timedelta, limit: int
    ) -> list[Overheard] | None:
        """The oldest messages it has not heard; None if another worker is at it or it has ended. The lease is given
        back by keep().
        """
        free = or_(_s.held_until.is_(None), _s.held_until <= now, _s.lease == worker)
        mine = and_(_s.client == shadow.client, _s.number == shadow.number, _s.until.is_(None))
        async with self._database.transaction([shadow.client]) as connection:
            taken = await connection.execute(
                update(bot_shadows).where(mine, free).values(lease=worker, held_until=now + hold).returning(_s.mark)
            )
            mark = taken.scalar_one_or_none()
        if mark is None:
            return None
        heard = exists().where(
            _r.client == shadow.client,
            _r.number == shadow.number,
            _r.conversation == _e.conversation,
            _r.seq == _e.seq,
        )
        message_id = _e.data["message_id"].as_string()
        query = (
            select(_e.conversation, _e.seq, _e.at, _e.data, _m.id, _m.text)
            .join(messages, _m.id == message_id)
            .where(_e.client == shadow.client, _e.kind == EventKind.UNDERSTOOD.value, _e.at >= mark, ~heard)
            .order_by(_e.at, _e.id)
            .limit(limit)
        )
        async with self._database.reading([shadow.client]) as connection:
            return [_overheard(row) for row in (await connection.execute(query)).all()]

    async def keep(
        self, shadow: Shadow, worker: str, read: Sequence[tuple[Overheard, Reading]], *, upto: datetime
    ) -> None:
        """Keeps both readings of each message, once, moves the mark to a minute before `upto`, gives the lease back."""
        rows = [_row_of(shadow, heard, reading) for heard, reading in read]
        mark = upto - OVERLAP
        async with self._database.transaction([shadow.client]) as connection:
            if rows:
                await connection.execute(insert_new(connection.dialect.name, bot_readings, _r.seq), rows)
            mine = (_s.client == shadow.client, _s.number == shadow.number, _s.lease == worker)
            await connection.execute(update(bot_shadows).where(*mine, _s.mark < mark).values(mark=mark))
            await connection.execute(update(bot_shadows).where(*mine).values(lease=None, held_until=None))

    async def disagreements(self, client: ClientId, *, limit: int) -> Disagreements:
        """The latest candidate's counts over all it heard, and its newest disagreements with their messages."""
        query = select(bot_shadows).where(_s.client == client).order_by(_s.until.is_(None).desc(), _s.until.desc())
        async with self._database.snapshot([client]) as connection:
            shadow = (await connection.execute(query.limit(1))).first()
            if shadow is None:
                return Disagreements(client, None, None, running=False)
            own = (_r.client == client, _r.number == shadow.number)
            only = _r.active_answers.is_distinct_from(_r.answers)
            counts = (
                await connection.execute(
                    select(
                        func.count().label("heard"),
                        func.count().filter(_r.differs).label("differing"),
                        func.count().filter(only, _r.active_answers).label("only_active"),
                        func.count().filter(only, _r.answers).label("only_candidate"),
                        func.count().filter(_r.active_answers, _r.answers, _r.differs).label("other_answer"),
                    ).where(*own)
                )
            ).one()
            newest = (
                await connection.execute(
                    select(bot_readings, _m.text)
                    .outerjoin(messages, _m.id == _r.message)
                    .where(*own, _r.differs)
                    .order_by(_r.at.desc(), _r.conversation, _r.seq)
                    .limit(limit)
                )
            ).all()
        return Disagreements(
            client=client,
            number=shadow.number,
            since=shadow.since,
            running=shadow.until is None,
            heard=counts.heard,
            differing=counts.differing,
            only_active=counts.only_active,
            only_candidate=counts.only_candidate,
            other_answer=counts.other_answer,
            newest=tuple(_disagreement(row) for row in newest),
        )


def _overheard(row: Any) -> Overheard:
    data = row.data
    ranking = data.get("ranking") or [[data["intent"], data["confidence"]]]
    known = read_name(data.get("version") or "")
    guess = Reading(known[0] if known else None, ranking[0][0], float(ranking[0][1]), bool(data["answerable"]))
    return Overheard(row.conversation, row.seq, row.id, row.at, row.text, data.get("language", ""), guess)


def _row_of(shadow: Shadow, heard: Overheard, reading: Reading) -> dict[str, Any]:
    active = heard.active
    return {
        "client": shadow.client,
        "number": shadow.number,
        "conversation": heard.conversation,
        "seq": heard.seq,
        "message": heard.message,
        "at": heard.at,
        "language": heard.language,
        "active": active.version,
        "active_intent": active.intent,
        "active_confidence": active.confidence,
        "active_answers": active.answers,
        "intent": reading.intent,
        "confidence": reading.confidence,
        "answers": reading.answers,
        "differs": active.intent != reading.intent or active.answers != reading.answers,
    }


def _disagreement(row: Any) -> Disagreement:
    return Disagreement(
        at=row.at,
        conversation=row.conversation,
        message=row.message,
        text=row.text or "",
        language=row.language,
        active=Reading(row.active, row.active_intent, row.active_confidence, row.active_answers),
        candidate=Reading(row.number, row.intent, row.confidence, row.answers),
    )
