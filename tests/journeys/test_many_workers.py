"""Two workers on one PostgreSQL and Redis: they share the load, keep each thread's order, and lose Redis unharmed."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from app.processes import Part
from app.wiring import platform
from conversation.message import AuthorKind, Inbound
from storage.schema import events, messages, threads
from storage.tenancy import ALL_CLIENTS
from tests import servers
from tests.builders import inbound
from tests.journeys.house import House, Place, open_house, working
from tests.journeys.packs import open_hours, pack_copy
from tests.journeys.waiting import eventually

THREADS, EACH = 40, 5
SAYS = "Wie lade ich meinen Akku richtig?"


def round_of(turn: int) -> Sequence[Inbound]:
    """One message of every customer."""
    at = datetime.now(UTC) + timedelta(microseconds=turn)
    return [
        inbound(f"{SAYS} {turn}", thread=f"visitor-{n}", order=turn, key=f"{n}-{turn}", at=at) for n in range(THREADS)
    ]


async def spoken(house: House) -> dict[str, list[tuple[str, str]]]:
    """Who said what in each thread, in order."""
    query = (
        select(threads.c.ref, messages.c.author_kind, messages.c.text)
        .join(threads, threads.c.id == messages.c.thread)
        .order_by(messages.c.position)
    )
    said: dict[str, list[tuple[str, str]]] = {}
    async with house.built.database.reading(ALL_CLIENTS) as connection:
        for ref, author, text in await connection.execute(query):
            said.setdefault(ref, []).append((author, text))
    return said


async def test_two_workers_share_the_load_keep_the_order_and_survive_the_loss_of_redis(
    postgres_url: str, backend: str, tmp_path: Path
) -> None:
    redis = servers.start_redis()
    place = Place(postgres_url, redis.url, backend)
    try:
        async with (
            open_house(place, pack_copy(tmp_path, open_hours()), Part.WORKER) as house,
            platform(place.settings(worker_batch=8)) as second,
            working(second, Part.WORKER),
        ):
            await eventually(house.quiet, "both are ready")
            for turn in range(EACH):
                if turn == 2:
                    await asyncio.to_thread(redis.stop)
                batch = round_of(turn)
                await asyncio.gather(house.built.inbox.accept(batch), second.inbox.accept(batch))
            await eventually(house.quiet, "every message is handled and every answer delivered", within=60)
            said = await spoken(house)
            kinds = await event_kinds(house)
    finally:
        redis.stop()
    assert len(said) == THREADS
    for lines in said.values():
        assert [text for author, text in lines if author == AuthorKind.CUSTOMER] == [f"{SAYS} {n}" for n in range(EACH)]
        assert len([text for author, text in lines if author == AuthorKind.BOT]) >= EACH
    assert kinds["customer_message"] == THREADS * EACH
    assert kinds["bot_replied"] == kinds["delivered"] == sum(len(lines) for lines in said.values()) - THREADS * EACH
    assert kinds["maybe_doubled"] == kinds["delivery_failed"] == 0


async def event_kinds(house: House) -> Counter[str]:
    async with house.built.database.reading(ALL_CLIENTS) as connection:
        return Counter((await connection.execute(select(events.c.kind))).scalars())
