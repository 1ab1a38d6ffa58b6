"""What a client pays for what: the `prices:` part of client.yml as exact decimals."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from enum import StrEnum
from itertools import pairwise
from typing import Any

from babel.numbers import get_currency_precision, is_currency

from conversation.packfile import Node, Problems
from sla.policy import ClockKind

_KEYS = ("currency", "minimum", "tiers", "credits")


class Item(StrEnum):
    """What can be charged."""

    AUTOMATED_RESOLUTION = "automated_resolution"
    HANDLED_CONVERSATION = "handled_conversation"
    AGENT_MINUTE = "agent_minute"


@dataclass(frozen=True, slots=True)
class Tier:
    """From the unit after `above` on, each unit costs `price` (units up to there keep theirs)."""

    above: Decimal
    price: Decimal


@dataclass(frozen=True, slots=True)
class Credit:
    """`percent` of the month's charges back when attainment of `clock` is below `below` percent."""

    below: Decimal
    percent: Decimal
    clock: ClockKind = ClockKind.FIRST_RESPONSE


@dataclass(frozen=True, slots=True)
class Prices:
    """A price list. `minimum` is charged when the month's usage comes to less."""

    currency: str = "EUR"
    minimum: Decimal = Decimal(0)
    units: Mapping[Item, Decimal] = field(default_factory=dict)
    tiers: Mapping[Item, tuple[Tier, ...]] = field(default_factory=dict)
    credits: tuple[Credit, ...] = ()

    def money(self, amount: Decimal) -> Decimal:
        """`amount` in the currency's smallest unit, half a unit rounded up (away from zero)."""
        return amount.quantize(Decimal(1).scaleb(-get_currency_precision(self.currency)), ROUND_HALF_UP)

    def to_row(self) -> dict[str, Any]:
        """Plain JSON values, amounts as text; a closed statement keeps the prices it was made with."""
        return {
            "currency": self.currency,
            "minimum": str(self.minimum),
            "units": {item.value: str(price) for item, price in self.units.items()},
            "tiers": {i.value: [[str(t.above), str(t.price)] for t in tiers] for i, tiers in self.tiers.items()},
            "credits": [[str(c.below), str(c.percent), c.clock.value] for c in self.credits],
        }

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Prices":
        """The price list that `to_row` wrote."""
        return cls(
            currency=row["currency"],
            minimum=Decimal(row["minimum"]),
            units={Item(item): Decimal(price) for item, price in row["units"].items()},
            tiers={
                Item(i): tuple(Tier(Decimal(above), Decimal(price)) for above, price in tiers)
                for i, tiers in row["tiers"].items()
            },
            credits=tuple(Credit(Decimal(b), Decimal(p), ClockKind(clock)) for b, p, clock in row["credits"]),
        )


def parse_prices(client: Node, problems: Problems) -> Prices | None:
    """The prices in a client.yml's root node; None when it has none or something in them is wrong.

    `tiers` maps an item to steps, `tiers: {handled_conversation: [{above: 1000, price: "1.90"}]}`; `credits` lists
    `{below: 95, percent: 5, clock: first_response}`, the clock being optional.
    """
    node = client.get("prices")
    if node is None:
        return None
    before = len(problems.errors)
    problems.unknown_keys(node, (*_KEYS, *Item))
    currency = problems.text(node, "currency", "EUR")
    if not is_currency(currency):
        problems.add(node.get("currency") or node, f"{currency!r} is not a currency", "write an ISO 4217 code like EUR")
    minimum = _amount(node, "minimum", problems)
    units = {item: price for item in Item if (price := _amount(node, item, problems)) is not None}
    tiers = _tiers(node.get("tiers"), units, problems)
    credit_rows = tuple(_credit(entry, problems) for entry in node.get("credits") or ())
    if len(problems.errors) > before:
        return None
    return Prices(currency, minimum or Decimal(0), units, tiers, credit_rows)


def _tiers(node: Node | None, units: Mapping[Item, Decimal], problems: Problems) -> dict[Item, tuple[Tier, ...]]:
    tiers: dict[Item, tuple[Tier, ...]] = {}
    for key, steps in node.items() if node is not None else ():
        if key not in list(Item) or Item(key) not in units:
            problems.add(steps, f"{key!r} has no price to step down from", f"priced here: {', '.join(units)}")
            continue
        found = [_tier(step, problems) for step in steps]
        if any(later.above <= earlier.above for earlier, later in pairwise(found)):
            problems.add(steps, "tiers must rise", "sort them by `above`")
        tiers[Item(key)] = tuple(found)
    return tiers


def _tier(node: Node, problems: Problems) -> Tier:
    problems.unknown_keys(node, ("above", "price"))
    return Tier(_required(node, "above", problems), _required(node, "price", problems))


def _credit(node: Node, problems: Problems) -> Credit:
    problems.unknown_keys(node, ("below", "percent", "clock"))
    below, percent = _required(node, "below", problems), _required(node, "percent", problems)
    for key, value in (("below", below), ("percent", percent)):
        if value > 100:
            problems.add(node, f"{key!r} is a percentage", "0 to 100")
    clock = problems.text(node, "clock", ClockKind.FIRST_RESPONSE)
    if clock not in list(ClockKind):
        problems.add(node, f"{clock!r} is not a clock", f"one of {', '.join(ClockKind)}")
        clock = ClockKind.FIRST_RESPONSE
    return Credit(below, percent, ClockKind(clock))


def _required(node: Node, key: str, problems: Problems) -> Decimal:
    value = _amount(node, key, problems)
    if value is None and node.get(key) is None:
        problems.add(node, f"{key!r} is missing")
    return value or Decimal(0)


def _amount(node: Node, key: str, problems: Problems) -> Decimal | None:
    child = node.get(key)
    if child is None:
        return None
    try:
        amount = Decimal(str(child.value))
    except InvalidOperation:
        amount = Decimal(-1)
    if isinstance(child.value, bool) or not amount.is_finite() or amount < 0:
        problems.add(child, f"{child.value!r} is not an amount", f'write it like `{key}: "2.10"`')
        return None
    return amount
