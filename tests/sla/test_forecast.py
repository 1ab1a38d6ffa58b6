"""The volume a contract plans for."""

import pytest

from conversation.packfile import Node, Problems
from sla.difference import forecast_difference
from sla.forecast import Forecast, parse_forecast


def read(forecast):
    problems = Problems()
    return parse_forecast(Node.of({"forecast": forecast}, "client.yml"), problems), problems


def test_single_months_may_be_planned_apart():
    forecast, problems = read({"handoffs_per_month": 800, "months": {"2026-12": 1100}})
    assert not problems.found
    assert (forecast.of("2026-11"), forecast.of("2026-12")) == (800, 1100)


def test_a_contract_may_plan_nothing():
    assert parse_forecast(Node.of({}), Problems()) is None


@pytest.mark.parametrize(
    ("forecast", "words"),
    [
        ("800", "must be a mapping"),
        ({}, "'handoffs_per_month' is missing"),
        ({"handoffs_per_month": "many"}, "'many' is not a number of conversations"),
        ({"handoffs_per_month": -1}, "-1 is not a number"),
        ({"handoffs_per_month": 5, "months": {"December": 9}}, "'December' is not a month"),
        ({"handoffs_per_month": 5, "per_day": 1}, "per_day"),
    ],
)
def test_a_wrong_forecast_is_named(forecast, words):
    found, problems = read(forecast)
    assert found is None
    assert words in "\n".join(map(str, problems.found))


def test_a_changed_forecast_is_a_changed_term():
    before, after = Forecast(800), Forecast(900, {"2026-12": 1100})
    changed = [(d.path, d.before, d.after) for d in forecast_difference(before, after)]
    assert changed == [("handoffs_per_month", "800", "900"), ("months.2026-12", None, "1100")]
    assert forecast_difference(None, None) == []
