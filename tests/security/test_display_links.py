"""A display link opens one page and nothing else, shows nobody's name, and ends when it should."""

import asyncio
import re

import httpx
import pytest

from accounts.actor import Actor, operator
from accounts.audit import Act
from accounts.display_link import DisplayLink
from accounts.displays import MOST_LINKS, Displays
from accounts.edit import SetEdit, UserEdit
from accounts.errors import AccountsError, InvalidField, NotPermitted, Unknown
from accounts.user import Role
from app.processes import Part
from conversation.ids import UserId
from storage.database import Database
from storage.display_links import SqlDisplayLinks
from storage.schema import audit, display_links
from storage.tenancy import ALL_CLIENTS
from tests.builders import NOON, minutes
from tests.journeys.house import Place, open_house
from tests.journeys.people import listening, signed_in
from tests.security.test_streams import BOTH, KNOWN, news, opened
from tests.storage_people.conftest import ALPENRAD, KONTOR, VAULT
from tests.storage_people.test_managing import ANN, BOSS, Management

BY = operator("ops")


@pytest.fixture(params=["embedded", "scaled"])
def place(request: pytest.FixtureRequest) -> Place:
    """SQLite with everything in one process, and PostgreSQL with a real Redis."""
    if request.param == "embedded":
        return Place(request.getfixturevalue("sqlite_url"), "memory://", "127.0.0.1:9")
    return Place(request.getfixturevalue("postgres_url"), request.getfixturevalue("redis_server"), "127.0.0.1:9")


@pytest.fixture
async def floor(database) -> Management:
    made = Management(database)
    await made.hire((ANN, BOSS))
    return made


async def boss_of(floor: Management):
    found = await floor.users.by_id(BOSS.id)
    assert found is not None
    return found


def displays_of(floor: Management) -> Displays:
    return Displays(SqlDisplayLinks(floor.database, VAULT))


async def shown(floor: Management, token: str, at=NOON):
    found = await displays_of(floor).open(token, at)
    return sorted(found.clients) if found is not None and hasattr(found, "clients") else found


async def test_a_link_shows_what_its_creator_may_see_and_less_when_they_may_see_less(floor: Management) -> None:
    token, _ = await displays_of(floor).create(await boss_of(floor), "Hall", NOON, BY)
    assert await shown(floor, token) == [ALPENRAD, KONTOR]

    async def change(**edit) -> None:
        await floor.people.change("u-boss@example.org", UserEdit(**edit), KNOWN, BY, NOON)

    await change(clients=SetEdit(frozenset({KONTOR})))
    assert await shown(floor, token) == [KONTOR]
    await change(clients=SetEdit(frozenset()))
    assert await shown(floor, token) == "revoked"
    await change(clients=SetEdit(BOTH), roles=SetEdit(frozenset({Role.AGENT, Role.TRAINER})))
    assert await shown(floor, token) == "revoked"
    await change(roles=SetEdit(frozenset({Role.SUPERVISOR})))
    assert await shown(floor, token) == [ALPENRAD, KONTOR]
    await floor.people.disable("u-boss@example.org", BY, NOON)
    assert await shown(floor, token) == "revoked"


async def test_a_client_granted_later_is_not_shown(floor: Management) -> None:
    token, _ = await displays_of(floor).create(await boss_of(floor), "Hall", NOON, BY, clients=[ALPENRAD])
    assert await shown(floor, token) == [ALPENRAD]


async def test_it_ends_at_its_time_or_when_revoked_and_both_are_logged(floor: Management) -> None:
    displays, boss = displays_of(floor), await boss_of(floor)
    token, _ = await displays.create(boss, "Hall", NOON, BY, days=1)
    assert await shown(floor, token, NOON + minutes(24 * 60 - 1)) == [ALPENRAD, KONTOR]
    assert await shown(floor, token, NOON + minutes(24 * 60)) == "expired"
    other, link = await displays.create(boss, "Lobby", NOON, Actor(boss.name, boss.id))
    assert await displays.revoke(link.id, boss, Actor(boss.name, boss.id), NOON)
    assert not await displays.revoke(link.id, boss, BY, NOON)
    assert await shown(floor, other) == "revoked"
    log = [(row["action"], row["actor"], row["subject"]) for row in await floor.log()]
    assert log[1:] == [
        (Act.DISPLAY_LINK_CREATED, BOSS.id, f"display_link:{link.id}"),
        (Act.DISPLAY_LINK_REVOKED, BOSS.id, f"display_link:{link.id}"),
    ]


async def test_only_the_hash_of_a_token_is_stored(floor: Management) -> None:
    token, _ = await displays_of(floor).create(await boss_of(floor), "Hall", NOON, BY)
    async with floor.database.reading(ALL_CLIENTS) as connection:
        stored = [tuple(row) for table in (display_links, audit) for row in await connection.execute(table.select())]
    assert token not in str(stored)
    assert token[4:] not in str(stored)


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ({"clients": ["nope"]}, Unknown),
        ({"clients": []}, InvalidField),
        ({"days": 0}, InvalidField),
        ({"days": -1}, InvalidField),
        ({"days": 10**30}, InvalidField),
        ({"name": ""}, InvalidField),
        ({"name": "x" * 81}, InvalidField),
        ({"name": "a\x00b"}, InvalidField),
    ],
)
async def test_what_cannot_be_is_refused(floor: Management, how, error) -> None:
    given = {"name": "Hall"} | how
    with pytest.raises(error):
        await displays_of(floor).create(await boss_of(floor), now=NOON, by=BY, **given)
    ann = await floor.users.by_id(ANN.id)
    with pytest.raises(NotPermitted):
        await displays_of(floor).create(ann, "Hall", NOON, BY)
    assert await displays_of(floor).list(None) == []


