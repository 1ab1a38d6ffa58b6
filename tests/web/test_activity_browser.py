"""What a real browser says about who acts."""

import asyncio
from datetime import timedelta

import pytest
from playwright.async_api import Browser, Request

from conversation.clock import SystemClock
from tests.browser import serving
from tests.web.world import PASSWORD, World
from web.application import create_app

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_what_the_desk_fetches_after_news_is_not_the_persons_act_and_what_is_clicked_is(browser: Browser):
    world = await World.make(SystemClock())
    async with serving(create_app(world.services())) as address:
        context = await browser.new_context(locale="en")
        page = await context.new_page()
        await page.goto(f"{address}/login?next=/desk")
        await page.fill("[name=email]", "mira@example.org")
        await page.fill("[name=password]", PASSWORD)
        await page.keyboard.press("Enter")
        await page.locator("main[data-live=up]").wait_for()
        calls: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        fresh = await context.new_page()  # in which nobody has touched anything

        def seen(request: Request) -> None:
            if request.resource_type == "fetch":
                calls.put_nowait((request.url.removeprefix(address), request.headers.get("x-activity", "")))

        fresh.on("request", seen)
        await fresh.goto(f"{address}/desk?list=waiting")
        await fresh.locator("main[data-live=up]").wait_for()
        c = await world.waiting("Lena K.", thread="lena", due=timedelta(minutes=10))
        row = fresh.locator(f'a[data-open="{c.id}"]')
        await row.wait_for()
        by_itself = [calls.get_nowait() for _ in range(calls.qsize())]
        assert {path.partition("?")[0] for path, _ in by_itself} >= {"/desk/list", "/desk/presence"}
        assert {activity for _, activity in by_itself} == {"background"}
        await row.click()
        await fresh.locator("#talk-title").wait_for()
        clicked = [calls.get_nowait() for _ in range(calls.qsize())]
        assert (f"/desk/c/{c.id}/part?list=waiting", "person") in clicked
        await context.close()
