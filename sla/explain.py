"""A clock's own account of itself, in words a client and an agent can check against their watches."""

from datetime import datetime, timedelta
from typing import Any

from babel.dates import format_datetime

from sla.calendar import Calendar, Segment, State
from sla.clock import Clock, ClockState, Halt, Outcome
from sla.instants import MICROSECOND, SECOND, format_utc, seconds_of

LANGUAGES = ("en", "de")

_WORDS: dict[str, dict[str, str]] = {
    "en": {
        "started:handoff": "{at}: started with the handoff. Budget: {budget}.",
        "started:first_customer_message": "{at}: started with the customer's first message. Budget: {budget}.",
        "started:customer_message": "{at}: started with the oldest unanswered message. Budget: {budget}.",
        "running": "{at} to {to}: ran for {elapsed}.",
        "closed": "{at} to {to}: stood still, outside opening hours.",
        "holiday": "{at} to {to}: stood still, {reason}.",
        Halt.QUESTION: "{at} to {to}: paused, waiting for the customer's answer to a question.",
        Halt.RESOLVED: "{at} to {to}: paused, the conversation was resolved.",
        "due": "{at}: was due.",
        "due:future": "{at}: is due.",
        Outcome.MET: "{at}: stopped after {elapsed}, in time ({spare} to spare).",
        Outcome.MISSED: "{at}: stopped after {elapsed}, {over} after it was due.",
        "missed:running": "{at}: the budget was used up; still waiting.",
        "missed:duplicate": "{at}: stopped after {elapsed}; missed, since it was in a conversation merged into this.",
        "missed:silent": "{at}: closed after {elapsed}, the customer did not answer; missed before we asked.",
        Halt.TERMS_CHANGED: "{at}: taken out of the count, the conversation went on under other terms.",
        Halt.MERGED: "{at}: taken out of the count, the conversation was merged into another.",
        Halt.CUSTOMER_SILENT: "{at}: taken out of the count, the customer did not answer our question.",
        Halt.RESOLVED_UNANSWERED: "{at}: taken out of the count, resolved without a further answer.",
    },
    "de": {
        "started:handoff": "{at}: gestartet mit der Übergabe. Budget: {budget}.",
        "started:first_customer_message": "{at}: gestartet mit der ersten Nachricht. Budget: {budget}.",
        "started:customer_message": "{at}: gestartet mit der ältesten offenen Nachricht. Budget: {budget}.",
        "running": "{at} bis {to}: lief {elapsed}.",
        "closed": "{at} bis {to}: stand still, außerhalb der Öffnungszeiten.",
        "holiday": "{at} bis {to}: stand still, {reason}.",
        Halt.QUESTION: "{at} bis {to}: angehalten, Rückfrage an den Kunden offen.",
        Halt.RESOLVED: "{at} bis {to}: angehalten, das Gespräch war gelöst.",
        "due": "{at}: war fällig.",
        "due:future": "{at}: ist fällig.",
        Outcome.MET: "{at}: gestoppt nach {elapsed}, rechtzeitig ({spare} übrig).",
        Outcome.MISSED: "{at}: gestoppt nach {elapsed}, {over} nach der Fälligkeit.",
        "missed:running": "{at}: das Budget war aufgebraucht; wartet noch.",
        "missed:duplicate": "{at}: gestoppt nach {elapsed}; verfehlt, wie im Gespräch, das in diesem aufging.",
        "missed:silent": "{at}: nach {elapsed} geschlossen, der Kunde antwortete nicht; verfehlt, ehe wir fragten.",
        Halt.TERMS_CHANGED: "{at}: aus der Wertung genommen, das Gespräch lief unter anderen Bedingungen weiter.",
        Halt.MERGED: "{at}: aus der Wertung genommen, das Gespräch wurde mit einem anderen zusammengeführt.",
        Halt.CUSTOMER_SILENT: "{at}: nicht gewertet, der Kunde hat auf unsere Rückfrage nicht geantwortet.",
        Halt.RESOLVED_UNANSWERED: "{at}: nicht gewertet, ohne weitere Antwort gelöst.",
    },
}
_UNITS = (("d", 86_400), ("h", 3600), ("min", 60))  # SI symbols, alike in both languages
_PATTERNS = {"en": "EEE d MMM y, HH:mm:ss", "de": "EEE d. MMM y, HH:mm:ss"}


