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
THIRD = 0.04
"""False alarms in the set that was written blind, when the first two were as good as without any."""


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.txt")), ids=lambda file: file.stem)
async def test_danger_is_heard_and_what_sounds_like_it_is_not(file: Path) -> None:
    client, _, nth = file.stem.partition("-")
    bot = Bot.load(pack(client), model(client), FakeActions({}))
    real, harmless = _lines(file, "! "), _lines(file, "- ")
    assert len(real) >= 60
    assert len(harmless) >= (150 if nth else 200)
    missed = [text for text in real if not await _is_urgent(bot, text)]
    alarms = [text for text in harmless if await _is_urgent(bot, text)]
    assert len(missed) <= (1 - FOUND) * len(real) + 1e-9, missed
    assert len(alarms) <= (THIRD if nth else FALSE_ALARMS) * len(harmless), alarms


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
