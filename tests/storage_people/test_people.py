"""The contract of accounts' ports."""

from dataclasses import replace
from datetime import timedelta

import pytest

from accounts.audit import Act, entry
from accounts.errors import EmailTaken, WeakPassword
from accounts.known_device import KnownDevices
from accounts.password import Argon2Hasher
from accounts.service import Accounts
from accounts.session import digest, new_session
from accounts.sign_in import SignedIn, Visit
from accounts.token import Scope, new_token
from accounts.user import Role, User
from conversation.ids import UserId
from tests.builders import NOON, minutes
from tests.storage_people.conftest import ALPENRAD, KONTOR, People

MIRA = User(
    id=UserId("u-mira"),
    email="mira@example.org",
    name="Mira",
    roles=frozenset({Role.AGENT}),
    clients=frozenset({ALPENRAD}),
    capacity=3,
    skills=frozenset({"bikes", "money"}),
    languages=frozenset({"de"}),
    locale="de",
    password_hash="$argon2id$x",
    totp_secret="JBSWY3DPEHPK3PXP",
    created_at=NOON,
)
BEN = replace(MIRA, id=UserId("u-ben"), email="ben@example.org", name="Ben", totp_secret="")


async def test_a_user_comes_back_as_saved(people: People) -> None:
    await people.users.save(MIRA)
    assert await people.users.by_id(MIRA.id) == MIRA
    assert await people.users.by_email("MIRA@Example.org") == MIRA
    assert await people.users.by_id(UserId("nobody")) is None
    assert await people.users.by_email("nobody@example.org") is None


async def test_saving_again_replaces_grants_and_all_else(people: People) -> None:
    await people.users.save(MIRA)
    moved = replace(MIRA, clients=frozenset({KONTOR}), name="Mira K.", active=False, roles=frozenset({Role.SUPERVISOR}))
    await people.users.save(moved)
    await people.users.save(BEN)
    assert await people.users.list() == [BEN, moved]


async def test_an_address_belongs_to_one_person(people: People) -> None:
    await people.users.save(MIRA)
    with pytest.raises(EmailTaken):
        await people.users.save(replace(BEN, email=MIRA.email))
    assert await people.users.list() == [MIRA]


async def test_a_provider_admin_is_granted_every_client_there_is(people: People) -> None:
    await people.users.save(replace(MIRA, roles=frozenset({Role.PROVIDER_ADMIN}), clients=frozenset()))
    found = await people.users.by_id(MIRA.id)
    assert found is not None
    assert found.clients == {ALPENRAD, KONTOR}


async def test_a_code_is_used_once_and_saving_the_user_does_not_bring_it_back(people: People) -> None:
    await people.users.save(MIRA)
    assert await people.users.use_code(MIRA.id, 100)
    assert not await people.users.use_code(MIRA.id, 100)
    assert not await people.users.use_code(MIRA.id, 99)
    await people.users.save(MIRA)
    assert not await people.users.use_code(MIRA.id, 100)
    assert await people.users.use_code(MIRA.id, 101)


async def test_a_session_is_found_with_its_user_until_it_is_ended(people: People) -> None:
    await people.users.save(MIRA)
    token, session = new_session(MIRA.id, NOON, address="192.0.2.1", browser="Firefox")
    assert await people.sessions.add(session, epoch=0)
    assert await people.sessions.by_id(digest(token)) == (session, MIRA)
    await people.sessions.touch(session.id, NOON + minutes(5))
    found = await people.sessions.by_id(session.id)
    assert found is not None
    assert found[0].last_seen_at == NOON + minutes(5)
    await people.sessions.end(session.id)
    assert await people.sessions.by_id(session.id) is None


async def test_all_sessions_of_one_person_end_but_the_one_named(people: People) -> None:
    await people.users.save(MIRA)
    await people.users.save(BEN)
    made = [new_session(user, NOON + minutes(n))[1] for n, user in enumerate([MIRA.id, MIRA.id, MIRA.id, BEN.id])]
    for session in made:
        assert await people.sessions.add(session, epoch=0)
    assert await people.sessions.of_user(MIRA.id) == [made[2], made[1], made[0]]
    assert await people.sessions.end_all(MIRA.id, but=made[0].id) == 2
    assert await people.sessions.of_user(MIRA.id) == [made[0]]
    assert await people.sessions.of_user(BEN.id) == [made[3]]


