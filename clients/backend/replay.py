"""Answers a repeated request with the first answer, so that a retry after a lost reply has no second effect."""

from collections import OrderedDict
from dataclasses import dataclass, field
from hashlib import sha256

_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Answer:
    """A response as it went out."""

    status: int
    body: bytes


@dataclass(slots=True)
class Replays:
    """The answers given under each idempotency key, the oldest forgotten first."""

    _answers: "OrderedDict[str, tuple[str, Answer]]" = field(default_factory=OrderedDict)

    def find(self, key: str, request: str) -> Answer | None:
        """The answer already given to this key; a key that comes back with another request gets 422."""
        known = self._answers.get(key)
        if known is None:
            return None
        if known[0] != request:
            return Answer(422, b'{"problem":"this Idempotency-Key was used for another request"}')
        return known[1]

    def keep(self, key: str, request: str, answer: Answer) -> None:
        """Remembers an answer; a server error is not one, the caller may try again."""
        if answer.status >= 500:
            return
        self._answers[key] = (request, answer)
        while len(self._answers) > _KEPT:
            self._answers.popitem(last=False)

    def forget(self) -> None:
        self._answers.clear()


def fingerprint(method: str, path: str, body: bytes) -> str:
    """What makes two requests the same request."""
    return sha256(b"\0".join((method.encode(), path.encode(), body))).hexdigest()
