"""What a trainer does with versions: run one, go back, let one listen. Refusals are told with their reasons."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from handoff.views import ClientView
from nlu.versions.version import Activated, NeedsApproval, Refused
from web.auth import Trainer, Wired
from web.errors import Invalid
from web.formats import Formats
from web.pages import pages_of
from web.parameters import Number, ReasonText
from web.training.frame import TrainingRoom, frame
from web.training.ports import CannotBeDone
from web.training.view_model import objection_words

router = APIRouter(prefix="/training")


@router.post("/{client}/versions/{number}/activate")
async def activate(
    request: Request,
    client: str,
    number: Number,
    person: Trainer,
    services: Wired,
    room: TrainingRoom,
    reason: ReasonText = "",
    force: Annotated[bool, Form()] = False,
) -> Response:
    """Runs a version; a worse one only by force, and with a reason."""
    view = await frame(services, person, client)
    if force and not reason.strip():
        raise Invalid("a version that was refused needs a reason to run all the same")
    try:
        outcome = await room.bots.activate(
            view.id, number, reason=reason.strip(), force=force, by=person.id, by_name=person.name
        )
    except CannotBeDone as error:
        return _cannot(request, view, error)
    return _told(request, view, outcome, "activated", reason)


@router.post("/{client}/rollback")
async def rollback(
    request: Request, client: str, person: Trainer, services: Wired, room: TrainingRoom, reason: ReasonText = ""
) -> Response:
    """Back to the version that ran before."""
    view = await frame(services, person, client)
    try:
        outcome = await room.bots.rollback(view.id, reason=reason.strip(), by=person.id, by_name=person.name)
    except CannotBeDone as error:
        return _cannot(request, view, error)
    return _told(request, view, outcome, "rolled_back", reason)


@router.post("/{client}/versions/{number}/shadow")
async def shadow(
    request: Request, client: str, number: Number, person: Trainer, services: Wired, room: TrainingRoom
) -> Response:
    """Lets a version listen to live traffic beside the one that runs."""
    view = await frame(services, person, client)
    try:
        await room.bots.shadow(view.id, number, by=person.id, by_name=person.name)
    except CannotBeDone as error:
        return _cannot(request, view, error)
    return RedirectResponse(f"/training/{view.id}?done=shadowed", 303)


@router.post("/{client}/shadow/end")
async def end_shadow(client: str, person: Trainer, services: Wired, room: TrainingRoom) -> Response:
    """The candidate listens no more; what it heard is kept."""
    view = await frame(services, person, client)
    await room.bots.shadow(view.id, None, by=person.id, by_name=person.name)
    return RedirectResponse(f"/training/{view.id}?done=unshadowed", 303)


def _cannot(request: Request, view: ClientView, error: CannotBeDone) -> Response:
    return pages_of(request).render(
        request, "training/cannot.html", status=409, timezone=view.timezone, client=view, why=str(error)
    )


def _told(
    request: Request, view: ClientView, outcome: Activated | Refused | NeedsApproval, done: str, reason: str
) -> Response:
    match outcome:
        case Refused():
            f = Formats(pages_of(request).words(request), view.timezone)
            return pages_of(request).render(
                request,
                "training/refused.html",
                status=409,
                timezone=view.timezone,
                client=view,
                refused=outcome,
                reasons=[objection_words(one, f) for one in outcome.reasons],
                reason=reason,
            )
        case NeedsApproval():
            return RedirectResponse(f"/training/{view.id}?done=proposed", 303)
        case _:
            return RedirectResponse(f"/training/{view.id}?done={done}", 303)
