"""The ledger: proposed by the provider, decided by the client, once, with its trace; clocks never change."""

import asyncio

import pytest

from sla.attainment import month_of
from sla.exclusion import Decision, Exclusion, Reason
from storage.audit import SqlAudit
from storage.exclusions import Refused, SqlExclusions
from storage.settlements import SqlStatements
from tests.builders import NOON, minutes
from tests.storage_people.conftest import ALPENRAD, KONTOR
from tests.storage_people.office import Office

MONTH = month_of(NOON.date(), "Europe/Berlin")
BOSS, CLIENT = {"by": "u-boss", "by_name": "boss@provider.org"}, {"by": "u-admin", "by_name": "admin@alpenrad.org"}


@pytest.fixture
async def office(database) -> Office:
    """One conversation answered in time, one too late, one still waiting."""
    made = Office(database)
    for thread, after in (("met", 2), ("late", 30)):
        conversation = await made.claim(await made.write("a human please", thread=thread))
        await made.fire_at((made.clock.now() - NOON).total_seconds() / 60 + after)
        await made.reply(conversation)
    await made.write("a human please", thread="waiting")
    made.ledger = SqlExclusions(database)
    return made


async def clock_of(office: Office, thread: str) -> str:
    return f"{(await office.of('alpenrad-web', thread)).id}:first_response:1"


async def propose(office: Office, clock: str, client=ALPENRAD, evidence="42 equal texts from one address"):
    return await office.ledger.propose(client, clock, Reason.SPAM, evidence, now=office.clock.now(), **BOSS)


async def decide(office: Office, entry: Exclusion, *, approve: bool, client=ALPENRAD):
    return await office.ledger.decide(client, entry.id, approve=approve, now=office.clock.now(), **CLIENT)


async def first_response(office: Office) -> tuple:
    found = await SqlStatements(office.database).standings(ALPENRAD, MONTH, {}, office.clock.now())
    one = found[0]
    return (
        (one.raw.met, one.raw.missed, one.raw.open),
        (one.adjusted.met, one.adjusted.missed, one.adjusted.open),
        one.excluded,
    )


async def test_an_exclusion_counts_once_the_client_approved_it(office):
    entry = await propose(office, await clock_of(office, "late"))
    assert await first_response(office) == ((1, 1, 1), (1, 1, 1), 0)
    office.clock.advance(minutes(1))
    approved = await decide(office, entry, approve=True)
    assert (approved.decision, approved.approved_by, approved.approved_at) == (
        Decision.APPROVED,
        "admin@alpenrad.org",
        office.clock.now(),
    )
    assert await first_response(office) == ((1, 1, 1), (1, 0, 1), 1)


async def test_a_rejected_one_does_not_and_may_be_proposed_again(office):
    clock = await clock_of(office, "late")
    entry = await propose(office, clock)
    assert isinstance(await propose(office, clock), Refused)
    assert (await decide(office, entry, approve=False)).decision is Decision.REJECTED
    assert await first_response(office) == ((1, 1, 1), (1, 1, 1), 0)
    assert isinstance(await decide(office, entry, approve=True), Refused)
    again = await propose(office, clock)
    assert [e.decision for e in await office.ledger.ledger(ALPENRAD)] == [Decision.PROPOSED, Decision.REJECTED]
    assert again.id != entry.id


async def test_of_two_who_decide_one_entry_at_once_one_does(office):
    entry = await propose(office, await clock_of(office, "late"))
    made = await asyncio.gather(decide(office, entry, approve=True), decide(office, entry, approve=False))
    [refused] = [one for one in made if isinstance(one, Refused)]
    [decided] = [one for one in made if not isinstance(one, Refused)]
    assert refused.key == "decided"
    assert decided.decision is (Decision.APPROVED if made.index(decided) == 0 else Decision.REJECTED)
    assert await office.ledger.ledger(ALPENRAD) == [decided]
    acts = [trace.act for trace in await SqlAudit(office.database).page([ALPENRAD], limit=10)]
    assert acts == [f"exclusion.{decided.decision}", "exclusion.proposed"]


async def test_an_open_clock_may_be_excluded_before_it_is_late(office):
    await decide(office, await propose(office, await clock_of(office, "waiting")), approve=True)
    office.clock.advance(minutes(60))
    assert await first_response(office) == ((1, 2, 0), (1, 1, 0), 1)


async def test_evidence_and_a_clock_of_the_client_are_needed(office):
    clock = await clock_of(office, "late")
    assert "evidence" in (await propose(office, clock, evidence="  ")).why
    assert "has no clock" in (await propose(office, clock, client=KONTOR)).why
    assert "has no clock" in (await propose(office, "nothing")).why


async def test_another_client_neither_sees_nor_decides(office):
    entry = await propose(office, await clock_of(office, "late"))
    assert isinstance(await decide(office, entry, approve=True, client=KONTOR), Refused)
    assert await office.ledger.ledger(KONTOR) == []


async def test_every_act_leaves_a_trace(office):
    clock = await clock_of(office, "late")
    entry = await propose(office, clock, evidence="he wrote: call me, Erika")
    await decide(office, entry, approve=True)
    traces = await SqlAudit(office.database).page([ALPENRAD], limit=10)
    assert [(t.act, t.actor_name, t.subject) for t in traces] == [
        ("exclusion.approved", "admin@alpenrad.org", f"clock:{clock}"),
        ("exclusion.proposed", "boss@provider.org", f"clock:{clock}"),
    ]
    assert traces[1].detail == {"reason": "spam", "exclusion": entry.id}, "what may quote a customer is in the ledger"
