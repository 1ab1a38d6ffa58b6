"""The demo's past is made by the real pipeline, and kept."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.demo import run as demo
from app.demo.settings import demo_settings
from app.wiring import Platform, platform
from clients import PACKS
from storage.schema import conversations, inbox, messages, sla_clocks
from storage.tenancy import ALL_CLIENTS
from tests.journeys.packs import read_once, trained_once


async def counts(built: Platform) -> dict[str, int]:
    queries = {
        "conversations": select(func.count()).select_from(conversations),
        "messages": select(func.count()).select_from(messages),
        "clocks": select(func.count()).select_from(sla_clocks),
        "waiting": select(func.count()).select_from(inbox).where(inbox.c.state == "waiting"),
        "queued": select(func.count()).select_from(conversations).where(conversations.c.state == "queued"),
    }
    async with built.database.reading(ALL_CLIENTS) as connection:
        return {name: int(await connection.scalar(query) or 0) for name, query in queries.items()}


async def test_the_past_is_lived_through_once_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "demo"
    monkeypatch.setattr(demo, "FOLDER", folder)
    monkeypatch.setattr(demo, "PACKS", PACKS[:1])
    monkeypatch.setattr("app.clients.train_pack", trained_once)
    monkeypatch.setattr("nlu.yaml_loader.load_node", read_once)
    for name in ("ALPENRAD_BACKEND_URL", "KONTOR_BACKEND_URL"):
        monkeypatch.setenv(name, "")
    monkeypatch.chdir(tmp_path)
    async with demo.backend() as port:
        settings = demo_settings(None, port, folder)
        await demo.fill_once(settings, 12, asyncio.Event())
        async with platform(settings) as built:
            first = await counts(built)
            logins = [user.email for user in await built.users.list()]
        await demo.fill_once(settings, 12, asyncio.Event())
        async with platform(settings) as built:
            assert await counts(built) == first
            assert [user.email for user in await built.users.list()] == logins
    assert 12 <= first["conversations"] <= 12 + 8
    assert first["clocks"] > 0
    assert first["queued"] > 0
    assert first["waiting"] == 0
    assert first["messages"] > 3 * first["conversations"]
    assert "mira@demo.test" in logins
