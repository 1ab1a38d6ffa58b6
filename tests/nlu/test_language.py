import pytest

from nlu.language import LanguageDetector, clearly

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


@pytest.mark.parametrize(
    ("text", "prior"),
    [
        ("Druckhaus Trave, Lübeck", "en"),
        ("Müller & Söhne Maschinenbau GmbH, Hamburg", "en"),
        ("Frau Petersen, petersen@druckhaus-trave.de", "en"),
        ("Lindwurmstraße 12, 80337 München", "en"),
        ("Anna Schmidt", "en"),
        ("vielen Dank", "en"),
        ("Hello there", "de"),
        ("Alpen Tour 500", "de"),
        ("100 234", "en"),
    ],
)
def test_names_numbers_and_two_words_keep_the_threads_language(text: str, prior: str) -> None:
    assert DETECTOR.detect(text, prior) == prior


@pytest.mark.parametrize(
    ("text", "prior", "language"),
    [
        ("Where is my order?", "de", "en"),
        ("the brakes squeak", "de", "en"),
        ("Wo ist mein Rad", "en", "de"),
        ("ich will das nicht", "en", "de"),
    ],
)
def test_a_sentence_changes_the_threads_language(text: str, prior: str, language: str) -> None:
    assert DETECTOR.detect(text, prior) == language


def test_free_text_takes_more_than_one_small_word_to_change_the_language() -> None:
    assert not clearly("Marketing team, laptop, phone and SAP access", "en", "de", free=True)
    assert clearly("I don't know what you mean", "en", "de", free=True)


def test_a_browsers_language_gives_way_to_the_first_words() -> None:
    assert DETECTOR.guess("Hello there", "de") == "en"
    assert DETECTOR.guess("100234", "de") == "de"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("English please", "en"),
        ("auf Deutsch bitte", "de"),
        ("Do you speak German?", "de"),
        ("I don't speak German", "en"),
        ("kein Deutsch", "en"),
        ("German engineering is great", None),
        ("Englisches Vollblut", None),
        ("please", None),
    ],
)
def test_a_wish_for_a_language_is_heard(text: str, language: str | None) -> None:
    assert DETECTOR.wished(text) == language


@pytest.mark.parametrize(
    ("text", "prior", "language"),
    [
        ("brauche 5 headsets jabra evolve2 auf 4400", "de", "de"),
        ("brauche 5 headsets jabra evolve2 auf 4400", "en", "de"),
        ("neue headsets", None, "de"),
        ("the frame", "en", "en"),
        ("order 100234", "en", "en"),
        ("order 100234", "de", "de"),
    ],
)
def test_goods_and_numbers_do_not_outweigh_small_words(text: str, prior: str | None, language: str) -> None:
    assert DETECTOR.guess(text, prior) == language


@pytest.mark.parametrize(
    ("text", "prior"),
    [
        ("mittwoch hab i gsagt", "de"),
        ("17.12. reicht, am 18. is weihnachtsfeier", "de"),
        ("das is so net ausgmacht", "de"),
        ("i was in Innsbruck, im sick", "en"),
    ],
)
def test_small_words_that_both_languages_write_do_not_change_the_language(text: str, prior: str) -> None:
    assert DETECTOR.detect(text, prior) == prior


@pytest.mark.parametrize(
    "text", ["new hire Peter Schulz, starts jan 4th, im 20141", "payslip for oct and nov, im 20188"]
)
def test_a_first_message_with_names_and_an_unmarked_im_is_english(text: str) -> None:
    assert LanguageDetector(("de", "en")).guess(text) == "en"
