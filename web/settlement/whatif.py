"""The what-if page: the same month under other terms, all of it in its address, so that it can be shared."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from sla.attainment import Attainment
from sla.policy import ClockKind, Policy
from sla.statement import Statement
from sla.whatif import Comparison, Replaying, Switched, WhatIf
from web.auth import Reader, Wired
from web.charts import Pair, pairs
from web.errors import Invalid, Missing
from web.formats import Formats
from web.paging import Paging
from web.parameters import PageNumber
from web.services import Services
from web.settlement.amounts import Amounts, percent_words
from web.settlement.exports import table
from web.settlement.frame import Frame, frame_of
from web.settlement.months import month_day
from web.settlement.wish import OWN, PRESETS, Wish, read_wish

router = APIRouter(prefix="/dashboard/{client}/what-if")
MONTHS = 12
PATIENCE_S = 0.15
"""A page waits so long for its answer; then it says that it is being worked out."""
COLUMNS = ("clock", "terms", "objective", "met", "missed", "open", "share", "allowed", "left", "credits", "currency")
SWITCHED = (
    "conversation",
    "customer",
    "topic",
    "clock",
    "started_at",
    "stopped_at",
    "due_now",
    "due_other",
    "kept_now",
    "kept_other",
)


@router.get("")
async def what_if(request: Request, client: str, person: Reader, services: Wired, page: PageNumber = 1) -> Response:
    """The form, and below it what the other terms would have meant."""
    frame = await frame_of(request, client, person, services)
    policy = frame.settling.terms(frame.client)
    months = await _months(frame, services)
    if policy is None or not months:
        return await frame.render("whatif/none.html")
    wish = read_wish(request.query_params, request.query_params.get("month") or months[0])
    context: dict[str, Any] = {
        "wish": wish,
        "wrong": wish.words(frame.t),
        "months": [(month, frame.f.month(month_day(month))) for month in months],
        "presets": PRESETS,
        "own": OWN,
        "kinds": [kind for kind in ClockKind if any(kind in target.budgets for target in policy.targets)],
        "now_terms": _terms(policy, frame),
        "found": None,
        "working": None,
        "query": _query(wish),
    }
    if wish.given() and not wish.wrong:
        _known(wish, months)
        found = await _begin(frame, services, policy, wish)
        context |= {"working": found} if isinstance(found, Replaying) else await _found_context(frame, found, page)
        context["asked"] = _in_words(wish, frame)
    return await frame.render("whatif/whatif.html", status=422 if wish.wrong else 200, **context)


@router.get("/attainment.{form}")
async def attainment_table(request: Request, client: str, form: str, person: Reader, services: Wired) -> Response:
    """Both terms' attainment and credits."""
    frame, found, wish = await _asked(request, client, person, services)
    rows = [
        _plain(comparison.kind, terms, attained, drawn)
        for comparison in found.comparisons
        for terms, attained, drawn in (
            ("in_force", comparison.actual, found.actual),
            ("other", comparison.other, found.other),
        )
    ]
    return table(f"{frame.client}-{wish.month}-what-if", COLUMNS, rows, form)


@router.get("/switched.{form}")
async def switched_table(request: Request, client: str, form: str, person: Reader, services: Wired) -> Response:
    """The clocks whose verdict differs."""
    frame, found, wish = await _asked(request, client, person, services)
    about = await frame.settling.about(frame.client, [s.conversation for s in found.switched])

    def row(s: Switched) -> Mapping[str, Any]:
        known = about.get(s.conversation)
        return {
            "conversation": s.conversation,
            "customer": known.customer_name if known else None,
            "topic": known.topic if known else None,
            "clock": s.kind.value,
            "started_at": s.started_at,
            "stopped_at": s.stopped_at,
            "due_now": s.due_before,
            "due_other": s.due_after,
            "kept_now": s.kept_before,
            "kept_other": not s.kept_before,
        }

    return table(f"{frame.client}-{wish.month}-switched", SWITCHED, map(row, found.switched), form)


async def _asked(request: Request, client: str, person: Any, services: Services) -> tuple[Frame, WhatIf, Wish]:
    frame = await frame_of(request, client, person, services)
    policy = frame.settling.terms(frame.client)
    months = await _months(frame, services)
    if policy is None or not months:
        raise Missing(f"{client} promises nothing that could be otherwise")
    wish = read_wish(request.query_params, request.query_params.get("month") or months[0])
    if wish.wrong or not wish.given():
        raise Invalid("; ".join(wish.words(frame.t).values()) or "no other terms are given")
    _known(wish, months)
    return frame, await _answer(frame, services, policy, wish), wish


async def _begin(frame: Frame, services: Services, policy: Policy, wish: Wish) -> WhatIf | Replaying:
    assert services.what_ifs is not None, "frame_of and _months have looked"
    period = await frame.settling.span(frame.client, wish.month)
    return await services.what_ifs.begin(frame.client, period, wish.other(policy), patience_s=PATIENCE_S)


