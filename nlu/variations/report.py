"""What a run of variations comes to: counts per kind beside their targets, and the failing conversations."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from nlu.variations.lines import Kind
from nlu.variations.outcome import Fault
from nlu.variations.suite import Run, Tried

TARGETS: Mapping[Fault, float] = {
    Fault.WRONG_WRITE: 0.0,
    Fault.LOST: 0.0,
    Fault.DEAD_END: 0.0,
    Fault.HANDED_OVER: 0.08,
    Fault.REPEATED: 0.02,
}
"""The largest share of a kind's variations that may show each fault."""
NOT_VARIED = 0.10
_PEOPLE = " fails"


@dataclass(frozen=True, slots=True)
class Figures:
    """The counts of one kind, or of one operator; `same` came out as they should, and nothing is wrong with them."""

    played: int = 0
    same: int = 0
    faults: Mapping[Fault, int] = field(default_factory=dict)

    def misses(self) -> list[Fault]:
        """The faults that are more than their target allows."""
        return [fault for fault, most in TARGETS.items() if self.faults.get(fault, 0) > most * self.played]

    def as_plain(self) -> dict[str, int]:
        """The counts by name."""
        order = (Fault.HANDED_OVER, Fault.WRONG_WRITE, Fault.LOST, Fault.DEAD_END, Fault.REPEATED)
        return {"same": self.same, **{fault.value: self.faults.get(fault, 0) for fault in order}}


@dataclass(frozen=True, slots=True)
class Report:
    """A run in figures."""

    conversations: int
    not_varied: int
    kinds: Mapping[Kind, Figures]
    operators: Mapping[tuple[Kind, str], Figures]

    @property
    def misses(self) -> list[str]:
        """The targets that were missed, in words; empty if all is well."""
        found = [
            f"{kind}: {figures.faults[fault]} of {figures.played} {fault.replace('_', ' ')}"
            for kind, figures in self.kinds.items()
            for fault in figures.misses()
        ]
        if self.not_varied > NOT_VARIED * self.conversations:
            found.append(f"{self.not_varied} of {self.conversations} conversations could not be varied")
        return found

    def as_plain(self) -> dict[str, dict[str, int]]:
        """The counts by kind."""
        return {kind.value: figures.as_plain() for kind, figures in self.kinds.items()}

    def in_a_line(self) -> str:
        """The run in one line, for logs and versions."""
        played = sum(figures.played for figures in self.kinds.values())
        right = sum(figures.same for figures in self.kinds.values())
        missed = f"; missed: {'; '.join(self.misses)}" if self.misses else ", every target kept"
        return f"{right} of {played} variations came out as they should{missed}"


def report(run: Run) -> Report:
    """The figures of a run."""
    by_kind: dict[Kind, list[Tried]] = {kind: [] for kind in Kind}
    by_operator: dict[tuple[Kind, str], list[Tried]] = defaultdict(list)
    for one in run.tried:
        by_kind[one.variation.kind].append(one)
        by_operator[one.variation.kind, operator_of(one)].append(one)
    return Report(
        run.conversations,
        len(run.not_varied),
        {kind: _figures(those) for kind, those in by_kind.items()},
        {name: _figures(those) for name, those in sorted(by_operator.items())},
    )


def operator_of(tried: Tried) -> str:
    """The operator's name; all failures of backends are one."""
    name = tried.variation.operator
    return "a backend fails" if name.endswith(_PEOPLE) else name


def failing(run: Run, each: int = 3) -> list[tuple[Fault, Tried]]:
    """Failing variations, `each` so many of an operator and a fault, the worst fault first."""
    worst, count = list(Fault), Counter[tuple[str, Fault]]()
    found: list[tuple[Fault, Tried]] = []
    for one in run.tried:
        for fault in one.verdict.faults:
            count[operator_of(one), fault] += 1
            if count[operator_of(one), fault] <= each:
                found.append((fault, one))
    return sorted(found, key=lambda pair: (worst.index(pair[0]), operator_of(pair[1]), pair[1].case.name))


def told(fault: Fault, tried: Tried) -> str:
    """A failing conversation as a person reads it."""
    lines = [f"{fault.value.replace('_', ' ')}: {tried.case.name} ({tried.variation.operator})"]
    for moment in tried.moments:
        text = moment.line.text.replace("\n", "⏎ ")
        lines.append(f"  user: {text}{'  (delivered twice)' if moment.line.twice else ''}")
        lines.append(f"  bot:  {', '.join(name or '(action)' for name in moment.said) or '(nothing)'}")
    lines.append(f"  {tried.verdict.faults[fault]}")
    return "\n".join(lines)


def _figures(tried: Iterable[Tried]) -> Figures:
    those: Sequence[Tried] = list(tried)
    faults = Counter(fault for one in those for fault in one.verdict.faults)
    return Figures(len(those), sum(one.verdict.is_right for one in those), faults)
