"""A pack's patterns beside Rasa: the group that counts, and those Rasa's own engine is not given."""

import time

import pytest

from conversation.understanding import Entity
from nlu.rasa.backtracking import ends_soon
from nlu.rasa.project import STANDARD_CONFIG, project
from nlu.rasa.regexes import EXTRACTOR, RasaPackEngine, RegexEntities
from nlu.rasa.server import RasaServer
from nlu.training_data import Example, NamedPattern, TrainingData
from tests.clients.packs import PACKS, pack
from tests.nlu.rasa.contract import recorded_model
from tests.nlu.rasa.test_engine import clock, fake, server  # noqa: F401 - fixtures

DATA = TrainingData(
    (Example("a", "x"), Example("b", "y")),
    {"freitag": "friday"},
    (
        NamedPattern("to_day", r"\bbis (?P<value>[0-9]{1,2}\.[0-9]{1,2}\.)"),
        NamedPattern("to_day", r"\bbis (?P<value>Montag|Freitag)"),
        NamedPattern("code", r"(?:x+)+y"),
        NamedPattern("other", r"z"),
    ),
)


def whole(name: str, text: str, start: int, end: int) -> Entity:
    return Entity(name, text[start:end], start, end, EXTRACTOR)


def test_rasa_s_whole_match_is_cut_to_the_group_that_counts():
    regexes = RegexEntities.of(DATA, ["to_day", "code"])
    text = "  bis 12.3. oder bis Freitag"
    words = text[2:]
    made = regexes.completed(words, [whole("to_day", text, 2, 11), whole("to_day", text, 17, 28)], 2)
    assert [(one.value, text[one.start : one.end]) for one in made] == [("12.3.", "12.3."), ("friday", "Freitag")]
    tagged = Entity("to_day", "bis 12.3.", 2, 11, "DIETClassifier", confidence=0.9)
    assert regexes.completed(words, [tagged], 2) == (tagged,)


def test_what_rasa_was_not_given_is_found_all_the_same():
    sent = project(STANDARD_CONFIG.read_text("utf-8"), DATA)
    assert "(?:x+)+y" not in sent
    assert "(?P<value>" in sent
    regexes = RegexEntities.of(DATA, ["to_day", "code"])
    assert regexes.completed("ein xxxy", ()) == (Entity("code", "xxxy", 4, 8, EXTRACTOR),)
    begun = time.process_time()
    regexes.completed("x" * 40_000, ())
    assert time.process_time() - begun < 1


@pytest.mark.parametrize(
    ("pattern", "quick"),
    [
        (r"\b[0-9]{6}\b", True),
        (r"\bRE[- ]?[0-9]{4}[- ]?[0-9]{4}\b", True),
        (r"\w+ Straße", True),
        (r"(?:Montag|Dienstag)s?", True),
        (r"(a+)+$", False),
        (r"(a|a)*$", False),
        (r"(?:a?){40}a{40}", False),
        (r"\w*\w*\w*!", False),
        (r"(.*,){9}x", False),
    ],
)
def test_rasa_gets_what_its_engine_is_sure_to_finish(pattern, quick):
    assert ends_soon(pattern) is quick


@pytest.mark.parametrize("name", PACKS)
def test_the_sample_packs_patterns_all_go_to_rasa(name):
    assert all(ends_soon(regex.pattern) for regex in pack(name).data.regexes)


def test_the_engine_gives_what_the_patterns_say(server: RasaServer, fake, clock):  # noqa: F811 - fixtures
    text = "bestellung 100234 bis Freitag xxxy"
    fake.says[text] = ("human", 0.9)
    regexes = RegexEntities.of(DATA, ["to_day", "code"])
    (understood,) = RasaPackEngine(server, recorded_model(), clock=clock, regexes=regexes).parse([text])
    assert [(one.entity, one.value) for one in understood.entities] == [("order_number", "100234"), ("code", "xxxy")]