async def _answer(frame: Frame, services: Services, policy: Policy, wish: Wish) -> WhatIf:
    assert services.what_ifs is not None, "frame_of and _months have looked"
    period = await frame.settling.span(frame.client, wish.month)
    return await services.what_ifs.what_if(frame.client, period, wish.other(policy))


async def _months(frame: Frame, services: Services) -> Sequence[str]:
    """The months that can be asked about, the newest first; none without anybody to ask."""
    if services.what_ifs is None:
        return []
    return (await frame.settling.month_names(frame.client))[:MONTHS]


def _known(wish: Wish, months: Sequence[str]) -> None:
    if wish.month not in months:
        raise Invalid(f"{wish.month} cannot be asked about; there are {', '.join(months)}")


def _query(wish: Wish) -> str:
    given = {key: value for key, value in wish.fields.items() if value}
    return urlencode({"month": wish.month, **given})


def _in_words(wish: Wish, frame: Frame) -> list[tuple[str, str]]:
    """The question for paper, where there is no form: each wished term by its label."""
    t, fields = frame.t, wish.fields
    found = [(t(f"clock.name.{kind}"), fields[kind.value]) for kind in ClockKind]
    calendar = fields["hours"] if fields["calendar"] == OWN else fields["calendar"]
    shown = t(f"whatif.calendar.{calendar}") if calendar in PRESETS else calendar
    found += [(t("settle.col.objective"), fields["objective"]), (t("whatif.calendar"), shown)]
    return [(name, value) for name, value in found if value]


def _terms(policy: Policy, frame: Frame) -> dict[str, str]:
    """What is in force, for the hints below the fields: the budgets of each kind over all rules, the objective."""
    found = {}
    for kind in ClockKind:
        budgets = sorted({t.budgets[kind].total_seconds() for t in policy.targets if kind in t.budgets})
        found[kind.value] = " · ".join(frame.f.duration(b) for b in budgets)
    shares = sorted(set(policy.objective.values()))
    found["objective"] = " · ".join(percent_words(frame.f, share) for share in shares) or "–"
    return found


async def _found_context(frame: Frame, found: WhatIf, page: int) -> dict[str, Any]:
    paging = Paging.of(page, len(found.switched))
    rows = found.switched[paging.first : paging.until]
    shown = [c for c in found.comparisons if c.actual.decided or c.other.decided or c.actual.open or c.other.open]
    amounts = Amounts(frame.f, found.actual.currency if found.actual else "EUR")
    back = [_credits(drawn) for drawn in (found.actual, found.other)]
    difference = found.other.net - found.actual.net if found.actual and found.other else Decimal(0)
    return {
        "found": found,
        "paging": paging,
        "rows": rows,
        "about": await frame.settling.about(frame.client, [s.conversation for s in rows]),
        "comparisons": [_side_by_side(c, frame.f) for c in shown],
        "chart": _chart(shown, frame),
        "better": sum(not s.kept_before for s in found.switched),
        "worse": sum(s.kept_before for s in found.switched),
        "money": None
        if back[0] is None or back[1] is None or found.actual is None or found.other is None
        else {
            "credits": [amounts.money(b) for b in back if b is not None],
            "totals": [amounts.money(found.actual.net), amounts.money(found.other.net)],
            "change": amounts.money(abs(difference)),
            "direction": "more" if difference > 0 else "less" if difference < 0 else "same",
        },
    }


def _credits(drawn: Statement | None) -> Decimal | None:
    return None if drawn is None else drawn.usage + drawn.top_up - drawn.net


def _side_by_side(comparison: Comparison, f: Formats) -> dict[str, Any]:
    def side(a: Attainment) -> dict[str, Any]:
        return {
            "share": percent_words(f, a.share * 100) if a.share is not None else "–",
            "objective": percent_words(f, a.objective) if a.objective is not None else "–",
            "kept": a.is_kept,
            "met": a.met,
            "missed": a.missed,
            "open": a.open,
            "left": a.left,
            "allowed": a.allowed,
        }

    return {"clock": comparison.kind.value, "sides": [side(comparison.actual), side(comparison.other)]}


def _chart(shown: Sequence[Comparison], frame: Frame) -> Any:
    t = frame.t
    found = []
    for comparison in shown:
        for terms, a in (("now", comparison.actual), ("other", comparison.other)):
            told = percent_words(frame.f, a.share * 100) if a.share is not None else "–"
            target = a.objective / 100 if a.objective is not None else None
            found.append(
                Pair(t(f"clock.name.{comparison.kind}"), t(f"whatif.{terms}"), a.share, told, target, a.is_kept)
            )
    return pairs(found, title=t("whatif.chart"))


def _plain(kind: ClockKind, terms: str, a: Attainment, drawn: Statement | None) -> Mapping[str, Any]:
    credit = next((c.amount for c in drawn.credits if c.clock == kind), None) if drawn else None
    return {
        "clock": kind.value,
        "terms": terms,
        "objective": a.objective,
        "met": a.met,
        "missed": a.missed,
        "open": a.open,
        "share": round(a.share, 6) if a.share is not None else None,
        "allowed": a.allowed,
        "left": a.left,
        "credits": credit,
        "currency": drawn.currency if drawn else None,
    }
