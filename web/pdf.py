"""Printable documents as PDF: one quiet layout that statements and reports share, the same bytes for the same facts."""

import io
import unicodedata
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

import fontpkg
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import CondPageBreak, Flowable, LongTable, Paragraph, SimpleDocTemplate, Spacer, TableStyle

REGULAR, BOLD = "Lato", "Lato-Bold"
INK, MUTED, LINE = HexColor("#1b1f24"), HexColor("#59636e"), HexColor("#d5dae0")
MARGIN = 18 * mm
BELOW_HEADING = 32 * mm
"""A heading with the head of its table and two rows."""
FRAME_PADDING = 6
"""ReportLab's own, on every side of a page's frame."""
MISSING = "\u25ca"
"""Stands for a character that the typeface lacks: a lozenge, which no name contains."""

Cell = str | tuple[str, str]
_INVISIBLE = frozenset({"Cf", "Cc"})


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; `share` is its part of the width, relative to the others."""

    title: str
    share: float = 1.0
    right: bool = False


class Paper:
    """An A4 document, filled from top to bottom and rendered once.

    `page_told` words "page 1 of 3"; `footer` stands at the left of each page's foot; `lacking` is the sentence that
    explains MISSING, added where it occurs: the typeface has Latin, Greek and Cyrillic letters.
    """

    def __init__(
        self, title: str, *, language: str, footer: str, page_told: Callable[[int, int], str], lacking: str
    ) -> None:
        _letters()
        self._title = title
        self._language = language
        self._footer = footer
        self._page_told = page_told
        self._lacking = lacking
        self._lacks = False
        self._flow: list[Flowable] = []

    def title(self, text: str, below: str = "") -> None:
        """The head of the document, with a muted line below it."""
        self._flow.append(self._text(text, _style("title")))
        if below:
            self._flow += [self._text(below, _style("muted")), Spacer(0, 4 * mm)]

    def heading(self, text: str) -> None:
        """Begins a new page where only the heading would fit on this one."""
        self._flow += [CondPageBreak(BELOW_HEADING), self._text(text, _style("heading"))]

    def paragraph(self, text: str, *, small: bool = False) -> None:
        self._flow.append(self._text(text, _style("muted" if small else "body")))

    def table(
        self, columns: Sequence[Column], rows: Sequence[Sequence[Cell]], *, strong: Collection[int] = frozenset()
    ) -> None:
        """Rows of texts under a head that is repeated on each page; the rows numbered in `strong` are bold and follow
        a line. A pair is a text with a small note below it.
        """
        head = [self._text(c.title, _style("head-right" if c.right else "head")) for c in columns]
        body = [
            [
                self._cell(cell, _style(_look(number in strong, column.right)), right=column.right)
                for column, cell in zip(columns, row, strict=True)
            ]
            for number, row in enumerate(rows)
        ]
        width = A4[0] - 2 * MARGIN
        shares = sum(column.share for column in columns)
        table = LongTable([head, *body], colWidths=[width * c.share / shares for c in columns], repeatRows=1)
        table.setStyle(TableStyle(_RULES + [("LINEABOVE", (0, n + 1), (-1, n + 1), 0.8, INK) for n in sorted(strong)]))
        self._flow += [table, Spacer(0, 3 * mm)]

    def add(self, flowable: Flowable) -> None:
        """Anything else that ReportLab can lay out, such as a drawing."""
        self._flow.append(flowable)

    def render(self) -> bytes:
        """The document. The same calls give the same bytes: it carries no date and no random id."""
        out = io.BytesIO()
        if self._lacks:
            self.paragraph(f"{MISSING} {self._lacking}", small=True)
        document = SimpleDocTemplate(
            out,
            pagesize=A4,
            leftMargin=MARGIN - FRAME_PADDING,
            rightMargin=MARGIN - FRAME_PADDING,
            topMargin=MARGIN,
            bottomMargin=MARGIN + 6 * mm,
            title=self._shown(self._title),
            author="Switchboard",
            lang=self._language,
            invariant=1,
        )
        document.build(self._flow, canvasmaker=self._canvas())
        return out.getvalue()

    def _cell(self, cell: Cell, style: ParagraphStyle, *, right: bool) -> Flowable | list[Flowable]:
        if isinstance(cell, str):
            return self._text(cell, style)
        text, note = cell
        return [self._text(text, style), self._text(note, _style("muted-right" if right else "muted"))]

    def _text(self, text: str, style: ParagraphStyle) -> Paragraph:
        return Paragraph(escape(self._shown(text)).replace("\n", "<br/>"), style)

    def _shown(self, text: str) -> str:
        shown = "".join(map(_drawable, unicodedata.normalize("NFC", text)))
        self._lacks = self._lacks or MISSING in shown
        return shown

    def _canvas(self) -> type[Canvas]:
        footer, told = self._shown(self._footer), self._page_told

        class Numbered(Canvas):
            """Keeps its pages until their number is known."""

            def __init__(self, *args: Any, **kwargs: Any) -> None:
                super().__init__(*args, **kwargs)
                self._kept: list[dict[str, Any]] = []

            def showPage(self) -> None:  # noqa: N802  ReportLab's name
                self._kept.append(dict(self.__dict__))
                self._startPage()  # type: ignore[attr-defined]  # ReportLab begins a page so; not in its stubs

            def save(self) -> None:
                for page in self._kept:
                    self.__dict__.update(page)
                    _foot(self, footer, told(self.getPageNumber(), len(self._kept)))
                    super().showPage()
                super().save()

        return Numbered


def _foot(canvas: Canvas, left: str, right: str) -> None:
    canvas.setFont(REGULAR, 8)
    canvas.setFillColor(MUTED)
    canvas.drawString(MARGIN, 12 * mm, left)
    canvas.drawRightString(A4[0] - MARGIN, 12 * mm, right)


def _drawable(character: str) -> str:
    """The character, a line break, nothing for what has no shape, or MISSING."""
    if character == "\n" or ord(character) in _letters():
        return character
    kind = unicodedata.category(character)
    if kind == "Zs":
        return " "
    return "" if kind in _INVISIBLE else MISSING


def _look(strong: bool, right: bool) -> str:
    return ("strong" if strong else "body") + ("-right" if right else "")


@cache
def _style(name: str) -> ParagraphStyle:
    base, _, side = name.partition("-")
    size, font, colour, before, after = _STYLES[base]
    return ParagraphStyle(
        name,
        fontName=font,
        fontSize=size,
        leading=size * 1.35,
        textColor=colour,
        spaceBefore=before,
        spaceAfter=after,
        alignment=TA_RIGHT if side else 0,
    )


_STYLES: dict[str, tuple[float, str, Color, float, float]] = {
    "title": (17, BOLD, INK, 0, 3),
    "heading": (11.5, BOLD, INK, 10, 4),
    "body": (9.5, REGULAR, INK, 0, 2),
    "strong": (9.5, BOLD, INK, 0, 2),
    "head": (8, REGULAR, MUTED, 0, 0),
    "muted": (8, REGULAR, MUTED, 0, 2),
}
_RULES: list[tuple[Any, ...]] = [
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (0, -1), 0),
    ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
    ("TOPPADDING", (0, 0), (-1, -1), 3),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
    ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
]


@cache
def _letters() -> frozenset[int]:
    """The code points the typeface has; registers it with ReportLab."""
    known = []
    for name, weight in ((REGULAR, 400), (BOLD, 700)):
        font = TTFont(name, str(fontpkg.path("Lato", weight=weight)))
        pdfmetrics.registerFont(font)
        known.append(frozenset(font.face.charToGlyph))
    return known[0] & known[1]
