"""Journeys through the pages in a real browser: keyboard, live, lost connections, phones, screen readers."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, Route, expect

from conversation.clock import SystemClock
from conversation.conversation import State
from tests.browser import PATIENCE_MS, accessible, serving
from tests.conversation.files import EXE
from tests.web.world import PASSWORD, World
from web.application import create_app

pytestmark = pytest.mark.asyncio(loop_scope="session")
WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 360, "height": 740}


class Visit:
    """One person's browser on a world of its own."""

    def __init__(self, world: World, address: str, context: BrowserContext) -> None:
        self.world, self.address, self.context = world, address, context
        self.complaints: list[str] = []

    async def page(self, who: str = "", path: str = "/") -> Page:
        page = await self.context.new_page()
        page.on("console", lambda m: self.complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda e: self.complaints.append(str(e)))
        page.set_default_timeout(PATIENCE_MS)
        if who:
            await page.goto(f"{self.address}/login?next={path}")
            await page.fill("[name=email]", f"{who}@example.org")
            await page.fill("[name=password]", PASSWORD)
            await page.keyboard.press("Enter")
            await page.wait_for_url(lambda url: "/login" not in url)
        else:
            await page.goto(f"{self.address}{path}")
        if path.startswith("/desk"):
            await page.locator("main[data-live=up]").wait_for()
        return page


@pytest_asyncio.fixture(loop_scope="session")
async def visit(browser: Browser) -> AsyncIterator[Visit]:
    world = await World.make(SystemClock())
    async with serving(create_app(world.services())) as address:
        context = await browser.new_context(viewport=WIDE, locale="en")
        visit = Visit(world, address, context)
        yield visit
        await context.close()
    assert visit.complaints == []


async def test_an_agent_works_from_the_first_message_to_the_end_with_the_keyboard(visit: Visit):
    world, page = visit.world, await visit.page("ben", "/desk")
    await expect(page.get_by_text("You have no conversations")).to_be_visible()
    await expect(page.locator("#presence")).to_have_attribute("data-status", "online")

    c = await world.waiting("Lena K.", thread="lena", due=timedelta(minutes=10))
    later = await world.waiting("Later", thread="later", due=timedelta(minutes=50))
    await expect(page.locator(".tabs")).to_contain_text("Waiting 2")

    await page.keyboard.press("a")
    await expect(page.locator("#talk-title")).to_have_text("Lena K.")
    await expect(page.locator("#text")).to_be_focused()
    assert world.store.conversations[c.id].assignee == "ben"
    await expect(page.locator(".talk-head .figure")).to_have_text(re.compile(r"^9:\d\d$"))

    await page.keyboard.type("Hello Lena, I am looking.")
    await page.keyboard.press("Enter")
    await expect(page.locator(".line.agent .text")).to_have_text("Hello Lena, I am looking.")
    await expect(page.locator(".line.agent .mark-line")).to_have_text("Sent")
    await world.deliver()
    await expect(page.locator(".line.agent .mark-line")).to_have_text("Delivered")

    await page.keyboard.press("Escape")
    await page.keyboard.press("t")
    await expect(page.locator("#menu-transfer")).to_have_attribute("open", "")
    await page.keyboard.press("Escape")
    await world.services().desk.claim(world.staff[1], later.id)
    await expect(page.locator(".tabs")).to_contain_text("Mine 2")
    await page.locator("#transcript").focus()
    await page.keyboard.press("e")
    await page.keyboard.press("Enter")
    await expect(page.locator("#talk-title")).to_have_text("Later")
    assert world.store.conversations[c.id].state is State.RESOLVED
    assert world.store.conversations[c.id].disposition == "solved"


async def test_what_the_customer_writes_meanwhile_is_announced_before_a_reply_goes_out(visit: Visit):
    world = visit.world
    c = await world.held("ben", name="Lena", thread="lena", text="the bike is too big, a human please")
    page = await visit.page("ben", f"/desk/c/{c.id}")
    await page.fill("#text", "Send it back to us.")
    await world.write("Wait, I found my size!", "Lena", thread="lena")
    await expect(page.locator("#arrived")).to_contain_text("Wait, I found my size!")
    await expect(page.locator("#announce")).to_contain_text("Lena: Wait, I found my size!")
    await page.keyboard.press("Enter")
    await expect(page.locator(".line.agent")).to_have_count(0)
    await expect(page.locator("#text")).to_have_value("Send it back to us.")
    await page.keyboard.press("Enter")
    await expect(page.locator(".line.agent .text")).to_have_text("Send it back to us.")


