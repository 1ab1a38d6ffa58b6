"""Reads Rasa's NLU training files, one source for every engine, and says exactly what is wrong in them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from conversation.errors import PackInvalid
from conversation.packfile import Problem
from nlu.patterns.errors import PatternRefused
from nlu.patterns.pattern import compile_pattern

_ITEM_KINDS = ("intent", "synonym", "regex", "lookup")
_ITEM_KEYS = (*_ITEM_KINDS, "examples", "metadata")
_ENTITY_KEYS = ("entity", "value", "role", "group")
_TOP_KEYS = (
    *("version", "nlu", "stories", "rules", "intents", "entities", "slots", "responses", "actions"),
    *("forms", "session_config", "e2e_actions", "config", "assistant_id", "language", "pipeline", "policies"),
)
_ANNOTATION = re.compile(
    r"\[(?P<text>[^\]]{1,500}?)\](?:\((?P<entity>[^:)]{1,200}?)(?::(?P<value>[^)]{1,500}))?\)"
    r"|\{(?P<one>[^}]{0,1000})\}|\[(?P<many>\s{0,20}\{.{0,1000}?\}\s{0,20})\])"
)
_OPENED = re.compile(r"\[[^\[\]]*\]([({])")


@dataclass(frozen=True, slots=True)
class Annotation:
    """An entity marked in an example: `text[start:end]`; `value` is what it stands for."""

    entity: str
    value: str
    start: int
    end: int
    role: str | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """One sentence of training data, without its markup, and where it stands."""

    text: str
    intent: str
    entities: tuple[Annotation, ...] = ()
    file: str = "-"
    line: int = 0


@dataclass(frozen=True, slots=True)
class NamedPattern:
    """A regular expression under the name of the entity that it finds."""

    name: str
    pattern: str
    file: str = "-"
    line: int = 0


@dataclass(frozen=True, slots=True)
class TrainingData:
    """Everything an engine learns from. Synonyms map a lower-cased spelling to the value it stands for."""

    examples: tuple[Example, ...] = ()
    synonyms: Mapping[str, str] = field(default_factory=dict)
    regexes: tuple[NamedPattern, ...] = ()
    lookups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def intents(self) -> tuple[str, ...]:
        """Names in order of first appearance."""
        return tuple(dict.fromkeys(example.intent for example in self.examples))


def load_training_data(paths: Iterable[Path]) -> TrainingData:
    """The data of all files (a folder stands for its *.yml and *.yaml); raises PackInvalid with every error found."""
    data, problems = read_training_data(paths)
    errors = [problem for problem in problems if not problem.warning]
    if errors:
        raise PackInvalid(errors)
    return data


def read_training_data(paths: Iterable[Path]) -> tuple[TrainingData, list[Problem]]:
    """What could be read, and everything wrong or doubtful on the way, errors and warnings."""
    reader = _Reader()
    for path in paths:
        for file in _files(path, reader):
            reader.read_file(file)
    return reader.finish()


def parse_training_data(text: str, file: str = "-") -> tuple[TrainingData, list[Problem]]:
    """Like read_training_data, for one file's text."""
    reader = _Reader()
    reader.read_text(text, file)
    return reader.finish()


def _files(path: Path, reader: _Reader) -> list[Path]:
    if path.is_dir():
        found = sorted(file for file in path.rglob("*") if file.suffix in {".yml", ".yaml"})
        if not found:
            reader.report(str(path), 0, "the folder holds no *.yml files", "put the training examples there")
        return found
    return [path]


