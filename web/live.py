"""Server-Sent Events: pages hear that a conversation moved on, and fetch what they show of it."""

import asyncio
import json
from collections.abc import AsyncIterator

from fastapi import Request, Response
from sse_starlette import EventSourceResponse, ServerSentEvent

from accounts.user import User
from conversation.ports import Changed
from conversation.quota import Refused
from web.auth import Cookies
from web.errors import TooBusy, respond_to
from web.services import Services

CHECK_SESSION_S = 60.0
PING_S = 15
RETRY_MS = 2000


def stream(request: Request, user: User, services: Services) -> Response:
    """First `snapshot` (fetch everything you show: something may have been missed before), then `changed` with
    client, conversation and sequence number; `signed-out` when the session ends. The page's Last-Event-ID is not
    needed to catch up: the snapshot does it from the database.
    """
    token = request.cookies.get(Cookies(services.secure).session, "")
    events = EventSourceResponse(_events(user, token, services), ping=PING_S, headers={"X-Accel-Buffering": "no"})

    def refuse(refused: Refused) -> Response:
        return respond_to(request, TooBusy("too many open pages; close some", refused.retry_after))

    return services.gate.desk_stream(events, user.id, refuse)


async def _events(user: User, token: str, services: Services) -> AsyncIterator[ServerSentEvent]:
    changes = services.live.subscribe(user.clients)
    arriving = asyncio.ensure_future(anext(changes, None))
    try:
        # the subscription is under way before the page is told to look: nothing falls between
        await asyncio.sleep(0)
        yield ServerSentEvent(event="snapshot", data=services.clock.now().isoformat(), retry=RETRY_MS, id="0")
        number = 0
        while True:
            done, _ = await asyncio.wait({arriving}, timeout=CHECK_SESSION_S)
            if not done:
                person = await services.accounts.current(token, services.clock.now())
                if person is None or person.user.clients != user.clients:
                    yield ServerSentEvent(event="signed-out", data="")
                    return
                continue
            changed = arriving.result()
            if changed is None:
                return
            arriving = asyncio.ensure_future(anext(changes, None))
            number += 1
            yield ServerSentEvent(event="changed", data=_facts(changed), id=str(number))
    finally:
        arriving.cancel()


def _facts(changed: Changed) -> str:
    return json.dumps({"client": changed.client, "conversation": changed.conversation, "seq": changed.seq})
