"""What every engine promises: the same tests for the embedded one, the recorded Rasa and the real Rasa."""

import pytest

from conversation.understanding import FALLBACK_INTENT
from nlu.engine import Engine, guessed, to_rasa
from tests.nlu.rasa.contract import SILENT, TEXTS


class EnginePromises:
    """Give a fixture `engine`, trained on the bike shop's examples in English and German."""

    @pytest.mark.parametrize(
        ("text", "intent"),
        [
            ("Wo ist meine Bestellung 100234?", "order_status"),
            ("how do I return my bike", "return_item"),
            ("I want to talk to someone", "human"),
        ],
    )
    def test_customers_are_understood_in_both_languages(self, engine: Engine, text: str, intent: str) -> None:
        assert guessed(engine.parse([text])[0]).name == intent

    def test_there_is_one_understanding_a_text_in_order(self, engine: Engine) -> None:
        made = engine.parse(TEXTS)
        assert [one.text for one in made] == list(TEXTS)
        assert {one.engine for one in made} == {engine.name}
        assert engine.parse([]) == []

    def test_confidences_are_chances_and_ordered(self, engine: Engine) -> None:
        for made in engine.parse(TEXTS):
            shares = [intent.confidence for intent in made.ranking]
            assert shares == sorted(shares, reverse=True)
            assert all(0 <= share <= 1 for share in shares)
            assert sum(shares) <= 1 + 1e-6
            assert FALLBACK_INTENT not in [intent.name for intent in made.ranking]

    def test_what_is_not_trusted_says_so_and_keeps_its_best_guess(self, engine: Engine) -> None:
        for made in engine.parse(TEXTS):
            if made.answerable:
                assert made.in_scope
                assert made.intent == made.ranking[0]
            else:
                assert made.intent.name == FALLBACK_INTENT
                assert to_rasa(made)["intent_ranking"][0]["name"] == FALLBACK_INTENT

    @pytest.mark.parametrize("text", SILENT)
    def test_texts_without_words_are_understood_as_nothing(self, engine: Engine, text: str) -> None:
        made = engine.parse([text])[0]
        assert (made.intent.name, made.intent.confidence, made.answerable) == (FALLBACK_INTENT, 0.0, False)

    def test_a_leading_slash_sets_no_intent(self, engine: Engine) -> None:
        made = engine.parse(['/human{"order_number": "1"}'])[0]
        assert guessed(made).confidence < 1
        assert "order_number" not in [entity.entity for entity in made.entities]

    def test_entities_are_placed_in_the_text_as_it_was_written(self, engine: Engine) -> None:
        for text in ("Wo ist meine Bestellung 100234?", "  // track order 100777", "🚲🚲 order 100234 🙂"):
            made = engine.parse([text])[0]
            numbers = [entity for entity in made.entities if entity.entity == "order_number"]
            assert [text[entity.start : entity.end] for entity in numbers] == [numbers[0].value]
            assert numbers[0].value in ("100234", "100777")

    def test_language_courtesy_and_prior_are_told(self, engine: Engine) -> None:
        german, thanks = engine.parse(["Wo ist meine Bestellung 100234?", "Danke, tschüss!"])
        assert (german.language, german.courtesy, thanks.courtesy) == ("de", False, True)
        assert engine.parse(["🙂"], ["de"])[0].language == "de"

    def test_a_hostile_length_is_cut(self, engine: Engine) -> None:
        made = engine.parse(["where is my order " * 300])[0]
        assert all(entity.end <= 2_000 for entity in made.entities)
        assert made.ranking
