"""Exclusion pages: the ledger, proposing a clock for it, and the client's word on an entry."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from conversation import limits
from sla.attainment import Standing, verdict
from sla.errors import NotSettled
from sla.exclusion import Decision, Reason
from sla.settling import ClockEntry
from web.auth import Approver, Reader, Supervisor, Wired
from web.errors import Missing
from web.paging import PAGE, Paging
from web.parameters import PageNumber
from web.settlement.amounts import percent_words
from web.settlement.exports import table
from web.settlement.frame import Frame, form_text, frame_of
from web.settlement.months import month_day

router = APIRouter(prefix="/dashboard/{client}/exclusions")
MONTHS = 3
"""The attainment of so many months can be looked at beside the ledger."""
COLUMNS = (
    "id",
    "clock",
    "conversation",
    "customer",
    "kind",
    "started_at",
    "due_at",
    "stopped_at",
    "reason",
    "evidence",
    "state",
    "proposed_by",
    "proposed_at",
    "decided_by",
    "decided_at",
)


@router.get("")
async def ledger(
    request: Request,
    client: str,
    person: Reader,
    services: Wired,
    state: Decision | None = None,
    month: str = "",
    page: PageNumber = 1,
) -> Response:
    """The ledger, what waits first; with the attainment of a month (the running one), raw and adjusted."""
    frame = await frame_of(request, client, person, services)
    return await _ledger(frame, services.clock.now(), state, page, month=month)


@router.get("/ledger.{form}")
async def ledger_table(request: Request, client: str, form: str, person: Reader, services: Wired) -> Response:
    """Every entry."""
    frame = await frame_of(request, client, person, services)
    rows = map(_plain, await frame.settling.entries(frame.client))
    return table(f"{frame.client}-exclusions", COLUMNS, rows, form)


@router.get("/new")
async def proposing(request: Request, client: str, clock: str, person: Supervisor, services: Wired) -> Response:
    """The form that proposes one clock."""
    frame = await frame_of(request, client, person, services)
    return await _proposing(frame, clock, services.clock.now())


@router.post("")
async def propose(request: Request, client: str, person: Supervisor, services: Wired) -> Response:
    """Enters a clock into the ledger, waiting for the client."""
    frame = await frame_of(request, client, person, services)
    form = await request.form()
    clock, reason = form_text(form, "clock"), form_text(form, "reason")
    evidence = form_text(form, "evidence", limits.EVIDENCE)
    wrong = {}
    if reason not in list(Reason):
        wrong["reason"] = frame.t("settle.why.reason")
    if not evidence:
        wrong["evidence"] = frame.t("settle.why.evidence")
    if wrong:
        return await _proposing(frame, clock, services.clock.now(), reason, evidence, wrong)
    try:
        await frame.settling.exclude(frame.client, clock, reason, evidence, by=person.email)
    except NotSettled as error:
        return await _proposing(frame, clock, services.clock.now(), reason, evidence, {"clock": frame.why(error)})
    return RedirectResponse(f"/dashboard/{frame.client}/exclusions", 303)


@router.post("/{entry}")
async def decide(request: Request, client: str, entry: str, person: Approver, services: Wired) -> Response:
    """The client's word on one entry."""
    frame = await frame_of(request, client, person, services)
    approve = form_text(await request.form(), "decision") == "approve"
    try:
        await frame.settling.decide_exclusion(frame.client, entry, approve=approve, by=person.email)
    except NotSettled as error:
        return await _ledger(frame, services.clock.now(), None, 1, frame.why(error))
    return RedirectResponse(f"/dashboard/{frame.client}/exclusions", 303)


async def _ledger(
    frame: Frame, now: datetime, state: Decision | None, page: int, why: str = "", month: str = ""
) -> Response:
    counts = await frame.settling.entry_counts(frame.client)
    total = sum(counts.values())
    paging = Paging.of(page, total if state is None else counts[state])
    months = (await frame.settling.month_names(frame.client))[:MONTHS]
    chosen_month = month if month in months else months[0]
    return await frame.render(
        "exclusions/ledger.html",
        status=409 if why else 200,
        why=why,
        entries=await frame.settling.entry_page(frame.client, state, paging.first, PAGE),
        state_of=_state,
        verdict=lambda clock: verdict(clock, now),
        counts=counts,
        all_count=total,
        states=list(Decision),
        state=state,
        paging=paging,
        people=await frame.settling.people(),
        months=[(name, frame.f.month(month_day(name))) for name in months],
        month=chosen_month,
        month_name=frame.f.month(month_day(chosen_month)),
        standings=[_standing(s, frame) for s in await frame.settling.standings(frame.client, chosen_month)],
    )


async def _proposing(
    frame: Frame,
    clock: str,
    now: datetime,
    reason: str = "",
    evidence: str = "",
    wrong: Mapping[str, str] | None = None,
) -> Response:
    found = await frame.settling.clock_entry(frame.client, clock)
    if found is None or found.clock is None:
        raise Missing(f"{frame.client} has no clock {clock}")
    return await frame.render(
        "exclusions/propose.html",
        status=422 if wrong else 200,
        entry=found,
        clock=found.clock,
        stands=_state(found) if found.exclusion is not None else None,
        outcome=verdict(found.clock, now),
        topic=frame.topic(found.about.topic) if found.about else "–",
        reasons=list(Reason),
        reason=reason,
        evidence=evidence,
        wrong=wrong or {},
    )


def _state(entry: ClockEntry) -> Decision:
    return entry.exclusion.decision if entry.exclusion is not None else Decision.REJECTED


def _standing(standing: Standing, frame: Frame) -> dict[str, Any]:
    def side(name: str) -> dict[str, Any]:
        found = getattr(standing, name)
        share = percent_words(frame.f, found.share * 100) if found.share is not None else "–"
        return {"met": found.met, "missed": found.missed, "share": share, "left": found.left}

    objective = standing.raw.objective
    return {
        "clock": standing.raw.kind.value,
        "objective": percent_words(frame.f, objective) if objective is not None else "–",
        "excluded": standing.excluded,
        "raw": side("raw"),
        "adjusted": side("adjusted"),
    }


def _plain(entry: ClockEntry) -> Mapping[str, Any]:
    clock, made = entry.clock, entry.exclusion
    assert made is not None, "the ledger consists of exclusions"
    return {
        "id": made.id,
        "clock": made.clock,
        "conversation": clock.conversation if clock else None,
        "customer": entry.about.customer_name if entry.about else None,
        "kind": clock.kind.value if clock else None,
        "started_at": clock.started_at if clock else None,
        "due_at": clock.due_at if clock else None,
        "stopped_at": clock.stopped_at if clock else None,
        "reason": made.reason.value,
        "evidence": made.evidence,
        "state": made.decision.value,
        "proposed_by": made.proposed_by,
        "proposed_at": made.proposed_at.astimezone(UTC),
        "decided_by": made.approved_by or made.rejected_by,
        "decided_at": made.approved_at or made.rejected_at,
    }
