"""Finds every regular expression of the product's own code, and how it is used."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

ROOMS = ("accounts", "app", "bots", "clients", "conversation", "handoff", "nlu", "sla", "storage", "web")
METHODS = frozenset({"search", "match", "fullmatch", "sub", "subn", "split", "findall", "finditer"})
ANY_METHOD = frozenset({"search", "fullmatch", "finditer"})
"""Where a pattern is handed on, and nobody knows how it is used."""


@dataclass(frozen=True)
class Used:
    """A pattern, where it stands and which methods are called on it."""

    place: str
    pattern: re.Pattern[str]
    methods: frozenset[str]


def modules() -> Iterator[ModuleType]:
    for room in ROOMS:
        package = importlib.import_module(room)
        yield package
        for found in pkgutil.walk_packages(package.__path__, f"{room}."):
            if ".migrations" not in found.name and not found.name.endswith("__main__"):
                yield importlib.import_module(found.name)


def own_patterns() -> list[Used]:
    """All of them, a pattern that stands in several modules once for each use."""
    found: dict[tuple[str, int, frozenset[str]], Used] = {}
    for module in modules():
        tree = ast.parse(Path(str(module.__file__)).read_text("utf-8"))
        for used in (*_in_globals(module, tree), *_inline(module, tree)):
            found.setdefault((used.pattern.pattern, used.pattern.flags, used.methods), used)
    return list(found.values())


def _in_globals(module: ModuleType, tree: ast.Module) -> Iterator[Used]:
    for name, value in vars(module).items():
        for pattern in _within(value, set()):
            methods = _called(tree, name) if isinstance(value, re.Pattern) else frozenset()
            yield Used(f"{module.__name__}.{name}", pattern, methods or ANY_METHOD)


def _within(value: Any, seen: set[int]) -> Iterator[re.Pattern[str]]:
    if id(value) in seen or isinstance(value, ModuleType | type | str | bytes):
        return
    seen.add(id(value))
    if isinstance(value, re.Pattern):
        if isinstance(value.pattern, str):
            yield value
    elif isinstance(value, dict):
        for one in (*value.keys(), *value.values()):
            yield from _within(one, seen)
    elif isinstance(value, list | tuple | set | frozenset):
        for one in value:
            yield from _within(one, seen)
    elif is_dataclass(value) and type(value).__module__.split(".")[0] in ROOMS:
        for field in fields(value):
            yield from _within(getattr(value, field.name, None), seen)


def _called(tree: ast.Module, name: str) -> frozenset[str]:
    """Methods called on the global `name`; none known if it is handed on as a value."""
    called, handed_on = set(), False
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
            parent = parents[node]
            if isinstance(parent, ast.Attribute):
                called.add(parent.attr)
            else:
                handed_on = True
    return frozenset() if handed_on else frozenset(called & METHODS)


def _inline(module: ModuleType, tree: ast.Module) -> Iterator[Used]:
    """`re.sub(r"…", …)` inside functions. A pattern that is not written out there is evaluated with the module's names;
    where it depends on more, the test fails and says so.
    """
    top = {id(node) for statement in tree.body for node in ast.walk(statement) if not isinstance(statement, _BLOCKS)}
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and _is_re(node.func, module)) or id(node) in top or not node.args:
            continue
        method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if method not in METHODS | {"compile"}:
            continue
        place = f"{module.__name__}:{node.lineno}"
        source = _evaluated(node.args[0], module, place)
        yield Used(place, re.compile(source), ANY_METHOD if method == "compile" else frozenset({method}))


_BLOCKS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _is_re(function: ast.expr, module: ModuleType) -> bool:
    if not (isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name)):
        return False
    return vars(module).get(function.value.id) is re


def _evaluated(node: ast.expr, module: ModuleType, place: str) -> str:
    try:
        made = eval(compile(ast.Expression(node), place, "eval"), dict(vars(module)))
    except NameError:
        raise AssertionError(f"{place}: write the pattern as a constant of the module, so that it is tested") from None
    assert isinstance(made, str), place
    return made
