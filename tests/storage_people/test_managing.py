"""People managed over every store: who changes, what they hold, what is logged, and who stays the last admin."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import select

from accounts.actor import Actor, operator
from accounts.audit import Act
from accounts.edit import SetEdit, UserEdit, Vocabulary
from accounts.errors import AccountsError, InvalidField, LastAdmin, NoSuchPerson, NotPermitted, Unknown, WeakPassword
from accounts.known_device import KnownDevices
from accounts.password import Argon2Hasher
from accounts.people import People
from accounts.service import Accounts, CodeNeeded, Refused, RefusedBecause, SignedIn, Visit
from accounts.throttle import PAIR, Attempt, Proof
from accounts.totp import STEP_SECONDS, code, new_secret
from accounts.user import Role, User
from accounts.watch import EndedBecause, SessionWatch
from app.people import DeskHoldings
from conversation.conversation import Priority, State
from conversation.ids import UserId, new_id
from handoff.sweeps import return_unentitled
from storage.audit import SqlAudit
from storage.database import Database
from storage.half_sign_ins import SqlHalfSignIns
from storage.live_sessions import SqlLiveSessions
from storage.presence import desks_at
from storage.schema import audit, sessions
from storage.sessions import SqlSessions
from storage.sign_in_attempts import SqlAttempts
from storage.tenancy import ALL_CLIENTS
from storage.users import SqlUsers
from tests.builders import NOON, minutes
from tests.storage_people.conftest import ALPENRAD, KONTOR, VAULT
from tests.storage_people.floor import ANN, BEN, BOSS, Floor, agent

HASHER = Argon2Hasher(time_cost=1, memory_kib=64, parallelism=1)
PASSWORD = "seven purple herons wade"
KNOWN = Vocabulary({ALPENRAD, KONTOR}, {"bikes", "hr"}, {"de", "en", "fr"}, ("de", "en"))
SECRET = new_secret()
BY = operator("ops")
BOTH = frozenset({ALPENRAD, KONTOR})
DUO = agent("duo", clients=BOTH, capacity=9)


class Management(Floor):
    """A floor whose people are managed."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.users = SqlUsers(database, VAULT)
        self.sessions = SqlSessions(database, VAULT)
        self.attempts = SqlAttempts(database)
        self.audit = SqlAudit(database)
        held = DeskHoldings(self.users, self.store, self.facts, self.presence, self.clock)
        self.accounts = self.accounts_with(self.sessions)
        self.people = People(
            self.users,
            self.users,
            self.sessions,
            self.attempts,
            self.audit,
            held,
            HASHER,
            self.accounts.weakness,
        )
        self.watch = SessionWatch(SqlLiveSessions(database, VAULT), fresh_s=0)

    def accounts_with(self, sessions: SqlSessions) -> Accounts:
        halves, devices = SqlHalfSignIns(self.database), KnownDevices(["a key of tests"])
        return Accounts(self.users, sessions, halves, self.attempts, self.audit, HASHER, devices)

    async def admin(self, name: str) -> User:
        user = User(UserId(name), f"{name}@x.org", name, frozenset({Role.PROVIDER_ADMIN}), frozenset(), created_at=NOON)
        await self.users.save(user)
        return user

    async def log(self) -> list[dict]:
        async with self.database.reading(ALL_CLIENTS) as connection:
            rows = await connection.execute(select(audit).order_by(audit.c.position))
            return [dict(row) for row in rows.mappings()]

    async def sign_in(self, email: str, password: str = PASSWORD) -> SignedIn:
        found = await self.accounts.sign_in(email, password, Visit("192.0.2.1"), self.clock.now())
        assert isinstance(found, SignedIn), found
        return found


SESSION = {"created_at": NOON, "last_seen": NOON, "expires_at": NOON + minutes(60), "address": "", "browser": ""}


@pytest.fixture
async def floor(database: Database) -> Management:
    made = Management(database)
    await made.hire((ANN, BEN, BOSS, DUO))
    return made


