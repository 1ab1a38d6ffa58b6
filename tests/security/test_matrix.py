"""Every route of the application × everybody × own, foreign and unknown ids, on both databases."""

import asyncio
from collections import Counter

import pytest
from prometheus_client import CollectorRegistry

from tests.security.matrix.calling import (
    SCREENS_STREAM,
    STREAMS,
    VISITORS_STREAM,
    Call,
    Matrix,
    guarded,
    listed,
    make_matrix,
)
from tests.security.matrix.databases import module_database
from tests.security.matrix.expectations import TABLE, Open
from tests.security.matrix.packs import BOTH
from tests.security.matrix.routes import routes_of
from tests.security.matrix.town import ROOT, environment
from web.metrics import create_metrics

__all__ = ["module_database"]
pytestmark = pytest.mark.timeout(400)  # the first test of each database pays for all calls

SHOWN = (
    *("client", "tone", "bot", "queue", "macro-title", "macro", "message", "customer", "slot", "bot-reply", "reply"),
    *("note", "disposition", "file", "reply.png", "picture.png", "draft", "evidence", "alarm-error", "greeting"),
    *("agent", "response", "applier"),
)

OUR_OWN = ("note", "draft", "macro", "macro-title", "tone", "alarm-error", "engine-error")
KEPT_FROM = {
    "client admin": OUR_OWN,
    "two roles": OUR_OWN,
    "trainer": (*OUR_OWN, "customer", "evidence", "disposition"),
    "agent": ("alarm-error", "evidence"),
    "anonymous": (*OUR_OWN, "customer", "message", "bot-reply", "agent", "supervisor", "evidence"),
}


@pytest.fixture(scope="module")
def matrix(module_database: str, tmp_path_factory: pytest.TempPathFactory) -> Matrix:
    """All calls, made once for each database."""
    with pytest.MonkeyPatch.context() as patch:
        environment(patch)
        return asyncio.run(make_matrix(module_database, tmp_path_factory.mktemp("packs")))


def test_every_route_of_the_application_has_an_expectation(matrix: Matrix) -> None:
    routes = {f"{method} {path}" for method, path in matrix.routes}
    assert len(routes) > 100
    assert routes - TABLE.keys() == set(), "write down who may call these, and which of their ids belong to a client"
    assert TABLE.keys() - routes == set(), "these are gone"


def test_the_listener_for_operators_has_no_other_routes() -> None:
    app = create_metrics(CollectorRegistry(), {}, "a token")
    paths = {path for _, path in routes_of(app)}
    assert paths == {"/metrics", "/healthz", "/readyz"}, (
        "tests/security/test_metrics.py asks each of them for its token"
    )


def test_everybody_gets_what_is_theirs_and_nothing_else(matrix: Matrix) -> None:
    assert not listed(
        f"{call}: {call.answer.status}, not {sorted(call.expected)}: {call.answer.text[:120]!r}"
        for call in matrix.calls
        if call.answer.status not in call.expected
    )
    assert Counter(call.variant.partition(" ")[0] for call in matrix.calls)["foreign"] > 300


def test_no_answer_tells_anything_of_another_client(matrix: Matrix) -> None:
    assert not listed(
        f"{call}: {secret!r} in …{around(call.normal, secret)}…"
        for call in matrix.calls
        if call.caller != ROOT
        for other in BOTH
        if other is not call.client and not (call.addressed is other and is_public(call))
        for secret in matrix.secrets[other.id] - call.sent
        if secret in call.normal.lower()
    )


def test_a_refusal_tells_nothing_of_any_client(matrix: Matrix) -> None:
    assert not listed(
        f"{call}: {secret!r} in …{around(call.normal, secret)}…"
        for call in matrix.calls
        if call.answer.status in (401, 403) and not is_public(call)
        for client in BOTH
        for secret in matrix.secrets[client.id] - call.sent
        if secret in call.normal.lower()
    )


