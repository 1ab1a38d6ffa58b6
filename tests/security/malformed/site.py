"""The application over a real platform, with a customer, conversations and people of every role."""

import itertools
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
import structlog
from fastapi import FastAPI
from sqlalchemy import select

from accounts.user import Role
from app.processes import Part
from app.web import create_web
from storage.schema import conversations, threads
from storage.tenancy import ALL_CLIENTS
from tests.journeys.house import WEB, House, Place, number, open_house
from tests.journeys.packs import channel, open_hours, pack_copy
from tests.journeys.people import Colleague
from tests.journeys.waiting import eventually
from tests.platforms.slack_server import SlackServer, slack_server
from tests.platforms.telegram_server import telegram_server
from tests.security.malformed.values import MANY, SECRET, TOKEN
from tests.security.requests import Answer, Endpoint


@dataclass
class Site:
    """The application with honest values for everything a path may name."""

    app: FastAPI
    house: House
    slack: SlackServer
    values: Mapping[str, str]
    visitor: str
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1000))

    def telegram_update(self, text: str = "Hallo") -> dict[str, Any]:
        return {
            "update_id": next(self.numbers),
            "message": {
                "message_id": next(self.numbers),
                "date": int(time.time()),
                "chat": {"id": 42, "type": "private", "first_name": "Lena"},
                "from": {"id": 42, "is_bot": False, "first_name": "Lena", "language_code": "de"},
                "text": text,
                "document": {"file_id": "f", "file_unique_id": "u", "file_name": "a.pdf", "file_size": 1},
            },
        }

    def honest(self, endpoint: Endpoint) -> dict[str, str]:
        named = {name: self.values.get(name, "1") for name in endpoint.places}
        chosen = {name: t.choices[0] for name, t in endpoint.types.items() if t.choices and name not in self.values}
        return named | chosen


@dataclass(frozen=True)
class Person:
    name: str
    cookie: bytes
    csrf: bytes

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        return [(b"cookie", self.cookie), (b"x-csrf-token", self.csrf), (b"accept", b"application/json")]


@asynccontextmanager
async def site_of(place: Place, folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    monkeypatch.setenv("SWITCHBOARD_CLIENT__ALPENRAD__TELEGRAM_TOKEN", TOKEN)
    monkeypatch.setenv("SWITCHBOARD_CLIENT__ALPENRAD__TELEGRAM_SECRET", SECRET)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))  # a line for each call
    async with telegram_server(TOKEN) as telegram, slack_server() as slack:
        monkeypatch.setenv("SWITCHBOARD_CLIENT__ALPENRAD__SLACK_BOT_TOKEN", slack.bot_token)
        monkeypatch.setenv("SWITCHBOARD_CLIENT__ALPENRAD__SLACK_SIGNING_SECRET", slack.secret)
        pack = pack_copy(
            folder,
            open_hours(),
            channel("alpenrad-telegram", mode="webhook"),
            channel("alpenrad-slack", mode="events", app_token=""),
        )
        settings: dict[str, Any] = {"telegram_api_url": telegram.url, "slack_api_url": f"{slack.url}/api/"}
        settings |= dict.fromkeys(("chat_messages", "chat_uploads", "chat_megabytes", "chat_streams"), MANY)
        house_of = open_house(place, pack, Part.WORKER, **settings, desk_streams=10**6, desk_uploads=10**6)
        async with house_of as house:
            app = create_web(house.built)
            yield await _furnished(app, house, slack)


async def _furnished(app: FastAPI, house: House, slack: SlackServer) -> Site:
    """A customer who waits for a person, one who was given to one, and their names in addresses."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk.test") as client:
        token = (await client.post(f"/chat/{WEB}/session")).json()["token"]
        body = {"number": number(), "text": "Ich möchte mit einem Menschen sprechen", "language": "de"}
        headers = {"Authorization": f"Bearer {token}"}
        assert (await client.post(f"/chat/{WEB}/messages", json=body, headers=headers)).status_code == 202
    ref = await eventually(lambda: _ref(house), "the message has become a conversation")
    found = await house.found(ref)
    agent = await house.agent("Mira Sander")
    await house.built.desk.claim(agent, found.id)
    message = (await house.messages(ref))[0]
    today = datetime.now(ZoneInfo("Europe/Berlin"))  # the client's day: its month has begun before ours does
    values = {
        "client": "alpenrad",
        "conversation": str(found.id),
        "message": str(message.id),
        "month": f"{today:%Y-%m}",
        "day": today.date().isoformat(),
        "table": "days",
        "form": "csv",
        "channel": str(WEB),
        "reference": "x" * 40,
        "name": "chat.js",
        "rest": "css/base.css",
        "entry": "1",
    }
    return Site(app, house, slack, values, token)


async def _ref(house: House) -> str:
    waiting = select(threads.c.ref).join(conversations, conversations.c.thread == threads.c.id)
    async with house.built.database.reading(ALL_CLIENTS) as connection:
        return str(await connection.scalar(waiting.where(conversations.c.state == "queued")) or "")


async def sign_in(site: Site, name: str, *roles: Role) -> Person:
    email = await site.house.employ(f"{name} Person", *roles)
    transport = httpx.ASGITransport(site.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk.test") as client:
        colleague = Colleague(client)
        await colleague.signs_in(email)
        await colleague.page(_home(roles))
        cookie = "; ".join(f"{k}={v}" for k, v in client.cookies.items())
        return Person(name, cookie.encode(), colleague._token.encode())


def _home(roles: tuple[Role, ...]) -> str:
    homes = {Role.AGENT: "/desk", Role.SUPERVISOR: "/wallboard", Role.TRAINER: "/training/alpenrad"}
    homes |= {Role.CLIENT_ADMIN: "/dashboard/alpenrad", Role.PROVIDER_ADMIN: "/admin"}
    return homes[roles[0]]


class Found:
    """Counts answers and keeps those that must not be."""

    def __init__(self) -> None:
        self.answers: Counter[int] = Counter()
        self.broken: list[str] = []

    def add(self, told: str, answer: Answer) -> Answer:
        self.answers[answer.status] += 1
        if answer.status >= 500 or answer.error is not None or answer.status == 0:
            self.broken.append(f"{answer.status} {told} {answer.error!r}"[:600])
        return answer

    def told(self) -> str:
        """Empty if nothing broke."""
        return "\n".join(sorted(set(self.broken))[:40])
