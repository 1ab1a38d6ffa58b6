import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select

from storage.database import Database
from storage.errors import SealBroken
from storage.schema import users
from storage.tenancy import ALL_CLIENTS
from storage.users import SqlUsers
from storage.vault import Vault
from tests.storage_people.conftest import VAULT
from tests.storage_people.test_people import MIRA

OLD, NEW = (Fernet.generate_key().decode() for _ in range(2))


def test_a_sealed_secret_is_opened_by_its_key_and_survives_a_rotation() -> None:
    sealed = Vault([OLD]).seal("s3cret")
    assert "s3cret" not in sealed
    assert Vault([NEW, OLD]).open(sealed) == "s3cret"
    assert Vault([NEW]).open(Vault([NEW, OLD]).reseal(sealed)) == "s3cret"


def test_a_lost_key_says_what_to_do() -> None:
    with pytest.raises(SealBroken, match="SWITCHBOARD_SECRET_KEYS"):
        Vault([NEW]).open(Vault([OLD]).seal("s3cret"))
    with pytest.raises(ValueError, match="at least one key"):
        Vault([])


async def test_an_authenticator_secret_is_not_readable_in_the_database(sqlite_database: Database) -> None:
    await SqlUsers(sqlite_database, VAULT).save(MIRA)
    async with sqlite_database.reading(ALL_CLIENTS) as connection:
        kept = await connection.scalar(select(users.c.totp_secret))
    assert MIRA.totp_secret not in kept
