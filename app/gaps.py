"""Makes gaps in a channel's hearing known: to the log, to Prometheus, and to supervisors through the audit log."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Counter

from accounts.audit import AuditEntry
from accounts.ports import AuditLog
from bots.ports import Gap
from conversation.clock import Clock
from conversation.ids import ChannelId

log = structlog.get_logger(__name__)

ACT = "channel.gap"
SHOWN_FOR = timedelta(days=7)
_MANY = 200


class TellGaps:
    """bots.ports.GapReports on this platform."""

    def __init__(self, audit: AuditLog, clock: Clock, registry: CollectorRegistry) -> None:
        self._audit = audit
        self._clock = clock
        self._count = Counter(
            "switchboard_channel_gaps",
            "Outages longer than a platform repeats itself, by channel; lost: whether messages may be missing.",
            ("client", "channel", "lost"),
            registry=registry,
        )

    async def report(self, gap: Gap) -> None:
        """See bots.ports.GapReports."""
        lost = gap.recovered.lost
        facts: dict[str, Any] = {
            "since": gap.since.isoformat(),
            "until": gap.until.isoformat(),
            "fetched": gap.recovered.fetched,
            "lost": lost,
        }
        log.warning("channel heard nothing for a while", client=gap.client, channel=gap.channel, **facts)
        self._count.labels(gap.client, gap.channel, "yes" if lost else "no").inc()
        now = self._clock.now()
        await self._audit.add([AuditEntry(now, ACT, client=gap.client, subject=subject(gap.channel), detail=facts)])


def subject(channel: ChannelId) -> str:
    """The audit log's name of a channel."""
    return f"channel:{channel}"


async def lately_lost(audit: AuditLog, now: datetime) -> Mapping[str, str]:
    """This week's last gap in which messages may have been lost, in words, by the audit log's name of a channel."""
    entries = await audit.page(None, limit=_MANY, act=ACT)
    return _words(e for e in reversed(entries) if e.at > now - SHOWN_FOR and e.detail.get("lost"))


def _words(entries: Iterable[AuditEntry]) -> dict[str, str]:
    words = {}
    for told in entries:
        since, until = (datetime.fromisoformat(told.detail[name]) for name in ("since", "until"))
        span = f"{since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M} UTC"
        words[told.subject] = f"heard nothing from {span}: {told.detail['lost']}"
    return words
