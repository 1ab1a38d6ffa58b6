"""What broke, in full: every missed clock of a period, by cause and kind."""

from collections import Counter
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from accounts.user import Right
from handoff.dashboard_view import BreachCause
from sla.policy import ClockKind
from web.auth import Reader, Wired, granted
from web.dashboard.pages import frame
from web.dashboard.periods import SWITCH, Asked
from web.pages import pages_of
from web.paging import Paging
from web.parameters import PageNumber

router = APIRouter(prefix="/dashboard/{client}/breaches")
When = Annotated[Asked, Depends()]
LOOKED_AT = 500


@router.get("")
async def breaches(
    request: Request,
    client: str,
    person: Reader,
    services: Wired,
    when: When,
    cause: BreachCause | None = None,
    clock: ClockKind | None = None,
    page: PageNumber = 1,
) -> Response:
    """The latest LOOKED_AT missed clocks of the period, narrowed, a page at a time."""
    id = granted(person, client)  # noqa: A001
    view, period = await frame(services, id, when)
    now = services.clock.now()
    found = await services.dashboards.breaches(
        id, period.period, now=now, limit=LOOKED_AT + 1, clock=clock.value if clock else ""
    )
    more, found = len(found) > LOOKED_AT, found[:LOOKED_AT]
    counts = Counter(breach.cause for breach in found)
    narrowed = [breach for breach in found if cause in (None, breach.cause)]
    paging = Paging.of(page, len(narrowed))
    return pages_of(request).render(
        request,
        "dashboard/breaches.html",
        timezone=view.timezone,
        client=view,
        chosen=period,
        spans=SWITCH,
        breaches=narrowed[paging.first : paging.until],
        paging=paging,
        total=len(found),
        causes=[(one, counts[one]) for one in BreachCause if counts[one]],
        cause=cause,
        clocks=list(ClockKind),
        clock=clock,
        more=more,
        limit=LOOKED_AT,
        proposes=services.settling is not None and person.may(Right.SUPERVISE),
    )
