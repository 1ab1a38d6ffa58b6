"""The money pages in a real browser: no barriers, nothing sticks out on a phone, the keyboard reaches every act."""

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from sla.whatif import Replaying
from tests.browser import PATIENCE_MS, accessible, serving
from tests.builders import NOON
from tests.web.settling import MemorySettling
from tests.web.world import PASSWORD, World
from web.application import create_app

pytestmark = pytest.mark.asyncio(loop_scope="session")
BASE = "/dashboard/alpenrad"
PAGES = (
    "statement",
    "statement/2026-10",
    "statement/2026-10/lines/2",
    "statement/2026-10/lines/2/days/2026-10-04",
    "statement/2026-10/missed/first_response",
    "exclusions",
    "approvals",
    "what-if?month=2026-10&first_response=15+min&objective=soon",
    "what-if?month=2026-10&first_response=15+min&calendar=always",
)

DARK = PAGES[1::3]


@pytest_asyncio.fixture(loop_scope="session")
async def money(browser: Browser):
    world, money = await World.make(), MemorySettling(automated=3, handled=3)
    money.name = "Maximiliane " * 17  # two hundred letters
    await money.exclude("alpenrad", "c003:first_response", "spam", "https://status.example/" + "x" * 180, by="sofie")
    async with serving(create_app(world.services(settling=money, what_ifs=money))) as address:
        yield money, address


async def signed_in(browser: Browser, address: str, who: str, **how):
    context = await browser.new_context(locale="en", **how)
    page = await context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    await page.goto(f"{address}/login?next={BASE}/statement")
    await page.fill("[name=email]", f"{who}@example.org")
    await page.fill("[name=password]", PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url(lambda url: "/login" not in url)
    return page


async def test_no_money_page_has_a_barrier_or_sticks_out_on_a_phone(browser, money):
    _, address = money
    page = await signed_in(browser, address, "carl", viewport={"width": 360, "height": 740})
    for path in PAGES:
        await page.goto(f"{address}{BASE}/{path}")
        await accessible(page)
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360, path
        if path in DARK:
            await page.emulate_media(color_scheme="dark")
            await accessible(page, rules=["color-contrast"])
            await page.emulate_media(color_scheme="light")
    await page.goto(f"{address}{BASE}")
    await expect(page.locator(".waiting-note")).to_contain_text("One exclusion waits for your decision")
    await accessible(page, rules=["color-contrast"])
    await page.context.close()


async def test_the_days_of_a_long_month_have_no_barrier_either(browser, money):
    settling, address = money
    settling.facts["automated"] = 3_100
    page = await signed_in(browser, address, "carl", viewport={"width": 360, "height": 740})
    await page.goto(f"{address}{BASE}/statement/2026-10/lines/3")
    await accessible(page, rules=["color-contrast"])
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360
    await page.get_by_role("link", name="Oct 4").or_(page.get_by_role("link", name="4 Oct")).click()
    await expect(page.locator("h1")).to_contain_text("Agent minutes")
    await page.context.close()


async def test_a_what_if_that_takes_long_comes_by_itself(browser, money):
    settling, address = money
    page = await signed_in(browser, address, "carl", viewport={"width": 360, "height": 740})
    settling.replaying = [Replaying(n, 40, NOON) for n in (0, 10, 30)]
    await page.goto(f"{address}{BASE}/what-if?month=2026-10&first_response=15+min")
    await accessible(page)
    await expect(page.locator(".far")).to_have_text("30 of 40 conversations")
    await expect(page.get_by_role("heading", name="promises change sides")).to_be_visible()
    await expect(page.locator("[data-replaying]")).to_have_count(0)
    await page.context.close()


async def test_a_client_admin_decides_with_the_keyboard(browser, money):
    settling, address = money
    page = await signed_in(browser, address, "carl", viewport={"width": 1280, "height": 800})
    await page.goto(f"{address}{BASE}/exclusions")
    await page.get_by_role("button", name="Approve").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator(".entries .tag")).to_have_text("approved")
    assert settling.ledger[0].approved_by == "carl@example.org"
    await page.context.close()


async def test_a_provider_admin_closes_a_month_after_seeing_what_is_frozen(browser, money):
    settling, address = money
    page = await signed_in(browser, address, "root", viewport={"width": 1280, "height": 800})
    await page.get_by_role("link", name="Close the month").click()
    await accessible(page)
    await page.get_by_role("button", name="Close October 2026 for good").click()
    await expect(page.locator("h1")).to_contain_text("closed")
    assert settling.asked[-1][2] == "2026-10"
    await page.context.close()
