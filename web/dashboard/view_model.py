"""Turns a client's facts and terms into what the dashboard's template draws."""

from typing import Any

from handoff.dashboard_view import ChannelTimes, DashboardFigures, Terms
from handoff.views import ClientView
from sla.policy import ClockKind
from web import charts
from web.charts import Bar, Point
from web.dashboard.periods import Chosen, Span
from web.dashboard.shares import Kept, containment, cost, kept, pace
from web.desk.details import topic
from web.formats import Formats


def dashboard_context(
    figures: DashboardFigures, terms: Terms, client: ClientView, chosen: Chosen, f: Formats
) -> dict[str, Any]:
    """Everything but the frame of the page."""
    first = kept(figures.first_response, terms.objective)
    running = chosen.span is Span.MONTH
    share, before = containment(figures.volume), containment(figures.previous)
    return {
        "figures": figures,
        "terms": terms,
        "first": first,
        "pace": pace(figures.days, terms.objective, chosen.days_left) if running else None,
        "others_kept": _others(figures, terms),
        "contained": share,
        "contained_change": round((share - before) * 100) if share is not None and before is not None else None,
        "cost": cost(figures.volume, terms.prices),
        "daily": _daily(figures, terms, f),
        "by_day": _by_day(figures, f),
        "heat": _heat(figures, terms, f),
        "spreads": _spreads(figures, terms, f),
        "weekdays": [f.weekday(day) for day in range(7)],
        "reasons": sorted(figures.volume.reasons.items(), key=lambda item: -item[1])[:6],
        "topics": _topics(figures, client, f),
        "quiet": figures.volume.opened == 0 and not any(figures.arrivals.values()),
    }


def _others(figures: DashboardFigures, terms: Terms) -> list[tuple[ClockKind, Kept]]:
    """The promises beside the first response, where any clock of theirs is decided."""
    counts = ((ClockKind.NEXT_RESPONSE, figures.next_response), (ClockKind.RESOLUTION, figures.resolution))
    found = [(kind, kept(count, terms.objectives.get(kind))) for kind, count in counts]
    return [(kind, judged) for kind, judged in found if judged.share is not None]


def _topics(figures: DashboardFigures, client: ClientView, f: Formats) -> list[tuple[str, str, int]]:
    """The eight most frequent, the most frequent first: what it is called, its key, how often."""
    ranked = sorted(figures.volume.topics.items(), key=lambda item: (-item[1], item[0]))[:8]
    return [(topic(name, client, f.words.language), name, count) for name, count in ranked if name]


def _daily(figures: DashboardFigures, terms: Terms, f: Formats) -> Any:
    points = []
    for day in figures.days:
        share = kept(day.first_response, terms.objective).share
        below = share is not None and terms.objective is not None and share < terms.objective
        points.append(Point(f.day_month(day.day), share, f.percent(share), below))
    return charts.line_chart(
        points,
        title=f.words("dash.daily.title"),
        target=terms.objective,
        target_told=f.words("dash.target", value=f.percent(terms.objective, 0)),
        told=lambda value: f.percent(value, 0),
    )


def _by_day(figures: DashboardFigures, f: Formats) -> Any:
    bars = [
        (
            f.day_month(d.day),
            float(d.conversations),
            float(d.contained),
            f.words("dash.day_told", day=f.day_month(d.day), all=d.conversations, bot=d.contained),
        )
        for d in figures.days
    ]
    return charts.columns(bars, title=f.words("dash.volume.title"), told=f.number)


def _heat(figures: DashboardFigures, terms: Terms, f: Formats) -> Any:
    return charts.heatmap(
        figures.arrivals,
        terms.open_hours,
        title=f.words("dash.heat.title"),
        rows=[f.weekday(day) for day in range(7)],
        told=lambda day, hour, n: f.words("dash.heat.cell", day=f.weekday(day), hour=hour, n=n),
    )


def _spreads(figures: DashboardFigures, terms: Terms, f: Formats) -> list[tuple[ChannelTimes, Any]]:
    target = terms.first_response_s
    longest = max([t.first_response.p95_s or 0 for t in figures.times] + [(target or 0) * 1.2, 1])
    return [(times, _spread(times, target, longest, f)) for times in figures.times]


def _spread(times: ChannelTimes, target: float | None, longest: float, f: Formats) -> Any:
    measured = (
        ("p50", times.first_response.p50_s),
        ("p90", times.first_response.p90_s),
        ("p95", times.first_response.p95_s),
    )
    bars = [
        Bar(name, value, f.span(value), "late" if target is not None and value is not None and value > target else "")
        for name, value in measured
    ]
    return charts.spread(
        bars,
        title=f.words("dash.times.of", channel=f.words(f"channel.{times.channel_kind}")),
        target=target,
        target_told=f.words("dash.target", value=f.span(target)),
        most=longest,
    )
