"""Where supervisors make and revoke the links of the screens on the wall."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from accounts.actor import Actor
from accounts.display_link import DisplayLink
from accounts.errors import AccountsError
from accounts.user import User
from accounts.watch import EndedBecause
from conversation.ids import ClientId
from handoff.views import ClientView
from web.auth import Supervisor, Wired
from web.errors import Invalid, Missing
from web.i18n import LANGUAGES
from web.pages import client_label, pages_of
from web.services import Services
from web.settlement.frame import form_text

router = APIRouter(prefix="/wallboard/links")
DAYS = (1, 7, 30, 90, 365)
ENDED_SHOWN = 20


@router.get("")
async def links(request: Request, person: Supervisor, services: Wired) -> Response:
    """The links this person could have made."""
    return await _page(request, person, services)


@router.post("")
async def create(request: Request, person: Supervisor, services: Wired) -> Response:
    """Makes a link, and shows its address this once."""
    form = await request.form()
    locale, days = form_text(form, "locale"), form_text(form, "days")
    if locale not in LANGUAGES or (days and days not in map(str, DAYS)):
        raise Invalid(f"locale: one of {', '.join(LANGUAGES)}; days: one of {', '.join(map(str, DAYS))} or nothing")
    chosen = [value for value in form.getlist("client") if isinstance(value, str)]
    try:
        token, _ = await services.displays.create(
            person,
            form_text(form, "name"),
            services.clock.now(),
            Actor(person.name, person.id),
            clients=chosen,
            locale=locale,
            days=int(days) if days else None,
        )
    except AccountsError as error:
        raise Invalid(str(error)) from error
    scheme = "https" if services.secure else request.url.scheme
    return await _page(request, person, services, address=f"{scheme}://{request.url.netloc}/display/{token}")


@router.post("/{link}/revoke")
async def revoke(link: str, person: Supervisor, services: Wired) -> Response:
    """Screens with this link go dark within ten seconds."""
    actor = Actor(person.name, person.id)
    if not await services.displays.revoke(link, person, actor, services.clock.now()):
        raise Missing(f"no display link {link}")
    return RedirectResponse("/wallboard/links", 303)


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A link as the page lists it; `ended` is why it shows nothing any more."""

    link: DisplayLink
    creator: str
    clients: Sequence[str]
    ended: str


async def _page(request: Request, person: User, services: Services, *, address: str = "") -> Response:
    now = services.clock.now()
    views = await services.clients.of(person.clients)
    owned = await services.displays.list(person)
    rows = [_row(link, creator, person, views, now) for link, creator in owned]
    return pages_of(request).render(
        request,
        "wallboard/links.html",
        address=address,
        days=DAYS,
        clients=sorted((client_label(views.get(id_), id_), id_) for id_ in person.clients),
        rows=[row for row in rows if not row.ended] + [row for row in rows if row.ended][:ENDED_SHOWN],
    )


def _row(
    link: DisplayLink, creator: User, viewer: User, views: Mapping[ClientId, ClientView], now: datetime
) -> LinkRow:
    """A client that the viewer may not see any more is not named."""
    shown = link.shown(creator, now)
    seen = sorted(client_label(views.get(id_), id_) for id_ in link.clients & viewer.clients)
    return LinkRow(link, creator.name, seen, shown.value if isinstance(shown, EndedBecause) else "")
