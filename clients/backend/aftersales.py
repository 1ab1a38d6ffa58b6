"""What the shop does after a sale: exchanges, reports of damage, and money that was taken twice."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from clients.backend.errors import NotAllowed
from clients.backend.shop import Shop, money, working_day

_DOUBLE, _RESERVED = 3, 5
"""By the last digit of the order number: booked twice, or booked once and only reserved a second time."""


@dataclass(slots=True)
class Aftersales:
    """Exchanges, damages and refunds of double charges of the shop's orders, remembered since the start."""

    shop: Shop
    _exchanges: dict[int, dict[str, Any]] = field(default_factory=dict)
    _damages: dict[int, dict[str, Any]] = field(default_factory=dict)
    _refunded: dict[int, dict[str, Any]] = field(default_factory=dict)

    def exchange(self, number: int, wanted: str) -> dict[str, Any]:
        """Another size, colour or model for what was bought: the new one leaves at once. Raises NotAllowed as for
        returns, and while an exchange is under way.
        """
        self.shop.must_be_returnable(number)
        if number in self._exchanges:
            raise NotAllowed("an exchange is under way")
        today = self.shop.today()
        self._exchanges[number] = {
            "number": f"T{number}",
            "wanted": wanted,
            "label_url": f"https://alpenrad.example/label/T{number}.pdf",
            "send_by": working_day(today + timedelta(days=14)).isoformat(),
            "arrives": working_day(today + timedelta(days=4 + number % 4)).isoformat(),
            "changeable_until": today.isoformat(),
        }
        return self._exchanges[number]

    def change_exchange(self, number: int, wanted: str) -> dict[str, Any]:
        """The exchange for something else instead. Raises NotAllowed if there is none."""
        made = self._known(self._exchanges, number, "exchange")
        made["wanted"] = wanted
        return made

    def withdraw_exchange(self, number: int) -> dict[str, Any]:
        """Calls an exchange off. Raises NotAllowed if there is none."""
        made = self._known(self._exchanges, number, "exchange")
        del self._exchanges[number]
        return made

    def report_damage(self, number: int, damage: str, wish: str) -> dict[str, Any]:
        """A report with the day of its answer. Raises NotAllowed while the goods are still here, or if it is known."""
        self.shop.must_have_left(number)
        if number in self._damages:
            raise NotAllowed("this damage is reported already")
        self._damages[number] = {
            "number": f"S{number}",
            "damage": damage,
            "wish": wish,
            "answer_by": working_day(self.shop.today() + timedelta(days=2)).isoformat(),
        }
        return self._damages[number]

    def change_damage(self, number: int, damage: str, wish: str) -> dict[str, Any]:
        """The report in other words. Raises NotAllowed if there is none."""
        made = self._known(self._damages, number, "report")
        made |= {"damage": damage, "wish": wish}
        return made

    def withdraw_damage(self, number: int) -> dict[str, Any]:
        """Takes a report back. Raises NotAllowed if there is none."""
        made = self._known(self._damages, number, "report")
        del self._damages[number]
        return made

    def charges(self, number: int) -> dict[str, Any]:
        """What was taken for an order: `single`, `double`, or `reserved` (the second is no booking and lapses)."""
        kinds = {_DOUBLE: "double", _RESERVED: "reserved"}
        kind = kinds.get(number % 10, "single")
        return {
            "kind": "refunded" if number in self._refunded else kind,
            "count": 1 if kind == "single" else 2,
            "amount": money(self.shop.price(number)),
            "method": self.shop.payment(number),
            "released_by": working_day(self.shop.today() + timedelta(days=3 + number % 3)).isoformat(),
        }

    def refund_charge(self, number: int) -> dict[str, Any]:
        """Sends what was booked twice back, once. Raises NotAllowed unless something was."""
        charge = self.charges(number)
        if charge["kind"] not in ("double", "refunded"):
            raise NotAllowed("nothing was booked twice")
        day = working_day(self.shop.today() + timedelta(days=3)).isoformat()
        fresh = {"amount": charge["amount"], "method": charge["method"], "day": day}
        return self._refunded.setdefault(number, fresh)

    def reset(self) -> None:
        """Back to how the day began."""
        self._exchanges.clear()
        self._damages.clear()
        self._refunded.clear()

    def _known(self, made: dict[int, dict[str, Any]], number: int, what: str) -> dict[str, Any]:
        if number not in made:
            raise NotAllowed(f"there is no {what} for this order")
        return made[number]
