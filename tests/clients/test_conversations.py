"""Each pack's own conversation tests, through the real bot and the sample backend."""

import shutil
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

import clients
from clients.backend import create_app
from nlu.actions import pack_actions
from nlu.bot import Bot
from nlu.conversation_tests import run_tests
from nlu.http_guard import Guard
from nlu.pack import Pack, load_pack
from nlu.wire import Wire
from tests.clients.packs import PACKS, model, pack

BACKEND = "127.0.0.1:8801"
GAPS = Path(__file__).parent / "gaps"
"""Conversations as they should go, by pack, which the dialogue does not hold yet."""


@pytest.mark.parametrize("name", PACKS)
async def test_the_packs_own_conversations_go_as_written(name: str) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(create_app())) as http:
        results = await run_tests(_bot(pack(name), name, http))
    assert len(results) >= 50
    assert [f"{r.place} {r.name}\n{r.why}" for r in results if not r.passed] == []


@pytest.mark.parametrize("name", sorted(folder.name for folder in GAPS.iterdir()))
async def test_the_conversations_not_held_yet_leave_the_list_once_they_are(name: str, tmp_path: Path) -> None:
    shutil.copytree(Path(clients.__file__).parent / name, tmp_path / name, ignore=shutil.ignore_patterns("tests"))
    shutil.copytree(GAPS / name, tmp_path / name / "tests")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(create_app())) as http:
        results = await run_tests(_bot(load_pack(tmp_path / name, {}), name, http))
    held = [f"{r.place} {r.name}" for r in results if r.passed]
    assert results
    assert held == [], "these go as written now: move them to the pack"


@pytest.mark.parametrize("name", PACKS)
async def test_when_the_backend_is_down_people_take_over(name: str) -> None:
    app = create_app()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as http:
        await _take_down(app)
        results = await run_tests(_bot(pack(name), name, http))
    told = [r.why for r in results if "utter_action_failed" in r.why]
    assert told
    assert all("handed off: action_down" in why for why in told)


def _bot(loaded: Pack, name: str, http: httpx.AsyncClient) -> Bot:
    actions = pack_actions(loaded, Wire(http=http, guard=Guard({BACKEND}), pause=_at_once))
    return Bot.load(loaded, model(name), actions)


async def _at_once(seconds: float) -> None:
    assert seconds >= 0


async def _take_down(app: FastAPI) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"http://{BACKEND}") as operator:
        await operator.post("/_control", json={"down": True})
