"""Quotas as an operator writes them: three numbers, for one visitor, one address and one client."""

from typing import Annotated

from pydantic import BeforeValidator
from pydantic_settings import NoDecode

from web.quotas import KIBIBYTE, NewVisitors, QuotaLimits, Scopes


def read_scopes(value: object) -> object:
    """`5,500,5000` as Scopes. Raises ValueError that says what would be right."""
    if not isinstance(value, str):
        return value
    parts = [part.strip() for part in value.split(",")]
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) < 10 for part in parts):
        raise ValueError(
            f"write three whole numbers: per visitor, per address, per client, like 5,500,5000, not {value!r}"
        )
    visitor, address, client = map(int, parts)
    if not 1 <= visitor <= address <= client:
        raise ValueError(
            f"per visitor, per address, per client: each at least 1 and none below the one before, not {value!r}"
        )
    return Scopes(visitor, address, client)


ScopesSetting = Annotated[Scopes, NoDecode, BeforeValidator(read_scopes)]


def quota_limits(
    *,
    streams: Scopes,
    messages: Scopes,
    uploads: Scopes,
    megabytes: Scopes,
    new_visitors: NewVisitors,
    desk_streams: int,
    desk_uploads: int,
    desk_megabytes: int,
) -> QuotaLimits:
    """The settings in the units that are counted in."""
    return QuotaLimits(
        streams=streams,
        messages=messages,
        uploads=uploads,
        kibibytes=Scopes(*(KIBIBYTE * n for n in (megabytes.visitor, megabytes.address, megabytes.client))),
        new_visitors=new_visitors,
        desk_streams=desk_streams,
        desk_uploads=desk_uploads,
        desk_kibibytes=KIBIBYTE * desk_megabytes,
    )
