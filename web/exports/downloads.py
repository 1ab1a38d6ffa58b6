"""Tables as downloads, the same rows as CSV for spreadsheets and as JSON for programs."""

import json
from collections.abc import AsyncIterator
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from fastapi import Response
from fastapi.responses import StreamingResponse

from web.exports.csv_file import MEDIA_TYPE, Rows, csv_file

JSON_TYPE = "application/json"


class Kind(StrEnum):
    """What a table can be exported as."""

    CSV = "csv"
    JSON = "json"


def csv_download(name: str, rows: Rows, *, marked: bool = True) -> Response:
    """The rows as a file; `name` is without its ending. Book-keeping programs want it not `marked`."""
    return download(csv_file(rows, marked=marked).encode(), MEDIA_TYPE, f"{name}.csv")


def json_download(name: str, value: Any) -> Response:
    """Raw values: a program reads no formulas."""
    return download(
        json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False).encode(), JSON_TYPE, f"{name}.json"
    )


def streamed_download(name: str, kind: Kind, parts: AsyncIterator[str]) -> Response:
    """A file that is written while it is read."""
    media_type = MEDIA_TYPE if kind is Kind.CSV else JSON_TYPE
    return StreamingResponse(parts, media_type=media_type, headers=_named(f"{name}.{kind}"))


def download(content: bytes, media_type: str, name: str) -> Response:
    return Response(content, media_type=media_type, headers=_named(name))


def _named(name: str) -> dict[str, str]:
    """Names are made of ids and dates; whatever else came in is encoded, never a header of its own."""
    return {"Content-Disposition": f'attachment; filename="{quote(name, safe=" ")}"'}
