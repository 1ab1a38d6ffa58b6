"""Training a pack on the real Rasa, giving its server the model, and looking whether all is well there."""

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from app.engines import address_of
from app.packs import ClientPack, Unusable
from nlu.bot import Bot
from nlu.http_guard import ENGINE_HOSTS, Guard
from nlu.pack import Pack
from nlu.rasa.engine import RasaEngine
from nlu.rasa.errors import RasaDown, RasaRefused
from nlu.rasa.model import NotARasaModel, RasaModel
from nlu.rasa.project import STANDARD_CONFIG, project
from nlu.rasa.regexes import RasaPackEngine, RegexEntities
from nlu.rasa.server import RasaServer, served_as
from nlu.rasa.training import FOLDS, learn
from nlu.rasa.workshop import Serving, Workshop, python_hint
from nlu.variables import variable_of

MISSING = (
    "there is no Rasa to train on: run `make rasa-environment` (it needs Python 3.10: {hint}), or name a spare server "
    "in SWITCHBOARD_RASA_TRAINER=http://host:5005?token=…"
)


def workshop_or_refuse() -> Workshop:
    """Where Rasa models are made. Raises Unusable, saying how to get one."""
    found = Workshop.found()
    if found is None:
        raise Unusable(MISSING.format(hint=python_hint()))
    return found


def train_on_rasa(pack: ClientPack, workshop: Workshop) -> RasaModel:
    """The pack's model with its calibration, and the stand-in's if the pack wants one. What was trained before from the
    same examples and config.yml is taken as it is. Minutes. Raises Unusable.
    """
    try:
        model = _learned(pack, workshop)
        if pack.nlu.profile.engine.fallback == "embedded":
            model = replace(model, stand_in=Bot.train(pack.nlu))
    except (RasaRefused, RasaDown, ValueError) as error:
        raise Unusable(f"{pack.id}: {error}") from error
    return model


def _learned(pack: ClientPack, workshop: Workshop) -> RasaModel:
    config = pack.files.get("config.yml") or STANDARD_CONFIG.read_text(encoding="utf-8")
    digest = hashlib.sha256(f"{FOLDS} {project(config, pack.nlu.data)}".encode()).hexdigest()[:16]
    known = workshop.home / "trained" / f"{digest}.rasa"
    if known.exists():
        try:
            model = RasaModel.from_bytes(known.read_bytes())
        except NotARasaModel:
            known.unlink()
        else:
            if workshop.trainer is not None or (workshop.home / served_as(model.file)).exists():
                return model
    with workshop.spare() as server:
        lesson = learn(server, config, pack.nlu.data)
        version = server.version()
    workshop.keep(lesson.model.file, lesson.archive)
    workshop.drop(lesson.leftover)
    model = replace(lesson.model, facts={**lesson.model.facts, "rasa": version})
    known.parent.mkdir(parents=True, exist_ok=True)
    known.write_bytes(model.to_bytes())
    return model


def facts_of(model: RasaModel, target: float) -> dict[str, Any]:
    """What is known about a model, for its version and for people."""
    facts: dict[str, Any] = {"rasa_model": model.file or "whatever the server serves", **model.facts}
    if model.calibration is None:
        return facts | {"calibrated": False}
    promise = model.calibration.promise(target)
    accuracy = float(model.calibration.held_out_right.mean())
    return facts | {
        "calibrated": True,
        "held_out_accuracy": round(accuracy, 3),
        "answers_itself": round(promise.coverage, 3),
        "wrong_of_these": round(promise.wrong, 3),
        "threshold": round(promise.threshold, 3),
    }


def activate_on_rasa(pack: Pack, kept: bytes, guard: Guard) -> None:
    """Makes the client's server, which must lie where `guard` allows, load the kept model, unless it runs it already.
    Raises Unusable: nobody should make a version active that its server cannot serve.
    """
    client, choice = pack.profile.id, pack.profile.engine
    try:
        model = RasaModel.from_bytes(kept)
    except NotARasaModel as error:
        raise Unusable(f"{client}: {error}") from error
    if not choice.url:
        raise Unusable(f"{client} names no Rasa server: add `engine: {{kind: rasa, url: …}}` to its client.yml")
    server = RasaServer(address_of(choice), guard)
    try:
        if server.status().model != model.file and model.file:
            server.swap(served_as(model.file))
    except (RasaDown, RasaRefused) as error:
        raise Unusable(f"{client}: {error}") from error
    finally:
        server.close()


@contextmanager
def spare_engine(pack: Pack, kept: bytes) -> Iterator[RasaEngine]:
    """The kept model on a server that serves nobody, for as long as the block lasts: a candidate is tried out without
    taking the place of the one that runs. Raises Unusable.
    """
    profile = pack.profile
    try:
        model = RasaModel.from_bytes(kept)
        with workshop_or_refuse().spare() as server:
            server.swap(served_as(model.file))
            server.look_again()
            regexes = RegexEntities.of(pack.data, pack.domain.entities)
            yield RasaPackEngine(server, model, profile.languages, profile.bot.wrong_answers, regexes=regexes)
    except (RasaDown, RasaRefused, NotARasaModel) as error:
        raise Unusable(f"{profile.id}: {error}") from error


VARIABLE = "RASA_TOKEN"
"""The client's own variable for its server's token."""


@dataclass(frozen=True, slots=True)
class Served:
    """A pack's server that is up; `line` is what client.yml needs to use it, `variable` the client's token in `.env`,
    and `setting` what every process needs there.
    """

    line: str
    variable: str
    setting: str
    serving: Serving

    def look(self) -> None:
        """Raises Unusable when the server has died."""
        if not self.serving.alive:
            raise Unusable(f"the Rasa server ended by itself with code {self.serving.process.returncode}")


@contextmanager
def serve_pack(pack: ClientPack, port: int) -> Iterator[Served]:
    """Serves the pack's Rasa model on 127.0.0.1 for as long as the block lasts. The token is made once for each client
    and kept beside the models, for the owner's eyes only. Raises Unusable.
    """
    workshop = workshop_or_refuse()
    if workshop.python is None:
        raise Unusable(MISSING.format(hint=python_hint()))
    model = train_on_rasa(pack, workshop)
    token = _token(workshop.home / f"{pack.id}.token")
    try:
        with workshop.serve(served_as(model.file), port, token, str(pack.id)) as serving:
            url = serving.server.address.url
            line = f'engine: {{kind: rasa, url: {url}, token: "${{{VARIABLE}}}", fallback: embedded}}'
            setting = f"{ENGINE_HOSTS}={url.removeprefix('http://')}"
            yield Served(line, f"{variable_of(pack.id, VARIABLE)}={token}", setting, serving)
    except (RasaRefused, RasaDown) as error:
        raise Unusable(f"{pack.id}: {error}") from error


def _token(kept: Path) -> str:
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(kept, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(24))
    return kept.read_text("ascii").strip()
