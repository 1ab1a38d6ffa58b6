"""What the simulated customers say: read from each pack's simulation.yml."""

from collections.abc import Sequence
from dataclasses import dataclass

from conversation.ids import ClientId
from conversation.message import ChannelKind
from conversation.packfile import Node, Problems

_CHANNELS = {"web": ChannelKind.WEBCHAT, "webchat": ChannelKind.WEBCHAT} | {k.value: k for k in ChannelKind}
_KEYS = ("name", "language", "channel", "says", "agent", "patience_minutes")


@dataclass(frozen=True, slots=True)
class Story:
    """One customer: what they write, turn by turn, and what an agent answers if it comes to a person
    (`{agent}` is that agent's first name).
    """

    client: ClientId
    language: str
    channel: ChannelKind
    says: tuple[str, ...]
    agent: tuple[str, ...]
    patience_minutes: float


def parse_stories(client: ClientId, node: Node, problems: Problems) -> Sequence[Story]:
    """The stories of one simulation.yml; what is wrong is reported to `problems`."""
    stories: list[Story] = []
    entries = node.get("stories") or node
    for entry in entries:
        if not entry.is_mapping:
            problems.add(entry, "a story must be a mapping", "write `- {language: de, channel: web, says: [...]}`")
            continue
        problems.unknown_keys(entry, _KEYS)
        channel = problems.text(entry, "channel", "web")
        if channel not in _CHANNELS:
            problems.add(entry, f"unknown channel {channel!r}", f"one of {', '.join(_CHANNELS)}")
            continue
        says, agent, patience = entry.get("says"), entry.get("agent"), entry.get("patience_minutes")
        if says is None:
            problems.add(entry, "the customer says nothing", "add `says: [...]`")
            continue
        stories.append(
            Story(
                client,
                problems.text(entry, "language", "en"),
                _CHANNELS[channel],
                tuple(str(line.value) for line in says),
                tuple(str(line.value) for line in agent or ()),
                float(patience.value) if patience else 10.0,
            )
        )
    return stories
