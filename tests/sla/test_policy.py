"""The contract parts of client.yml: what they mean, which target applies, and how mistakes are told."""

import json
import zoneinfo
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
import tzdata

from conversation.packfile import Node, Problems
from sla.hours import open_cells, parse_hours
from sla.instants import zone_info
from sla.pack import parse_calendar, parse_policy
from sla.policy import ClockKind, Policy, StartRule, Subject
from tests.sla.story import CALENDAR, SLA, policy


def parse(client):
    problems = Problems()
    return parse_policy(Node.of(client, "client.yml"), problems), problems


def test_the_documented_contract_is_read():
    terms = policy(
        calendar={
            "holidays": "DE-BY",
            "closures": [{"date": "2026-12-24", "name": "Betriebsruhe"}, {"date": "2027-08-02", "until": "2027-08-13"}],
            "openings": [{"date": "2026-12-28", "hours": "10:00-14:00", "name": "Inventur"}],
        },
        start="first_customer_message",
        bot_counts=True,
        objective={"first_response": 95, "resolution": 90.5},
    )
    assert terms.start is StartRule.FIRST_CUSTOMER_MESSAGE
    assert terms.bot_counts
    assert terms.calendar.closed[date(2026, 12, 24)] == "Betriebsruhe"
    assert terms.calendar.closed[date(2026, 1, 6)] == "Heilige Drei Könige"
    assert date(2027, 8, 13) in terms.calendar.closed
    assert terms.calendar.openings[date(2026, 12, 28)] == ((600, 840),)
    assert terms.objective == {ClockKind.FIRST_RESPONSE: 95, ClockKind.RESOLUTION: 90.5}


def test_dates_that_yaml_has_already_read_are_fine():
    calendar = parse_calendar(
        Node.of({"calendar": CALENDAR | {"closures": [{"date": date(2026, 12, 24)}]}}), Problems()
    )
    assert calendar.closed == {date(2026, 12, 24): "closed"}


def test_the_first_target_that_matches_wins():
    terms = policy()
    assert terms.budget(ClockKind.FIRST_RESPONSE, Subject(priority="urgent")) == timedelta(minutes=5)
    assert terms.budget(ClockKind.FIRST_RESPONSE, Subject()) == timedelta(minutes=15)


@pytest.mark.parametrize(
    ("when", "subject", "matches"),
    [
        ({"queue": "billing"}, Subject(queue="billing"), True),
        ({"queue": "billing"}, Subject(queue="first"), False),
        ({"priority": ["urgent", "high"]}, Subject(priority="high"), True),
        ({"channel": "webchat"}, Subject(channel="shop-chat", channel_kind="webchat"), True),
        ({"channel": "shop-chat"}, Subject(channel="shop-chat", channel_kind="webchat"), True),
        ({"language": "de", "intent": "complaint"}, Subject(language="de", intent="complaint"), True),
        ({"language": "de", "intent": "complaint"}, Subject(language="en", intent="complaint"), False),
    ],
)
def test_a_target_matches_by_every_matcher(when, subject, matches):
    terms = policy(targets=[{"when": when, "first_response": "1m"}])
    assert (terms.budget(ClockKind.FIRST_RESPONSE, subject) is not None) is matches


def test_a_policy_survives_its_row_with_its_version():
    terms = policy(calendar={"holidays": "DE-BY", "openings": [{"date": "2026-12-28", "hours": "10:00-14:00"}]})
    again = Policy.from_row(json.loads(json.dumps(terms.to_row())))
    assert again == terms
    assert again.version == terms.version


def test_rule_1_5_several_own_openings_of_one_date_are_all_open():
    hours = ("10:00-12:00", "14:00-16:00", "11:00-13:00")
    terms = policy(calendar={"openings": [{"date": "2026-11-29", "hours": one} for one in hours]})
    assert terms.calendar.openings[date(2026, 11, 29)] == ((600, 780), (840, 960))


def test_any_change_makes_a_new_version_and_the_same_terms_make_the_same_one():
    assert policy().version == policy().version
    changed = [
        policy(start="first_customer_message"),
        policy(warnings=[50]),
        policy(calendar={"hours": "24/7"}),
        policy(calendar={"closures": [{"date": "2026-12-24"}]}),
        policy(targets=[{"first_response": "16m"}]),
    ]
    assert len({policy().version, *(p.version for p in changed)}) == 6


