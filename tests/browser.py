"""A real Chromium for journeys through pages, and a real server to point it at.

Tests with the `browser` fixture share one event loop: `pytestmark = pytest.mark.asyncio(loop_scope="session")`.
"""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest_asyncio
import uvicorn
from axe_playwright_python.async_playwright import Axe
from fastapi import FastAPI
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.servers import missing

ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
PATIENCE_MS = 20_000
expect.set_options(timeout=PATIENCE_MS)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Skips where no Chromium is found, fails where SWITCHBOARD_TEST_REQUIRE names `browser`."""
    async with async_playwright() as playwright:
        found = _chromium(playwright.chromium.executable_path)
        if found is None:
            missing("browser", "No Chromium found; install one, for example with apt-get install chromium.")
        chromium = await playwright.chromium.launch(executable_path=found, args=list(ARGUMENTS))
        yield chromium
        await chromium.close()


@asynccontextmanager
async def serving(app: FastAPI) -> AsyncIterator[str]:
    """The app on a free loopback port; yields its address."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, log_level="error", lifespan="off", timeout_graceful_shutdown=1)
        server = _Server(config)
        running = asyncio.create_task(server.serve(sockets=[listener]))
        await server.up.wait()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        await running


async def accessible(page: Page, *, rules: Sequence[str] = ()) -> None:
    """Fails with axe's own report when the page has a violation of WCAG 2.2 AA, or only of these `rules`."""
    wanted = {"type": "rule", "values": list(rules)} if rules else {"type": "tag", "values": list(WCAG)}
    results = await Axe().run(page, options={"runOnly": wanted, "resultTypes": ["violations"]})
    assert results.violations_count == 0, f"{page.url}\n{results.generate_report()}"


def _chromium(own: str) -> str | None:
    """The machine's, else Playwright's own where it was downloaded."""
    return next(filter(None, map(shutil.which, NAMES)), None) or (own if Path(own).exists() else None)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals belong to the test run."""
        yield
