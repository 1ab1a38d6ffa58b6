"""Server-Sent Events: pages hear that a conversation moved on, and fetch what they show of it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import structlog
from fastapi import Request, Response
from sse_starlette import EventSourceResponse, ServerSentEvent

from accounts.service import SignedIn
from accounts.user import Right, User
from accounts.watch import EndedBecause, SessionWatch
from conversation.clock import Clock
from conversation.ids import ClientId
from conversation.ports import Changed
from conversation.quota import Refused
from web.errors import Forbidden, TooBusy, respond_to
from web.ports import Live
from web.services import Services

log = structlog.get_logger(__name__)

CHECK_EVERY_S = 2.0
CHECK_PATIENCE_S = 3.0
UNCHECKED_AT_MOST_S = 8.0
PING_S = 15
RETRY_MS = 2000


class Access(Protocol):
    """The right to see a live page."""

    @property
    def holder(self) -> str:
        """Whose open pages are counted together."""
        ...

    async def check(self) -> frozenset[ClientId] | EndedBecause:
        """The clients that may be seen now, or why the page may not be seen any more. Prolongs nothing."""
        ...


@dataclass(frozen=True, slots=True)
class PersonAccess:
    """A signed-in person's right to a page that asks for `right`."""

    signed_in: SignedIn
    right: Right
    watch: SessionWatch
    clock: Clock

    @property
    def holder(self) -> str:
        """See Access."""
        return self.signed_in.user.id

    async def check(self) -> frozenset[ClientId] | EndedBecause:
        """See Access."""
        found = await self.watch.check(self.signed_in.session, self.clock.now())
        if not isinstance(found, User):
            return found
        return found.clients if found.may(self.right) else EndedBecause.RIGHTS_CHANGED


class Checked:
    """An access that is checked by the wall clock: `verdict` is at most some seconds old whatever happens on the
    stream, and None where the check itself has failed for too long.
    """

    def __init__(self, access: Access) -> None:
        self._access = access
        self._verdict: frozenset[ClientId] | EndedBecause | None = None
        self._good_at = self._tried_at = float("-inf")

    async def verdict(self) -> frozenset[ClientId] | EndedBecause | None:
        """The last one, or a new one if it is due."""
        if self.due_in() <= 0:
            await self._check()
        return self._verdict

    def due_in(self) -> float:
        """Seconds until the next check."""
        return self._tried_at + CHECK_EVERY_S - _seconds()

    async def _check(self) -> None:
        self._tried_at = began = _seconds()
        try:
            async with asyncio.timeout(CHECK_PATIENCE_S):
                self._verdict = await self._access.check()
            self._good_at = began
        except Exception as error:  # noqa: BLE001  whatever is wrong: nobody sees on what cannot be checked
            log.warning("the right to a live page cannot be checked", why=type(error).__name__)
            if _seconds() - self._good_at > UNCHECKED_AT_MOST_S:
                self._verdict = None


Facts = Callable[[Changed], Mapping[str, Any]]


def facts_of(changed: Changed) -> Mapping[str, Any]:
    """What a person's page is told of a change."""
    return {"client": changed.client, "conversation": changed.conversation, "seq": changed.seq}


def person_access(signed_in: SignedIn, right: Right, services: Services) -> PersonAccess:
    """The right of whoever asks for a page."""
    return PersonAccess(signed_in, right, services.watch, services.clock)


def stream(request: Request, access: Access, services: Services, *, facts: Facts = facts_of) -> Response:
    """First `snapshot` (fetch everything you show: something may have been missed before), again when clients are
    added; `changed` with `facts`; at last `ended` with the reason. It ends within ten seconds after the right to it was
    withdrawn, also in part. Last-Event-ID is not needed to catch up: the snapshot does it from the database.
    """
    told = _events(Checked(access), services.live, services.clock, facts)
    events = EventSourceResponse(told, ping=PING_S, headers={"X-Accel-Buffering": "no"})

    def refuse(refused: Refused) -> Response:
        return respond_to(request, TooBusy("too many open pages; close some", refused.retry_after))

    return services.gate.desk_stream(events, access.holder, refuse)


async def _events(checked: Checked, live: Live, clock: Clock, facts: Facts) -> AsyncIterator[ServerSentEvent]:
    seen: frozenset[ClientId] = frozenset()
    while True:
        allowed = await checked.verdict()
        if isinstance(allowed, EndedBecause):
            yield ended(allowed)
            return
        if allowed is None:
            return  # the page connects again, and is let in once the check works
        if not seen <= allowed:
            yield ended(EndedBecause.RIGHTS_CHANGED)
            return
        seen = allowed
        changes = live.subscribe(seen)
        arriving = asyncio.ensure_future(anext(changes, None))
        try:
            # the subscription is under way before the page is told to look: nothing falls between
            await asyncio.sleep(0)
            yield _snapshot(clock.now())
            number = 0
            while await checked.verdict() == seen:
                await asyncio.wait({arriving}, timeout=max(checked.due_in(), 0))
                if not arriving.done() or await checked.verdict() != seen:
                    continue
                changed = arriving.result()
                if changed is None:
                    return
                arriving = asyncio.ensure_future(anext(changes, None))
                number += 1
                yield ServerSentEvent(event="changed", data=json.dumps(facts(changed)), id=str(number))
        finally:
            arriving.cancel()


async def while_allowed(parts: AsyncIterator[str], access: Access, client: ClientId) -> AsyncIterator[str]:
    """A long download of one client's data: it breaks off, visibly to the browser, once the right to it is withdrawn.
    Raises Forbidden.
    """
    checked = Checked(access)
    async for part in parts:
        allowed = await checked.verdict()
        if not isinstance(allowed, frozenset) or client not in allowed:
            raise Forbidden(f"the right to {client} was withdrawn during a download: {allowed or 'not to be checked'}")
        yield part


def ended(reason: EndedBecause) -> ServerSentEvent:
    """The last event of a stream."""
    return ServerSentEvent(event="ended", data=json.dumps({"reason": reason}))


def _snapshot(now: datetime) -> ServerSentEvent:
    return ServerSentEvent(event="snapshot", data=now.isoformat(), retry=RETRY_MS, id="0")


def _seconds() -> float:
    return asyncio.get_running_loop().time()