@dataclass(slots=True)
class _Reader:
    problems: list[Problem] = field(default_factory=list)
    examples: list[Example] = field(default_factory=list)
    synonyms: dict[str, str] = field(default_factory=dict)
    regexes: list[NamedPattern] = field(default_factory=list)
    lookups: dict[str, list[str]] = field(default_factory=dict)
    file: str = "-"

    def report(self, file: str, line: int, message: str, hint: str = "", *, warning: bool = False) -> None:
        self.problems.append(Problem(file, line, message, hint, warning=warning))

    def error(self, line: int, message: str, hint: str = "") -> None:
        self.report(self.file, line, message, hint)

    def warn(self, line: int, message: str, hint: str = "") -> None:
        self.report(self.file, line, message, hint, warning=True)

    def finish(self) -> tuple[TrainingData, list[Problem]]:
        self._check_twins()
        lookups = {name: tuple(dict.fromkeys(values)) for name, values in self.lookups.items()}
        data = TrainingData(tuple(self.examples), dict(self.synonyms), tuple(self.regexes), lookups)
        return data, self.problems

    def read_file(self, path: Path) -> None:
        try:
            text = path.read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            self.report(str(path), 0, "there is no such file", "check the path")
        except UnicodeDecodeError as bad:
            self.report(str(path), 0, f"is not UTF-8 at byte {bad.start}", "save the file as UTF-8")
        except OSError as bad:
            self.report(str(path), 0, f"cannot be read: {bad.strerror}", "check its type and permissions")
        else:
            self.read_text(text, str(path))

    def read_text(self, text: str, file: str) -> None:
        self.file = file
        try:
            root = YAML(typ="rt", pure=True).compose(text)
        except MarkedYAMLError as bad:
            mark = bad.problem_mark or bad.context_mark
            self.error(
                mark.line + 1 if mark else 0, f"is not YAML: {bad.problem or bad.context}", "mend the syntax there"
            )
            return
        except YAMLError as bad:
            self.error(0, f"is not YAML: {str(bad).splitlines()[0]}", "mend the syntax there")
            return
        if root is not None:
            self._top(root)

    def _top(self, root: Node) -> None:
        if not isinstance(root, MappingNode):
            self.error(_line(root), "the file must be a mapping", 'begin with `version: "3.1"` and `nlu:`')
            return
        entries = self._entries(root)
        for key, (name, _) in entries.items():
            if key not in _TOP_KEYS:
                self.warn(_line(name), f"unknown key {key!r}", f"known here: {', '.join(_TOP_KEYS)}")
        if "version" in entries:
            self._version(entries["version"][1])
        if "nlu" not in entries:
            return
        items = entries["nlu"][1]
        if not isinstance(items, SequenceNode):
            self.error(_line(items), "`nlu` must be a list", "write `nlu:` and then `- intent: …` items")
            return
        for item in items.value:
            self._item(item)

    def _version(self, node: Node) -> None:
        if not isinstance(node, ScalarNode) or not _tag(node).endswith(":str"):
            self.error(_line(node), "`version` must be quoted text", 'write `version: "3.1"`')
        elif not re.fullmatch(r"[23](\.\d+)?", node.value) or node.value > "3.1":
            self.error(
                _line(node), f"version {node.value!r} is not known, Rasa would skip the file", 'write `version: "3.1"`'
            )

    def _entries(self, node: MappingNode) -> dict[str, tuple[Node, Node]]:
        entries: dict[str, tuple[Node, Node]] = {}
        for key, value in node.value:
            name = str(key.value)
            if name in entries:
                self.error(_line(key), f"the key {name!r} stands here twice", "keep one of them")
            entries[name] = (key, value)
        return entries

    def _item(self, node: Node) -> None:
        if not isinstance(node, MappingNode):
            self.error(
                _line(node), "each item of `nlu` must be a mapping", f"begin with one of {', '.join(_ITEM_KINDS)}"
            )
            return
        entries = self._entries(node)
        for key, (place, _) in entries.items():
            if key not in _ITEM_KEYS:
                self.error(_line(place), f"unknown key {key!r}", f"known here: {', '.join(_ITEM_KEYS)}")
        kinds = [kind for kind in _ITEM_KINDS if kind in entries]
        if len(kinds) != 1:
            self.error(_line(node), f"an item needs exactly one of {', '.join(_ITEM_KINDS)}", "split or name the item")
            return
        kind, (label, title) = kinds[0], entries[kinds[0]]
        name = self._name(kind, label, title)
        if name is None:
            return
        if "examples" not in entries:
            self.warn(_line(title), f"{kind} {name!r} has no examples", "add `examples: |` and lines `- …`")
            return
        found = list(self._lines(entries["examples"][1], f"{kind} {name!r}"))
        if not found:
            self.warn(_line(title), f"{kind} {name!r} has no examples", "add lines `- …`")
        self._take(kind, name, found)

    def _name(self, kind: str, label: Node, node: Node) -> str | None:
        if not isinstance(node, ScalarNode):
            self.error(_line(label), f"the name of the {kind} must be text", f"write `{kind}: some_name`")
            return None
        if not node.value.strip() or _tag(node).endswith(":null"):
            self.error(_line(label), f"the {kind} has no name", f"write `{kind}: some_name`")
            return None
        if kind == "intent" and _tag(node).endswith((":int", ":float")):
            self.error(_line(node), f"the intent {node.value} is a number", f'quote it: `intent: "{node.value}"`')
            return None
        return str(node.value).strip()

    def _lines(self, node: Node, owner: str) -> Iterator[tuple[int, str]]:
        if isinstance(node, SequenceNode):
            for item in node.value:
                yield from self._listed(item, owner)
        elif isinstance(node, ScalarNode):
            yield from self._block(node, owner)
        else:
            self.error(
                _line(node), f"examples of {owner} must be text or a list", "write `examples: |` and lines `- …`"
            )

    def _listed(self, item: Node, owner: str) -> Iterator[tuple[int, str]]:
        if isinstance(item, ScalarNode):
            yield _line(item), item.value.strip()
            return
        text = self._entries(item).get("text") if isinstance(item, MappingNode) else None
        if text is None or not isinstance(text[1], ScalarNode):
            self.error(_line(item), f"an example of {owner} has no text", "write `- text: |` and the sentence below it")
            return
        value = text[1].value.strip()
        yield _line(text[1]), value.removeprefix("- ")

    def _block(self, node: ScalarNode, owner: str) -> Iterator[tuple[int, str]]:
        literal = node.style == "|"
        first = _line(node) + 1 if literal else _line(node)
        for offset, raw in enumerate(node.value.split("\n")):
            line, text = (first + offset if literal else first), raw.strip()
            if not text or text.startswith("#"):
                continue
            if not text.startswith("-"):
                self.error(line, f"the line {_short(text)!r} of {owner} does not begin with '- '", "put '- ' before it")
                continue
            text = text[1:].strip()
            if text:
                yield line, text
            else:
                self.warn(line, f"an empty example of {owner}", "delete the line")

    def _take(self, kind: str, name: str, lines: Sequence[tuple[int, str]]) -> None:
        if kind == "intent":
            self.examples.extend(self._example(name, line, text) for line, text in lines)
        elif kind == "synonym":
            for line, text in lines:
                self._synonym(text, name, line)
        elif kind == "lookup":
            self.lookups.setdefault(name, []).extend(text for _, text in lines)
        else:
            self.regexes.extend(self._patterns(name, lines))

    def _patterns(self, name: str, lines: Sequence[tuple[int, str]]) -> Iterator[NamedPattern]:
        for line, text in lines:
            try:
                compile_pattern(text, ignore_case=True)
            except PatternRefused as refused:
                self.error(line, f"the regex {_short(text)!r} of {name!r} cannot be used: {refused}", refused.hint)
            else:
                yield NamedPattern(name, text, self.file, line)

    def _synonym(self, spelling: str, value: str, line: int) -> None:
        known = self.synonyms.setdefault(spelling.lower(), value)
        if known != value:
            self.warn(line, f"{spelling!r} stands for {known!r} already, not for {value!r}", "keep one of them")

    def _example(self, intent: str, line: int, marked: str) -> Example:
        plain, annotations, end = "", [], 0
        for match in _ANNOTATION.finditer(marked):
            plain += marked[end : match.start()]
            for entry in self._annotations(match, line):
                annotations.append(_annotation(entry, match["text"], len(plain)))
                if entry.get("value") is not None and annotations[-1].value != match["text"]:
                    self._synonym(match["text"], annotations[-1].value, line)
            plain += match["text"]
            end = match.end()
        plain += marked[end:]
        if _is_half_open(plain):
            self.warn(line, f"a bracket is not closed in {_short(marked)!r}", "write `[text](entity)`")
        return Example(plain, intent, tuple(annotations), self.file, line)

    def _annotations(self, match: re.Match[str], line: int) -> list[dict[str, Any]]:
        if match["entity"] is not None:
            return [{"entity": match["entity"].strip(), "value": match["value"]}]
        source = f"[{{{match['one']}}}]" if match["one"] is not None else f"[{match['many']}]"
        hint = 'write `[text]{"entity": "city", "role": "from"}`'
        try:
            entries = json.loads(source)
        except json.JSONDecodeError as bad:
            self.error(line, f"the annotation after [{match['text']}] is not JSON: {bad.msg}", hint)
            return []
        good = []
        for entry in entries:
            if not isinstance(entry.get("entity"), str) or not entry["entity"]:
                self.error(line, f"the annotation after [{match['text']}] names no entity", hint)
                continue
            if extra := [key for key in entry if key not in _ENTITY_KEYS]:
                self.warn(line, f"unknown key {extra[0]!r} in an annotation", f"known here: {', '.join(_ENTITY_KEYS)}")
            good.append(entry)
        return good

    def _check_twins(self) -> None:
        seen: dict[str, Example] = {}
        for example in self.examples:
            first = seen.setdefault(example.text.casefold(), example)
            if first.intent != example.intent:
                where = f"{first.file}:{first.line}" if first.file != example.file else f"line {first.line}"
                message = (
                    f"{_short(example.text)!r} is an example of {example.intent!r} and, in {where}, of {first.intent!r}"
                )
                self.report(example.file, example.line, message, "keep it under one intent", warning=True)


def _is_half_open(text: str) -> bool:
    """Whether a bracket is opened and not closed, or the other way round, as in markup that is not finished."""
    closed = {"(": text.rfind(")"), "{": text.rfind("}")}
    begun = any(opened.start(1) > closed[opened[1]] for opened in _OPENED.finditer(text))
    return begun or text.rfind("[") > text.rfind("]") or "](" in text.partition("[")[0]


def _annotation(entry: Mapping[str, Any], text: str, start: int) -> Annotation:
    value = entry.get("value")
    return Annotation(
        entity=entry["entity"],
        value=text if value is None else str(value),
        start=start,
        end=start + len(text),
        role=entry.get("role"),
        group=entry.get("group"),
    )


def _tag(node: Node) -> str:
    return str(node.tag)


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "…"
