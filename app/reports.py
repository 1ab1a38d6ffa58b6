"""Half hours and clocks of one client, in its own zone and against its own contract."""

from datetime import date, timedelta

from app.directory import Directory
from conversation.clock import Clock as Time
from conversation.ids import ClientId
from sla.day import day_start
from sla.report import HalfHour, half_hours
from storage.report_reads import ClockRow, Span, SqlReportReads


class NothingToReport(Exception):
    """A report cannot be made; the text is one clear line that says why."""


class Reports:
    """Periods are local dates of the client, both included. Raises NothingToReport."""

    def __init__(self, directory: Directory, reads: SqlReportReads, clock: Time) -> None:
        self._directory = directory
        self._reads = reads
        self._clock = clock

    def span(self, client: ClientId, first: date, last: date) -> Span:
        """The instants of local dates."""
        if last < first:
            raise NothingToReport(f"the period ends ({last}) before it begins ({first})")
        zone = self._directory.timezone(client)
        return day_start(first, zone), day_start(last + timedelta(days=1), zone)

    async def half_hours(self, client: ClientId, first: date, last: date) -> list[HalfHour]:
        """Half-hour rows for workforce tools, by queue and language."""
        contacts, online = await self._reads.contacts(client, self.span(client, first, last), self._clock.now())
        return half_hours(contacts, self._directory.timezone(client), online)

    async def clocks(self, client: ClientId, first: date, last: date) -> list[ClockRow]:
        """Every clock with its conversation."""
        return await self._reads.clock_rows(client, self.span(client, first, last), self._clock.now())
