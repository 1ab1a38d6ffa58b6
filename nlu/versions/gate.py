"""Whether a version may take the place of the one that runs: not if it is worse beyond noise, nor if its tests fail."""

from nlu.versions.compare import Comparison, Paired
from nlu.versions.statistics import NOISE
from nlu.versions.version import Objection, TestRun

NAMED = 3
"""Of the conversation tests that fail, so many are named."""


def objections(comparison: Comparison | None, tests: TestRun | None) -> list[Objection]:
    """Each reason against version b, with figures; none if it may run.

    Worse beyond noise is decided on the examples that both versions hold out, by one-sided exact McNemar tests at 5 %
    (McNemar 1947; see statistics.mcnemar_worse): fewer right guesses; more wrong automatic answers; fewer right
    automatic answers, unless this buys significantly fewer wrong ones or the pack itself asked for a stricter target.
    """
    found = list(_worse(comparison)) if comparison is not None else []
    if tests is not None and tests.failed:
        names = ", ".join(f"{one.name} ({one.place})" for one in tests.failed[:NAMED])
        more = max(len(tests.failed) - NAMED, 0)
        failed, total = len(tests.failed), tests.passed + len(tests.failed)
        text = f"{failed} of its {total} conversation tests fail: {names}{f' and {more} more' if more else ''}"
        figures = {"failed": failed, "total": total, "names": names, "more": more}
        found.append(Objection(text, "tests_more" if more else "tests", figures))
    return found


def _worse(c: Comparison) -> list[Objection]:
    found = []
    on = f"on the {c.common} examples held out by both"
    if c.accuracy.p_fewer < NOISE:
        text = (
            f"it is right in {c.accuracy.share_b:.1%} where version {c.a} is right in {c.accuracy.share_a:.1%} {on} "
            f"({c.accuracy.only_a} lost, {c.accuracy.only_b} won, p = {c.accuracy.p_fewer:.2g})"
        )
        found.append(Objection(text, "accuracy", _figures(c, c.accuracy, c.accuracy.p_fewer)))
    if c.wrong.p_more < NOISE:
        text = (
            f"it answers {c.wrong.share_b:.1%} wrongly by itself, version {c.a} {c.wrong.share_a:.1%} {on} "
            f"({c.wrong.only_b} new, {c.wrong.only_a} mended, p = {c.wrong.p_more:.2g})"
        )
        found.append(Objection(text, "wrong", _figures(c, c.wrong, c.wrong.p_more)))
    if c.answered.p_fewer < NOISE and c.wrong.p_fewer >= NOISE and not _stricter(c):
        text = (
            f"it answers {c.answered.share_b:.1%} rightly by itself, version {c.a} {c.answered.share_a:.1%} {on} "
            f"({c.answered.only_a} lost, {c.answered.only_b} won, p = {c.answered.p_fewer:.2g})"
        )
        found.append(Objection(text, "answered", _figures(c, c.answered, c.answered.p_fewer)))
    return found


def _figures(c: Comparison, both: Paired, p: float) -> dict[str, float]:
    return {
        "a": c.a,
        "common": c.common,
        "share_a": both.share_a,
        "share_b": both.share_b,
        "only_a": both.only_a,
        "only_b": both.only_b,
        "p": p,
    }


def _stricter(c: Comparison) -> bool:
    """Whether version b was made for fewer wrong answers, which costs coverage."""
    return c.promise_a is not None and c.promise_b is not None and c.promise_b.target < c.promise_a.target
