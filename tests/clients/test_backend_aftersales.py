"""What the sample shop does after a sale: exchanges, damages, double charges, and taking back what was done."""

from collections.abc import AsyncIterator
from datetime import date

import httpx
import pytest

from clients.backend import create_app
from tests.clients.calling import backend

TODAY = date(2026, 11, 23)


@pytest.fixture
async def shop() -> AsyncIterator[httpx.AsyncClient]:
    async with backend(create_app(lambda: TODAY)) as client:
        yield client


async def test_an_exchange_is_made_changed_and_called_off(shop: httpx.AsyncClient) -> None:
    made = await shop.post("/orders/100240/exchanges", json={"wanted": "L"})
    assert (made.status_code, made.json()["number"]) == (201, "T100240")
    assert (await shop.post("/orders/100240/exchanges", json={"wanted": "M"})).status_code == 409
    assert (await shop.patch("/orders/100240/exchanges", json={"wanted": "M"})).json()["wanted"] == "M"
    assert (await shop.delete("/orders/100240/exchanges")).status_code == 200
    assert (await shop.delete("/orders/100240/exchanges")).status_code == 409


@pytest.mark.parametrize("number", [100241, 100246, 100209, 100218])
async def test_what_cannot_be_returned_cannot_be_exchanged(shop: httpx.AsyncClient, number: int) -> None:
    assert (await shop.post(f"/orders/{number}/exchanges", json={"wanted": "L"})).status_code == 409


async def test_a_damage_is_reported_once_and_answered_within_days(shop: httpx.AsyncClient) -> None:
    told = {"damage": "Delle im Oberrohr", "wish": "discount"}
    made = await shop.post("/orders/100240/damages", json=told)
    assert (made.json()["number"], made.json()["answer_by"]) == ("S100240", "2026-11-25")
    assert (await shop.post("/orders/100240/damages", json=told)).status_code == 409
    changed = await shop.patch("/orders/100240/damages", json={"damage": "Kratzer", "wish": "repair"})
    assert changed.json()["damage"] == "Kratzer"
    assert (await shop.delete("/orders/100240/damages")).status_code == 200
    assert (await shop.patch("/orders/100240/damages", json=told)).status_code == 409


async def test_what_is_still_here_has_no_damage(shop: httpx.AsyncClient) -> None:
    assert (await shop.post("/orders/100241/damages", json={"damage": "x"})).status_code == 409


@pytest.mark.parametrize(("number", "kind"), [(100240, "single"), (100243, "double"), (100245, "reserved")])
async def test_charges_are_told_apart(shop: httpx.AsyncClient, number: int, kind: str) -> None:
    assert (await shop.get(f"/orders/{number}/charges")).json()["kind"] == kind


async def test_only_what_was_booked_twice_is_paid_back_and_once(shop: httpx.AsyncClient) -> None:
    assert (await shop.post("/orders/100245/charges/refund")).status_code == 409
    first = await shop.post("/orders/100243/charges/refund")
    assert (await shop.post("/orders/100243/charges/refund")).json() == first.json()
    assert (await shop.get("/orders/100243/charges")).json()["kind"] == "refunded"


async def test_a_return_is_changed_and_taken_back(shop: httpx.AsyncClient) -> None:
    assert (await shop.delete("/orders/100240/returns")).status_code == 409
    await shop.post("/orders/100240/returns", json={"reason": "too_big"})
    assert (await shop.get("/orders/100240/refund")).json()["status"] == "awaited"
    assert (await shop.patch("/orders/100240/returns", json={"reason": "dislike"})).json()["reason"] == "dislike"
    assert (await shop.delete("/orders/100240/returns")).status_code == 200
    assert (await shop.get("/orders/100240")).json()["status"] == "delivered"


async def test_a_cancellation_of_today_can_be_taken_back(shop: httpx.AsyncClient) -> None:
    assert (await shop.post("/orders/100209/reinstate")).status_code == 409
    await shop.post("/orders/100231/cancel")
    assert (await shop.get("/orders/100231/refund")).json()["cause"] == "cancellation"
    assert (await shop.post("/orders/100231/reinstate")).json()["status"] == "processing"


async def test_an_address_goes_back_to_what_it_was(shop: httpx.AsyncClient) -> None:
    assert (await shop.delete("/orders/100205/address")).status_code == 409
    await shop.patch("/orders/100205/address", json={"address": "Ring 1, 80331 München"})
    assert (await shop.delete("/orders/100205/address")).status_code == 200
    assert (await shop.get("/orders/100205")).json()["address"] is None


async def test_an_appointment_is_found_moved_and_called_off(shop: httpx.AsyncClient) -> None:
    assert (await shop.get("/workshop/appointments/W9999")).status_code == 404
    old = (await shop.get("/workshop/appointments/w4012")).json()
    slot = (await shop.get("/workshop/slots", params={"preferred": "2026-12-03"})).json()["slots"][0]
    moved = (await shop.put("/workshop/appointments/W4012", json={"slot": slot["id"]})).json()
    assert (moved["number"], moved["day"], moved["bike"]) == ("W4012", slot["day"], old["bike"])
    assert (await shop.put("/workshop/appointments/W4012", json={"preferred": "2026-12-05"})).status_code == 409
    changed = (await shop.put("/workshop/appointments/W4012", json={"problem": "Kette"})).json()
    assert (changed["day"], changed["problem"]) == (slot["day"], "Kette")
    assert (await shop.delete("/workshop/appointments/W4012")).status_code == 200
    assert (await shop.get("/workshop/appointments/W4012")).status_code == 404
