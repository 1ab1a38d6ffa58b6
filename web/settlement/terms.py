"""Changed terms in words: each dotted path of a difference as a label, its values as people write them."""

import ast
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from handoff.views import ClientView
from sla.settling import Proposal
from web.formats import MINUTE, Formats
from web.settlement.amounts import Amounts, percent_words

Difference = Sequence[tuple[str, str | None, str | None]]
Currencies = tuple[str, str]
"""Before and after a change; empty where the contract has no prices."""
_GROUPS = (
    ("targets", re.compile(r"sla\.targets\.")),
    ("objective", re.compile(r"sla\.objective\.")),
    ("hours", re.compile(r"sla\.calendar\.")),
    ("alarms", re.compile(r"sla\.(warnings|alarms)")),
    ("prices", re.compile(r"prices\.")),
    ("forecast", re.compile(r"forecast\.")),
    ("bot", re.compile(r"(texts|bot|responses)\.")),
    ("rules", re.compile(r"(sla\.|approval)")),
    ("other", re.compile(r"")),
)
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MINUTES = re.compile(r"([0-9]+(?:\.[0-9]+)?) min")
_CREDIT = re.compile(r"prices\.credits\.(\w+) below (.+)")
_TIER = re.compile(r"prices\.tiers\.(\w+)\.above (.+)")
_DATE = re.compile(r"(.*)calendar\.(closed|openings)\.(\d{4}-\d{2}-\d{2})")
_WEEK = re.compile(r"(.*)calendar\.week\.(\w{3})")
_TARGET = re.compile(r"sla\.targets\.(\d+)\.(.+)")
_TEXT = re.compile(r"texts\.(?P<name>[^\[]+?)(?:\[(?P<under>.*)\])?(?:\.(?P<number>\d+))?")
_ARTICLE = "knowledge/"
LONG = 60
"""Values beyond so many characters are texts to be read, not figures to be compared at a glance."""


@dataclass(frozen=True, slots=True)
class Change:
    """One changed term. Empty `before`: it is new; empty `after`: it goes. `long` ones are shown below each other."""

    label: str
    before: str
    after: str
    path: str

    @property
    def long(self) -> bool:
        return max(len(self.before), len(self.after)) > LONG


def changes(
    difference: Difference, f: Formats, client: ClientView, currencies: Currencies = ("", "")
) -> list[tuple[str, list[Change]]]:
    """The difference in groups with a name, in the order in which a contract is read; unknown paths keep their own
    words. Prices before and after are in `currencies`.
    """
    groups: dict[str, list[Change]] = {name: [] for name, _ in _GROUPS}
    for path, *values in difference:
        name = next(name for name, pattern in _GROUPS if pattern.match(path))
        old, new = (
            value_words(path, value, f, client, currency) if value is not None else ""
            for value, currency in zip(values, currencies, strict=True)
        )
        groups[name].append(Change(label_words(path, f, client), old, new, path))
    return [(f.words(f"terms.group.{name}"), found) for name, found in groups.items() if found]


def currencies_of(proposals: Sequence[Proposal], version: int, in_force: str) -> Currencies:
    """The currency before and after a version: told by the nearest approved change of it after that version, else the
    one `in_force`. `proposals` have the newest first.
    """
    now = in_force
    for proposal in sorted(proposals, key=lambda proposal: -proposal.version):
        told = next(((old, new) for path, old, new in proposal.difference if path == "prices.currency"), (None, None))
        if proposal.version == version:
            return told[0] or now, told[1] or now
        if proposal.approved:
            now = told[0] or now
    return now, now


def label_words(path: str, f: Formats, client: ClientView) -> str:  # noqa: PLR0911  a line for each shape of a path
    """What a path names: `sla.targets.2.budgets.first_response` is rule 2's first reply."""
    t = f.words
    if match := _CREDIT.fullmatch(path):
        return t("terms.credit", promise=t.maybe(f"clock.name.{match[1]}", match[1]), mark=_percent(match[2], f))
    if match := _TIER.fullmatch(path):
        return t("terms.tier", item=_name(match[1], f, client), above=_number(match[2], f))
    if match := _TARGET.fullmatch(path):
        rest = match[2].removeprefix("budgets.")
        return (
            f"{t('terms.rule', n=match[1])} · {label_words(rest, f, client) if '.' in rest else _name(rest, f, client)}"
        )
    if match := _DATE.fullmatch(path):
        return t(f"terms.{match[2]}", day=f.day(date.fromisoformat(match[3])))
    if (match := _WEEK.fullmatch(path)) and match[2] in _DAYS:
        return f.weekday_name(_DAYS.index(match[2]))
    if match := _TEXT.fullmatch(path):
        return _text_words(match, f)
    parts = [part for part in path.split(".") if part not in ("sla", "prices", "calendar", "budgets", "when")]
    return " · ".join(_name(part, f, client) for part in parts) or path


def _text_words(match: re.Match[str], f: Formats) -> str:
    """A bot's text by its name, the language and channel it is said in, and its number among several."""
    t, name = f.words, match["name"]
    if name.startswith(_ARTICLE):
        return t("terms.article", name=name.removeprefix(_ARTICLE))
    under = [t.maybe(f"language.{u}", t.maybe(f"channel.{u}", u)) for u in (match["under"] or "").split(", ") if u]
    spoken = name.removeprefix("utter_").replace("_", " ").replace("/", ": ")
    return " · ".join([t("terms.text", name=spoken), *under, *([match["number"]] if match["number"] else [])])


def value_words(path: str, value: str, f: Formats, client: ClientView, currency: str = "") -> str:  # noqa: PLR0911  the same for values
    """A value as people write it, a price in its currency; what is not understood stays as it is."""
    if match := _MINUTES.fullmatch(value):
        return f.duration(float(match[1]) * MINUTE)
    if value in ("True", "False"):
        return f.words("terms.yes" if value == "True" else "terms.no")
    if value.startswith("["):
        unit: Callable[[str], str] = (lambda v: _percent(v, f)) if path.endswith("warnings") else str
        return ", ".join(_name(unit(str(part)), f, client) for part in _parts(value))
    if ".objective." in path or (value.endswith(" %") and _decimal(value[:-2]) is not None):
        return _percent(value, f)
    if path.startswith("prices.") and (number := _decimal(value)) is not None:
        if currency:
            return Amounts(f, currency).price(number)
        return f.number(number, max(2, -int(number.as_tuple().exponent)))
    if ".week." in path or ".openings." in path:
        return value.replace("-", "–").replace(",", ", ")
    return _name(value, f, client) if len(value) <= LONG else value


def _name(word: str, f: Formats, client: ClientView) -> str:
    """A single word of the contract: ours by the catalogue, the client's queues and topics by their names."""
    language = f.words.language
    for names in (client.queues, client.topics):
        found = {str(key): name for key, name in names.items()}.get(word)
        if found:
            return found.get(language) or next(iter(found.values()), word)
    return f.words.maybe(f"terms.name.{word}", word.replace("_", " "))


def _parts(value: str) -> list[object]:
    try:
        found = ast.literal_eval(value)
    except (SyntaxError, ValueError):
        return [value]
    return list(found) if isinstance(found, list) else [value]


def _percent(value: str, f: Formats) -> str:
    number = _decimal(value.removesuffix("%").strip())
    return value if number is None else percent_words(f, number)


def _number(value: str, f: Formats) -> str:
    number = _decimal(value)
    return value if number is None else f.number(number, 0 if number == number.to_integral_value() else 2)


def _decimal(value: str) -> Decimal | None:
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
