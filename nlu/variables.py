"""The environment variables of one client: `${NAME}` in its pack is SWITCHBOARD_CLIENT__<CLIENT>__<NAME>, nothing else.

A client's id has no `_` and no `--`, and a name no `__`: so a variable says in one way only whose it is, and no client
can read another's, or the operator's.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from conversation.packfile import Node, Problems

PREFIX = "SWITCHBOARD_CLIENT__"
LONGEST_ID = 40
_CLIENT = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_NAME = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")
_VARIABLE = re.compile(r"\$\{(?P<name>(?:[^{}:]|:(?!-)){0,200})(?::-(?P<default>[^}]{0,1000}))?\}")
_IDS = re.compile(r"(client|channels\[\d+\]|queues\[\d+\])\.id")
_PLATFORM_PREFIX = "SWITCHBOARD_"


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


def client_id(contract: Node | None) -> str:
    """The client's id as client.yml has it, empty if it has none."""
    client = contract.get("client") if contract is not None else None
    name = client.get("id") if client is not None else None
    return str(name.value) if name is not None and name.is_scalar else ""


def fill_environment(node: Node, environment: Mapping[str, str], problems: Problems, client: str = "") -> Node:
    """The same tree with each `${NAME}` and `${NAME:-default}` in its texts replaced, which the nodes remember.
    `environment` are the client's own variables (nlu.variables). A name without a value and without a default is a
    problem; so is one that no variable can have.
    """
    if node.is_mapping:
        filled = {key: fill_environment(child, environment, problems, client) for key, child in node.items()}
        return replace(node, value=filled)
    if node.is_list:
        return replace(node, value=tuple(fill_environment(v, environment, problems, client) for v in node.value))
    if not isinstance(node.value, str) or "${" not in node.value:
        return node

    if _IDS.fullmatch(node.path):
        problems.add(node, "an id is written out, without variables", "it must be the same everywhere and for good")
        return node

    def put(match: re.Match[str]) -> str:
        return _value(match["name"], match["default"], node, environment, problems, client)

    text = _VARIABLE.sub(put, node.value)
    if "${" in _VARIABLE.sub("", node.value):
        problems.add(node, "a variable is not closed", "write ${NAME} or ${NAME:-default}")
    return replace(node, value=text, written=node.value)


def _value(
    name: str, default: str | None, node: Node, environment: Mapping[str, str], problems: Problems, client: str
) -> str:
    if name.startswith(_PLATFORM_PREFIX):
        problems.add(node, f"${{{name}}} is a setting of the platform, a pack may not read it", "use another name")
        return ""
    if not is_variable_name(name):
        hint = "use capital letters, digits and single _, like ${TELEGRAM_TOKEN}"
        problems.add(node, f"{name!r} cannot be a variable's name", hint)
        return ""
    full = variable_of(client, name) if client else name
    if client and name.startswith(f"{client.upper().replace('-', '_')}_"):
        short = name[len(client) + 1 :]
        message = f"${{{name}}} repeats the client's id: it is read from {full}"
        problems.add(node, message, f"write ${{{short}}} and set {variable_of(client, short)}", warning=True)
    value = environment.get(name) or default
    if value is None:
        problems.add(node, f"the environment variable {full} is not set", f"set it, or write ${{{name}:-default}}")
    return value or ""


def _prefix(client: str) -> str:
    return f"{PREFIX}{client.upper().replace('-', '_')}__"
