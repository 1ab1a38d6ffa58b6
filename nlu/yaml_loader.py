"""Turns a pack's YAML 1.2 into Nodes that remember their lines, so that every complaint can point at its place."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.nodes import Node as YamlNode

from conversation.errors import PackInvalid
from conversation.packfile import Node, Problem, Problems
from nlu.characters import line_of, unseen
from nlu.pack_folder import read_folder
from nlu.variables import client_id, fill_environment

MAX_NODES = 100_000
MAX_TEXT = 8 * 1024 * 1024
"""Characters of all a file's values, aliases written out."""
MAX_DEPTH = 40
LARGEST = 10**15
_UNSEEN = "cannot be seen, and may not stand in a pack"
SHOWN = 40
_TAG = "tag:yaml.org,2002:"
_WITH_ENVIRONMENT = frozenset({"client.yml", "actions.yml", "endpoints.yml"})
_REMEMBERED = 128  # files; two versions of a pack mostly share theirs, and reading one takes tenths of a second


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
        root = _reader().compose(text)
    except _TooMuch as too_much:
        raise PackInvalid([Problem(file, too_much.line, str(too_much), too_much.hint)]) from too_much
    except MarkedYAMLError as error:
        raise PackInvalid([_syntax_problem(error, file)]) from error
    except (YAMLError, ValueError) as error:
        line = line_of(text, getattr(error, "position", 0))
        raise PackInvalid([Problem(file, line, f"is not YAML: {_first_line(error)}", "mend it there")]) from error
    if root is None:
        return Node({}, file, 1)
    builder = _Builder(file)
    node = builder.build(root, "", _line(root), frozenset())
    if builder.problems:
        raise PackInvalid(builder.problems)
    return node


def _unseen_in(path: str, text: str) -> list[Problem]:
    code = unseen(text)
    return [Problem(path, line_of(text), f"the character {code} {_UNSEEN}", "delete it")] if code else []


class _TooMuch(Exception):
    """A file that nobody wrote by hand; told before all of it is read."""

    def __init__(self, line: int, message: str, hint: str) -> None:
        self.line = line
        self.hint = hint
        super().__init__(message)


class _BoundedComposer(Composer):
    """Composing goes down with the nesting and keeps every value, so both have an end."""

    def __init__(self, loader: Any = None) -> None:
        super().__init__(loader=loader)
        self._depth = self._count = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        self._depth += 1
        self._count += 1
        if self._depth > MAX_DEPTH or self._count > MAX_NODES:
            line = int(self.parser.peek_event().start_mark.line) + 1
            if self._depth > MAX_DEPTH:
                raise _TooMuch(line, f"nested deeper than {MAX_DEPTH} levels", "no part of a pack needs that")
            raise _TooMuch(line, f"more than {MAX_NODES} values", "split the file")
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


def _reader() -> YAML:
    reader = YAML(typ="rt", pure=True)
    reader.Composer = _BoundedComposer
    return reader


def load_pack_files(source: Path | Mapping[str, str], environment: Mapping[str, str] | None = None) -> PackFiles:
    """All files of a pack, from its folder or from a mapping path → text. `${NAME:-default}` is replaced in
    client.yml, actions.yml and endpoints.yml from `environment`. Raises PackInvalid with every problem found.
    """
    texts = read_folder(source) if isinstance(source, Path) else dict(source)
    problems = Problems()
    nodes: dict[str, Node] = {}
    for path in sorted(texts):
        if not path.endswith((".yml", ".yaml")):
            problems.found += _unseen_in(path, texts[path])
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


class _Builder:
    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.count = 0
        self.size = 0

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
            self.see(name, _line(key))
            if name in entries:
                self.report(
                    _line(key), f"the key {name!r} stands here twice", f"the first is in line {entries[name].line}"
                )
                continue
            entries[name] = self.build(value, f"{path}.{name}".lstrip("."), _line(key), inside)
        return {**merged, **entries}

    def scalar(self, node: ScalarNode) -> Any:
        text, tag = str(node.value), str(node.tag).removeprefix(_TAG)
        self.size += len(text)
        if self.size > MAX_TEXT:
            hint = "write the values out, without aliases"
            raise PackInvalid([Problem(self.file, _line(node), f"more than {MAX_TEXT} characters", hint)])
        self.see(text, _line(node))
        if tag == "null":
            return None
        if tag == "bool":
            return text.lower() == "true"
        try:
            if tag == "int":
                return _bounded(_integer(text))
            if tag == "float":
                return _bounded(float(text.replace("_", "")))
        except ValueError:
            shown = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
            self.report(_line(node), f"{shown!r} is not a number one can count with", "put it in quotes if it is text")
        # Dates and unknown tags stay the text that was written: each reader knows what it expects.
        return text

    def see(self, text: str, line: int) -> None:
        if code := unseen(text):
            self.report(line, f"the character {code} {_UNSEEN}", "delete it")

    def report(self, line: int, message: str, hint: str) -> None:
        self.problems.append(Problem(self.file, line, message, hint))


def _bounded(number: float) -> float:
    """The number. Raises ValueError for one that no column holds."""
    if not abs(number) <= LARGEST:
        raise ValueError("too large, or none")
    return number


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
