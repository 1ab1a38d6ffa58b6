"""`switchboard nlu`: the shapes others drive."""

import json
from pathlib import Path

from tests.app.conftest import Run, one_line
from tests.journeys.packs import ALPENRAD
from tests.nlu.bike_shop import BIKE_SHOP

TEST_SET = """
nlu:
- intent: order_status
  examples: |
    - is my bike on its way
    - wo bleibt mein Paket
- intent: refund
  examples: |
    - I still wait for my money
- intent: nlu_fallback
  examples: |
    - how deep is the ocean
    - sing a song about cheese
"""


def test_evaluate_has_the_shape_that_was_agreed(run: Run, tmp_path: Path) -> None:
    train, test = tmp_path / "train.yml", tmp_path / "test.yml"
    train.write_text(BIKE_SHOP, "utf-8")
    test.write_text(TEST_SET, "utf-8")
    result = run("nlu", "evaluate", "--train", str(train), "--test", str(test), "--engine", "embedded", "--json")
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert list(report) == [
        "accuracy",
        "macro_f1",
        "ece",
        "train_s",
        "latency_ms",
        "model_bytes",
        "out_of_scope",
        "auto_answer",
        "intents",
    ]
    assert set(report["latency_ms"]) >= {"p50", "p99"}
    assert set(report["out_of_scope"]) == {"auroc", "recall_at_5"}
    assert set(report["auto_answer"]) == {"coverage", "precision"}
    shares = [report["accuracy"], report["macro_f1"], report["ece"], *report["out_of_scope"].values()]
    assert all(0 <= share <= 1 for share in shares)
    assert report["accuracy"] >= 2 / 3
    assert {row["name"] for row in report["intents"]} >= {"order_status", "refund"}


def test_evaluate_names_what_it_cannot_read(run: Run, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yml"
    broken.write_text("nlu:\n- intent: a\n  examples: [unclosed\n", "utf-8")
    for train in (broken, tmp_path / "missing.yml"):
        result = run("nlu", "evaluate", "--train", str(train), "--test", str(broken), "--json")
        one_line(result, train.name)


def test_parse_speaks_as_rasa_does(run: Run) -> None:
    result = run("nlu", "parse", "--pack", str(ALPENRAD), "Wo ist meine Bestellung 100234?", "--json")
    assert result.exit_code == 0, result.output
    parsed = json.loads(result.stdout)
    assert parsed["text"] == "Wo ist meine Bestellung 100234?"
    assert parsed["intent"]["name"] == "order_status"
    assert 0 < parsed["intent"]["confidence"] <= 1
    assert parsed["intent_ranking"][0] == parsed["intent"]
    (entity,) = parsed["entities"]
    assert (entity["entity"], entity["value"], entity["start"], entity["end"]) == ("order_number", "100234", 24, 30)


def test_a_folder_without_a_pack_is_refused(run: Run, tmp_path: Path) -> None:
    one_line(run("nlu", "parse", "--pack", str(tmp_path), "hallo", "--json"), "client.yml")


def test_versions_are_kept_listed_activated_and_rolled_back(run: Run, pack: Path, tmp_path: Path) -> None:
    assert "1 (kept)" in run("nlu", "train", str(pack), "--no-tests").stdout
    assert "not applied yet" in run("nlu", "train", str(pack), "--no-tests").stdout
    one_line(run("nlu", "activate", "alpenrad", "1"), "client apply")
    one_line(run("nlu", "versions", "nobody"), "nobody")
    assert "version 1 is active" in run("client", "apply", str(pack), "--no-tests").stdout
    domain = pack / "domain.yml"
    domain.write_text(domain.read_text("utf-8").replace("Take care and enjoy the ride!", "Enjoy!"), "utf-8")
    kept = json.loads(run("nlu", "train", str(pack), "--no-tests", "--json").stdout)
    assert (kept["number"], kept["new"], kept["active"], kept["engine"]) == (2, True, False, "embedded")
    one_line(run("nlu", "shadow", "alpenrad", "1"), "is the one that runs")
    assert "version 2 listens" in run("nlu", "shadow", "alpenrad", "2").stdout
    heard = json.loads(run("nlu", "disagreements", "alpenrad", "--json").stdout)
    assert (heard["number"], heard["running"], heard["heard"], heard["newest"]) == (2, True, 0, [])
    assert "no candidate listens" in run("nlu", "shadow", "alpenrad", "off").stdout
    compared = json.loads(run("nlu", "compare", "alpenrad", "1", "2", "--json").stdout)
    assert (compared["a"], compared["b"], compared["flips"]) == (1, 2, [])
    assert json.loads(run("nlu", "drift", "alpenrad", "--json").stdout)["warns"] is False
    assert "version 2 is active" in run("client", "apply", str(pack), "--no-tests").stdout
    listed = json.loads(run("nlu", "versions", "alpenrad", "--json").stdout)
    assert [(one["number"], one["active"]) for one in listed] == [(2, True), (1, False)]
    assert "version 1 runs again instead of 2" in run("nlu", "rollback", "alpenrad", "--reason", "too curt").stdout
    one_line(run("nlu", "activate", "alpenrad", "2", "--force"), "--reason")
    one_line(run("nlu", "tighten", "alpenrad", "much", "--reason", "x"), "much")
    assert "at most 2.0% may be wrong" in run("nlu", "tighten", "alpenrad", "0.02", "--reason", "audit").stdout
    model = tmp_path / "kept.model"
    assert run("nlu", "train", str(pack), "--out", str(model)).exit_code == 0
    assert model.stat().st_size > 1_000_000
