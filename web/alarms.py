"""Where danger was reported, who is told of alarms outside the house and whether they were: for supervisors."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from conversation import limits
from web.auth import Supervisor, Wired
from web.errors import Missing
from web.pages import pages_of
from web.settlement.frame import form_text

router = APIRouter(prefix="/alarms")


@router.get("")
async def alarms(request: Request, person: Supervisor, services: Wired) -> Response:
    """Who is switched off or fails stands first."""
    if services.alarms is None:
        raise Missing("alarms are not told outside here")
    clients = await services.clients.of(person.clients)
    return pages_of(request).render(
        request,
        "alarms/alarms.html",
        dangers=await services.alarms.dangers(person.clients),
        recipients=await services.alarms.recipients(person.clients),
        client_names={client: view.name for client, view in clients.items()},
    )


@router.post("/enable")
async def enable(request: Request, person: Supervisor, services: Wired) -> Response:
    """Tries one that was switched off again, with the next alarm."""
    key = form_text(await request.form(), "recipient", limits.REASON)
    if services.alarms is None or not await services.alarms.enable(key, person.clients, by=person):
        raise Missing(f"nobody called {key} is told of alarms")
    return RedirectResponse("/alarms", 303)
