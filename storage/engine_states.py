"""What each worker saw last of the engines that run on servers, for processes that have no worker themselves."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import RowMapping, delete, select

from conversation.ids import ClientId
from nlu.engine_state import EngineState
from storage.database import Database
from storage.schema_engines import engine_states
from storage.statements import among, dialect_of

FRESH = timedelta(seconds=60)
KEPT = timedelta(days=1)
_KEY = ("client", "process")


class SqlEngineStates:
    """One row for each client and worker, renewed every few seconds."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(self, state: EngineState, now: datetime) -> None:
        """What the worker `state.seen_by` sees at `now`. Forgets workers that have told nothing for a day."""
        row = {
            "client": state.client,
            "process": state.seen_by,
            "kind": state.kind,
            "model": state.model,
            "fallback": state.fallback,
            "up": state.up is not False,
            "since": state.since or now,
            "error": state.error,
            "error_at": state.error_at,
            "answered": state.answered,
            "missed": state.missed,
            "seen_at": now,
        }
        table = engine_states.c
        async with self._database.transaction([state.client]) as connection:
            insert = dialect_of(connection).insert(engine_states).values(row)
            changed = {name: row[name] for name in row if name not in _KEY}
            await connection.execute(insert.on_conflict_do_update(index_elements=list(_KEY), set_=changed))
            await connection.execute(
                delete(engine_states).where(table.client == state.client, table.seen_at < now - KEPT)
            )

    async def of(self, clients: Collection[ClientId], now: datetime) -> dict[ClientId, EngineState]:
        """One state a client, as its workers of the last minute see it together: down if one says so, since the first
        said so; texts added up. Clients without such a worker are left out.
        """
        table = engine_states.c
        async with self._database.reading(list(clients)) as connection:
            query = select(engine_states).where(among(connection, table.client, clients), table.seen_at >= now - FRESH)
            rows = (await connection.execute(query.order_by(table.since, table.process))).mappings().all()
        seen: dict[ClientId, list[EngineState]] = {}
        for row in rows:
            seen.setdefault(ClientId(row["client"]), []).append(_state_of(row))
        return {client: _together(states) for client, states in seen.items()}


def _together(states: Sequence[EngineState]) -> EngineState:
    """Of states ordered by `since`: the first that is down, or the last that came up; and the latest error of all."""
    shown = next((state for state in states if not state.up), states[-1])
    failed = [state for state in states if state.error_at is not None]
    latest = max(failed, key=_failed_at) if failed else shown
    return replace(
        shown,
        error=latest.error,
        error_at=latest.error_at,
        answered=sum(state.answered for state in states),
        missed=sum(state.missed for state in states),
    )


def _failed_at(state: EngineState) -> datetime:
    return state.error_at or datetime.min.replace(tzinfo=UTC)


def _state_of(row: RowMapping) -> EngineState:
    return EngineState(
        client=ClientId(row["client"]),
        kind=row["kind"],
        up=bool(row["up"]),
        since=row["since"],
        fallback=row["fallback"],
        model=row["model"],
        error=row["error"],
        error_at=row["error_at"],
        answered=row["answered"],
        missed=row["missed"],
        seen_by=row["process"],
        seen_at=row["seen_at"],
    )
