"""The demo's past is made by the real pipeline, in two parts, and kept."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import func, select

from accounts.sign_in import SignedIn, Visit
from app.demo import past, plan
from app.demo import run as demo
from app.demo.backend import backend
from app.demo.paperwork import settle_past
from app.demo.people import LOGINS, PASSWORD
from app.demo.plan import Plan, closable_months
from app.demo.settings import COPY, PLAN, demo_settings
from app.wiring import Platform, platform
from clients import PACKS
from conversation.ids import ClientId
from storage.carry import carry
from storage.schema import conversations, inbox, messages, outbox, sla_clocks, threads
from storage.tenancy import ALL_CLIENTS
from tests.journeys.packs import read_once, trained_once

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


async def counts(built: Platform) -> dict[str, int]:
    queries = {
        "conversations": select(func.count()).select_from(conversations),
        "messages": select(func.count()).select_from(messages),
        "clocks": select(func.count()).select_from(sla_clocks),
        "waiting": select(func.count()).select_from(inbox).where(inbox.c.state == "waiting"),
        "sending": select(func.count()).select_from(outbox).where(outbox.c.due_at.is_not(None)),
        "queued": select(func.count()).select_from(conversations).where(conversations.c.state == "queued"),
    }
    async with built.database.reading(ALL_CLIENTS) as connection:
        return {name: int(await connection.scalar(query) or 0) for name, query in queries.items()}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A demo with one client, trained already, and a past of one stretch."""
    found = tmp_path / "demo"
    monkeypatch.setattr(demo, "FOLDER", found)
    monkeypatch.setattr(demo, "PACKS", PACKS[:1])
    monkeypatch.setattr(past, "PACKS", PACKS[:1])
    monkeypatch.setattr(plan, "MOST_RECENT", 8)
    monkeypatch.setattr(plan, "WEEK", plan.PAST)
    monkeypatch.setattr("app.bot_versions.train_pack", trained_once)
    monkeypatch.setattr("nlu.yaml_loader.load_node", read_once)
    for name in ("SWITCHBOARD_CLIENT__ALPENRAD__BACKEND_URL", "SWITCHBOARD_CLIENT__KONTOR__BACKEND_URL"):
        monkeypatch.setenv(name, "")
    monkeypatch.chdir(tmp_path)
    return found


async def test_people_of_an_earlier_demo_get_the_password_that_the_screen_shows(folder: Path) -> None:
    async with platform(demo_settings(None, 9, folder)) as built:
        await demo.add_logins(built)
        user = await built.users.by_email(LOGINS[0].email)
        assert user is not None
        assert await built.users.set_password(user.id, "an older one", instead_of=user.password_hash)
        await demo.renew_passwords(built)
        for login in LOGINS[:2]:
            found = await built.accounts.sign_in(login.email, PASSWORD, Visit("192.0.2.1"), built.clock.now())
            assert isinstance(found, SignedIn)


async def test_the_past_is_lived_once_and_kept_and_the_months_before_come_beside_it(folder: Path) -> None:
    async with backend() as port:
        settings = demo_settings(None, port, folder)
        await demo.fill_once(settings, 14, asyncio.Event())
        async with platform(settings) as built:
            first = await counts(built)
            logins = [user.email for user in await built.users.list()]
        await demo.fill_once(settings, 14, asyncio.Event())
        async with platform(settings) as built:
            assert await counts(built) == first
            assert [user.email for user in await built.users.list()] == logins
            made = plan.kept(folder / PLAN)
            assert made is not None
            await the_process_is_killed_while_it_carries(folder, made)
            assert first["conversations"] < (await counts(built))["conversations"] < first["conversations"] + 6
            await past.live_past(folder, made)
            whole = await counts(built)
            await past.live_past(folder, made)
            assert await counts(built) == whole, "what is there is not made again"
            await the_figures_are_right(built)
            await the_agents_were_there(built, made)
            await settle_past(built, made)
            await settle_past(built, made)
            known = await built.settlement.month_names(ClientId("alpenrad"))  # six conversations may leave one out
            months = [month for month in closable_months(made, "Europe/Berlin") if month in known]
            assert months
            for month in months:
                assert (await built.settlement.statement(ClientId("alpenrad"), month))[1], month
    assert 8 <= first["conversations"] <= 8 + 8
    assert first["clocks"] > 0
    assert first["queued"] > 0
    assert first["waiting"] == first["sending"] == whole["waiting"] == whole["sending"] == 0
    assert first["messages"] > 3 * first["conversations"]
    assert "mira@demo.test" in logins
    assert whole["conversations"] == first["conversations"] + 6
    assert whole["queued"] == first["queued"], "only what has ended is carried over"
    assert not (await asyncio.to_thread((folder / COPY.format(number=0)).exists))


