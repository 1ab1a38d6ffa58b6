"""What people see when a live page ends, and the wallboard on a screen where nobody is signed in."""

import re
from dataclasses import replace

import pytest
from playwright.async_api import Page, expect

from accounts.user import Role
from conversation.ids import UserId
from tests.browser import accessible
from tests.web.test_browser import PHONE, Visit, visit
from tests.web.world import ALPENRAD

__all__ = ["visit"]

pytestmark = pytest.mark.asyncio(loop_scope="session")

CALLS = ("/desk/events", "/desk/list", "/desk/presence", "/wallboard/events", "/wallboard/part", "/display/")


async def edit(visit: Visit, who: str, **fields) -> None:
    user = await visit.world.users.by_id(UserId(who))
    assert user is not None
    await visit.world.users.save(replace(user, **fields))


async def asks_nothing_more(page: Page) -> None:
    """Nothing is asked of the server for longer than any retry would take."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.wait_for_timeout(9000)
    assert not [url for url in asked if any(call in url for call in CALLS)]


ENDINGS = [
    ("signed_out", "You have been signed out"),
    ("disabled", "Your account has been switched off"),
    ("rights_changed", "What you may see has been changed"),
]


async def end(visit: Visit, who: str, reason: str) -> None:
    if reason == "signed_out":
        await visit.world.sessions.end_all(UserId(who))
    elif reason == "disabled":
        await edit(visit, who, active=False)
    else:
        await edit(visit, who, roles=frozenset({Role.TRAINER}))


@pytest.mark.parametrize(("reason", "says"), ENDINGS)
async def test_the_desk_says_why_it_ended_keeps_the_text_and_asks_no_more(visit: Visit, reason: str, says: str):
    c = await visit.world.held("ben", name="Lena", text="a human please")
    page = await visit.page("ben", f"/desk/c/{c.id}")
    await page.fill("#text", "Half a sentence")
    await end(visit, "ben", reason)
    await expect(page.locator("#connection")).to_contain_text(says)
    await expect(page.locator("#connection a")).to_be_visible()
    await expect(page.locator("#text")).to_have_value("Half a sentence")
    await asks_nothing_more(page)
    await expect(page.locator("#connection")).to_contain_text(says)
    visit.complaints.clear()  # what was asked before the stream ended was refused


@pytest.mark.parametrize(("reason", "says"), ENDINGS)
async def test_the_wallboard_shows_no_old_figures_when_it_ended(visit: Visit, reason: str, says: str):
    page = await visit.page("sofie", "/wallboard")
    await expect(page.locator(".figures")).to_be_visible()
    await end(visit, "sofie", reason)
    await expect(page.locator("#figures")).to_contain_text(says)
    await expect(page.locator(".figures")).to_have_count(0)
    await asks_nothing_more(page)
    visit.complaints.clear()


async def test_a_page_whose_session_is_gone_when_it_connects_again_does_not_try_for_ever(visit: Visit):
    page = await visit.page("sofie", "/wallboard")
    await page.context.clear_cookies()
    await page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide'))")
    await page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    await expect(page.locator("#figures")).to_contain_text("You have been signed out")
    await asks_nothing_more(page)
    visit.complaints.clear()


async def test_a_screen_opens_its_link_moves_by_itself_and_goes_dark_when_it_is_revoked(visit: Visit):
    for name in ("Lena", "Jonas", "Mia"):
        await visit.world.waiting(name, thread=name)
    page = await visit.page("sofie", "/wallboard")
    await page.get_by_role("link", name="Display links").click()
    await page.fill("[name=name]", "Hall, second floor")
    await page.select_option("[name=locale]", "de")
    await page.get_by_role("button", name="Make a link").click()
    address = await page.locator(".made input").input_value()
    await accessible(page)
    await page.set_viewport_size(PHONE)
    await accessible(page)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    screen = await (await page.context.browser.new_context(viewport=PHONE, locale="en")).new_page()
    await screen.goto(address)
    await expect(screen.locator(".figures")).to_contain_text("3")
    await expect(screen.locator("#heard")).to_contain_text(re.compile(r"\d\d:\d\d"))
    await accessible(screen)
    assert await screen.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await screen.locator("a[href], form").count() <= 1  # the skip link
    await visit.world.waiting("Emma", thread="emma")
    await expect(screen.locator(".figures")).to_contain_text("4")
    await edit(visit, "sofie", clients=frozenset({ALPENRAD}))
    await expect(screen.locator(".figures")).to_be_visible()
    await page.goto(f"{visit.address}/wallboard/links")
    await page.get_by_role("button", name=re.compile("Revoke")).click()
    await expect(screen.locator("#figures")).to_contain_text("widerrufen")
    await expect(screen.locator(".figures")).to_have_count(0)
    await asks_nothing_more(screen)
    await screen.reload()
    await expect(screen.locator("h1")).to_contain_text("ended")
    await screen.context.close()