async def test_a_file_that_is_refused_says_why_and_leaves_the_text_in_the_composer(visit: Visit):
    c = await visit.world.held("ben", name="Lena", text="a human please")
    page = await visit.page("ben", f"/desk/c/{c.id}")
    program = {"name": "bild.png", "mimeType": "image/png", "buffer": EXE}
    await page.locator("input[name=files]").set_input_files(program)
    await page.fill("#text", "Here is the picture.")
    await page.keyboard.press("Enter")
    mark = page.locator(".line.agent .mark-line")
    await expect(mark).to_contain_text("bild.png is a program")
    await expect(mark.get_by_role("button")).to_have_count(0)
    await expect(page.locator("#text")).to_have_value("Here is the picture.")
    assert [m for m in visit.world.store.messages.values() if m.text == "Here is the picture."] == []
    refused, visit.complaints = visit.complaints, []
    assert all("415" in complaint for complaint in refused)


async def test_a_macro_is_two_keys_away(visit: Visit):
    c = await visit.world.held("ben", name="Lena", text="a human please")
    page = await visit.page("ben", f"/desk/c/{c.id}")
    await page.locator("#transcript").focus()
    await page.keyboard.press("/")
    await expect(page.locator("#macros")).to_be_visible()
    await page.keyboard.press("Enter")
    await expect(page.locator("#text")).to_have_value("One moment please, Lena.")
    await page.keyboard.press("Enter")
    await expect(page.locator(".line.agent .text")).to_have_text("One moment please, Lena.")
    await expect(page.locator(".line.agent .mark-line")).to_have_text("Sent")
    sent = [e for e in visit.world.store.events if e.kind == "agent_replied"]
    assert sent[0].data["holding"] is True


async def test_an_answer_shown_by_live_news_before_its_request_ended_stands_there_once(visit: Visit):
    c = await visit.world.held("ben", name="Lena", text="a human please")
    page, told = await visit.page("ben", f"/desk/c/{c.id}"), asyncio.Event()

    async def held_back(route: Route) -> None:
        answer = await route.fetch()
        await told.wait()
        await route.fulfill(response=answer)

    await page.route("**/reply", held_back)
    await page.fill("#text", "On its way.")
    await page.keyboard.press("Enter")
    await expect(page.locator(".line.agent[data-sent]:not([data-local])")).to_have_text(re.compile("On its way"))
    await expect(page.locator(".line.agent")).to_have_count(1)
    told.set()
    await expect(page.locator(".line.agent .mark-line")).to_have_text("Sent")


async def test_a_draft_survives_reload_and_sign_out(visit: Visit):
    c = await visit.world.held("ben")
    page = await visit.page("ben", f"/desk/c/{c.id}")
    await page.locator("#text").press_sequentially("Half a sent")
    await expect(page.locator("#draft-state")).to_have_text("Draft kept.")
    await page.evaluate("localStorage.clear()")
    await page.reload()
    await expect(page.locator("#text")).to_have_value("Half a sent")
    await page.locator(".person summary").click()
    await page.get_by_role("button", name="Sign out").click()
    again = await visit.page("ben", f"/desk/c/{c.id}")
    await expect(again.locator("#text")).to_have_value("Half a sent")


async def test_without_a_connection_nothing_is_lost_and_nothing_is_sent_twice(visit: Visit):
    c = await visit.world.held("ben")
    page = await visit.page("ben", f"/desk/c/{c.id}")
    await expect(page.locator("#connection")).to_be_hidden()
    await visit.context.set_offline(True)
    await expect(page.locator("#connection")).to_contain_text("Connection lost")
    await page.fill("#text", "Are you there?")
    await page.keyboard.press("Enter")
    await expect(page.locator(".line.trouble .mark-line")).to_contain_text("Not sent")
    await visit.context.set_offline(False)
    await page.get_by_role("button", name="Send again").click()
    await expect(page.locator(".line.agent .mark-line")).to_have_text("Sent")
    assert sum(m.text == "Are you there?" for m in visit.world.store.messages.values()) == 1
    visit.complaints[:] = [text for text in visit.complaints if "ERR_INTERNET_DISCONNECTED" not in text]


