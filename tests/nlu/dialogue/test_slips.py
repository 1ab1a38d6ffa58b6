"""Slips of the finger in what is said in haste, and what a message takes back itself."""

import pytest

from nlu.dialogue.lexicon import Lexicon, lexicon
from nlu.dialogue.self_repair import struck
from nlu.dialogue.slips import slips
from nlu.dialogue.tokens import tokenize

WORDS = frozenset({"nacht", "tanks", "mind", "mid", "food", "sounds", "keep"})


def _heard(text: str, language: str) -> tuple[Lexicon, tuple]:
    words = lexicon(language)
    tokens = tokenize(text)
    return words.hearing(slips(text, tokens, words.spelled, lambda word: word.lower() in WORDS)), tokens


@pytest.mark.parametrize(
    ("text", "language", "name"),
    [
        ("thak you", "en", "thanks"),
        ("thqnk you", "en", "thanks"),
        ("tanks a lot", "en", "thanks"),
        ("never mid", "en", "cancel"),
        ("wihdraw that", "en", "undo"),
        ("takke that back", "en", "undo"),
        ("nien", "de", "no"),
        ("mach das rückgägnig", "de", "undo"),
        ("zieeh das zurück", "de", "undo"),
        ("suüer", "de", "yes"),
    ],
)
def test_a_slip_in_a_listed_phrase_is_heard(text, language, name):
    heard, tokens = _heard(text, language)
    assert getattr(heard, name).any_in(tokens)


@pytest.mark.parametrize(
    ("text", "language", "name"),
    [("Nacht", "de", "negation"), ("tanks", "en", "thanks"), ("sounds food", "en", "yes"), ("mid", "en", "cancel")],
)
def test_a_word_that_some_language_has_is_no_slip_by_itself(text, language, name):
    heard, tokens = _heard(text, language)
    assert not getattr(heard, name).any_in(tokens)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Ich bin krank, 20153, ach nein, 20152", "Ich bin krank, 20152"),
        ("withdraw BA-4760, no sorry, BA-4755 please", "withdraw BA-4755 please"),
        ("17 July 2028, no sorry, 14 July 2028", "14 July 2028"),
        ("vom 12.6.2028 bis 14.06.2028, ach nein, 13.6.2028 eintragen", "vom 12.6.2028 bis 13.6.2028 eintragen"),
        ("umtausch 100230, bitte in Größe XL, ach nein, L", "umtausch 100230, bitte in Größe L"),
        ("expenses 20164, parking - scratch that, train ticket 84.50", "expenses 20164, train ticket 84.50"),
        ("4500, ach nein, Einkauf", "Einkauf"),
        ("zu groß, ach nein, zu klein", "zu klein"),
        ("it was 130.40 - scratch that, 120.40", "it was 120.40"),
        ("Hauptstr. 5 - quatsch, Hauptstr. 6, 80331 München", "Hauptstr. 6, 80331 München"),
    ],
)
def test_what_a_message_takes_back_is_struck(said, meant):
    assert struck(said, lexicon("de").beside(lexicon("en"))) == meant


@pytest.mark.parametrize(
    "text",
    [
        "Meine Nummer ist 20123, sorry, hatte ich vergessen",
        "ups, ich meinte Größe XL",
        "äh nein, ich meinte 5",
        "sorry, logistics not IT",
        "hallo, moment, ich suche die Nummer",
        "is that so, wait, I have another question",
    ],
)
def test_nothing_is_struck_where_nothing_is_taken_back(text):
    assert struck(text, lexicon("de").beside(lexicon("en"))) == text


def test_an_answer_in_any_words_is_struck_as_a_whole():
    words = lexicon("de").beside(lexicon("en"))
    assert struck("Taxi vom Flughafen, ach nein, Hotel in Köln", words, free=True) == "Hotel in Köln"
    assert struck("Ende nächster Woche - quatsch, bis Freitag", words, free=True) == "bis Freitag"


@pytest.mark.parametrize(
    ("text", "language", "name"),
    [
        ("i mag net mehr leben", "de", "danger"),
        ("isch will nimmer leben", "de", "danger"),
        ("ka ick des no zruckgebn", "de", "about"),
        ("lieber ned", "de", "no"),
        ("na danke", "de", "no"),
        ("cud u send me that", "en", "request"),
    ],
)
def test_phrases_are_heard_as_regions_speak_them(text, language, name):
    assert getattr(lexicon(language), name).any_in(tokenize(text))


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("i brauch an termin für mei Alpen Tour - quatsch, alpen city", "i brauch an termin für mei alpen city"),
        (
            "servus, brauch an termin fürs alte Hercules, ach nein, alpen city",
            "servus, brauch an termin fürs alpen city",
        ),
        ("ok expenses, Taxi vom Flughafen zum Kunden, ach nein, taxi 45.20", "ok expenses, taxi 45.20"),
    ],
)
def test_only_as_many_words_are_taken_back_as_come_instead(said, meant):
    assert struck(said, lexicon("de").beside(lexicon("en"))) == meant
