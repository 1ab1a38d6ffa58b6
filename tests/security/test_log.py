"""An error of the database puts nobody's words, name, address, token or hash into the log, a page, a metric or a row."""

import asyncio
import io
import json
import logging
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import datetime
from typing import Any

import httpx
import pytest
import structlog
from prometheus_client import generate_latest
from sqlalchemy import (
    Column,
    DateTime,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    cast,
    delete,
    func,
    insert,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from app import logs
from app.settings import LogFormat
from conversation.change import Work
from conversation.pipeline import Pipeline, handle_inbound
from storage import safe_errors
from storage.database import Database
from storage.schema import conversations, inbox, messages, users
from storage.statements import dialect_of
from storage.tenancy import ALL_CLIENTS, Scope
from storage.types import Json, UtcDateTime
from tests.builders import NOON, inbound
from tests.postgres import TestDatabase, administer
from tests.storage.harness import CLIENT, Process
from tests.web.world import World
from web.application import create_app

NAME, EMAIL, TOKEN = "Erika Geheim", "erika.geheim@example.org", "tok-7f3a99c1d2"
WORDS = "Mein Rad\nwurde gestohlen, IBAN DE02120300"
HASH = "$argon2id$v=19$m=65536$c2FsdHNhbHQ$aGFzaGhhc2g"
SECRETS = [*NAME.split(), EMAIL, TOKEN, "gestohlen", "DE02120300", "9176543210", "argon2id", "aGFzaGhhc2g"]
FULL = {"id": "one", "email": EMAIL, "name": NAME, "words": WORDS, "token": TOKEN, "hash": HASH}

BROKEN = (SQLAlchemyError, ValueError, TypeError, AttributeError, OverflowError)
"""What a broken statement ends with; each database and driver has its own."""

broken = Table(
    "broken",
    MetaData(),
    Column("id", String(64), primary_key=True),
    Column("email", String(40), unique=True),
    Column("name", Text),
    Column("words", Text, nullable=False),
    Column("token", Text),
    Column("hash", Text),
    Column("amount", Integer),
    Column("at", UtcDateTime()),
    Column("data", Json),
)
_MADE = """CREATE TABLE broken (
    id varchar(64) PRIMARY KEY, email varchar(40) UNIQUE CHECK (length(email) <= 40), name text, words text NOT NULL,
    token text, hash text CONSTRAINT known_hash CHECK (hash LIKE '$argon2id%'),
    amount integer CHECK ({number}), at {time}, data {json})"""

KINDS: Mapping[str, Mapping[str, Any]] = {
    "not null": {"words": None},
    "unique": {"email": "taken@example.org"},
    "check": {"hash": f"plain {TOKEN}"},
    "type": {"amount": WORDS},
    "type: a number too large": {"amount": 9176543210 * 10**20},
    "type: a time without zone": {"at": datetime(2026, 1, 1)},  # noqa: DTZ001  that is what breaks
    "type: words for a time": {"at": WORDS},
    "type: what is no JSON": {"data": {NAME: {WORDS: object()}}},
    "type: half a character": {"name": f"{NAME}\ud800"},
    "length": {"email": f"{EMAIL}{'x' * 40}"},
}


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What is logged as our processes set it up, at its most talkative."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    logs.configure("DEBUG", LogFormat.JSON)
    [ours] = root.handlers
    assert isinstance(ours, logging.StreamHandler)
    written = io.StringIO()
    ours.setStream(written)
    yield written
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
async def breakable(database: Database, request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    """A database with one more table, whose rows can be broken in every way."""
    if database.is_postgresql:
        made: TestDatabase = request.getfixturevalue("postgres_database")
        table = _MADE.format(number="amount > 0", time="timestamptz", json="jsonb")
        await administer(made.admin, table, "GRANT ALL ON broken TO switchboard_app")
    else:
        table = _MADE.format(number="amount IS NULL OR typeof(amount) = 'integer'", time="text", json="text")
        async with database.transaction(ALL_CLIENTS) as connection:
            await connection.execute(text(table))
    async with database.transaction(ALL_CLIENTS) as connection:
        await connection.execute(insert(broken), FULL | {"id": "there", "email": "taken@example.org"})
        await connection.execute(insert(broken), FULL)
    yield database
    if database.is_postgresql:
        await administer(made.admin, "DROP TABLE broken")


async def one_insert(connection: AsyncConnection, bad: Mapping[str, Any]) -> None:
    await connection.execute(insert(broken).values({**FULL, "id": "two", "email": None, **bad}))


def rows(bad: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Four rows, the third of which is broken."""
    good = dict.fromkeys(broken.c.keys()) | FULL | {"email": None}
    return [good | {"id": f"new {number}"} | (dict(bad) if number == 2 else {}) for number in range(4)]


async def returning(connection: AsyncConnection, bad: Mapping[str, Any]) -> None:
    await connection.execute(insert(broken).returning(broken.c.id), rows(bad))


async def many(connection: AsyncConnection, bad: Mapping[str, Any]) -> None:
    await connection.execute(insert(broken), rows(bad))


async def one_update(connection: AsyncConnection, bad: Mapping[str, Any]) -> None:
    await connection.execute(update(broken).where(broken.c.id == "one", broken.c.name == NAME).values(**bad))


async def upsert(connection: AsyncConnection, bad: Mapping[str, Any]) -> None:
    row = dialect_of(connection).insert(broken).values(**FULL)
    await connection.execute(row.on_conflict_do_update(index_elements=["id"], set_=dict(bad)))


STATEMENTS = {"insert": one_insert, "returning": returning, "executemany": many, "update": one_update, "upsert": upsert}


async def caught(database: Database, statement: Any, *arguments: Any, scope: Scope = ALL_CLIENTS) -> BaseException:
    with pytest.raises(BROKEN) as error:
        async with database.transaction(scope) as connection:
            await statement(connection, *arguments)
    return error.value


def unsaid(told: str) -> None:
    """Nothing secret stands in what was told."""
    assert [secret for secret in SECRETS if secret in told or json.dumps(secret)[1:-1] in told] == []


async def write_everywhere(error: BaseException) -> None:
    """Each way in which an error has ever come into our log."""
    standard, structured = logging.getLogger("bots.delivery"), structlog.get_logger("app.lanes")
    try:
        try:
            raise error  # noqa: TRY301  as deep in a loop
        except Exception:  # noqa: BLE001  whatever it is, it is logged
            structured.exception("loop failed; starting it again", loop="inbox")
            standard.exception("a batch failed")
            raise RuntimeError("while that was handled") from None
    except RuntimeError as later:
        structured.error("as a value", why=later, error=error, text=str(error), repr=repr(error))
        standard.error("as %s and %r", error, error, exc_info=later)
        later.__cause__ = error
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application\n", exc_info=later)

    async def forgotten() -> None:
        raise ExceptionGroup("several", [error if isinstance(error, Exception) else RuntimeError()])

    task = asyncio.ensure_future(forgotten())
    await asyncio.wait([task])
    loop = asyncio.get_running_loop()
    loop.call_exception_handler({"message": "Task exception was never retrieved", "exception": task.exception()})


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("statement", STATEMENTS)
async def test_no_broken_statement_says_what_was_in_it(breakable: Database, log, kind: str, statement: str) -> None:
    error = await caught(breakable, STATEMENTS[statement], KINDS[kind])
    await write_everywhere(error)
    told = log.getvalue()
    assert told.count('"level": "error"') >= 5
    unsaid(told)
    assert type(error).__name__ in told


SELECTS = {
    "a number": (select(cast(literal(WORDS), Integer)), True),
    "a time": (select(cast(literal(WORDS), DateTime)), True),
    "JSON": (text("SELECT cast(cast(:w AS text) AS jsonb)").bindparams(w=f'{{"x": {WORDS}'), True),
    "JSON of SQLite": (select(func.json_extract(literal(f"{{{WORDS}"), "$.a")), False),
    "a path of SQLite": (select(func.json_extract("{}", literal(f"$[{NAME}"))), False),
    "a pattern": (text("SELECT cast(:w AS text) ~ cast(:w AS text)").bindparams(w=f"({NAME}"), True),
    "a comparison": (select(broken).where(broken.c.amount == literal(WORDS, Integer), broken.c.name == NAME), True),
    "a half character": (select(broken).where(broken.c.name == f"{NAME}\ud800"), None),
    "a limit": (text("SELECT 1 LIMIT cast(cast(:w AS text) AS bigint)").bindparams(w=TOKEN), True),
    "too large": (select(broken).where(broken.c.amount == 9176543210 * 10**20), None),
}


@pytest.mark.parametrize("name", SELECTS)
async def test_no_broken_question_says_what_was_asked(breakable: Database, log, name: str) -> None:
    query, on_postgresql = SELECTS[name]
    if on_postgresql is not None and on_postgresql is not breakable.is_postgresql:
        return

    async def ask(connection: AsyncConnection) -> None:
        await connection.execute(query)

    await write_everywhere(await caught(breakable, ask))
    unsaid(log.getvalue())


async def test_a_row_that_others_need_and_a_wall_say_nothing(database: Database, log) -> None:
    process = Process(database)
    await process.receive(inbound(WORDS, name=NAME))
    await process.handle_all()
    await write_everywhere(await caught(database, lambda c: c.execute(delete(conversations))))
    for change in (update(messages).values(client=EMAIL), update(messages).values(thread=TOKEN)):
        if database.is_postgresql or "thread" in str(change):
            await write_everywhere(await caught(database, lambda c, change=change: c.execute(change), scope=[CLIENT]))
    unsaid(log.getvalue())


async def test_two_who_change_one_row_at_once_say_nothing(breakable: Database, log) -> None:
    change = update(broken).where(broken.c.id == "one", broken.c.email == EMAIL)

    async def late() -> None:
        async with breakable.snapshot(ALL_CLIENTS) as mine:
            await mine.execute(select(broken))
            async with breakable.transaction(ALL_CLIENTS) as theirs:
                await theirs.execute(change.values(words="theirs"))
            await mine.execute(change.values(words=WORDS, token=TOKEN))

    with pytest.raises(Exception, match=r"serialize|locked") as error:
        await late()
    await write_everywhere(error.value)
    unsaid(log.getvalue())


async def test_a_constraint_that_waits_for_the_commit_says_nothing(breakable: Database, log, request) -> None:
    if not breakable.is_postgresql:
        return
    made: TestDatabase = request.getfixturevalue("postgres_database")
    later = "ALTER TABLE broken ADD CONSTRAINT later UNIQUE (token, name) DEFERRABLE INITIALLY DEFERRED"
    await administer(made.admin, "DELETE FROM broken WHERE id = 'there'", later)
    await write_everywhere(await caught(breakable, one_insert, {"email": None}))
    unsaid(log.getvalue())


async def test_people_who_are_saved_twice_stay_unnamed(database: Database, log) -> None:
    person = {"id": "u1", "email": EMAIL, "name": NAME, "password_hash": HASH, "created_at": NOON}

    async def twice(connection: AsyncConnection) -> None:
        await connection.execute(insert(users), [person, person | {"id": "u2"}])

    async def nameless(connection: AsyncConnection) -> None:
        await connection.execute(insert(users), person | {"created_at": None})

    for statement in (twice, nameless):
        await write_everywhere(await caught(database, statement))
    told = log.getvalue()
    unsaid(told)
    assert "users" in told, "what remains must help to find the mistake"


async def test_an_error_page_and_the_metrics_say_nothing(breakable: Database, log) -> None:
    error = await caught(breakable, one_insert, {"words": None})
    services = (await World.make()).services()
    app = create_app(services)

    @app.get("/broken")
    async def fail() -> None:
        raise error

    app.router.routes.insert(0, app.router.routes.pop())
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk.test") as browser:
        for accept in ("text/html", "application/json"):
            answer = await browser.get("/broken", headers={"accept": accept})
            assert answer.status_code == 500
            unsaid(answer.text)
    told = log.getvalue()
    assert "request failed" in told
    unsaid(told)
    unsaid(generate_latest(services.registry).decode())


async def test_a_message_that_no_row_takes_is_given_back_without_its_words(breakable: Database, log) -> None:
    process = Process(breakable)
    await process.receive(inbound(WORDS, name=NAME))
    error = await caught(breakable, one_insert, {"hash": f"plain {WORDS}"})

    class Failing:
        """A store whose commits fail as a database does."""

        def __getattr__(self, name: str) -> Any:
            return getattr(process.store, name)

        async def commit(self, changes: Any) -> Any:
            raise error

    works: list[Work] = await process.lease()
    await handle_inbound(works, Pipeline(Failing(), process.bots, process.pipeline.planner, process.clock))
    async with breakable.reading(ALL_CLIENTS) as connection:
        kept = await connection.scalar(select(inbox.c.error))
    assert "IntegrityError" in kept
    unsaid(kept)
    unsaid(log.getvalue())


def test_a_drivers_own_error_is_cut_in_the_log_too(log) -> None:
    import asyncpg  # noqa: PLC0415  only here

    fields = {"C": "23505", "M": f'duplicate key "{TOKEN}"', "D": f"Key (email)=({EMAIL}) already exists.", "H": WORDS}
    try:
        raise asyncpg.PostgresError.new(fields)
    except asyncpg.PostgresError:
        logging.getLogger("asyncio").exception("outside of an engine")
    told = log.getvalue()
    unsaid(told)
    assert "SQLSTATE 23505" in told


def test_other_errors_stay_as_they_are() -> None:
    plain = KeyError("a word")
    plain.__cause__ = ValueError("another")
    safe_errors.cut(plain)
    assert (plain.args, plain.__cause__.args) == (("a word",), ("another",))
