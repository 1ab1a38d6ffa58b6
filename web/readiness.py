"""Whether a process can serve: asked rarely, however often others ask."""

import asyncio
import time
from collections.abc import Callable, Mapping

import structlog

from web.ports import Check

log = structlog.get_logger(__name__)

PATIENCE_S = 3.0
FRESH_S = 1.0


class Readiness:
    """Asks all checks, at most once a second and once at a time. What is wrong is logged when it changes."""

    def __init__(self, checks: Mapping[str, Check], clock: Callable[[], float] = time.monotonic) -> None:
        self._checks = checks
        self._clock = clock
        self._asking = asyncio.Lock()
        self._asked_at = float("-inf")
        self._problems: Mapping[str, str] = {}

    async def problems(self) -> Mapping[str, str]:
        """What is wrong, by the name of the check; empty if all is well."""
        async with self._asking:
            if self._clock() - self._asked_at >= FRESH_S:
                answers = await asyncio.gather(*(_ask(check) for check in self._checks.values()))
                found = {name: answer for name, answer in zip(self._checks, answers, strict=True) if answer}
                if found != self._problems:
                    log.warning("not ready" if found else "ready again", problems=found)
                self._problems, self._asked_at = found, self._clock()
            return self._problems


async def _ask(check: Check) -> str:
    try:
        return await asyncio.wait_for(check(), PATIENCE_S)
    except TimeoutError:
        return f"no answer within {PATIENCE_S:g} s"
