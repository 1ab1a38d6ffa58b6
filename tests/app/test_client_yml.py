"""The reference of client.yml is a client.yml."""

import json
import re
from datetime import date, timedelta
from pathlib import Path

from app.packs import read_client_pack
from sla.policy import ClockKind, Subject
from tests.settlement.packs import small_pack

REFERENCE = Path(__file__).parents[2] / "docs" / "client-yml.md"


def test_the_documented_file_is_read_without_a_complaint_and_means_what_it_says():
    [written] = re.findall(r"```yaml\n(.*?)```", REFERENCE.read_text("utf-8"), re.DOTALL)
    files = small_pack() | {"client.yml": written}
    files["domain.yml"] = json.dumps(
        {
            "version": "3.1",
            "intents": ["greet", "goodbye", "complaint"],
            "responses": {"utter_greet": [{"text": "Hello"}]},
        }
    )
    files["nlu/en.yml"] += "- intent: complaint\n  examples: |\n    - this is bad\n    - I am not content\n"
    pack, problems = read_client_pack(files, {})
    assert not [str(p) for p in problems if not p.warning]
    urgent = Subject(priority="urgent")
    assert pack.policy.budget(ClockKind.FIRST_RESPONSE, urgent) == timedelta(minutes=5)
    assert pack.policy.calendar_of(pack.policy.target(urgent)).hours.always_open
    assert date(2027, 1, 6) in pack.policy.calendar.closed
    assert date(2027, 1, 6) not in pack.policy.calendar_of(pack.policy.target(urgent)).closed
    gold = Subject(segment="gold", channel_kind="telegram")
    assert pack.policy.budget(ClockKind.NEXT_RESPONSE, gold) == timedelta(minutes=20)
    assert pack.forecast.of("2026-12") == 1100
    assert len(pack.channels) == 3
