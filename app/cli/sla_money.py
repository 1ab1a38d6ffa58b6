"""`switchboard sla exclude | exclusions | attainment | statement`: what client and provider settle."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from app.cli.on_platform import for_client
from app.cli.output import console, print_json, print_table, refuse

if TYPE_CHECKING:
    from app.wiring import Platform
    from conversation.ids import ClientId
    from sla.exclusion import Exclusion
    from sla.statement import Statement

T = TypeVar("T")
Client = Annotated[str, typer.Option(help="the client's id")]
Month = Annotated[str, typer.Option(help="like 2026-10")]
By = Annotated[str, typer.Option(help="the e-mail address of who does it")]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON")]


def exclude(
    client: Client,
    clock: Annotated[str, typer.Option(help="the clock's id, as breach lists show it")],
    reason: Annotated[str, typer.Option(help="spam, platform_outage, customer_blocked or cancelled_before_due")],
    evidence: Annotated[str, typer.Option(help="what a third person could check")],
    by: By,
) -> None:
    """Proposes not to count a clock. It counts until a client admin has approved; the clock itself never changes."""
    made = _settled(client, lambda p, known: p.settlement.exclude(known, clock, reason, evidence, by=by))
    console.print(f"Exclusion {made.id} waits for the client's approval.", markup=False, soft_wrap=True)


def exclusions(
    client: Client,
    approve: Annotated[str, typer.Option(help="approve this entry, as a client admin")] = "",
    reject: Annotated[str, typer.Option(help="reject this entry, as a client admin")] = "",
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """The ledger of exclusions, or the client's decision on one of its entries."""
    if approve and reject:
        refuse("choose one of --approve and --reject")
    if (entry := approve or reject) and not by:
        refuse("say who decides: --by E-MAIL")

    async def run(p: "Platform", known: "ClientId") -> "list[Exclusion]":
        if entry:
            await p.settlement.decide_exclusion(known, entry, approve=bool(approve), by=by)
        return await p.settlement.ledger(known)

    rows = [_row(e) for e in _settled(client, run)]
    if as_json:
        print_json(rows)
    else:
        print_table(
            ("id", "clock", "reason", "decision", "proposed by", "decided by", "evidence"), (r.values() for r in rows)
        )


def renew(
    client: Client,
    conversation: Annotated[str, typer.Option(help="the conversation's id")],
    reason: Annotated[str, typer.Option(help="why, so that the client can follow it")],
    by: By,
) -> None:
    """Puts a running conversation under the terms in force now. Its old clocks stay on file, out of the count; what was
    broken already stays broken.
    """
    from conversation.ids import ConversationId

    version = _settled(
        client, lambda p, known: p.running_terms.renew(known, ConversationId(conversation), reason, by=by)
    )
    console.print(f"{conversation} goes on under policy {version}.", markup=False, soft_wrap=True)


def attainment(client: Client, month: Month, as_json: AsJson = False) -> None:
    """Attainment of a month, raw and adjusted by the client's approved exclusions, side by side."""
    found = _settled(client, lambda p, known: p.settlement.standings(known, month))
    rows = [
        {
            "clock": s.raw.kind.value,
            "reading": name,
            "met": a.met,
            "missed": a.missed,
            "open": a.open,
            "cancelled": a.cancelled,
            "share": a.share,
            "objective": a.objective,
            "allowed": a.allowed,
            "left": a.left,
            "burn_rate": a.burn_rate,
        }
        for s in found
        for name, a in (("raw", s.raw), ("adjusted", s.adjusted))
    ]
    if as_json:
        print_json(rows)
        return
    shown = ("clock", "reading", "met", "missed", "open", "share", "objective", "left")
    print_table(shown, ([_figure(key, row[key]) for key in shown] for row in rows))


def statement(
    client: Client,
    month: Month,
    as_csv: Annotated[bool, typer.Option("--csv", help="print CSV")] = False,
    close: Annotated[bool, typer.Option("--close", help="freeze the month, as a provider admin")] = False,
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """A month in money: usage at the contract's prices, minimum fee, service credits, corrections of closed months."""
    if close and not by:
        refuse("say who closes the month: --by E-MAIL")

    async def run(p: "Platform", known: "ClientId") -> "tuple[Statement, bool]":
        if close:
            await p.settlement.close(known, month, by=by)
        return await p.settlement.statement(known, month)

    drawn, closed = _settled(client, run)
    from web.exports.csv_file import csv_lines

    head, *rows = drawn.rows()
    if as_csv:
        typer.echo(csv_lines([head, *rows]), nl=False)
    elif as_json:
        print_json({**drawn.to_row(), "month": month, "closed": closed})
    else:
        print_table(map(str, head), (["" if value is None else value for value in row] for row in rows))
        console.print(f"{month} is {'closed' if closed else 'open: later events will change it'}.")


def _settled(client: str, work: "Callable[[Platform, ClientId], Awaitable[T]]") -> T:
    from sla.errors import NotSettled

    try:
        return for_client(client, work)
    except NotSettled as error:
        refuse(str(error))


def _row(e: "Exclusion") -> dict[str, Any]:
    return {
        "id": e.id,
        "clock": e.clock,
        "reason": e.reason.value,
        "decision": e.decision.value,
        "proposed_by": e.proposed_by,
        "decided_by": e.approved_by or e.rejected_by or "",
        "evidence": e.evidence,
    }


def _figure(key: str, value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.2%}" if key == "share" else str(value)
