"""SLA clocks as rows: how they are laid out, loaded with their episodes, and written back."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Executable, RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from conversation.events import Event
from conversation.ids import ClientId, ConversationId
from sla.clock import Clock
from sla.episode import Episode
from sla.policy import Policy
from storage.database import Database
from storage.packs import unpacked
from storage.schema import events, pack_versions, sla_clocks, sla_episodes, sla_policies
from storage.statements import among, among_named, dialect_named, dialect_of, names
from storage.values import event_of

ActivePolicy = Callable[[ClientId], Policy | None]
Since = Callable[[ClientId], datetime | None]
ReadPolicy = Callable[[Mapping[str, str]], Policy | None]

_EPISODES = select(sla_episodes.c.conversation, sla_episodes.c.data).where(
    among_named(sla_episodes.c.conversation, "conversations")
)
_CLOCKS = select(sla_clocks.c.data).where(among_named(sla_clocks.c.conversation, "conversations"))


class SlaPolicies:
    """A client's policy for new conversations (`active`, from its pack), and every version that was ever used. `since`
    says when the pack that is active came into force and `read` what a pack's files promise: without them conversations
    that began under an earlier pack are taken for new ones.
    """

    def __init__(self, active: ActivePolicy, since: Since = lambda _: None, read: ReadPolicy | None = None) -> None:
        self.active = active
        self._since, self._read = since, read
        self._known: dict[tuple[str, str], Policy] = {}
        self._earlier: dict[tuple[str, int], Policy | None] = {}

    async def at_opening(self, connection: AsyncConnection, client: ClientId, opened_at: datetime) -> Policy | None:
        """The policy that was in force when a conversation opened: a change is for new ones. Before the client's first
        pack it is the active one.
        """
        since = self._since(client)
        if since is None or self._read is None or opened_at >= since:
            return self.active(client)
        c = pack_versions.c
        found = (
            select(c.version, c.files)
            .where(c.client == client, c.approved, c.approved_at <= opened_at)
            .order_by(c.approved_at.desc(), c.version.desc())
            .limit(1)
        )
        version = await connection.scalar(found)
        if version is None:
            return self.active(client)
        if (client, version) not in self._earlier:
            files = (await connection.execute(found)).one().files
            self._earlier[client, version] = self._read(unpacked(files))
        return self._earlier[client, version]

    async def keep(self, connection: AsyncConnection, client: ClientId, policy: Policy, now: datetime) -> None:
        """Freezes the version, so that its clocks can be judged by it for ever."""
        if (client, policy.version) in self._known:
            return
        row = {"client": client, "version": policy.version, "terms": policy.to_row(), "created_at": now}
        insert = dialect_of(connection).insert(sla_policies).values(row)
        await connection.execute(insert.on_conflict_do_nothing())

    async def of(
        self, connection: AsyncConnection, versions: Iterable[tuple[str, str]]
    ) -> Mapping[tuple[str, str], Policy]:
        """The policies of these (client, version); a version that was never kept is left out."""
        wanted = set(versions)
        missing = wanted - self._known.keys()
        if missing:
            rows = await connection.execute(
                select(sla_policies.c.client, sla_policies.c.version, sla_policies.c.terms).where(
                    among(connection, sla_policies.c.client, names(client for client, _ in missing)),
                    among(connection, sla_policies.c.version, names(version for _, version in missing)),
                )
            )
            # Only committed versions are remembered here: what this transaction kept may still be rolled back, and is
            # read again next time.
            for client, version, terms in rows:
                self._known[client, version] = Policy.from_row(terms)
        return {key: self._known[key] for key in wanted if key in self._known}


class SqlEpisodes:
    """What the fold remembers of single conversations."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def policy_version(self, client: ClientId, conversation: ConversationId) -> str | None:
        """The policy version a conversation is under; None while people have never had it."""
        query = select(sla_episodes.c.data["policy_version"].as_string()).where(
            sla_episodes.c.conversation == conversation, sla_episodes.c.client == client
        )
        async with self._database.reading([client]) as connection:
            found: str | None = await connection.scalar(query)
            return found


