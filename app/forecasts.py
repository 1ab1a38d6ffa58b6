"""A client's month against the volume its contract plans for."""

from dataclasses import dataclass
from datetime import UTC, date

from app.directory import Directory
from conversation.clock import Clock
from conversation.ids import ClientId
from sla.attainment import month_of
from storage.forecast_reads import SqlForecastReads, Volume


@dataclass(frozen=True, slots=True)
class Planned:
    """A month like `2026-12`: the handoffs its forecast plans for, and what came within it and beyond."""

    month: str
    forecast: int
    volume: Volume


class Forecasts:
    """None for a client whose contract has no forecast."""

    def __init__(self, directory: Directory, reads: SqlForecastReads, clock: Clock) -> None:
        self._directory = directory
        self._reads = reads
        self._clock = clock

    async def month(self, client: ClientId, day: date) -> Planned | None:
        """The calendar month of a local day."""
        pack = self._directory.pack(client)
        if pack is None or pack.forecast is None:
            return None
        month = f"{day:%Y-%m}"
        planned = pack.forecast.of(month)
        start, end = (at.astimezone(UTC) for at in month_of(day, self._directory.timezone(client)))
        return Planned(month, planned, await self._reads.volume(client, (start, end), planned, self._clock.now()))
