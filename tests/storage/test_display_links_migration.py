"""Display links come with the schema and go with it; nothing else moves."""

from sqlalchemy import text

from accounts.display_link import new_link
from conversation.ids import ClientId, UserId
from storage import migrations
from storage.database import Database
from storage.display_links import SqlDisplayLinks
from storage.tenancy import ALL_CLIENTS
from storage.users import SqlUsers
from tests.builders import NOON
from tests.storage.harness import downgrade
from tests.storage_people.conftest import VAULT
from tests.storage_people.test_people import MIRA


async def test_people_survive_the_way_back_and_links_work_after_the_next_upgrade(
    database_url: str, owner_url: str
) -> None:
    before = Database(database_url)
    await SqlUsers(before, VAULT).save(MIRA)
    token, link = new_link(UserId(MIRA.id), "Hall", [ClientId("alpenrad")], NOON)
    await SqlDisplayLinks(before, VAULT).add(link, [], at_most=1)
    await before.dispose()
    await downgrade(owner_url, "0015")
    old = Database(owner_url, owner=True)
    async with old.reading(ALL_CLIENTS) as connection:
        assert await connection.scalar(text("SELECT count(*) FROM users")) == 1
    await old.dispose()
    await migrations.upgrade(owner_url, app_url=database_url)
    now = Database(database_url)
    links = SqlDisplayLinks(now, VAULT)
    assert await links.all() == []
    await links.add(link, [], at_most=1)
    assert await links.by_digest(link.digest) == (link, MIRA)
    assert token not in repr(link)
    await now.dispose()
