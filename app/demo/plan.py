"""The plan of the demo's past: its last days are lived before the pages open, the weeks before behind the pages."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sla.attainment import month_of

PAST = timedelta(days=92)
RECENT = timedelta(days=3)  # so that a weekend has a working day before it
MOST_RECENT = 60
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some days of the past with their number of conversations. `name` begins the references of their threads."""

    name: str
    start: datetime
    end: datetime
    conversations: int


@dataclass(frozen=True, slots=True)
class Plan:
    """A past of `conversations` that ends at `until`, the first start of the demo."""

    until: datetime
    conversations: int

    @property
    def begin(self) -> datetime:
        return self.until - PAST

    @property
    def recent(self) -> Stretch:
        """The days before the first start: few, so that nobody waits for the pages, but enough to look at."""
        return Stretch("sim-", self.until - RECENT, self.until, min(self.conversations, MOST_RECENT))

    @property
    def weeks(self) -> Sequence[Stretch]:
        """What comes before, the latest week first, so that the pages' past grows backwards without a gap."""
        left = self.conversations - self.recent.conversations
        end, span = self.until - RECENT, PAST - RECENT
        found: list[Stretch] = []
        while end > self.begin:
            start = max(end - WEEK, self.begin)
            before, after = (round(left * ((self.until - RECENT - at) / span)) for at in (end, start))
            found.append(Stretch(f"sim-week-{len(found) + 1}-", start, end, after - before))
            end = start
        return [week for week in found if week.conversations]


def closable_months(plan: Plan, zone: str) -> Sequence[str]:
    """The whole months of the plan that were over when it ended, like 2026-10, the earlier first."""
    found: list[str] = []
    day = plan.until.date().replace(day=1) - timedelta(days=1)
    while month_of(day, zone)[0] >= plan.begin:
        found.insert(0, f"{day:%Y-%m}")
        day = date(day.year, day.month, 1) - timedelta(days=1)
    return found


def keep(plan: Plan, file: Path) -> None:
    """Writes the plan down for later starts."""
    file.write_text(json.dumps(asdict(plan) | {"until": plan.until.isoformat()}), "utf-8")


def kept(file: Path) -> Plan | None:
    """The plan of an earlier start. None if there is none, or it was made by a version that kept no plan."""
    if not file.exists() or not (text := file.read_text("utf-8")):
        return None
    data = json.loads(text)
    return Plan(datetime.fromisoformat(data["until"]).astimezone(UTC), int(data["conversations"]))
