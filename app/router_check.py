"""Plays arrivals through the real router in virtual time: do the recommended agents reach what was promised?

Erlang's formulas know places, not people: this knows agents who serve some clients and not others, hold several chats
at once and write in one of them at a time, and a router that decides by priority, deadline and idleness.
"""

import heapq
import itertools
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from conversation.conversation import Priority
from conversation.ids import ClientId, ConversationId, UserId
from handoff.routing import Ready, Waiting, offers

_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
_LONGEST_QUEUE = 10_000


@dataclass(frozen=True, slots=True)
class Line:
    """One client's customers: when they come (seconds, ascending), and their mean patience (None: they wait)."""

    client: ClientId
    arrivals: Sequence[float]
    patience_s: float | None = None


@dataclass(frozen=True, slots=True)
class Colleague:
    """An agent at the desk for the whole time."""

    id: UserId
    clients: frozenset[ClientId]
    at_once: int


@dataclass(frozen=True, slots=True)
class Chat:
    """What a chat asks of an agent, in mean seconds of the whole chat: `work_s` of writing, one chat at a time, and
    `own_s` of the customer's own time, in `turns` parts on average. Times are exponential, turns geometric.
    """

    own_s: float
    work_s: float = 0.0
    turns: float = 1.0


@dataclass(frozen=True, slots=True)
class Reached:
    """What became of one client's customers: how many came, were given an agent within the target, and gave up."""

    offered: int
    within: int
    abandoned: int

    @property
    def share(self) -> float:
        return self.within / self.offered if self.offered else 1.0


def poisson(rate_per_s: float, seconds: float, seed: int) -> list[float]:
    """Arrivals by chance at a steady rate."""
    chance, at, found = random.Random(seed), 0.0, []  # noqa: S311  a simulation needs repeatable chance, not secrecy
    while (at := at + chance.expovariate(rate_per_s)) < seconds:
        found.append(at)
    return found


def play(
    lines: Sequence[Line],
    colleagues: Sequence[Colleague],
    chat: Chat,
    target_s: float,
    *,
    seed: int = 1,
    warm_up_s: float = 0.0,
) -> Mapping[ClientId, Reached]:
    """What each client's customers met; those who come before `warm_up_s` fill the house and are not counted."""
    return _Floor(lines, colleagues, chat, target_s, seed, warm_up_s).run()


@dataclass
class _Held:
    """A chat with an agent: how many more times the agent will have to write."""

    agent: UserId
    turns: int


@dataclass
class _Desk:
    """An agent's chats that wait for a line of theirs, the first of them being written."""

    to_write: list[_Held] = field(default_factory=list)


class _Floor:
    def __init__(
        self,
        lines: Sequence[Line],
        colleagues: Sequence[Colleague],
        chat: Chat,
        target_s: float,
        seed: int,
        warm_up_s: float,
    ) -> None:
        self._chance = random.Random(seed)  # noqa: S311  see above
        self._chat = chat
        self._target_s = target_s
        self._warm_up_s = warm_up_s
        self._now = 0.0
        self._numbers = itertools.count()
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._waiting: dict[ConversationId, Waiting] = {}
        self._since: dict[ConversationId, float] = {}
        self._desks = {one.id: _Desk() for one in colleagues}
        self._ready = {
            one.id: Ready(one.id, one.clients, frozenset(), frozenset(), 0, one.at_once, _EPOCH) for one in colleagues
        }
        self._reached = {line.client: [0, 0, 0] for line in lines}
        for line in lines:
            for at in line.arrivals:
                self._at(at, lambda line=line: self._arrive(line))  # type: ignore[misc]  # no default can be typed here

    def run(self) -> Mapping[ClientId, Reached]:
        while self._events:
            self._now, _, act = heapq.heappop(self._events)
            act()
        return {client: Reached(*counts) for client, counts in self._reached.items()}

    def _at(self, at: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._events, (at, next(self._numbers), act))

    def _arrive(self, line: Line) -> None:
        id_ = ConversationId(f"{next(self._numbers):09}")
        now = _EPOCH + timedelta(seconds=self._now)
        due = now + timedelta(seconds=self._target_s)
        self._waiting[id_] = Waiting(id_, line.client, Priority.NORMAL, now, due_at=due)
        self._since[id_] = self._now
        if self._now >= self._warm_up_s:
            self._reached[line.client][0] += 1
        if line.patience_s is not None:
            self._at(self._now + self._chance.expovariate(1 / line.patience_s), lambda: self._give_up(id_))
        if len(self._waiting) > _LONGEST_QUEUE:
            raise ValueError(f"more than {_LONGEST_QUEUE} customers wait: these agents can never serve such arrivals")
        self._route()

    def _give_up(self, id_: ConversationId) -> None:
        left = self._waiting.pop(id_, None)
        if left is not None and self._since[id_] >= self._warm_up_s:
            self._reached[left.client][2] += 1

    def _route(self) -> None:
        """Asks the router as the desk does; every offer is accepted at once."""
        if not self._waiting:
            return
        for offer in offers(self._waiting.values(), list(self._ready.values())):
            taken, agent = self._waiting.pop(offer.conversation), self._ready[offer.agent]
            assert agent.free > 0, "the router offered beyond an agent's capacity"
            self._ready[agent.agent] = replace(
                agent, load=agent.load + 1, idle_since=_EPOCH + timedelta(seconds=self._now)
            )
            since = self._since.pop(offer.conversation)
            if since >= self._warm_up_s and self._now - since <= self._target_s:
                self._reached[taken.client][1] += 1
            self._ask(_Held(agent.agent, self._turns()))

    def _turns(self) -> int:
        turns = 1
        while self._chance.random() > 1 / self._chat.turns:
            turns += 1
        return turns

    def _ask(self, held: _Held) -> None:
        """The agent owes this chat a line, and writes it when those before it are written."""
        if not self._chat.work_s:
            self._at(self._now + self._some(self._chat.own_s), lambda: self._end(held))
            return
        desk = self._desks[held.agent]
        desk.to_write.append(held)
        if len(desk.to_write) == 1:
            self._write(held)

    def _write(self, held: _Held) -> None:
        self._at(self._now + self._some(self._chat.work_s / self._chat.turns), lambda: self._written(held))

    def _written(self, held: _Held) -> None:
        desk = self._desks[held.agent]
        desk.to_write.pop(0)
        if desk.to_write:
            self._write(desk.to_write[0])
        held.turns -= 1
        if held.turns:
            own_s = self._some(self._chat.own_s / (self._chat.turns - 1))
            self._at(self._now + own_s, lambda: self._ask(held))
        else:
            self._end(held)

    def _end(self, held: _Held) -> None:
        agent = self._ready[held.agent]
        self._ready[held.agent] = replace(agent, load=agent.load - 1)
        self._route()

    def _some(self, mean_s: float) -> float:
        return self._chance.expovariate(1 / mean_s) if mean_s else 0.0
