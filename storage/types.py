"""Column types that behave the same on PostgreSQL and SQLite: UTC times, clean text, JSON of our values."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer, String, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator, TypeEngine

from conversation.clock import utc
from conversation.plain_text import clean, clean_tree, is_plain

_READER = msgspec.json.Decoder()


class UnfitValue(TypeError, ValueError):
    """A column cannot take a value; the text says why and never quotes it, so it may stand in logs."""


def dump_json(value: Any) -> str:
    """JSON text of plain values, mappings, tuples, sets, times and decimals; texts are cleaned."""
    text = json.dumps(value, ensure_ascii=False, default=_plain, separators=(",", ":"))
    if "\\u0000" in text or not is_plain(text):
        text = json.dumps(clean_tree(json.loads(text)), ensure_ascii=False, separators=(",", ":"))
    return text


def load_json(text: str | bytes) -> Any:
    """The plain values of JSON text, as json.loads reads it (whole numbers of any length too), only faster."""
    return _READER.decode(text)


def _plain(value: Any) -> Any:
    match value:
        case Mapping():
            return dict(value)
        case set() | frozenset():
            return sorted(value)
        case datetime():
            return utc(value).isoformat()
        case date():
            return value.isoformat()
        case Decimal():
            return str(value)
    raise UnfitValue(f"{type(value).__name__} cannot be kept as JSON; turn it into plain values first")


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time, exact to the microsecond. Naive times raise UnfitValue instead of meaning a guessed zone.

    SQLite keeps ISO 8601 of fixed width, so that its text order is time order and its date functions work.
    """

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(32))
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise UnfitValue("a time has no time zone")
        value = utc(value)
        return value.isoformat(timespec="microseconds") if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment: datetime = datetime.fromisoformat(value) if dialect.name == "sqlite" else value
        return moment if moment.tzinfo is UTC else moment.astimezone(UTC)


class Words(TypeDecorator[str]):
    """Text that people or platforms wrote: cleaned on its way in."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        del dialect
        return None if value is None else clean(value)


Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
Position = BigInteger().with_variant(Integer(), "sqlite")  # SQLite numbers rows itself only for INTEGER
