"""What a contract says to do at each warning point and at the breach."""

import pytest

from conversation.conversation import Priority
from conversation.packfile import Problems
from nlu.yaml_loader import load_node
from sla.alarm import LOUD, ONE_STEP, OUTGOING, QUIET, AlarmPlan, Step, Tell, parse_alarms
from sla.pack import parse_policy
from sla.policy import Policy

CONTRACT = """
calendar: {{timezone: Europe/Berlin, hours: 24/7}}
sla:
  warnings: [50, 80]
  targets: [{{first_response: 15m}}]
  alarms: {alarms}
"""


def read(alarms: str) -> tuple[Policy | None, list[str]]:
    problems = Problems()
    policy = parse_policy(load_node(CONTRACT.format(alarms=alarms), "client.yml"), problems)
    return policy, [str(problem) for problem in problems.errors]


def plan(alarms: str) -> AlarmPlan:
    policy, errors = read(alarms)
    assert errors == []
    assert policy is not None
    return policy.alarms


def test_without_a_word_the_last_warning_and_the_breach_raise_the_priority_and_tell_everybody() -> None:
    usual = plan("{}")
    assert [usual.at(point, (50, 80)) for point in (50, 80, 100)] == [QUIET, LOUD, LOUD]
    assert usual.at(100, ()) == LOUD, "a contract without warnings still has its breach"


def test_a_contract_says_for_each_point_who_is_told_and_what_is_raised() -> None:
    own = plan("{50: {tell: [desk, slack]}, 80: {raise: high}, breach: {raise: true, tell: [webhook, email]}}")
    assert own.at(50, (50, 80)) == Step(frozenset({Tell.SLACK}))
    assert own.at(80, (50, 80)) == Step(frozenset(), "high")
    assert own.at(100, (50, 80)) == Step(frozenset({Tell.WEBHOOK, Tell.EMAIL}), ONE_STEP)


@pytest.mark.parametrize(
    ("step", "before", "after"),
    [
        (Step(), Priority.NORMAL, Priority.NORMAL),
        (Step(raises=ONE_STEP), Priority.LOW, Priority.NORMAL),
        (Step(raises=ONE_STEP), Priority.URGENT, Priority.URGENT),
        (Step(raises="high"), Priority.LOW, Priority.HIGH),
        (Step(raises="high"), Priority.URGENT, Priority.URGENT),
    ],
)
def test_a_step_raises_and_never_lowers(step: Step, before: Priority, after: Priority) -> None:
    assert step.raised(before) is after


@pytest.mark.parametrize(
    ("alarms", "says"),
    [
        ("{60: {raise: true}}", "'60' is not a point of this contract (one of 50, 80, breach)"),
        ("{80: {tell: [pager]}}", "'pager' cannot be told (one of desk, supervisor, slack, webhook, email)"),
        ("{80: {raise: very}}", "'very' is not what a priority can be raised to"),
        ("{80: {shout: true}}", "unknown key 'shout'"),
        ("{80: loud}", "must be a mapping"),
        ("loud", "must be a mapping"),
    ],
)
def test_a_mistake_is_told_with_its_place(alarms: str, says: str) -> None:
    policy, errors = read(alarms)
    assert policy is None
    assert errors[0].startswith("client.yml:6: ")
    assert says in errors[0]


def test_a_plan_is_part_of_the_version_and_the_usual_one_changes_no_version() -> None:
    usual, _ = read("{}")
    own, _ = read("{80: {tell: [slack]}}")
    assert usual is not None
    assert own is not None
    assert "alarms" not in usual.to_row()
    assert usual.version != own.version
    assert Policy.from_row(own.to_row()) == own


def test_no_plan_at_all_is_the_usual_one() -> None:
    assert parse_alarms(None, (50,), Problems()) == AlarmPlan()
    assert AlarmPlan().at(50, (50,)).tell == frozenset(OUTGOING)
