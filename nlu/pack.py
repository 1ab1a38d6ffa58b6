"""A client pack as the bot uses it: all of its files read and checked against each other."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from conversation.errors import PackInvalid
from conversation.packfile import Node, Problem, Problems
from nlu.action_file import DeclaredAction, parse_actions
from nlu.crosscheck import cross_check
from nlu.domain import Domain, parse_domain
from nlu.flows import Flow, parse_flows
from nlu.knowledge import Article, Knowledge, parse_article
from nlu.naming import Names, names, spoken
from nlu.profile import Profile, parse_profile
from nlu.responses import Responses
from nlu.training_data import Example, NamedPattern, TrainingData, parse_training_data
from nlu.web_address import shown, wrong_address
from nlu.yaml_loader import PackFiles, load_pack_files


@dataclass(frozen=True)
class Pack:
    """Everything the bot of one client is made of. `digest` changes with any file; `action_server` is the URL of
    `endpoints.yml`, empty if there is none.
    """

    files: PackFiles
    profile: Profile
    domain: Domain
    flows: Mapping[str, Flow]
    data: TrainingData
    actions: Mapping[str, DeclaredAction]
    action_server: str
    knowledge: Knowledge
    digest: str
    warnings: tuple[Problem, ...] = ()
    triggers: Mapping[str, Flow] = field(init=False, repr=False)
    responses: Responses = field(init=False, repr=False)

    def __post_init__(self) -> None:
        triggers = {intent: flow for flow in self.flows.values() for intent in flow.triggers}
        object.__setattr__(self, "triggers", triggers)
        object.__setattr__(self, "responses", Responses(self.domain.responses, self.profile.languages))

    @cached_property
    def derived(self) -> dict[Any, Any]:
        """What others work out of the pack once, under keys of their own."""
        return {}

    @cached_property
    def value_kinds(self) -> Mapping[str, str]:
        """The kinds of values by which the steps read slots."""
        return {c.slot: c.value for flow in self.flows.values() for c in flow.collects if c.value}

    @cached_property
    def names(self) -> Mapping[str, Names]:
        """The words by which people name each intent."""
        return names(self.data.examples, self.profile.languages)

    @cached_property
    def words(self) -> frozenset[str]:
        """The words that its examples have more than once: none of them is a slip of the finger."""
        return spoken(self.data.examples)


def load_pack(source: Path | Mapping[str, str], environment: Mapping[str, str] | None = None) -> Pack:
    """A pack from its folder or from a mapping path → text. Raises PackInvalid with every error, all files together."""
    pack, problems = read_pack(source, environment)
    if pack is None:
        raise PackInvalid([p for p in problems if not p.warning])
    return pack


def validate(source: Path | Mapping[str, str], environment: Mapping[str, str] | None = None) -> list[Problem]:
    """Everything wrong or doubtful with a pack's NLU files and dialogue, by file and line; empty if all is well."""
    return read_pack(source, environment)[1]


def read_pack(
    source: Path | Mapping[str, str], environment: Mapping[str, str] | None = None
) -> tuple[Pack | None, list[Problem]]:
    """The pack, or None if it has errors; and everything wrong or doubtful."""
    try:
        files = load_pack_files(source, environment)
    except PackInvalid as invalid:
        return None, sorted(invalid.problems)
    problems = Problems(list(files.warnings))
    pack = _parse(files, problems)
    cross_check(pack.domain, pack.flows, pack.data, pack.actions, pack.action_server, pack.profile, problems)
    _check_reserved(pack, problems)
    _check_articles(pack, problems)
    found = sorted(set(problems.found))
    if problems.errors:
        return None, found
    object.__setattr__(pack, "warnings", tuple(found))
    return pack, found