async def test_what_the_edit_names_changes_and_the_log_says_who_did_what(floor: Management) -> None:
    edit = UserEdit(
        name="Ann B.",
        roles=SetEdit(add=frozenset({Role.TRAINER})),
        clients=SetEdit(frozenset({KONTOR})),
        skills=SetEdit(add=frozenset({"hr", "bikes"}), remove=frozenset({"bikes"})),
        languages=SetEdit(frozenset({"de"}), frozenset({"fr"})),
        capacity=7,
        locale="de",
    )
    effect = await floor.people.change("U-ANN@example.org", edit, KNOWN, BY, NOON)
    found = await floor.users.by_email("u-ann@example.org")
    assert found is not None
    assert (found.name, found.roles, found.clients) == ("Ann B.", {Role.AGENT, Role.TRAINER}, {KONTOR})
    assert (found.skills, found.languages, found.capacity, found.locale) == ({"hr"}, {"de", "fr"}, 7, "de")
    assert effect.changed
    [row] = await floor.log()
    assert (row["action"], row["actor"], row["actor_name"]) == (Act.USER_CHANGED, None, "operator:ops")
    assert row["subject"] == f"user:{ANN.id}"
    assert row["data"]["clients"] == {"from": ["alpenrad"], "to": ["kontor"]}
    assert row["data"]["name"] == "changed"
    assert not (await floor.people.change("u-ann@example.org", edit, KNOWN, BY, NOON)).changed
    assert len(await floor.log()) == 1


@pytest.mark.parametrize(
    ("edit", "error", "says"),
    [
        (UserEdit(clients=SetEdit(add=frozenset({"nope"}))), Unknown, "no client 'nope': known are alpenrad, kontor"),
        (UserEdit(clients=SetEdit(frozenset({"Alpenrad"}))), Unknown, "no client 'Alpenrad'"),
        (UserEdit(skills=SetEdit(add=frozenset({"bike"}))), Unknown, "no skill 'bike': known are bikes, hr"),
        (UserEdit(skills=SetEdit(remove=frozenset({"x"}))), Unknown, "no skill 'x'"),
        (UserEdit(languages=SetEdit(frozenset({"German"}))), Unknown, "no language 'German': known are de, en, fr"),
        (UserEdit(locale="fr"), Unknown, "no locale 'fr': known are de, en"),
        (UserEdit(roles=SetEdit(remove=frozenset({Role.AGENT}))), InvalidField, "at least one role"),
        (UserEdit(languages=SetEdit(remove=frozenset({"de", "en"}))), InvalidField, "at least one language"),
        (UserEdit(capacity=0), InvalidField, "1 to 50"),
        (UserEdit(capacity=10**30), InvalidField, "1 to 50"),
        (UserEdit(name="  "), InvalidField, "cannot be empty"),
        (UserEdit(name="x" * 201), InvalidField, "200"),
        (UserEdit(name="a\x00b"), InvalidField, "cannot be printed"),
        (UserEdit(name="a\ud800b"), InvalidField, "cannot be printed"),
    ],
)
async def test_what_cannot_be_is_refused_and_nothing_changes(floor: Management, edit, error, says) -> None:
    with pytest.raises(error, match=says):
        await floor.people.change("u-ann@example.org", edit, KNOWN, BY, NOON)
    found = await floor.users.by_id(ANN.id)
    assert found is not None
    assert (found.clients, found.skills, found.capacity) == (ANN.clients, ANN.skills, ANN.capacity)
    assert await floor.log() == []


@pytest.mark.parametrize("email", ["nobody@x.org", "a\x00b@x.org", "\ud800@x.org", "x" * 300_000, ""])
async def test_nobody_is_found_by_an_address_that_is_none(floor: Management, email: str) -> None:
    with pytest.raises(AccountsError):
        await floor.people.disable(email, BY, NOON)


