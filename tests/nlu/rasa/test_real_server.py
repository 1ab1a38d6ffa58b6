"""The real Rasa, only with `make test-rasa`: the same promises, the record's truth, and both packs' conversations."""

import asyncio
import hashlib
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.packs import open_pack
from app.rasa import facts_of, train_on_rasa, workshop_or_refuse
from clients.backend import create_app
from nlu.actions import pack_actions
from nlu.bot import Bot
from nlu.conversation_tests import TestResult, run_tests
from nlu.engine import Engine
from nlu.http_guard import Guard
from nlu.rasa.address import Address
from nlu.rasa.engine import RasaEngine
from nlu.rasa.errors import RasaDown, RasaRefused
from nlu.rasa.model import RasaModel
from nlu.rasa.project import STANDARD_CONFIG, project
from nlu.rasa.server import RasaServer, served_as
from nlu.rasa.training import learn
from nlu.rasa.workshop import Workshop
from nlu.wire import Wire
from tests.clients.packs import PACKS
from tests.nlu.bike_shop import bike_shop
from tests.nlu.rasa.contract import RECORD, WITHOUT_MODEL, Asked, adapter_hash, record, requests
from tests.nlu.rasa.fake_server import near
from tests.nlu.rasa.promises import EnginePromises

pytestmark = pytest.mark.timeout(1800)
BACKEND = "127.0.0.1:8801"
CLIENTS = Path(__file__).parents[3] / "clients"


@pytest.fixture(scope="module")
def workshop() -> Workshop:
    return workshop_or_refuse()


@pytest.fixture(scope="module")
def taught(workshop: Workshop) -> Iterator[tuple[RasaServer, RasaModel, dict[str, Any]]]:
    """A real server that has learned the bike shop, its model, and what it said before it had one."""
    with workshop.spare() as server:
        before = {asked.key: asked_of(server, asked) for asked in WITHOUT_MODEL}
        lesson = learn(server, STANDARD_CONFIG.read_text("utf-8"), bike_shop())
        yield server, lesson.model, before
        workshop.drop((*lesson.leftover, lesson.model.file))


def asked_of(server: RasaServer, asked: Asked) -> tuple[int, Any]:
    token = {"right": {"token": server.address.token}, "wrong": {"token": "wrong"}, "none": {}}[asked.token]
    is_text = isinstance(asked.body, str)
    content = None if asked.body is None else asked.body if is_text else json.dumps(asked.body)
    headers = {"Content-Type": "application/x-yaml" if is_text else "application/json"} if content is not None else {}
    url = server.address.url + asked.path
    answer = httpx.request(
        asked.method, url, params=token, content=content, headers=headers, timeout=120, trust_env=False
    )
    return answer.status_code, _plain(answer.json() if answer.content else None, server)


def _plain(body: Any, server: RasaServer) -> Any:
    """Without what differs from run to run."""
    text = json.dumps(body).replace(server.address.token, "<token>").replace(server.address.url, "<url>")
    return json.loads(text)


class TestTheRealRasa(EnginePromises):
    @pytest.fixture
    def engine(self, taught: tuple[RasaServer, RasaModel, dict[str, Any]]) -> Engine:
        server, model, _ = taught
        return RasaEngine(server, model)


def test_the_record_says_what_the_server_says(taught: tuple[RasaServer, RasaModel, dict[str, Any]]) -> None:
    """With SWITCHBOARD_RASA_RECORD=1 the record is written anew."""
    server, model, before = taught
    answers = {asked.key: asked_of(server, asked) for asked in requests()}
    if os.environ.get("SWITCHBOARD_RASA_RECORD") == "1":
        kept = {
            "adapter": adapter_hash(),
            "rasa": server.version(),
            "file": model.file,
            "model": model.to_bytes().hex(),
            "answers": answers,
            "without_model": before,
        }
        RECORD.write_text(json.dumps(kept, indent=1, ensure_ascii=True, sort_keys=True) + "\n", "utf-8")
        record.cache_clear()
    assert record()["adapter"] == adapter_hash(), "the record is older than the adapter: make record-rasa"
    assert record()["rasa"] == server.version()
    for kind, said in (("answers", answers), ("without_model", before)):
        assert set(record()[kind]) == set(said)
        for key, (status, body) in said.items():
            assert record()[kind][key][0] == status, key
            assert shape(record()[kind][key][1]) == shape(body), key


def shape(body: Any) -> Any:
    """What must not differ from one training to the next: names and places, not digits behind the point."""
    if not isinstance(body, dict) or "intent" not in body:
        return sorted(body) if isinstance(body, dict) else body
    entities = [(e["entity"], e["start"], e["end"], e["value"], e["extractor"]) for e in body["entities"]]
    return body["text"], body["intent"]["name"], entities, sorted(body)


