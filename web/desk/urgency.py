"""How urgent a clock looks: a state for the colour, and words for everybody who does not see it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from handoff.views import ClockView, ConversationRow
from web.formats import Formats

BREACHED = 100


class Look(StrEnum):
    """States a clock can be seen in; each has a colour and a word."""

    RUNNING = "running"
    RISK = "risk"
    BREACH = "breach"
    KEPT = "kept"
    PAUSED = "paused"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Countdown:
    """A clock as drawn: `text` is the figure, `words` the sentence, `moment` what the figure counts from or to."""

    look: Look
    text: str
    words: str
    moment: datetime | None = None
    counts: str = ""


def look_of(due_at: datetime | None, warned: int, now: datetime) -> Look:
    """Amber from the first warning, red from the due time on."""
    if due_at is None:
        return Look.PAUSED
    if warned >= BREACHED or now >= due_at:
        return Look.BREACH
    return Look.RISK if warned > 0 else Look.RUNNING


def of_row(row: ConversationRow, f: Formats, now: datetime) -> Countdown:
    """What a line in a list shows on its left: time left, else how long the customer waits, else when it last moved."""
    if row.snoozed_until and row.snoozed_until > now:
        until = f.when(row.snoozed_until, now)
        return Countdown(Look.PAUSED, until, f.words("clock.snoozed", until=until))
    if row.due_at is not None:
        return towards(row.due_at, row.clock, row.warned, f, now)
    if row.waiting_since is not None:
        waited = (now - row.waiting_since).total_seconds()
        return Countdown(
            Look.WAITING, f.clock(waited), f.words("clock.waits", span=f.span(waited)), row.waiting_since, "up"
        )
    return Countdown(Look.PAUSED, f.when(row.updated_at, now), f.words("clock.last", at=f.moment(row.updated_at)))


def towards(due_at: datetime, kind: str, warned: int, f: Formats, now: datetime) -> Countdown:
    """A running clock."""
    left = (due_at - now).total_seconds()
    look = look_of(due_at, warned, now)
    key = "late" if look is Look.BREACH else "left"
    what = f.words.maybe(f"clock.{key}.{kind}", f.words(f"clock.{key}"))
    return Countdown(look, f.clock(left), what.format(span=f.span(left)), due_at, "down")


def of_clock(clock: ClockView, f: Formats, now: datetime) -> Countdown:
    """A conversation's clock in its details: running, or how it ended."""
    if clock.state == "running" and clock.due_at is not None:
        return towards(clock.due_at, clock.kind, clock.warned, f, now)
    taken = clock.elapsed_s
    if taken is None and clock.stopped_at is not None:
        taken = (clock.stopped_at - clock.started_at).total_seconds()
    look = {"met": Look.KEPT, "missed": Look.BREACH}.get(clock.state, Look.PAUSED)
    words = f.words.maybe(f"clock.state.{clock.state}", clock.state)
    return Countdown(look, f.span(taken) if taken is not None else "–", words)
