"""How many handoffs a contract plans for: the `forecast:` part of client.yml; what lies beyond is reported apart."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from conversation.packfile import Node, Problems

_KEYS = ("handoffs_per_month", "months")
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class Forecast:
    """Conversations handed to people in a calendar month of the client's zone; single months may differ."""

    per_month: int
    months: Mapping[str, int] = field(default_factory=dict)

    def of(self, month: str) -> int:
        """The forecast of a month like `2026-12`."""
        return self.months.get(month, self.per_month)

    def to_row(self) -> dict[str, Any]:
        """The forecast as people write it, for showing what a new version changes."""
        return {"handoffs_per_month": self.per_month, "months": dict(sorted(self.months.items()))}


def parse_forecast(client: Node, problems: Problems) -> Forecast | None:
    """The forecast in a client.yml's root node; None when there is none or it is wrong."""
    node = client.get("forecast")
    if node is None:
        return None
    if not node.is_mapping:
        problems.add(node, "must be a mapping", f"keys: {', '.join(_KEYS)}")
        return None
    before = len(problems.errors)
    problems.unknown_keys(node, _KEYS)
    per_month = node.get("handoffs_per_month")
    if per_month is None:
        problems.add(node, "'handoffs_per_month' is missing", "add `handoffs_per_month: 800`")
        return None
    usual, months = _count(per_month, problems), {}
    for month, child in (node.get("months") or Node.of({})).items():
        if not _MONTH.fullmatch(month):
            problems.add(child, f"{month!r} is not a month", "write it like 2026-12")
        months[month] = _count(child, problems)
    return Forecast(usual, months) if len(problems.errors) == before else None


def _count(node: Node, problems: Problems) -> int:
    if isinstance(node.value, int) and not isinstance(node.value, bool) and node.value >= 0:
        return node.value
    problems.add(node, f"{node.value!r} is not a number of conversations", "a whole number, like 800")
    return 0
