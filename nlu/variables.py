"""The environment variables of one client: `${NAME}` in its pack is SWITCHBOARD_CLIENT__<CLIENT>__<NAME>, nothing else.

A client's id has no `_` and no `--`, and a name no `__`: so a variable says in one way only whose it is, and no client
can read another's, or the operator's.
"""

import re
from collections.abc import Mapping

PREFIX = "SWITCHBOARD_CLIENT__"
LONGEST_ID = 40
_CLIENT = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_NAME = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")


def is_client_id(text: str) -> bool:
    """Whether a client may be called so."""
    return len(text) <= LONGEST_ID and _CLIENT.fullmatch(text) is not None


def is_variable_name(text: str) -> bool:
    """Whether `${text}` may stand in a pack."""
    return _NAME.fullmatch(text) is not None


def variable_of(client: str, name: str) -> str:
    """The environment variable that `${name}` in the client's pack is read from."""
    return f"{_prefix(client)}{name}"


def variables_of(client: str, environment: Mapping[str, str]) -> Mapping[str, str]:
    """The client's own variables by their names in its pack; none for an id that no client may have."""
    if not is_client_id(client):
        return {}
    prefix = _prefix(client)
    own = {key.removeprefix(prefix): value for key, value in environment.items() if key.startswith(prefix)}
    return {name: value for name, value in own.items() if is_variable_name(name)}


def _prefix(client: str) -> str:
    return f"{PREFIX}{client.upper().replace('-', '_')}__"
