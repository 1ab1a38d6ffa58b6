"""A statement as a PDF that can be filed: the rows of its page, the promises behind the credits, the rules."""

from sla.settling import Account
from web.formats import Formats
from web.pdf import Column, Paper
from web.settlement.statement_view import Sheet


def statement_pdf(sheet: Sheet, account: Account, client_name: str, f: Formats) -> bytes:
    """The same figures as the page; the same statement always gives the same bytes."""
    t = f.words
    paper = Paper(
        f"{client_name} · {sheet.title}",
        language=t.language,
        footer=f"{client_name} · {sheet.title} · Switchboard",
        page_told=lambda page, of: t("settle.pdf.page", page=page, of=of),
        lacking=t("settle.pdf.lacking", client=account.client),
    )
    paper.title(sheet.title, f"{client_name} · {sheet.period}")
    paper.paragraph(sheet.state)
    paper.heading(t("settle.charges"))
    paper.table(
        [
            Column(t("settle.col.what"), 5),
            Column(t("settle.col.quantity"), 1.6, right=True),
            Column(t("settle.col.price"), 1.6, right=True),
            Column(t("settle.col.amount"), 2, right=True),
        ],
        [[(r.words, r.note) if r.note else r.words, r.quantity, r.price, r.amount] for r in sheet.rows],
        strong=[number for number, row in enumerate(sheet.rows) if row.kind in ("sum", "total")],
    )
    if sheet.promises:
        paper.heading(t("settle.promises"))
        paper.table(
            [
                Column(t("settle.col.promise"), 2.4),
                Column(t("settle.col.share"), 1.3, right=True),
                Column(t("settle.col.objective"), 1.3, right=True),
                Column(t("settle.col.met"), 1, right=True),
                Column(t("settle.col.missed"), 1, right=True),
                Column(t("settle.col.excluded"), 1.3, right=True),
                Column(t("settle.col.credits"), 3.2, right=True),
            ],
            [
                [
                    t(f"clock.name.{promise.clock}"),
                    promise.share,
                    promise.objective,
                    promise.met,
                    promise.missed,
                    str(promise.excluded),
                    "\n".join(
                        f"{m.words}: {m.percent}{' ' + t('settle.applies') if m.applies else ''}" for m in promise.marks
                    )
                    or "–",
                ]
                for promise in sheet.promises
            ],
        )
    paper.heading(t("settle.rules"))
    for name, text in sheet.rules:
        paper.paragraph(f"{name}: {text}", small=True)
    return paper.render()
