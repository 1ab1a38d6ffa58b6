"""`switchboard test --variations`, `--record`, and what a version keeps of them."""

import json
from pathlib import Path

from tests.app.conftest import Run
from tests.app.test_bot_versions import folder

TESTS = """
test_cases:
- test_case: asks for a price
  steps:
  - user: "how much is the saddle"
  - utter: utter_price
"""
KINDS = ["same", "corrected", "refused", "handed"]
COUNTS = ["same", "handed_over", "wrong_write", "lost", "dead_end", "repeated"]


def test_the_figures_have_the_shape_that_was_agreed(run: Run, tmp_path: Path) -> None:
    result = run("test", str(folder(tmp_path, tests=TESTS)), "--variations", "--json")
    figures = json.loads(result.stdout)
    assert list(figures) == KINDS
    assert all(list(counts) == COUNTS for counts in figures.values())
    assert figures["same"]["same"] > 0
    assert (figures["same"]["wrong_write"], figures["refused"]["same"]) == (0, 0)


def test_a_missed_target_is_an_exit_status(run: Run, tmp_path: Path) -> None:
    flow = "flows:\n  price:\n    description: price\n    nlu_trigger: [{intent: price}]\n    steps:\n"
    pack = folder(tmp_path, tests=TESTS.replace("how much is the saddle", "/price"))
    (pack / "flows.yml").write_text(f"{flow}    - action: action_look\n    - action: utter_price\n", "utf-8")
    (pack / "actions.yml").write_text("actions:\n  action_look: {url: 'https://shop.example/price'}\n", "utf-8")
    result = run("test", str(pack), "--variations")
    assert result.exit_code == 1, result.output
    assert "not varied: asks for a price: no stub and no recorded answer for action_look" in result.stdout
    assert "1 of 1 conversations could not be varied" in result.stdout


def test_answers_are_recorded_into_the_pack(run: Run, tmp_path: Path) -> None:
    pack = folder(tmp_path, tests=TESTS)
    result = run("test", str(pack), "--record")
    assert result.exit_code == 0, result.output
    assert "0 answers kept" in result.stdout
    assert "answers: []" in (pack / "recorded.yml").read_text("utf-8")
    assert run("test", str(pack), "--variations", "--json").exit_code in (0, 1)


def test_a_version_keeps_its_figures_and_shows_them(run: Run, tmp_path: Path) -> None:
    pack = folder(tmp_path, tests=TESTS)
    kept = json.loads(run("nlu", "train", str(pack), "--json").stdout)
    assert list(kept["facts"]["variations"]["kinds"]) == KINDS
    assert "variations came out as they should" in " ".join(run("nlu", "train", str(pack)).stdout.split())
