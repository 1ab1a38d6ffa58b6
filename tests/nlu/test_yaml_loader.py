"""Pack files as Nodes with lines, and what is said of broken ones."""

import pytest

from conversation.errors import PackInvalid
from conversation.packfile import Node, Problems
from nlu.variables import fill_environment
from nlu.yaml_loader import load_node, load_pack_files


def test_values_are_yaml_1_2_and_keep_their_lines():
    node = load_node('a: yes\nb: [1, 2.5, true, null]\n404: {c: "7"}\n', "x.yml")
    assert node.plain() == {"a": "yes", "b": [1, 2.5, True, None], "404": {"c": "7"}}
    assert (node.value["404"].line, node.value["404"].value["c"].path) == (3, "404.c")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "the key 'a' stands here twice"),
        ("a: [1\nb: 2", 2, "is not YAML"),
        ("a: b: c", 1, "put the value in quotes"),
        ("a:\n\tb: 1", 2, "no tabs"),
        ("a: 1\n---\nb: 2", 2, "one file holds one document"),
        ("a: &x [*x]", 1, "an alias contains itself"),
        ("- *nobody", 1, "define the anchor"),
    ],
)
def test_a_broken_file_is_reported_with_line_and_remedy(text, line, words):
    with pytest.raises(PackInvalid) as caught:
        load_node(text, "x.yml")
    (problem,) = caught.value.problems
    assert (problem.file, problem.line) == ("x.yml", line)
    assert words in str(problem)


def test_aliases_that_multiply_are_stopped():
    bomb = "a: &a [1,1,1,1,1,1,1,1,1,1]\n" + "".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [{','.join([f'*{chr(97 + i)}'] * 10)}]\n" for i in range(7)
    )
    with pytest.raises(PackInvalid, match="without aliases"):
        load_node(bomb, "x.yml")


def test_the_environment_fills_texts_and_says_what_is_missing():
    problems = Problems()
    node = Node.of({"a": "${HOST:-localhost}:${PORT}", "b": ["${NONE:-}"], "c": 5, "d": "${MISSING}"})
    assert fill_environment(node, {"PORT": "80"}, problems).plain() == {"a": "localhost:80", "b": [""], "c": 5, "d": ""}
    assert "MISSING is not set" in str(problems.found[0])


def test_a_pack_never_reads_the_platforms_own_settings():
    problems = Problems()
    filled = fill_environment(Node.of({"a": "${SWITCHBOARD_SECRET_KEYS}"}), {"SWITCHBOARD_SECRET_KEYS": "k"}, problems)
    assert filled.plain() == {"a": ""}
    assert problems.errors


def test_a_folder_is_read_with_all_problems_together(tmp_path):
    (tmp_path / "nlu").mkdir()
    (tmp_path / "nlu" / "de.yml").write_text("a: [", encoding="utf-8")
    (tmp_path / "domain.yml").write_text("a: 1\na: 2", encoding="utf-8")
    with pytest.raises(PackInvalid) as caught:
        load_pack_files(tmp_path)
    assert {p.file for p in caught.value.problems} == {"nlu/de.yml", "domain.yml"}


def test_nlu_examples_keep_their_dollar_signs():
    files = load_pack_files({"nlu/de.yml": "a: ${X}", "client.yml": "a: ${X:-1}"})
    assert files.node("nlu/de.yml").plain() == {"a": "${X}"}
    assert files.node("client.yml").plain() == {"a": "1"}
