"""Turns a pack's YAML 1.2 into Nodes that remember their lines, so that every complaint can point at its place."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.nodes import Node as YamlNode

from conversation.errors import PackInvalid
from conversation.packfile import Node, Problem, Problems
from nlu.variables import is_variable_name, variable_of

MAX_NODES = 100_000
MAX_FILE_BYTES = 8 * 1024 * 1024
_TAG = "tag:yaml.org,2002:"
_VARIABLE = re.compile(r"\$\{(?P<name>[^{}]*?)(?::-(?P<default>[^}]*))?\}")
_IDS = re.compile(r"(client|channels\[\d+\]|queues\[\d+\])\.id")
_PLATFORM_PREFIX = "SWITCHBOARD_"
_WITH_ENVIRONMENT = frozenset({"client.yml", "actions.yml", "endpoints.yml"})
_REMEMBERED = 128  # files; two versions of a pack mostly share theirs, and reading one takes tenths of a second
_KEPT = frozenset({".yml", ".yaml", ".md"})


@dataclass(frozen=True, slots=True)
class PackFiles:
    """A pack's files by their path inside it (`/` between parts): all texts, and the YAML ones as Nodes."""

    texts: Mapping[str, str]
    nodes: Mapping[str, Node] = field(default_factory=dict)
    warnings: tuple[Problem, ...] = ()

    def node(self, path: str) -> Node:
        """The root of one YAML file; an empty mapping if the pack has no such file."""
        return self.nodes.get(path, Node({}, path))

    def under(self, folder: str) -> Iterator[tuple[str, Node]]:
        """The YAML files below `folder`, in order of their paths."""
        for path in sorted(self.nodes):
            if path.startswith(f"{folder}/"):
                yield path, self.nodes[path]


def load_node(text: str, file: str) -> Node:
    """The document in `text` (an empty one is an empty mapping). `file` is only a name, for messages.

    Raises PackInvalid for wrong syntax, duplicate keys, several documents, and sizes nobody writes by hand.
    """
    return _document(text, file)


@lru_cache(maxsize=_REMEMBERED)
def _document(text: str, file: str) -> Node:
    try:
        root = YAML(typ="rt", pure=True).compose(text)
    except MarkedYAMLError as error:
        raise PackInvalid([_syntax_problem(error, file)]) from error
    except (YAMLError, ValueError) as error:
        raise PackInvalid([Problem(file, 0, f"is not YAML: {_first_line(error)}", "mend the syntax there")]) from error
    if root is None:
        return Node({}, file, 1)
    builder = _Builder(file)
    node = builder.build(root, "", _line(root), frozenset())
    if builder.problems:
        raise PackInvalid(builder.problems)
    return node


def load_pack_files(source: Path | Mapping[str, str], environment: Mapping[str, str] | None = None) -> PackFiles:
    """All files of a pack, from its folder or from a mapping path → text. `${NAME:-default}` is replaced in
    client.yml, actions.yml and endpoints.yml from `environment`. Raises PackInvalid with every problem found.
    """
    texts = read_folder(source) if isinstance(source, Path) else dict(source)
    problems = Problems()
    nodes: dict[str, Node] = {}
    for path in sorted(texts):
        if not path.endswith((".yml", ".yaml")):
            continue
        try:
            node = load_node(texts[path], path)
        except PackInvalid as invalid:
            problems.found.extend(invalid.problems)
            continue
        nodes[path] = node
    client = client_id(nodes.get("client.yml"))
    for path in _WITH_ENVIRONMENT & nodes.keys():
        nodes[path] = fill_environment(nodes[path], environment or {}, problems, client)
    if problems.errors:
        raise PackInvalid(problems.found)
    return PackFiles(texts, nodes, tuple(problems.found))


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


