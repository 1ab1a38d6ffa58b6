"""The main job as people do it: a customer's page and an agent's desk side by side in a real Chromium."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from accounts.user import Role
from app.processes import Part
from tests.browser import accessible
from tests.journeys.house import PASSWORD, WEB, Place, open_house
from tests.journeys.packs import open_hours, pack_copy

pytestmark = pytest.mark.asyncio(loop_scope="session")


@asynccontextmanager
async def opened(browser: Browser, path: str) -> AsyncIterator[Page]:
    """A window of its own; an error in its console is a failure."""
    complaints: list[str] = []
    context = await browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 800})
    page = await context.new_page()
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda e: complaints.append(str(e)))
    await page.goto(path)
    try:
        yield page
    finally:
        await context.close()
    assert complaints == []


async def sign_in(page: Page, email: str) -> None:
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.keyboard.press("Enter")


async def say(page: Page, text: str) -> None:
    await page.get_by_role("textbox").fill(text)
    await page.get_by_role("textbox").press("Enter")


async def test_a_customer_and_an_agent_side_by_side(browser: Browser, embedded: Place, tmp_path: Path) -> None:
    async with open_house(embedded, pack_copy(tmp_path, open_hours()), Part.WEB, Part.WORKER) as house:
        mira = await house.employ("Mira Sander", Role.AGENT, Role.CLIENT_ADMIN)
        async with (
            opened(browser, f"{house.url}/chat/{WEB}") as customer,
            opened(browser, f"{house.url}/login") as agent,
        ):
            await sign_in(agent, mira)
            await expect(agent.locator("#presence")).to_have_attribute("data-status", "online")
            log = customer.get_by_role("log")
            await say(customer, "Wo ist meine Bestellung 100234?")
            await expect(log).to_contain_text("Deine Bestellung 100234")
            await say(customer, "how do I return my bike")
            await expect(log).to_contain_text("Shall I do that for you now")
            await customer.get_by_role("button", name="Yes").click()
            await expect(log).to_contain_text("reason for the return")
            await accessible(customer)
            await customer.get_by_role("button", name="Too big").click()
            await expect(log).to_contain_text("register the return like this")
            await customer.get_by_role("button", name="Yes").last.click()
            await expect(log).to_contain_text("Your return is registered")
            await say(customer, "I want to talk to someone")
            await expect(log).to_contain_text("passing you on to my colleagues")

            await expect(agent.locator(".tabs")).to_contain_text(re.compile(r"Waiting\s*1"))
            await agent.get_by_role("link", name="Waiting").click()
            await agent.locator("#rows a").first.click()
            await agent.get_by_role("button", name="Take it").click()
            transcript = agent.locator("#transcript")
            await expect(transcript).to_contain_text("I want to talk to someone")
            await expect(agent.locator("#details")).to_contain_text("R100234")
            figure = agent.locator(".talk-head .figure")
            before = await figure.inner_text()
            assert re.fullmatch(r"14:\d\d", before)
            await expect(figure).not_to_have_text(before)
            await accessible(agent)

            await agent.locator("#text").fill("Hello, I have your return here.")
            await agent.locator("#text").press("Enter")
            await expect(log).to_contain_text("I have your return here")
            await expect(customer.get_by_text("Mira", exact=False).first).to_be_visible()
            await expect(transcript.locator(".line.agent .mark-line")).to_have_text("Delivered")
            await agent.locator("#menu-resolve summary").click()
            await agent.locator("#menu-resolve button").click()
            await expect(agent.get_by_text("You have no conversations")).to_be_visible()

            await agent.goto(f"{house.url}/dashboard/alpenrad")
            await expect(agent.locator("main")).to_contain_text("Kept 100.0%")
            await accessible(agent)
