"""The workshop's diary: three slots on each working day, some of them taken, bookings remembered."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from clients.backend.errors import NotAllowed
from clients.backend.reading import read_day

_TIMES = ("08:30", "11:00", "15:30")
_DAYS_AHEAD = 21
_SATURDAY = 5


@dataclass(slots=True)
class Workshop:
    """Free slots and appointments. A slot's id is its day and time."""

    today: Callable[[], date]
    _booked: dict[str, dict[str, Any]] = field(default_factory=dict)

    def free(self, preferred: str = "") -> list[dict[str, Any]]:
        """Free slots, the nearest to the preferred day first; without a readable day, the earliest first."""
        wish = read_day(preferred, self.today())
        slots = [slot for slot in self._slots() if slot["id"] not in self._booked]
        if wish is None:
            return slots
        return sorted(slots, key=lambda slot: (abs((date.fromisoformat(slot["day"]) - wish).days), slot["id"]))

    def book(self, slot: str, bike: str, problem: str) -> dict[str, Any]:
        """The appointment. Raises NotAllowed if the slot is taken or does not exist."""
        found = next((free for free in self.free() if free["id"] == slot), None)
        if found is None:
            raise NotAllowed("this slot is taken")
        made = {
            "number": f"W{4101 + len(self._booked)}",
            "day": found["day"],
            "time": found["time"],
            "bike": bike,
            "problem": problem,
        }
        self._booked[slot] = made
        return made

    def appointments(self) -> list[dict[str, Any]]:
        return list(self._booked.values())

    def reset(self) -> None:
        self._booked.clear()

    def _slots(self) -> Iterator[dict[str, Any]]:
        for ahead in range(1, _DAYS_AHEAD + 1):
            day = self.today() + timedelta(days=ahead)
            if day.weekday() >= _SATURDAY:
                continue
            for position, time in enumerate(_TIMES):
                taken_by_regulars = (day.toordinal() + position) % 3 == 0
                if not taken_by_regulars:
                    yield {"id": f"{day.isoformat()}T{time}", "day": day.isoformat(), "time": time}
