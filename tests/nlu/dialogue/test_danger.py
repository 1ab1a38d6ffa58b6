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


def _is_weighty(text: str, chance: float, pack: float, kind: float = 0.9) -> bool:
    """Whether danger is heard of an engine that tells its chance; `kind`: how dangerous the pack's examples are."""
    intent = RankedIntent("danger", pack)
    extra = {"danger": chance, "problem": 0.5, "dangerous": {"danger": kind}}
    understanding = Understanding(text, "en", intent, (intent,), answerable=True, extra=extra)
    return bool(danger.urgent_intent(Clause(text, 0, understanding, lexicon("en")), URGENT))


def test_the_product_and_the_pack_are_weighed_together() -> None:
    text = "the steps gave way under the visitors"
    assert _is_weighty(text, 0.9, 0.5)
    assert _is_weighty(text, 0.98, 0.01)
    assert not _is_weighty(text, 0.1, 0.6)
    assert _is_weighty(text, 0.5, 0.95)
    assert not _is_weighty(text, 0.01, 0.97)


@pytest.mark.parametrize("text", ["if the steps gave way, who would pay", "no, the steps did not give way"])
def test_what_is_imagined_or_denied_needs_more(text: str) -> None:
    assert not _is_weighty(text, 0.8, 0.6)


def test_one_word_may_be_a_name() -> None:
    assert not _is_weighty("Brandmeier", 0.8, 0.5)
    assert _is_weighty("Brandmeier fell from the roof", 0.8, 0.5)


def test_urgent_intents_that_mean_no_danger_to_anybody_speak_alone() -> None:
    text = "somebody has taken my card and pays with it"
    assert _is_weighty(text, 0.02, 0.95, kind=0.1)
    assert not _is_weighty(text, 0.02, 0.95)
