"""Variables that packs read before each client had its own (nlu.variables): no pack reads them any more."""

from collections.abc import Collection, Mapping

from app.alarm_checks import Check
from conversation.ids import ClientId
from nlu.variables import is_variable_name, variable_of


def check_old_variables(clients: Collection[ClientId], environment: Mapping[str, str]) -> list[Check]:
    """The variables that began with a client's id (ALPENRAD_TELEGRAM_TOKEN) and are still set, by their names alone."""
    return [check for client in sorted(clients) if (check := _check(client, environment)) is not None]


def _check(client: ClientId, environment: Mapping[str, str]) -> Check | None:
    before = f"{client.upper().replace('-', '_')}_"
    found = {
        name: variable_of(client, name.upper().removeprefix(before))
        for name in sorted(environment)
        if name.upper().startswith(before) and is_variable_name(name.upper().removeprefix(before))
    }
    if not found:
        return None
    renamed = ", ".join(f"{old} is now {new}" for old, new in found.items())
    return f"variables of {client}", None, f"set, and read by no pack: {', '.join(found)}", renamed
