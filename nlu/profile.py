"""Who the client is and how its bot may behave: the sections `client`, `engine` and `bot` of client.yml."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from conversation.clock import is_zone
from conversation.ids import ClientId
from conversation.packfile import Node, Problems
from nlu.dialogue.lexicon import LISTS
from nlu.variables import LONGEST_ID, is_client_id
from nlu.web_address import is_readable, shown, wrong_address

LANGUAGES = ("de", "en")
_CLIENT_KEYS = ("id", "name", "languages", "timezone", "accent", "retention_days", "tone")
_ENGINE_KEYS = ("kind", "url", "token", "jwt_secret", "fallback")
_BOT_KEYS = (
    *(
        "name",
        "wrong_answers",
        "max_turns",
        "max_failures",
        "reserved_intents",
        "urgent_intents",
        "anger",
        "vip",
        "csat",
    ),
    "words",
)
_CSAT = ("bot", "agent")
_ENGINES = ("embedded", "rasa")
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
_MANY_DAYS = 36_500
_MANY_TURNS = 10_000


@dataclass(frozen=True, slots=True)
class EngineChoice:
    """Which engine understands the client's customers; `fallback` is what happens while a server is down. A Rasa server
    started with `--auth-token` wants `token`, one with `--jwt-secret` wants `jwt_secret`.
    """

    kind: str = "embedded"
    url: str = ""
    token: str = field(default="", repr=False)
    fallback: str = "handoff"
    jwt_secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class BotRules:
    """`wrong_answers` is the share (0..1) of automatic answers that may be wrong; `max_turns` counts customer
    messages without anything being completed, `max_failures` answers to one question that were none, before a person
    takes over (0: one is offered at the third). Messages of `urgent_intents` reach a person at once. `csat`: whose
    resolutions the customer is asked about, `bot` and `agent`. `words` adds phrases to the dialogue's word lists, by
    language and list.
    """

    name: str = "Bot"
    wrong_answers: float = 0.03
    max_turns: int = 20
    max_failures: int = 0
    reserved_intents: frozenset[str] = frozenset()
    urgent_intents: frozenset[str] = frozenset()
    anger: bool = True
    vip: bool = True
    csat: frozenset[str] = frozenset()
    words: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Profile:
    """The client as its pack describes it. The first of `languages` is the default."""

    id: ClientId
    name: str
    languages: tuple[str, ...] = LANGUAGES
    timezone: str = "Europe/Berlin"
    accent: str = ""
    retention_days: int | None = None
    tone: Mapping[str, str] = field(default_factory=dict)
    engine: EngineChoice = EngineChoice()
    bot: BotRules = BotRules()

    def language(self, wanted: str | None) -> str:
        """`wanted` if the client speaks it, else its default language."""
        return wanted if wanted in self.languages else self.languages[0]


def parse_profile(root: Node, problems: Problems) -> Profile:
    """Reads client.yml's sections about client, engine and bot; the other sections belong to other rooms."""
    client = root.get("client")
    if client is None or not client.is_mapping:
        problems.add(root, "`client` is missing", "add `client: {id: …, name: …, languages: [de, en]}`")
        client = Node({}, root.file, root.line, "client")
    problems.unknown_keys(client, _CLIENT_KEYS)
    retention, tone = client.get("retention_days"), client.get("tone")
    name = problems.text(client, "name", "")
    return Profile(
        id=_id(client, problems),
        name=name or problems.text(client, "id", ""),
        languages=_languages(client, problems),
        timezone=_timezone(client, problems),
        accent=_accent(client, problems),
        retention_days=int(_number(retention, problems, low=1, high=_MANY_DAYS)) if retention else None,
        tone={key: str(value.value) for key, value in tone.items()} if tone else {},
        engine=_engine(root.get("engine"), problems),
        bot=_bot(root.get("bot"), name, problems),
    )


def _id(client: Node, problems: Problems) -> ClientId:
    name = problems.text(client, "id")
    if name and not is_client_id(name):
        hint = f"use a-z, 0-9 and single - between them, at most {LONGEST_ID}, for example alpenrad-shop"
        problems.add(client.get("id") or client, f"{name!r} cannot be a client's id", hint)
    return ClientId(name)


def _accent(client: Node, problems: Problems) -> str:
    """A colour goes into style sheets and pictures, so it is six hexadecimal digits and nothing else."""
    accent = problems.text(client, "accent", "")
    if accent and not _COLOUR.fullmatch(accent):
        problems.add(client.get("accent") or client, f"{accent!r} is not a colour", 'write `accent: "#1d4e89"`')
        return ""
    return accent


