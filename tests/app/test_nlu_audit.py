"""`switchboard nlu audit`: figures week by week, and a sample on request."""

import json
from pathlib import Path

from tests.app.conftest import Run, one_line


def test_a_sample_is_drawn_on_request_and_told_week_by_week(run: Run, pack: Path):
    assert run("client", "apply", pack).exit_code == 0
    one_line(run("nlu", "audit", "alpenrad", "--week", "last"), "'last' is not a week; write it as 2026-W47")
    one_line(
        run("nlu", "audit", "alpenrad", "--week", "9000-W01", "--draw"), "9000-W01 is not over yet in Europe/Berlin"
    )
    told = json.loads(run("nlu", "audit", "alpenrad", "--week", "2026-W01", "--draw", "--json").stdout)
    [week] = told
    assert (week["week"], week["seed"], week["answers"], week["versions"]) == ("2026-W01", "alpenrad:2026-W01", 0, [])
    assert "2026-W01" in run("nlu", "audit", "alpenrad").stdout
