import pytest

from conversation.conversation import Priority
from conversation.packfile import Node, Problems
from handoff.queue import GENERAL, choose, parse_queues

PACK = [
    {
        "id": "workshop",
        "name": {"de": "Werkstatt", "en": "Workshop"},
        "intents": ["appointment"],
        "skills": ["bikes"],
        "priority": "high",
    },
    {"id": "deutsch", "languages": ["de"]},
    {"id": "general", "name": "General", "skills": []},
]


def parsed(value, intents=None):
    problems = Problems()
    return parse_queues(None if value is None else Node.of(value, "client.yml", "queues"), problems, intents), problems


@pytest.mark.parametrize(
    ("topic", "language", "queue"),
    [
        ("appointment", "en", "workshop"),
        ("appointment", "de", "workshop"),
        ("invoice", "de", "deutsch"),
        ("invoice", "en", "general"),
        ("invoice", "", "deutsch"),
        ("", "fr", "general"),
    ],
)
def test_the_first_queue_that_matches_gets_the_conversation(topic, language, queue):
    queues, problems = parsed(PACK)
    assert choose(queues, topic, language).id == queue
    assert problems.found == []


def test_what_a_queue_says_is_kept():
    (workshop, *_), _ = parsed(PACK)
    assert (workshop.name["de"], workshop.skills, workshop.priority) == ("Werkstatt", {"bikes"}, Priority.HIGH)


def test_a_pack_without_queues_has_a_general_one():
    queues, problems = parsed(None)
    assert queues == (GENERAL,)
    assert choose((), "x", "de") is GENERAL
    assert problems.found == []


@pytest.mark.parametrize(
    ("pack", "message"),
    [
        ({"id": "x"}, "must be a list"),
        (["x"], "must be a mapping"),
        ([{"name": "x"}], "'id' is missing"),
        ([{"id": "Größe 1"}], "cannot be a queue's id"),
        ([{"id": "a", "priority": "hot"}], "'hot' is no priority"),
        ([{"id": "a", "skils": []}], "unknown key 'skils'"),
        ([{"id": "a"}, {"id": "a"}], "there twice"),
        ([{"id": "a", "skills": {"x": 1}}], "must be a list of words"),
        ([{"id": "a", "name": [1]}], "must be a text"),
        ([{"id": "a", "intents": ["refnud"]}, {"id": "b"}], "'refnud', which the domain does not have"),
    ],
)
def test_a_wrong_queue_is_named_with_its_file_and_what_would_be_right(pack, message):
    queues, problems = parsed(pack, frozenset({"refund"}))
    assert queues
    [problem] = problems.errors
    assert message in str(problem)
    assert problem.file == "client.yml"
    assert problem.hint


@pytest.mark.parametrize(
    ("pack", "message"),
    [([{"id": "a"}, {"id": "b"}], "nothing gets past"), ([{"id": "a", "intents": ["x"]}], "also gets")],
)
def test_queues_that_shadow_or_overreach_are_warned_about(pack, message):
    _, problems = parsed(pack)
    assert problems.errors == []
    assert message in str(problems.warnings[0])
