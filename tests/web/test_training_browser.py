"""Judging by keyboard in a real browser, and the trainer's pages for everybody's eyes and ears."""

import pytest
from playwright.async_api import Browser, Page, expect

from conversation.clock import SystemClock
from tests.browser import accessible, serving
from tests.web.trainer import School
from tests.web.world import PASSWORD, World
from web.application import create_app

pytestmark = pytest.mark.asyncio(loop_scope="session")
PAGES = ("", "/audit")  # the others are made of the same parts
PHONE = {"width": 360, "height": 740}


async def press(page: Page, shown: str, key: str) -> None:
    """Once the page shows that, and listens."""
    await expect(page.locator("main")).to_contain_text(shown)
    await page.locator("body[data-keys=ready]").wait_for()
    await page.keyboard.press(key)


async def test_a_trainer_judges_by_keyboard_and_no_page_has_a_barrier(browser: Browser):
    school = await School.open(await World.make(SystemClock()))
    school.fill()
    async with serving(create_app(school.services())) as address:
        context = await browser.new_context(viewport=PHONE, locale="en")
        page = await context.new_page()
        complaints: list[str] = []
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        await page.goto(f"{address}/login?next=/training/alpenrad")
        await page.fill("[name=email]", "nils@example.org")
        await page.fill("[name=password]", PASSWORD)
        await page.keyboard.press("Enter")
        await page.wait_for_url(lambda url: "/login" not in url)
        for path in PAGES:
            await page.goto(f"{address}/training/alpenrad{path}")
            await accessible(page)
            await page.emulate_media(color_scheme="dark")
            await accessible(page, rules=["color-contrast"])
            await page.emulate_media(color_scheme="light")
            assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        for asked, key in (("Rad", "1"), ("Helm", "s"), ("Schloss", "3")):
            await press(page, asked, key)
        await press(page, "Only the one you skipped is left.", "u")
        await expect(page.locator(".asked")).to_contain_text("Schloss")
        assert [(message, verdict) for message, verdict, _ in school.judging.given] == [("Rad", "right")]
        assert complaints == []
        await context.close()
