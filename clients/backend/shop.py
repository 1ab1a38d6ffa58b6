"""The e-bike shop's orders 100200 to 100299: the same on every run, with days that stay sensible relative to today."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from clients.backend.errors import Missing, NotAllowed

FIRST_ORDER = 100_200
ORDERS = 100
RETURN_DAYS = 30
BANK_DAYS = 4
_SUNDAY = 6
_CATALOGUE = (
    ("Alpen Tour 500", Decimal("2899.00")),
    ("Alpen Cross 750", Decimal("4199.00")),
    ("Abus Urban-I 3.0", Decimal("89.95")),
    ("Alpen City 500", Decimal("2499.00")),
    ("Ortlieb Back-Roller", Decimal("164.90")),
    ("Alpen Cargo 1000", Decimal("5799.00")),
    ("PowerTube 625", Decimal("749.00")),
    ("Alpen Junior 24", Decimal("1399.00")),
    ("Croozer Kid Vaaya", Decimal("899.00")),
)
_BIG = Decimal(1000)
_PAYMENTS = ("PayPal", "Visa", "Klarna")


class Status(StrEnum):
    """Where an order stands."""

    PROCESSING = "processing"
    SHIPPED = "shipped"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    RETURNED = "returned"


# By the last digit of the order number, so that whoever tries the demo can pick the state they want to see.
_STATUS_BY_DIGIT = (
    Status.DELIVERED,
    Status.PROCESSING,
    Status.SHIPPED,
    Status.DELIVERED,
    Status.SHIPPED,
    Status.PROCESSING,
    Status.DELIVERED,  # long ago: the return window is over
    Status.DELAYED,  # by days when the tens digit is even, by weeks when it is odd
    Status.RETURNED,  # refunded when the tens digit is even, still being checked when it is odd
    Status.CANCELLED,
)


@dataclass(slots=True)
class Shop:
    """All orders with what happened to them since the start. `today` is asked anew for every answer."""

    today: Callable[[], date]
    _returns: dict[int, dict[str, Any]] = field(default_factory=dict)
    _cancelled: dict[int, date] = field(default_factory=dict)
    _addresses: dict[int, str] = field(default_factory=dict)

    def number(self, text: str) -> int:
        """The order's number as a number. Raises Missing if there is no such order."""
        if not text.isdecimal() or not FIRST_ORDER <= int(text) < FIRST_ORDER + ORDERS:
            raise Missing("there is no such order")
        return int(text)

    def order(self, number: int) -> dict[str, Any]:
        """The order as JSON."""
        status = self._status(number)
        item, price = _item(number)
        return {
            "number": str(number),
            "status": status,
            "item": item,
            "total": money(price),
            "ordered_on": self._ordered_on(number).isoformat(),
            "address": self._addresses.get(number),
            "delivery": self._delivery(number, status, price),
            "return": self._return(number, status),
            "returnable": self._is_returnable(number),
        }

    def register_return(self, number: int, reason: str) -> dict[str, Any]:
        """A return with its label. Raises NotAllowed unless the order arrived within the last 30 days."""
        self.must_be_returnable(number)
        made = {
            "number": f"R{number}",
            "reason": reason,
            "label_url": f"https://alpenrad.example/label/R{number}.pdf",
            "send_by": working_day(self.today() + timedelta(days=14)).isoformat(),
        }
        self._returns[number] = made
        return made

    def change_return(self, number: int, reason: str) -> dict[str, Any]:
        """The return with another reason. Raises NotAllowed unless it was registered here and is still open."""
        made = self._open_return(number)
        made["reason"] = reason
        return made

    def withdraw_return(self, number: int) -> dict[str, Any]:
        """Takes a registered return back: its label is void. Raises NotAllowed if none is open."""
        made = self._open_return(number)
        del self._returns[number]
        return made

    def must_be_returnable(self, number: int) -> None:
        """Raises NotAllowed unless the order left us and arrived within the last 30 days, or is still to arrive."""
        status = self._status(number)
        if status not in (Status.DELIVERED, Status.SHIPPED):
            raise NotAllowed(f"a {status} order cannot be returned")
        arrived = self._delivered_on(number)
        if status is Status.DELIVERED and (self.today() - arrived).days > RETURN_DAYS:
            raise NotAllowed(f"the {RETURN_DAYS} days for returns ended")

    def must_have_left(self, number: int) -> None:
        """Raises NotAllowed while nobody can have the goods yet, or if nobody will."""
        status = self._status(number)
        if status in (Status.PROCESSING, Status.DELAYED, Status.CANCELLED):
            raise NotAllowed(f"a {status} order has not left the warehouse")

    def price(self, number: int) -> Decimal:
        return _item(number)[1]

    def payment(self, number: int) -> str:
        """What the order was paid with."""
        return _PAYMENTS[number % len(_PAYMENTS)]

    def refund(self, number: int) -> dict[str, Any]:
        """The money on its way back to the customer, and what for: `awaited` while the goods are not back, `pending`
        while they are checked, `paid`. After `visible_by` a bank should show it.
        Raises Missing if there is none.
        """
        status = self._status(number)
        if number in self._returns:
            paid, day = False, self.today() + timedelta(days=RETURN_DAYS - 2)
        elif status is Status.CANCELLED:
            since = self._cancelled.get(number)
            day = self.today() - timedelta(days=4 + number % 5) if since is None else since + timedelta(days=5)
            paid = day <= self.today()
        elif status is Status.RETURNED:
            paid = _tens(number) % 2 == 0
            day = self.today() + timedelta(days=-3 - number % 4 if paid else 4 + number % 3)
        else:
            raise Missing("there is no refund for this order")
        if not paid:
            day = working_day(day)
        waiting = "awaited" if number in self._returns else "pending"
        return {
            "cause": "cancellation" if status is Status.CANCELLED else "return",
            "amount": money(self.price(number)),
            "day": day.isoformat(),
            "method": self.payment(number),
            "status": "paid" if paid else waiting,
            "visible_by": working_day(day + timedelta(days=BANK_DAYS)).isoformat(),
        }

    def invoice(self, number: int) -> dict[str, Any]:
        """The invoice. Raises NotAllowed while the goods are still in the warehouse."""
        status = self._status(number)
        if status in (Status.PROCESSING, Status.DELAYED):
            raise NotAllowed("the invoice is written when the goods leave the warehouse")
        _, price = _item(number)
        issued = self._ordered_on(number) + timedelta(days=1)
        return {
            "number": f"AR-{issued.year}-{number}",
            "issued_on": issued.isoformat(),
            "total": money(price),
            "pdf_url": f"https://alpenrad.example/invoice/{number}.pdf",
        }

    def cancel(self, number: int) -> dict[str, Any]:
        """Cancels what has not left yet; cancelling again changes nothing. Raises NotAllowed when it is too late."""
        status = self._status(number)
        if status in (Status.PROCESSING, Status.DELAYED):
            self._cancelled[number] = self.today()
        elif status is not Status.CANCELLED:
            raise NotAllowed(f"a {status} order cannot be cancelled")
        return {"number": str(number), "status": Status.CANCELLED, "refund": self.refund(number)}

    def reinstate(self, number: int) -> dict[str, Any]:
        """Takes a cancellation of today back. Raises NotAllowed if there is none."""
        if self._cancelled.get(number) != self.today():
            raise NotAllowed("only what was cancelled today can be taken back")
        del self._cancelled[number]
        return self.order(number)

    def change_address(self, number: int, address: str) -> dict[str, Any]:
        """Sends the order somewhere else. Raises NotAllowed when it has left."""
        status = self._status(number)
        if status not in (Status.PROCESSING, Status.DELAYED):
            raise NotAllowed(f"the address of a {status} order cannot be changed")
        self._addresses[number] = address
        return {"number": str(number), "address": address, "changeable_until": self.today().isoformat()}

    def restore_address(self, number: int) -> dict[str, Any]:
        """Sends the order where it was to go at first. Raises NotAllowed if nothing was changed, or it has left."""
        if number not in self._addresses or self._status(number) not in (Status.PROCESSING, Status.DELAYED):
            raise NotAllowed("there is no address to restore")
        del self._addresses[number]
        return {"number": str(number), "address": None}

    def reset(self) -> None:
        """Back to how the day began."""
        self._returns.clear()
        self._cancelled.clear()
        self._addresses.clear()

    def _is_returnable(self, number: int) -> bool:
        try:
            self.must_be_returnable(number)
        except NotAllowed:
            return False
        return True

    def _open_return(self, number: int) -> dict[str, Any]:
        if number not in self._returns:
            raise NotAllowed("there is no return that is still open")
        return self._returns[number]

    def _status(self, number: int) -> Status:
        if number in self._cancelled:
            return Status.CANCELLED
        if number in self._returns:
            return Status.RETURNED
        return _STATUS_BY_DIGIT[number % 10]

    def _ordered_on(self, number: int) -> date:
        base = _STATUS_BY_DIGIT[number % 10]
        if base is Status.PROCESSING:
            return self.today() - timedelta(days=1 + number % 3)
        if base is Status.SHIPPED:
            return self.today() - timedelta(days=3 + number % 4)
        if base is Status.DELAYED:
            return self.today() - timedelta(days=12 + _late_days(number))
        return self._delivered_on(number) - timedelta(days=4 + number % 4)

    def _delivered_on(self, number: int) -> date:
        long_ago = number % 10 == 6
        return working_day(self.today() - timedelta(days=45 + number % 31 if long_ago else 4 + _tens(number)))

    def _delivery(self, number: int, status: Status, price: Decimal) -> dict[str, Any]:
        carrier = "Rhenus" if price >= _BIG else "DHL"
        tracking = f"00340434{number}{number * 7 % 1000:03d}"
        sent = status not in (Status.PROCESSING, Status.DELAYED, Status.CANCELLED)
        arrived = status in (Status.DELIVERED, Status.RETURNED)
        days = {Status.PROCESSING: 5 + number % 4, Status.SHIPPED: 1 + number % 3, Status.DELAYED: 6 + number % 5}
        expected = working_day(self.today() + timedelta(days=days[status])) if status in days else None
        return {
            "carrier": carrier if sent else None,
            "tracking": tracking if sent else None,
            "tracking_url": f"https://track.alpenrad.example/{tracking}" if sent else None,
            "expected": expected.isoformat() if expected else None,
            "delivered_on": self._delivered_on(number).isoformat() if arrived else None,
            "late_days": _late_days(number) if status is Status.DELAYED else 0,
        }

    def _return(self, number: int, status: Status) -> dict[str, Any] | None:
        if status is not Status.RETURNED:
            return None
        return {"number": f"R{number}"}


def _item(number: int) -> tuple[str, Decimal]:
    return _CATALOGUE[number * 7 % len(_CATALOGUE)]


def _tens(number: int) -> int:
    return number // 10 % 10


def _late_days(number: int) -> int:
    return (9 if _tens(number) % 2 else 3) + _tens(number) % 4


def working_day(day: date) -> date:
    """The day itself, or the day after a Sunday, on which nobody delivers."""
    return day + timedelta(days=1) if day.weekday() == _SUNDAY else day


def money(amount: Decimal) -> str:
    """A sum as the shop writes it: `1399.00 EUR`."""
    return f"{amount:.2f} EUR"
