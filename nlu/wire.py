"""One guarded HTTP exchange with a client's system: pinned address, deadline, size limit, retries, signature."""

import asyncio
import hashlib
import hmac
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from http.cookiejar import CookieJar, DefaultCookiePolicy
from urllib.parse import urlsplit

import httpx

from nlu.breaker import Breakers
from nlu.endpoints import NotAnEndpoint, endpoint_of
from nlu.http_body import AS_IT_IS, BadBody, read_body
from nlu.http_failures import reason_of
from nlu.http_guard import Forbidden, Guard, Unresolvable
from nlu.http_pools import PoolPerName

MAX_ANSWER_BYTES = 1024 * 1024
BACKOFF_S = 0.1
LIMITS = httpx.Limits(max_connections=50, max_keepalive_connections=10)
"""For each host."""
SIGNATURE = "X-Switchboard-Signature"
IDEMPOTENCY = "Idempotency-Key"
_RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})


class ExchangeFailed(Exception):
    """No usable answer; `status` is the last one received, None if there was none."""

    def __init__(self, message: str, status: int | None = None) -> None:
        self.status = status
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Call:
    """A request. `timeout` is in seconds for each try; `expected` are statuses that are answers even if not 2xx."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    key: str = ""
    secret: str = ""
    timeout: float = 3.0
    retries: int = 2
    expected: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and body of an accepted answer."""

    status: int
    body: bytes


@dataclass
class Wire:
    """One HTTP client for all clients of a process, and for each a view of its own (`of`): a system that fails for
    one client is still called for the others. `http` must not follow redirects, keep cookies or trust proxies of the
    environment (see `open_http`).
    """

    http: httpx.AsyncClient
    guard: Guard = field(default_factory=Guard)
    breakers: Breakers = field(default_factory=Breakers)
    wall: Callable[[], float] = time.time
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    client: str = ""

    def of(self, client: str) -> "Wire":
        """The wire as this client sees it."""
        return replace(self, client=client)

    async def exchange(self, call: Call) -> Answer:
        """The answer, if it is 2xx or expected. Retries what may pass (no connection, timeouts, 429, 5xx) with the same
        idempotency key. Raises ExchangeFailed.
        """
        try:
            system, _ = endpoint_of(call.url)
        except NotAnEndpoint as error:
            raise ExchangeFailed(str(error)) from error
        breaker = self.breakers.of(self.client, str(system))
        if not breaker.allows():
            raise ExchangeFailed("it kept failing; the next try is made in a few seconds")
        try:
            answer = await self._tries(call)
        except ExchangeFailed:
            breaker.failed()
            raise
        except Forbidden as error:
            raise ExchangeFailed(str(error)) from error
        breaker.succeeded()
        return answer

    async def _tries(self, call: Call) -> Answer:
        for attempt in range(call.retries + 1):
            try:
                answer = await self._once(call)
            except Unresolvable as error:
                failure = ExchangeFailed(str(error))
            except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, TimeoutError) as error:
                failure = ExchangeFailed(reason_of(error, call.timeout))
            else:
                if 200 <= answer.status < 300 or answer.status in call.expected:
                    return answer
                failure = ExchangeFailed(f"it answered with status {answer.status}", answer.status)
                if answer.status not in _RETRIED:
                    raise failure
            if attempt == call.retries:
                raise failure
            await self.pause(BACKOFF_S * 2**attempt * random.uniform(0.5, 1.5))  # noqa: S311 - jitter is no secret
        raise AssertionError("unreachable")

    async def _once(self, call: Call) -> Answer:
        async with asyncio.timeout(call.timeout):
            target = await self.guard.pin(call.url)
            headers = {**call.headers, **AS_IT_IS, **self._proof(call), "Host": target.host}
            request = self.http.build_request(
                call.method,
                target.url,
                headers=headers,
                content=call.body or None,
                extensions={"sni_hostname": target.name},
            )
            response = await self.http.send(request, stream=True, follow_redirects=False)
            try:
                return Answer(response.status_code, await read_body(response, MAX_ANSWER_BYTES))
            except BadBody as error:
                raise ExchangeFailed(str(error), response.status_code) from error
            finally:
                await response.aclose()

    def _proof(self, call: Call) -> dict[str, str]:
        proof = {IDEMPOTENCY: call.key} if call.key else {}
        if call.secret:
            proof[SIGNATURE] = sign(call.secret, int(self.wall()), call.method, call.url, call.body)
        return proof


def sign(secret: str, timestamp: int, method: str, url: str, body: bytes) -> str:
    """`t=<unix seconds>,v1=<hex>`: HMAC-SHA256 over `<t>.<METHOD>.<path?query>.` and the body's bytes. The receiver
    computes the same and refuses timestamps older than five minutes.
    """
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    signed = f"{timestamp}.{method.upper()}.{target}.".encode() + body
    return f"t={timestamp},v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"


def open_http(**options: object) -> httpx.AsyncClient:
    """An HTTP client fit for Wire: a pool for each host, no redirects, no cookies (one client's would reach another's
    system behind the same address), no proxies from the environment, deadlines kept by Wire.
    """
    transport = options.pop("transport", None) or PoolPerName(LIMITS)
    options = {"trust_env": False, "follow_redirects": False, "cookies": no_cookies(), **options}
    return httpx.AsyncClient(timeout=None, transport=transport, **options)  # type: ignore[arg-type]  # noqa: S113 - Wire keeps the deadline over the whole exchange


def no_cookies() -> CookieJar:
    """A jar that takes none."""
    return CookieJar(DefaultCookiePolicy(allowed_domains=[]))
