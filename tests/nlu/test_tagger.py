"""The tagger: exact chain arithmetic, values never seen, roles from the sentence, and silence where it is unsure."""

from itertools import pairwise, product

import numpy as np
import pytest

from bench.entity_set import marked_sentences
from nlu.embedded.chain import Chain, Layout
from nlu.embedded.descent import minimised
from nlu.embedded.tagger import Tagger
from nlu.embedded.tagger_training import train_tagger
from nlu.embedded.tokens import Hint, tokens, word_keys
from nlu.entities import EntityExtractor
from nlu.training_data import TrainingData, parse_training_data


def random_chain(states: int = 3) -> tuple[Chain, np.random.Generator]:
    dice = np.random.default_rng(4)
    follow = np.exp(dice.standard_normal((states, states)))
    follow[0, 2] = 0
    return Chain(np.exp(dice.standard_normal(states)), follow), dice


def counted(chain: Chain, emissions: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Marginals, transitions and total by going through all labellings."""
    chances, counts, total = np.zeros_like(emissions), np.zeros_like(chain.follow), 0.0
    for path in product(range(emissions.shape[1]), repeat=len(emissions)):
        weight = chain.start[path[0]] * np.exp(emissions[range(len(path)), path].sum())
        for before, after in pairwise(path):
            weight *= chain.follow[before, after]
        total += weight
        for at, state in enumerate(path):
            chances[at, state] += weight
        for before, after in pairwise(path):
            counts[before, after] += weight
    return chances / total, counts / total, np.log(total)


def test_sums_over_all_labellings_equal_counting_them():
    chain, dice = random_chain()
    texts = [dice.standard_normal((length, 3)) * 3 for length in (2, 5, 1, 4, 5)]
    chances, counts, total = chain.marginals(Layout.of([len(text) for text in texts]), np.concatenate(texts))
    expected = [counted(chain, text) for text in texts]
    np.testing.assert_allclose(chances, np.concatenate([one[0] for one in expected]), atol=1e-9)
    np.testing.assert_allclose(counts, sum(one[1] for one in expected), atol=1e-9)
    assert total == pytest.approx(sum(one[2] for one in expected))
    for text, (alone, _, _) in zip(texts, expected, strict=True):
        np.testing.assert_allclose(chain.chances(text), alone, atol=1e-9)


def test_a_sequence_that_surely_has_nothing_is_left_early():
    chain, _ = random_chain()
    emissions = np.array([[9.0, 0.0, 0.0]] * 4)
    assert chain.chances(emissions, surely=0.9) is None
    assert chain.chances(emissions, surely=0.9999999) is not None


def test_the_descent_finds_the_bottom():
    curve = np.diag([1.0, 50.0, 400.0])
    target = np.array([3.0, -2.0, 0.5])

    def cost(point: np.ndarray) -> tuple[float, np.ndarray]:
        away = point - target
        return float(away @ curve @ away) / 2, curve @ away

    np.testing.assert_allclose(minimised(cost, np.zeros(3), 100, 1e-12), target, atol=1e-3)


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    made = train_tagger(marked_sentences(120), lambda _: True, lambda _: ())
    assert made is not None
    return made


def named(tagger: Tagger, text: str) -> list[tuple[str, str, str | None]]:
    words = tokens(text)
    (tagged,) = tagger.tag([words])
    spans = [(one.label, text[words[one.first].start : words[one.last].end]) for one in tagger.believed(tagged)]
    return [(label.entity, surface, label.role) for label, surface in spans]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("book a flight to Lisbon please", [("city", "Lisbon", "to")]),
        ("from Graz I want to go to Prague tomorrow", [("city", "Graz", "from"), ("city", "Prague", "to")]),
        ("Ich brauche ein Ticket von Kiel nach Turin", [("city", "Kiel", "from"), ("city", "Turin", "to")]),
        ("what are your opening hours", []),
        ("", []),
    ],
)
def test_values_never_seen_are_found_by_their_place(tagger: Tagger, text: str, expected: list[tuple[str, str, str]]):
    assert named(tagger, text) == expected


def test_new_values_in_new_sentences_are_rarely_wrong(tagger: Tagger):
    found = right = wanted = 0
    for example in marked_sentences(150, 9, unseen=True):
        true = {(note.entity, example.text[note.start : note.end], note.role) for note in example.entities}
        made = set(named(tagger, example.text))
        found, right, wanted = found + len(made), right + len(made & true), wanted + len(true)
    assert right / found >= 0.9
    assert right / wanted >= 0.4


def test_the_same_examples_give_the_same_tagger(tagger: Tagger):
    again = train_tagger(marked_sentences(120), lambda _: True, lambda _: ())
    assert again is not None
    assert again.to_json() == tagger.to_json()
    for name, array in tagger.arrays().items():
        np.testing.assert_array_equal(array, again.arrays()[name])


def test_a_tagger_survives_its_arrays(tagger: Tagger):
    again = Tagger.restored(tagger.to_json(), tagger.arrays())
    text = "any trains to Dublin from Munich"
    np.testing.assert_allclose(again.tag([tokens(text)])[0].chances, tagger.tag([tokens(text)])[0].chances, atol=1e-6)


def test_words_carry_the_hints_that_cover_them():
    words = tokens("go to new york now", [Hint(6, 14, "city")])
    assert [one.hints for one in words] == [(), (), ("B city",), ("I city",), ()]


def test_a_veiled_word_has_a_shape_and_no_letters():
    assert word_keys("Lisbon", 0, veiled=True) == word_keys("Berlin", 0, veiled=True)
    assert word_keys("Lisbon", 0) != word_keys("Berlin", 0)


def data(*lines: str, more: str = "") -> TrainingData:
    listed = "".join(f"    - {line}\n" for line in lines)
    made, problems = parse_training_data(f"nlu:\n- intent: any\n  examples: |\n{listed}{more}")
    assert not [problem for problem in problems if not problem.warning]
    return made


FLIGHTS = (
    "a flight to [Berlin](city) please", "I want to go to [Paris](city)", "how late is the train to [Berlin](city)",
    "take me to [Rome](city) now", "is there a bus to [Paris](city)", "a ticket to [Rome](city)",
    "where is my order", "can I pay by card", "thank you", "I need help with the bill", "talk to a person",
)  # fmt: skip


def test_entities_come_as_rasa_returns_them():
    (city,) = EntityExtractor.learn(data(*FLIGHTS)).extract("a flight to Lisbon please")
    assert (city.entity, city.value, city.start, city.end) == ("city", "Lisbon", 12, 18)
    assert city.extractor == "TaggerEntityExtractor"
    assert city.confidence is not None
    assert 0.5 <= city.confidence <= 1


def test_a_listed_value_keeps_its_extractor_and_its_synonym():
    more = "- synonym: Munich\n  examples: |\n    - münchen\n"
    extractor = EntityExtractor.learn(data(*FLIGHTS, "a bus to [München](city)", more=more))
    (city,) = extractor.extract("is there a bus to münchen")
    assert (city.value, city.extractor) == ("Munich", "ExampleEntityExtractor")


def test_a_phrase_of_the_examples_may_mean_something_else_elsewhere():
    lines = [f"the status is [open](status) on {day}" for day in ("mondays", "easter", "may", "june")]
    plain = [f"when do you open on {day}" for day in ("mondays", "easter", "may", "june", "sundays", "fridays")]
    extractor = EntityExtractor.learn(data(*lines, *plain, "the status is [closed](status)"))
    assert [one.value for one in extractor.extract("the status is open on easter")] == ["open"]
    assert extractor.extract("when do you open on bank holidays") == ()


def test_what_a_regex_lays_down_is_not_guessed():
    more = "- regex: order\n  examples: |\n    - \\b\\d{6}\\b\n"
    lines = [f"where is order [{number}](order)" for number in (100200, 100201, 100300, 100400)]
    extractor = EntityExtractor.learn(data(*lines, "thank you", more=more))
    assert [one.value for one in extractor.extract("where is order 100999")] == ["100999"]
    assert extractor.extract("where is order 12") == ()


def test_a_choice_from_a_list_takes_no_new_spelling():
    lines = [f"it is [{said}](reason:size)" for said in ("too big", "too small", "too long", "too wide", "too short")]
    extractor = EntityExtractor.learn(data(*lines, "thank you"))
    assert [one.value for one in extractor.extract("it is too big")] == ["size"]
    assert extractor.extract("it is too expensive") == ()


def test_without_annotations_there_is_no_tagger():
    extractor = EntityExtractor.learn(data("hello", "thank you"))
    assert extractor.tagger is None
    assert extractor.arrays() == {}
    assert extractor.extract("hello Lisbon") == ()