def explain(clock: Clock, calendar: Calendar, now: datetime, language: str = "en") -> list[dict[str, Any]]:
    """The clock's life up to `now` (or its stop) as entries in order of time.

    Each has `at`, `to` (or None for a moment), `state` (started, running, paused, closed, due, met, missed, cancelled),
    `elapsed_s` (business seconds that ran in it) and `text`, a sentence in English or German on the client's clock.
    """
    teller = _Teller(calendar, language if language in LANGUAGES else "en")
    end = clock.stopped_at or max(now, clock.started_at)
    entries = [
        teller.moment(clock.started_at, "started", f"started:{clock.started_by}", budget=teller.span(clock.budget))
    ]
    pauses = [(p.start, p.end or end) for p in clock.pauses]
    reasons = {p.start: p.reason for p in clock.pauses}
    entries += [teller.segment(s, reasons) for s in calendar.timeline(clock.started_at, end, pauses)]
    entries += _ending(clock, now, end, teller)
    return entries


class _Teller:
    def __init__(self, calendar: Calendar, language: str) -> None:
        self.calendar, self.language = calendar, language
        self.words = _WORDS[language]

    def moment(
        self, at: datetime, state: str, key: str, elapsed: timedelta | None = None, **more: str
    ) -> dict[str, Any]:
        told = self.span(elapsed or timedelta())
        text = self.words[key].format(at=self.time(at), elapsed=told, **more)
        spent = None if elapsed is None else seconds_of(elapsed)
        return {"at": format_utc(at), "to": None, "state": state, "elapsed_s": spent, "text": text}

    def segment(self, segment: Segment, reasons: dict[datetime, str]) -> dict[str, Any]:
        key, reason = segment.state.value, segment.reason or ""
        if segment.state is State.PAUSED:
            key = reasons[max((start for start in reasons if start <= segment.start), default=min(reasons))]
        elif segment.state is State.CLOSED and reason != "outside hours":
            key = "holiday"
        text = self.words[key].format(
            at=self.time(segment.start), to=self.time(segment.end), elapsed=self.span(segment.elapsed), reason=reason
        )
        return {
            "at": format_utc(segment.start),
            "to": format_utc(segment.end),
            "state": segment.state.value,
            "elapsed_s": seconds_of(segment.elapsed),
            "text": text,
        }

    def time(self, at: datetime) -> str:
        return format_datetime(self.calendar.local(at), _PATTERNS[self.language], locale=self.language)

    def span(self, span: timedelta) -> str:
        """An amount of time as a person says it: whole seconds, parts of a second only where there is no whole one."""
        seconds, us = divmod(span // MICROSECOND, SECOND)
        if us > 0 and not seconds:
            return f"{us / SECOND:.6f}".rstrip("0").replace(".", "," if self.language == "de" else ".") + " s"
        parts = []
        for name, size in _UNITS:
            number, seconds = divmod(seconds, size)
            if number:
                parts.append(f"{number} {name}")
        if seconds or not parts:
            parts.append(f"{seconds} s")
        return " ".join(parts)


def _ending(clock: Clock, now: datetime, end: datetime, teller: _Teller) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = []
    if clock.state is ClockState.CANCELLED:
        return [teller.moment(end, "cancelled", clock.reason)]
    stopped = clock.state is ClockState.STOPPED
    if stopped and clock.duplicate_missed and clock.due_at is not None and end <= clock.due_at:
        return [teller.moment(end, "missed", "missed:duplicate", clock.elapsed)]
    if clock.due_at is not None and stopped and clock.outcome is Outcome.MISSED:
        entries.append(teller.moment(clock.due_at, "due", "due"))
    if stopped and clock.stopped_by == Halt.CUSTOMER_SILENT:
        return [*entries, teller.moment(end, "missed", "missed:silent", clock.elapsed)]
    if stopped and clock.outcome is not None and clock.elapsed is not None:
        zero = timedelta()
        late = end - clock.due_at if clock.due_at is not None else zero
        words = {"spare": teller.span(max(clock.budget - clock.elapsed, zero)), "over": teller.span(max(late, zero))}
        entries.append(teller.moment(end, clock.outcome.value, clock.outcome, clock.elapsed, **words))
    elif clock.due_at is not None and now > clock.due_at:
        entries.append(teller.moment(clock.due_at, "missed", "missed:running"))
    elif clock.due_at is not None:
        entries.append(teller.moment(clock.due_at, "due", "due:future"))
    return entries
