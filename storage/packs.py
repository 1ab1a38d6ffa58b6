"""Client packs as versions: immutable, numbered per client, one of them active."""

import gzip
import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from accounts.audit import Act, entry
from conversation.ids import ChannelId, ClientId, UserId
from storage.audit import note
from storage.bot_versions import Activation, bring_into_force, running_number
from storage.channels import reserve
from storage.database import Database
from storage.errors import PackMoved
from storage.schema import clients, pack_versions
from storage.tenancy import ALL_CLIENTS

_WAITING = (pack_versions.c.approved.is_(False), pack_versions.c.rejected_at.is_(None))


@dataclass(frozen=True, slots=True)
class PackVersion:
    """One version of a client's pack. `files` maps paths to texts; `bot` is the bot version that came with it, `model`
    the blob key of the model of packs older than bot versions. `since` is when it came into force, if it did.
    """

    client: ClientId
    version: int
    digest: str
    files: Mapping[str, str]
    model: str | None
    created_at: datetime
    report: Mapping[str, Any] = field(default_factory=dict)
    bot: int | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A version whose terms wait for the client's approval; `difference` are its changed terms and bot texts as (path,
    before, after), `bot` is the bot version that would come with it, `forced` why although it was refused.
    """

    client: ClientId
    version: int
    difference: tuple[tuple[str, str | None, str | None], ...]
    proposed_at: datetime
    proposed_by: str
    bot: int | None = None
    forced: str = ""


class PackVersions:
    """The packs in the database. A version becomes active when it is added, or once the client approved its terms."""

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
        difference: Sequence[tuple[str, str | None, str | None]] = (),
        bot: int | None = None,
        forced: str = "",
        against: int | None = None,
        channels: Collection[ChannelId] = (),
    ) -> int:
        """Keeps the pack as the client's next version and makes it the active one; returns its number. The same files
        as the active version's make no new version. With a `difference` of terms to approve the version waits, and
        what waited before is superseded. `bot` becomes active with it, in the same transaction; `forced` is the reason
        why it does although it was refused. `against` is the active version that the difference was found against (0:
        none was active); raises PackMoved, and nothing is kept, if another one is active by now. The pack's `channels`
        are the client's from now on; raises ChannelsTaken, and nothing is kept, if another client has one of them.
        """
        digest = pack_digest(files)
        async with self._database.transaction([client]) as connection:
            await _ensure_client(connection, client, name, now)
            await reserve(connection, client, channels, now)
            active = (
                await connection.execute(
                    select(pack_versions.c.version, pack_versions.c.digest).where(
                        pack_versions.c.client == client, pack_versions.c.active
                    )
                )
            ).first()
            if against is not None and against != (active.version if active is not None else 0):
                raise PackMoved(client, against)
            if active is not None and active.digest == digest and not difference:
                await _with_bot(connection, client, bot, by_name=by, now=now, reason=forced)
                return int(active.version)
            last = await connection.scalar(
                select(func.max(pack_versions.c.version)).where(pack_versions.c.client == client)
            )
            await _supersede(connection, client, by, now)
            if not difference:
                await _deactivate(connection, client)
            version = (last or 0) + 1
            await connection.execute(
                insert(pack_versions).values(
                    client=client,
                    version=version,
                    digest=digest,
                    files=gzip.compress(json.dumps(dict(files), ensure_ascii=False).encode(), mtime=0),
                    model=model,
                    bot=bot,
                    report=dict(report),
                    difference=[list(change) for change in difference],
                    approved=not difference,
                    approved_by=None if difference else by,
                    approved_at=None if difference else now,
                    active=not difference,
                    created_at=now,
                    created_by=by,
                )
            )
            if difference:
                told = entry(Act.TERMS_PROPOSED, now, actor_name=by, client=client, subject=f"pack:{version}")
                await note(connection, [told])
            else:
                await _with_bot(connection, client, bot, by_name=by, now=now, reason=forced)
        return version

    async def proposal(self, client: ClientId) -> Proposal | None:
        """The version that waits for the client's approval, if one does."""
        c = pack_versions.c
        query = select(c.version, c.difference, c.created_at, c.created_by, c.bot, c.report).where(
            c.client == client, *_WAITING
        )
        async with self._database.reading([client]) as connection:
            row = (await connection.execute(query.order_by(c.version.desc()).limit(1))).first()
        if row is None:
            return None
        changes = tuple((path, before, after) for path, before, after in row.difference)
        return Proposal(
            client, row.version, changes, row.created_at, row.created_by or "", row.bot, row.report.get("forced", "")
        )

    async def decide(
        self,
        client: ClientId,
        version: int,
        *,
        approve: bool,
        by: UserId | None,
        by_name: str,
        now: datetime,
        bot: int | None = None,
    ) -> bool:
        """Approves or rejects a waiting version; whether it was waiting. An approved one is active from now on, and the
        bot version `bot` with it. Whoever calls has checked that the actor decides for the client.
        """
        c = pack_versions.c
        values: dict[str, Any] = {"rejected_by": by_name, "rejected_at": now}
        if approve:
            values = {"approved": True, "approved_by": by_name, "approved_at": now, "active": True}
        async with self._database.transaction([client]) as connection:
            await _lock(connection, client)
            waiting = (c.client == client, c.version == version, *_WAITING)
            if await connection.scalar(select(c.version).where(*waiting)) is None:
                return False
            if approve:
                await _deactivate(connection, client)
                await _with_bot(connection, client, bot, by=by, by_name=by_name, now=now)
            await connection.execute(update(pack_versions).where(*waiting).values(**values))
            act = Act.TERMS_APPROVED if approve else Act.TERMS_REJECTED
            told = entry(act, now, actor=by, actor_name=by_name, client=client, subject=f"pack:{version}")
            await note(connection, [told])
        return True

    async def in_force(self, client: ClientId, at: datetime) -> PackVersion | None:
        """The version that was active at a moment; None before the first."""
        c = pack_versions.c
        query = select(pack_versions).where(c.client == client, c.approved, c.approved_at <= at)
        async with self._database.reading([client]) as connection:
            row = (await connection.execute(query.order_by(c.approved_at.desc(), c.version.desc()).limit(1))).first()
        return None if row is None else _version_of(row)

    async def active_with(self, files: Mapping[str, str]) -> tuple[ClientId, int] | None:
        """The client whose active version has exactly these files, and that version's number; None if none has."""
        digest = pack_digest(files)
        active = (await self.active_digests()).items()
        return next(((client, version) for client, (version, known) in active if known == digest), None)

    async def known_with(self, client: ClientId, files: Mapping[str, str]) -> int | None:
        """The number of the client's active or waiting version if it has exactly these files, else None."""
        c = pack_versions.c
        standing = or_(c.active, and_(*_WAITING))
        query = select(c.version).where(c.client == client, c.digest == pack_digest(files), standing)
        async with self._database.reading([client]) as connection:
            found: int | None = await connection.scalar(query.order_by(c.active.desc()).limit(1))
            return found

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
        return None if row is None else _version_of(row)


