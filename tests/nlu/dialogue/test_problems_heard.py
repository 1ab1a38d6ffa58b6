"""Problems as the dialogue hears them: by the lists and by what the engine learned of many trades."""

from dataclasses import replace
from pathlib import Path

import pytest

from nlu.bot import Bot
from nlu.conversation_tests import FakeActions
from nlu.dialogue.reading import read
from nlu.embedded.troubles import sentences, shared_troubles
from tests.clients.packs import model, pack
from tests.nlu.talker import Talker

FOLDER = Path(__file__).parent / "problem" / "engine"
RECALL, PRECISION = 0.95, 0.9
LEARNED = sorted(file for file in FOLDER.glob("*.txt") if "_held_out" not in file.stem)


@pytest.mark.parametrize("file", LEARNED, ids=lambda file: file.stem)
async def test_what_was_learned_is_heard(file: Path) -> None:
    assert await figures(file) >= (RECALL, PRECISION)


def test_the_weights_are_those_of_the_sentences() -> None:
    assert shared_troubles().digest == sentences()[2]


async def figures(file: Path) -> tuple[float, float]:
    """Recall and precision on a file's sentences, in a pack that knows nothing of their trades."""
    bot = Bot.load(pack("kontor"), model("kontor"), FakeActions({}))
    told = [(line[0] == "!", await _reports(bot, line[2:], file.stem[:2])) for line in _lines(file)]
    right = sum(is_one and heard for is_one, heard in told)
    return right / sum(is_one for is_one, _ in told), right / sum(heard for _, heard in told)


async def _reports(bot: Bot, text: str, language: str) -> bool:
    talk = Talker(bot=bot)
    talk.conversation = replace(talk.conversation, language=language)
    (understanding,) = await bot.understand([talk.turn(text)])
    return any(clause.problem is not None for clause in read(understanding, text, bot.dialogue.lexicons[language]))


def _lines(file: Path) -> list[str]:
    return [line for line in file.read_text("utf-8").splitlines() if line.startswith(("! ", "- "))]
