"""Exclusions and approvals: both counts side by side, and every changed term shown."""

from datetime import timedelta
from decimal import Decimal

from sla.attainment import attainment
from sla.difference import Difference, policy_difference, price_difference
from sla.exclusion import Exclusion, Reason, adjusted
from sla.policy import ClockKind
from sla.prices import Item, Prices
from tests.sla.story import MONDAY, Story, policy

LATER = MONDAY + timedelta(days=30)


def test_raw_and_adjusted_attainment_stand_side_by_side():
    clocks = [Story(conversation=f"c{n}").customer(0).handoff(0).agent(wait).clock() for n, wait in enumerate((1, 20))]
    proposed = Exclusion(clocks[1].id, Reason.PLATFORM_OUTAGE, "status.example/1", "sup", MONDAY)
    approved = Exclusion(clocks[1].id, Reason.PLATFORM_OUTAGE, "status.example/1", "sup", MONDAY, "admin", LATER)
    shares = [
        attainment(counted, ClockKind.FIRST_RESPONSE, 95, LATER).share
        for counted in (clocks, adjusted(clocks, [proposed]), adjusted(clocks, [approved]))
    ]
    assert shares == [0.5, 0.5, 1.0]


def test_each_changed_term_is_shown():
    new = policy(calendar={"closures": [{"date": "2026-12-24", "name": "Betriebsruhe"}]}, bot_counts=True)
    assert policy_difference(policy(), new) == [
        Difference("bot_counts", "False", "True"),
        Difference("calendar.closed.2026-12-24", None, "Betriebsruhe"),
    ]
    target = policy(targets=[*policy_targets(), {"when": {"queue": "vip"}, "first_response": "1m"}])
    assert [d.path for d in policy_difference(policy(), target)] == [
        "targets.3.budgets.first_response",
        "targets.3.when.queue",
    ]
    assert policy_difference(policy(), policy()) == []


def test_hours_and_budgets_are_shown_as_people_write_them():
    new = policy(
        calendar={"hours": "mon-fri 08:00-18:00; sat 22:00-06:00"},
        targets=[policy_targets()[0], {"first_response": "20m", "next_response": "30m", "resolution": "1d"}],
    )
    assert policy_difference(policy(), new) == [
        Difference("calendar.week.sat", "09:00-13:00", "22:00-06:00"),
        Difference("targets.2.budgets.first_response", "15 min", "20 min"),
    ]


def policy_targets():
    return [
        {"when": {"priority": "urgent"}, "first_response": "5m", "next_response": "10m", "resolution": "4h"},
        {"first_response": "15m", "next_response": "30m", "resolution": "1d"},
    ]


def test_a_first_price_list_is_all_new():
    first = Prices(units={Item.HANDLED_CONVERSATION: Decimal("2.10")})
    assert Difference("handled_conversation", None, "2.10") in price_difference(None, first)
    raised = Prices(units={Item.HANDLED_CONVERSATION: Decimal("2.20")})
    assert price_difference(first, raised) == [Difference("handled_conversation", "2.10", "2.20")]