@pytest.mark.parametrize("role", KEPT_FROM)
def test_roles_do_not_read_what_is_meant_for_others(matrix: Matrix, role: str) -> None:
    told = "\n".join(call.answer.everything for call in matrix.calls if call.caller == role)
    assert [what for client in BOTH for what in KEPT_FROM[role] if client.says(what) in told] == []
    assert role in ("client admin", "two roles") or not [c for c in BOTH if c.price in told.replace(",", "")]


def test_no_stream_tells_anything_of_another_client_or_visitor(matrix: Matrix) -> None:
    assert not listed(
        f"{stream}: {secret!r} in …{around(stream.heard.text, secret)}…"
        for stream in matrix.streams
        if stream.caller != ROOT
        for other in BOTH
        if other is not stream.client
        for secret in matrix.secrets[other.id]
        if secret in stream.heard.text.lower()
    )
    assert {stream.route for stream in matrix.streams} == {*STREAMS, VISITORS_STREAM, SCREENS_STREAM}
    assert all(stream.heard.status == 200 and stream.own in stream.heard.text for stream in matrix.streams)
    for stream in matrix.streams:
        if stream.route == VISITORS_STREAM:
            others = [s.caller for s in matrix.streams if s.route == VISITORS_STREAM and s.caller != stream.caller]
            assert not [who for who in others if f"of {who}" in stream.heard.text], str(stream)


def test_a_screen_on_the_wall_names_nobody(matrix: Matrix) -> None:
    shown = [call for call in matrix.calls if call.route.startswith("GET /display/") and call.answer.status == 200]
    assert shown
    for call in shown:
        named = [
            what for what in ("customer", "message", "agent", "bot-reply") if call.client.says(what) in call.normal
        ]
        assert named == [], str(call)
    for stream in matrix.streams:
        if stream.route == SCREENS_STREAM:
            assert not [s for s in matrix.secrets[stream.client.id] if s in stream.heard.text.lower()], str(stream)


def test_foreign_ids_are_answered_as_unknown_ones(matrix: Matrix) -> None:
    unknown = {
        (c.client, c.caller, c.route, c.variant.partition(" ")[2]): c for c in matrix.calls if "unknown" in c.variant
    }
    compared = 0
    for call in matrix.calls:
        kind, _, id_ = call.variant.partition(" ")
        if id_ == "channel":
            continue  # which chats there are, the world knows
        if kind == "foreign" and not id_.startswith("all"):
            twin = unknown[call.client, call.caller, call.route, id_]
            assert (call.answer.status, without_length(call)) == (twin.answer.status, without_length(twin)), str(call)
            compared += 1
    assert compared > 300


def test_what_is_refused_changes_nothing(matrix: Matrix) -> None:
    assert matrix.changed == []


def test_strangers_are_sent_to_the_login_page_and_to_no_other_place(matrix: Matrix) -> None:
    sent = [
        c for c in matrix.calls if c.answer.status == 303 and c.caller in ("anonymous", "half", "disabled", "visitor")
    ]
    assert sent
    for call in sent:
        if call.route not in ("GET /", "POST /language"):
            assert call.answer.headers["location"].startswith("/login"), str(call)


def test_forged_acts_are_refused_as_such(matrix: Matrix) -> None:
    forged = [c for c in matrix.calls if c.variant in ("no token", "another's token", "another site")]
    assert {c.route for c in forged} == {route for route in TABLE if guarded(route)}
    assert {c.answer.status for c in forged} == {403}


def test_the_data_is_there_to_be_seen(matrix: Matrix) -> None:
    """Otherwise all of the above would hold of empty pages."""
    for client in BOTH:
        told = "\n".join(c.normal for c in matrix.calls if client in (c.addressed, c.client) and c.variant == "own")
        assert [what for what in SHOWN if client.says(what) not in told] == []
        assert client.price in told.replace(",", "")


def is_public(call: Call) -> bool:
    """Whether the route shows the client's face to the world."""
    row = TABLE.get(call.route)
    return row is None or row.who is Open.EVERYBODY


def around(text: str, secret: str) -> str:
    at = text.lower().index(secret)
    return text[max(0, at - 60) : at + 60].replace("\n", " ")


def without_length(call: Call) -> str:
    return "\n".join(line for line in call.normal.splitlines() if not line.startswith("content-length"))
