"""Channels that are off since their id or their bot serves another client."""

from collections.abc import Iterable

from app.alarm_checks import Check
from app.ownership import Why, Withheld

_MEND = {
    Why.ID_TAKEN: "give it an id of its own in client.yml, then switchboard client apply",
    Why.ACCOUNT_TAKEN: "set a token of its own, then restart",
    Why.NOT_RESERVED: "switchboard client apply, which reserves it",
}


def check_withheld(withheld: Iterable[Withheld]) -> list[Check]:
    """One finding for each channel that is off; the operator may know whose it is."""
    return [(f"channel {w.channel.id} of {w.channel.client}", False, _found(w), _MEND[w.why]) for w in withheld]


def _found(withheld: Withheld) -> str:
    match withheld.why:
        case Why.ID_TAKEN:
            return f"off: its id belongs to {withheld.owner}"
        case Why.ACCOUNT_TAKEN:
            return f"off: a channel of {withheld.owner} has the same bot or app"
        case Why.NOT_RESERVED:
            return "off: its id is nobody's yet"
