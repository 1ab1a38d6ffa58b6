"""Two versions on the same held-out examples: who was right where, and whether the difference is more than noise."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from conversation.ids import ClientId
from nlu.versions.statistics import mcnemar, mcnemar_worse, paired_interval
from nlu.versions.version import Held, Promise


@dataclass(frozen=True, slots=True)
class Paired:
    """One yes-or-no figure of versions a and b over the same `pairs` of answers. `only_a` and `only_b` count the
    examples that are so in one alone; `difference` is share b - share a with its 95 % interval; `p` is the two-sided
    exact McNemar test, `p_fewer` and `p_more` the one-sided ones (b has it less often, more often).
    """

    pairs: int
    share_a: float
    share_b: float
    only_a: int
    only_b: int
    difference: float
    low: float
    high: float
    p: float
    p_fewer: float
    p_more: float


@dataclass(frozen=True, slots=True)
class IntentChange:
    """An intent that version b knows better or worse: shares right of `examples`, a and b."""

    intent: str
    examples: int
    right_a: float
    right_b: float
    p: float


@dataclass(frozen=True, slots=True)
class Flip:
    """An example that one version took rightly and the other wrongly; `text` is a hash until spelled() replaced it."""

    text: str
    intent: str
    predicted_a: str
    predicted_b: str
    answered_a: bool
    answered_b: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """Versions a and b on the `common` examples of both (`examples_a`, `examples_b` are all they have). `accuracy` is
    of all guesses in scope, `answered` of right automatic answers, `wrong` of wrong ones. `folds` of each: a version
    judged on fewer folds learned from less, and looks a little worse than it is.
    """

    client: ClientId
    a: int
    b: int
    examples_a: int
    examples_b: int
    folds_a: int
    folds_b: int
    common: int
    accuracy: Paired
    answered: Paired
    wrong: Paired
    promise_a: Promise | None
    promise_b: Promise | None
    better: tuple[IntentChange, ...] = ()
    worse: tuple[IntentChange, ...] = ()
    flips: tuple[Flip, ...] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """What is compared: a version's number, its held-out answers, on how many folds, and its promise."""

    number: int
    held: Sequence[Held]
    folds: int = 0
    promise: Promise | None = None


def compare(client: ClientId, a: Judged, b: Judged) -> Comparison:
    """Compares b with a. An example is the same if its text and its intent are."""
    before, after = _by_example(a.held), _by_example(b.held)
    common = sorted(before.keys() & after.keys())
    pairs = [(before[key], after[key]) for key in common]
    changes = _intent_changes(pairs)
    return Comparison(
        client=client,
        a=a.number,
        b=b.number,
        examples_a=len(before),
        examples_b=len(after),
        folds_a=a.folds,
        folds_b=b.folds,
        common=len(common),
        accuracy=paired(pairs, lambda held: held.right),
        answered=paired(pairs, lambda held: held.answered_rightly),
        wrong=paired(pairs, lambda held: held.answered_wrongly),
        promise_a=a.promise,
        promise_b=b.promise,
        better=tuple(change for change in changes if change.right_b > change.right_a),
        worse=tuple(change for change in changes if change.right_b < change.right_a),
        flips=tuple(_flips(pairs)),
    )


def paired(pairs: Iterable[tuple[Held, Held]], so: Callable[[Held], bool]) -> Paired:
    """One figure of both versions over the same examples."""
    outcomes = Counter((so(a), so(b)) for a, b in pairs)
    both, only_a, only_b = outcomes[True, True], outcomes[True, False], outcomes[False, True]
    n = outcomes.total()
    low, high = paired_interval(only_a, only_b, n)
    share_a, share_b = ((both + only) / n if n else 0.0 for only in (only_a, only_b))
    return Paired(
        pairs=n,
        share_a=share_a,
        share_b=share_b,
        only_a=only_a,
        only_b=only_b,
        difference=share_b - share_a,
        low=low,
        high=high,
        p=mcnemar(only_a, only_b),
        p_fewer=mcnemar_worse(only_a, only_b),
        p_more=mcnemar_worse(only_b, only_a),
    )


def spelled(comparison: Comparison, texts: Mapping[str, str]) -> Comparison:
    """The comparison with the flipped examples' own words in place of their hashes."""
    flips = tuple(replace(flip, text=texts.get(flip.text, flip.text)) for flip in comparison.flips)
    return replace(comparison, flips=flips)


def _by_example(held: Sequence[Held]) -> dict[tuple[str, str], Held]:
    return {(one.intent, one.text): one for one in held}


def _intent_changes(pairs: Sequence[tuple[Held, Held]]) -> list[IntentChange]:
    by_intent: dict[str, list[tuple[Held, Held]]] = {}
    for pair in pairs:
        by_intent.setdefault(pair[0].intent, []).append(pair)
    found = {intent: paired(own, lambda held: held.right) for intent, own in by_intent.items()}
    changes = [
        IntentChange(intent, one.pairs, one.share_a, one.share_b, one.p)
        for intent, one in found.items()
        if one.only_a != one.only_b
    ]
    return sorted(changes, key=lambda one: (-abs(one.right_b - one.right_a) * one.examples, one.intent))


def _flips(pairs: Sequence[tuple[Held, Held]]) -> Iterable[Flip]:
    for a, b in pairs:
        if a.right != b.right:
            yield Flip(a.text, a.intent, a.predicted, b.predicted, a.answerable, b.answerable)
