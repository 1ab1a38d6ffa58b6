"""Files, in the database and in a directory, under the same contract."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from conversation.clock import ManualClock
from conversation.ids import ClientId
from storage.blobs import Blob, Blobs, DatabaseBlobs, DirectoryBlobs, Space
from storage.database import Database
from storage.errors import BadBlobKey, BadClientId
from storage.schema import blobs as files_table
from tests.builders import NOON

ALPENRAD, KONTOR = ClientId("alpenrad"), ClientId("kontor")


class Home:
    """Both spaces in one place."""

    def __init__(self, files: Blobs, models: Blobs) -> None:
        self.files, self.models = files, models


@pytest.fixture(params=["sqlite_url", "postgres_url", "directory"])
def place(request: pytest.FixtureRequest) -> str:
    """A database's URL, empty for a directory."""
    return "" if request.param == "directory" else str(request.getfixturevalue(request.param))


@pytest.fixture
async def home(place: str, tmp_path: Path) -> AsyncIterator[Home]:
    clock = ManualClock(NOON)
    if not place:
        folder = tmp_path / "blobs"
        yield Home(DirectoryBlobs(folder, clock), DirectoryBlobs(folder, clock, Space.MODELS))
        return
    database = Database(place)
    yield Home(DatabaseBlobs(database, clock), DatabaseBlobs(database, clock, Space.MODELS))
    await database.dispose()


async def test_a_file_comes_back_as_it_was_stored(home: Home) -> None:
    key = await home.files.write(ALPENRAD, b"\x00\xff pdf", name="Rechnung.pdf", media_type="application/pdf")
    assert await home.files.read(ALPENRAD, key) == b"\x00\xff pdf"
    found = await home.files.load(ALPENRAD, key)
    assert found == Blob(ALPENRAD, key, b"\x00\xff pdf", "Rechnung.pdf", "application/pdf")


async def test_the_same_content_twice_has_two_keys_that_cannot_be_guessed(home: Home) -> None:
    first, second = await home.files.write(ALPENRAD, b"same"), await home.files.write(ALPENRAD, b"same")
    assert first != second
    assert len(first) > 60


async def test_a_deleted_or_unknown_file_is_none(home: Home) -> None:
    key = await home.files.write(ALPENRAD, b"x")
    await home.files.delete(ALPENRAD, key)
    await home.files.delete(ALPENRAD, key)
    assert await home.files.read(ALPENRAD, key) is None


async def test_a_key_is_worth_nothing_to_another_client(home: Home) -> None:
    key = await home.files.write(ALPENRAD, b"ours")
    assert await home.files.read(KONTOR, key) is None
    assert await home.files.load(KONTOR, key) is None
    await home.files.delete(KONTOR, key)
    assert await home.files.read(ALPENRAD, key) == b"ours"


async def test_a_models_key_is_no_files_key_and_the_other_way_round(home: Home) -> None:
    model, file = await home.models.write(ALPENRAD, b"model"), await home.files.write(ALPENRAD, b"file")
    assert await home.files.read(ALPENRAD, model) is None
    assert await home.models.read(ALPENRAD, file) is None
    await home.files.delete(ALPENRAD, model)
    assert await home.models.read(ALPENRAD, model) == b"model"


@pytest.mark.parametrize("key", ["", "\x00", "\ud800", "a" * 10_000, "../../etc/passwd"])
async def test_what_cannot_be_a_key_finds_nothing_in_a_database(database: Database, key: str) -> None:
    assert await DatabaseBlobs(database, ManualClock(NOON)).read(ALPENRAD, key) is None


async def test_the_database_itself_shows_no_file_of_another_client(postgres_url: str) -> None:
    database = Database(postgres_url)
    await DatabaseBlobs(database, ManualClock(NOON)).write(ALPENRAD, b"ours")
    for scope, seen in (([KONTOR], []), ([ALPENRAD], [b"ours"])):
        async with database.reading(scope) as connection:
            assert list(await connection.scalars(select(files_table.c.content))) == seen
    await database.dispose()


@pytest.mark.parametrize("key", ["", "../secret", "a/b", "A", "..", "%2e%2e%2fsecret", "abcdefgh/../x", "abcdefgh\n"])
async def test_a_key_never_leads_out_of_the_directory(tmp_path: Path, key: str) -> None:
    with pytest.raises(BadBlobKey):
        await DirectoryBlobs(tmp_path, ManualClock(NOON)).read(ALPENRAD, key)


@pytest.mark.parametrize("client", ["", "..", "a/b", "../kontor", ".hidden", "a\x00b", "alpenrad\n"])
async def test_nor_does_a_client(tmp_path: Path, client: str) -> None:
    with pytest.raises(BadClientId):
        await DirectoryBlobs(tmp_path, ManualClock(NOON)).write(ClientId(client), b"x")


async def test_a_directory_of_files_is_private(tmp_path: Path) -> None:
    await DirectoryBlobs(tmp_path / "blobs", ManualClock(NOON)).write(ALPENRAD, b"x")
    made = list((tmp_path / "blobs").rglob("*"))
    assert {oct(path.stat().st_mode & 0o777) for path in made if path.is_dir()} == {"0o700"}
    assert {oct(path.stat().st_mode & 0o777) for path in made if path.is_file()} == {"0o600"}
    assert (tmp_path / "blobs").stat().st_mode & 0o777 == 0o700
