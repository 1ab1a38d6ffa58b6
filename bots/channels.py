"""The channels of a client pack: which platforms a client listens on, and with which tokens."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv6Address

from conversation.ids import ChannelId, ClientId
from conversation.message import ChannelKind
from conversation.packfile import Node, Problems

_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_ORIGIN = re.compile(r"(?P<scheme>https?)://(?P<host>[a-z0-9.-]+|\[[0-9a-f:.]+\])(:(?P<port>[0-9]{1,5}))?")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_USUAL_PORTS = {"http": 80, "https": 443}
_TELEGRAM_TOKEN = re.compile(r"[0-9]{1,20}:[A-Za-z0-9_-]+")
_SECRET_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
_KEYS = {
    ChannelKind.TELEGRAM: ("id", "kind", "token", "mode", "secret"),
    ChannelKind.SLACK: ("id", "kind", "bot_token", "app_token", "signing_secret", "mode"),
    ChannelKind.WEBCHAT: ("id", "kind", "origins", "greeting"),
}


class Mode(StrEnum):
    """How updates arrive: fetched by us (polling, socket) or brought by the platform (webhook, events)."""

    POLLING = "polling"
    WEBHOOK = "webhook"
    SOCKET = "socket"
    EVENTS = "events"


@dataclass(frozen=True, slots=True)
class TelegramChannel:
    """One Telegram bot. `secret` is what Telegram sends with each webhook call."""

    id: ChannelId
    client: ClientId
    token: str = field(default="", repr=False)
    mode: Mode = Mode.POLLING
    secret: str = field(default="", repr=False)

    @property
    def kind(self) -> ChannelKind:
        return ChannelKind.TELEGRAM

    @property
    def active(self) -> bool:
        return bool(self.token)


@dataclass(frozen=True, slots=True)
class SlackChannel:
    """One Slack app in one workspace. Socket Mode needs the app token, the Events API the signing secret."""

    id: ChannelId
    client: ClientId
    bot_token: str = field(default="", repr=False)
    app_token: str = field(default="", repr=False)
    signing_secret: str = field(default="", repr=False)
    mode: Mode = Mode.SOCKET

    @property
    def kind(self) -> ChannelKind:
        return ChannelKind.SLACK

    @property
    def active(self) -> bool:
        return bool(self.bot_token and (self.app_token if self.mode is Mode.SOCKET else self.signing_secret))


@dataclass(frozen=True, slots=True)
class WebChannel:
    """One web chat. `origins` may embed it: `*`, or scheme://host[:port]; `greeting` names a response."""

    id: ChannelId
    client: ClientId
    origins: tuple[str, ...] = ()
    greeting: str = "utter_greet"

    @property
    def kind(self) -> ChannelKind:
        return ChannelKind.WEBCHAT

    @property
    def active(self) -> bool:
        return True


ChannelConfig = TelegramChannel | SlackChannel | WebChannel


def platform_accounts(channel: ChannelConfig) -> Mapping[str, str]:
    """What the platform knows the channel by, as digests, and the key of client.yml each comes from. Two channels with
    one of them in common would take each other's messages. Never tells a token.
    """
    match channel:
        case TelegramChannel():
            number = channel.token.partition(":")[0].lstrip("0")  # a new token of the same bot is the same bot
            secrets = {"token": f"telegram:{number}"} if channel.token else {}
        case SlackChannel():
            known = {
                "bot_token": channel.bot_token,
                "app_token": channel.app_token,
                "signing_secret": channel.signing_secret,
            }
            secrets = {key: f"slack {key}:{secret}" for key, secret in known.items() if secret}
        case WebChannel():
            secrets = {}
    return {hashlib.sha256(secret.encode()).hexdigest(): key for key, secret in secrets.items()}


def parse_channels(node: Node | None, client: ClientId, problems: Problems) -> tuple[ChannelConfig, ...]:
    """The pack's `channels:`; what is wrong with them goes to `problems`, an inactive channel is a warning there."""
    if node is None:
        return ()
    if not node.is_list:
        problems.add(node, "channels must be a list", "write `- {id: …, kind: telegram|slack|webchat, …}`")
        return ()
    channels: list[ChannelConfig] = []
    for entry in node:
        channel = _channel(entry, client, problems)
        if channel is None:
            continue
        if any(channel.id == other.id for other in channels):
            problems.add(entry, f"the channel id {channel.id!r} is used twice", "give each channel its own id")
            continue
        _shared_accounts(entry, channel, channels, problems)
        channels.append(channel)
    return tuple(channels)


def _channel(entry: Node, client: ClientId, problems: Problems) -> ChannelConfig | None:
    if not entry.is_mapping:
        problems.add(entry, "a channel must be a mapping", "write `{id: …, kind: telegram|slack|webchat, …}`")
        return None
    before = len(problems.errors)
    name = _identifier(entry, problems)
    kind = _kind(entry, problems)
    if kind is None or len(problems.errors) > before:
        return None
    problems.unknown_keys(entry, _KEYS[kind])
    match kind:
        case ChannelKind.TELEGRAM:
            return _telegram(entry, name, client, problems)
        case ChannelKind.SLACK:
            return _slack(entry, name, client, problems)
        case ChannelKind.WEBCHAT:
            return _webchat(entry, name, client, problems)


