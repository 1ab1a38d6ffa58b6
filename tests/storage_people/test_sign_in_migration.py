"""What the migration of sign-in does to the rows that are there."""

from datetime import timedelta

from sqlalchemy import text

from accounts.session import new_session
from accounts.throttle import PAIR, Attempt, Proof
from storage import migrations
from storage.database import Database
from storage.sessions import SqlSessions
from storage.sign_in_attempts import SqlAttempts
from storage.tenancy import ALL_CLIENTS
from storage.users import SqlUsers
from tests.builders import NOON
from tests.storage.harness import downgrade
from tests.storage_people.conftest import VAULT
from tests.storage_people.test_people import MIRA


async def test_failures_counted_before_the_upgrade_keep_counting_and_survive_a_downgrade(
    database_url: str, owner_url: str
) -> None:
    await downgrade(owner_url, "0013")
    old = Database(owner_url, owner=True)
    async with old.transaction(ALL_CLIENTS) as connection:
        at = "cast(cast(:at AS text) AS timestamptz)" if old.is_postgresql else ":at"
        row = {"email": "a@x", "address": "1.1.1.1", "at": NOON.isoformat(timespec="microseconds")}
        for _ in range(PAIR.free):
            await connection.execute(
                text(f"INSERT INTO login_failures (email, address, at) VALUES (:email, :address, {at})"), row
            )
    await old.dispose()
    await migrations.upgrade(owner_url, app_url=database_url)
    now = Database(database_url)
    attempt = Attempt("new", Proof.PASSWORD, "a@x", "1.1.1.1", NOON + timedelta(seconds=1))
    assert await SqlAttempts(now).reserve(attempt) == NOON + PAIR.wait(PAIR.free)
    await now.dispose()
    await downgrade(owner_url, "0013")
    back = Database(owner_url, owner=True)
    async with back.reading(ALL_CLIENTS) as connection:
        assert await connection.scalar(text("SELECT count(*) FROM login_failures")) == PAIR.free
    await back.dispose()
    await migrations.upgrade(owner_url, app_url=database_url)


async def test_people_and_their_sessions_stay(database_url: str, owner_url: str) -> None:
    now = Database(database_url)
    await SqlUsers(now, VAULT).save(MIRA)
    _, session = new_session(MIRA.id, NOON)
    assert await SqlSessions(now, VAULT).add(session, epoch=0)
    await now.dispose()
    await downgrade(owner_url, "0013")
    await migrations.upgrade(owner_url, app_url=database_url)
    again = Database(database_url)
    assert await SqlSessions(again, VAULT).by_id(session.id) == (session, MIRA)
    assert await SqlSessions(again, VAULT).end_all(MIRA.id) == 1
    assert not await SqlSessions(again, VAULT).add(session, epoch=0)
    await again.dispose()
