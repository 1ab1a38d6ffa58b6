"""Whether a version may take the place of the one that runs: not if it is worse beyond noise, nor if its tests fail."""

from nlu.versions.compare import Comparison
from nlu.versions.statistics import NOISE
from nlu.versions.version import TestRun


def objections(comparison: Comparison | None, tests: TestRun | None) -> list[str]:
    """One sentence with figures for each reason against version b; none if it may run.

    Worse beyond noise is decided on the examples that both versions hold out, by one-sided exact McNemar tests at 5 %
    (McNemar 1947; see statistics.mcnemar_worse): fewer right guesses; more wrong automatic answers; fewer right
    automatic answers, unless this buys significantly fewer wrong ones or the pack itself asked for a stricter target.
    """
    found = list(_worse(comparison)) if comparison is not None else []
    if tests is not None and tests.failed:
        names = ", ".join(f"{one.name} ({one.place})" for one in tests.failed[:3])
        more = f" and {len(tests.failed) - 3} more" if len(tests.failed) > 3 else ""
        total = tests.passed + len(tests.failed)
        found.append(f"{len(tests.failed)} of its {total} conversation tests fail: {names}{more}")
    return found


def _worse(c: Comparison) -> list[str]:
    found = []
    on = f"on the {c.common} examples held out by both"
    if c.accuracy.p_fewer < NOISE:
        found.append(
            f"it is right in {c.accuracy.share_b:.1%} where version {c.a} is right in {c.accuracy.share_a:.1%} {on} "
            f"({c.accuracy.only_a} lost, {c.accuracy.only_b} won, p = {c.accuracy.p_fewer:.2g})"
        )
    if c.wrong.p_more < NOISE:
        found.append(
            f"it answers {c.wrong.share_b:.1%} wrongly by itself, version {c.a} {c.wrong.share_a:.1%} {on} "
            f"({c.wrong.only_b} new, {c.wrong.only_a} mended, p = {c.wrong.p_more:.2g})"
        )
    if c.answered.p_fewer < NOISE and c.wrong.p_fewer >= NOISE and not _stricter(c):
        found.append(
            f"it answers {c.answered.share_b:.1%} rightly by itself, version {c.a} {c.answered.share_a:.1%} {on} "
            f"({c.answered.only_a} lost, {c.answered.only_b} won, p = {c.answered.p_fewer:.2g})"
        )
    return found


def _stricter(c: Comparison) -> bool:
    """Whether version b was made for fewer wrong answers, which costs coverage."""
    return c.promise_a is not None and c.promise_b is not None and c.promise_b.target < c.promise_a.target
