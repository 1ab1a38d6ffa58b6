"""Danger, in sentences no pack was trained with: it reaches a person at once, and what only sounds like it does not."""

from pathlib import Path

import pytest

from conversation.conversation import HandoffReason
from nlu.bot import Bot
from nlu.conversation_tests import FakeActions
from tests.clients.packs import model, pack
from tests.nlu.talker import Talker

FOLDER = Path(__file__).parent / "danger"
FOUND, FALSE_ALARMS = 57 / 60, 0.01
REACHED = {"third": (57 / 60, 0.04), "fourth": (57 / 60, 0.02), "fifth": (56 / 60, 0.06), "sixth": (52 / 60, 0.14)}
"""What is held of the sets that were written blind, found and false alarms; each file tells what it was at first."""


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.txt")), ids=lambda file: file.stem)
async def test_danger_is_heard_and_what_sounds_like_it_is_not(file: Path) -> None:
    client, _, nth = file.stem.partition("-")
    bot = Bot.load(pack(client), model(client), FakeActions({}))
    real, harmless = _lines(file, "! "), _lines(file, "- ")
    assert len(real) >= 59
    assert len(harmless) >= (80 if nth else 200)
    missed = [text for text in real if not await _is_urgent(bot, text)]
    alarms = [text for text in harmless if await _is_urgent(bot, text)]
    found, false_alarms = REACHED.get(nth, (FOUND, FALSE_ALARMS))
    assert len(missed) <= (1 - found) * len(real) + 1e-9, missed
    assert len(alarms) <= false_alarms * len(harmless), alarms


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.txt")), ids=lambda file: file.stem)
def test_none_of_it_was_trained_with(file: Path) -> None:
    client = file.stem.partition("-")[0]
    known = {e.text.casefold().strip(" .!?") for e in pack(client).data.examples}
    fresh = [*_lines(file, "! "), *_lines(file, "- ")]
    assert [text for text in fresh if text.casefold().strip(" .!?") in known] == []


def _lines(file: Path, mark: str) -> list[str]:
    return [line.removeprefix(mark) for line in file.read_text("utf-8").splitlines() if line.startswith(mark)]


async def _is_urgent(bot: Bot, text: str) -> bool:
    talk = Talker(bot=bot)
    await talk.says(text)
    return talk.reason == HandoffReason.URGENT
