"""The shop's side of the sample backend."""

from collections.abc import AsyncIterator
from datetime import date, timedelta

import httpx
import pytest

from clients.backend import create_app
from tests.clients.calling import backend

TODAY = date(2026, 11, 23)


@pytest.fixture
async def shop() -> AsyncIterator[httpx.AsyncClient]:
    async with backend(create_app(lambda: TODAY)) as client:
        yield client


@pytest.mark.parametrize(
    ("number", "status"),
    [
        (100231, "processing"),
        (100234, "shipped"),
        (100240, "delivered"),
        (100207, "delayed"),
        (100218, "returned"),
        (100209, "cancelled"),
    ],
)
async def test_every_state_of_an_order_can_be_seen(shop: httpx.AsyncClient, number: int, status: str) -> None:
    assert (await shop.get(f"/orders/{number}")).json()["status"] == status


@pytest.mark.parametrize("number", ["100199", "100300", "abc", "99"])
async def test_other_numbers_are_unknown(shop: httpx.AsyncClient, number: str) -> None:
    assert (await shop.get(f"/orders/{number}")).status_code == 404


async def test_days_make_sense_for_every_order(shop: httpx.AsyncClient) -> None:
    for number in range(100200, 100300):
        order = (await shop.get(f"/orders/{number}")).json()
        delivery = order["delivery"]
        assert date.fromisoformat(order["ordered_on"]) < TODAY
        if order["status"] in ("processing", "shipped", "delayed"):
            expected = date.fromisoformat(delivery["expected"])
            assert expected > TODAY
            assert expected.weekday() != 6
        if order["status"] == "delivered":
            assert order["ordered_on"] < delivery["delivered_on"] <= TODAY.isoformat()
        assert (delivery["tracking_url"] is not None) == (order["status"] in ("shipped", "delivered", "returned"))
        assert (delivery["late_days"] > 0) == (order["status"] == "delayed")


async def test_the_same_order_looks_the_same_in_another_process(shop: httpx.AsyncClient) -> None:
    async with backend(create_app(lambda: TODAY)) as other:
        for number in (100200, 100234, 100299):
            assert (await shop.get(f"/orders/{number}")).json() == (await other.get(f"/orders/{number}")).json()


async def test_a_return_gives_a_label_and_changes_the_order(shop: httpx.AsyncClient) -> None:
    made = await shop.post("/orders/100240/returns", json={"reason": "too_big"})
    assert made.status_code == 201
    assert made.json()["number"] == "R100240"
    assert date.fromisoformat(made.json()["send_by"]) >= TODAY + timedelta(days=14)
    order = (await shop.get("/orders/100240")).json()
    assert (order["status"], order["return"]["number"]) == ("returned", "R100240")


async def test_returns_end_after_thirty_days(shop: httpx.AsyncClient) -> None:
    assert (await shop.post("/orders/100246/returns", json={"reason": "dislike"})).status_code == 409


async def test_what_has_not_left_can_be_cancelled_and_is_refunded(shop: httpx.AsyncClient) -> None:
    cancelled = await shop.post("/orders/100231/cancel")
    assert cancelled.status_code == 200
    assert cancelled.json()["refund"] == {
        "cause": "cancellation",
        "amount": "164.90 EUR",
        "day": "2026-11-28",
        "method": "Visa",
        "status": "pending",
        "visible_by": "2026-12-02",
    }
    assert (await shop.get("/orders/100231")).json()["status"] == "cancelled"


@pytest.mark.parametrize("number", [100234, 100240])
async def test_what_has_left_cannot_be_cancelled_or_sent_elsewhere(shop: httpx.AsyncClient, number: int) -> None:
    assert (await shop.post(f"/orders/{number}/cancel")).status_code == 409
    assert (await shop.patch(f"/orders/{number}/address", json={"address": "Ring 1, 80331 München"})).status_code == 409


async def test_an_address_is_changed_before_the_order_leaves(shop: httpx.AsyncClient) -> None:
    changed = await shop.patch("/orders/100205/address", json={"address": "Goethestraße 12, 80336 München"})
    assert changed.status_code == 200
    assert (await shop.get("/orders/100205")).json()["address"] == "Goethestraße 12, 80336 München"


@pytest.mark.parametrize(("number", "status"), [(100228, "paid"), (100238, "pending"), (100209, "paid")])
async def test_refunds_are_paid_in_the_past_or_due_in_the_future(
    shop: httpx.AsyncClient, number: int, status: str
) -> None:
    refund = (await shop.get(f"/orders/{number}/refund")).json()
    assert refund["status"] == status
    assert (date.fromisoformat(refund["day"]) <= TODAY) == (status == "paid")


async def test_an_order_without_a_return_has_no_refund(shop: httpx.AsyncClient) -> None:
    assert (await shop.get("/orders/100234/refund")).status_code == 404


async def test_the_invoice_comes_when_the_goods_leave(shop: httpx.AsyncClient) -> None:
    assert (await shop.get("/orders/100234/invoice")).json()["number"] == "AR-2026-100234"
    assert (await shop.get("/orders/100235/invoice")).status_code == 409


async def test_the_workshop_offers_the_slot_nearest_to_the_wish_and_books_it_once(shop: httpx.AsyncClient) -> None:
    offered = (await shop.get("/workshop/slots", params={"preferred": "Donnerstag"})).json()["slots"][0]
    assert offered["day"] == "2026-11-26"
    booking = {"slot": offered["id"], "bike": "Alpen Tour", "problem": "Bremsen"}
    assert (await shop.post("/workshop/appointments", json=booking)).status_code == 201
    assert (await shop.post("/workshop/appointments", json=booking)).status_code == 409
    assert len((await shop.get("/workshop/appointments")).json()["appointments"]) == 1


async def test_the_same_key_gives_the_same_answer_and_no_second_effect(shop: httpx.AsyncClient) -> None:
    offered = (await shop.get("/workshop/slots")).json()["slots"][0]
    booking = {"slot": offered["id"], "bike": "Alpen Tour", "problem": "Bremsen"}
    answers = [
        await shop.post("/workshop/appointments", json=booking, headers={"Idempotency-Key": "k1"}) for _ in range(3)
    ]
    assert {(a.status_code, a.content) for a in answers} == {(201, answers[0].content)}
    assert len((await shop.get("/workshop/appointments")).json()["appointments"]) == 1


async def test_a_key_used_for_another_request_is_refused(shop: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": "k2"}
    assert (await shop.post("/orders/100231/cancel", headers=key)).status_code == 200
    assert (await shop.post("/orders/100235/cancel", headers=key)).status_code == 422


async def test_the_switch_takes_everything_down_and_up_again(shop: httpx.AsyncClient) -> None:
    await shop.post("/_control", json={"down": True})
    assert (await shop.get("/orders/100234")).status_code == 503
    key = {"Idempotency-Key": "k3"}
    assert (await shop.post("/orders/100231/cancel", headers=key)).status_code == 503
    await shop.post("/_control", json={"down": False})
    assert (await shop.post("/orders/100231/cancel", headers=key)).status_code == 200


async def test_a_reset_forgets_what_was_written(shop: httpx.AsyncClient) -> None:
    await shop.post("/orders/100231/cancel")
    await shop.post("/_control", json={"reset": True})
    assert (await shop.get("/orders/100231")).json()["status"] == "processing"
