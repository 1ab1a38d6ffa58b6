"""Files, in the database and in a directory, under the same contract."""

from pathlib import Path

import pytest

from conversation.clock import ManualClock
from conversation.ids import ClientId
from storage.blobs import Blob, Blobs, DatabaseBlobs, DirectoryBlobs
from storage.database import Database
from storage.errors import BadBlobKey
from tests.builders import NOON


@pytest.fixture(params=["database", "directory"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    if request.param == "directory":
        return DirectoryBlobs(tmp_path / "blobs", ManualClock(NOON))
    database: Database = request.getfixturevalue("sqlite_database")
    return DatabaseBlobs(database, ManualClock(NOON))


async def test_a_file_comes_back_as_it_was_kept(blobs: Blobs) -> None:
    key = await blobs.put(
        b"\x00\xff pdf", name="Rechnung.pdf", media_type="application/pdf", owner=ClientId("alpenrad")
    )
    assert await blobs.get(key) == b"\x00\xff pdf"
    assert await blobs.load(key) == Blob(key, b"\x00\xff pdf", "Rechnung.pdf", "application/pdf", ClientId("alpenrad"))


async def test_the_same_content_twice_has_two_keys_that_cannot_be_guessed(blobs: Blobs) -> None:
    first, second = await blobs.put(b"same"), await blobs.put(b"same")
    assert first != second
    assert len(first) > 60


async def test_a_deleted_or_unknown_file_is_none(blobs: Blobs) -> None:
    key = await blobs.write(ClientId("alpenrad"), b"x")
    assert await blobs.read(key) == b"x"
    await blobs.delete(key)
    await blobs.delete(key)
    assert await blobs.read(key) is None


@pytest.mark.parametrize("key", ["", "../secret", "a/b", "A"])
async def test_a_key_never_leads_out_of_the_directory(tmp_path: Path, key: str) -> None:
    with pytest.raises(BadBlobKey):
        await DirectoryBlobs(tmp_path, ManualClock(NOON)).get(key)
