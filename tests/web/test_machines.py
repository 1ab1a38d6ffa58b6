"""What machines ask: health, metrics, webhooks; and the words of both languages."""

import re
from pathlib import Path

import httpx
import pytest
from prometheus_client import CollectorRegistry, generate_latest

import web
from tests.web.world import World
from web.application import create_app
from web.formats import Formats
from web.i18n import LANGUAGES, Words, catalogue, choose
from web.ports import WebhookReply

ROOT = Path(web.__file__).parent


def client(services) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(create_app(services)), base_url="http://desk.test")


async def fine() -> str:
    return ""


async def lost() -> str:
    return "the database does not answer"


@pytest.mark.parametrize(("check", "status"), [(fine, 200), (lost, 503)])
async def test_ready_means_that_everything_needed_is_there(world: World, check, status):
    async with client(world.services(readiness={"database": check})) as http:
        answer = await http.get("/readyz")
        assert (await http.get("/healthz")).status_code == 200
    assert answer.status_code == status
    assert answer.json() == {"ready": status == 200}


async def test_metrics_count_by_route_and_never_by_path(world: World):
    registry = CollectorRegistry()
    async with client(world.services(registry=registry)) as http:
        await http.get("/desk/c/secret-id")
        await http.get("/wp-login.php")
    text = generate_latest(registry).decode()
    assert 'route="/desk/c/{conversation}"' in text
    assert 'route="(none)"' in text
    assert "secret-id" not in text


async def test_a_webhook_gets_the_raw_call_and_its_answer_goes_back(world: World):
    calls = []

    async def handle(call):
        calls.append(call)
        return WebhookReply(202, b"taken", "text/plain")

    async with client(world.services(webhooks={"/webhooks/telegram/{channel}": handle})) as http:
        answer = await http.post("/webhooks/telegram/alpenrad-tg", content=b'{"a": 1}', headers={"X-Secret": "s"})
    assert (answer.status_code, answer.text) == (202, "taken")
    assert (calls[0].params["channel"], calls[0].body, calls[0].headers["x-secret"]) == (
        "alpenrad-tg",
        b'{"a": 1}',
        "s",
    )


def test_both_languages_say_the_same_things_with_the_same_gaps():
    english, german = catalogue("en"), catalogue("de")
    assert english.keys() == german.keys()
    for key, text in english.items():
        assert set(re.findall(r"\{(\w+)\}", text)) == set(re.findall(r"\{(\w+)\}", german[key])), key


def test_every_phrase_a_page_asks_for_exists():
    known = catalogue("en").keys()
    for path in [*ROOT.rglob("*.html"), *ROOT.rglob("*.py")]:
        if "chat" in path.parts:
            continue
        for key in re.findall(r"""\b(?:t|words)\(["']([a-z_.0-9]+)["']\s*[,)]""", path.read_text()):
            assert key in known or f"{key}.other" in known, f"{path}: {key}"
    for path in [*(ROOT / "static/desk").glob("*.js"), *(ROOT / "static/js").glob("*.js")]:
        for key in re.findall(r"""\bsay\("([a-z_]+)\"""", path.read_text()):
            assert f"js.{key}" in known, f"{path}: {key}"


@pytest.mark.parametrize(
    ("wishes", "accept", "language"),
    [
        (("de-AT",), "", "de"),
        ((None, "fr"), "fr, de;q=0.8, en;q=0.9", "en"),
        ((), "xx;q=nonsense", "en"),
        ((), "", "en"),
    ],
)
def test_the_language_is_the_first_wish_we_speak(wishes, accept, language):
    assert choose(*wishes, accept=accept) == language


@pytest.mark.parametrize(
    ("seconds", "clock", "span"),
    [
        (161, "2:41", "2 min"),
        (-200, "−3:20", "3 min"),
        (3725, "1:02:05", "1 h 02 min"),
        (190_000, "2 d 04 h", "2 d 4 h"),
    ],
)
def test_durations_read_as_people_say_them(seconds, clock, span):
    f = Formats(Words("en"))
    assert (f.clock(seconds), f.span(seconds)) == (clock, span)


@pytest.mark.parametrize("language", LANGUAGES)
def test_numbers_follow_the_language(language):
    f = Formats(Words(language))
    assert f.percent(0.9641) == {"en": "96.4%", "de": "96,4 %"}[language]
    assert f.percent(None) == "–"
    assert f.number(1284) == {"en": "1,284", "de": "1.284"}[language]
