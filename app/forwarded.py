"""Remembers forwarded headers that did not count, so that `doctor`, a process of its own, can name their sender."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from ipaddress import ip_address

import structlog
from prometheus_client import CollectorRegistry, Counter

from accounts.audit import AuditEntry
from accounts.ports import AuditLog
from conversation.clock import Clock

log = structlog.get_logger(__name__)

ACT = "proxy.untrusted"
EVERY = timedelta(hours=1)
SHOWN_FOR = timedelta(days=7)
_MANY = 200


class ForwardedHeaders:
    """web.proxies.ForwardedSightings: counts every one, and writes to the audit log at most once an hour for each kind
    of peer, so that strangers can neither fill the log nor hide a proxy of our own.
    """

    def __init__(self, audit: AuditLog, clock: Clock, registry: CollectorRegistry) -> None:
        self._audit = audit
        self._clock = clock
        self._count = Counter(
            "switchboard_forwarded_headers_ignored",
            "Requests with forwarded headers that do not count, by what sent them.",
            ("peer",),
            registry=registry,
        )
        self._written: dict[str, datetime] = {}
        self._writing: set[asyncio.Task[None]] = set()

    def saw(self, peer: str, headers: Sequence[str], *, trusted: bool) -> None:
        """See web.proxies.ForwardedSightings."""
        kind = "trusted" if trusted else "private" if _is_private(peer) else "public"
        self._count.labels(kind).inc()
        now = self._clock.now()
        if now - self._written.get(kind, now - EVERY) < EVERY:
            return
        self._written[kind] = now
        task = asyncio.create_task(self._write(now, peer, kind, headers))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _write(self, now: datetime, peer: str, kind: str, headers: Sequence[str]) -> None:
        log.warning("forwarded headers do not count", peer=peer, kind=kind, headers=list(headers))
        detail = {"kind": kind, "headers": list(headers)}
        try:
            await self._audit.add([AuditEntry(now, ACT, subject="web", address=peer, detail=detail)])
        except Exception:
            log.exception("forwarded headers could not be noted; the next ones will")
            self._written.pop(kind, None)


async def lately_seen(audit: AuditLog, now: datetime) -> Sequence[str]:
    """This week's newest sighting of each kind, in words; none if all is well."""
    newest: dict[str, AuditEntry] = {}
    for entry in await audit.page(None, limit=_MANY, act=ACT):
        if entry.at > now - SHOWN_FOR:
            newest.setdefault(str(entry.detail.get("kind")), entry)
    return [_WORDS[kind].format(**_facts(newest[kind])) for kind in _WORDS if kind in newest]


def _facts(entry: AuditEntry) -> Mapping[str, str]:
    names = ", ".join(str(name) for name in entry.detail.get("headers", ()))
    return {"peer": entry.address, "at": f"{entry.at:%Y-%m-%d %H:%M} UTC", "headers": names}


_WORDS = {
    "private": "{peer}, which is no trusted proxy, sent {headers} at {at}: everybody behind it counts as one address",
    "public": "{peer}, which is no trusted proxy, sent {headers} at {at}: it was not believed",
    "trusted": "the trusted proxy {peer} sent {headers} at {at}, but no X-Forwarded-For: all behind it count as one",
}


def _is_private(peer: str) -> bool:
    try:
        return not ip_address(peer).is_global
    except ValueError:
        return True
