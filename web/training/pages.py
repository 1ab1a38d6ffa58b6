"""The trainer's pages: all clients, one bot, two versions side by side, what a candidate would do otherwise."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from web.auth import Trainer, Wired
from web.errors import Missing
from web.formats import Formats
from web.pages import pages_of
from web.parameters import Number
from web.training.frame import TrainingRoom, frame
from web.training.ports import CannotBeDone
from web.training.view_model import Overview, bot_context, drift_context, overview, version_labels, week_context

router = APIRouter(prefix="/training")
DONE = ("activated", "rolled_back", "shadowed", "unshadowed", "proposed")
FLIPS_SHOWN = 60


@router.get("")
async def clients(request: Request, person: Trainer, services: Wired, room: TrainingRoom) -> Response:
    """Straight to the only client, or all with what asks for attention."""
    views = await services.clients.of(person.clients)
    if len(views) == 1:
        return RedirectResponse(f"/training/{next(iter(views))}", 303)
    engines = await services.engines.states(list(views))
    rows: list[Overview] = []
    for view in sorted(views.values(), key=lambda one: one.name):
        progress = await room.judging.progress(view.id, person.id)
        reports = await room.audits.reports(view.id, 2)
        active, drift = await room.bots.active(view.id), await room.bots.drift(view.id)
        rows.append(overview(view, active, drift, reports, progress, engines.get(view.id)))
    return pages_of(request).render(request, "training/clients.html", rows=rows)


@router.get("/{client}")
async def bot(
    request: Request,
    client: str,
    person: Trainer,
    services: Wired,
    room: TrainingRoom,
    done: Annotated[str, Query()] = "",
) -> Response:
    """One client's bot: what runs, whether it keeps its promise, what has changed outside, its versions."""
    view = await frame(services, person, client)
    versions = await room.bots.versions(view.id)
    active, drift = await room.bots.active(view.id), await room.bots.drift(view.id)
    reports, alarms = await room.audits.reports(view.id), await room.audits.alarms(view.id)
    engines = await services.engines.states([view.id])
    pages, now = pages_of(request), services.clock.now()
    f = Formats(pages.words(request), view.timezone)
    return pages.render(
        request,
        "training/bot.html",
        timezone=view.timezone,
        client=view,
        done=done if done in DONE else "",
        progress=await room.judging.progress(view.id, person.id),
        engine=engines.get(view.id),
        versions=versions,
        others=len(person.clients) > 1,
        weeks=[week_context(report, f) for report in reports],
        **bot_context(active, drift, reports, alarms, version_labels(reports), now),
        **drift_context(drift, view, f),
    )


@router.get("/{client}/compare")
async def compare(
    request: Request, client: str, person: Trainer, services: Wired, room: TrainingRoom, a: Number, b: Number
) -> Response:
    """Version b beside version a on the examples that both have."""
    view = await frame(services, person, client)
    try:
        found = await room.bots.compare(view.id, a, b)
    except CannotBeDone as error:
        raise Missing(str(error)) from error
    return pages_of(request).render(
        request,
        "training/compare.html",
        timezone=view.timezone,
        client=view,
        versions=await room.bots.versions(view.id),
        c=found,
        figures=(("accuracy", found.accuracy), ("answered", found.answered), ("wrong", found.wrong)),
        flips=found.flips[:FLIPS_SHOWN],
    )


@router.get("/{client}/disagreements")
async def disagreements(
    request: Request,
    client: str,
    person: Trainer,
    services: Wired,
    room: TrainingRoom,
) -> Response:
    """Live messages that the candidate understood otherwise."""
    view = await frame(services, person, client)
    return pages_of(request).render(
        request,
        "training/disagreements.html",
        timezone=view.timezone,
        client=view,
        found=await room.bots.disagreements(view.id),
    )
