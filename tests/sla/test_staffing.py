"""Erlang's formulas against published figures, and against each other where they must meet."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sla.errors import SlaError
from sla.roster import Promise, roster
from sla.staffing import Load, agents_needed, erlang_b, erlang_c, forecast


@pytest.mark.parametrize(
    ("servers", "erlangs", "blocked"),
    [(1, 1, 0.5), (5, 3, 0.1101), (10, 10, 0.2146), (20, 20, 0.1589), (10, 4.461, 0.01), (20, 12.03, 0.01)],
)
def test_erlang_b_matches_the_traffic_tables(servers, erlangs, blocked):
    assert erlang_b(servers, erlangs) == pytest.approx(blocked, abs=6e-5)


def test_erlang_c_matches_the_textbook_call_centre():
    """100 calls in half an hour of 3 minutes each, 14 agents: 17.4 % wait, 88.8 % within 20 s, 7.8 s on average."""
    found = forecast(Load(100 / 1800, 180), 14, 20)
    assert found.waiting == pytest.approx(0.174, abs=5e-4)
    assert found.within_target == pytest.approx(0.888, abs=5e-4)
    assert found.mean_wait_s == pytest.approx(7.8, abs=0.05)
    assert found.occupancy == pytest.approx(0.714, abs=5e-4)
    assert agents_needed(Load(100 / 1800, 180), 20, 0.8) == 14


def test_erlang_a_matches_garnett_mandelbaum_and_reiman():
    """Their table 1: 50 agents, 48 calls a minute of one minute, patience two minutes."""
    patient, impatient = forecast(Load(0.8, 60), 50, 20), forecast(Load(0.8, 60, 120), 50, 20)
    assert patient.mean_wait_s == pytest.approx(20.8, abs=0.05)
    assert impatient.abandoned == pytest.approx(0.031, abs=5e-4)
    assert impatient.mean_wait_s == pytest.approx(3.7, abs=0.05)
    assert (round(patient.occupancy, 2), round(impatient.occupancy, 2)) == (0.96, 0.93)


def test_endless_patience_is_erlang_c():
    patient, nearly = forecast(Load(0.1, 200), 24, 30), forecast(Load(0.1, 200, 1e9), 24, 30)
    assert nearly.waiting == pytest.approx(patient.waiting, rel=1e-5)
    assert nearly.within_target == pytest.approx(patient.within_target, rel=1e-6)


def test_overload_without_patience_never_settles_but_with_patience_does():
    assert math.isinf(forecast(Load(1, 100), 50, 20).mean_wait_s)
    overloaded = forecast(Load(1, 100, 60), 50, 20)
    assert overloaded.occupancy == pytest.approx(1, abs=1e-3)
    assert overloaded.abandoned == pytest.approx(0.5, abs=0.01)


def test_concurrency_and_shrinkage():
    assert agents_needed(Load(0.1, 180, concurrency=3), 60, 0.9) < agents_needed(Load(0.1, 180), 60, 0.9)
    assert agents_needed(Load(100 / 1800, 180), 20, 0.8, shrinkage=0.3) == 20
    assert agents_needed(Load(0, 180), 20, 0.8) == 0


def test_very_busy_floors_neither_overflow_nor_underflow():
    found = forecast(Load(50, 100, 60), 5000, 20)
    assert 0 < found.within_target < 1
    assert erlang_b(5000, 0.5) == 0.0
    assert erlang_c(900, 1) == 0.0


def test_a_roster_follows_the_week():
    promise = Promise(target_s=60, share=0.9, handling_s=600, patience_s=300, concurrency=2, shrinkage=0.2)
    quiet, busy = roster({(0, 20): 30.0, (0, 6): 1.0}, promise)
    assert (quiet.slot, busy.slot) == (6, 20)
    assert busy.agents > quiet.agents >= 1
    assert busy.expected.within_target >= 0.9
    assert busy.agents == -(-busy.expected.agents * 10 // 8)


def test_nonsense_targets_are_refused():
    with pytest.raises(SlaError):
        agents_needed(Load(1, 60), 20, 1.5)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.floats(0.001, 0.5), st.floats(20, 600), st.one_of(st.none(), st.floats(30, 900)), st.floats(0.5, 0.98))
def test_the_answer_is_the_fewest_that_suffice(arrivals, handling, patience, share):
    load = Load(arrivals, handling, patience)
    needed = agents_needed(load, 30, share)
    assert forecast(load, needed, 30).within_target >= share
    assert needed == 1 or forecast(load, needed - 1, 30).within_target < share


@pytest.mark.parametrize("agents", [1, 10, 40])
@pytest.mark.parametrize("target_s", [20, 900, 14_400])
def test_patient_customers_beyond_all_proportion_are_served_as_fast_as_agents_can(agents, target_s):
    """A queue of hundreds with an hour's patience: nearly nobody waits for less than the wait at which arrivals less
    those who gave up are what the agents can take, nearly all who stay wait that long.
    """
    load = Load(700 / 1800, 420, 3600)
    found = forecast(load, agents, target_s)
    usual_wait = 3600 * math.log(load.erlangs / agents)
    served = agents / load.erlangs
    assert found.within_target == pytest.approx(served if target_s > usual_wait else 0.0, abs=0.05)
