"""The report on paper: the page's tables in one document, all breakdowns with them."""

from datetime import datetime

from handoff.dashboard_view import Terms
from handoff.views import ClientView
from sla.attainment import Spread
from sla.slices import Dimension, Measure
from sla.summary import Summary, summary
from web.dashboard.periods import Chosen
from web.formats import Formats
from web.pdf import Cell, Column, Paper
from web.reports.ports import Planned
from web.reports.tables import Compared, backlogs
from web.reports.view import BREAKDOWNS, LISTED, endings, groups, lists, score, tiles, times

LONGEST_BY_DAY = 31
_BROKEN_DOWN = (Measure.FIRST_RESPONSE, Measure.RESOLUTION, Measure.HANDLING)


def report_pdf(
    found: Compared,
    chosen: Chosen,
    terms: Terms,
    view: ClientView,
    f: Formats,
    now: datetime,
    planned: Planned | None = None,
) -> bytes:
    """A document in the reader's language."""
    t = f.words
    told = f.month(chosen.first) if chosen.is_month else f"{f.day(chosen.first)} – {f.day(chosen.last)}"
    paper = Paper(
        f"{view.name} · {t('tabs.report')} · {told}",
        language=t.language,
        footer=f"{view.name} · {told}",
        page_told=lambda page, pages: t("report.page", page=page, pages=pages),
        lacking=t("report.lacking"),
    )
    before = f"{f.day(chosen.before[0])} – {f.day(chosen.before[1])}"
    paper.title(
        f"{view.name} · {told}",
        f"{t('report.compared', before=before)} · {t('dash.as_of', at=f.moment(now), zone=view.timezone)}\n"
        f"{t('report.small_is_before')} {t('report.defined')}",
    )
    _figures(paper, found, terms, f)
    if planned is not None:
        _planned(paper, planned, f)
    _endings(paper, found, f)
    _times(paper, found, f)
    for by in BREAKDOWNS:
        _breakdown(paper, found, by, view, f)
    if len(found.now.days) <= LONGEST_BY_DAY:
        _days(paper, found, f)
    for name, counted in lists(found, view, f):
        if counted:
            paper.heading(t(f"report.{name}"))
            shown = [[row.name, f.number(row.now), f.number(row.before)] for row in counted[:LISTED]]
            paper.table([Column(t(f"report.{name}"), 3), *_numbers(t("report.now"), t("report.before"))], shown)
    return paper.render()


def _figures(paper: Paper, found: Compared, terms: Terms, f: Formats) -> None:
    rows = [[f.words(f"report.tile.{tile.key}"), tile.value, tile.before, tile.told] for tile in tiles(found, terms, f)]
    t = f.words
    paper.heading(t("report.glance"))
    paper.table([Column(t("report.figure"), 3), *_numbers(t("report.now"), t("report.before")), Column("", 2)], rows)


def _planned(paper: Paper, planned: Planned, f: Formats) -> None:
    t = f.words
    paper.heading(t("planned.title"))
    told = t(
        "planned.told", month=f.month(planned.month), planned=f.number(planned.planned), came=f.number(planned.came)
    )
    paper.paragraph(told)
    heads = (t("report.tile.handed"), t("col.met"), t("col.missed"), t("col.open"), t("report.tile.kept"))
    rows = [
        [t(f"planned.part.{name}"), *map(f.number, (p.handoffs, p.met, p.missed, p.open)), f.percent(p.share)]
        for name, p in (("within", planned.within), ("over", planned.beyond))
    ]
    paper.table([Column(t("planned.part"), 2.4), *_numbers(*heads)], rows)


def _endings(paper: Paper, found: Compared, f: Formats) -> None:
    t, rows = f.words, endings(summary(found.total), summary(found.total_before))
    paper.heading(t("report.endings"))
    shown = [[t(f"report.ending.{row.key}"), f.number(row.now), f.number(row.before)] for row in rows]
    heads = _numbers(t("report.now"), t("report.before"))
    paper.table([Column(t("report.endings"), 3), *heads], shown, strong=[len(rows) - 1])


def _times(paper: Paper, found: Compared, f: Formats) -> None:
    rows = times(summary(found.total), summary(found.total_before))
    if not rows:
        return
    t = f.words
    paper.heading(t("report.times"))
    shown = [
        [t(f"measure.{r.measure}"), *_spread(r.now, f), f.span(r.before.p50_s), f.span(r.before.p90_s)] for r in rows
    ]
    heads = (
        t("col.count"),
        "p50",
        "p90",
        "p95",
        t("col.max"),
        t("report.before_p", p="p50"),
        t("report.before_p", p="p90"),
    )
    paper.table([Column(t("report.measure"), 2.4), *_numbers(*heads)], shown)


def _breakdown(paper: Paper, found: Compared, by: Dimension, view: ClientView, f: Formats) -> None:
    rows = groups(found, by, view, f)
    if not rows:
        return
    t = f.words
    paper.heading(t(f"report.by.{by}"))
    shown: list[list[Cell]] = [[row.name, *zip(_group(row.s, f), _group(row.before, f), strict=True)] for row in rows]
    heads = (
        t("col.conversations"),
        t("report.tile.containment"),
        t("report.tile.kept"),
        *(f"{t(f'measure.{m}')} p90" for m in _BROKEN_DOWN),
        t("report.tile.csat"),
    )
    paper.table([Column(t(f"report.by.{by}"), 1.8), *_numbers(*heads)], shown)


def _days(paper: Paper, found: Compared, f: Formats) -> None:
    t, left = f.words, backlogs(found.now)
    rows = []
    for day, one in sorted(found.now.days.items()):
        s = summary(one)
        kept = s.kept[Measure.FIRST_RESPONSE]
        counts = s.conversations, s.contained, s.handed, s.finished, left[day], kept.met, kept.missed
        rows.append([f"{f.weekday(day.weekday())} {f.day_month(day)}", *map(f.number, counts)])
    heads = (
        t("col.conversations"),
        t("report.tile.containment"),
        t("report.tile.handed"),
        t("report.finished"),
        t("report.tile.backlog"),
        t("col.met"),
        t("col.missed"),
    )
    paper.heading(t("report.table.days"))
    paper.table([Column(t("col.day"), 1.3), *_numbers(*heads)], rows)


def _group(s: Summary, f: Formats) -> list[str]:
    return [
        f.number(s.conversations),
        f.percent(s.containment, 0),
        f.percent(s.kept[Measure.FIRST_RESPONSE].share),
        *(f.span(s.times[measure].p90_s) for measure in _BROKEN_DOWN),
        score(s, f),
    ]


def _numbers(*titles: str) -> list[Column]:
    return [Column(title, right=True) for title in titles]


def _spread(spread: Spread, f: Formats) -> list[str]:
    return [f.number(spread.count), *(f.span(v) for v in (spread.p50_s, spread.p90_s, spread.p95_s, spread.max_s))]
