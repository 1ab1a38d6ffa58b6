"""Who is really at the desk: heartbeats decide, since nobody says goodbye when a laptop closes."""

from datetime import datetime, timedelta
from enum import StrEnum

BEAT_EVERY = timedelta(seconds=8)
ONLINE_WITHIN = timedelta(seconds=20)
GRACE = timedelta(minutes=2)


class Status(StrEnum):
    """What an agent says of themselves with each heartbeat, and what others see."""

    ONLINE = "online"
    AWAY = "away"
    OFFLINE = "offline"


def standing(status: str, last_seen: datetime | None, now: datetime) -> Status:
    """What others see: nobody is online or away without a heartbeat within `ONLINE_WITHIN`."""
    if last_seen is None or now - last_seen >= ONLINE_WITHIN or status == Status.OFFLINE:
        return Status.OFFLINE
    return Status.ONLINE if status == Status.ONLINE else Status.AWAY


def is_online(status: str, last_seen: datetime | None, now: datetime) -> bool:
    """Whether new conversations may be given to the agent."""
    return standing(status, last_seen, now) is Status.ONLINE


def counts_as_seen(status: str) -> bool:
    """Whether a heartbeat with this status shows that the agent is there. One that says "offline" does not, so after
    `GRACE` the conversations of somebody who went home are found like those of somebody whose laptop died.
    """
    return status != Status.OFFLINE
