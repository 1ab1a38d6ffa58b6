"""Looks up what Slack events leave out: the names and languages of those who write."""

import asyncio
import logging
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from aiohttp import ClientError
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from conversation.clock import Clock
from conversation.message import Sender

log = logging.getLogger(__name__)

KEEP = timedelta(hours=12)
TRY_AGAIN = timedelta(minutes=10)
PATIENCE = 1.0  # seconds; Slack wants its acknowledgement within three
LIMIT = 20_000


@dataclass(frozen=True, slots=True)
class _Person:
    name: str
    language: str | None
    until: datetime


class People:
    """Remembers names for half a day. A name that cannot be had in a second stays empty; the message never waits."""

    def __init__(self, web: AsyncWebClient, clock: Clock) -> None:
        self._web = web
        self._clock = clock
        self._known: OrderedDict[str, _Person] = OrderedDict()

    async def named(self, sender: Sender) -> Sender:
        """The sender with name and language, as far as they are known."""
        now = self._clock.now()
        person = self._known.get(sender.reference)
        if person is None or person.until <= now:
            person = await self._look_up(sender.reference, now)
            self._known[sender.reference] = person
            while len(self._known) > LIMIT:
                self._known.popitem(last=False)
        return replace(sender, name=person.name or sender.name, language=person.language)

    async def _look_up(self, user: str, now: datetime) -> _Person:
        try:
            async with asyncio.timeout(PATIENCE):
                found = (await self._web.users_info(user=user, include_locale=True))["user"]
        except (SlackClientError, ClientError, TimeoutError, KeyError) as error:
            log.info("the name of Slack user %s is not known yet: %s", user, type(error).__name__)
            return _Person("", None, now + TRY_AGAIN)
        profile = found.get("profile") or {}
        name = profile.get("display_name") or profile.get("real_name") or found.get("real_name") or found.get("name")
        language = str(found.get("locale") or "").partition("-")[0]
        return _Person(str(name or ""), language or None, now + KEEP)
