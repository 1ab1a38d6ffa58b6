"""An expected wait that is honest: from who waits and who works, rounded up, and none where it would be a guess."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

DEFAULT_ANSWER_S = 120.0
DEFAULT_OCCUPIED_S = 900.0
STEPS_MINUTES = (1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240)


@dataclass(frozen=True, slots=True)
class Crowd:
    """What a queue looks like now: conversations `waiting` ahead, agents online who can serve it, their capacity in
    sum, how much of it is free, and recent means in seconds: from claim to first answer, and from claim to the end.
    """

    waiting: int = 0
    ready_agents: int = 0
    capacity: int = 0
    free: int = 0
    mean_answer_s: float | None = None
    mean_occupied_s: float | None = None

    @classmethod
    def of(cls, figures: Mapping[str, float]) -> "Crowd":
        """From the figures of `DeskReads.queue_stats`."""
        return cls(
            waiting=int(figures.get("waiting", 0)),
            ready_agents=int(figures.get("ready_agents", 0)),
            capacity=int(figures.get("capacity", 0)),
            free=int(figures.get("free", 0)),
            mean_answer_s=figures.get("mean_handle_s"),
            mean_occupied_s=figures.get("mean_occupied_s"),
        )


def expected_wait_s(crowd: Crowd) -> float | None:
    """Seconds until the next one to join is answered; None when nobody is there to answer.

    Free places are filled at once, each agent writing one first answer after the other. Those beyond them wait for
    places to become free: with c places in use for a mean of m seconds each, the k-th becomes free after about
    k * m / c (departures of a busy M/M/c queue, Kleinrock, Queueing Systems I, 3.5).
    """
    if crowd.ready_agents <= 0:
        return None
    place = crowd.waiting + 1
    answer = crowd.mean_answer_s or DEFAULT_ANSWER_S
    first_answers = math.ceil(max(min(place, crowd.free), 1) / crowd.ready_agents) * answer
    beyond = max(place - crowd.free, 0)
    occupied = max(crowd.mean_occupied_s or DEFAULT_OCCUPIED_S, answer)
    return first_answers + beyond * occupied / max(crowd.capacity, crowd.ready_agents)


def rounded_minutes(seconds: float) -> int:
    """Minutes as people say them: rounded up to the next of 1, 2, 3, 4, 5, 7, 10, … minutes, then to full hours."""
    minutes = max(seconds, 1.0) / 60
    for step in STEPS_MINUTES:
        if minutes <= step:
            return step
    return math.ceil(minutes / 60) * 60
