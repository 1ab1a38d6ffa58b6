"""A client pack as a whole: each room parses its own part, and the problems of all come back together."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from app.pack_lines import check_lines
from app.pack_secrets import FILES, check_secrets
from bots.channels import ChannelConfig, parse_channels
from bots.notices.addresses import Alerts, parse_alerts
from conversation.errors import PackInvalid
from conversation.ids import ClientId
from conversation.packfile import Node, Problem, Problems
from handoff.macro import Macro
from handoff.queue import Queue, parse_queues
from nlu.pack import Pack
from nlu.pack import read_pack as read_nlu_pack
from nlu.pack_folder import read_folder
from nlu.variables import client_id, variables_of
from nlu.versions.names import version_name
from nlu.yaml_loader import load_node
from sla.difference import Difference, forecast_difference, policy_difference, price_difference
from sla.forecast import Forecast, parse_forecast
from sla.pack import parse_policy
from sla.policy import Policy
from sla.prices import Prices, parse_prices

SECTIONS = (
    "client",
    "engine",
    "bot",
    "channels",
    "queues",
    "macros",
    "calendar",
    "sla",
    "prices",
    "forecast",
    "approval",
    "alerts",
)
_APPROVAL = ("required", "waived")
_MACRO_KEYS = ("key", "title", "text", "language", "holding")
_PACK_FILES = (".yml", ".yaml", ".md")


class Unusable(Exception):
    """A pack cannot be used; the text is one clear line, `problems` has the rest."""

    def __init__(self, message: str, problems: Sequence[Problem] = ()) -> None:
        self.problems = tuple(problems)
        super().__init__(message)


@dataclass(frozen=True)
class ClientPack:
    """One version of one client, parsed. `files` are its texts by path. In a directory, `nlu` is the bot that runs, the
    bot version `bot` with its `model` (a blob key): None if all its bots were refused, 0 if it is older than bot
    versions. `stricter` is the share of wrong answers it must keep, if stricter than its own.
    """

    id: ClientId
    name: str
    version: int
    files: Mapping[str, str]
    nlu: Pack
    queues: tuple[Queue, ...]
    channels: tuple[ChannelConfig, ...]
    macros: tuple[Macro, ...]
    policy: Policy | None
    prices: Prices | None
    model: str | None = None
    waives_approval: bool = False
    alerts: Alerts = field(default_factory=Alerts)
    forecast: Forecast | None = None
    bot: int | None = 0
    stricter: float | None = None

    @property
    def bot_name(self) -> str:
        """The running bot's name in the records; empty for one older than bot versions."""
        return version_name(self.bot, self.stricter) if self.bot else ""


def read_client_pack(
    source: Path | Mapping[str, str],
    environment: Mapping[str, str],
    *,
    version: int = 0,
    model: str | None = None,
) -> tuple[ClientPack | None, list[Problem]]:
    """The pack, None if it has errors; and everything wrong or doubtful with it, in order of files and lines.

    Of the environment a pack sees its client's own variables alone (nlu.variables): it must not be able to read another
    client's tokens, or the operator's.
    """
    pack, found = read_nlu_pack(source, own_variables(source, environment))
    if pack is None:
        return None, found
    problems = Problems()
    root = pack.files.node("client.yml")
    problems.unknown_keys(root, SECTIONS)
    client = pack.profile.id
    for name in FILES:
        check_secrets(pack.files.node(name), problems)
    check_lines(root, problems)
    _retention(root, problems)
    policy = parse_policy(root, problems)
    prices = parse_prices(root, problems)
    forecast = parse_forecast(root, problems)
    queues = parse_queues(root.get("queues"), problems, frozenset(pack.domain.intents))
    channels = parse_channels(root.get("channels"), client, problems)
    macros = _macros(root.get("macros"), client, problems)
    alerts = parse_alerts(root.get("alerts"), problems)
    approval = problems.text(root, "approval", "required")
    if approval not in _APPROVAL:
        problems.add(root.get("approval") or root, f"{approval!r} is not an approval", f"one of {', '.join(_APPROVAL)}")
    found = sorted({*found, *problems.found})
    if problems.errors:
        return None, found
    texts = dict(pack.files.texts)
    made = ClientPack(
        client,
        pack.profile.name,
        version,
        texts,
        pack,
        queues,
        channels,
        macros,
        policy,
        prices,
        model,
        waives_approval=approval == "waived",
        alerts=alerts,
        forecast=forecast,
    )
    return made, found


