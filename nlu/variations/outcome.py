"""What came of a conversation, and what is wrong with it beside the one it was derived from. Wording never counts."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Any

from nlu.variations.canonical import canonical
from nlu.variations.lines import Does, Kind, Line
from nlu.variations.play import Moment, Play, Write

_QUIET = 2
"""So many informative messages in a row that change nothing are a dead end."""


_OFTEN = frozenset({"", "own:anything_else", "own:helped"})
"""Questions that end every answer and may be put as often."""


class Fault(StrEnum):
    """What is wrong with a variation. wrong write: unexpected, with other values, without consent, or twice. lost: a
    stated value is missing or was asked for again. dead end: two informative messages changed nothing, or the
    conversation never came to the end it should. repeated: the same question in the same words.
    """

    WRONG_WRITE = "wrong_write"
    LOST = "lost"
    DEAD_END = "dead_end"
    HANDED_OVER = "handed_over"
    REPEATED = "repeated"


@dataclass(frozen=True, slots=True)
class Outcome:
    """`writes` once per key; `facts` the latest value of each slot; `resolution`: `handed:<reason>`, `open:<question>`,
    `completed` or `answered`; `did_more`: after a refusal another matter was brought to its end.
    """

    writes: Counter[tuple[str, tuple[tuple[str, str], ...]]]
    unagreed: tuple[Write, ...]
    reads: frozenset[tuple[str, tuple[tuple[str, str], ...]]]
    facts: Mapping[str, str]
    handed: Mapping[str, Any] | None
    resolution: str
    asked_again: tuple[str, ...]
    quiet: int
    repeated: tuple[str, ...]
    did_more: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """The faults of a variation, each with what shows it; none: it came out as it should."""

    faults: Mapping[Fault, str]

    @property
    def is_right(self) -> bool:
        return not self.faults


def outcome(play: Play, stated: Mapping[str, str]) -> Outcome:
    """What came of a conversation that was played. `stated`: the values that count as known once they were said."""
    writes = list({(w.key, w.action): w for moment in play.moments for w in moment.writes}.values())
    latest: dict[str, str] = {}
    for moment in play.moments:
        latest |= {name: canonical(value) for name, value in moment.changed if value is not None}
    last = play.moments[-1] if play.moments else None
    return Outcome(
        writes=Counter((w.action, w.sent) for w in writes),
        unagreed=tuple(w for w in writes if not w.agreed),
        reads=frozenset(read for moment in play.moments for read in moment.reads),
        facts=latest,
        handed=play.handed.slots if play.handed is not None else None,
        resolution=_resolution(play, last),
        asked_again=tuple(_asked_again(play.moments, stated)),
        quiet=_quiet(play.moments),
        repeated=tuple(_repeated(play.moments)),
        did_more=_did_more(play.moments),
    )


def judge(kind: Kind, found: Outcome, wanted: Outcome, lines: Sequence[Line], told: Sequence[Line]) -> Verdict:
    """What is wrong with `found`. `told`: those of the `lines` that were said before a person took over, who cannot see
    the others; `wanted` is what came of the conversation as written (for REFUSED and HANDED: of the
    part before the refusal or the wish for a person).
    """
    faults = _faults(found, wanted)
    match kind:
        case Kind.REFUSED:
            # A matter that waited behind the refused one and was then served to its end is resolved by right.
            if found.resolution == "completed" and wanted.resolution != "completed" and not found.did_more:
                faults.setdefault(Fault.DEAD_END, "counts as resolved by the bot although it was refused")
        case Kind.HANDED:
            if found.handed is None:
                faults[Fault.DEAD_END] = f"no person took over: {found.resolution}"
            elif lost := _missing(told, found, wanted):
                faults[Fault.LOST] = f"the person does not see {lost}"
        case _:
            _compare_ends(found, wanted, lines, told, faults)
    return Verdict(faults)


def _faults(found: Outcome, wanted: Outcome) -> dict[Fault, str]:
    """What is wrong whatever should have come of it."""
    faults: dict[Fault, str] = {}
    if found.unagreed:
        faults[Fault.WRONG_WRITE] = f"without consent: {_shown(found.unagreed[0].action, found.unagreed[0].sent)}"
    elif extra := found.writes - wanted.writes:
        (action, sent) = next(iter(extra))
        faults[Fault.WRONG_WRITE] = (
            f"{'again' if wanted.writes[action, sent] else 'unexpected'}: {_shown(action, sent)}"
        )
    if again := list((Counter(found.asked_again) - Counter(wanted.asked_again)).elements()):
        faults[Fault.LOST] = f"asked again: {', '.join(again)}"
    if found.quiet >= _QUIET > wanted.quiet:
        faults[Fault.DEAD_END] = "two informative messages changed nothing"
    if len(found.repeated) > len(wanted.repeated):
        faults[Fault.REPEATED] = f"twice in the same words: {found.repeated[-1]}"
    return faults


def _compare_ends(
    found: Outcome, wanted: Outcome, lines: Sequence[Line], told: Sequence[Line], faults: dict[Fault, str]
) -> None:
    if found.handed is not None and found.resolution != wanted.resolution:
        faults[Fault.HANDED_OVER] = f"{found.resolution} instead of {wanted.resolution}"
        if lost := _missing(told, found, wanted):
            faults[Fault.LOST] = f"the person does not see {lost}"
        return
    stated = {slot for line in lines for slot in line.states}
    differing = {
        s: found.facts.get(s, "nothing") for s in stated if s in wanted.facts and found.facts.get(s) != wanted.facts[s]
    }
    if differing and Fault.WRONG_WRITE not in faults:
        shown = ", ".join(f"{slot} is {value}, not {wanted.facts[slot]}" for slot, value in sorted(differing.items()))
        faults.setdefault(Fault.LOST, shown)
    if missing := wanted.writes - found.writes:
        if Fault.WRONG_WRITE not in faults:
            faults.setdefault(Fault.DEAD_END, f"never written: {_shown(*next(iter(missing)))}")
    elif (missing_reads := wanted.reads - found.reads) and not faults:
        faults[Fault.LOST] = f"never looked up: {_shown(*next(iter(missing_reads)))}"
    if not faults and found.resolution != wanted.resolution:
        faults[Fault.DEAD_END] = f"ends {found.resolution} instead of {wanted.resolution}"


def _missing(lines: Sequence[Line], found: Outcome, wanted: Outcome) -> str:
    """A value that was said and that the person who takes over does not see."""
    assert found.handed is not None
    seen = {name: canonical(value) for name, value in found.handed.items()}
    everything = " ".join(map(canonical, found.handed.values()))
    told = {slot: canonical(value) for line in lines for slot, value in line.states.items()}
    stated = {slot: value for slot, value in told.items() if wanted.facts.get(slot) == value}
    lost = [f"{slot} {value}" for slot, value in stated.items() if seen.get(slot) != value and value not in everything]
    return ", ".join(lost)


def _resolution(play: Play, last: Moment | None) -> str:
    if play.handed is not None:
        return f"handed:{play.handed.reason}"
    if play.tracker.get("stack"):
        return f"open:{last.after if last else ''}"
    return "completed" if play.conversation.completed else "answered"


def _asked_again(moments: Sequence[Moment], stated: Mapping[str, str]) -> list[str]:
    """The slots that were asked for although the customer had said them."""
    known: set[str] = set()
    found: list[str] = []
    for moment in moments:
        known |= {s for s, value in moment.line.states.items() if stated.get(s) == canonical(value)}
        slot = moment.after.removeprefix("collect:") if moment.after.startswith("collect:") else ""
        if slot in known and moment.line.is_informative:
            found.append(slot)
    return found


def _did_more(moments: Sequence[Moment]) -> bool:
    """Whether a flow ended well at or after the first refusal that was not the refused one."""
    place = next((n for n, moment in enumerate(moments) if moment.line.does is Does.REFUSES), len(moments))
    return any(set(moment.completed) - moments[place].open_flows for moment in moments[place:])


def _quiet(moments: Sequence[Moment]) -> int:
    """The longest run of informative messages after which nothing had changed."""
    longest = run = 0
    before = ""
    for moment in moments:
        if not moment.line.is_informative:
            continue
        run = run + 1 if moment.state == before else 0
        longest, before = max(longest, run), moment.state
    return longest


def _repeated(moments: Sequence[Moment]) -> list[str]:
    found: list[str] = []
    for earlier, moment in pairwise(moments):
        same = moment.state == earlier.state and moment.after == moment.before and moment.after not in _OFTEN
        informative = moment.line.does not in (Does.CHATS, Does.SAYS)
        if same and informative and earlier.texts and moment.texts and earlier.texts[-1] == moment.texts[-1]:
            found.append(" ".join(moment.texts[-1].split())[:100])
    return found


def _shown(action: str, sent: Sequence[tuple[str, str]]) -> str:
    return f"{action}({', '.join(f'{name}={value}' for name, value in sent)})"
