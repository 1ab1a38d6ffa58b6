"""How a running bot is named in events and reports: its number, and the target it keeps if stricter than its own."""

_AT = " at "


def version_name(number: int, stricter: float | None = None) -> str:
    """`7`, or `7 at 1.5%` while it must keep 1.5 % wrong answers instead of the share of its own pack."""
    return f"{number}{_AT}{stricter * 100:g}%" if stricter is not None else str(number)


def read_name(name: str) -> tuple[int, float | None] | None:
    """Number and stricter target back from a name; None for a bot older than bot versions."""
    number, _, target = name.partition(_AT)
    if not number.isdigit():
        return None
    return int(number), float(target.removesuffix("%")) / 100 if target else None


def name_pattern(number: int) -> str:
    """The beginning of a version's names while a stricter target is in force, for SQL's LIKE."""
    return f"{number}{_AT}%"
