"""Where files and trained models live: in the database, or in a directory that all processes share.

Files of conversations and trained models are two name spaces: what serves files holds the space FILES alone, and no key
of a model means anything there.
"""

import asyncio
import json
import os
import re
import secrets
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sqlalchemy import Table, delete, insert, select

from conversation.clock import Clock
from conversation.ids import ClientId, new_id
from storage.database import Database
from storage.errors import BadBlobKey, BadClientId
from storage.schema import blobs, models

_KEY = re.compile(r"[0-9a-z-]{8,128}")
_CLIENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
_PRIVATE_FILE, _PRIVATE_FOLDER = 0o600, 0o700


class Space(StrEnum):
    """A name space: keys of one mean nothing in the other."""

    FILES = "files"
    MODELS = "models"


_TABLES: Mapping[Space, Table] = {Space.FILES: blobs, Space.MODELS: models}


@dataclass(frozen=True, slots=True)
class Blob:
    """A file of one client."""

    client: ClientId
    key: str
    content: bytes
    name: str = ""
    media_type: str = "application/octet-stream"


class _Blobs(ABC):
    """What both homes share. A key is found only together with the client whose file it is."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def write(
        self, client: ClientId, data: bytes, *, name: str = "", media_type: str = "application/octet-stream"
    ) -> str:
        """Stores a file of a client, returns its key (bots.ports.Blobs, web.ports.Blobs)."""
        key = f"{new_id(self._clock.now())}-{secrets.token_hex(16)}"
        await self._store(Blob(client, key, data, name, media_type[:255]))
        return key

    async def read(self, client: ClientId, reference: str) -> bytes | None:
        """The file's content, None when this client has none of that key (bots.ports.Blobs, web.ports.Blobs)."""
        blob = await self.load(client, reference)
        return blob.content if blob else None

    @abstractmethod
    async def load(self, client: ClientId, key: str) -> Blob | None:
        """The client's file with its name and type, None when it has none of that key."""

    @abstractmethod
    async def delete(self, client: ClientId, key: str) -> None:
        """Removes the client's file; nothing if there is none."""

    @abstractmethod
    async def _store(self, blob: Blob) -> None:
        """Puts the file where it lives."""


class DatabaseBlobs(_Blobs):
    """Files as rows: backed up and shared with everything else."""

    def __init__(self, database: Database, clock: Clock, space: Space = Space.FILES) -> None:
        super().__init__(clock)
        self._database = database
        self._table = _TABLES[space]

    async def load(self, client: ClientId, key: str) -> Blob | None:
        """See _Blobs."""
        if not _KEY.fullmatch(key):
            return None
        c = self._table.c
        query = select(self._table).where(c.client == client, c.key == key)
        async with self._database.reading([client]) as connection:
            row = (await connection.execute(query)).first()
        return Blob(ClientId(row.client), row.key, row.content, row.name, row.media_type) if row else None

    async def delete(self, client: ClientId, key: str) -> None:
        """See _Blobs."""
        c = self._table.c
        async with self._database.transaction([client]) as connection:
            await connection.execute(delete(self._table).where(c.client == client, c.key == key))

    async def _store(self, blob: Blob) -> None:
        async with self._database.transaction([blob.client]) as connection:
            await connection.execute(
                insert(self._table),
                {
                    "client": blob.client,
                    "key": blob.key,
                    "name": blob.name,
                    "media_type": blob.media_type,
                    "size": len(blob.content),
                    "content": blob.content,
                    "created_at": self._clock.now(),
                },
            )


class DirectoryBlobs(_Blobs):
    """Files in `directory`, by space and client, each with a small JSON file beside it; nobody else on the machine may
    read them. The directory must be shared by all machines.
    """

    def __init__(self, directory: Path, clock: Clock, space: Space = Space.FILES) -> None:
        super().__init__(clock)
        self._root = directory / space

    async def load(self, client: ClientId, key: str) -> Blob | None:
        """See _Blobs. Raises BadBlobKey for a key that cannot be one of ours, BadClientId for such a client."""
        return await asyncio.to_thread(self._load, client, self._path(client, key))

    async def delete(self, client: ClientId, key: str) -> None:
        """See _Blobs. Raises BadBlobKey and BadClientId as `load` does."""
        path = self._path(client, key)
        await asyncio.to_thread(path.unlink, missing_ok=True)
        await asyncio.to_thread(path.with_suffix(".json").unlink, missing_ok=True)

    async def _store(self, blob: Blob) -> None:
        await asyncio.to_thread(self._write, blob)

    def _path(self, client: ClientId, key: str) -> Path:
        if not _CLIENT.fullmatch(client):
            raise BadClientId(client)
        if not _KEY.fullmatch(key):
            raise BadBlobKey(key)
        return self._root / client / key[:8] / key

    def _load(self, client: ClientId, path: Path) -> Blob | None:
        try:
            about = json.loads(path.with_suffix(".json").read_text("utf-8"))
            return Blob(client, path.name, path.read_bytes(), about["name"], about["media_type"])
        except FileNotFoundError:
            return None

    def _write(self, blob: Blob) -> None:
        """The description comes last and by renaming, so that a file without it was never promised to anybody."""
        path = self._path(blob.client, blob.key)
        for folder in (self._root.parent, self._root, path.parent.parent, path.parent):
            _make_private(folder)
        _write_private(path, blob.content)
        about = {"name": blob.name, "media_type": blob.media_type}
        unfinished = path.with_suffix(".new")
        _write_private(unfinished, json.dumps(about).encode())
        unfinished.rename(path.with_suffix(".json"))


def _make_private(folder: Path) -> None:
    """An existing folder stays as the operator made it."""
    if not folder.exists():
        folder.mkdir(parents=True, mode=_PRIVATE_FOLDER, exist_ok=True)


def _write_private(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, _PRIVATE_FILE), "wb") as file:
        file.write(content)


Blobs = DatabaseBlobs | DirectoryBlobs
