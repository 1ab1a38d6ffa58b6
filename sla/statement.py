"""A client's month in money: what was used at the contract's prices, less credits for missed objectives."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any

from sla.attainment import Attainment
from sla.prices import Item, Prices, Tier
from sla.usage import Usage

ALL_TOGETHER = ""
"""The conversation of a usage fact that adds up many: a line made of it knows no conversations."""
_EXACT = Context(prec=60)  # enough for any quantity times any price; rounding happens once, at the cent


@dataclass(frozen=True, slots=True)
class Line:
    """One charge. `quantity` is shown to two places; `amount` is rounded once, from the exact quantity. `quantities`
    are the exact shares of its `conversations`, which add up to it; empty on lines frozen before shares were kept.
    `behind` is how many conversations there are where they are not listed here; None where nobody has counted them.
    """

    item: Item
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal
    conversations: tuple[str, ...] = ()
    quantities: tuple[Fraction, ...] = ()
    behind: int | None = None

    @property
    def size(self) -> int:
        """How many conversations stand behind it, as far as it knows."""
        return len(self.conversations) if self.behind is None else self.behind

    @property
    def shares(self) -> tuple[tuple[str, Fraction | None], ...]:
        """Its listed conversations with the exact share of each; None on lines frozen before shares were kept."""
        return tuple(zip(self.conversations, self.quantities or (None,) * len(self.conversations), strict=True))

    def counted(self) -> "Line":
        """The line with how many its conversations are in place of them."""
        return replace(self, conversations=(), quantities=(), behind=self.size)


@dataclass(frozen=True, slots=True)
class CreditLine:
    """Money back for a missed objective: `percent` of the charges because `share` percent is below `below`."""

    clock: str
    share: Decimal
    below: Decimal
    percent: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Reading:
    """The attainment that credits rest on: the decided clocks of one kind, without the `excluded` ones, which the
    client agreed not to count. `objective` is the percent promised, None where nothing is.
    """

    clock: str
    met: int
    missed: int
    excluded: int = 0
    objective: float | None = None

    @property
    def share(self) -> Fraction | None:
        """Percent of the decided ones that were met, exactly; None where none is decided."""
        decided = self.met + self.missed
        return Fraction(self.met, decided) * 100 if decided else None


@dataclass(frozen=True, slots=True)
class Correction:
    """What a closed month would come to today, less what was charged and corrected for it: a clock that was still open,
    an exclusion approved later. `amount` is charged if positive and given back if negative, in the `currency` of that
    month.
    """

    month: str
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Statement:
    """`net` = lines + `top_up` (to the minimum fee) - credits, below zero only where more was taken back than used;
    `total` = `net` + corrections of closed months. Those in another currency are owed beside it.
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
    attained: tuple[Reading, ...] = ()

    @property
    def net(self) -> Decimal:
        """The month by itself."""
        return self.total - _sum(self.added)

    @property
    def added(self) -> tuple[Correction, ...]:
        """The corrections that are part of the total."""
        return tuple(c for c in self.corrections if c.currency == self.currency)

    @property
    def apart(self) -> tuple[Correction, ...]:
        """The corrections of months in another currency, which are never added to the total."""
        return tuple(c for c in self.corrections if c.currency != self.currency)

    def corrected(self, corrections: Iterable[Correction]) -> "Statement":
        """The statement with further corrections."""
        before = self.net
        more = replace(self, corrections=(*self.corrections, *corrections))
        return replace(more, total=before + _sum(more.added))

    def counted(self) -> "Statement":
        """The statement with how many conversations stand behind each line in place of them."""
        return replace(self, lines=tuple(line.counted() for line in self.lines))

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
                    "quantities": [str(quantity) for quantity in line.quantities],
                    **({} if line.behind is None else {"behind": line.behind}),
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
            "corrections": [
                {"month": c.month, "amount": str(c.amount), "currency": c.currency} for c in self.corrections
            ],
            "attained": [asdict(reading) for reading in self.attained],
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
                    tuple(map(Fraction, line.get("quantities", ()))),
                    line.get("behind"),
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
            corrections=tuple(
                Correction(c["month"], money(c["amount"]), c.get("currency", row["currency"]))
                for c in row["corrections"]
            ),
            attained=tuple(Reading(**reading) for reading in row.get("attained", ())),
        )

    def rows(self) -> list[tuple[object, ...]]:
        """A head, and one row for each figure; what is given back is negative, so that the amounts add up to the total.
        What is owed in another currency comes after it.
        """
        rows: list[tuple[object, ...]] = [("kind", "item", "quantity", "unit_price", "amount", "currency")]
        rows += [("usage", i.item.value, i.quantity, i.unit_price, i.amount, self.currency) for i in self.lines]
        if self.top_up:
            rows.append(("minimum_fee", "top_up", None, None, self.top_up, self.currency))
        rows += [("service_credit", c.clock, c.share, None, -c.amount, self.currency) for c in self.credits]
        if capped := self.net - (self.usage + self.top_up - _sum(self.credits)):
            rows.append(("service_credit", "beyond_the_charges", None, None, capped, self.currency))
        rows += [("correction", c.month, None, None, c.amount, self.currency) for c in self.added]
        rows.append(("total", None, None, None, self.total, self.currency))
        rows += [("correction_apart", c.month, None, None, c.amount, c.currency) for c in self.apart]
        return rows


