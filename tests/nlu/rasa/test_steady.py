"""While the Rasa server is down: the embedded engine stands in, or a person is called; seen in counters and one log line."""

import logging
from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from app.engines import Engines
from app.metrics import Metrics
from conversation.ids import ClientId
from nlu.embedded.engine import EmbeddedEngine
from nlu.pack import Pack, load_pack
from nlu.rasa.address import Address, jwt
from nlu.rasa.engine import RasaEngine
from nlu.rasa.model import NotARasaModel, RasaModel
from nlu.rasa.steady import SteadyEngine
from nlu.rasa.workshop import guard_of
from tests.nlu.bike_shop import bike_shop
from tests.nlu.rasa.contract import recorded_model
from tests.nlu.rasa.fake_server import TOKEN, FakeRasa, fake_rasa, near
from tests.nlu.shop_pack import texts

ASKED = "how do I return my bike"


@pytest.fixture
def fake() -> Iterator[FakeRasa]:
    with fake_rasa() as server:
        yield server


@pytest.fixture
def rasa(fake: FakeRasa) -> Iterator[RasaEngine]:
    server = near(Address(fake.url, TOKEN))
    yield RasaEngine(server, recorded_model())
    server.close()


@pytest.fixture(scope="module")
def stand_in() -> EmbeddedEngine:
    return EmbeddedEngine.train(bike_shop())


def test_the_stand_in_answers_only_what_rasa_leaves_open(rasa: RasaEngine, stand_in: EmbeddedEngine) -> None:
    engine = SteadyEngine(ClientId("shop"), rasa, stand_in)
    made = engine.parse([ASKED, "\N{BOMB} where is my refund", "I want to talk to someone"])
    assert [one.engine for one in made] == ["rasa", "embedded", "rasa"]
    assert [one.ranking[0].name for one in made] == ["return_item", "refund", "human"]
    assert [one.extra.get("stand_in", False) for one in made] == [False, True, False]
    assert not any("down" in one.extra for one in made)


def test_without_a_stand_in_the_dialogue_hears_that_the_engine_is_down(rasa: RasaEngine, fake: FakeRasa) -> None:
    fake.mood = "broken"
    made = SteadyEngine(ClientId("shop"), rasa).parse(["wo ist mein Rad, bitte schön", ASKED])
    assert [one.extra for one in made] == [{"down": True}] * 2
    assert [one.language for one in made] == ["de", "en"]


def test_going_down_and_coming_back_are_told_once_each(
    rasa: RasaEngine, fake: FakeRasa, caplog: pytest.LogCaptureFixture
) -> None:
    engine = SteadyEngine(ClientId("shop"), rasa)
    with caplog.at_level(logging.WARNING):
        for mood in ("well", "empty", "empty", "well", "well"):
            fake.mood = mood
            engine.look(keep=False)
            engine.parse([ASKED])
    told = [line.getMessage() for line in caplog.records if line.name == "nlu.rasa.standing"]
    assert len(told) == 2
    assert told[0].startswith("the engine of shop is down, people take over: ")
    assert told[1] == "the engine of shop is back"


def test_the_counters_show_what_was_answered_and_missed(rasa: RasaEngine, fake: FakeRasa) -> None:
    registry = CollectorRegistry()
    engine = SteadyEngine(ClientId("shop"), rasa, watch=Metrics(registry))
    engine.parse([ASKED, ASKED])
    engine.parse(["\N{BOMB}x"])
    label = '{client="shop",engine="rasa"}'
    assert f"switchboard_engine_up{label} 1.0" in generate_latest(registry).decode()  # one text was too much, no more
    fake.mood = "empty"
    engine.parse([ASKED])
    shown = generate_latest(registry).decode()
    assert f"switchboard_engine_texts_total{label} 2.0" in shown
    assert f"switchboard_engine_missed_total{label} 2.0" in shown
    assert f"switchboard_engine_up{label} 0.0" in shown


def pack(fallback: str, url: str) -> Pack:
    files = dict(texts())
    files["client.yml"] += f"\nengine: {{kind: rasa, url: '{url}', token: {TOKEN}, fallback: {fallback}}}\n"
    return load_pack(files)


@pytest.mark.parametrize(("fallback", "engine"), [("embedded", "embedded"), ("handoff", "")])
def test_the_pack_chooses_what_happens_while_its_server_is_down(fake: FakeRasa, fallback: str, engine: str) -> None:
    fake.mood = "broken"
    engines = Engines(guard=guard_of(Address(fake.url)))
    try:
        made = engines.load(pack(fallback, fake.url), recorded_model().to_bytes()).parse(["hello there"])
        assert made[0].engine == engine
        assert bool(made[0].extra.get("down")) is (fallback == "handoff")
    finally:
        engines.close()


def test_bots_of_one_address_share_one_server(fake: FakeRasa) -> None:
    engines = Engines(guard=guard_of(Address(fake.url)))
    try:
        choice = pack("handoff", fake.url).profile.engine
        assert engines.server(choice) is engines.server(choice)
        assert TOKEN not in repr(choice)
        assert TOKEN not in repr(engines.server(choice).address)
    finally:
        engines.close()


def test_a_kept_model_comes_back_and_a_changed_byte_is_refused() -> None:
    model = RasaModel("nlu-x.tar.gz", "ab", recorded_model().calibration, b"\x00\nembedded", {"rasa": "3.6.21"})
    kept = model.to_bytes()
    again = RasaModel.from_bytes(kept)
    assert (again.file, again.stand_in, again.facts) == (model.file, model.stand_in, model.facts)
    assert again.calibration is not None
    assert again.to_bytes() == kept
    with pytest.raises(NotARasaModel, match="damaged"):
        RasaModel.from_bytes(kept[:-1] + b"X")
    with pytest.raises(NotARasaModel, match="not a model"):
        RasaModel.from_bytes(b"PK")


def test_a_jwt_is_sent_in_the_header_and_nothing_in_the_address(fake: FakeRasa) -> None:
    server = near(Address(fake.url, jwt_secret="secret"))
    try:
        assert server.version() == "3.6.21"
        assert fake.headers[-1]["Authorization"].startswith("Bearer ey")
    finally:
        server.close()


def test_the_jwt_is_what_rfc_7519_says() -> None:
    made = jwt("your-256-bit-secret", 1_700_000_000)
    head, payload, proof = made.split(".")
    assert head == "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
    assert "=" not in payload + proof
    assert made == jwt("your-256-bit-secret", 1_700_000_000)
    assert made != jwt("another", 1_700_000_000)
