"""Every table of the dashboard in plain numbers that a spreadsheet can add up."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from handoff.dashboard_view import DashboardFigures, Terms
from handoff.views import ConversationRow
from web.dashboard.shares import kept
from web.exports.csv_file import Rows


def _days(figures: DashboardFigures, terms: Terms) -> Rows:
    yield "day", "met", "missed", "open", "kept_share", "conversations", "contained"
    for d in figures.days:
        count = d.first_response
        share = kept(count, terms.objective).share
        yield d.day, count.met, count.missed, count.open, _share(share), d.conversations, d.contained


def _breaches(figures: DashboardFigures, _: Terms) -> Rows:
    yield (
        "conversation",
        "customer",
        "channel",
        "clock",
        "started_at",
        "due_at",
        "stopped_at",
        "late_s",
        "cause",
        "agent",
        "topic",
        "clock_id",
        "exclusion",
    )
    for b in figures.breaches:
        yield (
            b.conversation, b.customer_name, b.channel_kind, b.clock, _iso(b.started_at), _iso(b.due_at),
            _iso(b.stopped_at), _seconds(b.late_s), b.cause, b.agent_name, b.topic, b.clock_id, b.excluded,
        )  # fmt: skip


def _times(figures: DashboardFigures, _: Terms) -> Rows:
    yield "channel", "count", "p50_s", "p90_s", "p95_s", "max_s"
    for channel, s in [*((t.channel_kind, t.first_response) for t in figures.times), ("all", figures.overall)]:
        yield channel, s.count, _seconds(s.p50_s), _seconds(s.p90_s), _seconds(s.p95_s), _seconds(s.max_s)


def _arrivals(figures: DashboardFigures, terms: Terms) -> Rows:
    yield "weekday", "hour", "customer_messages", "open"
    for day in range(7):
        for hour in range(24):
            cell = (day, hour)
            yield day + 1, hour, figures.arrivals.get(cell, 0), int(cell in terms.open_hours)


def _volume(figures: DashboardFigures, _: Terms) -> Rows:
    yield "figure", "this_period", "period_before"
    for name in (
        "opened",
        "contained",
        "handled",
        "abandoned",
        "revoked",
        "merged",
        "open",
        "customer_messages",
        "agent_minutes",
    ):
        yield name, getattr(figures.volume, name), getattr(figures.previous, name)
    for reason, count in figures.volume.reasons.items():
        yield f"handoff:{reason}", count, figures.previous.reasons.get(reason, 0)
    for topic, count in figures.volume.topics.items():
        yield f"topic:{topic}", count, figures.previous.topics.get(topic, 0)


TABLES: Mapping[str, Callable[[DashboardFigures, Terms], Rows]] = {
    "days": _days,
    "breaches": _breaches,
    "times": _times,
    "arrivals": _arrivals,
    "volume": _volume,
}


def rows_of(table: str, figures: DashboardFigures, terms: Terms) -> Rows:
    """The table's head and rows. `table` is a key of TABLES."""
    return TABLES[table](figures, terms)


def conversation_rows(found: Sequence[ConversationRow]) -> Rows:
    """A list of conversations, as the page behind a number shows it."""
    yield "conversation", "customer", "channel", "language", "topic", "queue", "state", "agent", "last_at", "last_said"
    for c in found:
        yield (
            c.id, c.customer_name, c.channel_kind, c.language, c.topic, c.queue or "", c.state, c.assignee_name,
            _iso(c.updated_at), c.preview,
        )  # fmt: skip


def objects(table: Rows) -> list[dict[str, object]]:
    """Rows under a head as JSON objects."""
    rows = iter(table)
    head = [str(name) for name in next(rows)]
    return [{name: _plain(value) for name, value in zip(head, row, strict=True)} for row in rows]


def _plain(value: object) -> object:
    """JSON has no dates and no decimals; what a table leaves empty is null."""
    match value:
        case date():
            return value.isoformat()
        case Decimal():
            return float(value)
    return None if value == "" else value


def _iso(moment: datetime | None) -> str:
    return moment.isoformat().replace("+00:00", "Z") if moment else ""


def _seconds(value: float | None) -> object:
    return "" if value is None else round(value, 1)


def _share(value: float | None) -> object:
    return "" if value is None else round(value, 6)
