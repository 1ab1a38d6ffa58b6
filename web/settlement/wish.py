"""The what-if form: what somebody typed as other terms, with a word at each field that cannot be read."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from sla.errors import SlaError
from sla.hours import DAYS, Hours, parse_hours
from sla.instants import parse_budget
from sla.policy import ClockKind, Policy
from sla.whatif import changed, objectives
from web.i18n import Words

LONGEST = timedelta(days=90)
PRESETS: Mapping[str, str] = {
    "office": "mon-fri 09:00-17:00",
    "long": "mon-fri 08:00-20:00",
    "six": "mon-sat 08:00-20:00",
    "seven": "mon-sun 08:00-20:00",
    "always": "24/7",
}
OWN = "own"
_GERMAN_DAYS = dict(zip(("mo", "di", "mi", "do", "fr", "sa", "so"), DAYS, strict=True))
_GERMAN_UNITS = (
    (re.compile(r"(\d)\s*(?:std|h)\.?"), r"\1h"),
    (re.compile(r"(\d)\s*min\.?"), r"\1m"),
    (re.compile(r"(\d)\s*(?:tage?|t|d)\b"), r"\1d"),
)


@dataclass(frozen=True, slots=True)
class Wish:
    """The fields as typed, for showing them again and for the address. `wrong` maps a field to the key of its word."""

    month: str
    fields: Mapping[str, str]
    wrong: Mapping[str, str] = field(default_factory=dict)

    def given(self) -> bool:
        """Whether anything is to be different."""
        return any(
            value for key, value in self.fields.items() if not (key == "hours" and self.fields["calendar"] != OWN)
        )

    def other(self, policy: Policy) -> Policy:
        """The terms in force with what was wished. Only when nothing is `wrong`."""
        budgets = {kind: _budget(self.fields[kind]) for kind in ClockKind if self.fields[kind]}
        share = self.fields["objective"]
        other = objectives(policy, _share(share)) if share else {}
        return changed(policy, budgets=budgets, objectives=other, hours=self._hours())

    def words(self, t: Words) -> Mapping[str, str]:
        """What is wrong at each field."""
        return {name: t(f"whatif.wrong.{key}", value=self.fields.get(name, "")) for name, key in self.wrong.items()}

    def _hours(self) -> Hours | None:
        calendar = self.fields["calendar"]
        if not calendar:
            return None
        return _week(self.fields["hours"] if calendar == OWN else PRESETS[calendar])


def read_wish(query: Mapping[str, str], month: str) -> Wish:
    """The form of an address."""
    names = (*(kind.value for kind in ClockKind), "objective", "calendar", "hours")
    fields = {name: query.get(name, "").strip() for name in names}
    wrong = {name: key for name in names if (key := _wrong(name, fields))}
    return Wish(month, fields, wrong)


def _wrong(name: str, fields: Mapping[str, str]) -> str:
    """The key of the word for a field that cannot be used; empty if it can."""
    value = fields[name]
    if name == "hours":
        return "hours" if fields["calendar"] == OWN and not _reads(_week, value) else ""
    if not value:
        return ""
    if name == "calendar":
        return "" if value in (*PRESETS, OWN) else "calendar"
    if name == "objective":
        return "" if 0 < _share(value) <= 100 else "objective"
    if not _reads(_budget, value):
        return "budget"
    return "long" if _budget(value) > LONGEST else ""


def _reads(read: Callable[[str], object], value: str) -> bool:
    try:
        read(value)
    except SlaError:
        return False
    return True


def _budget(text: str) -> timedelta:
    return parse_budget(_units(text))


def _units(text: str) -> str:
    """Also `15 min`, `2 Std`, `3 Tage`; a bare number is minutes."""
    plain = text.lower()
    for pattern, unit in _GERMAN_UNITS:
        plain = pattern.sub(unit, plain)
    plain = plain.replace(" ", "")
    return f"{plain}m" if plain.isdecimal() else plain


def _week(text: str) -> Hours:
    """Also with German names of days."""
    return parse_hours(re.sub(r"[a-zäöü]+", lambda match: _GERMAN_DAYS.get(match[0], match[0]), text.lower()))


def _share(text: str) -> float:
    """Percent; -1 for what is none."""
    try:
        share = float(text.removesuffix("%").strip().replace(",", "."))
    except ValueError:
        return -1.0
    return share if 0 < share <= 100 else -1.0
