"""The commands, as an operator types them."""

import asyncio
import csv
import io
import json
import random
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select, update
from typer.testing import CliRunner

from accounts.user import Role, User
from app.cli.root import app
from conversation.clock import ManualClock
from conversation.ids import ClientId, UserId
from storage.audit import SqlAudit
from storage.database import Database
from storage.packs import PackVersions
from storage.schema import sla_clocks
from storage.tenancy import ALL_CLIENTS
from storage.users import SqlUsers
from storage.vault import Vault
from tests.builders import NOON
from tests.settlement.history import live_through
from tests.settlement.packs import small_pack
from tests.settlement.test_reports import answered
from tests.settlement.test_statements import contained
from tests.storage_people.office import Office

LATER = NOON + timedelta(days=30)


@pytest.fixture
def installed(sqlite_url, monkeypatch):
    """An installation with one small client and some history; how to run something on its database."""
    monkeypatch.setenv("SWITCHBOARD_DATABASE_URL", sqlite_url)

    def on_database(work):
        async def run():
            database = Database(sqlite_url)
            try:
                return await work(database)
            finally:
                await database.dispose()

        return asyncio.run(run())

    async def install(database):
        await PackVersions(database).add(
            ClientId("alpenrad"), "Alpenrad", small_pack(), model=None, report={}, now=NOON, by="test"
        )
        await live_through(Office(database), random.Random(5), steps=40)
        people = SqlUsers(database, Vault([Fernet.generate_key().decode()]))
        for name, role in (("boss", Role.SUPERVISOR), ("chief", Role.PROVIDER_ADMIN), ("client", Role.CLIENT_ADMIN)):
            mine = frozenset({ClientId("alpenrad")})
            await people.save(User(UserId(name), f"{name}@x.org", name, frozenset({role}), mine, created_at=NOON))

    on_database(install)
    return on_database


def run(*words: str, code: int = 0):
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == code, (result.output, result.exception)
    return result.output


def run_json(*words: str, code: int = 0):
    return json.loads(run(*words, "--json", code=code))


def test_replay_is_clean_finds_damage_and_mends_it(installed):
    verify = ("sla", "replay", "--client", "alpenrad", "--verify")
    clean = run_json(*verify)
    assert clean["differences"] == []
    assert clean["clocks"] > 0

    async def damage(database):
        async with database.transaction(ALL_CLIENTS) as connection:
            await connection.execute(update(sla_clocks).values(warned=99))

    installed(damage)
    assert len(run_json(*verify, code=1)["differences"]) >= clean["clocks"]
    assert "rebuilt" in run("sla", "replay", "--client", "alpenrad", "--rebuild")
    assert "0 differences found" in run(*verify)


def test_an_unknown_client_is_named_with_the_known_ones(installed):
    assert "known are alpenrad" in run("sla", "replay", "--client", "nobody", code=2)


def test_an_exclusion_goes_from_proposal_to_the_clients_approval(installed):
    clock = installed(first_clock)
    words = ("sla", "exclude", "--client", "alpenrad", "--clock", clock, "--evidence", "the log")
    assert "choose from spam" in run(*words, "--reason", "our_crash", "--by", "boss@x.org", code=2)
    assert "may not do this" in run(*words, "--reason", "spam", "--by", "client@x.org", code=2)
    run(*words, "--reason", "spam", "--by", "boss@x.org")
    [entry] = run_json("sla", "exclusions", "--client", "alpenrad")
    approve = ("sla", "exclusions", "--client", "alpenrad", "--approve", entry["id"])
    assert "right to approve" in run(*approve, "--by", "chief@x.org", code=2)
    assert "--by" in run(*approve, code=2)
    [decided] = run_json(*approve, "--by", "client@x.org")
    assert (entry["decision"], decided["decision"], decided["decided_by"]) == ("proposed", "approved", "client@x.org")
    rows = run_json("sla", "attainment", "--client", "alpenrad", "--month", "2026-11")
    assert {row["reading"] for row in rows} == {"raw", "adjusted"}


def test_a_statement_is_shown_and_closed_once_its_month_is_over(installed):
    installed(lambda database: contained(Office(database, ManualClock(NOON.replace(year=2021))), "older"))
    month = ("sla", "statement", "--client", "alpenrad", "--month")
    shown = run_json(*month, "2026-11")
    assert (shown["currency"], shown["closed"]) == ("EUR", False)
    assert run(*month, "2026-11", "--csv").splitlines()[-1].startswith('"total",,,,')
    assert "like 2026-10" in run(*month, "November", code=2)
    assert "is not over" in run(*month, "2099-01", "--close", "--by", "chief@x.org", code=2)
    assert "has no statement for 2021-10" in run(*month, "2021-10", "--close", "--by", "chief@x.org", code=2)
    assert run_json(*month, "2021-11", "--close", "--by", "chief@x.org")["closed"]
    assert "closed already" in run(*month, "2021-11", "--close", "--by", "chief@x.org", code=2)
    assert "right to admin" in run(*month, "2021-12", "--close", "--by", "boss@x.org", code=2)


