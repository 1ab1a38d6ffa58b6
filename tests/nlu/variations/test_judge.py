"""What is wrong with an outcome, beside the one that was wanted."""

from collections import Counter
from dataclasses import replace

import pytest

from nlu.variations.lines import Does, Kind, Line
from nlu.variations.outcome import Fault, Outcome, judge
from nlu.variations.play import Write

SENT = (("amount", "5"),)
OTHER = (("amount", "50"),)
LINES = [Line("5", 0, Does.STATES, "collect:amount", {"amount": "5"})]
WANTED = Outcome(Counter({("action_pay", SENT): 1}), (), frozenset(), {"amount": "5"}, None, "completed", (), 0, ())


@pytest.mark.parametrize(
    ("kind", "found", "faults"),
    [
        (Kind.SAME, {}, set()),
        (Kind.SAME, {"writes": Counter({("action_pay", OTHER): 1})}, {Fault.WRONG_WRITE}),
        (Kind.SAME, {"writes": Counter({("action_pay", SENT): 2})}, {Fault.WRONG_WRITE}),
        (Kind.SAME, {"unagreed": (Write("action_pay", SENT, "k", agreed=False),)}, {Fault.WRONG_WRITE}),
        (Kind.SAME, {"writes": Counter(), "resolution": "open:consent"}, {Fault.DEAD_END}),
        (Kind.SAME, {"writes": Counter(), "handed": {"amount": "5"}, "resolution": "handed:flow"}, {Fault.HANDED_OVER}),
        (Kind.SAME, {"writes": Counter(), "handed": {}, "resolution": "handed:flow"}, {Fault.HANDED_OVER, Fault.LOST}),
        (Kind.SAME, {"asked_again": ("amount",)}, {Fault.LOST}),
        (Kind.SAME, {"quiet": 2}, {Fault.DEAD_END}),
        (Kind.SAME, {"repeated": ("How much?",)}, {Fault.REPEATED}),
        (Kind.SAME, {"resolution": "answered"}, {Fault.DEAD_END}),
        (Kind.CORRECTED, {"writes": Counter({("action_pay", OTHER): 1})}, {Fault.WRONG_WRITE}),
        (Kind.HANDED, {"writes": Counter()}, {Fault.DEAD_END}),
        (Kind.HANDED, {"handed": {"amount": "5"}, "resolution": "handed:asked_for_person"}, set()),
        (Kind.HANDED, {"handed": {"note": "it was 5 euros"}, "resolution": "handed:asked_for_person"}, set()),
        (Kind.HANDED, {"handed": {"other": "x"}, "resolution": "handed:asked_for_person"}, {Fault.LOST}),
    ],
)
def test_each_fault_is_told_by_its_sign(kind, found, faults):
    assert set(judge(kind, replace(WANTED, **found), WANTED, LINES, LINES).faults) == faults


def test_what_was_refused_and_still_counts_as_resolved_is_a_fault():
    before = replace(WANTED, writes=Counter(), resolution="open:consent")
    after = replace(before, resolution="completed")
    assert set(judge(Kind.REFUSED, after, before, LINES, LINES).faults) == {Fault.DEAD_END}