def statement(
    client: str,
    period: tuple[datetime, datetime],
    used: Iterable[Usage],
    prices: Prices,
    attained: Sequence[Attainment] = (),
    excluded: Mapping[str, int] | None = None,
) -> Statement:
    """The statement of a period from its usage facts (others are left out) and the attainment of its clocks, from which
    so many `excluded` ones of each kind were left out by agreement.

    Each line is rounded half up to the currency's smallest unit; tiers price each unit by its own step. The minimum
    fee tops up the usage; without one what is taken back may exceed what is used, and the month is a credit note. Of
    several credits for one clock the largest that applies counts; credits are a share of usage plus top-up, never
    exceed it and never fall below zero.
    """
    start, end = period
    mine = [fact for fact in used if start <= fact.at < end]
    lines = tuple(line for item in Item for line in _lines(item, mine, prices))
    usage = sum((line.amount for line in lines), prices.money(Decimal(0)))
    top_up = _top_up(usage, prices)
    charges = max(usage + top_up, prices.money(Decimal(0)))
    credit_lines = tuple(_credits(charges, prices, attained))
    back = min(_sum(credit_lines), charges)
    read = tuple(Reading(a.kind.value, a.met, a.missed, (excluded or {}).get(a.kind, 0), a.objective) for a in attained)
    total = usage + top_up - back
    return Statement(client, start, end, prices.currency, lines, usage, top_up, credit_lines, total, attained=read)


def _top_up(usage: Decimal, prices: Prices) -> Decimal:
    minimum = prices.money(prices.minimum)
    return max(minimum - usage, prices.money(Decimal(0))) if minimum else minimum


def _sum(rows: Iterable[Correction | CreditLine]) -> Decimal:
    return sum((row.amount for row in rows), Decimal(0))


def _lines(item: Item, used: Sequence[Usage], prices: Prices) -> Iterable[Line]:
    price = prices.units.get(item)
    facts = [fact for fact in used if fact.item is item]
    if price is None or not facts:
        return
    shares = shares_of(facts)
    total = sum((quantity for _, quantity in shares), Fraction(0))
    for low, high, unit in _steps(total, price, prices.tiers.get(item, ())):
        quantity = high - max(low or Fraction(0), Fraction(0))
        mine = [share for share in _within(shares, low, high) if share[0] != ALL_TOGETHER]
        yield Line(
            item,
            _decimal(quantity).quantize(Decimal("0.01")),
            unit,
            _cost(quantity, unit, prices),
            tuple(conversation for conversation, _ in mine),
            tuple(share for _, share in mine),
        )


def shares_of(facts: Iterable[Usage]) -> list[tuple[str, Fraction]]:
    """What the facts of one item come to by conversation, those that come to nothing left out, in the order in which
    the item's prices are applied.
    """
    by_conversation: dict[str, Fraction] = {}
    for fact in facts:
        by_conversation[fact.conversation] = by_conversation.get(fact.conversation, Fraction(0)) + fact.quantity
    # What is taken back comes first: it comes out of the first step.
    return sorted(((c, q) for c, q in by_conversation.items() if q), key=lambda share: (share[1] > 0, share[0]))


def _steps(
    total: Fraction, price: Decimal, tiers: Sequence[Tier]
) -> Iterable[tuple[Fraction | None, Fraction, Decimal]]:
    """The part of the total in each price step, as (from, to, unit price). The first begins without a bound: what is
    taken back (even a negative total) comes at its price.
    """
    lows = [Fraction(0), *(Fraction(tier.above) for tier in tiers)]
    unit_prices = [price, *(tier.price for tier in tiers)]
    for number, (low, unit) in enumerate(zip(lows, unit_prices, strict=True)):
        high = lows[number + 1] if number + 1 < len(lows) else total
        if number == 0:
            yield None, min(total, high), unit
        elif total > low:
            yield low, min(total, high), unit


def _within(shares: Sequence[tuple[str, Fraction]], low: Fraction | None, high: Fraction) -> list[tuple[str, Fraction]]:
    """Each conversation's part of the stretch from `low` to `high`, counted in order; a share across a bound is cut."""
    found, reached = [], Fraction(0)
    for conversation, share in shares:
        begin, reached = reached, reached + share
        if share < 0:
            part = share if low is None else Fraction(0)
        else:
            part = max(min(reached, high) - (begin if low is None else max(begin, low)), Fraction(0))
        if part:
            found.append((conversation, part))
    return found


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
