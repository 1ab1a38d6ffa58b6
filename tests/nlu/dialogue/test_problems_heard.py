"""Problems as the dialogue hears them: by the lists and by what the engine learned of many trades."""

from dataclasses import replace
from pathlib import Path

import pytest

from nlu.bot import Bot
from nlu.conversation_tests import FakeActions
from nlu.dialogue.reading import read
from nlu.embedded.reports import TOPICS, sentences, shared_reports
from tests.clients.packs import model, pack
from tests.nlu.talker import Talker

FOLDER = Path(__file__).parent / "problem" / "engine"
RECALL, PRECISION = 0.95, 0.9
UNSEEN = 0.9, 0.85
"""What is held of sentences that nothing was learned from."""
FILES = sorted(FOLDER.glob("*.txt"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
async def test_problems_are_heard_in_any_trade(file: Path) -> None:
    recall, precision = await _figures(file)
    least = UNSEEN if file.stem.endswith("held_out") else (RECALL, PRECISION)
    assert recall >= least[0]
    assert precision >= least[1]


@pytest.mark.parametrize("topic", TOPICS)
def test_the_weights_are_those_of_the_sentences(topic: str) -> None:
    assert shared_reports(topic).digest == sentences(topic)[2]


async def _figures(file: Path) -> tuple[float, float]:
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