class Killed(BaseException):
    """Nobody catches it, as nobody catches a kill."""


async def the_process_is_killed_while_it_carries(folder: Path, made: Plan) -> None:
    def carry_and_die(source: Path, target: Path, these: Sequence[str]) -> None:
        carry(source, target, these)
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(past, "CARRIED_AT_ONCE", 2)
        patch.setattr(past, "carry", carry_and_die)
        with pytest.raises(Killed):
            await past.live_past(folder, made)


async def the_figures_are_right(built: Platform) -> None:
    """Nothing of the past waits or runs, and its clocks are what its events say."""
    async with built.database.reading(ALL_CLIENTS) as connection:
        query = (
            select(func.count())
            .select_from(sla_clocks.join(threads, threads.c.id == sla_clocks.c.thread))
            .where(threads.c.ref.like("sim-week%"), sla_clocks.c.next_wakeup_at.is_not(None))
        )
        assert await connection.scalar(query) == 0
    checked = [batch async for batch in built.replay.verify(ClientId("alpenrad"))]
    assert [difference for batch in checked for difference in batch.differences] == []
    assert sum(batch.clocks for batch in checked) > 0


async def the_agents_were_there(built: Platform, made: Plan) -> None:
    """On every weekday that is no holiday, about as long as their clients were open, and never at night."""
    spans = await built.attendance.spans([ClientId("alpenrad")], (made.begin, made.until), made.until)
    assert {span.agent for span in spans} == {u.id for u in await built.users.list() if "agent" in u.roles}
    policy = built.directory.policy(ClientId("alpenrad"))
    assert policy is not None
    local = [policy.calendar.local(at) for span in spans for at in (span.start, span.end)]
    assert all(7 <= at.hour <= 18 for at in local if at < policy.calendar.local(made.until - plan.RECENT))
    assert len({at.date() for at in local}) > 55


@pytest.mark.parametrize("conversations", [0, 12, 60, 300, 3000])
def test_the_stretches_of_a_past_meet_and_hold_every_conversation(conversations: int) -> None:
    made = Plan(NOON, conversations)
    stretches = [made.recent, *made.weeks]
    assert sum(stretch.conversations for stretch in stretches) == conversations
    if conversations == 3000:
        assert all(later.start == earlier.end for later, earlier in pairwise(stretches))
        assert stretches[0].end == NOON
        assert stretches[-1].start == made.begin
        assert len({stretch.name for stretch in stretches}) == len(stretches)


@pytest.mark.parametrize(
    ("until", "months"),
    [
        (datetime(2026, 11, 23, tzinfo=UTC), ["2026-09", "2026-10"]),
        (datetime(2026, 12, 31, 22, tzinfo=UTC), ["2026-10", "2026-11"]),
        (datetime(2027, 1, 1, 5, tzinfo=UTC), ["2026-11", "2026-12"]),
        (datetime(2027, 3, 1, tzinfo=UTC), ["2026-12", "2027-01", "2027-02"]),
    ],
)
def test_the_two_months_before_can_be_closed(until: datetime, months: list[str]) -> None:
    assert closable_months(Plan(until, 3000), "Europe/Berlin")[-2:] == months[-2:]


def test_a_plan_survives_the_process(tmp_path: Path) -> None:
    made = Plan(NOON + timedelta(microseconds=5), 77)
    plan.keep(made, tmp_path / PLAN)
    assert plan.kept(tmp_path / PLAN) == made
    (tmp_path / "old").touch()
    assert plan.kept(tmp_path / "old") is None
