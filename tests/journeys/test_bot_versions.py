"""A new bot version while customers write: taken up within two seconds, nobody lost, nobody answered twice."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from app.packs import open_pack
from app.processes import Part
from app.wiring import Platform, platform
from conversation.events import EventKind
from conversation.message import AuthorKind
from nlu.versions.version import Activated, TestRun
from storage.bot_versions import SqlBotVersions
from storage.schema import events, messages, threads
from storage.tenancy import ALL_CLIENTS
from tests.builders import inbound
from tests.journeys.house import CLIENT, House, Place, open_house, working
from tests.journeys.packs import open_hours, pack_copy
from tests.journeys.waiting import eventually

SAYS = "Wie lade ich meinen Akku richtig?"
AT_ONCE = 4


async def second_version(built: Platform, pack: Path) -> int:
    """A bot with another text, its tests passed."""
    domain = pack / "domain.yml"
    domain.write_text(domain.read_text("utf-8").replace("Take care and enjoy the ride!", "Enjoy!"), "utf-8")
    version = (await built.bot_versions.train(await asyncio.to_thread(open_pack, pack), "test")).version
    await SqlBotVersions(built.database).keep_tests(CLIENT, version.number, TestRun(built.clock.now(), 1))
    return version.number


async def understood(house: House) -> list[tuple[datetime, str]]:
    """When which version understood."""
    query = select(events.c.at, events.c.data).where(events.c.kind == EventKind.UNDERSTOOD.value)
    async with house.built.database.reading(ALL_CLIENTS) as connection:
        return sorted((row.at, row.data["version"]) for row in await connection.execute(query))


async def spoken(house: House) -> Counter[tuple[str, str]]:
    """How often each visitor wrote and was answered."""
    query = select(threads.c.ref, messages.c.author_kind).join(threads, threads.c.id == messages.c.thread)
    async with house.built.database.reading(ALL_CLIENTS) as connection:
        return Counter((row.ref, row.author_kind) for row in await connection.execute(query))


async def write_until(house: House, *others: Platform, version: str, count: int = 0) -> int:
    """Visitors write, some at once, through every process, until that version has understood somebody; `count` wrote
    before, so many have in the end.
    """

    async def seen() -> bool:
        return any(name == version for _, name in await understood(house))

    async with asyncio.timeout(45):
        while not await seen():
            for built in (house.built, *others):
                now = datetime.now(UTC)
                batch = [inbound(SAYS, thread=f"v{count + n}", key=f"k{count + n}", at=now) for n in range(AT_ONCE)]
                await built.inbox.accept(batch)
                count += AT_ONCE
            wanted = count

            async def handled(wanted: int = wanted) -> bool:
                return len(await understood(house)) >= wanted - 2 * AT_ONCE

            await eventually(handled, "the last but one round is handled")
    return count


async def test_a_version_listens_in_the_shadow_and_then_takes_over_while_customers_write(
    place: Place, tmp_path: Path
) -> None:
    pack = pack_copy(tmp_path, open_hours())
    async with (
        open_house(place, pack, Part.WORKER) as house,
        platform(place.settings()) as second,
        working(second, Part.WORKER),
    ):
        number = await second_version(house.built, pack)
        await house.built.bot_versions.shadow(CLIENT, number, by_name="test")
        before = await write_until(house, second, version="1")

        async def all_heard() -> bool:
            return (await second.bot_versions.disagreements(CLIENT)).heard == before

        await eventually(all_heard, "the candidate has heard every message")
        shadow = await second.bot_versions.disagreements(CLIENT)
        writing = asyncio.create_task(write_until(house, second, version=str(number), count=before))
        done = await second.bot_versions.activate(CLIENT, number, by_name="test")
        at = datetime.now(UTC)
        visitors = await writing
        await eventually(house.quiet, "every message is handled and every answer delivered")
        found, said = await understood(house), await spoken(house)
        ended = await second.bot_versions.disagreements(CLIENT)
    assert (shadow.number, shadow.running, shadow.differing) == (number, True, 0)
    assert not ended.running, "who runs is no candidate any more"
    assert isinstance(done, Activated)
    assert (done.before, done.number) == (1, number)
    assert {name for when, name in found if when > at + timedelta(seconds=2)} <= {str(number)}
    assert {name for _, name in found} == {"1", str(number)}
    assert len(found) == visitors, "each message is understood once"
    assert said == Counter(
        {(f"v{n}", author): 1 for n in range(visitors) for author in (AuthorKind.CUSTOMER, AuthorKind.BOT)}
    )
