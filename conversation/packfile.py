"""A client pack's YAML as values that remember their file and line, so that each room can say what is wrong."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

LONGEST = 400


@dataclass(frozen=True, order=True)
class Problem:
    """One thing wrong with a pack: where it stands, what is wrong, and what would be right. What it quotes is cut."""

    file: str
    line: int
    message: str
    hint: str = ""
    warning: bool = False

    def __post_init__(self) -> None:
        if len(self.message) > LONGEST:
            object.__setattr__(self, "message", f"{self.message[:LONGEST]}…")

    def __str__(self) -> str:
        kind = "warning: " if self.warning else ""
        return f"{self.file}:{self.line}: {kind}{self.message}{f' ({self.hint})' if self.hint else ''}"


@dataclass(frozen=True)
class Node:
    """A YAML value with its place. `value` is a plain scalar, a dict of Nodes or a tuple of Nodes.

    `path` is the dotted way to it, for messages; `written` is the text as it stands there if it names variables whose
    values are in `value`. Build from parsed YAML with a loader that knows lines
    (nlu.yaml_loader), or from plain values with `Node.of` (line 0), as tests do.
    """

    value: Any
    file: str = "-"
    line: int = 0
    path: str = ""
    written: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, value: Any, file: str = "-", path: str = "") -> "Node":
        """A node tree from plain dicts, lists and scalars."""
        if isinstance(value, Mapping):
            inner: Any = {str(k): cls.of(v, file, f"{path}.{k}".lstrip(".")) for k, v in value.items()}
        elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
            inner = tuple(cls.of(v, file, f"{path}[{i}]") for i, v in enumerate(value))
        else:
            inner = value
        return cls(inner, file, 0, path)

    @property
    def is_mapping(self) -> bool:
        return isinstance(self.value, dict)

    @property
    def is_list(self) -> bool:
        return isinstance(self.value, tuple)

    @property
    def is_scalar(self) -> bool:
        return not self.is_mapping and not self.is_list

    def get(self, key: str) -> "Node | None":
        """The child under `key` of a mapping, None if absent or if its value is null."""
        child = self.value.get(key) if self.is_mapping else None
        return None if child is None or child.value is None else child

    def items(self) -> Iterator[tuple[str, "Node"]]:
        """The entries of a mapping (none for anything else)."""
        yield from self.value.items() if self.is_mapping else ()

    def __iter__(self) -> Iterator["Node"]:
        """The elements of a list; a lone scalar or mapping counts as a list of one, null as none."""
        if self.is_list:
            yield from self.value
        elif self.value is not None:
            yield self

    def plain(self) -> Any:
        """The value without places: dicts, lists, scalars."""
        if self.is_mapping:
            return {k: v.plain() for k, v in self.value.items()}
        if self.is_list:
            return [v.plain() for v in self.value]
        return self.value

    def problem(self, message: str, hint: str = "", *, warning: bool = False) -> Problem:
        """A problem that points here."""
        return Problem(self.file, self.line, f"{self.path}: {message}" if self.path else message, hint, warning)


@dataclass
class Problems:
    """Collects what is wrong instead of stopping at the first thing."""

    found: list[Problem] = field(default_factory=list)

    def add(self, node: Node, message: str, hint: str = "", *, warning: bool = False) -> None:
        self.found.append(node.problem(message, hint, warning=warning))

    @property
    def errors(self) -> list[Problem]:
        return [p for p in self.found if not p.warning]

    @property
    def warnings(self) -> list[Problem]:
        return [p for p in self.found if p.warning]

    def unknown_keys(self, node: Node, known: Sequence[str]) -> None:
        """Reports each key of the mapping `node` that is not in `known`, with the known ones as a hint."""
        for key, child in node.items():
            if key not in known:
                self.add(child, f"unknown key {key!r}", f"known here: {', '.join(known)}")

    def text(self, node: Node, key: str, default: str | None = None) -> str:
        """The scalar under `key` as text; a problem when it is missing (without a default) or not a scalar."""
        child = node.get(key)
        if child is None:
            if default is None:
                self.add(node, f"{key!r} is missing", f"add `{key}: …`")
            return default or ""
        if not child.is_scalar:
            self.add(child, f"{key!r} must be a single value", f"write `{key}: …` on one line")
            return default or ""
        return str(child.value)