async def test_dead_sessions_are_swept(people: People) -> None:
    await people.users.save(MIRA)
    _, old = new_session(MIRA.id, NOON - timedelta(days=8))
    _, idle = new_session(MIRA.id, NOON - timedelta(hours=13))
    _, fresh = new_session(MIRA.id, NOON)
    for session in (old, idle, fresh):
        assert await people.sessions.add(session, epoch=0)
    assert await people.sessions.sweep(expired=NOON, unseen_since=NOON - timedelta(hours=12)) == 2
    assert await people.sessions.of_user(MIRA.id) == [fresh]


async def test_a_token_opens_until_its_owner_revokes_it(people: People) -> None:
    await people.users.save(MIRA)
    secret, token = new_token(
        MIRA.id, "reports", [Scope.REPORTS_READ], NOON, client=ALPENRAD, expires_at=NOON + timedelta(days=9)
    )
    await people.tokens.add(token)
    assert await people.tokens.by_digest(digest(secret)) == (token, MIRA)
    assert await people.tokens.by_digest(digest("sb_other")) is None
    await people.tokens.used(token.id, NOON + minutes(1))
    assert not await people.tokens.revoke(token.id, UserId("u-ben"), NOON)
    assert await people.tokens.revoke(token.id, MIRA.id, NOON + minutes(2))
    assert not await people.tokens.revoke(token.id, MIRA.id, NOON + minutes(3))
    [kept] = await people.tokens.of_owner(MIRA.id)
    assert (kept.last_used_at, kept.revoked_at) == (NOON + minutes(1), NOON + minutes(2))


async def test_the_audit_log_is_read_newest_first_by_client_subject_and_act(people: People) -> None:
    made = [
        entry(Act.PACK_APPLIED, NOON, actor=MIRA.id, actor_name="Mira", client=ALPENRAD, subject="pack:3", version=3),
        entry(Act.PACK_APPLIED, NOON + minutes(1), client=KONTOR, subject="pack:1"),
        entry(Act.SIGNED_IN, NOON + minutes(2), actor=MIRA.id, subject="user:u-mira", address="192.0.2.1"),
    ]
    await people.audit.add(made)
    await people.audit.add([])
    everything = await people.audit.page(None, limit=10)
    assert [replace(e, id="") for e in everything] == made[::-1]
    assert [e.client for e in await people.audit.page([ALPENRAD], limit=10)] == [ALPENRAD]
    assert [e.act for e in await people.audit.page(None, limit=10, subject="user:u-mira")] == [Act.SIGNED_IN]
    assert len(await people.audit.page(None, limit=10, act=Act.PACK_APPLIED)) == 2
    older = await people.audit.page(None, limit=1, before=everything[0].id)
    assert [e.subject for e in older] == ["pack:1"]


async def test_signing_in_works_over_every_store(people: People) -> None:
    hasher = Argon2Hasher(time_cost=1, memory_kib=64, parallelism=1)
    accounts = Accounts(
        people.users, people.sessions, people.halves, people.attempts, people.audit, hasher, KnownDevices(["key"])
    )
    await accounts.add_user("new@example.org", "New", "a long enough password", NOON, roles=[Role.AGENT])
    for roles in ([Role.AGENT], [Role.PROVIDER_ADMIN]):
        for weak in ("alpenrad1234", "Kontor-2026-!", "newnewnew123"):
            with pytest.raises(WeakPassword, match="easy to guess"):
                await accounts.add_user("weak@example.org", "Weak", weak, NOON, roles=roles)
    signed_in = await accounts.sign_in("new@example.org", "a long enough password", Visit("192.0.2.1"), NOON)
    assert isinstance(signed_in, SignedIn)
    assert await accounts.current(signed_in.token, NOON + minutes(10)) is not None
