"""One month as rows of words, quantities and money: what the page, its print and its PDF all show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from handoff.views import ClientView
from sla.attainment import month_of
from sla.prices import Credit
from sla.settling import Account, Stage
from sla.statement import Correction, Line, Reading, Statement
from web.formats import Formats
from web.settlement.amounts import Amounts
from web.settlement.months import month_day


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the statement. `kind` is line, sum, credit, correction or total; `link` opens what it is made of,
    relative to the list of months.
    """

    kind: str
    words: str
    amount: str
    note: str = ""
    quantity: str = ""
    price: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark of the contract's table of credits, and whether it applied."""

    words: str
    percent: str
    applies: bool


@dataclass(frozen=True, slots=True)
class Promise:
    """One clock kind with the attainment that credits rest on and the contract's marks for it."""

    clock: str
    share: str
    met: str
    missed: str
    excluded: int
    objective: str
    marks: Sequence[Mark]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A whole statement, in one language."""

    title: str
    period: str
    state: str
    total: str
    rows: Sequence[Row]
    promises: Sequence[Promise]
    rules: Sequence[tuple[str, str]]
    names: Mapping[str, str]


def sheet(account: Account, client: ClientView, f: Formats, names: Mapping[str, str]) -> Sheet:
    """`names` are people's, by e-mail address."""
    t, drawn = f.words, account.statement
    amounts = Amounts(f, drawn.currency)
    return Sheet(
        title=t("settle.title", month=f.month(month_day(account.month))),
        period=_period(account, client, f),
        state=state_words(account, f, names),
        total=amounts.money(drawn.total),
        rows=_rows(account, amounts, f),
        promises=[_promise(reading, account, amounts, f) for reading in drawn.attained],
        rules=[(t(f"settle.rule.{key}"), t(f"settle.rule.{key}.text")) for key in _rules(account)],
        names=names,
    )


def _period(account: Account, client: ClientView, f: Formats) -> str:
    """To the minute where the month was cut in another zone than the client's of today."""
    drawn, last = account.statement, month_day(account.month, last=True)
    if (drawn.start, drawn.end) == month_of(last, client.timezone):
        first, until = f.day(drawn.start), f.day(last)
    else:
        first, until = f.moment(drawn.start), f.moment(drawn.end)
    return f.words("settle.period", first=first, last=until, zone=client.timezone)


def state_words(account: Account, f: Formats, names: Mapping[str, str]) -> str:
    """Where the month stands, in a sentence."""
    if account.stage is Stage.CLOSED and account.closed_at is not None:
        by = names.get(account.closed_by, account.closed_by)
        return f.words("settle.state.closed", at=f.moment(account.closed_at), by=by)
    return f.words(f"settle.state.{account.stage}")


def _rows(account: Account, amounts: Amounts, f: Formats) -> list[Row]:
    t, drawn, money = f.words, account.statement, amounts.money
    rows = [_line(number, line, account, amounts, f) for number, line in enumerate(drawn.lines)]
    rows.append(Row("sum", t("settle.usage"), money(drawn.usage)))
    charges = max(drawn.usage + drawn.top_up, Decimal(0))
    if drawn.top_up:
        minimum = t("settle.top_up.note", minimum=money(account.prices.money(account.prices.minimum)))
        rows.append(Row("line", t("settle.top_up"), money(drawn.top_up), minimum))
    for credit in drawn.credits:
        promise = t(f"clock.name.{credit.clock}")
        rows.append(
            Row(
                "credit",
                t("settle.credit", promise=promise),
                money(-credit.amount),
                t(
                    "settle.credit.note",
                    share=amounts.percent(credit.share),
                    below=amounts.percent(credit.below),
                    percent=amounts.percent(credit.percent),
                    charges=money(charges),
                ),
                link=f"{account.month}/missed/{credit.clock}",
            )
        )
    if beyond := drawn.net - (drawn.usage + drawn.top_up - sum((c.amount for c in drawn.credits), Decimal(0))):
        rows.append(Row("credit", t("settle.capped"), money(beyond), t("settle.capped.note")))
    if drawn.added:
        rows.append(Row("sum", t("settle.net"), money(drawn.net)))
    rows += [_correction(correction, f) for correction in drawn.added]
    rows.append(Row("total", t("settle.total"), money(drawn.total), t("settle.total.back") if drawn.total < 0 else ""))
    rows += [_correction(correction, f, apart=True) for correction in drawn.apart]
    return rows


