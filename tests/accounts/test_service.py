from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from accounts.audit import Act
from accounts.errors import EmailTaken, WeakPassword
from accounts.known_device import KnownDevices
from accounts.memory import MemoryAttempts, MemoryAudit, MemoryHalfSignIns, MemorySessions, MemoryUsers
from accounts.password import Argon2Hasher
from accounts.service import Accounts
from accounts.session import ABSOLUTE, IDLE
from accounts.sign_in import CodeNeeded, Refused, RefusedBecause, SignedIn, Visit
from accounts.totp import code, new_secret
from accounts.user import Right, Role
from conversation.ids import ClientId

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"
HOME = Visit("192.0.2.7")


class CountingHasher(Argon2Hasher):
    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_kib=64, parallelism=1)
        self.verified = 0

    def verify(self, password: str, hashed: str) -> bool:
        self.verified += 1
        return super().verify(password, hashed)


class House:
    def __init__(self) -> None:
        self.users = MemoryUsers(lambda: [ClientId("alpenrad"), ClientId("kontor")])
        self.sessions = MemorySessions(self.users)
        self.attempts = MemoryAttempts()
        self.audit = MemoryAudit()
        self.hasher = CountingHasher()
        self.halves = MemoryHalfSignIns()
        self.devices = KnownDevices(["a key"])
        self.accounts = Accounts(
            self.users, self.sessions, self.halves, self.attempts, self.audit, self.hasher, self.devices
        )


@pytest.fixture
async def house() -> House:
    built = House()
    await built.accounts.add_user(
        "Mira@Example.org", "Mira", PASSWORD, NOW, roles=[Role.AGENT], clients=[ClientId("alpenrad")], capacity=3
    )
    return built


async def signed_in(house: House, **more) -> SignedIn:
    result = await house.accounts.sign_in("mira@example.org", PASSWORD, HOME, NOW, **more)
    assert isinstance(result, SignedIn)
    return result


async def test_the_right_password_opens_a_session_that_its_token_finds_again(house):
    mira = await signed_in(house)
    again = await house.accounts.current(mira.token, NOW)
    assert again is not None
    assert again.user.email == "mira@example.org"
    assert again.csrf == mira.csrf
    assert again.user.may(Right.DESK)
    assert not again.user.may(Right.ADMIN)


@pytest.mark.parametrize("email", ["mira@example.org", "nobody@example.org"])
async def test_a_wrong_password_and_an_unknown_address_look_and_cost_the_same(house, email):
    assert await house.accounts.sign_in(email, "wrong horse battery", HOME, NOW) == Refused(RefusedBecause.WRONG)
    assert house.hasher.verified == 1


async def test_the_sixth_try_must_wait_and_even_the_right_password_does_not_help(house):
    for _ in range(6):
        await house.accounts.sign_in("mira@example.org", "wrong", HOME, NOW)
    refused = await house.accounts.sign_in("mira@example.org", PASSWORD, HOME, NOW)
    assert isinstance(refused, Refused)
    assert refused.reason is RefusedBecause.THROTTLED
    assert refused.retry_at is not None
    assert isinstance(await house.accounts.sign_in("mira@example.org", PASSWORD, HOME, refused.retry_at), SignedIn)


async def test_a_success_makes_the_pair_start_anew(house):
    for _ in range(4):
        await house.accounts.sign_in("mira@example.org", "wrong", HOME, NOW)
    await signed_in(house)
    for _ in range(4):
        await house.accounts.sign_in("mira@example.org", "wrong", HOME, NOW)
    await signed_in(house)


async def test_a_person_who_left_can_neither_sign_in_nor_stay(house):
    mira = await signed_in(house)
    await house.users.save(replace(mira.user, active=False))
    assert await house.accounts.current(mira.token, NOW) is None
    assert await house.accounts.sign_in("mira@example.org", PASSWORD, HOME, NOW) == Refused(RefusedBecause.WRONG)


@pytest.mark.parametrize("later", [IDLE, ABSOLUTE])
async def test_a_session_ends_by_itself(house, later):
    mira = await signed_in(house)
    assert await house.accounts.current(mira.token, NOW + later) is None


async def test_using_a_session_keeps_it_alive_until_its_absolute_end(house):
    mira = await signed_in(house)
    moment = NOW
    while moment + timedelta(hours=3) < NOW + ABSOLUTE:
        moment += timedelta(hours=3)
        assert await house.accounts.current(mira.token, moment, touch=True) is not None
    assert await house.accounts.current(mira.token, NOW + ABSOLUTE) is None


async def test_looking_whether_a_session_lives_does_not_prolong_it(house):
    mira = await signed_in(house)
    assert await house.accounts.current(mira.token, NOW + IDLE - timedelta(minutes=1)) is not None
    assert await house.accounts.current(mira.token, NOW + IDLE) is None