async def test_acting_in_somebodys_name_takes_an_active_admin(floor: Management) -> None:
    await floor.admin("chief")
    await floor.admin("second")
    actor = await floor.people.actor("chief@x.org", "ops")
    assert actor == Actor("chief", UserId("chief"), "ops")
    await floor.people.disable("u-ann@example.org", actor, NOON)
    [row] = await floor.log()
    assert (row["actor"], row["actor_name"], row["data"]["operator"]) == ("chief", "chief", "ops")
    for email in ("u-boss@example.org", "u-ben@example.org"):
        with pytest.raises(NotPermitted, match="provider_admin"):
            await floor.people.actor(email)
    await floor.people.disable("chief@x.org", BY, NOON)
    with pytest.raises(NotPermitted, match="disabled"):
        await floor.people.actor("chief@x.org")
    with pytest.raises(NoSuchPerson):
        await floor.people.actor("operator:root@x.org")


async def test_a_disabled_persons_conversations_go_back_and_no_clock_moves(floor: Management) -> None:
    answered, waiting = await floor.held(BEN, "answered"), await floor.held(BEN, "waiting")
    snoozed, others = await floor.held(BOSS, "snoozed"), await floor.held(ANN, "anns")
    await floor.desk.set_priority(BEN, waiting, Priority.URGENT)
    await floor.desk.reply(BEN, answered, "Hello", key="k")
    await floor.deliver_all()
    await floor.desk.transfer_to_agent(BOSS, snoozed, BEN.id)
    await floor.desk.snooze(BEN, snoozed, NOON + minutes(30))
    await floor.presence.beat(BEN.id, "online", floor.clock.now())
    floor.clock.advance(minutes(1))
    before = {c.id: c for c in await floor.all_clocks()}
    effect = await floor.people.disable("u-ben@example.org", BY, floor.clock.now())
    assert effect.returned == 3
    for conversation in (answered, waiting, snoozed):
        now = await floor.now_is(conversation)
        assert (now.state, now.assignee, now.snoozed_until) == (State.QUEUED, None, None)
    assert (await floor.now_is(waiting)).priority is Priority.URGENT
    assert (await floor.now_is(others)).assignee == ANN.id
    assert {c.id: c for c in await floor.all_clocks()} == before
    await floor.assert_replay_is_the_same()
    assert [a.id for a in await floor.presence.agents(BOTH, floor.clock.now()) if a.online] == []
    assert await floor.presence.vanished(floor.clock.now()) == [ANN.id]


async def test_conversations_of_a_client_no_longer_granted_go_back_and_no_others(floor: Management) -> None:
    mine = await floor.held(DUO, "a")
    theirs = await floor.held(DUO, "k", client="kontor", channel="kontor-web")
    skilled = await floor.held(DUO, "b")
    edit = UserEdit(clients=SetEdit(remove=frozenset({KONTOR})), skills=SetEdit(frozenset()), capacity=1)
    assert (await floor.people.change("u-duo@example.org", edit, KNOWN, BY, NOON)).returned == 1
    assert (await floor.now_is(theirs)).state is State.QUEUED
    assert [(await floor.now_is(c)).assignee for c in (mine, skilled)] == [DUO.id, DUO.id]


async def test_who_has_no_desk_any_more_holds_nothing_and_is_not_there(floor: Management) -> None:
    held = await floor.held(ANN)
    await floor.presence.beat(ANN.id, "online", floor.clock.now())
    edit = UserEdit(roles=SetEdit(frozenset({Role.TRAINER})))
    assert (await floor.people.change("u-ann@example.org", edit, KNOWN, BY, NOON)).returned == 1
    assert (await floor.now_is(held)).state is State.QUEUED
    async with floor.database.reading(ALL_CLIENTS) as connection:
        assert await desks_at(connection, [ALPENRAD], floor.clock.now()) == {}


