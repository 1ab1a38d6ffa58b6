"""Do the recommended agents reach what Erlang promises, when the real router hands out the chats? Seeded."""

import argparse
import math
import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from app.router_check import Chat, Colleague, Line, play, poisson
from conversation.ids import ClientId, UserId
from sla.staffing import Load, agents_needed, chat_length_s, forecast

TARGET_S, SHARE, WARM_UP_S = 60.0, 0.9, 3_000.0
SHOP, BANK = ClientId("shop"), ClientId("bank")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=8, help="independent runs for each line")
    parser.add_argument("--seconds", type=float, default=14_400.0, help="virtual length of a run")
    options = parser.parse_args()
    print(f"goal: {SHARE:.0%} given an agent within {TARGET_S:.0f} s; ± is three standard errors\n")
    print("| house | agents | promised | reached |\n|---|---:|---:|---:|")
    for name, load in (
        ("one client, one chat at a time", Load(1 / 30, 240)),
        ("one client, three at once (chats no longer for it)", Load(1 / 30, 240, None, 3)),
        ("one client, patience 90 s", Load(1 / 20, 240, 90)),
    ):
        row(name, load, Chat(load.handling_s), options)
    shared(options)
    chat = Chat(own_s=120, work_s=120, turns=4)
    for name, at_once in (("planned with the length of a single chat", 1), ("planned with chat_length_s(…, 3)", 3)):
        length = chat_length_s(chat.work_s, chat.own_s, at_once)
        row(f"three at once, half of a chat is writing; {name}", Load(1 / 24, length, None, 3), chat, options)


def row(name, load, chat, options):
    agents = agents_needed(load, TARGET_S, SHARE)
    crew = [Colleague(UserId(f"a{n}"), frozenset({SHOP}), load.concurrency) for n in range(agents)]
    runs = [
        play(
            [Line(SHOP, poisson(load.arrivals_per_s, options.seconds, seed), load.patience_s)],
            crew,
            chat,
            TARGET_S,
            seed=seed,
            warm_up_s=WARM_UP_S,
        )[SHOP]
        for seed in range(1, options.runs + 1)
    ]
    tell(name, agents, forecast(load, agents, TARGET_S).within_target, runs)


def shared(options):
    """Two clients, each staffed for itself; six of all agents serve both."""
    rates = {SHOP: 1 / 40, BANK: 1 / 60}
    needed = {client: agents_needed(Load(rate, 240), TARGET_S, SHARE) for client, rate in rates.items()}
    groups = [(needed[SHOP] - 3, {SHOP}), (needed[BANK] - 3, {BANK}), (6, {SHOP, BANK})]
    crew = [
        Colleague(UserId(f"{number}-{n}"), frozenset(served), 1)
        for number, (size, served) in enumerate(groups)
        for n in range(size)
    ]
    runs = [
        play(
            [
                Line(client, poisson(rate, options.seconds, seed * 7 + number))
                for number, (client, rate) in enumerate(rates.items())
            ],
            crew,
            Chat(240),
            TARGET_S,
            seed=seed,
            warm_up_s=WARM_UP_S,
        )
        for seed in range(1, options.runs + 1)
    ]
    for client, rate in rates.items():
        promised = forecast(Load(rate, 240), needed[client], TARGET_S).within_target
        tell(f"{client}, six agents shared with the other client", needed[client], promised, [r[client] for r in runs])


def tell(name, agents, promised, runs):
    offered = sum(run.offered for run in runs)
    reached = sum(run.within for run in runs) / offered
    binomial = math.sqrt(reached * (1 - reached) / offered)
    doubt = 3 * max(binomial, statistics.stdev(run.share for run in runs) / math.sqrt(len(runs)))
    print(f"| {name} | {agents} | {promised:.1%} | {reached:.1%} ± {doubt:.1%} |")


if __name__ == "__main__":
    main()
