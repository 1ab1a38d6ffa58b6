"""Packs in force that cannot be read, for example since this version is stricter: their clients stand still."""

from collections.abc import Mapping

from app.alarm_checks import Check
from conversation.ids import ClientId

_MEND = "mend the pack, then switchboard client validate and client apply"


def check_unreadable(unreadable: Mapping[ClientId, str]) -> list[Check]:
    """One finding for each client whose pack has an error."""
    return [(f"client {client}", False, f"its pack cannot be read: {why}", _MEND) for client, why in unreadable.items()]
