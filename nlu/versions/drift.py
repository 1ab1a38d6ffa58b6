"""How far live traffic has moved from what a version learned: less understood, new words, another mix of intents."""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from conversation.ids import ClientId
from nlu.embedded.text import fold
from nlu.versions.statistics import chi_square_95, wilson

ENOUGH = 50  # messages below which nothing is said
MARGIN_BELOW = 0.05  # points of share that matter, beyond noise
MARGIN_WORDS = 0.05
SHIFTED = 0.25  # population stability index from which a mix counts as another one
_LONGEST_LIST = 12


@dataclass(frozen=True, slots=True)
class Watched:
    """A share of live traffic with its 95 % interval (Wilson), and the `expected` one; `rule` says when it warns."""

    share: float
    low: float
    high: float
    expected: float
    count: int
    of: int
    warns: bool
    rule: str


@dataclass(frozen=True, slots=True)
class NewWord:
    """A word that the training data lacks, and in how many messages it came."""

    word: str
    messages: int


@dataclass(frozen=True, slots=True)
class Shift:
    """One intent's share of messages before and now."""

    intent: str
    before: float
    now: float


@dataclass(frozen=True, slots=True)
class Mix:
    """How different two mixes of intents are: `distance` is Jensen and Shannon's (0 the same, 1 nothing in common),
    `stability` the population stability index, `noise` what it reaches by chance in one week of twenty. `before` and
    `now` count messages.
    """

    distance: float
    stability: float
    noise: float
    before: int
    now: int
    shifts: tuple[Shift, ...]
    warns: bool
    rule: str


@dataclass(frozen=True, slots=True)
class Heard:
    """An opening message as it was understood: the best guess, and whether the bot answered by itself."""

    text: str
    intent: str
    answerable: bool


@dataclass(frozen=True, slots=True)
class Drift:
    """The week until `until` against what version `number` learned. The parts are None while fewer than 50 messages
    have come. Only the messages that open a conversation count: later ones answer the bot's own questions.
    """

    client: ClientId
    number: int | None
    since: datetime
    until: datetime
    messages: int
    below: Watched | None = None
    words: Watched | None = None
    new_words: tuple[NewWord, ...] = ()
    mix: Mix | None = None

    @property
    def warns(self) -> bool:
        return any(part is not None and part.warns for part in (self.below, self.words, self.mix))


def below_threshold(heard: Sequence[Heard], coverage: float) -> Watched | None:
    """The share of messages that the bot did not dare to answer, beside the `1 - coverage` that it promised."""
    count, expected = sum(not one.answerable for one in heard), 1 - coverage
    rule = f"warns when surely (95 %) more than {expected + MARGIN_BELOW:.0%} are below the threshold"
    return _watched(count, len(heard), expected, MARGIN_BELOW, rule)


def unknown_words(heard: Sequence[Heard], known: Collection[str], expected: float) -> Watched | None:
    """The share of words that the training data lacks, beside that among its own held-out examples."""
    if len(heard) < ENOUGH:
        return None
    words = [word for one in heard for word in words_of(one.text)]
    count = sum(word not in known for word in words)
    rule = f"warns when surely (95 %) more than {expected + MARGIN_WORDS:.0%} of the words are new"
    return _watched(count, len(words), expected, MARGIN_WORDS, rule)


def newest_words(heard: Sequence[Heard], known: Collection[str]) -> tuple[NewWord, ...]:
    """The unknown words that came in the most messages, at least two."""
    counts = Counter(word for one in heard for word in set(words_of(one.text)) - set(known))
    top = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_LONGEST_LIST]
    return tuple(NewWord(word, count) for word, count in top if count > 1)


def mix_of(before: Mapping[str, int], now: Mapping[str, int]) -> Mix | None:
    """Two mixes of intents. It warns when the population stability index, Σ (q - p) ln(q / p) with half a message added
    to each intent, exceeds 0.25 (Siddiqi 2006, Credit Risk Scorecards) and also what chance explains: under no change
    it is about χ² with one degree less than intents, times 1/n + 1/m (Yurdakul and Naranjo 2020, Journal of Risk Model
    Validation 14(4)). The distance is the root of the Jensen-Shannon divergence in bits (Endres and Schindelin 2003).
    """
    n, m = sum(before.values()), sum(now.values())
    if min(n, m) < ENOUGH:
        return None
    names = sorted(before.keys() | now.keys())
    p = [(before.get(name, 0) + 0.5) / (n + 0.5 * len(names)) for name in names]
    q = [(now.get(name, 0) + 0.5) / (m + 0.5 * len(names)) for name in names]
    stability = sum((b - a) * math.log(b / a) for a, b in zip(p, q, strict=True))
    noise = chi_square_95(len(names) - 1) * (1 / n + 1 / m)
    shifts = [Shift(name, before.get(name, 0) / n, now.get(name, 0) / m) for name in names]
    shifts.sort(key=lambda one: (-abs(one.now - one.before), one.intent))
    rule = f"warns when the stability index exceeds {SHIFTED} and what chance explains ({noise:.2f})"
    return Mix(
        distance=_jensen_shannon(p, q),
        stability=stability,
        noise=noise,
        before=n,
        now=m,
        shifts=tuple(shifts[:_LONGEST_LIST]),
        warns=stability > max(SHIFTED, noise),
        rule=rule,
    )


def words_of(text: str) -> list[str]:
    """The words of a text as the model sees them, without numbers and single letters."""
    return [word for word in fold(text).split() if len(word) > 1 and word.isalpha()]


def vocabulary(texts: Iterable[str]) -> frozenset[str]:
    """Every word of the texts."""
    return frozenset(word for text in texts for word in words_of(text))


def _jensen_shannon(p: Sequence[float], q: Sequence[float]) -> float:
    middle = [(a + b) / 2 for a, b in zip(p, q, strict=True)]
    divergence = sum(
        0.5 * share * math.log2(share / mean) for shares in (p, q) for share, mean in zip(shares, middle, strict=True)
    )
    return math.sqrt(max(0.0, divergence))


def _watched(count: int, of: int, expected: float, margin: float, rule: str) -> Watched | None:
    if of < ENOUGH:
        return None
    low, high = wilson(count, of)
    return Watched(count / of, low, high, expected, count, of, low > expected + margin, rule)
