"""Takes the pictures in docs/images from a running demo: `make demo` in one shell, `make screenshots` in another."""

import asyncio
import shutil
import sys
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright

BASE = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8080"
IMAGES = Path(__file__).parent / "images"
PASSWORD = "maple otter violet"  # noqa: S105  the demo's
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


async def main() -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        raise SystemExit("no Chromium found: install one, for example apt-get install chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        await chat(browser)
        await desk(browser)
        await dashboard(browser)
        await browser.close()


async def chat(browser: Browser) -> None:
    """A customer asks, is answered, and asks for a person."""
    page = await open_page(browser, 420, 760)
    await page.goto(f"{BASE}/chat/alpenrad-web")
    box = page.locator("textarea")
    for text, answered in (
        ("Where is my order 100234?", "100234 ("),
        ("I want to talk to someone", "write to you here"),
    ):
        await box.fill(text)
        await box.press("Enter")
        await page.get_by_text(answered).last.wait_for()
    await shoot(page, "chat")


async def desk(browser: Browser) -> None:
    """An agent has taken the most urgent conversation."""
    page = await sign_in(browser, "tom@demo.test", 1440, 900)
    await page.goto(f"{BASE}/desk")
    await page.keyboard.press("a")
    await page.wait_for_selector("textarea")
    await shoot(page, "desk")


async def dashboard(browser: Browser) -> None:
    page = await sign_in(browser, "admin@alpenrad.test", 1440, 1000)
    await page.goto(f"{BASE}/dashboard/alpenrad")
    await shoot(page, "dashboard")


async def sign_in(browser: Browser, email: str, width: int, height: int) -> Page:
    page = await open_page(browser, width, height)
    await page.goto(f"{BASE}/login")
    await page.fill("input[name=email]", email)
    await page.fill("input[name=password]", PASSWORD)
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
    return page


async def open_page(browser: Browser, width: int, height: int) -> Page:
    context = await browser.new_context(
        viewport={"width": width, "height": height}, locale="en-GB", timezone_id="Europe/Berlin"
    )
    return await context.new_page()


async def shoot(page: Page, name: str) -> None:
    await page.wait_for_load_state("load")
    IMAGES.mkdir(exist_ok=True)
    await page.screenshot(path=IMAGES / f"{name}.png")


if __name__ == "__main__":
    asyncio.run(main())
