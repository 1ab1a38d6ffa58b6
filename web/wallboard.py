"""The wallboard: six figures and the queues, readable across a room, by itself up to date."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from markupsafe import Markup

from accounts.user import Right
from conversation.ids import ClientId
from handoff.dashboard_view import QueueLoad
from web import charts
from web.auth import Supervisor, Wired, signed_in
from web.dashboard.periods import midnight
from web.dashboard.shares import kept
from web.desk import details, urgency
from web.formats import Formats
from web.i18n import Words
from web.live import person_access, stream
from web.pages import client_label, pages_of
from web.reports.ports import Ahead
from web.services import Services

router = APIRouter(prefix="/wallboard")
HOURS_AHEAD = 4
FEW = 10


@dataclass(frozen=True, slots=True)
class QueueLine:
    """A queue as drawn."""

    name: str
    load: QueueLoad
    bar: Markup


@dataclass(frozen=True, slots=True)
class HourLine:
    """An hour to come: when, how many customers are expected, agents needed, and how many of them are not online."""

    at: str
    arrivals: str
    agents: int | None
    missing: int


@router.get("")
async def wallboard(request: Request, person: Supervisor, services: Wired) -> Response:
    context = await figures(services, person.clients, pages_of(request).words(request))
    return pages_of(request).render(request, "wallboard/wallboard.html", **context)


@router.get("/part")
async def part(request: Request, person: Supervisor, services: Wired) -> Response:
    """Only the figures."""
    context = await figures(services, person.clients, pages_of(request).words(request))
    return pages_of(request).render(request, "wallboard/_figures.html", **context)


@router.get("/events")
async def events(request: Request, person: Supervisor, services: Wired) -> Response:
    del person
    return stream(request, person_access(await signed_in(request), Right.SUPERVISE, services), services)


async def figures(services: Services, seen: frozenset[ClientId], words: Words) -> dict[str, Any]:
    """What the wallboard shows of these clients: counts and times, nobody's name."""
    now, f = services.clock.now(), Formats(words, services.timezone)
    today = midnight(now.astimezone(ZoneInfo(services.timezone)).date(), services.timezone)
    board = await services.dashboards.wallboard(seen, now=now, since=today)
    agents = await services.presence.agents(seen, now)
    clients = await services.clients.of(seen)
    most = max((q.waiting for q in board.queues), default=0)
    online = [a for a in agents if a.online]
    ahead = await services.reports.ahead(clients, HOURS_AHEAD)
    ended = board.resolved_today
    return {
        "board": board,
        "longest": _waited(board.longest_since, f, now),
        "next_due": urgency.towards(board.next_due_at, "", 0, f, now) if board.next_due_at else None,
        "ready": len([a for a in online if a.status == "online" and a.load < a.capacity]),
        "online": len(online),
        "ahead": [_hour(one, len(online), f) for one in ahead],
        "kept": kept(board.kept_today, None).share,
        "bot_share": board.contained_today / ended if ended else None,
        "queues": [
            QueueLine(
                f"{client_label(clients.get(q.client), q.client)} · "
                f"{details.queue_name(q.queue, clients.get(q.client), words.language)}",
                q,
                charts.load_bar(q.waiting, q.warned, q.breached, most, title=words("wall.bar", n=q.waiting)),
            )
            for q in sorted(board.queues, key=lambda q: (-q.breached, -q.warned, -q.waiting))
        ],
    }


def _hour(one: Ahead, online: int, f: Formats) -> HourLine:
    digits = 1 if 0 < one.arrivals < FEW else 0
    missing = max(one.agents - online, 0) if one.agents is not None else 0
    return HourLine(f.time(one.start), f.number(one.arrivals, digits), one.agents, missing)


def _waited(since: datetime | None, f: Formats, now: datetime) -> urgency.Countdown | None:
    if since is None:
        return None
    seconds = (now - since).total_seconds()
    return urgency.Countdown(urgency.Look.WAITING, f.clock(seconds), f.span(seconds), since, "up")
