"""The provider's own page: clients, their channels and whether these work, and the people."""

from fastapi import APIRouter, Request, Response

from handoff.dashboard_view import ChannelHealth, ChannelStatus
from web.auth import Admin, Wired
from web.pages import client_label, pages_of

router = APIRouter(prefix="/admin")
_ORDER = [ChannelHealth.FAILING, ChannelHealth.STARTING, ChannelHealth.CONNECTED, ChannelHealth.OFF]


@router.get("")
async def admin(request: Request, person: Admin, services: Wired) -> Response:
    """Failing channels first: they are why one opens this page."""
    clients = await services.clients.of(person.clients)
    channels = await services.admin.channels(person.clients)
    names = {client: view.name for client, view in clients.items()}
    return pages_of(request).render(
        request,
        "admin/admin.html",
        clients=sorted(clients.values(), key=lambda view: view.name),
        channels=[
            (client_label(clients.get(channel.client), channel.client), channel)
            for channel in sorted(channels, key=_by_trouble)
        ],
        users=sorted(await services.admin.users(), key=lambda user: user.name),
        names=names,
        recipients=await services.alarms.recipients(person.clients) if services.alarms else None,
        client_names=names,
    )


def _by_trouble(channel: ChannelStatus) -> tuple[int, str, str]:
    return _ORDER.index(channel.health), channel.client, channel.name
