"""The web chat in a real browser: on our page and embedded in a stranger's site."""

import base64
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from playwright.async_api import Browser, BrowserContext, Page, Route, async_playwright, expect

from conversation.message import Button, ContentKind
from conversation.quota import LocalQuotas
from tests import servers
from tests.chat.world import World, served
from web.quotas import Gate, QuotaLimits, Scopes

TEXTBOX = "textbox"
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABpfZFQAAAAABJRU5ErkJggg=="
)
HOST_STYLES = "* { color: red !important; font-size: 40px } button, ol, p { display: none }"


def chromium() -> str:
    found = next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), ""
    )
    path = os.environ.get("SWITCHBOARD_TEST_CHROMIUM", found)
    if not path:
        servers.missing("browser", "Install Chromium (apt install chromium), or name one in SWITCHBOARD_TEST_CHROMIUM.")
    return path


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    path = chromium()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        await browser.close()


@pytest.fixture
def world() -> World:
    return World()


@asynccontextmanager
async def visiting(browser: Browser, **options: Any) -> AsyncIterator[tuple[BrowserContext, Page]]:
    """A new visitor; an error on the page is a failure."""
    errors: list[str] = []
    context = await browser.new_context(**{"locale": "de-DE", **options})
    page = await context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    try:
        yield context, page
    finally:
        await context.close()
    assert errors == []


def strangers_site(chat: str) -> FastAPI:
    """A shop with a will of its own: hostile styles, and a policy that lets in only our script and calls."""
    app = FastAPI()
    policy = (
        f"default-src 'none'; script-src {chat}; connect-src {chat}; img-src {chat}; style-src 'self' 'unsafe-inline'"
    )

    @app.get("/")
    async def shop() -> HTMLResponse:
        html = f'<html lang="en"><style>{HOST_STYLES}</style><h1>Shop</h1>'
        html += f'<script src="{chat}/chat/alpenrad-web/widget.js" async></script></html>'
        return HTMLResponse(html, headers={"Content-Security-Policy": policy})

    return app


async def violations(page: Page) -> list[str]:
    found = (await Axe().run(page)).response["violations"]
    return [f"{v['id']}: {[n['html'] for n in v['nodes']]}" for v in found]


async def say(page: Page, text: str) -> None:
    await page.get_by_role(TEXTBOX).fill(text)
    await page.get_by_role(TEXTBOX).press("Enter")


async def test_who_writes_too_much_at_once_is_told_when_it_goes_on_and_nothing_is_lost(
    world: World, browser: Browser
) -> None:
    few = QuotaLimits(messages=Scopes(3, 100, 100), streams=Scopes(1, 10, 10))
    async with served(world.app(gate=Gate.of(LocalQuotas(), few))) as url, visiting(browser) as (context, page):
        await page.goto(f"{url}/chat/alpenrad-web")
        for number in range(4):
            await say(page, f"Nachricht {number}")
        await expect(page.get_by_text("Sehr viel auf einmal: geht in")).to_be_visible()
        assert await violations(page) == []
        assert len(world.inbox.accepted) == 3
        second = await context.new_page()
        await second.goto(f"{url}/chat/alpenrad-web")
        await expect(second.get_by_text("Hier sind zu viele Chats offen")).to_be_visible()
        await second.close()
        fourth = (await world.inbox.holding(4))[3]
        assert fourth.text == "Nachricht 3"


async def test_half_a_character_never_keeps_a_message_back(world: World, browser: Browser) -> None:
    async with served(world.app()) as url, visiting(browser) as (_, page):
        await page.goto(f"{url}/chat/alpenrad-web")
        await page.get_by_role(TEXTBOX).evaluate("box => { box.value = 'Hallo \\ud83d und \\u{1F600}\\u0000!' }")
        await page.get_by_role(TEXTBOX).press("Enter")
        assert (await world.inbox.holding(1))[0].text == "Hallo  und \U0001f600!"


async def test_a_visitor_writes_is_answered_chooses_and_finds_it_all_again_after_a_reload(
    world: World, browser: Browser
) -> None:
    async with served(world.app()) as url, visiting(browser, viewport={"width": 360, "height": 640}) as (context, page):
        await page.goto(f"{url}/chat/alpenrad-web")
        log = page.get_by_role("log")
        await expect(log).to_contain_text("Wie kann ich helfen?")
        assert await page.evaluate("localStorage.length") == 0
        await say(page, "Wo ist meine Bestellung?")
        await world.inbox.holding(1)
        await expect(page.get_by_text("Alpi schreibt")).to_be_visible()
        world.says("<img src=x onerror=alert(1)> Diese?", buttons=[Button("100234", "/order"), Button("Andere", "/no")])
        await expect(log).to_contain_text("<img src=x onerror=alert(1)> Diese?")
        assert await violations(page) == []
        await page.get_by_role("button", name="100234").click()
        pressed = (await world.inbox.holding(2))[1]
        assert (pressed.kind, pressed.payload) == (ContentKind.BUTTON, "/order")
        await expect(page.get_by_role("button", name="Andere")).to_have_count(0)
        world.says("Ich übernehme.", agent="Mira Sonntag")
        await expect(page.get_by_text("Mira antwortet persönlich")).to_be_visible()
        await page.reload()
        await expect(log.get_by_role("listitem")).to_have_count(5)
        assert await context.cookies() == []
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert len(world.inbox.accepted) == 2


