import pytest

from nlu.language import LanguageDetector

DETECTOR = LanguageDetector(("en", "de"))


@pytest.mark.parametrize(
    ("text", "prior", "language"),
    [
        ("where is my order", None, "en"),
        ("wo ist meine bestellung", None, "de"),
        ("WO IST MEINE BESTELLUNG", None, "de"),
        ("where is my order please tell me", "de", "en"),
        ("ich möchte bitte mein fahrrad zurückgeben", "en", "de"),
        ("ok", "de", "de"),
        ("ok", "en", "en"),
        ("Retoure", "de", "de"),
        ("100234", "de", "de"),
        ("🙂", None, "en"),
        ("", "de", "de"),
        ("", "fr", "en"),
    ],
)
def test_words_decide_and_the_thread_breaks_ties(text: str, prior: str | None, language: str) -> None:
    assert DETECTOR.detect(text, prior) == language


def test_one_language_needs_no_detection() -> None:
    assert LanguageDetector(("de",)).detect("where is my order") == "de"


def test_two_clients_do_not_share_their_languages() -> None:
    french = LanguageDetector(("fr", "it"))
    assert french.detect("où est ma commande") == "fr"
    assert DETECTOR.detect("wo ist meine bestellung") == "de"


def test_a_batch_takes_a_prior_for_each_text() -> None:
    assert DETECTOR.detect_all(["ok", "ok"], ["de", "en"]) == ["de", "en"]


@pytest.mark.parametrize(("languages", "hint"), [((), "at least one"), (("en", "klingon"), "ISO 639-1")])
def test_impossible_languages_are_refused(languages: tuple[str, ...], hint: str) -> None:
    with pytest.raises(ValueError, match=hint):
        LanguageDetector(languages)
