"""Prepared answers, filled with the names at hand."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from conversation.ids import ClientId

_PLACE = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class Macro:
    """One prepared answer in one language ("" for any). A `holding` one promises an answer instead of giving it, so it
    never stops a clock. `text` may name {customer_name}, {agent_name} and {client_name}.
    """

    client: ClientId
    key: str
    title: str
    text: str
    language: str = ""
    holding: bool = False

    def filled(self, values: Mapping[str, str]) -> str:
        """The text with its places filled; a place nobody knows stays as it is, for the agent to see."""
        return _PLACE.sub(lambda match: values.get(match[1]) or match[0], self.text)
