"""Bot versions in the database: immutable, numbered, one of them running; candidates hear every message once."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert

from accounts.audit import Act
from conversation.ids import ClientId
from conversation.understanding import RankedIntent, Understanding
from nlu.versions.version import Evaluation, FailedTest, Held, Promise, Reading, TestRun
from storage.audit import SqlAudit
from storage.bot_versions import Activation, NewBot, Running, SqlBotVersions
from storage.database import Database
from storage.schema import clients
from storage.shadows import OVERLAP, Shadow, SqlShadows
from storage.tenancy import ALL_CLIENTS
from storage.traffic import SqlTraffic
from tests.builders import NOON, ScriptedBots, inbound
from tests.storage.harness import CLIENT, HOLD, Process

OTHER = ClientId("kontor")
EVALUATION = Evaluation(10, 40, 0.9, 0.89, 0.02, Promise(0.03, 0.7, 0.8, 0.025))


@pytest.fixture
async def rows(database: Database) -> SqlBotVersions:
    async with database.transaction(ALL_CLIENTS) as connection:
        names = [{"id": id_, "name": id_, "created_at": NOON} for id_ in (CLIENT, OTHER)]
        await connection.execute(insert(clients), names)
    return SqlBotVersions(database)


def bot(digest: str, client: ClientId = CLIENT) -> NewBot:
    held = (Held("0" * 16, "a", "b", 0.5, in_scope=True, answerable=False),)
    return NewBot(
        client=client,
        digest=digest,
        data="data",
        engine="embedded",
        files={"client.yml": f"# {digest} ä"},
        model=f"model-{digest}",
        created_at=NOON,
        created_by="tester",
        evaluation=EVALUATION,
        held_out=held,
        facts={"recipe": digest},
    )


def activation(number: int, *, rollback: bool = False, client: ClientId = CLIENT) -> Activation:
    return Activation(client, number, NOON, "Nils", "because", rollback=rollback)


async def test_versions_are_numbered_per_client_and_the_same_bot_again_is_no_new_one(rows: SqlBotVersions) -> None:
    made = [await rows.add(bot("one")), await rows.add(bot("two")), await rows.add(bot("one"))]
    assert [(version.number, is_new) for version, is_new in made] == [(1, True), (2, True), (1, False)]
    assert (await rows.add(bot("one", OTHER)))[0].number == 1
    first = made[0][0]
    assert (first.evaluation, first.tests, first.active, first.facts) == (EVALUATION, None, False, {"recipe": "one"})
    assert await rows.files(CLIENT, 1) == {"client.yml": "# one ä"}
    assert await rows.held_out(CLIENT, 2) == bot("two").held_out
    assert (await rows.files(CLIENT, 9), await rows.held_out(CLIENT, 9), await rows.get(CLIENT, 9)) == ({}, (), None)
    assert [version.number for version in await rows.all_of(CLIENT)] == [2, 1]


async def test_many_at_once_get_numbers_of_their_own(rows: SqlBotVersions) -> None:
    made = await asyncio.gather(*(rows.add(bot(f"bot {n % 5}")) for n in range(10)))
    assert sorted({version.number for version, _ in made}) == [1, 2, 3, 4, 5]
    assert sum(is_new for _, is_new in made) == 5


async def test_what_runs_is_known_for_every_client_and_ages_nobody_else(
    rows: SqlBotVersions, database: Database
) -> None:
    assert await rows.running() == {}
    for digest in ("one", "two"):
        await rows.add(bot(digest))
    await rows.add(bot("one", OTHER))
    assert await rows.running() == {CLIENT: Running(None, None), OTHER: Running(None, None)}
    told = {"by": None, "act": Act.BOT_ACTIVATED, "detail": {}}
    assert await rows.activate(activation(1), expected=None, **told)
    assert not await rows.activate(activation(2), expected=None, **told), "another runs by now"
    assert await rows.activate(activation(2), expected=1, **told)
    await rows.set_target(CLIENT, 0.015, now=NOON, by=None, by_name="audit", reason="too many wrong")
    assert await rows.running() == {CLIENT: Running(2, 0.015), OTHER: Running(None, None)}
    await rows.set_target(CLIENT, None, now=NOON, by=None, by_name="audit", reason="well again")
    assert (await rows.running())[CLIENT] == Running(2, None)
    assert [version.active for version in await rows.all_of(CLIENT)] == [True, False]
    assert [one.number for one in await rows.history(CLIENT)] == [1, 2]
    assert await rows.history(OTHER) == []
    acts = [(one.act, one.subject) for one in await SqlAudit(database).page([CLIENT], limit=9)]
    assert acts == [
        ("bot.target", ""),
        ("bot.target", ""),
        ("bot.activated", "bot:2"),
        ("bot.activated", "bot:1"),
    ]


async def test_the_latest_run_of_the_tests_stands(rows: SqlBotVersions) -> None:
    await rows.add(bot("one"))
    failing = TestRun(NOON, 3, (FailedTest("asks for the number", "tests/a.yml:7", "expected …"),))
    await rows.keep_tests(CLIENT, 1, failing)
    assert (await rows.all_of(CLIENT))[0].tests == failing
    await rows.keep_tests(CLIENT, 1, TestRun(NOON, 4))
    found = await rows.get(CLIENT, 1)
    assert found is not None
    assert found.tests == TestRun(NOON, 4)


class OneVersion(ScriptedBots):
    """Takes everything for `order`, as bot version 1."""

    async def understand(self, turns):
        ranking = (RankedIntent("order", 0.9), RankedIntent("hours", 0.1))
        return [
            Understanding(turn.inbound.text, "de", ranking[0], ranking, answerable=True, version="1") for turn in turns
        ]


async def written(process: Process, count: int, start: int = 0) -> None:
    process.bots = OneVersion()
    process.pipeline = replace(process.pipeline, bots=process.bots)
    await process.receive(*(inbound(f"text {n}", thread=f"v{n}", at=NOON) for n in range(start, start + count)))
    await process.handle_all()


SHADOW = Shadow(CLIENT, 2)


def reading(intent: str, *, answers: bool = True) -> Reading:
    return Reading(2, intent, 0.8, answers)


async def test_a_candidate_hears_each_message_once_whoever_works(rows: SqlBotVersions, database: Database) -> None:
    process, shadows = Process(database), SqlShadows(database)
    await written(process, 1)
    process.clock.advance(timedelta(seconds=1))
    await written(process, 1, start=1)
    now = NOON + timedelta(minutes=5)
    await shadows.start(CLIENT, 2, now=NOON, by=None, by_name="Nils")
    assert await shadows.running() == [SHADOW]
    heard = await shadows.take(SHADOW, "w1", now, hold=HOLD, limit=1)
    assert heard is not None
    assert await shadows.take(SHADOW, "w2", now, hold=HOLD, limit=5) is None, "one worker at a time"
    assert [(one.text, one.language, one.active) for one in heard] == [("text 0", "de", Reading(1, "order", 0.9, True))]
    await shadows.keep(SHADOW, "w1", [(heard[0], reading("order"))], upto=heard[0].at)
    again = await shadows.take(SHADOW, "w2", now, hold=HOLD, limit=5)
    assert again is not None
    assert [one.text for one in again] == ["text 1"]
    late = await shadows.take(SHADOW, "w3", now + HOLD, hold=HOLD, limit=5)
    assert late is not None, "a worker that is gone holds nothing up"
    await shadows.keep(SHADOW, "w2", [(again[0], reading("hours"))], upto=now)
    await shadows.keep(SHADOW, "w3", [(late[0], reading("refund", answers=False))], upto=now)
    found = await shadows.disagreements(CLIENT, limit=5)
    assert (found.number, found.running, found.heard, found.differing) == (2, True, 2, 1)
    (one,) = found.newest
    assert (one.text, one.active.intent, one.candidate.intent) == ("text 1", "order", "hours")
    assert (found.only_active, found.only_candidate, found.other_answer) == (0, 0, 1)


async def test_what_is_committed_late_is_heard_all_the_same(rows: SqlBotVersions, database: Database) -> None:
    process, shadows = Process(database), SqlShadows(database)
    await shadows.start(CLIENT, 2, now=NOON - timedelta(seconds=1), by=None, by_name="Nils")
    await shadows.take(SHADOW, "w1", NOON, hold=HOLD, limit=5)
    await shadows.keep(SHADOW, "w1", [], upto=NOON + OVERLAP)  # looked up to now, a minute after NOON
    await written(process, 1)  # happened at NOON, committed only now
    heard = await shadows.take(SHADOW, "w1", NOON + OVERLAP, hold=HOLD, limit=5)
    assert heard is not None
    assert len(heard) == 1
    await shadows.keep(SHADOW, "w1", [(heard[0], reading("order", answers=False))], upto=NOON + OVERLAP)
    found = await shadows.disagreements(CLIENT, limit=5)
    assert (found.heard, found.differing, found.only_active) == (1, 1, 1)


async def test_one_candidate_listens_at_a_time_and_an_ended_one_takes_nothing(
    rows: SqlBotVersions, database: Database
) -> None:
    shadows = SqlShadows(database)
    await shadows.start(CLIENT, 2, now=NOON, by=None, by_name="Nils")
    await shadows.start(CLIENT, 3, now=NOON, by=None, by_name="Nils")
    assert await shadows.running() == [Shadow(CLIENT, 3)]
    assert await shadows.take(SHADOW, "w1", NOON, hold=HOLD, limit=5) is None
    await shadows.start(CLIENT, None, now=NOON, by=None, by_name="Nils")
    assert await shadows.running() == []
    assert not (await shadows.disagreements(CLIENT, limit=5)).running
    assert (await shadows.disagreements(OTHER, limit=5)).number is None


async def test_live_traffic_is_what_opens_conversations_by_the_version_that_understood(
    rows: SqlBotVersions, database: Database
) -> None:
    process = Process(database)
    await written(process, 3)
    process.clock.advance(timedelta(minutes=1))
    await process.receive(inbound("a second question", thread="v0", order=2, key="v0-2", at=process.clock.now()))
    await process.handle_all()
    traffic, until = SqlTraffic(database), NOON + timedelta(hours=1)
    found = await traffic.openings(CLIENT, NOON - timedelta(days=7), until, number=1)
    assert sorted(one.heard.text for one in found) == ["text 0", "text 1", "text 2"]
    assert {(one.version, one.heard.intent, one.heard.answerable) for one in found} == {("1", "order", True)}
    assert await traffic.openings(CLIENT, NOON - timedelta(days=7), until, number=11) == []
    assert await traffic.openings(OTHER, NOON - timedelta(days=7), until) == []
    assert await traffic.openings(CLIENT, until, until + timedelta(days=7)) == []
