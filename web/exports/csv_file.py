"""Rows as CSV (RFC 4180): commas between cells, CRLF behind lines, UTF-8."""

from collections.abc import Iterable, Sequence

from web.exports.cells import cell

MEDIA_TYPE = "text/csv; charset=utf-8"
BYTE_ORDER = "\ufeff"
"""Begins a file, so that spreadsheets read umlauts."""

Rows = Iterable[Sequence[object]]


def csv_lines(rows: Rows) -> str:
    """The rows as lines; the first is the head."""
    return "".join(f"{','.join(map(cell, row))}\r\n" for row in rows)


def csv_file(rows: Rows, *, marked: bool = True) -> str:
    """A whole file, `marked` with its byte order for spreadsheets."""
    return (BYTE_ORDER if marked else "") + csv_lines(rows)
