"""Every way a Rasa server was seen to fail, on a real socket: what the customer gets, what people see, and the way back."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from conversation.ids import ClientId
from nlu.embedded.engine import EmbeddedEngine
from nlu.rasa.address import Address
from nlu.rasa.answers import MAX_CHARS, MAX_WORDS
from nlu.rasa.engine import RasaEngine
from nlu.rasa.errors import RasaDown
from nlu.rasa.keeper import AGAIN_S, FIGHT_S, FIGHTS, STRANGE_S
from nlu.rasa.server import MAX_ANSWER_BYTES, RasaServer
from nlu.rasa.steady import SteadyEngine
from tests.nlu.bike_shop import bike_shop
from tests.nlu.rasa.contract import record, recorded_model
from tests.nlu.rasa.fake_server import TOKEN, FakeRasa, fake_rasa, near

ASKED = "how do I return my bike"
FILE = record()["file"]


@dataclass
class Clock:
    """A monotonic clock that stands still until told."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Watched:
    """A Watch that remembers what it was told last."""

    up: bool | None = None
    answered: int = 0
    lost: int = field(default=0)

    def understood(self, client: ClientId, engine: str, texts: int, seconds: float) -> None:
        self.answered += texts

    def missed(self, client: ClientId, engine: str, texts: int) -> None:
        self.lost += texts

    def stands(self, client: ClientId, engine: str, *, up: bool) -> None:
        self.up = up


@pytest.fixture(scope="module")
def stand_in() -> EmbeddedEngine:
    return EmbeddedEngine.train(bike_shop())


@pytest.fixture
def fake() -> Iterator[FakeRasa]:
    with fake_rasa() as server:
        yield server


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def servers() -> Iterator[Callable[..., RasaServer]]:
    made: list[RasaServer] = []

    def make(url: str, clock: Clock, token: str = TOKEN) -> RasaServer:
        made.append(near(Address(url, token), clock=clock, deadline=0.3))
        return made[-1]

    yield make
    for server in made:
        server.close()


@pytest.fixture
def engine(fake: FakeRasa, clock: Clock, servers: Callable[..., RasaServer], stand_in: EmbeddedEngine) -> SteadyEngine:
    rasa = RasaEngine(servers(fake.url, clock), recorded_model(), clock=clock)
    return SteadyEngine(ClientId("shop"), rasa, stand_in, Watched())


WAYS = [
    ("silent", b"", "did not answer within 0.3 s"),
    ("drips", b"", "did not answer within 0.3 s"),
    ("cut", b"", "cannot be reached"),
    ("empty", b"", "has no model"),
    ("broken", b"", "status 500"),
    ("other", b"", f"runs nlu-another.tar.gz; this bot was judged with {FILE}"),
    ("says", b"<html>It works!</html>", "is no Rasa server"),
    ("says", b"[1, 2]", "is no Rasa server"),
    ("says", b"\xff\xfe{", "is no Rasa server"),
    ("says", b'{"intent": 7}', "is not one to a parse"),
    ("says", b'{"intent": {"name": "return_item", "confidence": NaN}}', "is not one to a parse"),
    ("says", b'{"intent": {"name": "x", "confidence": 1}, "entities": [{"start": "?"}]}', "is not one to a parse"),
]


@pytest.mark.parametrize(("mood", "body", "words"), WAYS)
def test_whatever_breaks_the_customer_is_answered_people_see_why_and_it_comes_back(
    engine: SteadyEngine, fake: FakeRasa, clock: Clock, mood: str, body: bytes, words: str
) -> None:
    watch = engine.watch
    assert isinstance(watch, Watched)
    assert engine.parse([ASKED])[0].engine == "rasa"
    assert (engine.standing.state().up, watch.up) == (True, True)

    fake.mood, fake.body = mood, body
    if mood == "other":  # which model runs is looked at every few seconds
        clock.now += 6
    for _ in range(3):
        made = engine.parse([ASKED])[0]
        assert (made.engine, made.extra["stand_in"], made.ranking[0].name) == ("embedded", True, "return_item")
    state = engine.standing.state()
    assert (state.up, state.stands_in, watch.up) == (False, "embedded", False)
    assert (state.missed, watch.lost) == (3, 3)
    assert state.since is not None
    assert words in state.error
    assert TOKEN not in state.error

    fake.mood = "well"
    clock.now += 60
    engine.look(keep=True)
    assert engine.parse([ASKED])[0].engine == "rasa"
    again = engine.standing.state()
    assert (again.up, again.stands_in, watch.up) == (True, "", True)
    assert again.error == state.error
    assert again.error_at is not None