def test_rule_1_8_another_release_of_the_zones_is_another_version():
    older = replace(policy(), tzdata="2015a")
    assert older.version != policy().version == Policy.from_row(policy().to_row()).version
    assert Policy.from_row(older.to_row()).tzdata == "2015a"


def test_rule_1_8_a_zone_is_read_from_the_package_whatever_the_machine_has(tmp_path, monkeypatch):
    monkeypatch.setattr(zoneinfo, "TZPATH", (str(tmp_path),))
    zone_info.cache_clear()
    assert str(zone_info("Europe/Berlin")) == "Europe/Berlin"
    assert policy().tzdata == tzdata.IANA_VERSION


def test_a_pack_without_sla_promises_nothing_and_is_no_mistake():
    terms, problems = parse({"calendar": CALENDAR})
    assert terms is None
    assert problems.found == []


WRONG = [
    ({"sla": SLA}, "needs a calendar"),
    ({"calendar": CALENDAR | {"timezone": "Berlin"}, "sla": SLA}, "IANA"),
    ({"calendar": {"hours": "24/7"}, "sla": SLA}, "'timezone' is missing"),
    ({"calendar": CALENDAR | {"hours": "mon 8-12"}, "sla": SLA}, "not a window"),
    ({"calendar": CALENDAR | {"holidays": "DE-XX"}, "sla": SLA}, "holiday region"),
    ({"calendar": CALENDAR | {"closures": [{"name": "x"}]}, "sla": SLA}, "'date' is missing"),
    ({"calendar": CALENDAR | {"closures": [{"date": "24.12."}]}, "sla": SLA}, "not a date"),
    ({"calendar": CALENDAR | {"openings": [{"date": "2026-12-24"}]}, "sla": SLA}, "'hours' is missing"),
    ({"calendar": CALENDAR, "sla": SLA | {"start": "noon"}}, "not a start"),
    ({"calendar": CALENDAR, "sla": SLA | {"warnings": [120]}}, "not a warning point"),
    ({"calendar": CALENDAR, "sla": SLA | {"objective": "most"}}, "not an objective"),
    ({"calendar": CALENDAR, "sla": SLA | {"bot_counts": "maybe"}}, "neither true nor false"),
    ({"calendar": CALENDAR, "sla": SLA | {"targets": []}}, "no targets"),
    ({"calendar": CALENDAR, "sla": SLA | {"targets": [{"first_response": "soon"}]}}, "not an amount of time"),
    (
        {"calendar": CALENDAR, "sla": SLA | {"targets": [{"when": {"priority": "asap"}, "first_response": "1m"}]}},
        "priority",
    ),
    (
        {"calendar": CALENDAR, "sla": SLA | {"targets": [{"when": {"weather": "x"}, "first_response": "1m"}]}},
        "unknown key",
    ),
    ({"calendar": CALENDAR, "sla": SLA | {"target": 1}}, "unknown key"),
]


@pytest.mark.parametrize(("client", "words"), WRONG, ids=[row[1] for row in WRONG])
def test_a_mistake_is_named_with_its_place(client, words):
    terms, problems = parse(client)
    assert terms is None
    assert any(words in str(problem) for problem in problems.errors), problems.found
    assert all(str(problem).startswith("client.yml:") for problem in problems.found)


def test_open_cells_show_a_week_at_a_glance():
    cells = open_cells(parse_hours("mon 08:30-12:20; sun 22:00-06:00"))
    assert {(0, 8), (0, 9), (0, 11), (6, 22), (0, 5)} <= cells
    assert not {(0, 12), (0, 6), (6, 21)} & cells
    assert len(open_cells(parse_hours("24/7"))) == 168


def test_the_frozen_holidays_decide_not_the_library():
    terms = policy(calendar={"holidays": "DE-BY"})
    row = terms.to_row()
    del row["calendar"]["closed"]["2026-12-25"]
    noon = datetime.fromisoformat("2026-12-25T12:00:00+01:00")
    assert not terms.calendar.is_open(noon)
    assert Policy.from_row(row).calendar.is_open(noon)