async def test_it_can_be_embedded_anywhere_and_used_by_keyboard_alone(world: World, browser: Browser) -> None:
    async with served(world.app()) as url, served(strangers_site(url)) as shop, visiting(browser) as (_, page):
        object.__setattr__(world.channel, "origins", (shop,))
        await page.goto(shop)
        launcher = page.get_by_role("button", name="Chat with Alpenrad")
        await launcher.focus()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role(TEXTBOX)).to_be_focused()
        assert await page.get_by_role(TEXTBOX).evaluate("node => getComputedStyle(node).fontSize") == "16px"
        await page.keyboard.type("How do I return my bike?")
        await page.keyboard.press("Enter")
        await world.inbox.holding(1)
        await page.keyboard.press("Escape")
        await expect(launcher).to_be_focused()
        world.says("Within 30 days, free of charge.")
        news = page.get_by_role("button", name="1 new message")
        await expect(news).to_be_visible()
        await page.reload()
        await expect(news).to_be_visible()
        await news.focus()
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("free of charge")).to_be_visible()
        await page.keyboard.press("Escape")
        await page.reload()
        world.says("Shall I send you a label?")
        await expect(news).to_be_visible()  # one, for the first has been read
        await news.focus()
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("a label?")).to_be_visible()
        assert [v for v in await violations(page) if "chat" in v.lower()] == []
    assert world.inbox.accepted[0].sender.language == "en"


async def test_what_is_written_without_a_connection_waits_marked_and_arrives_once(
    world: World, browser: Browser
) -> None:
    async with served(world.app()) as url, visiting(browser, color_scheme="dark") as (context, page):
        await page.goto(f"{url}/chat/alpenrad-web")
        await say(page, "eins")
        await world.inbox.holding(1)
        await context.set_offline(True)
        await say(page, "zwei")
        await expect(page.get_by_text("Wartet auf Verbindung")).to_be_visible()
        await expect(page.get_by_text("Keine Verbindung")).to_be_visible()
        assert await violations(page) == []
        world.says("Meinten Sie drei?")
        await context.set_offline(False)
        await world.inbox.holding(2)
        await expect(page.get_by_text("Meinten Sie drei?")).to_be_visible()
        await expect(page.get_by_role("log").get_by_role("listitem")).to_have_count(4)
        await expect(page.get_by_text("Wartet auf Verbindung")).to_have_count(0)
    assert [inbound.text for inbound in world.inbox.accepted] == ["eins", "zwei"]


async def test_unsent_words_survive_a_reload_and_a_server_in_trouble(world: World, browser: Browser) -> None:
    world.broken = True
    async with served(world.app()) as url, visiting(browser) as (_, page):
        await page.goto(f"{url}/chat/alpenrad-web")
        await say(page, "nicht verlieren")
        await expect(page.get_by_text("Wartet auf Verbindung")).to_be_visible()
        world.broken = False
        await page.reload()
        await world.inbox.holding(1)
        await expect(page.get_by_role("log").get_by_role("listitem")).to_have_count(2)
    assert [inbound.text for inbound in world.inbox.accepted] == ["nicht verlieren"]


async def test_files_are_sent_shown_and_refused_in_words(world: World, browser: Browser) -> None:
    async with served(world.app()) as url, visiting(browser) as (_, page):
        await page.goto(f"{url}/chat/alpenrad-web")
        pdf = {"name": "Rechnung.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4"}
        await page.locator("input[type=file]").set_input_files(pdf)  # type: ignore[arg-type]
        await world.inbox.holding(1)
        await expect(page.get_by_role("link", name="Rechnung.pdf")).to_be_visible()
        page_file = {"name": "seite.html", "mimeType": "text/html", "buffer": b"<script>"}
        await page.locator("input[type=file]").set_input_files(page_file)  # type: ignore[arg-type]
        await expect(page.get_by_text("nehmen wir nicht an")).to_be_visible()


async def test_a_picture_whose_link_has_expired_comes_by_a_fresh_one(world: World, browser: Browser) -> None:
    async with served(world.app(sweep=0.2)) as url, visiting(browser) as (_, page):
        asked: list[str] = []

        async def expired_once(route: Route) -> None:
            asked.append(route.request.url)
            if len(asked) == 1:
                world.later(hours=2)
            await route.continue_()

        await page.route("**/files/*/bild.png", expired_once)
        await page.goto(f"{url}/chat/alpenrad-web")
        picture = {"name": "bild.png", "mimeType": "image/png", "buffer": PIXEL}
        await page.locator("input[type=file]").set_input_files(picture)
        shown = page.get_by_role("img", name="bild.png")
        await expect(shown).to_have_js_property("naturalWidth", 1)
        assert len(asked) == len(set(asked)) == 2
        assert await page.locator("a:has(img)").get_attribute("href") == asked[1]
