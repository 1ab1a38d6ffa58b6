"""Calls the sample backend in process, as an HTTP client would."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI


@asynccontextmanager
async def backend(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client whose requests go straight to the app."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://backend") as client:
        yield client