def _languages(client: Node, problems: Problems) -> tuple[str, ...]:
    node = client.get("languages")
    if node is None:
        return LANGUAGES
    for item in node:
        if item.value not in LANGUAGES:
            problems.add(item, f"the language {item.value!r} is not supported", f"one of {', '.join(LANGUAGES)}")
    return tuple(str(n.value) for n in node if n.value in LANGUAGES) or LANGUAGES


def _timezone(client: Node, problems: Problems) -> str:
    zone = problems.text(client, "timezone", "Europe/Berlin")
    if not is_zone(zone):
        problems.add(client.get("timezone") or client, f"unknown time zone {zone!r}", "for example Europe/Berlin")
        return "UTC"
    return zone


def _engine(node: Node | None, problems: Problems) -> EngineChoice:
    if node is None:
        return EngineChoice()
    problems.unknown_keys(node, _ENGINE_KEYS)
    kind = problems.text(node, "kind", "embedded")
    if kind not in _ENGINES:
        problems.add(node.get("kind") or node, f"unknown engine {kind!r}", f"one of {', '.join(_ENGINES)}")
    fallback = problems.text(node, "fallback", "handoff")
    if fallback not in ("handoff", "embedded"):
        problems.add(node.get("fallback") or node, f"unknown fallback {fallback!r}", "handoff or embedded")
    url = problems.text(node, "url", "")
    if kind == "rasa" and not url:
        problems.add(node, "the engine rasa needs `url`", "add `url: http://127.0.0.1:5005`")
    elif url and (wrong := _beyond_a_server(url)):
        problems.add(node.get("url") or node, wrong, 'write http://127.0.0.1:5005, and `token: "${NAME:-}"`')
    elif url and (wrong := wrong_address(url)):
        place = node.get("url") or node
        problems.add(place, f"{shown(url)!r} is not a web address: {wrong}", "write http://127.0.0.1:5005")
    token, secret = problems.text(node, "token", ""), problems.text(node, "jwt_secret", "")
    return EngineChoice(kind, url, token, fallback, secret)


def _beyond_a_server(url: str) -> str:
    """What of an address is more than a server's, empty if nothing is."""
    try:
        parts = urlsplit(url)
    except ValueError:  # half a bracket: no address at all, as is said then
        return ""
    if parts.scheme not in ("http", "https") or not is_readable(url):
        return ""
    if "@" in parts.netloc:
        return "a user or password here would lie in clear; write the token as `token:`"
    beyond = parts.query or parts.fragment
    return "a server's address has no ? and no #, where a token would lie in clear" if beyond else ""


def _bot(node: Node | None, client_name: str, problems: Problems) -> BotRules:
    if node is None:
        return BotRules(name=client_name or "Bot")
    problems.unknown_keys(node, _BOT_KEYS)
    wrong, turns = node.get("wrong_answers"), node.get("max_turns")
    anger, vip, failures = node.get("anger"), node.get("vip"), node.get("max_failures")
    return BotRules(
        name=problems.text(node, "name", client_name or "Bot"),
        wrong_answers=_number(wrong, problems, low=0.001, high=0.5) if wrong else 0.03,
        max_turns=int(_number(turns, problems, low=1, high=_MANY_TURNS)) if turns else 20,
        max_failures=int(_number(failures, problems, low=1, high=_MANY_TURNS)) if failures else 0,
        reserved_intents=frozenset(str(n.value) for n in node.get("reserved_intents") or ()),
        urgent_intents=frozenset(str(n.value) for n in node.get("urgent_intents") or ()),
        anger=not (anger and anger.value is False),
        vip=not (vip and vip.value is False),
        csat=_csat(node.get("csat"), problems),
        words=_words(node.get("words"), problems),
    )


def _words(node: Node | None, problems: Problems) -> dict[str, dict[str, tuple[str, ...]]]:
    """`words: {de: {yes: [jawoll]}}`: phrases a client's customers use beside those that are built in."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for language, lists in node.items() if node else ():
        problems.unknown_keys(lists, LISTS)
        found[language] = {name: tuple(str(p.value) for p in phrases) for name, phrases in lists.items()}
    return found


def _csat(node: Node | None, problems: Problems) -> frozenset[str]:
    if node is None or node.value is False:
        return frozenset()
    if node.value is True:
        return frozenset(_CSAT)
    wrong = [child for child in node if child.value not in _CSAT]
    if wrong:
        problems.add(wrong[0], f"{wrong[0].value!r} resolves nothing", f"true, false, or some of {', '.join(_CSAT)}")
    return frozenset(str(child.value) for child in node if child.value in _CSAT)


def _number(node: Node, problems: Problems, *, low: float, high: float = float("inf")) -> float:
    value = node.value
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        bound = f"at least {low:g}" if high == float("inf") else f"between {low:g} and {high:g}"
        problems.add(node, f"{value!r} must be a number, {bound}", "write it without quotes")
        return low
    return float(value)