async def test_on_a_phone_there_is_one_pane_at_a_time_and_nothing_sticks_out(visit: Visit):
    world = visit.world
    c = await world.held("ben", name="W" * 200)
    page = await visit.page("ben", "/desk")
    await page.set_viewport_size(PHONE)
    await page.locator("a[data-open]").click()
    await expect(page.locator("#talk")).to_be_visible()
    await expect(page.locator(".pane.list")).to_be_hidden()
    await page.get_by_role("button", name="Details").click()
    await expect(page.locator("#details")).to_be_visible()
    await page.keyboard.press("Escape")
    for path in (f"/desk/c/{c.id}", "/desk"):
        await page.goto(f"{visit.address}{path}")
        assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    await page.go_back()
    await expect(page.locator("#talk")).to_be_visible()


async def test_a_supervisor_with_more_pages_to_go_to_has_a_desk_that_fits_a_phone_too(visit: Visit):
    page = await visit.page("sofie", "/desk")
    await page.locator(".person summary").click()
    await page.get_by_role("button", name="Deutsch").click()
    await page.set_viewport_size(PHONE)
    await expect(page.locator("html")).to_have_attribute("lang", "de")
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    await expect(page.locator(".person summary")).to_be_in_viewport(ratio=1)


async def test_a_client_admin_follows_a_number_to_the_conversation_behind_it(visit: Visit):
    world = visit.world
    c = await world.held("mira", name="Lena", thread="lena")
    world.dashboards.conversation = c.id
    page = await visit.page("carl", "/dashboard/alpenrad")
    await page.get_by_role("link", name=re.compile("^Open.*Jonas")).first.click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Lena")
    await expect(page.locator(".transcript")).to_contain_text("zurückgeben")
    await page.set_viewport_size(PHONE)
    await page.go_back()
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


async def test_the_wallboard_moves_by_itself(visit: Visit):
    page = await visit.page("sofie", "/wallboard")
    first = page.locator(".figures dd").first
    await expect(first).to_have_text("0")
    await visit.world.waiting("Lena")
    await expect(first).to_have_text("1")
    await expect(page.locator("#heard")).to_contain_text("Last heard from the server")


async def test_no_page_has_a_barrier_in_light_or_dark(visit: Visit):
    world = visit.world
    await world.waiting("Jonas", due=timedelta(minutes=-1), warned=100)
    c = await world.held("mira", name="Lena", thread="lena", warned=50)
    await world.services().desk.note(world.staff[0], c.id, "Note", key="n")
    await world.services().desk.reply(world.staff[0], c.id, "Gern.", key="r")
    await world.deliver("blocked")
    await world.write("Danke", "Lena", thread="lena")
    pages = {
        "": ("/login", "/nowhere"),
        "mira": ("/desk?list=waiting", f"/desk/c/{c.id}"),
        "carl": (
            "/dashboard/alpenrad",
            "/dashboard/alpenrad/behind/opened",
            f"/dashboard/alpenrad/c/{c.id}",
            "/dashboard/alpenrad/breaches",
            "/dashboard/alpenrad/report",
            "/dashboard/alpenrad/staffing",
        ),
        "root": ("/admin", "/dashboard", "/wallboard"),
    }
    for who, paths in pages.items():
        await visit.context.clear_cookies()
        page = await visit.page(who, paths[0])
        for path in paths:
            await page.goto(f"{visit.address}{path}")
            await accessible(page)
            await page.emulate_media(color_scheme="dark")
            await accessible(page, rules=["color-contrast"])
            await page.emulate_media(color_scheme="light")
        await page.close()
    visit.complaints[:] = [text for text in visit.complaints if "404" not in text]
