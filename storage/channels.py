"""Which client a channel belongs to: a channel's id is looked up alone, so one client has it, for good."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from conversation.ids import ChannelId, ClientId
from storage.database import Database
from storage.errors import ChannelsTaken
from storage.schema import channels
from storage.statements import among, insert_new, names
from storage.tenancy import ALL_CLIENTS


@dataclass(frozen=True, slots=True)
class ChannelOwner:
    """The client a channel belongs to, and since when."""

    client: ClientId
    since: datetime


class SqlChannelOwners:
    """The owners of all channels that any pack ever named. A reservation outlives the pack that made it: threads and
    messages of the past refer to the channel.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def owners(self) -> Mapping[ChannelId, ChannelOwner]:
        """Every channel's owner."""
        async with self._database.reading(ALL_CLIENTS) as connection:
            rows = await connection.execute(select(channels))
            return {ChannelId(row.id): ChannelOwner(ClientId(row.client), row.reserved_at) for row in rows}


async def reserve(connection: AsyncConnection, client: ClientId, wanted: Collection[ChannelId], now: datetime) -> None:
    """Makes the channels the client's, those that are already stay so. Of two clients who want the same one at the same
    moment the first to commit gets it. Raises ChannelsTaken if another client has one of them.
    """
    ids = names(wanted)  # in one order for everybody, so that nobody waits in a circle
    if not ids:
        return
    rows = [{"id": channel, "client": client, "reserved_at": now} for channel in ids]
    await connection.execute(insert_new(connection.dialect.name, channels), rows)
    mine = await connection.scalars(
        select(channels.c.id).where(channels.c.client == client, among(connection, channels.c.id, ids))
    )
    if foreign := sorted(set(ids) - set(mine)):
        raise ChannelsTaken(client, tuple(foreign))
