"""What load balancers ask on the public port: alive, ready. Reasons and numbers are for operators (web.metrics)."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse

from web.readiness import Readiness

router = APIRouter()


@router.get("/healthz")
async def healthz() -> PlainTextResponse:
    """The process answers."""
    return PlainTextResponse("ok\n")


@router.get("/readyz")
async def readyz(request: Request) -> JSONResponse:
    """Whether everything needed to serve is there; 503 if not."""
    readiness: Readiness = request.app.state.readiness
    ready = not await readiness.problems()
    return JSONResponse({"ready": ready}, 200 if ready else 503)
