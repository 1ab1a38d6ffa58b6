"""The office side of the sample backend."""

from collections.abc import AsyncIterator
from datetime import date

import httpx
import pytest

from clients.backend import create_app
from tests.clients.calling import backend

TODAY = date(2026, 11, 23)


@pytest.fixture
async def office() -> AsyncIterator[httpx.AsyncClient]:
    async with backend(create_app(lambda: TODAY)) as client:
        yield client


async def test_leave_is_counted_in_working_days_and_taken_off_the_account(office: httpx.AsyncClient) -> None:
    before = (await office.get("/kontor/employees/20117/leave")).json()["remaining"]
    filed = await office.post("/kontor/leave", json={"employee": "20117", "start": "18.12.", "end": "22.12."})
    assert filed.status_code == 201
    assert (filed.json()["days"], filed.json()["remaining"]) == (3, before - 3)
    assert (await office.get("/kontor/employees/20117/leave")).json()["remaining"] == before - 3


@pytest.mark.parametrize(
    ("start", "end", "status"),
    [("22.12.", "18.12.2026", 409), ("1.6.", "31.7.", 409), ("irgendwann", "bald", 422)],
)
async def test_leave_that_cannot_be_is_declined(office: httpx.AsyncClient, start: str, end: str, status: int) -> None:
    wish = {"employee": "20116", "start": start, "end": end}
    assert (await office.post("/kontor/leave", json=wish)).status_code == status


async def test_unknown_employees_are_unknown_everywhere(office: httpx.AsyncClient) -> None:
    assert (await office.get("/kontor/employees/29999/leave")).status_code == 404
    assert (await office.post("/kontor/sick-notes", json={"employee": "x", "until": "morgen"})).status_code == 404


@pytest.mark.parametrize(("until", "needed"), [("morgen", False), ("Friday", True), ("31.12.", True)])
async def test_a_certificate_is_needed_from_the_fourth_day(office: httpx.AsyncClient, until: str, needed: bool) -> None:
    note = (await office.post("/kontor/sick-notes", json={"employee": "20108", "until": until})).json()
    assert note["certificate_needed"] is needed


@pytest.mark.parametrize(
    ("month", "status", "answer"),
    [
        ("vom letzten Monat", 201, "10/2026"),
        ("September", 201, "09/2026"),
        ("Dezember 2026", 409, None),
        ("?", 422, None),
    ],
)
async def test_payslips_are_found_by_month(
    office: httpx.AsyncClient, month: str, status: int, answer: str | None
) -> None:
    sent = await office.post("/kontor/payslips", json={"employee": "20142", "month": month})
    assert (sent.status_code, sent.json().get("month")) == (status, answer)


async def test_expenses_are_paid_on_a_wednesday(office: httpx.AsyncClient) -> None:
    claim = {"employee": "20123", "amount": "1.034,50 Euro", "kind": "Taxi"}
    filed = (await office.post("/kontor/expenses", json=claim)).json()
    assert filed["amount"] == "1034.50 EUR"
    assert date.fromisoformat(filed["payout_on"]).weekday() == 2


async def test_large_advances_need_a_manager(office: httpx.AsyncClient) -> None:
    trip = {"employee": "20148", "destination": "Tokyo"}
    assert (await office.post("/kontor/advances", json={**trip, "amount": "1,500"})).status_code == 201
    assert (await office.post("/kontor/advances", json={**trip, "amount": "1.500,01"})).status_code == 409


@pytest.mark.parametrize(
    ("number", "status"),
    [
        ("RE-2026-0417", "approved"),
        ("re-2026-0422", "paid"),
        ("RE-2026-0440", "received"),
        ("RE-2026-0455", "disputed"),
    ],
)
async def test_invoices_stand_in_every_state(office: httpx.AsyncClient, number: str, status: str) -> None:
    assert (await office.get(f"/kontor/invoices/{number}")).json()["status"] == status


@pytest.mark.parametrize(
    ("search", "number"), [("Marketing", "4100"), ("IT", "4300"), ("kst vom einkauf bitte", "4700"), ("4800", "4800")]
)
async def test_cost_centres_are_found_by_department_and_number(
    office: httpx.AsyncClient, search: str, number: str
) -> None:
    assert (await office.get("/kontor/cost-centres", params={"search": search})).json()["number"] == number


async def test_a_purchase_request_can_be_looked_up_afterwards(office: httpx.AsyncClient) -> None:
    wish = {"item": "Headset", "quantity": "5", "cost_centre": "sales"}
    made = (await office.post("/kontor/purchase-requests", json=wish)).json()
    found = (await office.get(f"/kontor/purchase-requests/{made['number']}")).json()
    assert (found["status"], found["approver"]) == ("waiting", "Cem Aydin")
    assert (await office.get("/kontor/purchase-requests/BA-1234")).status_code == 404
