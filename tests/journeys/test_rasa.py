"""A client understood by a Rasa server: answered, then the server dies in mid-traffic, then it comes back empty."""

import contextlib
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import generate_latest

from accounts.user import Role
from app.packs import ClientPack, Unusable
from app.processes import Part
from app.training import TrainedModel
from app.wiring import platform
from conversation.events import EventKind
from nlu.rasa.model import RasaModel
from nlu.variables import variable_of
from tests.clients.packs import model
from tests.journeys.house import CLIENT, House, Place, open_house
from tests.journeys.packs import Edit, open_hours, pack_copy
from tests.journeys.people import signed_in, visiting
from tests.journeys.waiting import eventually
from tests.nlu.rasa.contract import record
from tests.nlu.rasa.fake_server import TOKEN, FakeRasa, fake_rasa

FILE = record()["file"]
FIRST, SECOND = (f"Wo ist meine Bestellung {number}?" for number in (100234, 100235))
SAYS = {FIRST: ("order_status", 0.99), "hallo": ("greet", 0.99)}


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes seconds in production is looked at at once; the model comes from Rasa, its stand-in from here."""
    monkeypatch.setattr("app.engine_watch.LOOK_S", 0.1)
    monkeypatch.setattr("nlu.rasa.server.REST_S", 0.2)
    monkeypatch.setattr("app.bot_versions.train_pack", trained_on_rasa)
    monkeypatch.setenv(variable_of(CLIENT, "RASA_TOKEN"), TOKEN)


def trained_on_rasa(pack: ClientPack, engine: str = "") -> TrainedModel:
    """In place of app.training.train_pack: the model that the recorded server knows."""
    stand_in = model(str(pack.id)) if pack.nlu.profile.engine.fallback == "embedded" else b""
    return TrainedModel(RasaModel(FILE, stand_in=stand_in).to_bytes(), {"engine": engine or "rasa"})


def understood_by(fake: FakeRasa, fallback: str) -> Edit:
    def edit(content: dict[str, Any]) -> None:
        content["engine"] = {"kind": "rasa", "url": fake.url, "token": "${RASA_TOKEN}", "fallback": fallback}

    return edit


async def engines(house: House, reference: str) -> list[str]:
    """Who understood each message of the newest conversation."""
    return [str(event.data.get("engine", "")) for event in await house.events(reference, EventKind.UNDERSTOOD)]


async def up(house: House) -> bool | None:
    state = (await house.built.engine_states.states([CLIENT]))[CLIENT]
    return state.up


@pytest.mark.parametrize("fallback", ["embedded", "handoff"])
async def test_while_its_server_is_dead_a_client_gets_what_it_chose_and_everybody_sees_it(
    embedded: Place, tmp_path: Path, fallback: str
) -> None:
    with contextlib.ExitStack() as life:
        first = life.enter_context(fake_rasa())
        first.mood, first.says = "empty", {**first.says, **SAYS}
        pack = pack_copy(tmp_path, open_hours(), understood_by(first, fallback))
        async with open_house(embedded, pack, Part.WEB, Part.WORKER, allowed_engine_hosts=[first.host]) as house:
            assert first.swaps == [f"models/{FILE}"]
            sonja = await house.employ("Sonja Huber", Role.SUPERVISOR)
            carl = await house.employ("Carl Alpen", Role.CLIENT_ADMIN)
            async with visiting(house.url) as lena, signed_in(house.url, sonja) as supervisor:
                await lena.asks(FIRST, "Deine Bestellung 100234")
                assert await engines(house, lena.reference) == ["rasa"]
                assert await eventually(lambda: up(house), "a worker has seen the server")
                assert "has understood the messages without a break" in await supervisor.reads("/dashboard/alpenrad")

                life.close()
                await lena.says(SECOND)
                if fallback == "embedded":
                    await lena.hears("Deine Bestellung 100235")
                else:
                    await lena.hears(" weiter")
                assert (await engines(house, lena.reference))[-1] != "rasa"
                told = {
                    "embedded": "The embedded engine understands the messages in its place",
                    "handoff": "People take the messages in its place",
                }[fallback]
                page = await eventually(lambda: reading(supervisor, told), "the supervisor sees it")
                assert "cannot be reached" in page
                async with signed_in(house.url, carl) as client:
                    page = await client.reads("/dashboard/alpenrad")
                    assert told in page
                    assert "cannot be reached" not in page
                assert 'switchboard_engine_up{client="alpenrad",engine="rasa"} 0.0' in await metrics(house)

            with fake_rasa(first.port) as second:
                second.mood, second.says = "empty", {**second.says, **SAYS}
                await eventually(lambda: up(house), "the server is back with its model")
                assert second.swaps == [f"models/{FILE}"]
                async with visiting(house.url) as jonas:
                    await jonas.asks(FIRST, "Deine Bestellung 100234")
                    assert await engines(house, jonas.reference) == ["rasa"]
                assert 'switchboard_engine_up{client="alpenrad",engine="rasa"} 1.0' in await metrics(house)


async def reading(person: Any, words: str) -> str:
    """The dashboard as the person reads it, once it says `words`."""
    page = str(await person.reads("/dashboard/alpenrad"))
    return page if words in page else ""


async def metrics(house: House) -> str:
    return generate_latest(house.built.metrics.registry).decode()


async def test_a_server_inside_the_network_is_not_called_unless_the_operator_allows_it(
    place: Place, tmp_path: Path
) -> None:
    """Nor does anything that another system says come back in an error."""
    with fake_rasa() as server:
        server.mood, server.body = "says", b'{"message": "S3CR3T of another system", "model_file": "S3CR3T x"}'
        pack = pack_copy(tmp_path, open_hours(), understood_by(server, "handoff"))
        async with platform(place.settings()) as built:
            with pytest.raises(Unusable, match=f"SWITCHBOARD_ALLOWED_ENGINE_HOSTS={server.host}"):
                await built.clients.apply(pack, by="test")
        assert server.asked == []
        async with platform(place.settings(allowed_engine_hosts=[server.host])) as built:
            with pytest.raises(Unusable) as refused:
                await built.clients.apply(pack, by="test")
        assert server.asked
        assert "S3CR3T" not in str(refused.value)
        assert TOKEN not in str(refused.value)
