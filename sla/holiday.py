"""Public holidays by code, turned into plain dates at once so that a library upgrade never changes the past."""

from datetime import date
from functools import lru_cache

import holidays as library

from sla.errors import CalendarError


@lru_cache(maxsize=64)
def public_holidays(code: str, first_year: int, last_year: int) -> tuple[tuple[date, str], ...]:
    """The public holidays of a country (`DE`) or subdivision (`DE-BY`, ISO 3166) with their local names, in order.

    Substitute days off that the law moves to a weekday are included, as the `holidays` library knows them.
    """
    country, _, region = code.strip().partition("-")
    country, region = country.upper(), region.upper()
    regions = library.list_supported_countries().get(country)
    if regions is None or len(country) != 2:
        raise CalendarError(f"{code!r} is not a holiday region: write a country like DE or a part of one like DE-BY")
    if region and region not in regions:
        known = ", ".join(regions) or "none"
        raise CalendarError(f"{code!r} is not a holiday region: the known parts of {country} are {known}")
    found = library.country_holidays(
        country,
        subdiv=region or None,
        years=range(first_year, last_year + 1),
        language=getattr(library, country).default_language,
    )
    return tuple(sorted((day, name) for day, name in found.items() if first_year <= day.year <= last_year))


def parse_date(text: str) -> date:
    """Read a local date like 2026-12-25."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise CalendarError(f"{text!r} is not a date: write it like 2026-12-25") from None