class _Builder:
    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.count = 0

    def build(self, node: YamlNode, path: str, line: int, above: frozenset[int]) -> Node:
        self.count += 1
        if id(node) in above or self.count > MAX_NODES:
            message = "an alias contains itself" if id(node) in above else f"more than {MAX_NODES} values"
            raise PackInvalid([Problem(self.file, line, message, "write the values out, without aliases")])
        inside = above | {id(node)}
        if isinstance(node, MappingNode):
            return Node(self.entries(node, path, inside), self.file, line, path)
        if isinstance(node, SequenceNode):
            items = (self.build(v, f"{path}[{i}]", _line(v), inside) for i, v in enumerate(node.value))
            return Node(tuple(items), self.file, line, path)
        assert isinstance(node, ScalarNode)
        return Node(self.scalar(node), self.file, line, path)

    def entries(self, node: MappingNode, path: str, inside: frozenset[int]) -> dict[str, Node]:
        entries: dict[str, Node] = {}
        merged: dict[str, Node] = {}
        for key, value in node.value:
            if key.tag == f"{_TAG}merge":
                for part in value.value if isinstance(value, SequenceNode) else [value]:
                    child = self.build(part, path, _line(key), inside)
                    merged = {**dict(child.items()), **merged}
                continue
            if not isinstance(key, ScalarNode):
                self.report(_line(key), "a key must be a single word", "write `key: value`")
                continue
            name = str(key.value)
            if name in entries:
                self.report(
                    _line(key), f"the key {name!r} stands here twice", f"the first is in line {entries[name].line}"
                )
                continue
            entries[name] = self.build(value, f"{path}.{name}".lstrip("."), _line(key), inside)
        return {**merged, **entries}

    def scalar(self, node: ScalarNode) -> Any:
        text, tag = str(node.value), str(node.tag).removeprefix(_TAG)
        if tag == "null":
            return None
        if tag == "bool":
            return text.lower() == "true"
        try:
            if tag == "int":
                return _integer(text)
            if tag == "float":
                return float(text.replace("_", "").replace(".inf", "inf").replace(".nan", "nan").replace(".NaN", "nan"))
        except ValueError:
            self.report(_line(node), f"{text!r} is not a number", "put it in quotes if it is text")
        # Dates and unknown tags stay the text that was written: each reader knows what it expects.
        return text

    def report(self, line: int, message: str, hint: str) -> None:
        self.problems.append(Problem(self.file, line, message, hint))


def _integer(text: str) -> int:
    plain = text.replace("_", "")
    sign = -1 if plain.startswith("-") else 1
    plain = plain.lstrip("+-")
    for prefix, base in (("0x", 16), ("0o", 8), ("0b", 2)):
        if plain.startswith(prefix):
            return sign * int(plain[2:], base)
    return sign * int(plain)


def _line(node: YamlNode) -> int:
    return int(node.start_mark.line) + 1


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _syntax_problem(error: MarkedYAMLError, file: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    what = " ".join(str(part) for part in (error.context, error.problem) if part) or "wrong syntax"
    hints = (
        ("\\t", "indent with spaces, YAML allows no tabs"),
        ("mapping values are not allowed", "put the value in quotes if it contains `: `"),
        ("cannot start any token", "put the value in quotes"),
        ("expected <block end>", "check the indentation of this line and of the ones above"),
        ("expected a single document", "one file holds one document: delete the `---`"),
        ("undefined alias", "define the anchor with & above, or put the value in quotes if it begins with *"),
    )
    hint = next((hint for sign, hint in hints if sign in what), "check the indentation, quotes and brackets there")
    return Problem(file, int(mark.line) + 1 if mark else 0, f"is not YAML: {what}", hint)


def read_folder(folder: Path) -> dict[str, str]:
    if not folder.is_dir():
        raise PackInvalid([Problem(str(folder), 0, "there is no such folder", "name the folder of a client pack")])
    texts: dict[str, str] = {}
    problems: list[Problem] = []
    for path in sorted(p for p in folder.rglob("*") if p.suffix in _KEPT and p.is_file()):
        inside = PurePosixPath(path.relative_to(folder).as_posix())
        if any(part.startswith((".", "_")) for part in inside.parts):
            continue
        try:
            texts[str(inside)] = _read_text(path)
        except (OSError, ValueError) as error:
            problems.append(Problem(str(inside), 0, f"cannot be read: {error}", "save it as UTF-8 text"))
    if problems:
        raise PackInvalid(problems)
    return texts


def _read_text(path: Path) -> str:
    data = path.read_bytes()
    if len(data) > MAX_FILE_BYTES:
        raise ValueError(f"{len(data)} bytes are more than {MAX_FILE_BYTES}")
    return data.decode("utf-8-sig")