async def test_what_is_claimed_at_the_last_moment_is_swept_back(floor: Management) -> None:
    """The request was judged before, its claim is committed after the person was disabled."""
    waiting = await floor.waits()
    await floor.people.disable("u-ann@example.org", BY, NOON)
    await floor.desk.claim(ANN, waiting)
    assert (await floor.now_is(waiting)).assignee == ANN.id
    assert await return_unentitled(floor.store, floor.facts, floor.clock) == 1
    assert (await floor.now_is(waiting)).state is State.QUEUED
    held = await floor.held(BEN, "legal")
    assert await return_unentitled(floor.store, floor.facts, floor.clock) == 0
    assert (await floor.now_is(held)).assignee == BEN.id


async def test_a_conversation_that_changes_meanwhile_goes_back_all_the_same(floor: Management) -> None:
    held = [await floor.held(DUO, f"t{n}") for n in range(6)]
    noting = [floor.desk.note(BOSS, c, "meanwhile", key=f"k{n}") for n, c in enumerate(held * 3)]
    effect, *_ = await asyncio.gather(floor.people.disable("u-duo@example.org", BY, NOON), *noting)
    await return_unentitled(floor.store, floor.facts, floor.clock)
    assert effect.returned > 0
    assert {(await floor.now_is(c)).state for c in held} == {State.QUEUED}


async def test_a_provider_admin_may_hold_what_is_of_any_client(floor: Management) -> None:
    await floor.admin("chief")
    held = await floor.held(replace(DUO, id=UserId("chief")))
    assert await return_unentitled(floor.store, floor.facts, floor.clock) == 0
    assert (await floor.now_is(held)).assignee == "chief"


DISABLE = "disable"
DEMOTE = UserEdit(roles=SetEdit(frozenset({Role.AGENT})))


async def end_admin(people: People, name: str, how) -> object:
    if how == DISABLE:
        return await people.disable(f"{name}@x.org", BY, NOON)
    return await people.change(f"{name}@x.org", how, KNOWN, BY, NOON)


@pytest.mark.parametrize("how", [DISABLE, DEMOTE])
async def test_the_last_active_admin_stays(floor: Management, how) -> None:
    await floor.admin("chief")
    with pytest.raises(LastAdmin):
        await end_admin(floor.people, "chief", how)
    await floor.admin("second")
    await end_admin(floor.people, "chief", how)
    with pytest.raises(LastAdmin):
        await end_admin(floor.people, "second", how)
    found = await floor.users.by_email("second@x.org")
    assert found is not None
    assert (found.active, found.roles) == (True, {Role.PROVIDER_ADMIN})


@pytest.mark.parametrize("pair", [(DISABLE, DISABLE), (DEMOTE, DEMOTE), (DISABLE, DEMOTE)])
async def test_two_at_once_never_remove_the_last_admin(floor: Management, database_url: str, pair) -> None:
    """Each from a process of its own, as far as the database can tell."""
    others = [Management(Database(database_url)) for _ in range(2)]
    for turn in range(8):
        names = (f"one{turn}", f"two{turn}")
        for name in names:
            await floor.admin(name)
        outcomes = await asyncio.gather(
            *(end_admin(one.people, name, how) for one, name, how in zip(others, names, pair, strict=True)),
            return_exceptions=True,
        )
        assert [type(outcome) for outcome in outcomes].count(LastAdmin) == 1, outcomes
        left = [u.email for u in await floor.users.list() if u.active and Role.PROVIDER_ADMIN in u.roles]
        assert len(left) == 1
        await floor.admin("between")
        await floor.people.disable(left[0], BY, NOON)
        await floor.users.save(replace(await floor.admin("between"), active=False))
    for one in others:
        await one.database.dispose()


async def test_an_admin_who_becomes_an_agent_has_what_was_granted_and_not_everything(floor: Management) -> None:
    await floor.admin("chief")
    await floor.admin("second")
    await floor.people.set_password("chief@x.org", PASSWORD, BY, NOON)
    await end_admin(floor.people, "chief", DEMOTE)
    found = await floor.users.by_email("chief@x.org")
    assert found is not None
    assert found.clients == frozenset()