@pytest.mark.parametrize("token", ["", "nonsense", "x" * 10_000])
async def test_a_token_nobody_gave_opens_nothing(house, token):
    assert await house.accounts.current(token, NOW) is None


async def test_signing_out_ends_this_session_only(house):
    desk, phone = await signed_in(house), await signed_in(house)
    await house.accounts.sign_out(desk, NOW)
    assert await house.accounts.current(desk.token, NOW) is None
    assert await house.accounts.current(phone.token, NOW) is not None


async def test_a_new_password_ends_every_other_session(house):
    desk, phone = await signed_in(house), await signed_in(house)
    changed = await house.accounts.change_password(desk, PASSWORD, "another long password", NOW)
    assert isinstance(changed, SignedIn)
    assert await house.accounts.current(phone.token, NOW) is None
    assert await house.accounts.current(desk.token, NOW) is not None
    assert isinstance(await house.accounts.sign_in("mira@example.org", "another long password", HOME, NOW), SignedIn)


async def test_changing_a_password_asks_for_the_old_one_and_for_a_good_new_one(house):
    desk = await signed_in(house)
    wrong = await house.accounts.change_password(desk, "not mine", "another long password", NOW)
    weak = await house.accounts.change_password(desk, PASSWORD, "short", NOW)
    assert isinstance(wrong, Refused)
    assert wrong.reason is RefusedBecause.WRONG
    assert isinstance(weak, Refused)
    assert "12" in weak.detail


async def test_an_authenticator_is_asked_for_and_its_code_works_once(house):
    secret = new_secret()
    known = await house.users.by_email("mira@example.org")
    await house.users.save(replace(known, totp_secret=secret))
    asked = await house.accounts.sign_in("mira@example.org", PASSWORD, HOME, NOW)
    wrong = await house.accounts.sign_in("mira@example.org", PASSWORD, HOME, NOW, code="000000x")
    current = code(secret, int(NOW.timestamp()) // 30)
    first = await house.accounts.sign_in("mira@example.org", PASSWORD, HOME, NOW, code=current)
    second = await house.accounts.sign_in("mira@example.org", PASSWORD, HOME, NOW, code=current)
    assert isinstance(asked, CodeNeeded)
    assert wrong == second == Refused(RefusedBecause.WRONG_CODE)
    assert isinstance(first, SignedIn)


async def test_nobody_learns_from_a_wrong_password_that_a_code_would_be_asked(house):
    known = await house.users.by_email("mira@example.org")
    await house.users.save(replace(known, totp_secret=new_secret()))
    assert await house.accounts.sign_in("mira@example.org", "wrong", HOME, NOW) == Refused(RefusedBecause.WRONG)


async def test_an_old_hash_is_made_anew_at_the_next_sign_in(house):
    known = await house.users.by_email("mira@example.org")
    old = Argon2Hasher(time_cost=2, memory_kib=64, parallelism=1).hash(PASSWORD)
    await house.users.save(replace(known, password_hash=old))
    mira = await signed_in(house)
    assert not house.hasher.is_outdated(mira.user.password_hash)
    await signed_in(house)


async def test_every_sign_in_and_refusal_is_in_the_audit_log_without_secrets(house):
    await signed_in(house)
    await house.accounts.sign_in("mira@example.org", "my other password", HOME, NOW)
    acts = [e.act for e in house.audit.entries]
    assert acts == [Act.USER_ADDED, Act.SIGNED_IN, Act.SIGN_IN_REFUSED]
    assert "password" not in repr([e.detail for e in house.audit.entries])


async def test_two_people_cannot_share_an_address_or_have_weak_passwords(house):
    with pytest.raises(EmailTaken, match=r"mira@example\.org"):
        await house.accounts.add_user("MIRA@example.org", "M", PASSWORD, NOW, roles=[Role.AGENT])
    with pytest.raises(WeakPassword, match="12"):
        await house.accounts.add_user("new@example.org", "N", "short", NOW, roles=[Role.AGENT])


async def test_a_provider_admin_is_granted_every_client(house):
    admin = await house.accounts.add_user("a@example.org", "A", PASSWORD, NOW, roles=[Role.PROVIDER_ADMIN])
    assert (await house.users.by_id(admin.id)).clients == {"alpenrad", "kontor"}


async def test_a_person_without_a_password_cannot_sign_in(house):
    known = await house.users.by_email("mira@example.org")
    await house.users.save(replace(known, password_hash=""))
    assert await house.accounts.sign_in("mira@example.org", "", HOME, NOW) == Refused(RefusedBecause.WRONG)


async def test_sessions_nobody_can_use_are_swept_away(house):
    await signed_in(house)
    assert await house.accounts.sweep(NOW + timedelta(hours=1)) == 0
    assert await house.accounts.sweep(NOW + IDLE + timedelta(seconds=1)) == 1
