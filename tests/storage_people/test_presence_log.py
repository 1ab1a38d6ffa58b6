"""Who was online when, kept as facts: spans that heartbeats move on and gaps end."""

from dataclasses import replace
from datetime import timedelta

import pytest

from conversation.ids import UserId
from handoff.presence import BEAT_EVERY, ONLINE_WITHIN
from storage.database import Database
from storage.presence_log import Attendance, SqlPresenceLog
from storage.users import SqlUsers
from tests.builders import NOON, minutes
from tests.storage_people.conftest import ALPENRAD, KONTOR, VAULT
from tests.storage_people.floor import ANN, BEN, BOSS, Floor

DAY = (NOON - timedelta(hours=12), NOON + timedelta(hours=12))


@pytest.fixture
async def floor(database: Database) -> Floor:
    floor = Floor(database)
    await floor.hire()
    return floor


async def beats(floor: Floor, who: UserId, seconds: int, status: str = "online") -> None:
    """Heartbeats until so many seconds from now, as a browser sends them."""
    for _ in range(0, seconds, int(BEAT_EVERY.total_seconds())):
        await floor.presence.beat(who, status, floor.clock.now())
        floor.clock.advance(BEAT_EVERY)


async def log(floor: Floor, *clients, at=DAY[1], period=DAY) -> list[tuple[str, str, float, float]]:
    spans = await SqlPresenceLog(floor.database).spans(clients or (ALPENRAD,), period, at)
    return [(s.client, s.agent, (s.start - NOON).total_seconds(), (s.end - NOON).total_seconds()) for s in spans]


async def test_heartbeats_make_one_span_for_each_client_the_agent_is_granted(floor):
    await beats(floor, BOSS.id, 80)
    assert await log(floor, ALPENRAD, KONTOR) == [("alpenrad", "u-boss", 0, 72), ("kontor", "u-boss", 0, 72)]
    assert await log(floor, KONTOR) == [("kontor", "u-boss", 0, 72)], "a client sees only its own"


async def test_an_agent_who_vanishes_was_there_until_the_last_heartbeat_and_begins_anew_after_the_gap(floor):
    await beats(floor, ANN.id, 40)
    floor.clock.advance(minutes(5))
    again = (floor.clock.now() - NOON).total_seconds()
    await beats(floor, ANN.id, 16)
    assert await log(floor) == [("alpenrad", "u-ann", 0, 32), ("alpenrad", "u-ann", again, again + 8)]


async def test_who_says_away_or_goodbye_was_there_until_then(floor):
    await beats(floor, ANN.id, 16)
    await floor.presence.beat(ANN.id, "away", floor.clock.now())
    floor.clock.advance(BEAT_EVERY)
    await beats(floor, ANN.id, 16, "away")
    await floor.presence.beat(ANN.id, "online", floor.clock.now())
    assert await log(floor, at=floor.clock.now() + BEAT_EVERY) == [
        ("alpenrad", "u-ann", 0, 16),
        ("alpenrad", "u-ann", 40, 48),
    ]


async def test_a_span_that_goes_on_reaches_until_now_and_a_period_cuts_it(floor):
    await beats(floor, ANN.id, 80)
    now = floor.clock.now()
    assert await log(floor, at=now) == [("alpenrad", "u-ann", 0, 80)]
    cut = (NOON + timedelta(seconds=10), NOON + timedelta(seconds=30))
    assert await log(floor, at=now, period=cut) == [("alpenrad", "u-ann", 10, 30)]
    assert await log(floor, at=now + ONLINE_WITHIN) == [("alpenrad", "u-ann", 0, 72)]


async def test_a_grant_taken_back_ends_its_span_and_a_new_one_begins_its_own(floor):
    await beats(floor, BEN.id, 16)
    await grant(floor, BEN.id, KONTOR)
    await beats(floor, BEN.id, 16)
    assert await log(floor, ALPENRAD, KONTOR) == [("alpenrad", "u-ben", 0, 8), ("kontor", "u-ben", 16, 24)]


async def grant(floor: Floor, who: UserId, *clients) -> None:
    users = SqlUsers(floor.database, VAULT)
    user = await users.by_id(who)
    assert user is not None
    await users.save(replace(user, clients=frozenset(clients)))


async def test_many_tabs_of_one_agent_make_one_span(floor):
    for _ in range(6):
        for status in ("online", "online", "online"):
            await floor.presence.beat(ANN.id, status, floor.clock.now())
        floor.clock.advance(timedelta(seconds=3))
    assert await log(floor) == [("alpenrad", "u-ann", 0, 15)]


async def test_the_skills_of_the_time_say_which_queues_could_be_served(floor):
    await beats(floor, BEN.id, 8)
    [span] = await SqlPresenceLog(floor.database).spans([ALPENRAD], DAY, floor.clock.now())
    assert span.serves({"bikes"})
    assert span.serves(())
    assert not span.serves({"hr"})


async def test_a_past_from_elsewhere_can_be_imported_twice_and_counts_once(floor):
    past = Attendance(ALPENRAD, ANN.id, NOON - minutes(60), NOON - minutes(30), frozenset({"bikes"}))
    keeper = SqlPresenceLog(floor.database)
    for _ in range(2):
        await keeper.import_spans([past])
    assert await keeper.spans([ALPENRAD], DAY, NOON) == [past]