async def test_a_new_password_ends_every_session_and_the_old_one_opens_nothing(floor: Management) -> None:
    await floor.people.set_password("u-ann@example.org", PASSWORD, BY, NOON)
    signed_in = await floor.sign_in("u-ann@example.org")
    effect = await floor.people.set_password("u-ann@example.org", "eight green otters swim", BY, NOON)
    assert effect.sessions == 1
    assert await floor.accounts.current(signed_in.token, NOON) is None
    assert isinstance(await floor.accounts.sign_in("u-ann@example.org", PASSWORD, Visit("::1"), NOON), Refused)
    await floor.sign_in("u-ann@example.org", "eight green otters swim")
    with pytest.raises(WeakPassword):
        await floor.people.set_password("u-ann@example.org", "short", BY, NOON)
    held = str(await floor.log())
    assert PASSWORD not in held
    assert "argon2" not in held


async def test_a_sign_in_under_way_does_not_survive_a_new_password_or_a_disabled_account(floor: Management) -> None:
    """The password was judged before, the session would begin after."""

    class Late(SqlSessions):
        async def add(self, session, *, epoch) -> bool:
            await meanwhile.pop()
            return await super().add(session, epoch=epoch)

    email, meanwhile = "u-ann@example.org", []
    for act, more in ((floor.people.set_password, ["eight green otters swim"]), (floor.people.disable, [])):
        await floor.people.set_password(email, PASSWORD, BY, NOON)
        meanwhile.append(act(email, *more, BY, NOON))
        late = floor.accounts_with(Late(floor.database, VAULT))
        assert isinstance(await late.sign_in("u-ann@example.org", PASSWORD, Visit("::1"), NOON), Refused)
        assert await floor.sessions.of_user(ANN.id) == []


async def test_a_stale_hash_does_not_undo_a_new_password(floor: Management) -> None:
    await floor.people.set_password("u-ann@example.org", PASSWORD, BY, NOON)
    old = await floor.users.by_id(ANN.id)
    assert old is not None
    await floor.people.set_password("u-ann@example.org", "eight green otters swim", BY, NOON)
    assert not await floor.users.set_password(ANN.id, "anew", instead_of=old.password_hash)


async def test_no_session_of_before_comes_back_with_an_enabled_person(floor: Management) -> None:
    await floor.people.set_password("u-ann@example.org", PASSWORD, BY, NOON)
    signed_in = await floor.sign_in("u-ann@example.org")
    assert (await floor.people.disable("u-ann@example.org", BY, NOON)).sessions == 1
    async with floor.database.transaction(ALL_CLIENTS) as connection:  # as if the account was disabled by other means
        await connection.execute(sessions.insert().values(SESSION | {"id": signed_in.session.id, "user": ANN.id}))
    assert (await floor.people.enable("u-ann@example.org", BY, NOON)).changed
    assert await floor.accounts.current(signed_in.token, NOON) is None
    await floor.sign_in("u-ann@example.org")
    assert not (await floor.people.enable("u-ann@example.org", BY, NOON)).changed


def attempt(email: str, address: str) -> Attempt:
    return Attempt(new_id(NOON), Proof.PASSWORD, email, address, NOON)


async def test_unlock_forgets_the_account_from_every_address_and_no_other(floor: Management) -> None:
    for email in ("u-ann@example.org", "u-ben@example.org"):
        for address in ("192.0.2.1", "192.0.2.2"):
            for _ in range(PAIR.free):
                assert await floor.attempts.reserve(attempt(email, address)) is None
            assert await floor.attempts.reserve(attempt(email, address)) is not None
    assert (await floor.people.unlock("U-Ann@example.org", BY, NOON)).forgotten == 2 * PAIR.free
    assert await floor.attempts.reserve(attempt("u-ann@example.org", "192.0.2.1")) is None
    assert await floor.attempts.reserve(attempt("u-ben@example.org", "192.0.2.1")) is not None


