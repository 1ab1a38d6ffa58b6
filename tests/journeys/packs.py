"""Copies of the sample pack with another contract: the same bot, other hours, targets and channels."""

import functools
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

import clients
from app.packs import ClientPack
from app.training import TrainedModel
from nlu.yaml_loader import load_node
from tests.clients.packs import model

ALPENRAD = Path(clients.__file__).parent / "alpenrad"
ALWAYS = "24/7"
NEVER_NOW = "2026-01-01"

Edit = Callable[[dict[str, Any]], None]


def pack_copy(folder: Path, *edits: Edit) -> Path:
    """The sample pack in `folder`, its client.yml changed by `edits`."""
    copy = folder / "alpenrad"
    shutil.copytree(ALPENRAD, copy)
    yaml = YAML(typ="safe")
    path = copy / "client.yml"
    content = yaml.load(path)
    for edit in edits:
        edit(content)
    with path.open("w", encoding="utf-8") as file:
        yaml.dump(content, file)
    return copy


def open_hours(hours: str = ALWAYS, *closed: str) -> Edit:
    """The client is open at `hours`, whatever day it is but those `closed`."""

    def edit(content: dict[str, Any]) -> None:
        closures = [{"date": date, "name": "closed"} for date in closed]
        content["calendar"] = {"timezone": "Europe/Berlin", "hours": hours, "closures": closures}

    return edit


def channel(name: str, **settings: str) -> Edit:
    """Other settings of one channel."""

    def edit(content: dict[str, Any]) -> None:
        next(c for c in content["channels"] if c["id"] == name).update(settings)

    return edit


def targets(*rows: dict[str, Any]) -> Edit:
    """Other promises."""

    def edit(content: dict[str, Any]) -> None:
        content["sla"]["targets"] = list(rows)

    return edit


read_once = functools.cache(load_node)
"""In place of nlu.yaml_loader.load_node: copies differ in one file only."""


def trained_once(pack: ClientPack, engine: str = "") -> TrainedModel:
    """In place of app.training.train_pack: copies differ only in their contract, so one model fits all."""
    return TrainedModel(model(str(pack.id)), {"intents": len(pack.nlu.data.intents), "engine": engine})
