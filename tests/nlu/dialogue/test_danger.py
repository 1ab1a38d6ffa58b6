"""What only sounds like danger to an engine that is sure of it, and danger in the same words."""

import pytest

from conversation.understanding import RankedIntent, Understanding
from nlu.dialogue import danger
from nlu.dialogue.lexicon import lexicon
from nlu.dialogue.reading import Clause

URGENT = frozenset({"danger"})


def _is_urgent(language: str, text: str, confidence: float = 0.94) -> bool:
    intent = RankedIntent("danger", confidence)
    other = "en" if language == "de" else "de"
    understanding = Understanding(text, language, intent, (intent,), answerable=True)
    return bool(danger.urgent_intent(Clause(text, 0, understanding, lexicon(language).beside(lexicon(other))), URGENT))


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "it's the rear door not the front"),
        ("en", "I meant the left hinge not the right"),
        ("de", "es ist die hintere Klappe, nicht die vordere"),
        ("de", "das ist der linke Griff"),
        ("en", "the handle of the bucket is bent"),
        ("de", "die Lehne vom Stuhl ist verbogen"),
        ("en", "two fire extinguishers have expired"),
        ("en", "when is the next fire drill for our floor"),
        ("de", "wer tauscht die Batterien im Rauchmelder"),
        ("de", "die Gasrechnung vom letzten Jahr einreichen"),
        ("en", "my father was in hospital and I missed the day"),
        ("de", "ich war im Krankenhaus und konnte nicht schreiben"),
        ("de", "bis Freitag, der Vermieter steigt mir sonst aufs Dach"),
        ("en", "the landlord will bite my head off"),
        ("de", "die Lampe im Flur flackert"),
        ("en", "the socket in the hall has no power"),
    ],
)
def test_what_only_sounds_like_danger_is_none(language: str, text: str) -> None:
    assert not _is_urgent(language, text)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "it's the rear door, it fell on my foot"),
        ("de", "es ist die Klappe, sie ist abgebrochen"),
        ("en", "it's the heater, it won't cool down"),
        ("en", "the fire alarm is going off"),
        ("de", "der Rauchmelder schlägt Alarm"),
        ("de", "der Feuerlöscher ist explodiert"),
        ("en", "the smoke detector beeps and I see flames"),
        ("de", "mein Vater war im Krankenhaus, jetzt atmet er kaum, er ist bewusstlos"),
        ("de", "der Chef steigt mir aufs Dach und hier brennt es"),
        ("en", "the lamp flickers and the socket is smoking"),
    ],
)
def test_danger_in_the_same_words_is_heard(language: str, text: str) -> None:
    assert _is_urgent(language, text)


def test_what_is_only_bent_is_danger_where_the_engine_is_quite_sure() -> None:
    assert _is_urgent("en", "the steering rod is bent", 0.98)
    assert not _is_urgent("en", "the steering rod is bent", 0.9)