async def test_fifty_links_are_enough(floor: Management) -> None:
    displays, boss = displays_of(floor), await boss_of(floor)
    for number in range(50):
        await displays.create(boss, f"Screen {number}", NOON, BY)
    with pytest.raises(AccountsError, match="50 display links"):
        await displays.create(boss, "One more", NOON, BY)


async def test_who_may_not_see_all_of_it_neither_sees_nor_revokes_a_link(floor: Management) -> None:
    displays = displays_of(floor)
    _, link = await displays.create(await boss_of(floor), "Hall", NOON, BY)
    narrow = DisplayLink("x", UserId("u-boss"), "n", frozenset({ALPENRAD}), "d", NOON)
    assert link.clients != narrow.clients
    edit = UserEdit(roles=SetEdit(frozenset({Role.SUPERVISOR})))
    await floor.people.change("u-ann@example.org", edit, KNOWN, BY, NOON)
    ann = await floor.users.by_id(ANN.id)
    assert ann is not None
    assert await displays.list(ann) == []
    assert not await displays.revoke(link.id, ann, BY, NOON)
    await floor.people.change("u-ann@example.org", UserEdit(clients=SetEdit(BOTH)), KNOWN, BY, NOON)
    ann = await floor.users.by_id(ANN.id)
    assert await displays.revoke(link.id, ann, BY, NOON)


async def test_a_stream_opened_with_a_link_ends_within_ten_seconds_and_names_nothing(place: Place) -> None:
    async with opened(place) as (house, _):
        email = await house.employ("Sofie", Role.SUPERVISOR)
        people, now = house.built.people, house.built.clock.now()
        await people.change(email, UserEdit(clients=SetEdit(BOTH)), KNOWN, BY, now)
        token, link = await house.built.displays.create(await people.get(email), "Hall", now, BY)
        path = f"/display/{token}"
        async with (
            httpx.AsyncClient(base_url=house.url) as screen,
            listening(screen, f"{path}/events") as events,
            news(house),
        ):
            await events.until("changed")
            assert events.of("changed")[0] == {}
            async with asyncio.timeout(10):
                assert await house.built.displays.revoke(link.id, None, BY, house.built.clock.now())
                assert (await events.until("ended"))["reason"] == "revoked"
            assert (await screen.get(path)).status_code == 410
            token, _ = await house.built.displays.create(await people.get(email), "Hall", now, BY)
            async with listening(screen, f"/display/{token}/events") as narrower:
                await narrower.until("changed")
                await people.change(email, UserEdit(clients=SetEdit(remove=frozenset({KONTOR}))), KNOWN, BY, now)
                async with asyncio.timeout(10):
                    assert (await narrower.until("ended"))["reason"] == "rights_changed"
            async with listening(screen, f"/display/{token}/events") as orphaned:
                await orphaned.until("changed")
                await people.disable(email, BY, now)
                async with asyncio.timeout(10):
                    assert (await orphaned.until("ended"))["reason"] == "revoked"


async def test_a_token_stands_in_no_line_of_the_log(
    place: Place, capsys: pytest.CaptureFixture[str], monkeypatch
) -> None:
    async with open_house(place, None, Part.WEB, log_level="DEBUG") as house:
        email = await house.employ("Sofie", Role.SUPERVISOR)
        async with signed_in(house.url, email) as sofie:
            await sofie.page("/wallboard/links")
            form = {"name": "Hall", "locale": "en", "days": "", "client": "alpenrad", "csrf": sofie._token}
            made = await sofie.client.post("/wallboard/links", data=form)
            found = re.search(r"/display/(sbd_[\w-]+)", made.text)
            assert found, made.text
            async with httpx.AsyncClient(base_url=house.url) as screen:
                assert (await screen.get(f"/display/{found[1]}")).status_code == 200
                monkeypatch.setattr(house.built.dashboards, "wallboard", None)
                assert (await screen.get(f"/display/{found[1]}/part")).status_code == 500
    written = capsys.readouterr()
    assert "request failed" in written.out + written.err
    assert found[1] not in written.out + written.err


async def test_links_made_at_once_are_no_more_than_allowed(floor: Management, database_url: str) -> None:
    """From two processes, as far as the database can tell; what was revoked or is over counts no more."""
    others = [Management(Database(database_url)) for _ in range(2)]
    boss = await boss_of(floor)
    _, gone = await displays_of(floor).create(boss, "Gone", NOON, BY, days=1)
    later = NOON + minutes(24 * 60)

    async def make(number: int) -> str:
        token, _ = await displays_of(others[number % 2]).create(boss, f"Screen {number}", later, BY)
        return token

    for number in range(MOST_LINKS - 2):
        await make(number)
    outcomes = await asyncio.gather(*map(make, range(10)), return_exceptions=True)
    refused = [outcome for outcome in outcomes if isinstance(outcome, InvalidField)]
    assert len(refused) == 8, outcomes
    living = [link for link, _ in await displays_of(floor).list(None) if link.is_alive(later)]
    assert len(living) == MOST_LINKS
    assert gone.id not in {link.id for link in living}
    assert await displays_of(floor).revoke(living[0].id, None, BY, later)
    await make(99)
    for one in others:
        await one.database.dispose()
