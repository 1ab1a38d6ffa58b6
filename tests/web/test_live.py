"""A long download breaks off once the right to it is withdrawn."""

import asyncio
from dataclasses import replace

import pytest

from accounts.service import Visit
from accounts.user import Right, Role
from conversation.ids import UserId
from tests.web.world import ALPENRAD, KONTOR, PASSWORD
from web.errors import Forbidden
from web.live import CHECK_EVERY_S, person_access, while_allowed


@pytest.mark.parametrize(
    "fields",
    [{"active": False}, {"roles": frozenset({Role.TRAINER})}, {"clients": frozenset({KONTOR})}],
)
async def test_a_download_breaks_off_when_the_right_to_it_is_withdrawn(world, fields):
    signed_in = await world.accounts.sign_in("sofie@example.org", PASSWORD, Visit("192.0.2.1"), world.clock.now())
    access = person_access(signed_in, Right.DASHBOARD, world.services())

    async def parts():
        while True:
            yield "a line"
            await asyncio.sleep(0.02)

    download = while_allowed(parts(), access, ALPENRAD)
    assert [await anext(download) for _ in range(3)] == ["a line"] * 3
    sofie = await world.users.by_id(UserId("sofie"))
    await world.users.save(replace(sofie, **fields))
    async with asyncio.timeout(3 * CHECK_EVERY_S):
        with pytest.raises(Forbidden):
            await read_on(download)


async def read_on(download):
    async for _ in download:
        pass
