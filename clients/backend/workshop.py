"""The workshop's diary: three slots on each working day, some of them taken, bookings remembered."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from clients.backend.errors import Missing, NotAllowed
from clients.backend.reading import read_day

_TIMES = ("08:30", "11:00", "15:30")
_DAYS_AHEAD = 21
_SATURDAY = 5
_FIRST_NUMBER = 4101
_KNOWN = range(4001, 4100)
"""Appointments that were made before today, so that whoever tries the demo has one to move."""
_BIKES = ("Alpen Tour", "Alpen Cross", "Alpen City", "Alpen Cargo")


@dataclass(slots=True)
class Workshop:
    """Free slots and appointments. A slot's id is its day and time."""

    today: Callable[[], date]
    _booked: dict[str, dict[str, Any]] = field(default_factory=dict)
    _gone: set[str] = field(default_factory=set)
    _made: int = 0

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
            "number": f"W{_FIRST_NUMBER + self._made}",
            "day": found["day"],
            "time": found["time"],
            "bike": bike,
            "problem": problem,
        }
        self._booked[slot] = made
        self._made += 1
        return made

    def appointment(self, number: str) -> dict[str, Any]:
        """The appointment with this number. Raises Missing if there is none."""
        wanted = number.upper().replace(" ", "")
        found = next((one for one in self._booked.values() if one["number"] == wanted), None) or self._earlier(wanted)
        if found is None:
            raise Missing("there is no such appointment")
        return found

    def move(self, number: str, slot: str = "", preferred: str = "", **words: str) -> dict[str, Any]:
        """The appointment at another free slot, or on the preferred day, with other words for bike and problem if they
        are given. Raises NotAllowed if nothing is free then.
        """
        old = self.appointment(number)
        wish = read_day(preferred, self.today()) if preferred else None
        if wish is not None and wish.isoformat() != old["day"]:
            slot = next((free["id"] for free in self.free() if free["day"] == wish.isoformat()), preferred)
        place = slot or f"{old['day']}T{old['time']}"
        free = next((one for one in self.free() if one["id"] == place), None)
        if slot and free is None:
            raise NotAllowed("nothing is free then")
        self._take_out(old["number"])
        new = {
            **old,
            **{k: v for k, v in words.items() if v},
            **({"day": free["day"], "time": free["time"]} if free else {}),
        }
        self._booked[place] = new
        return new

    def call_off(self, number: str) -> dict[str, Any]:
        """Takes the appointment out of the diary. Raises Missing if there is none."""
        old = self.appointment(number)
        self._take_out(old["number"])
        return old

    def appointments(self) -> list[dict[str, Any]]:
        return list(self._booked.values())

    def reset(self) -> None:
        """Back to how the day began."""
        self._booked.clear()
        self._gone.clear()
        self._made = 0

    def _take_out(self, number: str) -> None:
        self._booked = {slot: one for slot, one in self._booked.items() if one["number"] != number}
        self._gone.add(number)

    def _earlier(self, number: str) -> dict[str, Any] | None:
        digits = number.removeprefix("W")
        if number in self._gone or not digits.isdecimal() or int(digits) not in _KNOWN:
            return None
        n = int(digits)
        day = self.today() + timedelta(days=3 + n % 8)
        day += timedelta(days=max(0, 7 - day.weekday()) if day.weekday() >= _SATURDAY else 0)
        return {
            "number": number,
            "day": day.isoformat(),
            "time": _TIMES[n % len(_TIMES)],
            "bike": _BIKES[n % len(_BIKES)],
            "problem": "Inspektion",
        }

    def _slots(self) -> Iterator[dict[str, Any]]:
        for ahead in range(1, _DAYS_AHEAD + 1):
            day = self.today() + timedelta(days=ahead)
            if day.weekday() >= _SATURDAY:
                continue
            for position, time in enumerate(_TIMES):
                taken_by_regulars = (day.toordinal() + position) % 3 == 0
                if not taken_by_regulars:
                    yield {"id": f"{day.isoformat()}T{time}", "day": day.isoformat(), "time": time}