def _shared_accounts(entry: Node, channel: ChannelConfig, others: list[ChannelConfig], problems: Problems) -> None:
    mine = platform_accounts(channel)
    for other in others:
        for key in sorted({mine[digest] for digest in mine.keys() & platform_accounts(other).keys()}):
            place = entry.get(key) or entry
            problems.add(place, f"the channel {other.id!r} has the same {key}", "one bot or app serves one channel")


def _identifier(entry: Node, problems: Problems) -> ChannelId:
    name = problems.text(entry, "id")
    if name and (not _ID.fullmatch(name) or name == "static"):
        hint = "use a-z, 0-9, - and _, at most 64 of them, for example alpenrad-web"
        problems.add(entry.get("id") or entry, f"{name!r} cannot be a channel id", hint)
    return ChannelId(name)


def _kind(entry: Node, problems: Problems) -> ChannelKind | None:
    kind = problems.text(entry, "kind")
    if kind in list(ChannelKind):
        return ChannelKind(kind)
    if kind:
        problems.add(entry, f"unknown kind of channel {kind!r}", f"known: {', '.join(ChannelKind)}")
    return None


def _mode(entry: Node, problems: Problems, *known: Mode) -> Mode:
    mode = problems.text(entry, "mode", known[0])
    if mode in known:
        return Mode(mode)
    problems.add(entry, f"unknown mode {mode!r}", f"known here: {', '.join(known)}")
    return known[0]


def _telegram(entry: Node, name: ChannelId, client: ClientId, problems: Problems) -> TelegramChannel:
    channel = TelegramChannel(
        id=name,
        client=client,
        token=problems.text(entry, "token", "").strip(),
        mode=_mode(entry, problems, Mode.POLLING, Mode.WEBHOOK),
        secret=problems.text(entry, "secret", "").strip(),
    )
    if not channel.active:
        _inactive(entry, problems, "token")
    elif not _TELEGRAM_TOKEN.fullmatch(channel.token):
        problems.add(entry, "this is not a Telegram bot token", "BotFather gives one like 123456:ABC-DEF…")
    elif channel.mode is Mode.WEBHOOK and not channel.secret:
        problems.add(entry, "a webhook needs a secret", "set `secret:` to 1-256 letters, digits, _ or -")
    if not set(channel.secret) <= _SECRET_CHARACTERS or len(channel.secret) > 256:
        problems.add(entry, "Telegram refuses this secret", "use 1-256 letters, digits, _ or -")
    return channel


def _slack(entry: Node, name: ChannelId, client: ClientId, problems: Problems) -> SlackChannel:
    channel = SlackChannel(
        id=name,
        client=client,
        bot_token=problems.text(entry, "bot_token", "").strip(),
        app_token=problems.text(entry, "app_token", "").strip(),
        signing_secret=problems.text(entry, "signing_secret", "").strip(),
        mode=_mode(entry, problems, Mode.SOCKET, Mode.EVENTS),
    )
    needed = "app_token" if channel.mode is Mode.SOCKET else "signing_secret"
    if not channel.bot_token:
        _inactive(entry, problems, "bot_token")
    elif not channel.active:
        problems.add(entry, f"mode {channel.mode} needs {needed!r}", f"set `{needed}:`, or the other mode")
    if channel.bot_token and not channel.bot_token.startswith("xoxb-"):
        problems.add(entry, "this is not a bot token", "Slack's bot tokens start with xoxb-")
    if channel.app_token and not channel.app_token.startswith("xapp-"):
        problems.add(entry, "this is not an app-level token", "Slack's app-level tokens start with xapp-")
    return channel


def _webchat(entry: Node, name: ChannelId, client: ClientId, problems: Problems) -> WebChannel:
    node = entry.get("origins")
    origins = tuple(filter(None, (_origin(child, problems) for child in node))) if node is not None else ()
    return WebChannel(name, client, origins, problems.text(entry, "greeting", "utter_greet"))


def _origin(node: Node, problems: Problems) -> str:
    """An origin as browsers send it. It goes into headers (CORS, frame-ancestors), so nothing else may stand in it."""
    written = str(node.value).removesuffix("/") if node.is_scalar else ""
    match = _ORIGIN.fullmatch(written.lower())
    port = match["port"] if match is not None else None
    if written == "*":
        return written
    if match is None or not _is_host(match["host"]) or (port is not None and not 0 < int(port) < 65536):
        problems.add(node, f"{written!r} is not an origin", 'write https://shop.example, or "*" for any site')
        return ""
    usual = port is None or int(port) == _USUAL_PORTS[match["scheme"]]
    return f"{match['scheme']}://{match['host']}" + ("" if usual else f":{int(port or 0)}")


def _is_host(host: str) -> bool:
    """A name of labels, an IPv4 address, or an IPv6 address in brackets; no wildcard."""
    if host.startswith("["):
        try:
            return IPv6Address(host[1:-1]).scope_id is None
        except ValueError:
            return False
    return len(host) <= 253 and all(_LABEL.fullmatch(label) for label in host.split("."))


def _inactive(entry: Node, problems: Problems, key: str) -> None:
    problems.add(entry, f"the channel is inactive: its {key} is empty", "set the variable it comes from", warning=True)
