"""What of a free answer is meant."""

import pytest

from nlu.dialogue.lexicon import lexicon
from nlu.dialogue.wording import is_excuse, meant

BOTH = lexicon("en").beside(lexicon("de"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a drill please", "a drill"),
        ("bitte einen Bohrer", "einen Bohrer"),
        ("a drill, thanks", "a drill"),
        ("egal irgendwas von Bosch", "irgendwas von Bosch"),
        ("whatever, something by Bosch", "something by Bosch"),
        ("egal welcher", "egal welcher"),
        ("irgendwas von jabra", "irgendwas von jabra"),
        ("anything by Bosch", "anything by Bosch"),
        ("bis Freitag - quatsch, Ende nächster Woche", "Ende nächster Woche"),
        ("a ten year old Scott, no sorry, the city one", "the city one"),
        ("ein altes Hercules - ach nein, das neue", "das neue"),
        ("the screen is black, no picture", "the screen is black, no picture"),
        ("please", "please"),
        ("Mr. Doe Ltd.", "Mr. Doe Ltd."),
        ("Doe Ltd.", "Doe Ltd."),
        ("IT.", "IT"),
        ("lisbon as i said, 12 to 15 jan", "lisbon, 12 to 15 jan"),
        ("steht oben, 15.1.", "15.1."),
        ("wie gesagt: Lissabon", "Lissabon"),
        ("employment i guess", "employment"),
        ("denke ich mal bis Freitag", "bis Freitag"),
        ("kaputt oder so", "kaputt"),
        ("he works as i wrote him", "he works as i wrote him"),
    ],
)
def test_courtesy_and_mistakes_are_no_part_of_the_answer(text, expected):
    assert meant(text, BOTH) == expected


@pytest.mark.parametrize("text", ["sorry war kurz weg", "sorry was in a meeting", "Entschuldigung, ich war im Termin"])
def test_what_only_excuses(text):
    assert is_excuse(text, BOTH)


@pytest.mark.parametrize("text", ["sorry", "sorry ich meinte 4300", "sorry 4300", "zu groß", "sorry, wrong account"])
def test_what_says_more_than_sorry(text):
    assert not is_excuse(text, BOTH)


def test_repairs_that_follow_each_other_are_one():
    assert meant("ein Zeugnis, nein quatsch, eine Bescheinigung", BOTH) == "eine Bescheinigung"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("brakes squeal and gears skip!! said it twice now", "brakes squeal and gears skip"),
        ("the brakes squeal, i told you twice", "the brakes squeal"),
        ("nach Wien, am 10.12. hab ich doch geschrieben", "nach Wien, am 10.12."),
        ("Bremse quietscht, schon zweimal gesagt", "Bremse quietscht"),
    ],
)
def test_grumbling_is_no_part_of_a_value(text, value):
    assert meant(text, lexicon("de").beside(lexicon("en"))) == value
