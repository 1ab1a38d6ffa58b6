"""Money to the cent: golden sums, worked by hand."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conversation.packfile import Node, Problems
from sla.attainment import Attainment
from sla.policy import ClockKind
from sla.prices import Item, parse_prices
from sla.statement import Correction, statement
from sla.usage import Holding, Usage, counted, holdings, minutes, spent, split
from tests.sla.story import MONDAY, Story

PERIOD = (datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
PRICES = {
    "currency": "EUR",
    "minimum": "400.00",
    "automated_resolution": "0.35",
    "handled_conversation": "2.10",
    "agent_minute": "0.55",
    "credits": [{"below": 95, "percent": 5}, {"below": 90, "percent": 10}],
}


def prices(**changes):
    problems = Problems()
    parsed = parse_prices(Node.of({"prices": PRICES | changes}), problems)
    assert parsed is not None, problems.found
    return parsed


def used(item, quantity, conversation="c1"):
    return Usage(conversation, item, MONDAY, Fraction(quantity))


def attained(met, missed):
    return [Attainment(ClockKind.FIRST_RESPONSE, met, missed, 0, 0, 95.0)]


def usage(automated=0, handled=0, agent_minutes=Fraction(0)):
    facts = [used(Item.AUTOMATED_RESOLUTION, 1, f"a{n}") for n in range(automated)]
    facts += [used(Item.HANDLED_CONVERSATION, 1, f"h{n}") for n in range(handled)]
    return facts + ([used(Item.AGENT_MINUTE, agent_minutes)] if agent_minutes else [])


def test_a_month_with_all_of_it():
    found = statement("alpenrad", PERIOD, usage(812, 143, Fraction(98765, 60)), prices(), attained(94, 6))
    assert [(line.item, str(line.amount)) for line in found.lines] == [
        (Item.AUTOMATED_RESOLUTION, "284.20"),
        (Item.HANDLED_CONVERSATION, "300.30"),
        (Item.AGENT_MINUTE, "905.35"),
    ]
    assert str(found.usage) == "1489.85"
    assert [(str(c.amount), str(c.percent), str(c.share)) for c in found.credits] == [("74.49", "5", "94.00")]
    assert str(found.total) == "1415.36"


def test_a_small_month_is_topped_up_to_the_minimum():
    found = statement("alpenrad", PERIOD, usage(10, 0), prices())
    assert (str(found.usage), str(found.top_up), str(found.total)) == ("3.50", "396.50", "400.00")


@pytest.mark.parametrize(
    ("met", "missed", "percent"), [(95, 5, None), (949, 51, "5"), (90, 10, "5"), (89, 11, "10"), (0, 0, None)]
)
def test_the_largest_credit_that_applies_counts_once(met, missed, percent):
    found = statement("alpenrad", PERIOD, usage(0, 500), prices(), attained(met, missed))
    assert [str(credit.percent) for credit in found.credits] == ([percent] if percent else [])


def test_each_tier_prices_its_own_units():
    tiers = {"handled_conversation": [{"above": 100, "price": "1.90"}, {"above": 250, "price": "1.70"}]}
    found = statement("alpenrad", PERIOD, usage(0, 300), prices(tiers=tiers))
    assert [(str(line.quantity), str(line.amount)) for line in found.lines] == [
        ("100.00", "210.00"),
        ("150.00", "285.00"),
        ("50.00", "85.00"),
    ]


@given(
    st.lists(st.tuples(st.integers(0, 30), st.fractions(-2, 20)), max_size=40),
    st.lists(st.integers(1, 60), max_size=3, unique=True),
)
@settings(max_examples=150, deadline=None)
def test_every_line_is_the_sum_of_its_conversations(facts, bounds):
    tiers = {"agent_minute": [{"above": b, "price": "0.50"} for b in sorted(bounds)]} if bounds else {}
    all_facts = [used(Item.AGENT_MINUTE, quantity, f"c{n:02}") for n, quantity in facts]
    found = statement("alpenrad", PERIOD, all_facts, prices(tiers=tiers))
    for line in found.lines:
        assert len(line.conversations) == len(line.quantities) == len(set(line.conversations))
        exact = sum(line.quantities, Fraction(0))
        assert abs(exact - Fraction(line.quantity)) <= Fraction(1, 200)
    total = sum((q for line in found.lines for q in line.quantities), Fraction(0))
    assert total == sum((fact.quantity for fact in all_facts), Fraction(0))


def test_a_conversation_across_a_price_step_is_on_both_lines():
    tiers = {"agent_minute": [{"above": 10, "price": "0.50"}]}
    facts = [used(Item.AGENT_MINUTE, quantity, c) for c, quantity in (("c1", -2), ("c2", 9), ("c3", 6))]
    found = statement("alpenrad", PERIOD, facts, prices(tiers=tiers))
    assert [tuple(zip(line.conversations, map(int, line.quantities), strict=True)) for line in found.lines] == [
        (("c1", -2), ("c2", 9), ("c3", 3)),
        (("c3", 3),),
    ]


def test_a_frozen_statement_reads_back_as_it_was():
    facts = [used(Item.AGENT_MINUTE, Fraction(100, 7)), used(Item.HANDLED_CONVERSATION, 1)]
    made = statement("alpenrad", PERIOD, facts, prices(), attained(80, 20), {"first_response": 3})
    assert type(made).from_row(made.to_row()) == made
    older = made.to_row() | {"lines": [{**row, "quantities": []} for row in made.to_row()["lines"]]}
    del older["attained"]
    assert type(made).from_row(older).total == made.total


def test_half_a_cent_goes_up_and_is_rounded_once():
    found = statement("alpenrad", PERIOD, usage(0, 0, Fraction(1, 2)), prices(minimum="0", agent_minute="0.55"))
    assert str(found.total) == "0.28"


def test_a_currency_without_cents_has_none():
    assert str(statement("x", PERIOD, usage(3), prices(currency="JPY", minimum="0")).total) == "1"


def test_money_leaves_as_text():
    row = statement("alpenrad", PERIOD, usage(1), prices(), attained(80, 20)).to_row()
    assert row["lines"][0] == {
        "item": "automated_resolution",
        "quantity": "1.00",
        "unit_price": "0.35",
        "amount": "0.35",
        "conversations": ["a0"],
        "quantities": ["1"],
    }
    assert row["total"] == "360.00"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"currency": "Taler"}, "not a currency"),
        ({"minimum": "-1"}, "not an amount"),
        ({"agent_minute": "cheap"}, "not an amount"),
        ({"agent_minute": "NaN"}, "not an amount"),
        ({"tiers": {"coffee": []}}, "no price"),
        ({"tiers": {"agent_minute": [{"above": 10, "price": 1}, {"above": 5, "price": 1}]}}, "must rise"),
        ({"credits": [{"below": 195, "percent": 5}]}, "percentage"),
        ({"credits": [{"below": 95}]}, "'percent' is missing"),
        ({"agent_hour": 1}, "unknown key"),
    ],
)
def test_a_wrong_price_is_named(changes, words):
    problems = Problems()
    assert parse_prices(Node.of({"prices": PRICES | changes}), problems) is None
    assert any(words in str(problem) for problem in problems.found)


def items(story):
    return [(fact.item, int(fact.quantity)) for fact in counted(story.events)]


def test_a_bot_resolution_is_taken_back_when_it_turns_out_not_to_be_one():
    story = Story().customer(0).resolve(5, by="bot")
    assert items(story) == [(Item.AUTOMATED_RESOLUTION, 1)]
    story.add("containment_revoked", 90, by_conversation="c2")
    assert sum(quantity for _, quantity in items(story)) == 0


def test_a_handled_conversation_is_billed_once_however_often_it_is_reopened():
    story = Story().customer(0).handoff(0).agent(1).resolve(5).reopen(9).customer(9).handoff(9).agent(12).resolve(15)
    assert items(story) == [(Item.HANDLED_CONVERSATION, 1)]


def test_silence_is_not_billed():
    assert items(Story().customer(0).resolve(60, by="abandoned")) == []


def test_agent_minutes_run_from_claim_to_release_less_snooze():
    story = Story().customer(0).handoff(0).add("assigned", 10, agent="ann").add("snoozed", 20, until=MONDAY)
    story.customer(50).add("released", 60, agent="ann").add("assigned", 70, agent="ben").resolve(75)
    shares = split(holdings(story.events, story.at(100)))
    assert [fact.quantity for fact in minutes(shares, *PERIOD)] == [25]


def test_concurrent_chats_share_the_agents_time():
    held = [Holding("ann", "c1", ((0, 60_000_000),)), Holding("ann", "c2", ((30_000_000, 90_000_000),))]
    period = (datetime(1970, 1, 1, tzinfo=UTC), datetime(1970, 1, 2, tzinfo=UTC))
    assert [fact.quantity for fact in minutes(split(held), *period)] == [Fraction(3, 4), Fraction(3, 4)]
    online = {"ann": [(0, 45_000_000)]}
    assert sum(fact.quantity for fact in minutes(split(held, online), *period)) == Fraction(3, 4)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 500), st.integers(0, 300)), max_size=12))
def test_agent_minutes_never_exceed_the_time_agents_had(pieces):
    held = [Holding(agent, f"c{n}", ((s, s + length),)) for n, (agent, s, length) in enumerate(pieces) if length]
    busy = {agent: {t for a, s, length in pieces if a == agent for t in range(s, s + length)} for agent in "ab"}
    total = sum((b - a) * share for parts in split(held).values() for a, b, share in parts)
    assert total == sum(len(seconds) for seconds in busy.values())


@settings(max_examples=80, deadline=None, derandomize=True)
@given(
    st.lists(
        st.tuples(
            st.sampled_from("ab"), st.sampled_from("pqrs"), st.integers(0, 300), st.integers(0, 200), st.booleans()
        ),
        max_size=9,
    ),
    st.lists(st.integers(0, 500), min_size=2, max_size=5, unique=True),
)
def test_minutes_of_many_days_in_one_sweep_are_those_of_each_conversation(pieces, edges):
    held = [
        Holding(agent, conversation, (((a + 1) * 60_000_000, (a + b + 1) * 60_000_000),) if b else ())
        for agent, conversation, a, b, _ in pieces
    ]
    ours = {conversation for _, conversation, _, _, is_ours in pieces if is_ours}
    bounds = [datetime.fromtimestamp((edge + 1) * 60, UTC) for edge in sorted(edges)]
    shares = split(held)
    slowly = [
        sum((fact.quantity for fact in minutes(shares, *piece) if fact.conversation in ours), Fraction(0))
        for piece in pairwise(bounds)
    ]
    assert spent(held, ours, bounds) == slowly


def test_a_fact_belongs_to_the_month_it_was_recorded_in():
    late = Usage("c1", Item.AUTOMATED_RESOLUTION, PERIOD[1], Fraction(-1))
    assert statement("x", PERIOD, [late], prices(minimum="0")).total == Decimal("0.00")
    following = (PERIOD[1], PERIOD[1] + timedelta(days=31))
    assert statement("x", following, [late], prices(minimum="0")).lines[0].amount == Decimal("-0.35")


def taken_back(count):
    return [Usage(f"c{n}", Item.AUTOMATED_RESOLUTION, MONDAY, Fraction(-1)) for n in range(count)]


def test_more_taken_back_than_used_is_a_credit_note_where_there_is_no_minimum_fee():
    found = statement("x", PERIOD, taken_back(1), prices(minimum="0"), attained(80, 20))
    assert [(str(line.quantity), str(line.amount)) for line in found.lines] == [("-1.00", "-0.35")]
    assert (str(found.usage), str(found.top_up), str(found.net), str(found.total)) == (
        "-0.35",
        "0.00",
        "-0.35",
        "-0.35",
    )
    assert [str(credit.amount) for credit in found.credits] == ["0.00"], "a credit is never negative"
    assert found.rows()[-1] == ("total", None, None, None, Decimal("-0.35"), "EUR")
    assert sum(row[4] for row in found.rows()[1:-1]) == found.total


def test_a_minimum_fee_is_owed_whatever_was_taken_back():
    found = statement("x", PERIOD, taken_back(2), prices(minimum="10"), attained(80, 20))
    assert (str(found.usage), str(found.top_up)) == ("-0.70", "10.70")
    assert [str(credit.amount) for credit in found.credits] == ["1.00"]
    assert str(found.total) == "9.00"


@given(
    st.integers(0, 9),
    st.integers(0, 9),
    st.sampled_from(["0", "0.001", "2.50"]),
    st.sampled_from([(0, 0), (1, 1), (1, 9)]),
    st.sampled_from(["EUR", "JPY"]),
)
@settings(max_examples=100, deadline=None)
def test_credits_are_between_nothing_and_the_charges(automated, back, minimum, decided, currency):
    facts = usage(automated) + taken_back(back)
    marks = [{"below": 95, "percent": 80}, {"below": 95, "percent": 90, "clock": "resolution"}]
    reached = [Attainment(kind, *decided, 0, 0, 95.0) for kind in (ClockKind.FIRST_RESPONSE, ClockKind.RESOLUTION)]
    found = statement("x", PERIOD, facts, prices(minimum=minimum, credits=marks, currency=currency), reached)
    charges = found.usage + found.top_up
    assert found.top_up >= 0
    assert all(credit.amount >= 0 for credit in found.credits)
    assert min(charges, 0) <= found.net <= charges
    assert found.net >= 0 or automated < back
    rows = [row[4] for row in found.rows()[1:-1]]
    assert sum(rows, Decimal(0)) == found.total


def test_a_correction_in_another_currency_stands_apart():
    drawn = statement("x", PERIOD, usage(1000), prices(currency="JPY", minimum="0"))
    here, there = Correction("2026-10", Decimal(-5), "JPY"), Correction("2026-09", Decimal("8.61"), "EUR")
    found = drawn.corrected([there]).corrected([here])
    assert (found.net, found.total) == (drawn.total, drawn.total - 5)
    assert (found.added, found.apart) == ((here,), (there,))
    assert found.rows()[-3:] == [
        ("correction", "2026-10", None, None, Decimal(-5), "JPY"),
        ("total", None, None, None, Decimal(345), "JPY"),
        ("correction_apart", "2026-09", None, None, Decimal("8.61"), "EUR"),
    ]
    assert type(found).from_row(found.to_row()) == found
    older = found.to_row() | {"corrections": [{"month": "2026-10", "amount": "-5"}]}
    assert type(found).from_row(older).corrections == (here,), "frozen before corrections had a currency"