def test_changed_terms_are_shown_and_decided_by_the_client(installed):
    async def propose(database):
        return await PackVersions(database).add(
            ClientId("alpenrad"),
            "Alpenrad",
            small_pack(prices={"currency": "EUR", "handled_conversation": "9.00"}),
            model=None,
            report={},
            now=NOON,
            by="ops",
            difference=[("prices.handled_conversation", "2.10", "9.00")],
        )

    version = str(installed(propose))
    assert "prices.handled_conversation" in run("client", "proposal", "alpenrad")
    decision = ("client", "approve", "alpenrad", "--version", version, "--by")
    assert "right to approve" in run(*decision, "chief@x.org", code=2)
    assert f"version {version} is active" in run(*decision, "client@x.org")
    assert "does not wait" in run(*decision, "client@x.org", code=2)
    assert "Nothing waits" in run("client", "proposal", "alpenrad")


async def first_clock(database):
    async with database.reading(ALL_CLIENTS) as connection:
        return await connection.scalar(select(sla_clocks.c.id).where(sla_clocks.c.kind == "first_response"))


NOVEMBER = ("--client", "alpenrad", "--from", "2026-11-01", "--to", "2026-11-30")


def test_every_table_comes_as_csv_and_json_with_the_same_rows(installed):
    for table in ("half-hours", "clocks", "percentiles"):
        rows = run_json("sla", "report", table, *NOVEMBER)
        lines = list(csv.DictReader(io.StringIO(run("sla", "report", table, *NOVEMBER))))
        assert len(lines) == len(rows) > 0
        assert [list(row) for row in lines] == [list(row) for row in rows]
    assert "like 2026-10-01" in run(
        "sla", "report", "clocks", "--client", "alpenrad", "--from", "x", "--to", "y", code=2
    )


def test_a_what_if_shows_attainment_and_credits_side_by_side(installed):
    whatif = ("sla", "whatif", "--client", "alpenrad", "--month", "2026-11")
    same = run_json(*whatif)["clocks"]
    assert all(row["actual_met"] == row["other_met"] for row in same)
    harder = run_json(*whatif, "--first-response", "1s", "--objective", "99")
    first = harder["clocks"][0]
    assert (first["clock"], first["other_met"], first["other_objective"]) == ("first_response", 0, 99)
    assert float(harder["credits"]["other"]) >= float(harder["credits"]["actual"])
    assert "service credits" in run(*whatif, "--hours", "mon-fri 08:00-18:00")
    assert "soon" in run(*whatif, "--first-response", "soon", code=2)


def test_staffing_needs_somebody_to_have_worked(installed, monkeypatch):
    monkeypatch.setattr("app.wiring.SystemClock", lambda: ManualClock(NOON))  # the history begins today, so before it
    staffing = ("sla", "staffing", "--client", "alpenrad")
    assert "nobody handled" in run(*staffing, code=2)


def test_staffing_says_what_each_half_hour_needs_and_who_was_there(installed, monkeypatch):
    async def a_day_of_work(database):
        await answered(Office(database, ManualClock(NOON)), "customer", after=2, work=6)

    installed(a_day_of_work)
    monkeypatch.setattr("app.wiring.SystemClock", lambda: ManualClock(NOON + timedelta(days=7)))
    staffing = ("sla", "staffing", "--client", "alpenrad")
    found = run_json(*staffing, "--patience", "20m", "--concurrency", "2")
    assert (found["patience_s"], found["concurrency"], found["online_by_heartbeats"]) == (1200, 2, False)
    assert all(row["agents"] > 0 and row["within_target"] >= 0.9 for row in found["half_hours"])
    assert any(row["online"] > 0 for row in found["half_hours"])


def test_a_running_conversation_goes_under_new_terms_by_an_act_that_is_audited(installed):
    async def change_terms(database):
        versions = PackVersions(database)
        terms = {"objective": 95, "targets": [{"first_response": "2h", "resolution": "8h"}]}
        files = small_pack(sla=terms)
        await versions.add(ClientId("alpenrad"), "Alpenrad", files, model=None, report={}, now=NOON, by="ops")

    async def somebody_waits(database):
        return (await Office(database, ManualClock(LATER)).write("a human please", "new-customer")).id

    conversation = installed(somebody_waits)
    renew = ("sla", "renew", "--client", "alpenrad", "--conversation", conversation, "--by")
    assert "under the terms in force already" in run(*renew, "boss@x.org", "--reason", "agreed", code=2)
    installed(change_terms)
    assert "may not do this" in run(*renew, "client@x.org", "--reason", "agreed", code=2)
    assert "reason is missing" in run(*renew, "boss@x.org", "--reason", " ", code=2)
    assert "goes on under policy" in run(*renew, "boss@x.org", "--reason", "agreed by phone")

    async def facts(database):
        async with database.reading(ALL_CLIENTS) as connection:
            rows = await connection.execute(select(sla_clocks.c.data).where(sla_clocks.c.conversation == conversation))
            clocks = sorted((data["id"].split(":", 1)[1], data["state"], data["budget"]) for (data,) in rows)
        return clocks, await SqlAudit(database).page(None, limit=5, act="terms.renewed")

    clocks, [told] = installed(facts)
    assert clocks == [
        ("first_response:1", "cancelled", 600.0),
        ("first_response:2", "running", 7200.0),
        ("resolution:1", "cancelled", 14400.0),
        ("resolution:2", "running", 28800.0),
    ]
    assert (told.actor_name, told.detail["reason"]) == ("boss@x.org", "agreed by phone")
    assert run_json("sla", "replay", "--client", "alpenrad", "--verify")["differences"] == []
