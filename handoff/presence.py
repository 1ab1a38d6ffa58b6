"""Who is really at the desk: heartbeats decide, since nobody says goodbye when a laptop closes."""

from datetime import datetime, timedelta
from enum import StrEnum

BEAT_EVERY = timedelta(seconds=8)
ONLINE_WITHIN = timedelta(seconds=20)
GRACE = timedelta(minutes=2)


class Status(StrEnum):
    """What an agent says of themselves with each heartbeat."""

    ONLINE = "online"
    AWAY = "away"


class Standing(StrEnum):
    """What follows from status and last heartbeat. Vanished: their unanswered conversations go back to the queue."""

    ONLINE = "online"
    AWAY = "away"
    UNSEEN = "unseen"
    VANISHED = "vanished"


def standing(status: str, last_seen: datetime | None, now: datetime) -> Standing:
    """Online and away need a heartbeat within `ONLINE_WITHIN`; after `GRACE` without one an agent has vanished."""
    if last_seen is None or now - last_seen >= GRACE:
        return Standing.VANISHED
    if now - last_seen >= ONLINE_WITHIN:
        return Standing.UNSEEN
    return Standing.ONLINE if status == Status.ONLINE else Standing.AWAY


def is_online(status: str, last_seen: datetime | None, now: datetime) -> bool:
    """Whether new conversations may be offered to the agent."""
    return standing(status, last_seen, now) is Standing.ONLINE
