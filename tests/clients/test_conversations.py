"""Each pack's own conversation tests, through the real bot and the sample backend."""

from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from clients.backend import create_app
from nlu.actions import pack_actions
from nlu.bot import Bot
from nlu.conversation_tests import run_tests
from nlu.http_guard import Guard
from nlu.wire import Wire
from tests.clients.packs import PACKS, model, pack

BACKEND = "127.0.0.1:8801"
GAPS = Path(__file__).parent / "known_gaps.txt"


@pytest.mark.parametrize("name", PACKS)
async def test_the_packs_own_conversations_go_as_written(name: str) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(create_app())) as http:
        results = await run_tests(_bot(name, http))
    assert len(results) >= 50
    gaps = {line for line in GAPS.read_text("utf-8").splitlines() if line.startswith(f"{name}/")}
    failed = {f"{name}/{r.file}: {r.name}": f"{r.place} {r.name}\n{r.why}" for r in results if not r.passed}
    assert [why for case, why in failed.items() if case not in gaps] == []
    assert gaps - set(failed) == set(), "they pass now: take them from the list"


@pytest.mark.parametrize("name", PACKS)
async def test_when_the_backend_is_down_people_take_over(name: str) -> None:
    app = create_app()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as http:
        await _take_down(app)
        results = await run_tests(_bot(name, http))
    told = [r.why for r in results if "utter_action_failed" in r.why]
    assert told
    assert all("handed off: action_down" in why for why in told)


def _bot(name: str, http: httpx.AsyncClient) -> Bot:
    actions = pack_actions(pack(name), Wire(http=http, guard=Guard({BACKEND}), pause=_at_once))
    return Bot.load(pack(name), model(name), actions)


async def _at_once(seconds: float) -> None:
    assert seconds >= 0


async def _take_down(app: FastAPI) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"http://{BACKEND}") as operator:
        await operator.post("/_control", json={"down": True})