def clock_row(clock: Clock) -> dict[str, Any]:
    """The columns of `sla_clocks`: what is searched by, and the whole clock in `data`."""
    data = clock.to_row()
    return {
        "id": clock.id,
        "client": clock.client,
        "conversation": clock.conversation,
        "thread": clock.thread,
        "channel": clock.channel,
        "channel_kind": clock.channel_kind,
        "queue": clock.queue or None,
        "kind": clock.kind.value,
        "policy_version": clock.policy_version,
        "priority": clock.priority,
        "language": clock.language,
        "topic": clock.intent,
        "agent": clock.agent or None,
        "started_at": clock.started_at,
        "due_at": clock.due_at,
        "stopped_at": clock.stopped_at,
        "state": clock.state.value,
        "outcome": clock.outcome.value if clock.outcome else None,
        "warned": clock.warned,
        "next_wakeup_at": clock.next_wakeup_at,
        "budget_s": clock.budget.total_seconds(),
        "elapsed_s": clock.elapsed.total_seconds() if clock.elapsed is not None else None,
        "data": data,
    }


def clock_of(row: RowMapping | Mapping[str, Any]) -> Clock:
    """The clock in a row of `sla_clocks`."""
    return Clock.from_row(row["data"])


async def load_clocks(connection: AsyncConnection, conversations: Collection[str]) -> dict[str, tuple[Clock, ...]]:
    """Every clock of these conversations, in the order they were started."""
    rows = await connection.execute(_CLOCKS, {"conversations": conversations})
    found: dict[str, list[Clock]] = {}
    for (data,) in rows:
        clock = Clock.from_row(data)
        found.setdefault(clock.conversation, []).append(clock)
    return {conversation: tuple(sorted(clocks, key=_made)) for conversation, clocks in found.items()}


async def load_episodes(connection: AsyncConnection, conversations: Collection[str]) -> dict[str, Episode]:
    """The episodes of those of these conversations that people have or had. Lock the conversations first."""
    rows = (await connection.execute(_EPISODES, {"conversations": conversations})).all()
    if not rows:
        return {}
    clocks = await load_clocks(connection, [row.conversation for row in rows])
    return {row.conversation: Episode.from_row(row.data, clocks.get(row.conversation, ())) for row in rows}


async def load_history(connection: AsyncConnection, conversations: Collection[str]) -> dict[str, list[Event]]:
    """All events of these conversations, each in its order."""
    rows = await connection.execute(
        select(events)
        .where(among(connection, events.c.conversation, conversations))
        .order_by(events.c.conversation, events.c.seq)
    )
    found: dict[str, list[Event]] = {}
    for row in rows.mappings():
        event = event_of(row)
        found.setdefault(event.conversation, []).append(event)
    return found


async def write(connection: AsyncConnection, episodes: Sequence[Episode], clocks: Sequence[Clock]) -> None:
    """Keeps episodes and changed clocks, new or known."""
    await _keep(connection, episodes, clocks, _FIXED)


async def rewrite(connection: AsyncConnection, episodes: Sequence[Episode], clocks: Sequence[Clock]) -> None:
    """Like `write`, but trusts nothing of a row that stands there, also not what never changes."""
    await _keep(connection, episodes, clocks, frozenset({"id"}))


async def _keep(
    connection: AsyncConnection, episodes: Sequence[Episode], clocks: Sequence[Clock], fixed: frozenset[str]
) -> None:
    if episodes:
        rows = [{"conversation": e.conversation, "client": e.client, "data": e.to_row()} for e in episodes]
        await connection.execute(_keep_episodes(connection.dialect.name), rows)
    if clocks:
        upsert = _keep_clocks(connection.dialect.name, fixed)
        await connection.execute(upsert, [clock_row(clock) for clock in clocks])


@cache
def _keep_episodes(dialect: str) -> Executable:
    insert = dialect_named(dialect).insert(sla_episodes)
    kept: Executable = insert.on_conflict_do_update(
        index_elements=["conversation"], set_={"data": insert.excluded.data}
    )
    return kept


@cache
def _keep_clocks(dialect: str, fixed: frozenset[str]) -> Executable:
    insert = dialect_named(dialect).insert(sla_clocks)
    changing = {c.name: insert.excluded[c.name] for c in sla_clocks.c if c.name not in fixed}
    kept: Executable = insert.on_conflict_do_update(index_elements=["id"], set_=changing)
    return kept


_FIXED = frozenset({"id", "client", "conversation", "thread", "channel", "channel_kind", "kind", "policy_version"})


def _made(clock: Clock) -> tuple[int, str]:
    """By number within its kind; the order among kinds does not matter, only that it is always the same."""
    return int(clock.id.rsplit(":", 1)[1]), clock.kind.value
