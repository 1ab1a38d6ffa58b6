"""Reads from Slack's history what its events could not bring, so that an outage loses nothing."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bots.channels import SlackChannel
from bots.errors import TokenRejected
from bots.ports import Recovered, Threads
from bots.slack.refusals import REJECTED, code_of, retry_after
from bots.slack.translate import moment

log = logging.getLogger(__name__)

RETRIES = timedelta(minutes=5)  # Slack's last try comes about six minutes after the first; a minute is for safety
OVERLAP = timedelta(minutes=10)  # read again from before the gap: what was tried then may not have got through either
PARENTS = timedelta(days=1)  # how far back a message may lie whose thread was answered during the gap
LONGEST = timedelta(days=7)
KNOWN = timedelta(days=90)
MAX_ADDRESSES, MAX_ROOMS, MAX_THREADS, MAX_PAGES = 500, 1000, 200, 50
PAGE = 200
TRIES = 20  # of one call that Slack asks to repeat later

_UNREADABLE = frozenset({"channel_not_found", "not_in_channel", "thread_not_found", "missing_scope", "no_permission"})
_KINDS = {
    "im": "first messages of new customers were not looked for: grant the app im:read",
    "public_channel": "mentions in channels without a thread of ours were not looked for: grant the app channels:read",
    "private_channel": "mentions in private channels without a thread of ours were not looked for: grant groups:read",
}

Accept = Callable[[Mapping[str, Any]], Awaitable[int]]
Pause = Callable[[float], Awaitable[object]]
Message = Mapping[str, Any]


class SlackHistory:
    """Reads direct messages, channels and threads again and hands them to `accept` as the events they should have
    been, oldest first within each room. What was heard already, the inbox drops by its key.

    Rooms are those our threads are in and, where the app's scopes let us ask (im:read, channels:read, groups:read),
    those we were added to since. `pause` waits as long as Slack asks.
    """

    def __init__(
        self, web: AsyncWebClient, channel: SlackChannel, threads: Threads, accept: Accept, *, team: str, pause: Pause
    ) -> None:
        self._web = web
        self._channel = channel
        self._threads = threads
        self._accept = accept
        self._team = team
        self._pause = pause
        self._doubts: list[str] = []

    async def recover(self, since: datetime, until: datetime) -> Recovered:
        """Everything from `since` on. Raises TokenRejected, and what the SDK raises when Slack cannot be reached; then
        nothing is lost by calling it again.
        """
        start = max(since, until - LONGEST)
        if start > since:
            self._doubts.append(f"messages before {start:%Y-%m-%d %H:%M} UTC were not fetched: that is too long ago")
        start -= OVERLAP
        refs = await self._threads.recent(self._channel.id, until - KNOWN, MAX_ADDRESSES)
        threads = [ref for ref in refs if ":" in ref][:MAX_THREADS]
        rooms = list(dict.fromkeys([*(ref.partition(":")[0] for ref in refs), *await self._our_rooms()]))
        if len(rooms) > MAX_ROOMS:
            self._doubts.append(f"{len(rooms) - MAX_ROOMS} of {len(rooms)} rooms were not read: those are too many")
        fetched = 0
        for room in rooms[:MAX_ROOMS]:
            known = [ref.partition(":")[2] for ref in threads if ref.startswith(f"{room}:")]
            for body in await self._missed(room, known, start):
                fetched += await self._accept(body)
        log.info("channel %s: fetched %d missed messages from %d rooms", self._channel.id, fetched, len(rooms))
        return Recovered(fetched, "; ".join(self._doubts))

    async def _our_rooms(self) -> list[str]:
        """The rooms we are in, as far as the app's scopes let us ask; where they do not, that is a doubt."""
        rooms: list[str] = []
        for kind, doubt in _KINDS.items():
            try:
                async for room in self._pages("users.conversations", "channels", types=kind, exclude_archived="true"):
                    rooms.append(str(room["id"]))  # noqa: PERF401  an exception must keep those before it
            except SlackApiError as error:
                self._doubt(error, f"rooms of kind {kind}")
                self._doubts.append(doubt)
        return rooms

    async def _missed(self, room: str, known: Sequence[str], start: datetime) -> list[Mapping[str, Any]]:
        """The room's events since `start`, oldest first: messages, answers in threads, edits."""
        found: dict[str, Message] = {}
        parents = set(known)
        oldest = _stamp(start - PARENTS)
        try:
            async for message in self._pages("conversations.history", "messages", channel=room, oldest=oldest):
                found[str(message["ts"])] = message
                if message.get("reply_count") and _at(message.get("latest_reply")) >= start:
                    parents.add(str(message["ts"]))
        except SlackApiError as error:
            self._doubt(error, f"room {room}")
            return []
        for parent in sorted(parents):
            found |= await self._replies(room, parent, start)
        events = [event for message in found.values() for event in _events(message, start)]
        return [self._body(room, event) for _, event in sorted(events, key=lambda timed: timed[0])]

    async def _replies(self, room: str, parent: str, start: datetime) -> dict[str, Message]:
        try:
            found = self._pages("conversations.replies", "messages", channel=room, ts=parent, oldest=_stamp(start))
            return {str(message["ts"]): message async for message in found}
        except SlackApiError as error:
            self._doubt(error, f"thread {room}:{parent}")
            return {}

    def _body(self, room: str, event: Mapping[str, Any]) -> Mapping[str, Any]:
        place = {"channel": room, "channel_type": "im" if room.startswith("D") else "channel"}
        return {"type": "event_callback", "team_id": self._team, "event": {**event, **place}}

    def _doubt(self, error: SlackApiError, what: str) -> None:
        """Notes that Slack does not let us read something. Raises the error if that is not what it says."""
        code = code_of(error)
        if code in REJECTED:
            raise TokenRejected(self._channel.id, code) from error
        if code not in _UNREADABLE:
            raise error
        log.info("channel %s: Slack does not show %s (%s)", self._channel.id, what, code)
        if not what.startswith("rooms"):
            self._doubts.append(f"{what} could not be read ({code})")

    async def _pages(self, method: str, field: str, **arguments: str) -> AsyncIterator[Message]:
        cursor = ""
        for _ in range(MAX_PAGES):
            more = {"cursor": cursor} if cursor else {}
            page = await self._call(method, {**arguments, **more, "limit": PAGE})
            for entry in page.get(field) or ():
                yield entry
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return
        where = arguments.get("channel") or arguments.get("types")
        self._doubts.append(f"only the newest {MAX_PAGES * PAGE} entries of {where} were read")

    async def _call(self, method: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """One answer of Slack; a call that is to come later is made later."""
        for _ in range(TRIES):
            try:
                answer = await self._web.api_call(method, http_verb="GET", params=dict(arguments))
                return answer.data if isinstance(answer.data, dict) else {}
            except SlackApiError as error:
                wait = retry_after(error)
                if wait is None:
                    raise
                log.info("channel %s: Slack asks to wait %s before %s", self._channel.id, wait, method)
            await self._pause(wait.total_seconds())
        raise TimeoutError(f"Slack asked to slow down {TRIES} times in a row ({method})")


def _events(message: Message, start: datetime) -> list[tuple[datetime, Mapping[str, Any]]]:
    """What Slack would have sent for the message since `start`, each with its moment: the message, its last edit."""
    if message.get("type", "message") != "message":
        return []
    events: list[tuple[datetime, Mapping[str, Any]]] = []
    spoken = dict(message)
    if spoken.get("thread_ts") == spoken["ts"]:
        del spoken["thread_ts"]  # an event of the message came before anybody had answered it
    if _at(message["ts"]) >= start:
        events.append((_at(message["ts"]), spoken | {"type": "message"}))
    edited = (message.get("edited") or {}).get("ts")
    if edited and _at(edited) >= start:
        change = {"type": "message", "subtype": "message_changed", "ts": edited, "event_ts": edited, "message": message}
        events.append((_at(edited), change))
    return events


def _at(stamp: object) -> datetime:
    return moment(str(stamp or "0"))


def _stamp(at: datetime) -> str:
    return f"{at.timestamp():.6f}"
