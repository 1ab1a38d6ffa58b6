"""What reads customers' words besides regular expressions takes linear time too: 40,000 letters end within a second."""

import asyncio
from datetime import date
from functools import partial
from itertools import product

import pytest

from bots.slack.markup import plain
from clients.backend.reading import read_amount, read_day, read_month
from nlu.anger import is_angry
from nlu.courtesy import is_courtesy
from nlu.dialogue.acts import speech_act
from nlu.dialogue.clauses import split
from nlu.dialogue.lexicon import lexicon
from nlu.dialogue.polarity import polarity
from nlu.dialogue.problems import problem_in
from nlu.dialogue.values.assign import voided
from nlu.dialogue.values.readings import readings
from nlu.embedded.engine import EmbeddedEngine
from nlu.embedded.spelling import Speller
from nlu.embedded.text import bare, calm, fold
from nlu.embedded.tokens import tokens
from nlu.emoji import meant_by_emoji
from nlu.inbox.export import harmless
from nlu.language import LanguageDetector, clearly
from nlu.payload import parse_payload
from nlu.recognisers import recognise
from nlu.training_data import parse_training_data
from tests.clients.packs import model, pack
from tests.nlu.talker import Talker
from tests.security.hostile_texts import Shape
from tests.security.linear_time import too_slow

TODAY = date(2026, 11, 23)
UNITS = (
    *("a", "1", "ä", "ß", "ẞ", "İ", "\u0301", "\u200d", "🙂", "\n", " ", "-", "!", '"', "\\", "(", "{", "[", "<", "{{"),
    *("a.", "a@", ". ", "1 ", "12.", "1 €", "+4", "<a", "[a](", "/a{", "DE12", "1.1. ", "01.01.2020 ", "morgen ", "=x"),
    *(
        "guten morgen ",
        "danke, ",
        "danke ",
        "\n danke",
        "nein, ",
        "ja ",
        "wie ",
        "rechnng ",
        "a=b,",
        "bis 1.1. ",
        "RE-1",
    ),
)
SHAPES = [
    Shape(unit, begin, end) for unit, (begin, end) in product(UNITS, (("", ""), ("/a", "!"), ("/SetSlots(", ")")))
]
LANGUAGES = LanguageDetector(("de", "en"))
LEXICON = lexicon("de")


def _read(kind: str, text: str) -> object:
    return readings(text, kind, TODAY, ("de", "en"))


READERS = {
    "recognise": lambda text: recognise(text, TODAY),
    "is_courtesy": is_courtesy,
    "is_angry": is_angry,
    "meant_by_emoji": meant_by_emoji,
    "detect": LANGUAGES.detect,
    "wished": LANGUAGES.wished,
    "clearly": lambda text: clearly(text, "de", "en"),
    "harmless": harmless,
    "fold": fold,
    "bare": bare,
    "calm": lambda text: calm(text, {"rueckgabe": "Rückgabe"}),
    "tokens": tokens,
    "parse_payload": parse_payload,
    "polarity": lambda text: polarity(text, LEXICON),
    "speech_act": lambda text: speech_act(text, LEXICON),
    "problem_in": lambda text: problem_in(text, LEXICON),
    "split": lambda text: split(text, LEXICON),
    "voided": lambda text: voided(text, LEXICON),
    **{kind: partial(_read, kind) for kind in ("date", "time", "money", "quantity", "number", "street", "town", "id")},
    "slack": lambda text: plain(text, "U1"),
    "knowledge": lambda text: pack("kontor").knowledge.find(text, "de"),
    "read_day": lambda text: read_day(text, TODAY),
    "read_month": lambda text: read_month(text, TODAY),
    "read_amount": read_amount,
    "mend": lambda text: Speller(["rechnung", "kiste"], {"danke"}.__contains__).mend(text),
    "training data": lambda text: parse_training_data(
        "nlu:\n- intent: a\n  examples: |\n    - " + " ".join(text.split())
    ),
}


@pytest.mark.parametrize("name", READERS)
def test_reading_a_customer_s_words_takes_linear_time(name):
    READERS[name]("warm")
    slow = too_slow(READERS[name], SHAPES)
    assert slow is None, str(slow)


@pytest.mark.parametrize("name", ["kontor", "alpenrad"])
def test_a_whole_bot_understands_40_000_letters_in_linear_time(name):
    engine = EmbeddedEngine.load(model(name))
    engine.parse(["warm"])
    slow = too_slow(lambda text: engine.parse([text]), SHAPES[::5])
    assert slow is None, str(slow)


def test_a_whole_turn_of_a_conversation_takes_linear_time():
    bot = Talker().bot

    def turn(text: str) -> None:
        talker = Talker(bot=bot)
        asyncio.run(talker.says("job"))
        asyncio.run(talker.says(text))

    turn("warm")
    slow = too_slow(turn, SHAPES[:: len(SHAPES) // 12])
    assert slow is None, str(slow)


def test_an_amount_that_nobody_can_pay_is_none():
    assert read_amount("9" * 40_000) is None
    assert read_amount("1.250,50 €") is not None
