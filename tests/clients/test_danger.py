"""Danger, in sentences no pack was trained with: it reaches a person at once, and what only sounds like it does not."""

from functools import cache
from pathlib import Path

import pytest

from conversation.conversation import HandoffReason
from nlu.bot import Bot
from nlu.conversation_tests import FakeActions
from nlu.pack import Pack, load_pack
from tests.clients.packs import model, pack
from tests.nlu.talker import Talker

FOLDER = Path(__file__).parent / "danger"
FOUND, FALSE_ALARMS = 57 / 60, 0.01
"""Held of every set once it was learned from; each file tells what was found of it, and falsely, when it was new."""
OTHERS = Path(__file__).parents[1]
"""Packs that are nobody's sample: they hold a handful of examples of danger."""


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.txt")), ids=lambda file: file.stem)
async def test_danger_is_heard_and_what_sounds_like_it_is_not(file: Path) -> None:
    client = file.stem.partition("-")[0]
    bot = Bot.load(_pack(client), _model(client), FakeActions({}))
    real, harmless = _lines(file, "! "), _lines(file, "- ")
    assert len(real) >= 59
    assert len(harmless) >= 80
    missed = [text for text in real if not await _is_urgent(bot, text)]
    alarms = [text for text in harmless if await _is_urgent(bot, text)]
    assert len(missed) <= (1 - FOUND) * len(real) + 1e-9, missed
    assert len(alarms) <= FALSE_ALARMS * len(harmless), alarms


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.txt")), ids=lambda file: file.stem)
def test_none_of_it_was_trained_with(file: Path) -> None:
    client = file.stem.partition("-")[0]
    known = {e.text.casefold().strip(" .!?") for e in _pack(client).data.examples}
    fresh = [*_lines(file, "! "), *_lines(file, "- ")]
    assert [text for text in fresh if text.casefold().strip(" .!?") in known] == []


@cache
def _pack(client: str) -> Pack:
    return load_pack(OTHERS / client, {}) if (OTHERS / client).is_dir() else pack(client)


@cache
def _model(client: str) -> bytes:
    return Bot.train(_pack(client)) if (OTHERS / client).is_dir() else model(client)


def _lines(file: Path, mark: str) -> list[str]:
    return [line.removeprefix(mark) for line in file.read_text("utf-8").splitlines() if line.startswith(mark)]


async def _is_urgent(bot: Bot, text: str) -> bool:
    talk = Talker(bot=bot)
    await talk.says(text)
    return talk.reason == HandoffReason.URGENT


@pytest.mark.parametrize(
    "text",
    [
        "Unfall auf der A7, hier sind Verletzte",
        "UNFALL AUF DER A7, HIER SIND VERLETZTE",
        "Unfall auf der A7, hieer sind Verletzte",
        "Unfall der A7, hier sind Verletzte",
    ],
)
async def test_what_the_pack_is_sure_of_is_danger_however_it_is_written(text: str) -> None:
    assert await _is_urgent(Bot.load(_pack("insurer"), _model("insurer"), FakeActions({})), text)
