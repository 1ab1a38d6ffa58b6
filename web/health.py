"""What machines ask: alive, ready, and the numbers."""

import asyncio

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from web.auth import Wired
from web.ports import Check

router = APIRouter()
PATIENCE_S = 3.0


@router.get("/healthz")
async def healthz() -> PlainTextResponse:
    """The process answers."""
    return PlainTextResponse("ok\n")


@router.get("/readyz")
async def readyz(services: Wired) -> JSONResponse:
    """Whether everything needed to serve is there; 503 and the reasons if not."""
    answers = await asyncio.gather(*(_ask(check) for check in services.readiness.values()))
    problems = {name: answer for name, answer in zip(services.readiness, answers, strict=True) if answer}
    return JSONResponse({"ready": not problems, "problems": problems}, 503 if problems else 200)


@router.get("/metrics")
async def metrics(services: Wired) -> Response:
    """Prometheus text."""
    return Response(generate_latest(services.registry), media_type=CONTENT_TYPE_LATEST)


async def _ask(check: Check) -> str:
    try:
        return await asyncio.wait_for(check(), PATIENCE_S)
    except TimeoutError:
        return f"no answer within {PATIENCE_S:g} s"
