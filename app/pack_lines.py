"""What client.yml calls things are single lines of a length that columns, headers and pages hold."""

import re
from collections.abc import Iterator

from conversation.packfile import Node, Problems

LONGEST_LINE = 1000
_SHORT = {"id": 64, "key": 64, "language": 16, "kind": 64, "mode": 64}
"""What stands in a column of its own."""
_LONG = re.compile(r"macros\[\d+\]\.text|client\.tone(\.\w+)?")
LONGEST_TEXT = 4000


def check_lines(root: Node, problems: Problems) -> None:
    """Reports texts with line breaks, which only macros and the tone may have, and texts that are too long."""
    for node in _scalars(root):
        text = node.value if isinstance(node.value, str) else ""
        free = _LONG.fullmatch(node.path) is not None
        if not free and re.search(r"[\r\n]", text):
            problems.add(node, "this must be a single line", "only a macro's text may have several")
        most = LONGEST_TEXT if free else _SHORT.get(node.path.rpartition(".")[2], LONGEST_LINE)
        if len(text) > most:
            problems.add(node, f"{len(text)} characters are more than {most}", "shorten it")


def _scalars(node: Node) -> Iterator[Node]:
    if node.is_mapping:
        for child in node.value.values():
            yield from _scalars(child)
    elif node.is_list:
        for child in node:
            yield from _scalars(child)
    else:
        yield node
