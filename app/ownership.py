"""Which of the channels that packs name are a client's own: an id and a bot serve one client, the others are off."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit

from app.packs import own_variables
from bots.channels import ChannelConfig, parse_channels, platform_accounts
from conversation.errors import PackInvalid
from conversation.ids import ChannelId, ClientId
from conversation.packfile import Node, Problem, Problems
from nlu.variables import client_id, fill_environment
from nlu.yaml_loader import load_node
from storage.channels import ChannelOwner, SqlChannelOwners
from storage.packs import PackVersions

FILE = "client.yml"


class Why(StrEnum):
    """Why a channel that a pack names is off; the admin page words it."""

    ID_TAKEN = "id_taken"
    ACCOUNT_TAKEN = "account_taken"
    NOT_RESERVED = "not_reserved"


WORDS = {
    Why.ID_TAKEN: "its id belongs to another client: give it another one in client.yml and apply the pack",
    Why.ACCOUNT_TAKEN: "another channel has the same bot or app: set another token",
    Why.NOT_RESERVED: "its id is nobody's yet: apply the pack",
}


@dataclass(frozen=True, slots=True)
class Withheld:
    """A channel that is off although its pack names it. `owner` is the client that has its id, or its bot."""

    channel: ChannelConfig
    why: Why
    owner: ClientId | None = None


def withheld(named: Iterable[ChannelConfig], owners: Mapping[ChannelId, ChannelOwner]) -> list[Withheld]:
    """The channels that are off of all that active packs name. Of those with the same bot or app the one that was
    there first keeps it: every process finds the same.
    """
    found: list[Withheld] = []
    own: list[tuple[datetime, ChannelId, ChannelConfig]] = []
    for channel in named:
        owner = owners.get(channel.id)
        if owner is None:
            found.append(Withheld(channel, Why.NOT_RESERVED))
        elif owner.client != channel.client:
            found.append(Withheld(channel, Why.ID_TAKEN, owner.client))
        else:
            own.append((owner.since, channel.id, channel))
    first: dict[str, ClientId] = {}
    for _, _, channel in sorted(own, key=lambda entry: entry[:2]):
        accounts = platform_accounts(channel)
        if taken := next((first[account] for account in accounts if account in first), None):
            found.append(Withheld(channel, Why.ACCOUNT_TAKEN, taken))
        else:
            first |= dict.fromkeys(accounts, channel.client)
    return found


class Ownership:
    """Compares a pack with what other clients have. What it says goes to whoever writes the pack, so it names no other
    client.
    """

    def __init__(self, owners: SqlChannelOwners, versions: PackVersions, environment: Mapping[str, str]) -> None:
        self._owners = owners
        self._versions = versions
        self._environment = environment

    async def problems(self, files: Mapping[str, str]) -> list[Problem]:
        """What the pack claims of other clients' channels, bots and engines, by line. None for a client.yml that cannot
        be read: that is another problem.
        """
        contract = _Contract.of(files, self._environment)
        if contract is None:
            return []
        problems = Problems()
        owners = await self._owners.owners()
        for channel, place in contract.channels:
            if (owner := owners.get(channel.id)) is not None and owner.client != contract.client:
                problems.add(
                    place.get("id") or place,
                    f"the channel id {channel.id!r} belongs to another client",
                    f"choose another id, for example {contract.client}-{channel.kind}",
                )
        for other in await self._others(contract):
            _compare(contract, other, problems)
        return problems.found

    async def _others(self, contract: "_Contract") -> Sequence["_Contract"]:
        """The contracts in force of the other clients, as far as this one can meet them."""
        if not contract.accounts and not contract.engine:
            return []
        others = [client for client in await self._versions.active_digests() if client != contract.client]
        versions = [await self._versions.active(client) for client in others]
        read = (_Contract.of(version.files, self._environment) for version in versions if version is not None)
        return [other for other in read if other is not None]


@dataclass(frozen=True)
class _Contract:
    """What of a client.yml must be the client's alone."""

    root: Node
    client: ClientId
    channels: tuple[tuple[ChannelConfig, Node], ...]

    @classmethod
    def of(cls, files: Mapping[str, str], environment: Mapping[str, str]) -> "_Contract | None":
        """Of a pack's files; None if its client.yml cannot be read."""
        try:
            root = load_node(files.get(FILE, ""), FILE)
        except PackInvalid:
            return None
        client = ClientId(client_id(root))
        filled = fill_environment(root, own_variables(files, environment), Problems())
        entries = {str(n.value): entry for entry in filled.get("channels") or () if (n := entry.get("id")) is not None}
        found = parse_channels(filled.get("channels"), client, Problems())
        return cls(filled, client, tuple((channel, entries[channel.id]) for channel in found))

    @property
    def accounts(self) -> dict[str, tuple[str, Node]]:
        """Digests of what platforms know this client by, and where that stands."""
        return {
            digest: (key, place.get(key) or place)
            for channel, place in self.channels
            for digest, key in platform_accounts(channel).items()
        }

    @property
    def engine(self) -> tuple[str, Node] | None:
        """The host and port of this client's own engine server, and where that stands."""
        engine = self.root.get("engine")
        kind, url = (engine.get("kind"), engine.get("url")) if engine is not None else (None, None)
        if kind is None or kind.value != "rasa" or url is None:
            return None
        try:
            parts = urlsplit(str(url.value))
            port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError:
            return None
        return f"{parts.hostname}:{port}", url


def _compare(contract: _Contract, other: _Contract, problems: Problems) -> None:
    theirs = other.accounts
    for digest, (key, place) in contract.accounts.items():
        if digest in theirs:
            problems.add(
                place, f"this {key} is in use by a channel of another client", "one bot or app serves one channel"
            )
    if contract.engine is not None and other.engine is not None and contract.engine[0] == other.engine[0]:
        problems.add(
            contract.engine[1],
            "this engine server is another client's: each would take the other's model from it",
            "one server serves one client",
        )
