"""No pattern of a pack stops a process: it runs in linear time, or the pack is refused at its line with advice."""

import time

import pytest

from nlu.conditions import ConditionError, parse_condition
from nlu.entities import EntityExtractor
from nlu.pack import read_pack
from nlu.patterns.pattern import MOST_PATTERNS, Pattern, compile_pattern
from tests.nlu.shop_pack import ACTIONS, FLOWS, nlu, texts

HOSTILE = (
    r"(a+)+$",
    r"(a|a)*$",
    r"(a|aa)+$",
    r"^(\w+\s?)*$",
    r"(?:a?){40}a{40}$",
    r"(.*?,){12}P",
    r"^(([a-z])+.)+[A-Z]([a-z])+$",
    r"(\w+)*@",
    r"\w*\w*\w*\w*\w*\w*!x",
    r"(?i)(ß+|ss)+\b!",
    r"(?P<value>(ä+)+)b",
    r"(a*b|a)",
    r"(?:[ab]*a[ab]{300}c)|a",
)
TEXTS = (
    "a" * 39_999 + "!",
    "aä" * 20_000,
    "ab" * 20_000,
    "ß" * 40_000,
    "a, " * 13_333,
    "\n" * 40_000,
    "\u0301" * 40_000,
)


def cpu_seconds(work) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


@pytest.mark.parametrize("source", HOSTILE)
def test_a_hostile_pattern_ends_on_40_000_letters(source):
    pattern = Pattern(source, ignore_case=True)
    for text in TEXTS:
        assert cpu_seconds(lambda text=text: pattern.search(text)) < 1
        assert cpu_seconds(lambda text=text: pattern.fits(text)) < 1
        assert cpu_seconds(lambda text=text: list(pattern.finds(text))) < 1


def with_regexes(*sources: str) -> dict[str, str]:
    lines = "".join(f"    - {source}\n" for source in sources)
    return texts(nlu=f"{nlu()}\n- regex: order_number\n  examples: |\n{lines}")


def test_a_pack_full_of_hostile_patterns_understands_long_texts_at_once():
    pack, problems = read_pack(with_regexes(*HOSTILE))
    assert pack is not None, problems
    extractor = EntityExtractor.learn(pack.data, pack.domain.entities)
    for text in TEXTS:
        assert cpu_seconds(lambda text=text: extractor.extract(text)) < 2


@pytest.mark.parametrize(
    "source", [r"(?<=bis )\d+", r"(?!x)a", r"(a)\1", r"a++", r"(?>a)", r"a{2000}", r"(a)?(?(1)b|c)", "("]
)
def test_a_regex_that_cannot_be_run_is_refused_at_its_line(source):
    written = with_regexes(r"\d{6}", source)
    path = next(path for path, text in written.items() if "regex: order_number" in text)
    line = written[path].splitlines().index(f"    - {source}") + 1
    pack, problems = read_pack(written)
    assert pack is None
    (problem,) = (p for p in problems if not p.warning)
    assert (problem.file, problem.line) == (path, line)
    assert "'order_number' cannot be used" in problem.message
    assert problem.hint


@pytest.mark.parametrize("source", [r"(?<=bis )[0-9]+", "(?!x)a", "a++", "a{2000}"])
def test_a_condition_whose_pattern_cannot_be_run_is_refused_at_its_line(source):
    old = '"^[0-9]{6}$"'
    assert old in FLOWS
    flows = FLOWS.replace(old, f'"{source}"', 1)
    line = next(number for number, text in enumerate(flows.splitlines(), start=1) if source in text)
    pack, problems = read_pack(texts(flows=flows))
    assert pack is None
    assert [(p.file, p.line) for p in problems if "cannot be used" in p.message] == [("flows.yml", line)]


@pytest.mark.parametrize("source", ["(a+)+$", r"(\\w+\\s?)*$", "^(a|aa)+$"])
def test_a_condition_ends_whatever_the_customer_wrote(source):
    condition = parse_condition(f'slots.x matches "{source}"')
    assert cpu_seconds(lambda: condition.holds({"x": "a" * 35 + "!" + "a" * 40_000})) < 1


@pytest.mark.parametrize("text", ["not " * 400 + "true", "(" * 1_900, "slots.a or " * 300 + "slots.a", "[" * 1_900])
def test_a_condition_that_is_endless_is_refused(text):
    with pytest.raises(ConditionError):
        parse_condition(text)


def test_too_many_patterns_are_refused_where_they_become_too_many():
    pack, problems = read_pack(with_regexes(*(f"x{number}" for number in range(MOST_PATTERNS + 5))))
    assert pack is None
    (problem,) = (p for p in problems if not p.warning)
    assert "more than 500 patterns" in problem.message
    assert problem.line


def test_patterns_that_are_too_large_together_are_refused():
    large = [rf"x{number}[a-zäöü]{{900}}" for number in range(30)]
    assert compile_pattern(large[0], ignore_case=True).steps * len(large) > 20_000
    pack, problems = read_pack(with_regexes(*large))
    assert pack is None
    assert [p.message for p in problems if not p.warning and "steps of them together" in p.message]


@pytest.mark.parametrize("path", ["|".join(["[@,@][]"] * 30), "|".join(["{a: @, b: @} | values(@)[]"] * 15), "(" * 400])
def test_a_path_that_multiplies_an_answer_is_refused_at_its_line(path):
    actions = ACTIONS.replace("status: status", f"status: '{path}'", 1)
    assert actions != ACTIONS
    line = next(number for number, text in enumerate(actions.splitlines(), start=1) if path in text)
    pack, problems = read_pack(texts(actions=actions))
    assert pack is None
    assert ("actions.yml", line) in [(p.file, p.line) for p in problems if not p.warning]
