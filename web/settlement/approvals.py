"""Approval pages: the changed terms that wait for the client's word, line by line, and those decided before."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from sla.errors import NotSettled
from sla.settling import Proposal
from web.auth import Approver, Reader, Wired
from web.errors import Missing
from web.parameters import Number
from web.settlement.exports import table
from web.settlement.frame import Frame, form_text, frame_of
from web.settlement.terms import Change, changes, currencies_of

router = APIRouter(prefix="/dashboard/{client}/approvals")
COLUMNS = ("version", "state", "path", "before", "after", "proposed_by", "proposed_at", "decided_by", "decided_at")


@router.get("")
async def approvals(request: Request, client: str, person: Reader, services: Wired) -> Response:
    """The waiting version with its difference, and the decided ones."""
    return await _approvals(await frame_of(request, client, person, services))


@router.get("/changes.{form}")
async def changes_table(request: Request, client: str, form: str, person: Reader, services: Wired) -> Response:
    """Every changed term of every version, as it was recorded."""
    frame = await frame_of(request, client, person, services)
    proposals = await frame.settling.proposals(frame.client)
    return table(f"{frame.client}-terms", COLUMNS, (row for p in proposals for row in _plain(p)), form)


@router.get("/{version}")
async def version_page(request: Request, client: str, version: Number, person: Reader, services: Wired) -> Response:
    """The difference of one version."""
    frame = await frame_of(request, client, person, services)
    proposals = await frame.settling.proposals(frame.client)
    found = next((p for p in proposals if p.version == version), None)
    if found is None:
        raise Missing(f"{client} has no version {version} with changed terms")
    groups, people = _groups(found, proposals, frame), await frame.settling.people()
    return await frame.render("approvals/version.html", proposal=found, groups=groups, people=people)


@router.post("/{version}")
async def decide(request: Request, client: str, version: Number, person: Approver, services: Wired) -> Response:
    """The client's word: approved terms are in force at once, for new conversations."""
    frame = await frame_of(request, client, person, services)
    approve = form_text(await request.form(), "decision") == "approve"
    try:
        await frame.settling.decide_terms(frame.client, version, approve=approve, by=person.email)
    except NotSettled as error:
        return await _approvals(frame, frame.why(error))
    return RedirectResponse(f"/dashboard/{frame.client}/approvals", 303)


async def _approvals(frame: Frame, why: str = "") -> Response:
    proposals = await frame.settling.proposals(frame.client)
    waiting = next((p for p in proposals if p.waits), None)
    return await frame.render(
        "approvals/approvals.html",
        status=409 if why else 200,
        why=why,
        proposal=waiting,
        groups=_groups(waiting, proposals, frame) if waiting else [],
        decided=[p for p in proposals if not p.waits],
        people=await frame.settling.people(),
    )


def _groups(proposal: Proposal, proposals: Sequence[Proposal], frame: Frame) -> Sequence[tuple[str, Sequence[Change]]]:
    currencies = currencies_of(proposals, proposal.version, frame.settling.currency(frame.client))
    return changes(proposal.difference, frame.f, frame.view, currencies)


def _plain(proposal: Proposal) -> list[Mapping[str, Any]]:
    state = "waiting" if proposal.waits else "approved" if proposal.approved else "rejected"
    common = {
        "version": proposal.version,
        "state": state,
        "proposed_by": proposal.proposed_by,
        "proposed_at": proposal.proposed_at,
        "decided_by": proposal.decided_by,
        "decided_at": proposal.decided_at,
    }
    return [common | {"path": p, "before": old, "after": new} for p, old, new in proposal.difference]
