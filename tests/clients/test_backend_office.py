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


async def test_leave_can_be_moved_and_withdrawn_until_it_begins(office: httpx.AsyncClient) -> None:
    before = (await office.get("/kontor/employees/20118/leave")).json()["remaining"]
    wish = {"employee": "20118", "start": "2026-12-14", "end": "2026-12-16"}
    made = (await office.post("/kontor/leave", json=wish)).json()
    assert made["changeable_until"] == "2026-12-13"
    path = f"/kontor/requests/{made['number']}"
    moved = (await office.patch(path, json={"employee": "20118", "end": "2026-12-17"})).json()
    assert (moved["start"], moved["end"], moved["days"]) == ("2026-12-14", "2026-12-17", 4)
    assert moved["remaining"] == before - 4
    assert (await office.delete(path, params={"employee": "20118"})).json()["remaining"] == before
    assert (await office.delete(path, params={"employee": "20118"})).status_code == 409


async def test_leave_moved_beyond_the_account_stays_as_it_was(office: httpx.AsyncClient) -> None:
    wish = {"employee": "20116", "start": "2026-12-14", "end": "2026-12-15"}
    path = f"/kontor/requests/{(await office.post('/kontor/leave', json=wish)).json()['number']}"
    left = (await office.get("/kontor/employees/20116/leave")).json()["remaining"]
    assert (await office.patch(path, json={"employee": "20116", "end": "2027-01-29"})).status_code == 409
    assert (await office.patch(path, json={"employee": "20116", "end": "irgendwann"})).status_code == 422
    assert (await office.get("/kontor/employees/20116/leave")).json()["remaining"] == left


async def test_an_expense_claim_takes_another_sum_until_the_day_before_it_is_paid(office: httpx.AsyncClient) -> None:
    claim = {"employee": "20123", "amount": "84,50", "kind": "Bahn"}
    made = (await office.post("/kontor/expenses", json=claim)).json()
    path = f"/kontor/requests/{made['number']}"
    changed = (await office.patch(path, json={"employee": "20123", "amount": "94.50"})).json()
    assert (changed["amount"], changed["content"]) == ("94.50 EUR", "Bahn, 94.50 EUR")
    assert (made["payout_on"], made["changeable_until"]) == ("2026-11-25", "2026-11-24")
    assert (await office.delete(path, params={"employee": "20123"})).json()["status"] == "withdrawn"


async def test_a_purchase_request_changes_while_it_waits_for_approval(office: httpx.AsyncClient) -> None:
    changed = (await office.patch("/kontor/requests/BA-4725", json={"quantity": "7", "cost_centre": "IT"})).json()
    assert (changed["quantity"], changed["cost_centre"]) == (7, "4300")
    assert (await office.get("/kontor/purchase-requests/BA-4725")).json()["quantity"] == 7
    assert (await office.delete("/kontor/requests/BA-4725")).status_code == 200
    assert (await office.get("/kontor/purchase-requests/BA-4725")).json()["status"] == "withdrawn"
    assert (await office.delete("/kontor/requests/BA-4728")).status_code == 409


async def test_a_sick_note_takes_another_last_day(office: httpx.AsyncClient) -> None:
    made = (await office.post("/kontor/sick-notes", json={"employee": "20108", "until": "morgen"})).json()
    path = f"/kontor/requests/{made['number']}"
    longer = (await office.patch(path, json={"employee": "20108", "until": "2026-11-27"})).json()
    assert (longer["until"], longer["certificate_needed"]) == ("2026-11-27", True)


@pytest.mark.parametrize(
    ("number", "employee", "kind", "is_open"),
    [
        ("UA-8117", "20117", "leave", True),
        ("ua 8119", "20119", "leave", True),
        ("UA-8121", "20121", "leave", False),
        ("SP-7118", "20118", "expense", True),
        ("SP-7119", "20119", "expense", False),
        ("BA-4720", "", "purchase", True),
        ("BA-4719", "", "purchase", False),
    ],
)
async def test_what_was_filed_on_earlier_days_is_known(
    office: httpx.AsyncClient, number: str, employee: str, kind: str, is_open: bool
) -> None:
    found = (await office.get(f"/kontor/requests/{number}", params={"employee": employee})).json()
    assert (found["kind"], found["open"]) == (kind, is_open)


@pytest.mark.parametrize(
    ("number", "employee"), [("UA-8117", "20118"), ("UA-8117", ""), ("UA-0000", "20117"), ("XX-1", ""), ("GA-9001", "")]
)
async def test_nobody_touches_what_is_somebody_elses(office: httpx.AsyncClient, number: str, employee: str) -> None:
    assert (await office.delete(f"/kontor/requests/{number}", params={"employee": employee})).status_code == 404
