"""Pages over a world in memory, and people who are signed in to them."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import httpx
import pytest

from tests.browser import browser
from tests.web.world import PASSWORD, World
from web.application import create_app

__all__ = ["browser"]

SignIn = Callable[..., Awaitable["Browser"]]


class Browser:
    """A person's browser: cookies, and the CSRF token of the last page."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.token = ""

    async def get(self, path: str, **headers: str) -> httpx.Response:
        answer = await self.client.get(path, headers={k.replace("_", "-"): v for k, v in headers.items()})
        if found := re.search(r'name="csrf" (?:content|value)="(\w+)"', answer.text):
            self.token = found[1]
        return answer

    async def post(self, path: str, *, json: bool = True, token: str | None = None, **form: object) -> httpx.Response:
        """As the page's scripts do it, or (`json=False`) as a plain form."""
        csrf = self.token if token is None else token
        if json:
            return await self.client.post(path, data=form, headers={"accept": "application/json", "x-csrf-token": csrf})
        return await self.client.post(path, data=form | {"csrf": csrf})

    async def sign_in(self, who: str, password: str = PASSWORD, **more: str) -> httpx.Response:
        await self.get("/login")
        answer = await self.post("/login", json=False, email=f"{who}@example.org", password=password, **more)
        if answer.status_code == 303:
            await self.get(answer.headers["location"])
        return answer


@pytest.fixture
async def world() -> World:
    return await World.make()


@pytest.fixture
async def browse(world: World) -> AsyncIterator[SignIn]:
    """`await browse()` is a stranger, `await browse("mira")` somebody signed in."""
    async with AsyncExitStack() as stack:
        app = create_app(world.services())

        async def open_browser(who: str = "", **headers: str) -> Browser:
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            client = httpx.AsyncClient(transport=transport, base_url="http://desk.test", headers=headers)
            browser = Browser(await stack.enter_async_context(client))
            if who:
                await browser.sign_in(who)
            return browser

        yield open_browser
