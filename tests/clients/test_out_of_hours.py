"""What a customer in danger reads: whom to call at any hour, and never that somebody comes while nobody is there."""

import pytest

from nlu.responses import Responses, Setting
from tests.clients.packs import PACKS, pack

OPENS = "2026-12-01T08:00:00Z"
NOTICE = "utter_handoff_urgent_out_of_hours"
CALLED_NOW = {"de": "hole sofort", "en": "right now"}
WITH_THE_SUPERVISORS = {"de": "bei der Aufsicht", "en": "with the supervisors"}
SAME = [(name, language) for name in (*PACKS, "") for language in ("de", "en")]


@pytest.mark.parametrize(("client", "language"), SAME)
def test_the_safety_word_says_whom_to_call_at_any_hour_and_promises_nobody(client: str, language: str) -> None:
    own = pack(client).responses.own if client else {}
    for name in ("utter_urgent", *(one for one in own if one.startswith("utter_urgent_"))):
        said = _said(client, name, language)
        assert "112" in said, name
        assert CALLED_NOW[language] not in said, name


@pytest.mark.parametrize(("client", "language"), SAME)
def test_out_of_hours_the_report_is_said_to_lie_with_the_supervisors(client: str, language: str) -> None:
    said = _said(client, NOTICE, language)
    assert WITH_THE_SUPERVISORS[language] in said
    assert "{" not in said
    assert "112" in said or ("Nummer oben" in said or "number above" in said)


def _said(client: str, name: str, language: str) -> str:
    responses = pack(client).responses if client else Responses({})
    reply = responses.render(name, Setting(language, "web", {"language": language, "opens_at": OPENS}))
    assert reply is not None
    return reply.text
