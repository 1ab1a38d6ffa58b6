"""What any story must leave behind: clocks, alerts and episodes on file are exactly what the events say."""

from sqlalchemy import select

from conversation.ids import ClientId
from sla.verify import Mismatch
from storage.database import Database
from storage.replay import SqlReplay
from storage.schema import conversations
from storage.sla_rows import SlaPolicies
from storage.tenancy import ALL_CLIENTS


async def replayed(database: Database) -> tuple[int, list[Mismatch]]:
    """`switchboard sla replay --verify` of every client, as a process that remembers nothing: how many clocks were
    recomputed, and each difference.
    """
    async with database.reading(ALL_CLIENTS) as connection:
        found = await connection.execute(select(conversations.c.client).distinct())
        clients = [ClientId(id_) for (id_,) in found]
    replay = SqlReplay(database, SlaPolicies(lambda _: None))
    batches = [batch for client in clients async for batch in replay.verify(client)]
    return sum(b.clocks for b in batches), [difference for b in batches for difference in b.differences]


async def replays(url: str) -> None:
    """Asserts it for the database at `url`."""
    database = Database(url)
    try:
        _, differences = await replayed(database)
    finally:
        await database.dispose()
    assert differences == [], "replaying the events gives other clocks than those on file"
