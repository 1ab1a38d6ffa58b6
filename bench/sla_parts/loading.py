"""Loads a history in bulk: two ordinary weeks, one of winter and one of summer, are made and folded; the weeks of the
history are these, moved by whole weeks under an equal calendar, where the fold says the same of them.

`verified` replays a sample of what was loaded, so that this is not taken on trust.
"""

import asyncio
import concurrent.futures
import multiprocessing
from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import asyncpg
from sqlalchemy.engine import make_url

from bench.sla_parts.history import CLIENT, ZONE, one, policy_of, waiting
from bench.sla_parts.rows import rows_of
from storage.schema import clients, conversations, customers, events, messages, metadata, sla_policies, threads
from storage.types import dump_json

WINTER, SUMMER = date(2017, 1, 16), date(2017, 6, 19)
WEEK, ARRIVALS = timedelta(days=7), timedelta(days=4, hours=15)  # the last week ends in the middle of its Friday
REACH = 28  # days after a week's Monday that anything of it can name
CHUNK = 1_000
WAITING = 200
MARK = "w00n"
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def load(url, count, now, weeks=52, processes=2):
    """`count` conversations in the `weeks` ordinary weeks up to `now`, a Friday's 16:00, latest first, and some that
    wait for a person; yields how many there are. `url` is a database of SQLAlchemy's form.
    """
    later = asyncio.run(prepare(url, now - timedelta(days=600), policy_of()))
    each = max(count // weeks, 1)
    yield from _load_weeks(url, _mondays(now, weeks), each, processes)
    asyncio.run(_wait(url, now))
    asyncio.run(finish(url, later))


def _load_weeks(url, mondays, each, processes):
    spans = [(first, min(first + CHUNK, each)) for first in range(0, each, CHUNK)]
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(processes, mp_context=context) as pool:
        made = {base: [pool.submit(_chunk, base, *span) for span in spans] for base in (WINTER, SUMMER)}
        there = 0
        for number, monday in enumerate(mondays):
            for chunk in made[_base(monday)]:
                asyncio.run(_copy_texts(url, chunk.result(), _moved(_base(monday), monday, number)))
            there += each
            yield there


def _mondays(friday, weeks):
    """Mondays of weeks without a change of the clocks in their reach, the latest first."""
    found, monday = [], (friday - timedelta(days=4)).date()
    while len(found) < weeks:
        if _offset(monday) == _offset(monday + 2 * WEEK):
            found.append(monday)
        monday -= WEEK
    return found


def _offset(day):
    return datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(ZONE)).utcoffset()


def _base(monday):
    return WINTER if _offset(monday) == _offset(WINTER) else SUMMER


def _moved(base, monday, number):
    """What is replaced by what in the text of the base's rows to make them those of the week of `monday`."""
    days = {str(base + timedelta(days=n)): str(monday + timedelta(days=n)) for n in range(-1, REACH)}
    return {old.encode(): new.encode() for old, new in {**days, MARK: f"w{number:02}n"}.items()}


def _chunk(base, first, last):
    """The rows of some conversations of the base week as COPY reads them, by table."""
    policy = policy_of()
    start = datetime(base.year, base.month, base.day, tzinfo=ZoneInfo(ZONE))
    return texts(row for n in range(first, last) for row in rows_of(*one(f"{MARK}{n}", start, ARRIVALS, policy)))


def texts(rows):
    """Rows, given as (table, mapping), as COPY reads them: columns and text by the table's name, parents first."""
    by_table = defaultdict(list)
    for table, row in rows:
        by_table[table.name].append(row)
    order = [table.name for table in metadata.sorted_tables if table.name in by_table]
    return {name: (list(by_table[name][0]), _text_of(by_table[name])) for name in order}


def _text_of(rows):
    columns = list(rows[0])
    return ("\n".join("\t".join([_text(row[name]) for name in columns]) for row in rows) + "\n").encode()


def _text(value):
    if value is None:
        return "\\N"
    if isinstance(value, str):
        return value.translate(_ESCAPES)
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, int | float):
        return repr(value)
    return dump_json(value).translate(_ESCAPES)


async def connect(url):
    given = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(given)
    await connection.execute("SET session_replication_role = replica")  # no foreign keys row by row
    return connection


async def _copy_texts(url, found, moved: Mapping[bytes, bytes]):
    connection = await connect(url)
    for name, (columns, text) in found.items():
        for old, new in moved.items():
            text = text.replace(old, new)  # noqa: PLW2901
        await connection.copy_to_table(name, source=_Source(text), columns=columns, format="text")
    await connection.close()


async def copy(url, rows):
    """COPY of rows, given as (table, mapping)."""
    await _copy_texts(url, texts(rows), {})


class _Source:
    """A file in memory that is read in larger parts than asyncpg asks for."""

    def __init__(self, data):
        self._left = memoryview(data)

    def read(self, size):
        part, self._left = self._left[: size * 16], self._left[size * 16 :]
        return bytes(part)


async def _wait(url, now):
    policy = policy_of()
    begun = (now - timedelta(seconds=5 * n) for n in range(WAITING))
    await copy(url, [row for n, at in enumerate(begun) for row in rows_of(*waiting(f"wait{n}", at, policy))])


async def prepare(url, since, policy):
    """The client and its contract; the big tables lose their indexes, and how to make them again is returned."""
    kept = {"client": CLIENT, "version": policy.version, "terms": policy.to_row(), "created_at": since}
    await copy(url, [(clients, {"id": CLIENT, "name": "Bench", "created_at": since}), (sla_policies, kept)])
    connection, later = await connect(url), []
    for table in (customers, threads, conversations, events, messages):
        rows = await connection.fetch(
            "SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS made FROM pg_index "
            "WHERE indrelid = $1::text::regclass "
            "AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid)",
            table.name,
        )
        for row in rows:
            await connection.execute(f"DROP INDEX {row['name']}")
            later.append(row["made"])
    await connection.close()
    return later


async def finish(url, later):
    """Makes the indexes again and lets the database look at what it has."""
    connection = await connect(url)
    await connection.execute("SET maintenance_work_mem = '1GB'")
    for statement in later:
        await connection.execute(statement, timeout=1800)
    await connection.execute("VACUUM ANALYZE", timeout=1800)
    await connection.close()
