"""The Rasa engine against what the real server once answered, played by a server that can also misbehave."""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache

import pytest

from conversation.understanding import FALLBACK_INTENT, Entity, RankedIntent
from nlu.embedded.engine import EmbeddedEngine
from nlu.engine import Engine, EngineUnavailable
from nlu.rasa.address import Address
from nlu.rasa.answers import MAX_CHARS, MAX_WORDS, heard, read_answer
from nlu.rasa.engine import RasaEngine
from nlu.rasa.errors import RasaDown, RasaRefused
from nlu.rasa.server import RasaServer
from tests.nlu.bike_shop import bike_shop
from tests.nlu.rasa.contract import TEXTS, adapter_hash, record, recorded_model, requests
from tests.nlu.rasa.fake_server import TOKEN, FakeRasa, fake_rasa, near
from tests.nlu.rasa.promises import EnginePromises


class Clock:
    """A monotonic clock that stands still until told."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def fake() -> Iterator[FakeRasa]:
    with fake_rasa() as server:
        yield server


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(fake: FakeRasa, clock: Clock) -> Iterator[RasaServer]:
    made = near(Address(fake.url, TOKEN), clock=clock, deadline=0.3)
    yield made
    fake.wake.set()
    made.close()


@pytest.fixture
def rasa(server: RasaServer, clock: Clock) -> RasaEngine:
    return RasaEngine(server, recorded_model(), clock=clock)


def test_the_record_is_as_new_as_the_adapter() -> None:
    assert record()["adapter"] == adapter_hash(), (
        "nlu/rasa has changed since the real server was last asked: make record-rasa, and commit tests/nlu/rasa/contract.json"
    )
    assert set(record()["answers"]) == {asked.key for asked in requests()}


class TestTheRecordedRasa(EnginePromises):
    @pytest.fixture
    def engine(self, rasa: RasaEngine) -> Engine:
        return rasa


@cache
def embedded() -> EmbeddedEngine:
    return EmbeddedEngine.train(bike_shop())


class TestTheEmbeddedEngine(EnginePromises):
    @pytest.fixture
    def engine(self) -> Engine:
        return embedded()


def test_confidence_is_a_promise_and_rasas_own_stands_beside_it(rasa: RasaEngine) -> None:
    made = rasa.parse(["Wo ist meine Bestellung 100234?"])[0]
    own = record()["answers"][requests()[0].key][1]["intent"]["confidence"]
    assert made.extra["rasa"] == own
    assert made.extra["threshold"] == rasa.threshold
    assert made.ranking[0].confidence != own
    calibration = rasa.model.calibration
    assert calibration is not None
    assert calibration.promise(0.03).wrong <= 0.03


def test_without_a_calibration_rasa_is_taken_at_its_word(rasa: RasaEngine) -> None:
    plain = replace(rasa, model=replace(rasa.model, calibration=None))
    assert plain.threshold == pytest.approx(0.97)
    for made in plain.parse(TEXTS):
        assert made.answerable is (made.in_scope and bool(made.ranking) and made.ranking[0].confidence >= 0.97)
        if made.ranking:
            assert made.ranking[0].confidence == made.extra["rasa"]


def test_nothing_is_asked_for_texts_without_words(rasa: RasaEngine, fake: FakeRasa) -> None:
    rasa.parse(["🙂", "///", ""])
    assert fake.asked == []


@pytest.mark.parametrize(
    ("mood", "words"),
    [
        ("broken", "status 500"),
        ("empty", "has no model"),
        ("says", "no Rasa server"),
        ("other", "runs nlu-another.tar.gz; this bot was judged with"),
    ],
)
def test_a_server_that_is_not_well_is_down(rasa: RasaEngine, fake: FakeRasa, mood: str, words: str) -> None:
    fake.mood = mood
    with pytest.raises(EngineUnavailable, match=words) as caught:
        rasa.parse(["how do I return my bike"])
    assert TOKEN not in str(caught.value)


def test_a_server_that_does_not_answer_in_time_is_down(rasa: RasaEngine, fake: FakeRasa) -> None:
    fake.mood = "silent"
    with pytest.raises(EngineUnavailable, match=r"did not answer within 0\.3 s"):
        replace(rasa, model=replace(rasa.model, file="")).parse(["how do I return my bike"])


def test_an_address_where_nobody_listens_is_down() -> None:
    with fake_rasa() as gone:
        url = gone.url
    server = near(Address(url, TOKEN))
    try:
        with pytest.raises(EngineUnavailable, match="cannot be reached"):
            RasaEngine(server, recorded_model()).parse(["hello"])
    finally:
        server.close()


def test_a_wrong_token_is_named_and_never_told(fake: FakeRasa) -> None:
    server = near(Address(fake.url, "some-wrong-secret"))
    try:
        with pytest.raises(RasaDown, match=r"refuses our token.*client.yml") as caught:
            server._json("POST", "/model/parse", 1.0, {"text": "hello"})
        assert "some-wrong-secret" not in str(caught.value)
    finally:
        server.close()


def test_no_log_line_shows_the_token(rasa: RasaEngine, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, logger="httpx"):
        rasa.parse(["how do I return my bike"])
    assert "model/parse" in caplog.text
    assert TOKEN not in caplog.text


def test_one_text_that_rasa_chokes_on_leaves_the_others_their_answers(rasa: RasaEngine) -> None:
    first, second, third = rasa.parse_each(["how do I return my bike", "\N{BOMB} boom", "I want to talk to someone"])
    assert isinstance(second, EngineUnavailable)
    assert [one.ranking[0].name for one in (first, third) if not isinstance(one, Exception)] == ["return_item", "human"]


def test_after_three_failures_nobody_waits_and_a_trial_brings_it_back(
    rasa: RasaEngine, fake: FakeRasa, clock: Clock
) -> None:
    fake.mood = "broken"
    for _ in range(3):
        with pytest.raises(EngineUnavailable):
            rasa.parse(["how do I return my bike"])
    asked = len(fake.asked)
    with pytest.raises(EngineUnavailable, match="kept failing"):
        rasa.parse(["how do I return my bike"])
    assert len(fake.asked) == asked
    fake.mood = "well"
    clock.now += 60
    assert rasa.parse(["how do I return my bike"])[0].engine == "rasa"


def test_never_more_than_four_at_a_time_whoever_asks(rasa: RasaEngine, fake: FakeRasa) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: rasa.parse(TEXTS[:4]), range(8)))
    assert all(len(batch) == 4 for batch in made)
    assert 1 <= fake.most_busy <= 4 + 1  # one more may look at the status


def test_who_waits_too_long_for_a_turn_is_told(rasa: RasaEngine, clock: Clock) -> None:
    hurried = replace(rasa, patience=0.0)
    with pytest.raises(EngineUnavailable, match="more to do"):
        hurried.parse(["how do I return my bike"])
    assert clock.now == 0


def test_a_refused_swap_says_rasas_reason(rasa: RasaEngine) -> None:
    with pytest.raises(RasaRefused, match=r"did not take models/there-is-none.tar.gz: status 400"):
        rasa.server.swap("models/there-is-none.tar.gz")


@pytest.mark.parametrize(
    ("text", "words", "offset"),
    [
        ("hello", "hello", 0),
        ('/human{"x": 1}', 'human{"x": 1}', 1),
        (" / / hello ", "hello", 5),
        ("a\ud800b\0c", "a\ufffdb\ufffdc", 0),
        ("", "", 0),
    ],
)
def test_what_is_sent_cannot_bypass_or_break_rasa(text: str, words: str, offset: int) -> None:
    assert heard(text) == type(heard(""))(words, offset)


def test_what_is_sent_has_an_end() -> None:
    assert len(heard("x" * 10_000).words) == MAX_CHARS
    assert len(heard("a " * 900).words.split()) == MAX_WORDS


def test_an_answer_is_read_with_roles_groups_and_confidences() -> None:
    answer = {
        "intent": {"name": "nlu_fallback", "confidence": 0.3},
        "intent_ranking": [
            {"name": "nlu_fallback", "confidence": 0.3},
            {"name": "a", "confidence": 0.28},
            {"name": "b", "confidence": 0.2},
        ],
        "entities": [
            {"entity": "city", "start": 3, "end": 9, "value": "Munich", "extractor": "DIETClassifier",
             "role": "from", "group": "1", "confidence_entity": 0.9},
            {"entity": "no", "start": 0, "end": 1, "value": {"a": 1}, "extractor": None},
            {"entity": "no", "start": 0, "end": 1, "value": {"a": 1}, "extractor": None},
        ],
    }  # fmt: skip
    read = read_answer(answer, 2)
    assert read.refused
    assert read.ranking == (RankedIntent("a", 0.28), RankedIntent("b", 0.2))
    assert read.entities == (
        Entity("no", "{'a': 1}", 2, 3, "rasa"),
        Entity("city", "Munich", 5, 11, "DIETClassifier", "from", "1", 0.9),
    )


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"intent": None},
        {"intent": {"name": "a", "confidence": "x"}},
        {"intent": {"name": "a", "confidence": 7}},
        {"intent": {"name": "a", "confidence": 0.5}, "entities": [{"entity": "e"}]},
    ],
)
def test_what_is_no_answer_is_down_and_not_a_crash(answer: dict[str, object]) -> None:
    with pytest.raises(RasaDown, match="not one to a parse"):
        read_answer(answer)


def test_an_intent_without_a_name_is_none() -> None:
    assert read_answer({"intent": {"name": None, "confidence": 0.0}, "intent_ranking": []}).ranking == ()
    assert read_answer({"intent": {"name": FALLBACK_INTENT, "confidence": 0.3}}).ranking == ()