def test_a_server_that_is_killed_in_mid_traffic_loses_no_message_and_may_come_back_empty(
    clock: Clock, servers: Callable[..., RasaServer], stand_in: EmbeddedEngine
) -> None:
    with fake_rasa() as first:
        rasa = RasaEngine(servers(first.url, clock), recorded_model(), clock=clock)
        engine = SteadyEngine(ClientId("shop"), rasa, stand_in)
        assert engine.parse([ASKED] * 6)[0].engine == "rasa"
        port = first.port
    made = engine.parse([ASKED] * 6)
    assert [one.engine for one in made] == ["embedded"] * 6
    assert "cannot be reached" in engine.standing.state().error
    clock.now += 60
    engine.look(keep=True)
    assert engine.standing.state().up is False
    with fake_rasa(port) as second:
        second.mood = "empty"
        clock.now += 60
        engine.look(keep=True)
        assert second.swaps == [f"models/{FILE}"]
        assert engine.standing.state().up is True
        assert engine.parse([ASKED])[0].engine == "rasa"


def test_a_wrong_token_is_told_to_people_without_the_token(
    fake: FakeRasa, clock: Clock, servers: Callable[..., RasaServer]
) -> None:
    rasa = RasaEngine(servers(fake.url, clock, "another-secret"), recorded_model(), clock=clock)
    engine = SteadyEngine(ClientId("shop"), rasa)
    assert engine.parse([ASKED])[0].extra == {"down": True}
    state = engine.standing.state()
    assert (state.up, state.stands_in) == (False, "handoff")
    assert "refuses our token: mend `engine: {token: …}` in client.yml" in state.error
    assert "another-secret" not in state.error
    engine.look(keep=True)
    assert fake.swaps == []


def test_an_answer_without_an_end_is_not_read_to_its_end(
    fake: FakeRasa, clock: Clock, servers: Callable[..., RasaServer]
) -> None:
    fake.mood, fake.body = "says", b"{" * (MAX_ANSWER_BYTES + 1)
    server = servers(fake.url, clock)
    server.deadline = 30.0
    with pytest.raises(RasaDown, match="is longer than"):
        server.parse(ASKED, clock() + 30)


def test_two_thousand_words_are_cut_before_they_stop_everybody(engine: SteadyEngine, fake: FakeRasa) -> None:
    made = engine.parse(["where is my order " * 500])[0]
    assert made.engine == "rasa"
    (sent,) = [asked.body["text"] for asked in fake.asked if asked.path == "/model/parse"]
    assert len(sent) <= MAX_CHARS
    assert len(sent.split()) <= MAX_WORDS


def test_one_text_that_is_too_much_for_rasa_does_not_make_it_down(engine: SteadyEngine) -> None:
    engine.parse([ASKED])
    made = engine.parse(["\N{BOMB} boom"])[0]
    assert made.extra["stand_in"]
    state = engine.standing.state()
    assert (state.up, state.missed) == (True, 1)


def test_a_model_swapped_under_us_is_put_back_but_not_at_once(
    engine: SteadyEngine, fake: FakeRasa, clock: Clock
) -> None:
    """An activation elsewhere swaps first and is announced then: for so long another model is no mistake."""
    fake.mood = "other"
    engine.look(keep=True)
    assert (engine.standing.state().up, fake.swaps) == (False, [])
    clock.now += STRANGE_S + 1
    engine.look(keep=False)
    assert fake.swaps == []
    engine.look(keep=True)
    assert fake.swaps == [f"models/{FILE}"]
    assert engine.standing.state().up is True


def test_two_who_want_different_models_do_not_swap_for_ever(engine: SteadyEngine, fake: FakeRasa, clock: Clock) -> None:
    fake.mood = "stubborn"
    for _ in range(20):
        engine.look(keep=True)
        clock.now += AGAIN_S
    assert len(fake.swaps) == FIGHTS
    assert "does somebody else change it" in engine.standing.state().error
    clock.now += FIGHT_S
    fake.mood = "other"
    engine.look(keep=True)
    assert engine.standing.state().up is True


def test_a_model_that_the_server_does_not_take_back_is_told(
    engine: SteadyEngine, fake: FakeRasa, clock: Clock, servers: Callable[..., RasaServer]
) -> None:
    fake.mood = "well"
    missing = recorded_model()
    object.__setattr__(missing, "file", "there-is-none.tar.gz")
    strange = SteadyEngine(ClientId("shop"), RasaEngine(servers(fake.url, clock), missing, clock=clock))
    strange.look(keep=True)
    clock.now += STRANGE_S + 1
    strange.look(keep=True)
    assert "does not take it back: the Rasa server" in strange.standing.state().error
    assert strange.standing.state().up is False