@pytest.mark.parametrize("name", PACKS)
def test_rasa_accepts_the_packs_files_as_they_are(workshop: Workshop, name: str) -> None:
    if workshop.python is None:
        pytest.skip("needs Rasa's command line, not only a spare server")
    folder = CLIENTS / name
    told = ("data", "validate", "--config", "config.yml", "--domain", "domain.yml", "--data", "nlu")
    settings = {**os.environ, "RASA_TELEMETRY_ENABLED": "false"}
    command = [str(workshop.python.absolute()), "-W", "ignore", "-m", "rasa", *told]
    done = subprocess.run(command, cwd=folder, env=settings, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def served(workshop: Workshop, model: RasaModel, name: str) -> Iterator[RasaServer]:
    """The model on a server of its own; on a spare server, if that is all there is."""
    if workshop.python is None:
        with workshop.spare() as server:
            server.swap(served_as(model.file))
            yield server
        return
    with workshop.serve(served_as(model.file), 0, secrets.token_urlsafe(16), name) as serving:
        yield serving.server


@pytest.mark.parametrize("name", PACKS)
def test_the_packs_conversations_go_as_written_or_to_people(
    workshop: Workshop, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rasa understands less of the packs' hard sentences than the embedded engine. What it does not understand it must
    not answer: a conversation may take a detour or go to a person, but hardly one may be answered wrongly.
    """
    pack = open_pack(CLIENTS / name, {})
    model = train_on_rasa(pack, workshop)
    with served(workshop, model, f"test-{name}") as server:
        engine = RasaEngine(server, model, pack.nlu.profile.languages, pack.nlu.profile.bot.wrong_answers)
        results = asyncio.run(_conversations(pack.nlu, engine))
    passed = sum(result.passed for result in results)
    misled = [result for result in results if not result.passed and answered_wrongly(result)]
    told = [
        f"\n{name}: {facts_of(model, pack.nlu.profile.bot.wrong_answers)}",
        f"{name}: {passed} of {len(results)} conversations go as written, {len(misled)} got a wrong answer",
        *(f"  not as written: {result.place} {result.name}" for result in results if not result.passed),
    ]
    with capsys.disabled():
        sys.stdout.write("\n".join(told) + "\n")
    assert passed >= 1
    assert len(misled) <= max(1, 0.05 * len(results)), [result.why for result in misled]


def answered_wrongly(result: TestResult) -> bool:
    """Whether the last understanding before the difference was trusted: then the difference is a wrong answer."""
    told = [line for line in result.why.splitlines() if "(understood:" in line]
    return bool(told) and "nlu_fallback" not in told[-1]


async def _conversations(pack: Any, engine: Engine) -> list[TestResult]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(create_app())) as http:
        actions = pack_actions(pack, Wire(http=http, guard=Guard({BACKEND})))
        return await run_tests(Bot(pack, engine, actions))


def test_a_swap_to_a_missing_model_keeps_the_old_one(taught: tuple[RasaServer, RasaModel, dict[str, Any]]) -> None:
    server, model, _ = taught
    with pytest.raises(RasaRefused, match="did not take"):
        server.swap("models/there-is-none.tar.gz")
    assert server.status().model == model.file
    server.swap(served_as(model.file))
    assert server.status().model == model.file


def test_a_wrong_token_is_named_and_never_told(taught: tuple[RasaServer, RasaModel, dict[str, Any]]) -> None:
    stranger = near(Address(taught[0].address.url, "a-wrong-token"))
    try:
        with pytest.raises(RasaDown, match="refuses our token") as caught:
            stranger.status()
        assert "a-wrong-token" not in str(caught.value)
    finally:
        stranger.close()


def test_the_archive_is_what_its_hash_says(
    workshop: Workshop, taught: tuple[RasaServer, RasaModel, dict[str, Any]]
) -> None:
    archive = workshop.home / served_as(taught[1].file)
    if not archive.exists():
        pytest.skip("the spare server keeps its models elsewhere")
    assert hashlib.sha256(archive.read_bytes()).hexdigest() == taught[1].sha256


def test_a_broken_project_is_refused_and_the_reason_stays_in_rasas_log(
    taught: tuple[RasaServer, RasaModel, dict[str, Any]],
) -> None:
    wrong = project("pipeline:\n- name: NoSuchComponent\n", bike_shop())
    with pytest.raises(RasaRefused, match="its own log says why") as refusal:
        taught[0].train(wrong, keep=False)
    assert "NoSuchComponent" not in str(refusal.value)  # what a server answers is not ours to show
