"""The wallboard on a screen without a keyboard: a display link opens this one page, its figures and its stream."""

from dataclasses import dataclass

from fastapi import APIRouter, Request, Response

from accounts.displays import Display, Displays
from accounts.watch import EndedBecause
from conversation.clock import Clock
from conversation.ids import ClientId
from web.auth import Wired
from web.errors import Ended, Missing
from web.live import stream
from web.pages import pages_of
from web.services import Services
from web.wallboard import figures

router = APIRouter(prefix="/display/{token}")
HEADERS = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


@dataclass(frozen=True, slots=True)
class LinkAccess:
    """A web.live.Access by display link."""

    link: str
    token: str
    displays: Displays
    clock: Clock

    @property
    def holder(self) -> str:
        """See web.live.Access."""
        return f"display:{self.link}"

    async def check(self) -> frozenset[ClientId] | EndedBecause:
        """See web.live.Access."""
        found = await self.displays.open(self.token, self.clock.now())
        if found is None:
            return EndedBecause.REVOKED
        return found.clients if isinstance(found, Display) else found


@router.get("")
async def page(request: Request, token: str, services: Wired) -> Response:
    """The page of the screen."""
    display = await _opened(request, token, services)
    await services.displays.note_use(display.link, services.clock.now())
    return await _rendered(request, "wallboard/display.html", display, services)


@router.get("/part")
async def part(request: Request, token: str, services: Wired) -> Response:
    """Only the figures."""
    display = await _opened(request, token, services)
    await services.displays.note_use(display.link, services.clock.now())
    return await _rendered(request, "wallboard/_figures.html", display, services)


@router.get("/events")
async def events(request: Request, token: str, services: Wired) -> Response:
    """That something changed, and nothing about what."""
    display = await _opened(request, token, services)
    access = LinkAccess(display.link.id, token, services.displays, services.clock)
    return stream(request, access, services, facts=lambda _: {})


async def _opened(request: Request, token: str, services: Services) -> Display:
    """Raises Missing for a token that never was one, Ended for one that shows nothing any more."""
    found = await services.displays.open(token, services.clock.now())
    if found is None:
        raise Missing("no such display link")
    if isinstance(found, EndedBecause):
        raise Ended(found)
    request.state.language = found.link.locale
    return found


async def _rendered(request: Request, template: str, display: Display, services: Services) -> Response:
    pages = pages_of(request)
    context = await figures(services, display.clients, pages.words(request))
    response = pages.render(request, template, link=display.link, **context)
    response.headers.update(HEADERS)
    return response
