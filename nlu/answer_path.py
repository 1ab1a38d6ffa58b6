"""JMESPath into the answers of actions, as far as it cannot multiply an answer beyond what memory holds."""

from math import prod
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

MOST_LETTERS = 500
MOST_COPIES = 100
_SELECTS = ("multi_select_list", "multi_select_dict")


class PathRefused(ValueError):
    """The path cannot be used; the message says why, `hint` what would be right."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def require_path(path: str) -> None:
    """Raises PathRefused for what is not JMESPath, and for a path whose `[a, b]` and `{a: b}` may copy a part of the
    answer more than 100 times: twenty of them in a row would make a million.
    """
    if len(path) > MOST_LETTERS:
        raise PathRefused(
            f"it has more than {MOST_LETTERS} letters", "let the answer be simpler, or use an action server"
        )
    try:
        tree = jmespath.compile(path).parsed
        copies = _copies(tree)
    except JMESPathError as error:
        raise PathRefused(f"is not JMESPath: {str(error).splitlines()[0]}", "see https://jmespath.org") from error
    except RecursionError:
        raise PathRefused("it is nested too deep", "use fewer brackets") from None
    if copies > MOST_COPIES:
        message = f"its lists and objects together could copy the answer more than {MOST_COPIES} times"
        raise PathRefused(message, "write fewer `[a, b]` and `{a: b}`")


def _copies(node: Any) -> int:
    children = [child for child in node["children"] if isinstance(child, dict)]
    own = max(1, len(children)) if node["type"] in _SELECTS else 1
    return own * prod(map(_copies, children))
