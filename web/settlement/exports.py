"""Tables of the money pages to take along: CSV for spreadsheets, JSON for programs, the same rows in both."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any

from fastapi import Response

from web.dashboard.tables import BYTE_ORDER, csv_lines
from web.errors import Missing

Rows = Iterable[Mapping[str, Any]]


class Format(StrEnum):
    """What a table can be taken along as."""

    CSV = "csv"
    JSON = "json"


def table(name: str, columns: Sequence[str], rows: Rows, form: str) -> Response:
    """The rows as a download. Money and exact shares are text in JSON, so that no reader makes a float of them. Raises
    Missing for another format.
    """
    plain = [{column: _plain(row[column]) for column in columns} for row in rows]
    if form == Format.JSON:
        return as_json(name, plain)
    if form != Format.CSV:
        raise Missing(f"no format {form}; there are {', '.join(Format)}")
    return as_csv(name, BYTE_ORDER + csv_lines([tuple(columns), *(tuple(row.values()) for row in plain)]))


def as_csv(name: str, text: str) -> Response:
    return download(text.encode(), "text/csv; charset=utf-8", f"{name}.csv")


def as_json(name: str, value: Any) -> Response:
    text = json.dumps(value, ensure_ascii=False, indent=1)
    return download(text.encode(), "application/json", f"{name}.json")


def download(content: bytes, media_type: str, name: str) -> Response:
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, Fraction):
        return f"{Decimal(value.numerator) / Decimal(value.denominator):.6f}"
    return str(value) if isinstance(value, Decimal) else value
