"""An engine that understands the same text only once: variations of a conversation share most of their messages."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from conversation.understanding import Understanding
from nlu.engine import Engine


@dataclass
class CachedEngine:
    """The answers of `engine`, kept by text and language so far."""

    engine: Engine
    kept: dict[tuple[str, str | None], Understanding] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """See nlu.engine.Engine."""
        return self.engine.name

    def knows(self, word: str) -> bool:
        """See nlu.embedded.engine.EmbeddedEngine."""
        tell = getattr(self.engine, "knows", None)
        return tell is None or bool(tell(word))

    def parse(self, texts: Sequence[str], prior: Sequence[str | None] | None = None) -> list[Understanding]:
        """See nlu.engine.Engine."""
        keys = list(zip(texts, prior or [None] * len(texts), strict=True))
        new = list(dict.fromkeys(key for key in keys if key not in self.kept))
        if new:
            parsed = self.engine.parse([text for text, _ in new], [before for _, before in new])
            self.kept |= zip(new, parsed, strict=True)
        return [self.kept[key] for key in keys]
