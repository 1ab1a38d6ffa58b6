"""The live audit as it happens: a week of answers, a sample on Monday, a judge, a broken promise, a stricter bot."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import httpx
from fastapi import FastAPI
from ruamel.yaml import YAML

from accounts.user import Role
from app.web import create_web
from app.wiring import Platform, platform
from conversation.clock import ManualClock
from conversation.pipeline import handle_inbound
from conversation.understanding import Understanding
from nlu.audit.records import UNDO_WITHIN
from nlu.audit.week import Week
from nlu.embedded.engine import EmbeddedEngine
from tests.builders import inbound
from tests.clients.packs import model
from tests.journeys.house import CLIENT, PASSWORD, WEB, Place
from tests.journeys.packs import ALPENRAD
from tests.web.conftest import Browser

WEDNESDAY = datetime(2026, 11, 18, 10, tzinfo=UTC)
MONDAY = datetime(2026, 11, 22, 23, 10, tzinfo=UTC)  # 00:10 in Berlin
WEEK = Week(2026, 47)
CUSTOMERS, WRONG = 24, 4


def openings() -> list[str]:
    """Of all that the pack's simulated customers say: what the bot is least sure of among what it answers, and most."""
    stories = YAML(typ="safe").load((ALPENRAD / "simulation.yml").read_text("utf-8"))["stories"]
    texts = sorted({text for story in stories for text in story["says"]})
    made = EmbeddedEngine.load(model(str(CLIENT))).parse(texts)
    sure = sorted((one.intent.confidence, one.text) for one in made if one.answerable)
    return [text for _, text in (*sure[: CUSTOMERS // 2], *sure[-CUSTOMERS // 2 :])]


async def a_week_of_customers(built: Platform, texts: Sequence[str]) -> None:
    now = built.clock.now()
    await built.inbox.accept([inbound(text, thread=f"t{n}", channel=WEB, at=now) for n, text in enumerate(texts)])
    while works := await built.store.lease("w", now, limit=64, hold=timedelta(minutes=1)):
        await handle_inbound(works, built.pipeline)


async def understood(built: Platform, texts: Sequence[str]) -> list[Understanding]:
    built.bots.forget(CLIENT)
    return (await built.bots.bot(CLIENT)).engine.parse(texts)


@asynccontextmanager
async def signed_in(built: Platform, app: FastAPI, name: str, role: Role) -> AsyncIterator[Browser]:
    now, email = built.clock.now(), f"{name}@example.org"
    await built.accounts.add_user(email, name.title(), PASSWORD, now, roles=[role], clients=[CLIENT])
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk.test") as client:
        browser = Browser(client)
        await browser.sign_in(name, PASSWORD)
        yield browser


async def judge_all(browser: Browser, wrong: int) -> int:
    """Judges whatever the page shows until it shows nothing; the first `wrong` ones are wrong. Returns how many."""
    path, judged = f"/training/{CLIENT}/audit", 0
    while found := re.search(
        r'name="week" value="(.+?)">.*?name="message" value="(.+?)"', (await browser.get(path)).text
    ):
        verdict = "wrong" if judged < wrong else "right"
        await browser.post(path, json=False, week=found[1], message=found[2], verdict=verdict)
        judged += 1
    return judged


async def test_a_broken_promise_makes_the_bot_stricter(embedded: Place) -> None:
    clock = ManualClock(WEDNESDAY)
    async with platform(embedded.settings(), clock=clock) as built:
        await built.clients.apply(ALPENRAD, by="test")
        app = create_web(built)
        texts = openings()
        await a_week_of_customers(built, texts)
        before = await understood(built, texts)

        clock.set(MONDAY)
        await asyncio.gather(built.live_audit.sweep(), built.live_audit.sweep())
        [report] = await built.live_audit.reports(CLIENT)
        population = report.draw.population
        assert (report.draw.week, report.draw.size) == (WEEK, population)
        assert 0 < population <= sum(one.answerable for one in before)
        assert report.versions[0].promised is not None
        assert report.versions[0].promised.wrong == 0.03

        async with signed_in(built, app, "nils", Role.TRAINER) as browser:
            assert await judge_all(browser, wrong=WRONG) == population
            clock.advance(UNDO_WITHIN)
            await built.live_audit.sweep()
            active = await built.bot_versions.active(CLIENT)
            assert active is not None
            assert active.tightened
            assert active.target == 0.03 * 0.03 / (WRONG / population)
            page = (await browser.get(f"/training/{CLIENT}")).text
            assert "2026-W47: version 1 broke its promise" in page
            assert "The bot is stricter since" in page

        after = await understood(built, texts)
        answered = [one for one in after if one.answerable]
        assert 0 < len(answered) < sum(one.answerable for one in before)
        was_answered = {one.text for one in before if one.answerable}
        assert {one.text for one in answered} <= was_answered
        surer, sure = (min(one.intent.confidence for one in some if one.answerable) for some in (after, before))
        assert surer > sure

        clock.advance(timedelta(hours=1))
        await built.live_audit.sweep()
        [alarm] = await built.live_audit.alarms(CLIENT)  # one a week, however often it is looked at
        assert alarm.settled_at is not None
        [told] = await built.audit.page([CLIENT], limit=9, act="promise.broken")
        assert told.detail["found"] == WRONG / population
        assert await built.bot_versions.active(CLIENT) == active
        async with signed_in(built, app, "anna", Role.CLIENT_ADMIN) as browser:
            page = (await browser.get(f"/dashboard/{CLIENT}?period=30")).text
            assert f"wrong answers found: {WRONG / population:.1%} ±" in page
