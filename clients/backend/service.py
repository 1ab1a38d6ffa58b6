"""The sample clients' systems over HTTP: the shop and its workshop at /, the office at /kontor."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from clients.backend.aftersales import Aftersales
from clients.backend.errors import Declined, Missing
from clients.backend.office import Office
from clients.backend.replay import Answer, Replays, fingerprint
from clients.backend.shop import Shop
from clients.backend.workshop import Workshop

CONTROL = "/_control"
_WRITES = ("POST", "PUT", "PATCH", "DELETE")
_Next = Callable[[Request], Awaitable[Response]]


class Control(BaseModel):
    """`down`: answer 503 to everything else. `reset`: forget what was written."""

    down: bool | None = None
    reset: bool = False


class ReturnWish(BaseModel):
    reason: str = ""


class ExchangeWish(BaseModel):
    wanted: str


class Damage(BaseModel):
    damage: str
    wish: str = ""


class AddressChange(BaseModel):
    address: str


class Booking(BaseModel):
    slot: str
    bike: str = ""
    problem: str = ""


class Move(BaseModel):
    slot: str = ""
    preferred: str = ""
    bike: str = ""
    problem: str = ""


class Leave(BaseModel):
    employee: str
    start: str
    end: str


class SickNote(BaseModel):
    employee: str
    until: str


class Payslip(BaseModel):
    employee: str
    month: str


class Expense(BaseModel):
    employee: str
    amount: str
    kind: str = ""


class Advance(BaseModel):
    employee: str
    destination: str
    amount: str


class Purchase(BaseModel):
    item: str
    quantity: str
    cost_centre: str


class FiledChange(BaseModel):
    """New values for something filed earlier; what is empty stays."""

    employee: str = ""
    start: str = ""
    end: str = ""
    until: str = ""
    amount: str = ""
    kind: str = ""
    item: str = ""
    quantity: str = ""
    cost_centre: str = ""


@dataclass(slots=True)
class _Switch:
    down: bool = False


def create_app(today: Callable[[], date] | None = None) -> FastAPI:
    """The whole service with its own state in memory. `today` is the current day in Germany unless given."""
    day = today or _german_day
    shop, workshop, office = Shop(day), Workshop(day), Office(day)
    aftersales = Aftersales(shop)
    replays, switch = Replays(), _Switch()
    app = FastAPI(title="Sample backend", docs_url=None, redoc_url=None)
    for router in (
        _orders(shop),
        _reversals(shop),
        _aftersales(shop, aftersales),
        _workshop(workshop),
        _people(office),
        _books(office),
    ):
        app.include_router(router)
    app.include_router(_filed(office))
    app.add_exception_handler(Declined, _decline)

    @app.middleware("http")
    async def answer_once(request: Request, proceed: _Next) -> Response:
        if switch.down and request.url.path != CONTROL:
            return JSONResponse({"problem": "the system is down for maintenance"}, status_code=503)
        return await _once(request, proceed, replays)

    @app.post(CONTROL)
    def control(wish: Control) -> dict[str, bool]:
        if wish.down is not None:
            switch.down = wish.down
        if wish.reset:
            for part in (shop, aftersales, workshop, office):
                part.reset()
            replays.forget()
        return {"down": switch.down}

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    return app


async def _decline(_: Request, why: Exception) -> Response:
    status = why.status if isinstance(why, Declined) else 500
    return JSONResponse({"problem": str(why)}, status_code=status)


async def _once(request: Request, proceed: _Next, replays: Replays) -> Response:
    key = request.headers.get("Idempotency-Key")
    if key is None or request.method not in _WRITES:
        return await proceed(request)
    asked = fingerprint(request.method, request.url.path, await request.body())
    if known := replays.find(key, asked):
        return Response(known.body, known.status, media_type="application/json")
    fresh = await proceed(request)
    body = b"".join([chunk async for chunk in fresh.body_iterator])  # type: ignore[attr-defined]  # streamed by the middleware
    replays.keep(key, asked, Answer(fresh.status_code, body))
    return Response(body, fresh.status_code, media_type="application/json")


def _orders(shop: Shop) -> APIRouter:
    router = APIRouter(prefix="/orders")

    @router.get("/{number}")
    def order(number: str) -> dict[str, Any]:
        return shop.order(shop.number(number))

    @router.post("/{number}/returns", status_code=201)
    def register_return(number: str, wish: ReturnWish) -> dict[str, Any]:
        return shop.register_return(shop.number(number), wish.reason)

    @router.get("/{number}/refund")
    def refund(number: str) -> dict[str, Any]:
        return shop.refund(shop.number(number))

    @router.get("/{number}/invoice")
    def invoice(number: str) -> dict[str, Any]:
        return shop.invoice(shop.number(number))

    @router.post("/{number}/cancel")
    def cancel(number: str) -> dict[str, Any]:
        return shop.cancel(shop.number(number))

    @router.patch("/{number}/address")
    def change_address(number: str, change: AddressChange) -> dict[str, Any]:
        return shop.change_address(shop.number(number), change.address)

    return router


def _reversals(shop: Shop) -> APIRouter:
    router = APIRouter(prefix="/orders")

    @router.patch("/{number}/returns")
    def change_return(number: str, wish: ReturnWish) -> dict[str, Any]:
        return shop.change_return(shop.number(number), wish.reason)

    @router.delete("/{number}/returns")
    def withdraw_return(number: str) -> dict[str, Any]:
        return shop.withdraw_return(shop.number(number))

    @router.post("/{number}/reinstate")
    def reinstate(number: str) -> dict[str, Any]:
        return shop.reinstate(shop.number(number))

    @router.delete("/{number}/address")
    def restore_address(number: str) -> dict[str, Any]:
        return shop.restore_address(shop.number(number))

    return router


def _aftersales(shop: Shop, aftersales: Aftersales) -> APIRouter:
    router = APIRouter(prefix="/orders/{number}")

    @router.post("/exchanges", status_code=201)
    def exchange(number: str, wish: ExchangeWish) -> dict[str, Any]:
        return aftersales.exchange(shop.number(number), wish.wanted)

    @router.patch("/exchanges")
    def change_exchange(number: str, wish: ExchangeWish) -> dict[str, Any]:
        return aftersales.change_exchange(shop.number(number), wish.wanted)

    @router.delete("/exchanges")
    def withdraw_exchange(number: str) -> dict[str, Any]:
        return aftersales.withdraw_exchange(shop.number(number))

    @router.post("/damages", status_code=201)
    def report_damage(number: str, told: Damage) -> dict[str, Any]:
        return aftersales.report_damage(shop.number(number), told.damage, told.wish)

    @router.patch("/damages")
    def change_damage(number: str, told: Damage) -> dict[str, Any]:
        return aftersales.change_damage(shop.number(number), told.damage, told.wish)

    @router.delete("/damages")
    def withdraw_damage(number: str) -> dict[str, Any]:
        return aftersales.withdraw_damage(shop.number(number))

    @router.get("/charges")
    def charges(number: str) -> dict[str, Any]:
        return aftersales.charges(shop.number(number))

    @router.post("/charges/refund")
    def refund_charge(number: str) -> dict[str, Any]:
        return aftersales.refund_charge(shop.number(number))

    return router


def _workshop(workshop: Workshop) -> APIRouter:
    router = APIRouter(prefix="/workshop")

    @router.get("/slots")
    def slots(preferred: str = "") -> dict[str, Any]:
        free = workshop.free(preferred)
        if not free:
            raise Missing("nothing is free in the next three weeks")
        return {"slots": free[:5]}

    @router.get("/appointments")
    def appointments() -> dict[str, Any]:
        return {"appointments": workshop.appointments()}

    @router.post("/appointments", status_code=201)
    def book(wish: Booking) -> dict[str, Any]:
        return workshop.book(wish.slot, wish.bike, wish.problem)

    @router.get("/appointments/{number}")
    def appointment(number: str) -> dict[str, Any]:
        return workshop.appointment(number)

    @router.put("/appointments/{number}")
    def move(number: str, wish: Move) -> dict[str, Any]:
        return workshop.move(number, wish.slot, wish.preferred, bike=wish.bike, problem=wish.problem)

    @router.delete("/appointments/{number}")
    def call_off(number: str) -> dict[str, Any]:
        return workshop.call_off(number)

    return router


def _people(office: Office) -> APIRouter:
    router = APIRouter(prefix="/kontor")

    @router.get("/employees/{number}/leave")
    def leave(number: str) -> dict[str, Any]:
        return office.leave(office.employee(number))

    @router.post("/leave", status_code=201)
    def request_leave(wish: Leave) -> dict[str, Any]:
        return office.request_leave(office.employee(wish.employee), wish.start, wish.end)

    @router.post("/sick-notes", status_code=201)
    def report_sick(note: SickNote) -> dict[str, Any]:
        return office.report_sick(office.employee(note.employee), note.until)

    @router.post("/payslips", status_code=201)
    def send_payslip(wish: Payslip) -> dict[str, Any]:
        return office.send_payslip(office.employee(wish.employee), wish.month)

    @router.post("/expenses", status_code=201)
    def claim_expense(claim: Expense) -> dict[str, Any]:
        return office.claim_expense(office.employee(claim.employee), claim.amount, claim.kind)

    @router.post("/advances", status_code=201)
    def advance(wish: Advance) -> dict[str, Any]:
        return office.advance(office.employee(wish.employee), wish.destination, wish.amount)

    return router


def _books(office: Office) -> APIRouter:
    router = APIRouter(prefix="/kontor")

    @router.get("/invoices/{number}")
    def invoice(number: str) -> dict[str, Any]:
        return office.invoice(number)

    @router.get("/cost-centres")
    def cost_centre(search: str) -> dict[str, Any]:
        return office.cost_centre(search)

    @router.post("/purchase-requests", status_code=201)
    def request_purchase(wish: Purchase) -> dict[str, Any]:
        return office.request_purchase(wish.item, wish.quantity, wish.cost_centre)

    @router.get("/purchase-requests/{number}")
    def purchase(number: str) -> dict[str, Any]:
        return office.purchase(number)

    @router.get("/requests")
    def requests() -> dict[str, Any]:
        return {"requests": office.requests()}

    return router


def _filed(office: Office) -> APIRouter:
    router = APIRouter(prefix="/kontor/requests")

    @router.get("/{number}")
    def find(number: str, employee: str = "") -> dict[str, Any]:
        return office.filed(number, employee)

    @router.delete("/{number}")
    def withdraw(number: str, employee: str = "") -> dict[str, Any]:
        return office.withdraw(number, employee)

    @router.patch("/{number}")
    def change(number: str, wish: FiledChange) -> dict[str, Any]:
        return office.change(number, wish.employee, wish.model_dump(exclude={"employee"}))

    return router


def _german_day() -> date:
    return datetime.now(ZoneInfo("Europe/Berlin")).date()
