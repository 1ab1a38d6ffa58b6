"""`switchboard sla due`: the shape others drive, and one clear line for whatever is wrong."""

import json
from typing import Any

import pytest

from tests.app.conftest import Run, one_line

CONTRACT = {
    "--timezone": "Europe/Berlin",
    "--hours": "mon-fri 08:00-12:00,13:30-18:00; sat 09:00-13:00; sun 22:00-06:00",
    "--holiday": "2026-12-25",
    "--start": "2026-11-23T16:59:30Z",
    "--budget": "90m",
}


def words(changed: dict[str, str]) -> list[str]:
    return ["sla", "due", *(word for pair in (CONTRACT | changed).items() for word in pair)]


def due(run: Run, *more: str, **changed: str) -> dict[str, Any]:
    result = run(*words({f"--{key}": value for key, value in changed.items()}), "--json", *more)
    assert result.exit_code == 0, result.output
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


def test_the_contracts_example_is_due_on_the_second(run: Run) -> None:
    answer = due(run)
    assert answer["due"] == "2026-11-24T08:29:30Z"
    assert sum(step["elapsed_s"] for step in answer["timeline"]) == 5400
    assert set(answer) == {"due", "timeline"}


def test_until_adds_the_business_seconds_and_pauses_may_overlap(run: Run) -> None:
    pauses = ("--pause", "2026-11-24T07:00:00Z/2026-11-24T07:20:00Z")
    pauses += ("--pause", "2026-11-24T07:10:00Z/2026-11-24T07:30:00Z")
    answer = due(run, *pauses, until="2026-11-24T07:45:00Z", holidays="DE-BY")
    assert answer["due"] == "2026-11-24T08:59:30Z"
    assert answer["elapsed_s"] == 30 + 15 * 60


def test_people_read_a_table(run: Run) -> None:
    result = run(*words({"--until": "2026-11-23T17:00:00Z"}))
    assert result.exit_code == 0
    assert result.stdout.startswith("due 2026-11-24T08:29:30Z\nbusiness seconds until 2026-11-23T17:00:00Z: 30\n")


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"--timezone": "Europe/Wien"}, "Europe/Wien"),
        ({"--hours": ""}, "window"),
        ({"--hours": "mon-fri 09:00-09:00"}, "09:00-09:00"),
        ({"--hours": "mon-fri 25:00-26:00"}, "25:00"),
        ({"--hours": "someday 09:00-17:00"}, "someday"),
        ({"--start": "2026-11-23T16:59:30"}, "2026-11-23T16:59:30"),
        ({"--start": "yesterday"}, "yesterday"),
        ({"--budget": "0m"}, "0m"),
        ({"--budget": "-5m"}, "-5m"),
        ({"--budget": "soon"}, "soon"),
        ({"--holiday": "2026-02-30"}, "2026-02-30"),
        ({"--holidays": "XX-YY"}, "XX"),
        ({"--pause": "2026-11-24T07:00:00Z"}, "2026-11-24T07:00:00Z"),
        ({"--pause": "2026-11-24T08:00:00Z/2026-11-24T07:00:00Z"}, "ends before it starts"),
        ({"--pause": "2026-11-24T08:00:00/2026-11-24T09:00:00"}, "2026-11-24T08:00:00"),
        ({"--until": "2026-11-24T08:00:00"}, "2026-11-24T08:00:00"),
    ],
)
def test_bad_input_is_refused_in_one_line(run: Run, changed: dict[str, str], says: str) -> None:
    one_line(run(*words(changed), "--json"), says)


def test_a_missing_option_is_named(run: Run) -> None:
    result = run("sla", "due", "--timezone", "Europe/Berlin")
    assert result.exit_code == 2
    assert "--hours" in result.stderr
