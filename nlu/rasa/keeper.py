"""Keeps a Rasa server running the model that a client's active bot was judged with."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from nlu.rasa.errors import RasaDown, RasaRefused
from nlu.rasa.server import RasaServer, served_as

PROBE = "hello"
AGAIN_S = 30.0
"""After a model was given, so long until it is given again."""
STRANGE_S = 15.0
"""Another model must stand there so long before it is replaced: an activation swaps first, and is announced then."""
FIGHT_S, FIGHTS = 600.0, 3
"""Who gives a model so often in so many seconds fights with somebody else, and stops."""


@dataclass
class Keeper:
    """Of one server, which should run `model` (its file's name; empty: whatever it runs)."""

    server: RasaServer
    model: str
    clock: Callable[[], float] = time.monotonic
    _strange_since: float | None = field(default=None, init=False)
    _given: deque[float] = field(default_factory=lambda: deque(maxlen=FIGHTS), init=False)

    def look(self, *, keep: bool) -> None:
        """Returns if the server is up, runs the model and, after failures, answers a question again. With `keep` a
        server that runs no model is given it, and one that runs another for longer than an activation takes, too: it
        was restarted, or somebody changed it by hand. Raises RasaDown with what is wrong and what is done about it.
        """
        try:
            served = self.server.look()
        except RasaDown:
            self.server.breaker.failed()
            raise
        if self.model and served != self.model:
            if not keep or not self._may_give(served):
                raise RasaDown(self._told(served))
            self._give(served)
        self._strange_since = None
        if self.server.breaker.is_open:
            self.server.parse(PROBE, self.clock() + self.server.deadline)

    def _may_give(self, served: str) -> bool:
        now = self.clock()
        if self._strange_since is None:
            self._strange_since = now
        if served and now - self._strange_since < STRANGE_S:
            return False
        return not self._fights(now) and (not self._given or now - self._given[-1] >= AGAIN_S)

    def _fights(self, now: float) -> bool:
        return len(self._given) == FIGHTS and now - self._given[0] < FIGHT_S

    def _give(self, served: str) -> None:
        self._given.append(self.clock())
        try:
            self.server.swap(served_as(self.model))
        except RasaRefused as refused:
            raise RasaDown(f"{self._told(served)}; it does not take it back: {refused}") from refused
        self.server.look()

    def _told(self, served: str) -> str:
        told = self.server.strange(served, self.model)
        if self._fights(self.clock()):
            told += f"; it was given that {FIGHTS} times and lost it: does somebody else change it, or does it restart?"
        return told