def pack_digest(files: Mapping[str, str]) -> str:
    """SHA-256 over paths and texts, in order of paths."""
    canonical = json.dumps(sorted(files.items()), ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def unpacked(files: bytes) -> dict[str, str]:
    """The texts of a version by their paths, as its row keeps them."""
    texts: dict[str, str] = json.loads(gzip.decompress(files))
    return texts


def _version_of(row: Any) -> PackVersion:
    return PackVersion(
        client=ClientId(row.client),
        version=row.version,
        digest=row.digest,
        files=unpacked(row.files),
        model=row.model,
        created_at=row.created_at,
        report=row.report,
        bot=row.bot,
        since=row.approved_at,
    )


async def _with_bot(
    connection: AsyncConnection,
    client: ClientId,
    number: int | None,
    *,
    by_name: str,
    now: datetime,
    by: UserId | None = None,
    reason: str = "",
) -> None:
    """Brings the bot version into force beside the pack's, unless it runs already."""
    before = await running_number(connection, client)
    if number is None or number == before:
        return
    activation = Activation(client, number, now, by_name, reason, forced=bool(reason))
    act = Act.BOT_FORCED if reason else Act.BOT_ACTIVATED
    await bring_into_force(connection, activation, by=by, act=act, detail={"before": before})


async def _lock(connection: AsyncConnection, client: ClientId) -> None:
    """Whoever changes a client's versions holds its row first, so that two never wait for each other."""
    await connection.execute(select(clients.c.id).where(clients.c.id == client).with_for_update())


async def _deactivate(connection: AsyncConnection, client: ClientId) -> None:
    await connection.execute(update(pack_versions).where(pack_versions.c.client == client).values(active=False))


async def _supersede(connection: AsyncConnection, client: ClientId, by: str, now: datetime) -> None:
    """Only the newest proposal waits: nobody must approve what is no longer meant."""
    waiting = update(pack_versions).where(pack_versions.c.client == client, *_WAITING)
    await connection.execute(waiting.values(rejected_by=f"{by} (superseded)", rejected_at=now))


async def _ensure_client(connection: AsyncConnection, client: ClientId, name: str, now: datetime) -> None:
    known = await connection.scalar(select(clients.c.id).where(clients.c.id == client))
    if known is None:
        await connection.execute(insert(clients).values(id=client, name=name, active=True, created_at=now))
    else:
        await connection.execute(update(clients).where(clients.c.id == client).values(name=name))
