"""What the operator sees and does: doctor's finding, activation with a swap, refusals before a version becomes active."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import clients
from app.doctor import _rasa, seen_by_workers
from app.packs import ClientPack, Unusable, open_pack
from app.rasa import activate_on_rasa, facts_of
from conversation.ids import ClientId
from nlu.engine_state import EngineState
from nlu.http_guard import ENGINE_HOSTS, Guard
from nlu.profile import EngineChoice
from nlu.rasa.model import RasaModel
from tests.nlu.rasa.contract import record, recorded_model
from tests.nlu.rasa.fake_server import TOKEN, FakeRasa, fake_rasa


@pytest.fixture
def fake() -> Iterator[FakeRasa]:
    with fake_rasa() as server:
        yield server


def allowing(fake: FakeRasa) -> Guard:
    return Guard(allowed={fake.host}, setting=ENGINE_HOSTS)


def asking(fake: FakeRasa, token: str = TOKEN, fallback: str = "embedded") -> ClientPack:
    pack = open_pack(Path(clients.__file__).parent / "kontor", {})
    engine = EngineChoice("rasa", fake.url, token, fallback)
    return replace(pack, nlu=replace(pack.nlu, profile=replace(pack.nlu.profile, engine=engine)))


def test_doctor_tells_model_and_promise(fake: FakeRasa) -> None:
    found = _rasa(asking(fake), recorded_model().to_bytes(), allowing(fake))
    assert found.ok is True
    assert found.detail.startswith(f"Rasa 3.6.21 runs {record()['file']}; answers ")


@pytest.mark.parametrize(
    ("mood", "token", "words"),
    [
        ("well", "wrong", "refuses our token"),
        ("empty", TOKEN, "runs no model, not"),
        ("other", TOKEN, "runs nlu-another.tar.gz, not"),
        ("says", TOKEN, "no Rasa server"),
    ],
)
def test_doctor_tells_what_is_wrong_and_who_answers_meanwhile(
    fake: FakeRasa, mood: str, token: str, words: str
) -> None:
    fake.mood = mood
    found = _rasa(asking(fake, token, "handoff"), recorded_model().to_bytes(), allowing(fake))
    assert (found.ok, found.detail.endswith("people take over")) == (False, True)
    assert words in found.detail
    assert found.mend
    assert token not in found.detail + found.mend


def test_doctor_tells_since_when_the_workers_find_it_down() -> None:
    since = datetime(2026, 1, 7, 12, 30, tzinfo=UTC)
    state = EngineState(ClientId("shop"), "rasa", up=False, since=since, fallback="embedded", missed=3)
    assert seen_by_workers(state) == "; workers have found it down since 2026-01-07 12:30 UTC, 3 texts went elsewhere"
    assert seen_by_workers(replace(state, up=True)) == ""
    assert seen_by_workers(EngineState(ClientId("shop"), "rasa", None)) == ""


def test_a_model_of_another_engine_is_refused_before_the_server_is_asked(fake: FakeRasa) -> None:
    with pytest.raises(Unusable, match="kontor: this is not a model kept for a Rasa server"):
        activate_on_rasa(asking(fake).nlu, b"PK", allowing(fake))
    assert fake.asked == []


def test_doctor_warns_of_a_model_that_was_never_judged(fake: FakeRasa) -> None:
    assert _rasa(asking(fake), None, allowing(fake)).ok is None


def test_activation_gives_the_server_the_model_and_leaves_the_right_one_alone(fake: FakeRasa) -> None:
    kept = recorded_model().to_bytes()
    fake.mood = "empty"
    activate_on_rasa(asking(fake).nlu, kept, allowing(fake))
    activate_on_rasa(asking(fake).nlu, kept, allowing(fake))
    assert fake.swaps == [f"models/{record()['file']}"]


@pytest.mark.parametrize("mood", ["broken", "says"])
def test_what_its_server_cannot_serve_does_not_become_active(fake: FakeRasa, mood: str) -> None:
    fake.mood = mood
    with pytest.raises(Unusable, match="kontor: "):
        activate_on_rasa(asking(fake).nlu, recorded_model().to_bytes(), allowing(fake))


@pytest.mark.parametrize(("model", "calibrated"), [(recorded_model, True), (RasaModel, False)])
def test_the_facts_of_a_model_say_what_it_promises(model: Any, calibrated: bool) -> None:
    facts = facts_of(model(), 0.03)
    assert facts["calibrated"] is calibrated
    assert ("wrong_of_these" in facts) is calibrated
