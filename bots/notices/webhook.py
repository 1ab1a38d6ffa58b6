"""Alarms to a client's own system: one signed POST per notice, kept away from the provider's network."""

import asyncio
import contextlib
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any, Protocol

import httpx

from bots.notices.addresses import WebhookAddress
from bots.notices.ports import Accepted, Never, NotNow, Told
from nlu.http_body import AS_IT_IS, BadBody, read_body
from nlu.http_failures import reason_of
from nlu.http_guard import Forbidden, PinnedTarget, Unresolvable
from sla.notice import Alarm, Notice

SIGNATURE = "X-Switchboard-Signature"
IDEMPOTENCY = "Idempotency-Key"
ATTEMPT = "X-Switchboard-Attempt"
TIMEOUT_SECONDS = 10.0
TOLERANCE_SECONDS = 300
GONE = 410
_READ_AT_MOST = 64 * 1024


class Pins(Protocol):
    """Checks where a URL leads (nlu.http_guard.Guard)."""

    async def pin(self, url: str) -> PinnedTarget: ...


class WebhookNotices:
    """The NoticeSender of all clients. `address_of` finds a client's address now; `http` must follow no redirects."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        guard: Pins,
        address_of: Callable[[str], WebhookAddress | None],
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._http = http
        self._guard = guard
        self._address_of = address_of
        self._wall = wall

    async def send(self, notice: Notice) -> Told:
        """See bots.notices.ports.NoticeSender. Any 2xx is an acceptance; 410 Gone says: never again."""
        address = self._address_of(notice.recipient.address)
        if address is None:
            return Never("the client has no webhook any more")
        body = payload(notice)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Switchboard",
            IDEMPOTENCY: notice.id,
            ATTEMPT: str(notice.attempts + 1),
            SIGNATURE: sign(address.secret, int(self._wall()), body),
        }
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                status = await self._post(address.url, headers, body)
        except (Forbidden, Unresolvable) as error:
            return NotNow(str(error))
        except (httpx.ConnectError, httpx.ConnectTimeout):
            return NotNow(f"{address.host} cannot be reached")
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, TimeoutError) as error:
            return NotNow(f"{address.host}: {reason_of(error, TIMEOUT_SECONDS)}", maybe_sent=True)
        return _told(status, address.host)

    async def check(self) -> str:
        """Nothing is sent to find out: whatever arrives there is taken for an alarm."""
        return "signed, sent as alarms come"

    async def _post(self, url: str, headers: dict[str, str], body: bytes) -> int:
        target = await self._guard.pin(url)
        request = self._http.build_request(
            "POST",
            target.url,
            headers={**headers, **AS_IT_IS, "Host": target.host},
            content=body,
            extensions={"sni_hostname": target.name},
        )
        response = await self._http.send(request, stream=True, follow_redirects=False)
        try:
            with contextlib.suppress(BadBody):  # what it says is not asked; read to its end, the connection can stay
                await read_body(response, _READ_AT_MOST)
            return response.status_code
        finally:
            await response.aclose()


def payload(notice: Notice) -> bytes:
    """The body: the same bytes at every try."""
    told: dict[str, Any] = {
        "id": notice.id,
        "type": "sla.alarms",
        "client": notice.recipient.address,
        "counts": _counts(notice),
        "alarms": [_alarm(alarm) for alarm in notice.worst(len(notice.alarms))],
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def sign(secret: str, timestamp: int, body: bytes) -> str:
    """`t=<unix seconds>,v1=<hex>`: HMAC-SHA256 with the client's secret over `<t>.` and the body's bytes."""
    mac = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256)
    return f"t={timestamp},v1={mac.hexdigest()}"


def verify(secret: str, signature: str, body: bytes, now: float) -> bool:
    """What a receiver does: compares in constant time, and refuses what is older or newer than five minutes."""
    parts = dict(part.split("=", 1) for part in signature.split(",") if "=" in part)
    stamp = parts.get("t", "")
    if not stamp.isdigit() or abs(now - int(stamp)) > TOLERANCE_SECONDS:
        return False
    return hmac.compare_digest(sign(secret, int(stamp), body), signature)


def _counts(notice: Notice) -> dict[str, int]:
    """Dangers are counted where there are any: receivers that know only clocks read on as ever."""
    dangers = {"dangers": notice.dangers} if notice.dangers else {}
    return {"breaches": notice.breaches, "warnings": notice.warnings, **dangers}


def _alarm(alarm: Alarm) -> dict[str, Any]:
    return {
        "id": alarm.id,
        "kind": alarm.kind,
        "percent": alarm.percent,
        "clock": alarm.clock_kind,
        "conversation": alarm.conversation,
        "queue": alarm.queue,
        "priority": alarm.priority,
        "topic": alarm.topic,
        "channel": alarm.channel_kind,
        "language": alarm.language,
        "due_at": alarm.due_at.isoformat() if alarm.due_at else None,
        "fired_at": alarm.fired_at.isoformat(),
    }


def _told(status: int, host: str) -> Told:
    if 200 <= status < 300:
        return Accepted()
    if status == GONE:
        return Never(f"{host} answered 410 Gone", for_good=True)
    if 300 <= status < 400:
        return NotNow(f"{host} answered {status}: redirects are not followed, name the final address")
    return NotNow(f"{host} answered {status}", maybe_sent=status >= 500)
