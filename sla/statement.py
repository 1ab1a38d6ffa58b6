"""A client's month in money: what was used at the contract's prices, less credits for missed objectives."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any

from sla.attainment import Attainment
from sla.prices import Item, Prices
from sla.usage import Usage

_EXACT = Context(prec=60)  # enough for any quantity times any price; rounding happens once, at the cent


@dataclass(frozen=True, slots=True)
class Line:
    """One charge. `quantity` is shown to two places; `amount` is rounded once, from the exact quantity."""

    item: Item
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal
    conversations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CreditLine:
    """Money back for a missed objective: `percent` of the charges because `share` percent is below `below`."""

    clock: str
    share: Decimal
    below: Decimal
    percent: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Correction:
    """What a closed month would come to today, less what was charged and corrected for it: a clock that was still open,
    an exclusion approved later. `amount` is charged if positive and given back if negative.
    """

    month: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Statement:
    """`net` = lines + `top_up` (to the minimum fee) - credits, never below zero; `total` = `net` + corrections of
    closed months.
    """

    client: str
    start: datetime
    end: datetime
    currency: str
    lines: tuple[Line, ...]
    usage: Decimal
    top_up: Decimal
    credits: tuple[CreditLine, ...]
    total: Decimal
    corrections: tuple[Correction, ...] = ()

    @property
    def net(self) -> Decimal:
        """The month by itself."""
        return self.total - sum((c.amount for c in self.corrections), Decimal(0))

    def corrected(self, corrections: Iterable[Correction]) -> "Statement":
        """The statement with further corrections added to its total."""
        more = tuple(corrections)
        total = self.total + sum((c.amount for c in more), Decimal(0))
        return replace(self, corrections=(*self.corrections, *more), total=total)

    def to_row(self) -> dict[str, Any]:
        """Plain JSON values; money as text, so that no reader makes a float of it."""
        return {
            "client": self.client,
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "currency": self.currency,
            "lines": [
                {
                    "item": line.item.value,
                    "quantity": str(line.quantity),
                    "unit_price": str(line.unit_price),
                    "amount": str(line.amount),
                    "conversations": list(line.conversations),
                }
                for line in self.lines
            ],
            "usage": str(self.usage),
            "top_up": str(self.top_up),
            "credits": [
                {
                    "clock": credit.clock,
                    "share": str(credit.share),
                    "below": str(credit.below),
                    "percent": str(credit.percent),
                    "amount": str(credit.amount),
                }
                for credit in self.credits
            ],
            "corrections": [{"month": c.month, "amount": str(c.amount)} for c in self.corrections],
            "total": str(self.total),
        }

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> "Statement":
        """The statement that `to_row` wrote."""
        money = Decimal
        return cls(
            client=row["client"],
            start=datetime.fromisoformat(row["start"]),
            end=datetime.fromisoformat(row["end"]),
            currency=row["currency"],
            lines=tuple(
                Line(
                    Item(line["item"]),
                    money(line["quantity"]),
                    money(line["unit_price"]),
                    money(line["amount"]),
                    tuple(line["conversations"]),
                )
                for line in row["lines"]
            ),
            usage=money(row["usage"]),
            top_up=money(row["top_up"]),
            credits=tuple(
                CreditLine(c["clock"], money(c["share"]), money(c["below"]), money(c["percent"]), money(c["amount"]))
                for c in row["credits"]
            ),
            total=money(row["total"]),
            corrections=tuple(Correction(c["month"], money(c["amount"])) for c in row["corrections"]),
        )

    def to_csv(self) -> str:
        """One row for each figure, comma-separated with a header line, as RFC 4180 has it; what is given back is
        negative, so that the amounts add up to the total.
        """
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(("kind", "item", "quantity", "unit_price", "amount", "currency"))
        for line in self.lines:
            writer.writerow(("usage", line.item.value, line.quantity, line.unit_price, line.amount, self.currency))
        if self.top_up:
            writer.writerow(("minimum_fee", "top_up", "", "", self.top_up, self.currency))
        for credit in self.credits:
            writer.writerow(("service_credit", credit.clock, credit.share, "", -credit.amount, self.currency))
        if capped := self.net - (self.usage + self.top_up - sum((c.amount for c in self.credits), Decimal(0))):
            writer.writerow(("service_credit", "beyond_the_charges", "", "", capped, self.currency))
        for correction in self.corrections:
            writer.writerow(("correction", correction.month, "", "", correction.amount, self.currency))
        writer.writerow(("total", "", "", "", self.total, self.currency))
        return out.getvalue()


def statement(
    client: str,
    period: tuple[datetime, datetime],
    used: Iterable[Usage],
    prices: Prices,
    attained: Sequence[Attainment] = (),
) -> Statement:
    """The statement of a period from its usage facts (others are left out) and the attainment of its clocks.

    Each line is rounded half up to the currency's smallest unit; tiers price each unit by its own step. The minimum
    fee tops up the usage. Of several credits for one clock the largest that applies counts; credits are a share of
    usage plus top-up and never exceed it.
    """
    start, end = period
    mine = [fact for fact in used if start <= fact.at < end]
    lines = tuple(line for item in Item for line in _lines(item, mine, prices))
    usage = sum((line.amount for line in lines), prices.money(Decimal(0)))
    top_up = max(prices.money(prices.minimum) - usage, prices.money(Decimal(0)))
    credit_lines = tuple(_credits(usage + top_up, prices, attained))
    back = min(sum((credit.amount for credit in credit_lines), Decimal(0)), usage + top_up)
    return Statement(client, start, end, prices.currency, lines, usage, top_up, credit_lines, usage + top_up - back)


def _lines(item: Item, used: Sequence[Usage], prices: Prices) -> Iterable[Line]:
    price = prices.units.get(item)
    facts = [fact for fact in used if fact.item is item]
    if price is None or not facts:
        return
    by_conversation: dict[str, Fraction] = {}
    for fact in facts:
        by_conversation[fact.conversation] = by_conversation.get(fact.conversation, Fraction(0)) + fact.quantity
    conversations = tuple(sorted(c for c, quantity in by_conversation.items() if quantity))
    total = sum(by_conversation.values(), Fraction(0))
    for quantity, unit in _steps(total, price, prices.tiers.get(item, ())):
        yield Line(
            item, _decimal(quantity).quantize(Decimal("0.01")), unit, _cost(quantity, unit, prices), conversations
        )


def _steps(total: Fraction, price: Decimal, tiers: Sequence[Any]) -> Iterable[tuple[Fraction, Decimal]]:
    """The quantity in each price step; what is taken back (a negative total) comes at the first step's price."""
    bounds = [Fraction(0), *(Fraction(tier.above) for tier in tiers)]
    unit_prices = [price, *(tier.price for tier in tiers)]
    if total <= 0:
        yield total, price
        return
    for number, (low, unit) in enumerate(zip(bounds, unit_prices, strict=True)):
        high = bounds[number + 1] if number + 1 < len(bounds) else total
        if total > low:
            yield min(total, high) - low, unit


def _cost(quantity: Fraction, unit: Decimal, prices: Prices) -> Decimal:
    return prices.money(_decimal(quantity * Fraction(unit)))


def _credits(charges: Decimal, prices: Prices, attained: Sequence[Attainment]) -> Iterable[CreditLine]:
    shares: Mapping[str, Fraction] = {a.kind: Fraction(a.met, a.decided) * 100 for a in attained if a.decided}
    for clock, share in shares.items():
        apply = [c for c in prices.credits if c.clock == clock and share < Fraction(c.below)]
        if apply:
            best = max(apply, key=lambda credit: credit.percent)
            amount = prices.money(charges * best.percent / 100)
            shown = _decimal(share).quantize(Decimal("0.01"), "ROUND_FLOOR")
            yield CreditLine(clock, shown, best.below, best.percent, amount)


def _decimal(value: Fraction) -> Decimal:
    return _EXACT.divide(Decimal(value.numerator), Decimal(value.denominator))