def terms_difference(before: ClientPack, after: ClientPack) -> list[Difference]:
    """The terms in which two versions of a pack differ: what a client has to approve."""
    approval = [("approval", _approval(before), _approval(after))] if _approval(before) != _approval(after) else []
    return [
        *(Difference(path, old, new) for path, old, new in approval),
        *_under("sla", policy_difference(before.policy, after.policy)),
        *_under("prices", price_difference(before.prices, after.prices)),
        *_under("forecast", forecast_difference(before.forecast, after.forecast)),
    ]


def _approval(pack: ClientPack) -> str:
    return "waived" if pack.waives_approval else "required"


def _under(part: str, found: Sequence[Difference]) -> list[Difference]:
    return [Difference(f"{part}.{d.path}", d.before, d.after) for d in found]


def bot_part(files: Mapping[str, str], engine: str, environment: Mapping[str, str] = os.environ) -> Pack:
    """The bot of a version's files, to be understood by `engine`. Raises Unusable, naming the first error."""
    pack, problems = read_nlu_pack(files, own_variables(files, environment))
    if pack is None:
        errors = [p for p in problems if not p.warning]
        raise Unusable(str(errors[0]), errors)
    choice = replace(pack.profile.engine, kind=engine)
    return replace(pack, profile=replace(pack.profile, engine=choice))


def policy_in(files: Mapping[str, str]) -> Policy | None:
    """What a pack's files promise, of a version that was in force once."""
    return parse_policy(load_node(files["client.yml"], "client.yml"), Problems())


def own_variables(source: Path | Mapping[str, str], environment: Mapping[str, str]) -> Mapping[str, str]:
    """The variables of the environment that a pack may use, by their names in it. None for a pack whose client.yml
    names no id that a client may have.
    """
    text = source.get("client.yml", "") if isinstance(source, Mapping) else (source / "client.yml").read_text("utf-8")
    try:
        return variables_of(client_id(load_node(text, "client.yml")), environment)
    except PackInvalid:
        return {}


def check_pack(folder: Path) -> list[Problem]:
    """Everything wrong or doubtful with the pack in `folder`. Raises Unusable when there is no pack."""
    require_folder(folder)
    return read_client_pack(folder, os.environ)[1]


def open_pack(folder: Path, environment: Mapping[str, str] = os.environ) -> ClientPack:
    """The pack in `folder`. Raises Unusable, naming the first error."""
    require_folder(folder)
    pack, problems = read_client_pack(folder, environment)
    if pack is None:
        refuse_problems(problems, folder)
        raise Unusable(f"{folder} cannot be read")
    return pack


def refuse_problems(problems: Sequence[Problem], folder: Path | str = "PACK") -> None:
    """Raises Unusable, naming the first error, if there is one."""
    errors = [p for p in problems if not p.warning]
    if errors:
        more = f" (and {len(errors) - 1} more: switchboard client validate {folder})" if len(errors) > 1 else ""
        raise Unusable(f"{errors[0]}{more}", errors)


def pack_texts(folder: Path) -> Mapping[str, str]:
    """The files of the pack in `folder`, unread. Raises Unusable."""
    require_folder(folder)
    try:
        return read_folder(folder)
    except PackInvalid as error:
        raise Unusable(str(error.problems[0]), error.problems) from error


def require_folder(folder: Path) -> None:
    """Raises Unusable unless `folder` holds a pack."""
    if not (folder / "client.yml").is_file():
        raise Unusable(f"{folder} is not a client pack: it has no client.yml")


def _retention(root: Node, problems: Problems) -> None:
    client = root.get("client")
    if client is not None and (days := client.get("retention_days")) is not None:
        message = "this has no effect yet: nothing is deleted by itself in this version"
        problems.add(days, message, "delete by hand what may not be kept longer", warning=True)


def _macros(node: Node | None, client: ClientId, problems: Problems) -> tuple[Macro, ...]:
    macros: list[Macro] = []
    for entry in node or ():
        problems.unknown_keys(entry, _MACRO_KEYS)
        holding = entry.get("holding")
        key = problems.text(entry, "key")
        title = problems.text(entry, "title", key)
        text, language = problems.text(entry, "text"), problems.text(entry, "language", "")
        macros.append(Macro(client, key, title, text, language, bool(holding and holding.value is True)))
    return tuple(macros)
