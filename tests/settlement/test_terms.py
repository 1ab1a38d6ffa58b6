"""Changed terms wait for the client; what is in force stays in force until then."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from app.packs import policy_in, read_client_pack, terms_difference
from storage import packs
from storage.audit import SqlAudit
from storage.errors import PackMoved
from storage.packs import PackVersions
from storage.sla_projection import SlaProjection
from storage.sla_rows import SlaPolicies
from storage.store import SqlStore
from tests.builders import NOON
from tests.replaying import replayed
from tests.settlement.packs import CONTRACT, small_pack
from tests.storage_people.conftest import ALPENRAD
from tests.storage_people.office import Office

CHANGE = (("sla.objective.first_response", "95.0", "90.0"),)


@pytest.fixture
def versions(database) -> PackVersions:
    return PackVersions(database)


async def add(versions: PackVersions, difference=(), hours=0, against=None, **sections) -> int:
    return await versions.add(
        ALPENRAD,
        "Alpenrad",
        small_pack(**sections),
        model=None,
        report={},
        now=NOON + timedelta(hours=hours),
        by="ops",
        difference=difference,
        against=against,
    )


async def decide(versions, version, *, approve, hours=2, by="admin@alpenrad.org"):
    at = NOON + timedelta(hours=hours)
    return await versions.decide(ALPENRAD, version, approve=approve, by=None, by_name=by, now=at)


def worse(percent=90):
    return {"sla": {**CONTRACT["sla"], "objective": percent}}


async def test_changed_terms_wait_and_take_effect_when_approved(versions, database):
    first, second = await add(versions), await add(versions, CHANGE, 1, **worse())
    assert (await versions.active(ALPENRAD)).version == first
    proposal = await versions.proposal(ALPENRAD)
    assert (proposal.version, proposal.difference, proposal.proposed_by) == (second, CHANGE, "ops")
    assert await decide(versions, second, approve=True)
    assert (await versions.active(ALPENRAD)).version == second
    assert await versions.proposal(ALPENRAD) is None
    assert not await decide(versions, second, approve=True)
    acts = [entry.act for entry in await SqlAudit(database).page([ALPENRAD], limit=5)]
    assert acts == ["terms.approved", "terms.proposed"]


async def test_rejected_terms_never_come_into_force(versions):
    first, second = await add(versions), await add(versions, CHANGE, 1, **worse())
    assert await decide(versions, second, approve=False)
    assert not await decide(versions, second, approve=True)
    assert (await versions.active(ALPENRAD)).version == first


async def test_a_newer_proposal_takes_the_place_of_the_older(versions):
    await add(versions)
    second, third = await add(versions, CHANGE, 1, **worse()), await add(versions, CHANGE, 1, **worse(80))
    assert not await decide(versions, second, approve=True)
    assert (await versions.proposal(ALPENRAD)).version == third


async def test_a_difference_to_terms_no_longer_in_force_is_not_kept(versions):
    """What seems to change nothing beside the old terms would take back those that were just approved."""
    with pytest.raises(PackMoved, match="version 1 of alpenrad's pack is no longer in force"):
        await add(versions, against=1)
    first = await add(versions, against=0)
    second = await add(versions, CHANGE, 1, first, **worse())
    assert await decide(versions, second, approve=True)
    for difference in ((), CHANGE):
        with pytest.raises(PackMoved):
            await add(versions, difference, 3, first, queues=[{"id": "other", "name": {"en": "Other"}}])
    assert (await versions.active(ALPENRAD)).version == second
    assert await versions.proposal(ALPENRAD) is None
    assert await add(versions, (), 3, second, queues=[{"id": "other", "name": {"en": "Other"}}]) == second + 1


@pytest.mark.parametrize("approve", [True, False])
async def test_of_two_who_decide_one_proposal_at_once_one_does(versions, database, approve):
    await add(versions)
    second = await add(versions, CHANGE, 1, **worse())
    deciding = [decide(versions, second, approve=approve, by="eva"), decide(versions, second, approve=True, by="carl")]
    assert sorted(await asyncio.gather(*deciding)) == [False, True]
    acts = [entry.act for entry in await SqlAudit(database).page([ALPENRAD], limit=5)]
    assert len(acts) == 2
    assert (acts[0] == "terms.approved") == ((await versions.active(ALPENRAD)).version == second)


async def test_deciding_and_proposing_at_once_wait_for_each_other_in_one_order(versions, monkeypatch):
    await add(versions)
    second = await add(versions, CHANGE, 1, **worse())
    lock, supersede = packs._lock, packs._supersede

    async def locks_late(connection, client):
        await asyncio.sleep(0.4)
        await lock(connection, client)

    async def supersedes_late(*given):
        await asyncio.sleep(0.2)
        await supersede(*given)

    monkeypatch.setattr(packs, "_lock", locks_late)
    monkeypatch.setattr(packs, "_supersede", supersedes_late)
    decided, third = await asyncio.gather(decide(versions, second, approve=True), add(versions, CHANGE, 1, **worse(80)))
    assert third == second + 1
    assert (await versions.active(ALPENRAD)).version == (second if decided else 1)
    assert (await versions.proposal(ALPENRAD)).version == third


async def test_the_same_files_again_are_the_version_that_stands_or_waits(versions):
    first, second = await add(versions), await add(versions, CHANGE, 1, **worse())
    assert await versions.known_with(ALPENRAD, small_pack()) == first
    assert await versions.known_with(ALPENRAD, small_pack(**worse())) == second
    await decide(versions, second, approve=False)
    assert await versions.known_with(ALPENRAD, small_pack(**worse())) is None


async def test_what_was_in_force_at_a_moment_is_known_for_ever(versions):
    first, second = await add(versions), await add(versions, CHANGE, 1, **worse())
    await decide(versions, second, approve=True, hours=2)
    at = [(await versions.in_force(ALPENRAD, NOON + timedelta(hours=h))).version for h in (0, 1.9, 2, 9)]
    assert at == [first, first, second, second]
    assert await versions.in_force(ALPENRAD, NOON - timedelta(hours=1)) is None


async def test_a_conversation_that_opened_under_earlier_terms_keeps_them_whenever_people_come_to_it(versions, database):
    """A change applies to new conversations, and not to one that the bot has had since before."""
    quick = {"sla": {"objective": 95, "targets": [{"first_response": "1m"}]}}
    first, _ = await add(versions), await add(versions, CHANGE, 1, **quick)
    office = Office(database)
    after = policy_in(small_pack(**quick))
    office.policies = SlaPolicies(lambda _: after, lambda _: NOON + timedelta(hours=2), policy_in)
    office.active = policy_in((await versions.in_force(ALPENRAD, NOON)).files)
    office.store = SqlStore(database, office.clock, office.told, office.told, [SlaProjection(office.policies)])
    office.pipeline = replace(office.pipeline, store=office.store)
    await office.write("hello", thread="older")
    assert await decide(versions, first + 1, approve=True, hours=2)
    office.clock.advance(timedelta(hours=3))
    await office.write("a human please", thread="older")
    assert {(c.kind.value, c.budget) for c in await office.all_clocks()} == {
        ("first_response", timedelta(minutes=10)),
        ("resolution", timedelta(hours=4)),
    }
    await office.write("a human please", thread="newer")
    assert [c.budget for c in await office.all_clocks() if c.policy_version == after.version] == [timedelta(minutes=1)]
    assert (await replayed(database))[1] == []


def pack_of(**sections):
    return read_client_pack(small_pack(**sections), {})[0]


def test_terms_are_sla_calendar_prices_and_who_must_approve():
    before = pack_of()
    assert terms_difference(before, pack_of(queues=[{"id": "other", "name": {"en": "Other"}}])) == []
    changed = pack_of(
        approval="waived",
        calendar={"timezone": "Europe/Berlin", "hours": "mon-fri 08:00-18:00"},
        prices={**CONTRACT["prices"], "handled_conversation": "2.50"},
    )
    paths = [d.path for d in terms_difference(before, changed)]
    assert paths[0] == "approval"
    assert "prices.handled_conversation" in paths
    assert "sla.calendar.week.mon" in paths


def test_an_approval_is_required_or_waived():
    pack, problems = read_client_pack(small_pack(approval="maybe"), {})
    assert pack is None
    assert any("'maybe' is not an approval" in str(p) and "required, waived" in str(p) for p in problems)