def _correction(correction: Correction, f: Formats, *, apart: bool = False) -> Row:
    return Row(
        kind="correction",
        words=f.words("settle.correction", month=f.month(month_day(correction.month))),
        amount=Amounts(f, correction.currency).money(correction.amount),
        note=f.words("settle.correction.apart", currency=correction.currency) if apart else "",
        link=f"{correction.month}/today",
    )


def _line(number: int, line: Line, account: Account, amounts: Amounts, f: Formats) -> Row:
    steps = [tier.above for tier in account.prices.tiers.get(line.item, ())]
    note = ""
    if steps:
        same = [n for n, other in enumerate(account.statement.lines) if other.item is line.item]
        low = Decimal(0) if number == same[0] else steps[same.index(number) - 1]
        above = [step for step in steps if step > low]
        key = "settle.step.from" if low else "settle.step.to" if above else ""
        bounds = {"low": amounts.quantity(low), "high": amounts.quantity(above[0]) if above else ""}
        note = f.words("settle.step.between" if low and above else key, **bounds) if key else ""
    return Row(
        kind="line",
        words=f.words(f"settle.item.{line.item}"),
        amount=amounts.money(line.amount),
        note=note,
        quantity=amounts.quantity(line.quantity),
        price=amounts.price(line.unit_price),
        link=f"{account.month}/lines/{number + 1}",
    )


def _promise(reading: Reading, account: Account, amounts: Amounts, f: Formats) -> Promise:
    drawn, t = account.statement, f.words
    marks = [credit for credit in account.prices.credits if credit.clock == reading.clock]
    applied = {(credit.clock, credit.below, credit.percent) for credit in drawn.credits}

    def mark(credit: Credit) -> Mark:
        below = t("settle.below", mark=amounts.percent(credit.below))
        return Mark(below, amounts.percent(credit.percent), (reading.clock, credit.below, credit.percent) in applied)

    return Promise(
        clock=reading.clock,
        share=_share(reading.share, amounts),
        met=f.number(reading.met),
        missed=f.number(reading.missed),
        excluded=reading.excluded,
        objective=amounts.percent(reading.objective) if reading.objective is not None else "–",
        marks=[mark(credit) for credit in sorted(marks, key=lambda credit: -credit.below)],
    )


def _share(share: Fraction | None, amounts: Amounts) -> str:
    return amounts.percent(share) if share is not None else "–"


def _rules(account: Account) -> list[str]:
    """The rules that the month's rows apply, those of unused items left out."""
    priced = [item.value for item in account.prices.units]
    more = {
        "month": True,
        "top_up": account.prices.minimum > 0,
        "credit": bool(account.prices.credits),
        "correction": True,
        "rounding": True,
    }
    return [*priced, *(key for key, used in more.items() if used)]


PROMISE_COLUMNS = ("clock", "objective", "met", "missed", "excluded", "share", "mark", "credit_percent")


def promise_rows(drawn: Statement) -> Sequence[Mapping[str, Any]]:
    """Each promise in plain values: `share` in percent, exact to six digits; `mark` is the percent below which the
    credit applies that counted, both empty where none did.
    """
    applied = {credit.clock: credit for credit in drawn.credits}
    return [
        {
            "clock": reading.clock,
            "objective": reading.objective,
            "met": reading.met,
            "missed": reading.missed,
            "excluded": reading.excluded,
            "share": reading.share,
            "mark": credit.below if (credit := applied.get(reading.clock)) else None,
            "credit_percent": credit.percent if credit else None,
        }
        for reading in drawn.attained
    ]


def json_of(account: Account, zone: str) -> Mapping[str, Any]:
    """The statement with where it stands; amounts and quantities as text."""
    return {
        "month": account.month,
        "stage": account.stage.value,
        "zone": zone,
        "closed_at": account.closed_at.isoformat() if account.closed_at else None,
        "closed_by": account.closed_by or None,
        **account.statement.to_row(),
    }