async def test_the_watch_says_why_and_prolongs_nothing(floor: Management) -> None:
    await floor.people.set_password("u-ann@example.org", PASSWORD, BY, NOON)
    signed_in = await floor.sign_in("u-ann@example.org")
    session, now = signed_in.session, floor.clock.now

    async def look(at=None):
        return await floor.watch.check(session, at or now())

    found = await look()
    assert isinstance(found, User)
    assert found.clients == ANN.clients
    assert await look(session.expires_at) is EndedBecause.EXPIRED
    assert await look(NOON + minutes(60 * 24)) is EndedBecause.EXPIRED
    assert (await floor.sessions.of_user(ANN.id))[0].last_seen_at == session.last_seen_at
    await floor.people.change("u-ann@example.org", UserEdit(clients=SetEdit(BOTH)), KNOWN, BY, NOON)
    found = await look()
    assert isinstance(found, User)
    assert found.clients == BOTH
    await floor.people.sign_out("u-ann@example.org", BY, NOON)
    assert await look() is EndedBecause.SIGNED_OUT
    await floor.people.disable("u-ann@example.org", BY, NOON)
    assert await look() is EndedBecause.DISABLED


async def test_a_hundred_open_pages_cost_one_look(floor: Management) -> None:
    await floor.people.set_password("u-ann@example.org", PASSWORD, BY, NOON)
    sessions = [(await floor.sign_in("u-ann@example.org")).session for _ in range(10)]
    looks = 0

    class Counted(SqlLiveSessions):
        async def find(self, sessions, users):
            nonlocal looks
            looks += 1
            return await super().find(sessions, users)

    watch = SessionWatch(Counted(floor.database, VAULT), fresh_s=60)
    for session in sessions:  # each becomes known
        await watch.check(session, NOON)
    looks = 0
    watch._fresh_s = 0.5
    await asyncio.sleep(0.6)
    found = await asyncio.gather(*(watch.check(session, NOON) for session in sessions * 10))
    assert looks == 1
    assert all(isinstance(one, User) for one in found)


async def half_of(floor: Management) -> str:
    """Ann has shown her password and not yet the code."""
    ann = await floor.users.by_id(ANN.id)
    assert ann is not None
    await floor.users.save(replace(ann, totp_secret=SECRET))
    found = await floor.accounts.sign_in(ann.email, PASSWORD, Visit("192.0.2.1"), NOON)
    assert isinstance(found, CodeNeeded)
    return found.token


@pytest.mark.parametrize("act", ["sign_out", "disable", "set_password", "disable and enable"])
async def test_a_half_sign_in_ends_with_the_sessions(floor: Management, act: str) -> None:
    await floor.people.set_password("u-ann@example.org", PASSWORD, BY, NOON)
    half = await half_of(floor)
    for one in act.split(" and "):
        more = ["eight green otters swim"] if one == "set_password" else []
        await getattr(floor.people, one)("u-ann@example.org", *more, BY, NOON)
    now = code(SECRET, int(NOON.timestamp()) // STEP_SECONDS)
    assert await floor.accounts.enter_code(half, now, Visit("192.0.2.1"), NOON) == Refused(RefusedBecause.EXPIRED)
    assert await floor.sessions.of_user(ANN.id) == []


@pytest.mark.parametrize(
    "password", ["alpenrad1234", "Kontor-Kontor-2", "u-ann@example.org", "password1234", "x" * 257]
)
async def test_a_password_that_is_easy_to_guess_is_set_for_nobody(floor: Management, password: str) -> None:
    before = await floor.users.by_id(ANN.id)
    with pytest.raises(WeakPassword):
        await floor.people.set_password("u-ann@example.org", password, BY, NOON)
    assert before is not None
    with pytest.raises(WeakPassword):
        await floor.people.add(replace(before, email="u-anna@example.org"), password, BY, NOON)
    assert await floor.users.by_id(ANN.id) == before
    assert await floor.log() == []
