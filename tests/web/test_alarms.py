"""Who is told of alarms: supervisors see who was switched off and switch them on again."""

from dataclasses import replace
from datetime import timedelta

import pytest

from conversation.conversation import Conversation
from tests.builders import NOON
from tests.web.world import ALPENRAD
from web.ports import AlarmRecipient

HOOK = AlarmRecipient(
    "webhook:alpenrad", "webhook", "hooks.alpenrad.example", (ALPENRAD,), "off", NOON, 3, 0, 9, 1, None, "410 Gone"
)
SLACK = replace(HOOK, key="slack", kind="slack", address="", clients=(), state="ready", since=None, error="")


class MemoryAlarms:
    """A web.ports.AlarmReads."""

    def __init__(self) -> None:
        self.kept = [HOOK, replace(SLACK, sent_at=NOON + timedelta(hours=1))]
        self.reported: list[Conversation] = []
        self.acts: list[tuple[str, str]] = []

    async def recipients(self, clients):
        return [one for one in self.kept if set(one.clients) <= set(clients)]

    async def dangers(self, clients):
        return [one for one in self.reported if one.client in clients]

    async def enable(self, key, clients, *, by):
        if key not in {one.key for one in await self.recipients(clients)}:
            return False
        self.acts.append((key, by.email))
        self.kept = [replace(one, state="ready", since=None) if one.key == key else one for one in self.kept]
        return True


@pytest.fixture
def alarms() -> MemoryAlarms:
    return MemoryAlarms()


@pytest.fixture
def world(world, alarms):
    """A world that tells alarms outside."""
    plain = world.services
    world.services = lambda **more: plain(alarms=alarms, **more)
    return world


async def test_who_was_switched_off_is_shown_and_switched_on_again(browse, alarms):
    sofie = await browse("sofie")
    page = (await sofie.get("/alarms")).text
    assert "switched off" in page
    assert "hooks.alpenrad.example" in page
    assert "410 Gone" in page
    assert page.count("Switch on again") == 1
    assert (await sofie.post("/alarms/enable", json=False, recipient="webhook:alpenrad")).status_code == 303
    assert alarms.acts == [("webhook:alpenrad", "sofie@example.org")]
    assert "switched off" not in (await sofie.get("/alarms")).text.replace("A webhook is switched off", "")
    assert (await sofie.post("/alarms/enable", json=False, recipient="webhook:other")).status_code == 404


async def test_the_provider_sees_them_among_all_else_and_clients_and_agents_do_not(browse, alarms):
    assert "hooks.alpenrad.example" in (await (await browse("root")).get("/admin")).text
    for who in ("carl", "mira"):
        assert (await (await browse(who)).get("/alarms")).status_code == 403


async def test_where_danger_was_reported_is_shown(browse, world, alarms):
    sofie = await browse("sofie")
    assert "Danger reported" not in (await sofie.get("/alarms")).text
    alarms.reported = [replace(await world.waiting(), topic="fire")]
    page = (await sofie.get("/alarms")).text
    assert "Danger reported" in page
    assert f"/desk/c/{alarms.reported[0].id}" in page
    assert "nobody yet" in page
