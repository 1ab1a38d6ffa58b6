"""The values of a bot's versions: what one is, what it promises, and what happened to a wish to run it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from conversation.ids import ClientId


class Held(NamedTuple):
    """What a version said of one of its own examples while that example's fold was held out. `text` is folds.text_key
    of it; `predicted` the best guess; `in_scope` and `answerable` as in Understanding, by the other folds' thresholds.
    """

    text: str
    intent: str
    predicted: str
    confidence: float
    in_scope: bool
    answerable: bool

    @property
    def right(self) -> bool:
        return self.predicted == self.intent

    @property
    def answered_wrongly(self) -> bool:
        return self.answerable and not self.right

    @property
    def answered_rightly(self) -> bool:
        return self.answerable and self.right


@dataclass(frozen=True, slots=True)
class Promise:
    """At `threshold`, chosen for a `target` share of wrong answers: the share of held-out examples that the bot answers
    itself (`coverage`) and the share of these answers that is wrong. All are 0..1.
    """

    target: float
    threshold: float
    coverage: float
    wrong: float

    def __str__(self) -> str:
        return f"answers {self.coverage:.0%} itself, {self.wrong:.1%} of those wrong"


@dataclass(frozen=True, slots=True)
class IntentFigures:
    """One intent on the held-out folds; `support` is its number of examples."""

    name: str
    support: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class Confusion:
    """So many examples of `intent` were taken for `predicted`."""

    intent: str
    predicted: str
    count: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A version judged on `folds` held-out folds of its own data, `examples` in scope. `unknown_words` is the share of
    words in a fold that the others lack: how new a text may usually be.
    """

    folds: int
    examples: int
    accuracy: float
    macro_f1: float
    ece: float
    promise: Promise
    confusions: tuple[Confusion, ...] = ()
    intents: tuple[IntentFigures, ...] = ()
    unknown_words: float = 0.0


@dataclass(frozen=True, slots=True)
class FailedTest:
    """A conversation test that went another way; `place` is file:line."""

    name: str
    place: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class TestRun:
    """The latest run of a version's own conversation tests."""

    __test__ = False

    at: datetime
    passed: int
    failed: tuple[FailedTest, ...] = ()


@dataclass(frozen=True, slots=True)
class BotVersion:
    """One version of one client's bot; never changes but for `tests` (the latest run), `active` and `shadow`.

    `digest` is over all that the bot is made of, `data` over what its model learned; the pack's files and the model are
    kept beside it (storage). `evaluation` is None for what cannot be judged, e.g. a pack too small for folds.
    """

    client: ClientId
    number: int
    digest: str
    data: str
    engine: str
    model: str
    created_at: datetime
    created_by: str
    evaluation: Evaluation | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    tests: TestRun | None = None
    active: bool = False
    shadow: bool = False


@dataclass(frozen=True, slots=True)
class Active:
    """The version that runs. `target` is the share of wrong answers it must keep now: the pack's own, or a stricter one
    set later; `promise` is what its held-out examples say at that target.
    """

    version: BotVersion
    since: datetime
    target: float
    promise: Promise | None
    tightened: bool = False


@dataclass(frozen=True, slots=True)
class Objection:
    """One reason against a version: a sentence with its figures. `key` and `figures` let pages say it in another
    language; shares are 0..1.
    """

    text: str
    key: str
    figures: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Activated:
    """It runs now; `forced` if the gate had refused it, for `reasons`."""

    client: ClientId
    number: int
    before: int | None
    forced: bool = False
    reasons: tuple[Objection, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """It does not run, for `reasons`. `running` goes on."""

    client: ClientId
    number: int
    running: int | None
    reasons: tuple[Objection, ...]

    def __str__(self) -> str:
        return "; ".join(map(str, self.reasons))


TextChange = tuple[str, str | None, str | None]
"""A changed bot text: path (`texts.utter_x[de]`), before, after."""


@dataclass(frozen=True, slots=True)
class NeedsApproval:
    """It waits as the client's proposal `proposal` (a pack version) until the client admin approved its texts."""

    client: ClientId
    number: int
    proposal: int
    difference: Sequence[TextChange]


@dataclass(frozen=True, slots=True)
class Reading:
    """What one version made of one message: the best guess, whether or not trusted, and whether the bot would have
    answered by itself.
    """

    version: int | None
    intent: str
    confidence: float
    answers: bool


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One message of live traffic which the active version and the candidate understood differently."""

    at: datetime
    conversation: str
    message: str
    text: str
    language: str
    active: Reading
    candidate: Reading


@dataclass(frozen=True, slots=True)
class Disagreements:
    """A candidate's shadow run: counts over all messages it heard, and the newest disagreements. `only_active` and
    `only_candidate` count messages that one of them alone would have answered itself, `other_answer` those that both
    would have answered, with different intents.
    """

    client: ClientId
    number: int | None
    since: datetime | None
    running: bool
    heard: int = 0
    differing: int = 0
    only_active: int = 0
    only_candidate: int = 0
    other_answer: int = 0
    newest: tuple[Disagreement, ...] = ()
