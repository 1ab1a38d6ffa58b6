"""The people of the journeys: a visitor of the web chat, and somebody at the desk, both over real HTTP and SSE."""

import asyncio
import base64
import json
import re
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.journeys.house import PASSWORD, WEB
from tests.journeys.waiting import PATIENCE_S

_TAG = re.compile(r"<[^>]+>")


@dataclass
class Events:
    """Server-Sent Events as they come in."""

    seen: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def read(self, answer: httpx.Response) -> None:
        name, data = "message", ""
        async for line in answer.aiter_lines():
            if line.startswith("event:"):
                name = line.removeprefix("event:").strip()
            elif line.startswith("data:"):
                data += line.removeprefix("data:").strip()
            elif not line and data:
                async with self._news:
                    self.seen.append((name, json.loads(data) if data.startswith("{") else {"data": data}))
                    self._news.notify_all()
                name, data = "message", ""

    def of(self, name: str) -> list[dict[str, Any]]:
        return [data for kind, data in self.seen if kind == name]

    async def until(self, name: str, wanted: Callable[[dict[str, Any]], bool] = lambda _: True) -> dict[str, Any]:
        """The first event of that name that is `wanted`, whether it came already or comes yet."""

        def found() -> dict[str, Any] | None:
            return next((data for data in self.of(name) if wanted(data)), None)

        try:
            async with asyncio.timeout(PATIENCE_S), self._news:
                await self._news.wait_for(lambda: found() is not None)
        except TimeoutError:
            raise AssertionError(f"no such {name} event; there were {self.seen}") from None
        event = found()
        assert event is not None
        return event


@asynccontextmanager
async def listening(client: httpx.AsyncClient, path: str, **headers: str) -> AsyncIterator[Events]:
    """The events of a stream for as long as this lasts."""
    events = Events()
    async with client.stream("GET", path, headers=headers, timeout=None) as answer:
        assert answer.status_code == 200
        reading = asyncio.create_task(events.read(answer))
        try:
            yield events
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)


class Visitor:
    """Somebody on the client's site with the chat open."""

    def __init__(self, client: httpx.AsyncClient, token: str, language: str) -> None:
        self._client = client
        self._stack = AsyncExitStack()
        self._authorization = {"Authorization": f"Bearer {token}"}
        self._language = language
        self.feed = Events()
        self.reference = _reference(token)

    async def says(self, text: str) -> None:
        """Posts a text; the feed is open from the first one on."""
        body = {"number": secrets.token_hex(8), "text": text, "language": self._language}
        answer = await self._client.post(f"/chat/{WEB}/messages", json=body, headers=self._authorization)
        assert answer.status_code == 202, answer.text
        if not self.feed.seen:
            self.feed = await self._stack.enter_async_context(
                listening(self._client, f"/chat/{WEB}/events", **self._authorization)
            )

    async def hears(self, *parts: str, author: str = "bot") -> str:
        """The first message of `author` that contains all `parts`."""
        message = await self.feed.until(
            "message", lambda m: m["author"] == author and all(part in m["text"] for part in parts)
        )
        return str(message["text"])

    async def asks(self, text: str, *parts: str) -> str:
        """Says something and waits for an answer with these parts."""
        await self.says(text)
        return await self.hears(*parts)

    async def leaves(self) -> None:
        await self._stack.aclose()


def _reference(token: str) -> str:

    body = token.partition(".")[0]
    return str(json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))[0])


@asynccontextmanager
async def visiting(url: str, language: str = "de") -> AsyncIterator[Visitor]:
    """A new visitor of the web chat."""
    async with httpx.AsyncClient(base_url=url, timeout=PATIENCE_S) as client:
        token = (await client.post(f"/chat/{WEB}/session")).json()["token"]
        visitor = Visitor(client, token, language)
        try:
            yield visitor
        finally:
            await visitor.leaves()


class Colleague:
    """Somebody signed in to the pages."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self._token = ""

    async def page(self, path: str) -> str:
        """A page's HTML."""
        answer = await self.client.get(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text[:300]}"
        if found := re.search(r'name="csrf" (?:content|value)="(\w+)"', answer.text):
            self._token = found[1]
        return answer.text

    async def reads(self, path: str) -> str:
        """What a person reads on a page."""
        return " ".join(_TAG.sub(" ", await self.page(path)).split())

    async def does(self, path: str, **form: Any) -> dict[str, Any]:
        """What the page's buttons do."""
        answer = await self.tries(path, **form)
        assert answer.status_code in (200, 204), f"{path}: {answer.status_code} {answer.text[:300]}"
        return answer.json() if answer.content else {}

    async def tries(self, path: str, **form: Any) -> httpx.Response:
        headers = {"accept": "application/json", "x-csrf-token": self._token}
        return await self.client.post(path, data=form, headers=headers)

    async def signs_in(self, email: str) -> None:
        await self.page("/login")
        form = {"email": email, "password": PASSWORD, "csrf": self._token}
        answer = await self.client.post("/login", data=form)
        assert answer.status_code == 303, answer.text
        await self.client.get("/")


@asynccontextmanager
async def signed_in(url: str, email: str) -> AsyncIterator[Colleague]:
    """A browser of that person."""
    async with httpx.AsyncClient(base_url=url, timeout=PATIENCE_S) as client:
        colleague = Colleague(client)
        await colleague.signs_in(email)
        yield colleague


@asynccontextmanager
async def at_the_desk(url: str, email: str) -> AsyncIterator[tuple[Colleague, Events]]:
    """An agent with an open desk, online, hearing what changes."""
    async with signed_in(url, email) as agent:
        await agent.page("/desk")
        await agent.does("/desk/presence", status="online")
        async with listening(agent.client, "/desk/events") as events:
            await events.until("snapshot")
            yield agent, events
