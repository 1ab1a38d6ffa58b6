"""The office side of a mid-size company: leave, pay, expenses, invoices, cost centres and purchasing."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from clients.backend.errors import Missing, NotAllowed, Unreadable
from clients.backend.reading import read_amount, read_day, read_month

FIRST_EMPLOYEE = 20_100
EMPLOYEES = 100
FIRST_PURCHASE = 4700
PURCHASES = 60
LEAVE_PER_YEAR = 30
ADVANCE_LIMIT = Decimal(1500)
_SATURDAY = 5
_MONDAY = 0
_COST_CENTRES = (
    ("4100", "Marketing", "Jana Petersen", ("marketing", "werbung", "kommunikation")),
    ("4200", "Vertrieb / Sales", "Cem Aydin", ("vertrieb", "sales", "verkauf")),
    ("4300", "IT", "Ole Brandt", ("it", "edv", "informatik")),
    ("4400", "Logistik / Logistics", "Maria Lopes", ("logistik", "logistics", "lager", "warehouse", "versand")),
    ("4500", "Personal / HR", "Birte Hansen", ("personal", "hr", "human")),
    ("4600", "Finanzen / Finance", "Thomas Wolff", ("finanzen", "finance", "buchhaltung", "accounting", "controlling")),
    ("4700", "Einkauf / Procurement", "Svenja Kruse", ("einkauf", "procurement", "purchasing", "beschaffung")),
    ("4800", "Entwicklung / R&D", "Arne Claussen", ("entwicklung", "forschung", "r&d", "development", "produkt")),
)
_SUPPLIERS = ("Nordpapier GmbH", "Hansa Bürotechnik", "Elbe Catering KG", "Möbel Timm", "Datenwerk Kiel AG")
_INVOICE_STATES = ("received", "approved", "paid", "disputed")
_PURCHASE_STATES = ("waiting", "approved", "ordered", "delivered", "rejected")
_PURCHASE_ITEMS = ('Monitor 27"', "Dockingstation", "Schreibtischstuhl Sedus", "Laptop ThinkPad T14", "Jabra Evolve2")


@dataclass(slots=True)
class Office:
    """Employees 20100 to 20199, purchase requests BA-4700 to BA-4759, and what was asked for since the start."""

    today: Callable[[], date]
    _taken: dict[int, int] = field(default_factory=dict)
    _requests: dict[str, dict[str, Any]] = field(default_factory=dict)
    _made: int = 0

    def employee(self, number: str) -> int:
        """The employee's number as a number. Raises Missing if nobody has it."""
        if not number.isdecimal() or not FIRST_EMPLOYEE <= int(number) < FIRST_EMPLOYEE + EMPLOYEES:
            raise Missing("nobody has this employee number")
        return int(number)

    def leave(self, employee: int) -> dict[str, Any]:
        """Leave entitlement of this year in days."""
        taken = 8 + employee % 17 + self._taken.get(employee, 0)
        return {
            "employee": str(employee),
            "year": self.today().year,
            "entitlement": LEAVE_PER_YEAR,
            "taken": taken,
            "remaining": LEAVE_PER_YEAR - taken,
        }

    def request_leave(self, employee: int, start: str, end: str) -> dict[str, Any]:
        """A leave request over the working days from start to end. Raises Unreadable, NotAllowed."""
        first, last = self._day(start, "start"), self._day(end, "end")
        if last < first:
            raise NotAllowed("the last day lies before the first")
        days = sum((first + timedelta(days=n)).weekday() < _SATURDAY for n in range((last - first).days + 1))
        if days > self.leave(employee)["remaining"]:
            raise NotAllowed("not enough days left")
        self._taken[employee] = self._taken.get(employee, 0) + days
        remaining = self.leave(employee)["remaining"]
        return self._keep("UA", {"start": str(first), "end": str(last), "days": days, "remaining": remaining})

    def report_sick(self, employee: int, until: str) -> dict[str, Any]:
        """A sick note up to and including a day. Raises Unreadable."""
        last = self._day(until, "until")
        certificate = last > self.today() + timedelta(days=2)
        return self._keep("KM", {"employee": str(employee), "until": str(last), "certificate_needed": certificate})

    def send_payslip(self, employee: int, month: str) -> dict[str, Any]:
        """Puts a payslip into the employee's mailbox. Raises Unreadable, NotAllowed for months to come."""
        found = read_month(month, self.today())
        if found is None:
            raise Unreadable("that is not a month")
        if found > f"{self.today():%Y-%m}":
            raise NotAllowed("that month is not over yet")
        return self._keep("GA", {"employee": str(employee), "month": f"{found[5:]}/{found[:4]}"})

    def claim_expense(self, employee: int, amount: str, kind: str) -> dict[str, Any]:
        """An expense claim, paid on the next payout day. Raises Unreadable."""
        claimed = self._amount(amount)
        paid = {
            "employee": str(employee),
            "kind": kind,
            "amount": f"{claimed:.2f} EUR",
            "payout_on": str(self._payout()),
        }
        return self._keep("SP", paid)

    def advance(self, employee: int, destination: str, amount: str) -> dict[str, Any]:
        """A travel advance. Raises Unreadable; NotAllowed above the limit, which a manager must approve."""
        wanted = self._amount(amount)
        if wanted > ADVANCE_LIMIT:
            raise NotAllowed(f"above {ADVANCE_LIMIT} a manager must approve")
        trip = {"employee": str(employee), "destination": destination, "amount": f"{wanted:.2f} EUR"}
        return self._keep("RV", {**trip, "paid_on": str(self._payout())})

    def invoice(self, number: str) -> dict[str, Any]:
        """A supplier's invoice in our books, by its running number (RE-2026-0417 or 0417). Raises Missing."""
        digits = re.sub(r"\D", "", number)[-4:]
        if not digits.isdecimal() or not 400 <= int(digits) < 500:
            raise Missing("there is no such invoice")
        running = int(digits)
        status = _INVOICE_STATES[running % 4]
        return {
            "number": number.upper(),
            "status": status,
            "supplier": _SUPPLIERS[running % len(_SUPPLIERS)],
            "amount": f"{Decimal(running * 37 % 4000 + 80):.2f} EUR",
            "due_on": str(self.today() + timedelta(days=running % 12 + 2)),
            "paid_on": str(self.today() - timedelta(days=running % 6 + 1)) if status == "paid" else None,
        }

    def cost_centre(self, search: str) -> dict[str, Any]:
        """The cost centre of a department or with a number. Raises Missing."""
        words = {word.strip(".,?!") for word in search.casefold().split()}
        for number, name, owner, names in _COST_CENTRES:
            if number in words or words & set(names):
                return {"number": number, "name": name, "owner": owner}
        raise Missing("there is no such cost centre")

    def request_purchase(self, item: str, quantity: str, cost_centre: str) -> dict[str, Any]:
        """A purchase request, on its way to whoever owns the cost centre. Raises Unreadable, Missing."""
        amount = read_amount(quantity)
        if amount is None or not 1 <= amount <= 10_000:
            raise Unreadable("that is not a quantity")
        centre = self.cost_centre(cost_centre)
        wish = {"item": item, "quantity": int(amount), "cost_centre": centre["number"], "approver": centre["owner"]}
        return self._keep("BA", {**wish, "status": "waiting"})

    def purchase(self, number: str) -> dict[str, Any]:
        """A purchase request by its number, BA-4711 or just 4711. Raises Missing."""
        digits = re.sub(r"\D", "", number)[-4:]
        if made := self._requests.get(f"BA-{digits}"):
            return made
        if not digits.isdecimal() or not FIRST_PURCHASE <= int(digits) < FIRST_PURCHASE + PURCHASES:
            raise Missing("there is no such purchase request")
        running = int(digits)
        return {
            "number": f"BA-{running}",
            "status": _PURCHASE_STATES[running % 5],
            "item": _PURCHASE_ITEMS[running % len(_PURCHASE_ITEMS)],
            "quantity": running % 4 + 1,
            "approver": _COST_CENTRES[running % len(_COST_CENTRES)][2],
            "expected": str(self._workday(self.today() + timedelta(days=running % 9 + 3))),
        }

    def requests(self) -> list[dict[str, Any]]:
        return list(self._requests.values())

    def reset(self) -> None:
        self._taken.clear()
        self._requests.clear()
        self._made = 0

    def _keep(self, kind: str, content: dict[str, Any]) -> dict[str, Any]:
        self._made += 1
        number = f"{kind}-{9000 + self._made}"
        self._requests[number] = {"number": number, **content}
        return self._requests[number]

    def _day(self, text: str, which: str) -> date:
        found = read_day(text, self.today())
        if found is None:
            raise Unreadable(f"the {which} is not a day")
        return found

    def _amount(self, text: str) -> Decimal:
        found = read_amount(text)
        if found is None or found <= 0:
            raise Unreadable("that is not an amount")
        return found

    def _payout(self) -> date:
        """The next Wednesday that is at least two days away: claims need that long to be booked."""
        day = self.today() + timedelta(days=2)
        return day + timedelta(days=(2 - day.weekday()) % 7)

    def _workday(self, day: date) -> date:
        return day if day.weekday() < _SATURDAY else day + timedelta(days=7 - day.weekday() + _MONDAY)
