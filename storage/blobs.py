"""Where files and trained models live: in the database, or in a directory that all processes share."""

import asyncio
import json
import secrets
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import delete, insert, select

from conversation.clock import Clock
from conversation.ids import ClientId, new_id
from storage.database import Database
from storage.errors import BadBlobKey
from storage.schema import blobs
from storage.tenancy import ALL_CLIENTS

_KEY_CHARACTERS = frozenset("0123456789abcdefghijklmnopqrstuvwxyz-")


@dataclass(frozen=True, slots=True)
class Blob:
    """A file: `owner` is the client it belongs to, None for the provider's own."""

    key: str
    content: bytes
    name: str = ""
    media_type: str = "application/octet-stream"
    owner: ClientId | None = None


class _Blobs(ABC):
    """What both homes share. Keys cannot be guessed, so holding one is the right to read."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def _new(self, content: bytes, name: str, media_type: str, owner: ClientId | None) -> Blob:
        key = f"{new_id(self._clock.now())}-{secrets.token_hex(16)}"
        return Blob(key, content, name, media_type, owner)

    async def put(
        self,
        content: bytes,
        *,
        name: str = "",
        media_type: str = "application/octet-stream",
        owner: ClientId | None = None,
    ) -> str:
        """Keeps a file, returns its key (bots.ports.Blobs)."""
        blob = self._new(content, name, media_type[:255], owner)
        await self._keep(blob)
        return blob.key

    async def get(self, reference: str) -> bytes | None:
        """The file's content, None when there is none (bots.ports.Blobs)."""
        blob = await self.load(reference)
        return blob.content if blob else None

    async def read(self, reference: str) -> bytes | None:
        """The file's content, None when there is none (web.ports.Blobs)."""
        return await self.get(reference)

    async def write(self, client: ClientId, data: bytes) -> str:
        """Keeps a file of a client, returns its key (web.ports.Blobs)."""
        return await self.put(data, owner=client)

    @abstractmethod
    async def load(self, key: str) -> Blob | None:
        """The file with its name and type, None when there is none."""

    @abstractmethod
    async def _keep(self, blob: Blob) -> None:
        """Puts the file where it lives."""


class DatabaseBlobs(_Blobs):
    """Files as rows: backed up and shared with everything else."""

    def __init__(self, database: Database, clock: Clock) -> None:
        super().__init__(clock)
        self._database = database

    async def load(self, key: str) -> Blob | None:
        """The file with its name and type, None when there is none."""
        async with self._database.reading(ALL_CLIENTS) as connection:
            row = (await connection.execute(select(blobs).where(blobs.c.key == key))).first()
        if row is None:
            return None
        return Blob(row.key, row.content, row.name, row.media_type, ClientId(row.owner) if row.owner else None)

    async def delete(self, key: str) -> None:
        """Removes the file; nothing if there is none."""
        async with self._database.transaction(ALL_CLIENTS) as connection:
            await connection.execute(delete(blobs).where(blobs.c.key == key))

    async def _keep(self, blob: Blob) -> None:
        async with self._database.transaction(ALL_CLIENTS) as connection:
            await connection.execute(
                insert(blobs),
                {
                    "key": blob.key,
                    "owner": blob.owner,
                    "name": blob.name,
                    "media_type": blob.media_type,
                    "size": len(blob.content),
                    "content": blob.content,
                    "created_at": self._clock.now(),
                },
            )


class DirectoryBlobs(_Blobs):
    """Files in `directory`, each with a small JSON file beside it. It must be shared by all machines."""

    def __init__(self, directory: Path, clock: Clock) -> None:
        super().__init__(clock)
        self._directory = directory

    async def load(self, key: str) -> Blob | None:
        """The file with its name and type, None when there is none."""
        return await asyncio.to_thread(self._load, self._path(key))

    async def delete(self, key: str) -> None:
        """Removes the file; nothing if there is none."""
        path = self._path(key)
        await asyncio.to_thread(path.unlink, missing_ok=True)
        await asyncio.to_thread(path.with_suffix(".json").unlink, missing_ok=True)

    async def _keep(self, blob: Blob) -> None:
        await asyncio.to_thread(self._write, blob)

    def _path(self, key: str) -> Path:
        if not key or not set(key) <= _KEY_CHARACTERS:
            raise BadBlobKey(key)
        return self._directory / key[:8] / key

    def _load(self, path: Path) -> Blob | None:
        try:
            about = json.loads(path.with_suffix(".json").read_text("utf-8"))
            return Blob(path.name, path.read_bytes(), about["name"], about["media_type"], about["owner"])
        except FileNotFoundError:
            return None

    def _write(self, blob: Blob) -> None:
        """The description comes last and by renaming, so that a file without it was never promised to anybody."""
        path = self._path(blob.key)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(blob.content)
        about = {"name": blob.name, "media_type": blob.media_type, "owner": blob.owner}
        unfinished = path.with_suffix(".new")
        unfinished.write_text(json.dumps(about), "utf-8")
        unfinished.rename(path.with_suffix(".json"))


Blobs = DatabaseBlobs | DirectoryBlobs
