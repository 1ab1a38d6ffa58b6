"""The office side of a mid-size company: leave, pay, expenses, invoices, cost centres and purchasing."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from clients.backend.errors import Missing, NotAllowed, Unreadable
from clients.backend.reading import read_amount, read_day, read_month

FIRST_EMPLOYEE = 20_100
EMPLOYEES = 100
FIRST_LEAVE = 8100
FIRST_CLAIM = 7100
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
_KINDS = {"UA": "leave", "KM": "sick note", "SP": "expense", "BA": "purchase"}
_PURCHASE_ITEMS = ('Monitor 27"', "Dockingstation", "Schreibtischstuhl Sedus", "Laptop ThinkPad T14", "Jabra Evolve2")


@dataclass(slots=True)
class Office:
    """Employees 20100 to 20199, purchase requests BA-4700 to BA-4759, what was asked for since the start, and of
    earlier days for each employee 201xy a leave request UA-81xy and an expense claim SP-71xy.
    """

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
        first, last, days = self._span(start, end)
        if days > self.leave(employee)["remaining"]:
            raise NotAllowed("not enough days left")
        self._taken[employee] = self._taken.get(employee, 0) + days
        return self._keep("UA", {"employee": str(employee), **self._leave_days(employee, first, last, days)})

    def report_sick(self, employee: int, until: str) -> dict[str, Any]:
        """A sick note up to and including a day. Raises Unreadable."""
        return self._keep("KM", {"employee": str(employee), **self._sick_days(until)})

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
        return self._keep("SP", {"employee": str(employee), "kind": kind, **self._claimed(amount)})

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
        wish = {"item": item, "quantity": self._quantity(quantity), **self._centre(cost_centre)}
        return self._keep("BA", {**wish, "status": "waiting", "changeable_until": self._tomorrow()})

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

    def filed(self, number: str, employee: str = "") -> dict[str, Any]:
        """Something filed earlier by its number, as a person would say it, and whether it can still be changed. Raises
        Missing, also for what belongs to somebody else.
        """
        kept = self._kept(number, employee)
        return {**kept, "kind": _KINDS[kept["number"][:2]], "content": _content(kept), "open": self._is_open(kept)}

    def withdraw(self, number: str, employee: str = "") -> dict[str, Any]:
        """Takes back what was filed; days of leave return to the account. Raises Missing; NotAllowed when too late."""
        kept = self._open(number, employee)
        kept["status"] = "withdrawn"
        self._requests[kept["number"]] = kept
        if kept["number"].startswith("UA"):
            whose = int(kept["employee"])
            self._taken[whose] = self._taken.get(whose, 0) - kept["days"]
            kept["remaining"] = self.leave(whose)["remaining"]
        return kept

    def change(self, number: str, employee: str, wish: Mapping[str, str]) -> dict[str, Any]:
        """Writes anew what was filed, with the values of `wish`. Raises Missing, NotAllowed, Unreadable."""
        kept = self._open(number, employee)
        kind, given = kept["number"][:2], {name: value for name, value in wish.items() if value}
        if kind == "UA":
            kept |= self._moved(kept, given.get("start", kept["start"]), given.get("end", kept["end"]))
        elif kind == "KM":
            kept |= self._sick_days(given.get("until", kept["until"]))
        elif kind == "SP":
            kept |= {"kind": given.get("kind", kept["kind"]), **self._claimed(given.get("amount", kept["amount"]))}
        else:
            kept["item"] = given.get("item", kept["item"])
            kept["quantity"] = self._quantity(given.get("quantity", str(kept["quantity"])))
            if "cost_centre" in given:
                kept |= self._centre(given["cost_centre"])
        self._requests[kept["number"]] = kept
        return {**kept, "content": _content(kept)}

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

    def _kept(self, number: str, employee: str) -> dict[str, Any]:
        found = re.fullmatch(r"([A-Z]{2})[- ]?(\d{4})", number.strip().upper())
        key = f"{found[1]}-{found[2]}" if found else ""
        kept = self._requests.get(key) or self._of_earlier_days(key)
        if kept is None or kept["number"][:2] not in _KINDS or kept.get("employee", employee) != employee:
            raise Missing("there is no such request of this employee")
        return dict(kept)

    def _open(self, number: str, employee: str) -> dict[str, Any]:
        kept = self._kept(number, employee)
        if not self._is_open(kept):
            raise NotAllowed("it is too late for that")
        return kept

    def _is_open(self, kept: Mapping[str, Any]) -> bool:
        until = date.fromisoformat(kept["changeable_until"])
        return kept.get("status") in (None, "waiting") and self.today() <= until

    def _of_earlier_days(self, key: str) -> dict[str, Any] | None:
        """Each third of leave has begun, and each third of the claims is paid out."""
        kind, _, digits = key.partition("-")
        if not digits:
            return None
        running = int(digits)
        if kind == "BA" and FIRST_PURCHASE <= running < FIRST_PURCHASE + PURCHASES:
            return {**self.purchase(key), "changeable_until": self._tomorrow()}
        if kind == "UA" and FIRST_LEAVE <= running < FIRST_LEAVE + EMPLOYEES:
            monday = self.today() + timedelta(days=7 - self.today().weekday() + (21 if running % 3 else -7))
            whose = FIRST_EMPLOYEE + running - FIRST_LEAVE
            days = self._leave_days(whose, monday, monday + timedelta(days=4), 5)
            return {"number": key, "employee": str(whose), **days}
        if kind == "SP" and FIRST_CLAIM <= running < FIRST_CLAIM + EMPLOYEES:
            whose = FIRST_EMPLOYEE + running - FIRST_CLAIM
            paid = {"number": key, "employee": str(whose), "kind": "Hotel", **self._claimed(f"{running % 90 + 60},90")}
            return paid if running % 3 else {**paid, "status": "paid"}
        return None

    def _moved(self, kept: Mapping[str, Any], start: str, end: str) -> dict[str, Any]:
        whose = int(kept["employee"])
        first, last, days = self._span(start, end)
        if days > self.leave(whose)["remaining"] + kept["days"]:
            raise NotAllowed("not enough days left")
        self._taken[whose] = self._taken.get(whose, 0) + days - kept["days"]
        return self._leave_days(whose, first, last, days)

    def _span(self, start: str, end: str) -> tuple[date, date, int]:
        """First and last day, and the working days among them."""
        first, last = self._day(start, "start"), self._day(end, "end")
        if last < first:
            raise NotAllowed("the last day lies before the first")
        days = sum((first + timedelta(days=n)).weekday() < _SATURDAY for n in range((last - first).days + 1))
        return first, last, days

    def _leave_days(self, employee: int, first: date, last: date, days: int) -> dict[str, Any]:
        """What a leave request says; until the day before it begins it can be changed."""
        return {
            "start": str(first),
            "end": str(last),
            "days": days,
            "remaining": self.leave(employee)["remaining"],
            "changeable_until": str(first - timedelta(days=1)),
        }

    def _sick_days(self, until: str) -> dict[str, Any]:
        last = self._day(until, "until")
        certificate = last > self.today() + timedelta(days=2)
        return {"until": str(last), "certificate_needed": certificate, "changeable_until": str(last)}

    def _claimed(self, amount: str) -> dict[str, Any]:
        """What is paid and when; the day before, the claims are booked."""
        payout = self._payout()
        return {
            "amount": f"{self._amount(amount):.2f} EUR",
            "payout_on": str(payout),
            "changeable_until": str(payout - timedelta(days=1)),
        }

    def _quantity(self, text: str) -> int:
        amount = read_amount(text)
        if amount is None or not 1 <= amount <= 10_000:
            raise Unreadable("that is not a quantity")
        return int(amount)

    def _centre(self, search: str) -> dict[str, Any]:
        centre = self.cost_centre(search)
        return {"cost_centre": centre["number"], "approver": centre["owner"]}

    def _tomorrow(self) -> str:
        return str(self.today() + timedelta(days=1))

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


def _content(kept: Mapping[str, Any]) -> str:
    """What was filed, in a few words of no language."""
    match kept["number"][:2]:
        case "UA":
            return f"{_written(kept['start'])} – {_written(kept['end'])}"
        case "KM":
            return f"– {_written(kept['until'])}"
        case "SP":
            return f"{kept['kind']}, {kept['amount']}"
        case _:
            return f"{kept['quantity']} × {kept['item']}"


def _written(day: str) -> str:
    return f"{date.fromisoformat(day):%d.%m.%Y}"
