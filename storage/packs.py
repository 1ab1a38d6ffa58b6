"""Client packs as versions: immutable, numbered per client, one of them active."""

import gzip
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from conversation.ids import ClientId
from storage.database import Database
from storage.schema import clients, pack_versions
from storage.tenancy import ALL_CLIENTS


@dataclass(frozen=True, slots=True)
class PackVersion:
    """One version of a client's pack. `files` maps paths to texts, `model` is the blob key of its trained model."""

    client: ClientId
    version: int
    digest: str
    files: Mapping[str, str]
    model: str | None
    created_at: datetime
    report: Mapping[str, Any] = field(default_factory=dict)


class PackVersions:
    """The packs in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self,
        client: ClientId,
        name: str,
        files: Mapping[str, str],
        *,
        model: str | None,
        report: Mapping[str, Any],
        now: datetime,
        by: str,
    ) -> int:
        """Keeps the pack as the client's next version and makes it the active one; returns its number. The same files
        as the active version's make no new version.
        """
        digest = pack_digest(files)
        async with self._database.transaction([client]) as connection:
            await _ensure_client(connection, client, name, now)
            active = (
                await connection.execute(
                    select(pack_versions.c.version, pack_versions.c.digest).where(
                        pack_versions.c.client == client, pack_versions.c.active
                    )
                )
            ).first()
            if active is not None and active.digest == digest:
                return int(active.version)
            last = await connection.scalar(
                select(func.max(pack_versions.c.version)).where(pack_versions.c.client == client)
            )
            await connection.execute(update(pack_versions).where(pack_versions.c.client == client).values(active=False))
            version = (last or 0) + 1
            await connection.execute(
                insert(pack_versions).values(
                    client=client,
                    version=version,
                    digest=digest,
                    files=gzip.compress(json.dumps(dict(files), ensure_ascii=False).encode(), mtime=0),
                    model=model,
                    report=dict(report),
                    approved=True,
                    approved_by=by,
                    approved_at=now,
                    active=True,
                    created_at=now,
                    created_by=by,
                )
            )
        return version

    async def active_with(self, client: ClientId, files: Mapping[str, str]) -> int | None:
        """The number of the client's active version if it has exactly these files, else None."""
        version, digest = (await self.active_digests()).get(client, (None, ""))
        return version if digest == pack_digest(files) else None

    async def active_digests(self) -> dict[ClientId, tuple[int, str]]:
        """Version and digest of every client's active pack: cheap enough to ask often."""
        columns = pack_versions.c
        query = select(columns.client, columns.version, columns.digest).where(columns.active).order_by(columns.client)
        async with self._database.reading(ALL_CLIENTS) as connection:
            rows = (await connection.execute(query)).all()
        return {ClientId(row.client): (int(row.version), str(row.digest)) for row in rows}

    async def active(self, client: ClientId) -> PackVersion | None:
        """The client's active version with its files, None if there is none."""
        columns = pack_versions.c
        query = select(pack_versions).where(columns.client == client, columns.active)
        async with self._database.reading([client]) as connection:
            row = (await connection.execute(query)).first()
        if row is None:
            return None
        return PackVersion(
            client=client,
            version=row.version,
            digest=row.digest,
            files=json.loads(gzip.decompress(row.files)),
            model=row.model,
            created_at=row.created_at,
            report=row.report,
        )


def pack_digest(files: Mapping[str, str]) -> str:
    """SHA-256 over paths and texts, in order of paths."""
    canonical = json.dumps(sorted(files.items()), ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


async def _ensure_client(connection: AsyncConnection, client: ClientId, name: str, now: datetime) -> None:
    known = await connection.scalar(select(clients.c.id).where(clients.c.id == client))
    if known is None:
        await connection.execute(insert(clients).values(id=client, name=name, active=True, created_at=now))
    else:
        await connection.execute(update(clients).where(clients.c.id == client).values(name=name))
