"""How many agents an hour needs to keep its target, from arrivals, handling times and patience."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from sla.errors import SlaError

_MOST_AGENTS = 100_000
_NEGLIGIBLE = 1e-16
_SIMPSON_STEPS = 400
_E_FOLDS = 40.0
_HALVINGS = 40


@dataclass(frozen=True, slots=True)
class Load:
    """An interval's work: customers arriving per second, mean handling time and mean patience in seconds (None:
    nobody gives up). `concurrency` is how many chats an agent has at once; `handling_s` is one chat's length then.
    """

    arrivals_per_s: float
    handling_s: float
    patience_s: float | None = None
    concurrency: int = 1

    @property
    def erlangs(self) -> float:
        """Offered load: the mean number of chats that would be going on if nobody ever waited."""
        return self.arrivals_per_s * self.handling_s


@dataclass(frozen=True, slots=True)
class Forecast:
    """What `agents` would achieve: the share answered within the target, the chance of waiting, the mean wait (of all
    customers), the share who give up, and how busy the chat places are.
    """

    agents: int
    within_target: float
    waiting: float
    mean_wait_s: float
    abandoned: float
    occupancy: float


def chat_length_s(work_s: float, own_s: float, at_once: int) -> float:
    """How long a chat lasts while its agent has `at_once` of them, in seconds: in each the agent writes for `work_s` in
    all, one chat at a time, and the customer reads, writes and looks things up for `own_s`.

    A closed queue of one server and `at_once` customers who come back after their own time; exact mean value analysis
    (Reiser and Lavenberg, Mean-Value Analysis of Closed Multichain Queuing Networks, JACM 27, 1980, sec. 2).
    """
    if work_s < 0 or own_s < 0 or at_once < 1:
        raise SlaError("a chat needs times >= 0 s and at least one at once")
    length, before = work_s + own_s, 0.0
    for chats in range(1, at_once + 1):
        at_agent = work_s * (1.0 + before)
        length = at_agent + own_s
        before = chats * at_agent / length if length else 0.0
    return length


def erlang_b(servers: int, erlangs: float) -> float:
    """The chance that all of `servers` are busy when nobody queues (Erlang 1917), by the stable recursion
    1/B(n) = 1 + n / (a B(n-1)) with B(0) = 1 (Cooper, Introduction to Queueing Theory, 1981, ch. 3).
    """
    if erlangs <= 0:
        return 1.0 if servers == 0 else 0.0
    inverse = 1.0
    for n in range(1, servers + 1):
        inverse = 1.0 + inverse * n / erlangs
        if math.isinf(inverse):
            return 0.0
    return 1.0 / inverse


def erlang_c(servers: int, erlangs: float) -> float:
    """The chance of having to wait when nobody gives up (Erlang 1917): C = nB / (n - a (1 - B)); 1 if a >= n."""
    if erlangs <= 0:
        return 0.0
    if erlangs >= servers:
        return 1.0
    b = erlang_b(servers, erlangs)
    return servers * b / (servers - erlangs * (1.0 - b))


def forecast(load: Load, agents: int, target_s: float) -> Forecast:
    """What `agents` achieve: Erlang A with patience, Erlang C without. Overload without patience never settles: then
    the mean wait is infinite and nobody is in time.
    """
    servers = agents * load.concurrency
    if load.erlangs <= 0:
        return Forecast(agents, 1.0, 0.0, 0.0, 0.0, 0.0)
    if load.patience_s is None:
        return _without_patience(load, agents, servers, target_s)
    return _with_patience(load, agents, servers, target_s, load.patience_s)


def agents_needed(load: Load, target_s: float, share: float, *, most_busy: float = 1.0, shrinkage: float = 0.0) -> int:
    """The fewest agents with which `share` (0..1) of customers are answered within `target_s` and places are at most
    `most_busy` occupied; `shrinkage` is the part of paid time agents are away (0.3 asks for 1/0.7 times as many).
    """
    if not (0 < share <= 1 and 0 < most_busy <= 1 and 0 <= shrinkage < 1 and target_s >= 0):
        raise SlaError("a staffing target needs a share and occupancy of 0..1, a shrinkage below 1 and a time >= 0 s")
    if load.erlangs <= 0:
        return 0

    def suffices(agents: int) -> bool:
        found = forecast(load, agents, target_s)
        return found.within_target >= share and found.occupancy <= most_busy

    return with_shrinkage(_smallest(suffices), shrinkage)


def with_shrinkage(present: int, shrinkage: float) -> int:
    """How many to schedule so that `present` are there when the part `shrinkage` of paid time is spent elsewhere."""
    return math.ceil(round(present / (1.0 - shrinkage), 9))


def _smallest(suffices: Callable[[int], bool]) -> int:
    """The first number that suffices; more agents never serve worse."""
    high = 1
    while not suffices(high):
        high *= 2
        if high > _MOST_AGENTS:
            raise SlaError(f"even {_MOST_AGENTS} agents would not keep this target")
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if suffices(middle) else (middle, high)
    return high


def _without_patience(load: Load, agents: int, servers: int, target_s: float) -> Forecast:
    if load.erlangs >= servers:
        return Forecast(agents, 0.0, 1.0, math.inf, 0.0, 1.0)
    waiting = erlang_c(servers, load.erlangs)
    spare = (servers - load.erlangs) / load.handling_s  # service rate left over, per second
    late = waiting * math.exp(-spare * target_s)
    return Forecast(agents, 1.0 - late, waiting, waiting / spare, 0.0, load.erlangs / servers)


def _with_patience(load: Load, agents: int, servers: int, target_s: float, patience_s: float) -> Forecast:
    """M/M/n+M (Palm 1946; Garnett, Mandelbaum and Reiman, Designing a Call Center with Impatient Customers, 2002).

    The stationary distribution follows from birth and death rates; the wait offered to a customer has the density
    lambda p(n-1) exp(lambda (1 - e^(-theta x)) / theta - n mu x) (Zeltyn and Mandelbaum 2005, eq. 3.2-3.4).
    """
    arrive, serve, leave = load.arrivals_per_s, 1.0 / load.handling_s, 1.0 / patience_s
    shares, log_last_free = _stationary(servers, arrive, serve, leave)
    waiting = math.fsum(shares[servers:])
    queue = math.fsum((k - servers) * p for k, p in enumerate(shares) if k > servers)
    busy = math.fsum(min(k, servers) * p for k, p in enumerate(shares))

    def log_served_at(x: float) -> float:
        pull = arrive * -math.expm1(-leave * x) / leave - servers * serve * x
        return math.log(arrive) + log_last_free + pull - leave * x

    peak = max(math.log(arrive / (servers * serve + leave)) / leave, 0.0)
    within = 1.0 - waiting + _mass(log_served_at, min(peak, target_s), target_s)
    return Forecast(agents, min(within, 1.0), waiting, queue / arrive, queue * leave / arrive, busy / servers)


def _stationary(servers: int, arrive: float, serve: float, leave: float) -> tuple[list[float], float]:
    """The share of time with k customers, k = 0, 1, ..., and the logarithm of that with one place free: weights as
    logarithms, so that nothing over- or underflows.
    """
    logs, k, top = [0.0], 0, 0.0
    while True:
        k += 1
        logs.append(logs[-1] + math.log(arrive / (min(k, servers) * serve + max(k - servers, 0) * leave)))
        top = max(top, logs[-1])
        if k > servers and logs[-1] < top + math.log(_NEGLIGIBLE) and logs[-1] < logs[-2]:
            break
    weights = [math.exp(log - top) for log in logs]
    total = math.fsum(weights)
    return [weight / total for weight in weights], logs[servers - 1] - top - math.log(total)


def _mass(log_density: Callable[[float], float], peak: float, end: float) -> float:
    """The integral from 0 to `end` of a density whose logarithm is concave, highest at `peak`: where it is negligible
    beside its peak is left out, so that few steps suffice however narrow it is.
    """
    low, high = (_falls(log_density, peak, edge) for edge in (0.0, end))
    step = (high - low) / _SIMPSON_STEPS
    inner = math.fsum((4 if n % 2 else 2) * math.exp(log_density(low + n * step)) for n in range(1, _SIMPSON_STEPS))
    return step / 3 * (math.exp(log_density(low)) + inner + math.exp(log_density(high)))


def _falls(log_density: Callable[[float], float], peak: float, edge: float) -> float:
    """How far towards `edge` the density is more than negligible."""
    floor = log_density(peak) - _E_FOLDS
    if log_density(edge) >= floor:
        return edge
    inside, outside = peak, edge
    for _ in range(_HALVINGS):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if log_density(middle) >= floor else (inside, middle)
    return outside
