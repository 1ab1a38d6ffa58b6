"""The sample packs themselves: complete in both languages, distinct, and taken by the loader without a complaint."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from nlu.flows import Flow
from nlu.responses import variables
from tests.clients.packs import PACKS, pack

LANGUAGES = ("de", "en")
WELL_KNOWN = {"greet", "goodbye", "thanks", "affirm", "deny", "cancel", "human", "help", "bot_challenge"}


@pytest.mark.parametrize("name", PACKS)
def test_the_loader_has_nothing_to_say(name: str) -> None:
    assert pack(name).warnings == ()


@pytest.mark.parametrize("name", PACKS)
def test_each_intent_has_fifteen_examples_in_each_language(name: str) -> None:
    found = Counter((e.intent, Path(e.file).stem) for e in pack(name).data.examples)
    intents = set(pack(name).domain.intents)
    assert intents >= WELL_KNOWN
    assert len(intents - WELL_KNOWN) >= 18
    assert {(i, lang): n for i in intents for lang in LANGUAGES if (n := found[i, lang]) < 15} == {}


@pytest.mark.parametrize("name", PACKS)
def test_no_example_stands_twice(name: str) -> None:
    texts = Counter((e.text.casefold().strip(" .!?"), Path(e.file).stem) for e in pack(name).data.examples)
    intents: dict[str, set[str]] = {}
    for example in pack(name).data.examples:
        intents.setdefault(example.text.casefold().strip(" .!?"), set()).add(example.intent)
    assert {text: where for text, where in intents.items() if len(where) > 1} == {}
    assert [text for text, count in texts.items() if count > 2] == []


@pytest.mark.parametrize("name", PACKS)
def test_every_response_speaks_both_languages_with_the_same_variables_and_buttons(name: str) -> None:
    for response, variants in pack(name).domain.responses.items():
        by_channel: dict[str | None, dict[str, Any]] = {}
        for variant in variants:
            language = next(c.value for c in variant.conditions if c.slot == "language")
            by_channel.setdefault(variant.channel, {})[language] = variant
        for channel, texts in by_channel.items():
            assert set(texts) == set(LANGUAGES), (response, channel)
            german, english = texts["de"], texts["en"]
            assert [b.payload for b in german.buttons] == [b.payload for b in english.buttons], response
            assert variables(german.text) == variables(english.text), response


@pytest.mark.parametrize("name", PACKS)
def test_every_business_intent_starts_a_flow(name: str) -> None:
    assert set(pack(name).domain.intents) - WELL_KNOWN <= set(pack(name).triggers)


@pytest.mark.parametrize("name", PACKS)
def test_knowledge_comes_in_pairs(name: str) -> None:
    articles = Counter(article.language for article in pack(name).knowledge.articles)
    assert articles["de"] == articles["en"] >= 8


@pytest.mark.parametrize("name", PACKS)
def test_the_tests_visit_every_flow_in_both_languages(name: str) -> None:
    cases = [case for _, node in pack(name).files.under("tests") for case in node.plain()["test_cases"]]
    said = {lang: {u for c in cases if c["test_case"].startswith(lang) for u in _expected(c)} for lang in LANGUAGES}
    flows = [flow for flow in pack(name).flows.values() if flow.triggers]
    shared = Counter(u for flow in flows for u in _utters(flow))
    own = {flow.id: {u for u in _utters(flow) if shared[u] == 1} | _urgent(flow) for flow in flows}
    missing = {(flow, lang) for flow, utters in own.items() for lang in LANGUAGES if not utters & said[lang]}
    assert missing == set()


@pytest.mark.parametrize("name", PACKS)
def test_the_demo_has_enough_customers_in_both_languages(name: str) -> None:
    stories = pack(name).files.node("simulation.yml").plain()["stories"]
    languages = Counter(story["language"] for story in stories)
    assert len(stories) >= 60
    assert min(languages.values()) >= 25
    assert sum("agent" in story for story in stories) >= 15
    assert all(story["says"] for story in stories)


def _expected(case: Mapping[str, Any]) -> set[str]:
    return {step["utter"] for step in case["steps"] if "utter" in step}


def _urgent(flow: Flow) -> set[str]:
    """What is said before a person comes, in place of the flow, when danger is told as a fact."""
    return {f"utter_urgent_{intent}" for intent in flow.triggers}


def _utters(flow: Flow) -> set[str]:
    names = {getattr(step.do, key, "") for step in flow.steps.values() for key in ("action", "utter")}
    return {name for name in names if name.startswith("utter_")}
