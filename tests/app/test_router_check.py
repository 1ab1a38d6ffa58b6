"""What Erlang's formulas promise is what the real router reaches with so many agents; the seeds are fixed."""

import math
import statistics
from collections.abc import Callable

import pytest

from app.router_check import Chat, Colleague, Line, Reached, play, poisson
from conversation.ids import ClientId, UserId
from sla.errors import SlaError
from sla.staffing import Load, agents_needed, chat_length_s, forecast

SHOP, BANK = ClientId("shop"), ClientId("bank")
TARGET_S, SHARE = 60.0, 0.9
RUNS, WARM_UP_S, SECONDS = 8, 2_000.0, 12_000.0


def crew(agents: int, *clients: ClientId, at_once: int = 1, name: str = "a") -> list[Colleague]:
    return [Colleague(UserId(f"{name}{n}"), frozenset(clients), at_once) for n in range(agents)]


def replications(
    lines: Callable[[int], list[Line]], colleagues: list[Colleague], chat: Chat, client: ClientId = SHOP
) -> list[Reached]:
    """Independent runs; `lines` makes the arrivals of each from its seed."""
    return [
        play(lines(seed), colleagues, chat, TARGET_S, seed=seed, warm_up_s=WARM_UP_S)[client]
        for seed in range(1, RUNS + 1)
    ]


def share_and_doubt(found: list[Reached]) -> tuple[float, float]:
    """The share within the target and three standard errors of it: those between runs, since customers of one run meet
    the same queue, but never less than the binomial ones.
    """
    share = sum(one.within for one in found) / sum(one.offered for one in found)
    binomial = math.sqrt(share * (1 - share) / sum(one.offered for one in found))
    between = statistics.stdev(one.share for one in found) / math.sqrt(len(found))
    return share, 3 * max(binomial, between)


@pytest.mark.parametrize(
    ("rate", "handling_s", "at_once", "patience_s"),
    [(1 / 30, 240.0, 1, None), (1 / 30, 240.0, 3, None), (1 / 20, 240.0, 1, 90.0), (1 / 20, 360.0, 2, 120.0)],
)
def test_the_router_reaches_what_erlang_promises_for_agents_who_serve_one_client(
    rate: float, handling_s: float, at_once: int, patience_s: float | None
) -> None:
    load = Load(rate, handling_s, patience_s, at_once)
    agents = agents_needed(load, TARGET_S, SHARE)
    promised = forecast(load, agents, TARGET_S).within_target
    found = replications(
        lambda seed: [Line(SHOP, poisson(rate, SECONDS, seed), patience_s)],
        crew(agents, SHOP, at_once=at_once),
        Chat(handling_s),
    )
    reached, doubt = share_and_doubt(found)
    assert abs(reached - promised) <= doubt + 0.005
    assert (sum(one.abandoned for one in found) > 0) is (patience_s is not None)


@pytest.mark.parametrize("client", [SHOP, BANK])
def test_clients_that_share_agents_reach_at_least_what_was_promised_to_each_apart(client: ClientId) -> None:
    rates = {SHOP: 1 / 40, BANK: 1 / 60}
    needed = {name: agents_needed(Load(rate, 240), TARGET_S, SHARE) for name, rate in rates.items()}
    shared = [
        *crew(needed[SHOP] - 3, SHOP, name="s"),
        *crew(needed[BANK] - 3, BANK, name="b"),
        *crew(6, SHOP, BANK, name="both"),
    ]
    found = replications(
        lambda seed: [Line(name, poisson(rate, SECONDS, seed * 7 + n)) for n, (name, rate) in enumerate(rates.items())],
        shared,
        Chat(240),
        client,
    )
    reached, doubt = share_and_doubt(found)
    promised = forecast(Load(rates[client], 240), needed[client], TARGET_S).within_target
    assert reached >= promised - doubt


def test_chats_at_once_need_the_longer_chat_in_the_formula() -> None:
    """Half of a chat is the agent's writing. Who plans three at once with the length of a single chat promises too
    much; with the length that three at once have, the promise is kept.
    """
    chat, rate, at_once = Chat(own_s=120, work_s=120, turns=4), 1 / 24, 3
    alone, together = (chat_length_s(chat.work_s, chat.own_s, n) for n in (1, at_once))

    def reached_with(length_s: float) -> tuple[float, float, float]:
        load = Load(rate, length_s, None, at_once)
        agents = agents_needed(load, TARGET_S, SHARE)
        found = replications(
            lambda seed: [Line(SHOP, poisson(rate, SECONDS / 2, seed))], crew(agents, SHOP, at_once=at_once), chat
        )
        return forecast(load, agents, TARGET_S).within_target, *share_and_doubt(found)

    promised, reached, doubt = reached_with(alone)
    assert reached < promised - doubt
    promised, reached, doubt = reached_with(together)
    assert reached >= promised - doubt


@pytest.mark.parametrize(
    ("work_s", "own_s", "at_once", "length_s"),
    [(100, 200, 1, 300), (100, 0, 4, 400), (0, 300, 9, 300), (100, 100, 2, 250), (100, 100, 3, 320)],
)
def test_a_chat_lasts_longer_the_more_an_agent_has(work_s: float, own_s: float, at_once: int, length_s: float) -> None:
    """Two with equal shares: the second finds the first being written half of the time."""
    assert chat_length_s(work_s, own_s, at_once) == pytest.approx(length_s)


def test_a_chat_without_an_agent_is_an_error() -> None:
    with pytest.raises(SlaError):
        chat_length_s(10, 10, 0)
