"""Tables of the money pages as exports: the same rows as CSV and as JSON."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from fastapi import Response

from web.errors import Missing
from web.exports.downloads import Kind, csv_download, json_download

Rows = Iterable[Mapping[str, Any]]


def table(name: str, columns: Sequence[str], rows: Rows, form: str) -> Response:
    """The rows as a download. Money and exact shares are text in JSON, so that no reader makes a float of them. Raises
    Missing for another format.
    """
    if form == Kind.JSON:
        return json_download(name, [{column: _plain(row[column]) for column in columns} for row in rows])
    if form != Kind.CSV:
        raise Missing(f"no format {form}; there are {', '.join(Kind)}")
    return csv_download(name, [tuple(columns), *([row[column] for column in columns] for row in rows)])


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, Fraction):
        return f"{Decimal(value.numerator) / Decimal(value.denominator):.6f}"
    return str(value) if isinstance(value, Decimal) else value