def _parse(files: PackFiles, problems: Problems) -> Pack:
    articles = [a for path, text in _articles(files) if (a := parse_article(text, path, problems)) is not None]
    return Pack(
        files=files,
        profile=parse_profile(files.node("client.yml"), problems),
        domain=parse_domain(_either(files, "domain", problems), problems),
        flows=parse_flows(_optional(files, "flows"), problems),
        data=_training_data(files, problems),
        actions=parse_actions(files.node("actions.yml"), problems),
        action_server=_action_server(files.node("endpoints.yml"), problems),
        knowledge=Knowledge(tuple(articles)),
        digest=digest(files.texts),
    )


def digest(texts: Mapping[str, str]) -> str:
    """A hash over all files of a pack, by path."""
    total = hashlib.sha256()
    for path in sorted(texts):
        total.update(f"{path}\0{len(texts[path])}\0{texts[path]}\0".encode())
    return total.hexdigest()


def _either(files: PackFiles, name: str, problems: Problems) -> list[Node]:
    found = _optional(files, name)
    if not found:
        problems.add(files.node(f"{name}.yml"), "the pack has no such file", f"write {name}.yml or {name}/*.yml")
    return found


def _optional(files: PackFiles, name: str) -> list[Node]:
    single = files.nodes.get(f"{name}.yml")
    return [*([single] if single else []), *(node for _, node in files.under(name))]


def _articles(files: PackFiles) -> Iterator[tuple[str, str]]:
    for path in sorted(files.texts):
        if path.startswith("knowledge/") and path.endswith(".md"):
            yield path, files.texts[path]


def _training_data(files: PackFiles, problems: Problems) -> TrainingData:
    examples: list[Example] = []
    regexes: list[NamedPattern] = []
    synonyms: dict[str, str] = {}
    lookups: dict[str, tuple[str, ...]] = {}
    paths = [p for p in sorted(files.nodes) if p == "nlu.yml" or p.startswith("nlu/")]
    if not paths:
        problems.add(files.node("nlu.yml"), "the pack has no training examples", "write nlu/de.yml and nlu/en.yml")
    for path in paths:
        data, found = _parsed(files.texts[path], path)
        problems.found.extend(found)
        examples.extend(data.examples)
        regexes.extend(r for r in data.regexes if r not in regexes)
        synonyms = {**data.synonyms, **synonyms}
        for name, values in data.lookups.items():
            lookups[name] = tuple(dict.fromkeys((*lookups.get(name, ()), *values)))
    return TrainingData(tuple(examples), synonyms, tuple(regexes), lookups)


@lru_cache(maxsize=64)
def _parsed(text: str, path: str) -> tuple[TrainingData, tuple[Problem, ...]]:
    """One file's examples. Versions of a pack share most files, and a new one must be understood within a second."""
    data, found = parse_training_data(text, path)
    return data, tuple(found)


def _action_server(root: Node, problems: Problems) -> str:
    known = ("action_endpoint", "tracker_store", "event_broker", "lock_store", "models", "nlg", "nlu")
    problems.unknown_keys(root, known)
    endpoint = root.get("action_endpoint")
    if endpoint is None:
        return ""
    url = problems.text(endpoint, "url")
    if url and (wrong := wrong_address(url)):
        message = f"{shown(url)!r} is not a web address: {wrong}"
        problems.add(endpoint.get("url") or endpoint, message, "write http://host:5055/webhook")
    return url


def _check_reserved(pack: Pack, problems: Problems) -> None:
    bot = pack.files.node("client.yml").get("bot")
    for intent in (bot.get("reserved_intents") if bot is not None else None) or ():
        if str(intent.value) not in pack.domain.intents:
            message = f"the intent {str(intent.value)!r} is not in the domain"
            problems.add(intent, message, "list it there or delete it here")


def _check_articles(pack: Pack, problems: Problems) -> None:
    for article in pack.knowledge.articles:
        if article.language not in pack.profile.languages:
            _unspoken(article, pack.profile, problems)


def _unspoken(article: Article, profile: Profile, problems: Problems) -> None:
    languages = ", ".join(profile.languages)
    message = f"the article is in {article.language!r}, a language the client does not speak"
    problems.add(Node(None, article.file, 1), message, f"one of {languages}", warning=True)
