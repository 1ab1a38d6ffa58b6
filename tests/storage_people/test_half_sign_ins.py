"""The contract of accounts.ports.HalfSignIns, and what ends with a person's sign-ins."""

import asyncio
from dataclasses import replace

from accounts.half_sign_in import LIFETIME, TRIES, new_half_sign_in
from accounts.session import digest, new_session
from tests.builders import NOON, minutes
from tests.storage_people.conftest import People
from tests.storage_people.test_people import BEN, MIRA


async def test_a_half_sign_in_comes_back_as_it_was_and_is_used_up_once(people: People) -> None:
    await people.users.save(MIRA)
    token, half = new_half_sign_in(MIRA, "firefox", NOON)
    await people.halves.add(half)
    assert await people.halves.by_id(digest(token)) == half
    used = await asyncio.gather(*(people.halves.consume(half.id) for _ in range(20)))
    assert sorted(used) == [False] * 19 + [True]
    assert await people.halves.by_id(half.id) is None


async def test_of_codes_at_once_no_more_are_counted_than_it_has_tries(people: People) -> None:
    await people.users.save(MIRA)
    _, half = new_half_sign_in(MIRA, "", NOON)
    await people.halves.add(half)
    counted = await asyncio.gather(*(people.halves.count_try(half.id, NOON) for _ in range(40)))
    assert counted.count(True) == TRIES
    assert await people.halves.by_id(half.id) == replace(half, tries=TRIES)


async def test_after_five_minutes_it_takes_no_code_and_is_swept(people: People) -> None:
    await people.users.save(MIRA)
    _, half = new_half_sign_in(MIRA, "", NOON)
    await people.halves.add(half)
    assert not await people.halves.count_try(half.id, NOON + LIFETIME)
    assert await people.halves.sweep(NOON + LIFETIME) == 0
    assert await people.halves.sweep(NOON + LIFETIME + minutes(1)) == 1
    assert await people.halves.by_id(half.id) is None


async def test_ending_all_sessions_raises_the_epoch_and_saving_does_not_turn_it_back(people: People) -> None:
    await people.users.save(MIRA)
    await people.sessions.end_all(MIRA.id)
    await people.users.save(replace(MIRA, name="Mira K."))
    found = await people.users.by_id(MIRA.id)
    assert found is not None
    assert found.sign_in_epoch == 1


async def test_no_session_begins_after_all_were_ended_or_the_person_was_switched_off(people: People) -> None:
    await people.users.save(MIRA)
    await people.users.save(replace(BEN, active=False))
    await people.sessions.end_all(MIRA.id)
    assert not await people.sessions.add(new_session(MIRA.id, NOON)[1], epoch=0)
    assert not await people.sessions.add(new_session(BEN.id, NOON)[1], epoch=0)
    assert await people.sessions.add(new_session(MIRA.id, NOON)[1], epoch=1)
    assert await people.sessions.of_user(BEN.id) == []


async def test_of_sessions_that_begin_while_all_are_ended_none_of_the_old_epoch_is_left(people: People) -> None:
    await people.users.save(MIRA)
    beginning = [people.sessions.add(new_session(MIRA.id, NOON)[1], epoch=0) for _ in range(20)]
    await asyncio.gather(*beginning[:10], people.sessions.end_all(MIRA.id), *beginning[10:])
    assert await people.sessions.of_user(MIRA.id) == []


async def test_a_session_never_seems_older_than_it_was(people: People) -> None:
    await people.users.save(MIRA)
    _, session = new_session(MIRA.id, NOON)
    assert await people.sessions.add(session, epoch=0)
    await people.sessions.touch(session.id, NOON + minutes(9))
    await people.sessions.touch(session.id, NOON + minutes(2))
    [found] = await people.sessions.of_user(MIRA.id)
    assert found.last_seen_at == NOON + minutes(9)


async def test_a_password_is_replaced_only_while_it_is_the_one_that_was_shown(people: People) -> None:
    await people.users.save(MIRA)
    done = await asyncio.gather(
        *(people.users.set_password(MIRA.id, f"new-{n}", instead_of=MIRA.password_hash) for n in range(9))
    )
    assert done.count(True) == 1
    found = await people.users.by_id(MIRA.id)
    assert found is not None
    assert found.password_hash == f"new-{done.index(True)}"


async def test_the_words_of_all_clients_are_known(people: People) -> None:
    assert list(await people.users.client_words()) == ["alpenrad", "Alpenrad", "kontor", "Kontor"]
