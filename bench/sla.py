"""How fast SLAs are: arithmetic, alarms' lateness, pages over a long history. Run: python -m bench.sla

The default takes about two minutes. The big run, for docs/sla.md:
python -m bench.sla --conversations 1000000 --open 1000 10000 100000 --write
"""

import argparse
import asyncio
import statistics
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from app.serving import prepare_to_serve
from bench.sla_parts.house import fresh, machine
from bench.sla_parts.killed import HEAD, killed
from bench.sla_parts.lateness import lateness
from bench.sla_parts.loading import load
from bench.sla_parts.pages import NOW, Timed, pages, verified
from bench.sla_parts.served import asked_what_if, rows, walks
from conversation.events import Event, EventKind
from conversation.ids import ChannelId, ClientId, ConversationId, EventId, ThreadId
from conversation.packfile import Node, Problems
from sla.calendar import Calendar
from sla.holiday import public_holidays
from sla.pack import HOLIDAY_YEARS, parse_policy
from sla.projection import replay
from tests import postgres, servers

START = datetime(2026, 1, 1, tzinfo=UTC)
HOURS = "mon-fri 08:00-12:00,13:30-18:00; sat 09:00-13:00; sun 22:00-06:00"
CONTRACT = {
    "calendar": {"timezone": "Europe/Berlin", "hours": HOURS, "holidays": "DE-BY"},
    "sla": {"objective": 95, "targets": [{"first_response": "15m", "next_response": "30m", "resolution": "1d"}]},
}
DOCS = Path(__file__).resolve().parents[1] / "docs" / "sla.md"
BEGIN, END = "<!-- bench/sla.py begins -->", "<!-- bench/sla.py ends -->"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--due", type=int, default=100_000, help="due times to compute")
    parser.add_argument("--fold", type=int, default=3_000, help="conversations to fold")
    parser.add_argument("--repeats", type=int, default=3, help="the median of so many runs is printed")
    parser.add_argument("--conversations", type=int, default=5_000, help="history behind the pages; 0 leaves them out")
    parser.add_argument("--weeks", type=int, default=52, help="over so many weeks")
    parser.add_argument("--open", type=int, nargs="*", default=[1_000], help="conversations that wait, for lateness")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/sla.md")
    options = parser.parse_args()
    lines = [f"Measured on {machine()}.", ""]

    def tell(*more):
        print("\n".join(more), flush=True)
        lines.extend(more)

    print(lines[0], "\n")
    arithmetic(options, tell)
    with servers.postgres_url() as server:
        if options.open:
            asyncio.run(alarms(server, options, tell))
        if options.conversations:
            asked(server, options, tell)
    if options.write:
        text = DOCS.read_text("utf-8")
        head, rest = text.split(BEGIN)
        DOCS.write_text(head + "\n".join([BEGIN, *lines, END]) + rest.split(END)[1], "utf-8")


def arithmetic(options, tell):
    rows = [
        ("due times, 90 min budget, split shifts, holidays", due_times(options.due, timedelta(minutes=90)), "due/s"),
        ("due times, 30 d budget, three pauses", due_times(options.due // 10, timedelta(days=30), pauses=3), "due/s"),
        ("elapsed times over up to a year", elapsed_times(options.due), "elapsed/s"),
        ("events folded into clocks", folded(options.fold), "events/s"),
    ]
    tell(f"| arithmetic, by processor time of one core | median of {options.repeats} | spread |", "|---|---:|---:|")
    for name, run, unit in rows:
        rates = [run() for _ in range(options.repeats)]
        spread = (max(rates) - min(rates)) / statistics.median(rates)
        tell(f"| {name} | {statistics.median(rates):,.0f} {unit} | {spread:.0%} |")
    tell(f"| first use of a calendar year | {first_year() * 1000:.2f} ms | |", "")


async def alarms(server, options, tell):
    """At a steady rate of a hundred a second, and a storm of a thousand in the same second."""
    tell(
        "| waiting conversations (two clocks each) | workers | fall due | rung once | p50 | p99 | latest |",
        "|---:|---:|---|---:|---:|---:|---:|",
    )
    for count in options.open:
        for workers in (1, 2):
            for due, over_s in ((min(1_000, count), 10.0), (min(1_000, count), 1.0)):
                async with fresh(server) as made:
                    late = await lateness(made, count, workers, due, over_s)
                tell(
                    f"| {late.open:,} | {late.workers} | {late.due:,} in {late.over_s:.0f} s | {late.rung:,} "
                    f"| {late.p50:.3f} s | {late.p99:.3f} s | {late.worst:.3f} s |"
                )
    tell("", *HEAD)
    async with fresh(server) as made:
        tell(*(one.row for one in await killed(made)), "")


def asked(server, options, tell):
    """Pages over a history."""
    made = asyncio.run(postgres.create(server))
    try:
        begun = time.perf_counter()
        loaded = list(load(made.admin, options.conversations, NOW, options.weeks))[-1]
        took = time.perf_counter() - begun
        tell(f"{loaded:,} conversations of one client over {options.weeks} weeks, loaded in {took / 60:.0f} min.", "")
        asyncio.run(page_table(made.app, tell))
    finally:
        asyncio.run(postgres.drop(made))


async def page_table(url, tell):
    """The pages over what is loaded at `url`: the questions behind them, then the pages themselves."""
    prepare_to_serve()  # as a process does that serves pages
    tell("| what a page asks of the database | median of 7 | slowest |", "|---|---:|---:|")
    notes = []
    async for found in pages(url):
        if isinstance(found, Timed):
            tell(f"| {found.page} | {found.median:.0f} ms | {found.slowest:.0f} ms |")
        else:
            notes.append(found)
    clocks, differences = await verified(url)
    tell("", "; ".join([*notes, f"replaying {clocks:,} clocks found {len(differences)} differences"]) + ".", "")
    async for who, walk in walks(url, NOW):
        told = rows(walk)
        tell(f"| whole pages, by every link a {who} can follow: the slowest ten of {len(told)} | median | slowest |")
        tell("|---|---:|---:|", *told[:10], "")
        if walk.broken:
            tell("Broken: " + "; ".join(walk.broken) + ".", "")
    tell(await asked_what_if(url, NOW), "")


def calendar():
    return Calendar.of("Europe/Berlin", HOURS, dict(public_holidays("DE-BY", *HOLIDAY_YEARS)))


def due_times(number, budget, pauses=0):
    random, terms = Random(1), calendar()
    starts = [START + timedelta(seconds=random.randrange(300 * 86_400)) for _ in range(number)]
    hour = timedelta(hours=1)
    halts = [[(s + n * 5 * hour, s + (n * 5 + 1) * hour) for n in range(pauses)] for s in starts]

    def run():
        begun = time.process_time()
        for start, halted in zip(starts, halts, strict=True):
            terms.due(start, budget, halted)
        return number / (time.process_time() - begun)

    return run


def elapsed_times(number):
    random, terms = Random(2), calendar()
    spans = [
        (START + timedelta(seconds=a), START + timedelta(seconds=a + b))
        for a, b in ((random.randrange(10**7), random.randrange(3 * 10**7)) for _ in range(number))
    ]

    def run():
        begun = time.process_time()
        for start, end in spans:
            terms.elapsed(start, end)
        return number / (time.process_time() - begun)

    return run


def folded(conversations):
    terms = parse_policy(Node.of(CONTRACT), Problems())
    random = Random(3)
    histories = [history(n, random) for n in range(conversations)]
    events = sum(len(h) for h in histories)

    def run():
        begun = time.process_time()
        for events_of_one in histories:
            replay(events_of_one, terms)
        return events / (time.process_time() - begun)

    return run


def history(number, random):
    """A handed-off conversation with three answers, a question and a resolution."""
    at, events = START + timedelta(seconds=random.randrange(300 * 86_400)), []

    def tell(kind, **data):
        nonlocal at
        at += timedelta(seconds=random.randrange(1, 300))
        stamped = {key: at.isoformat() if value is None else value for key, value in data.items()}
        event = Event(
            EventId(f"{number}-{len(events)}"),
            ClientId("bench"),
            ChannelId("web"),
            ThreadId(str(number)),
            ConversationId(str(number)),
            kind,
            at,
            data=stamped,
            seq=len(events) + 1,
        )
        events.append(event)

    tell(EventKind.OPENED, channel_kind="webchat", language="de", priority="normal")
    tell(EventKind.CUSTOMER_MESSAGE, platform_at=None, received_at=None)
    tell(EventKind.UNDERSTOOD, intent="return")
    tell(EventKind.HANDOFF_REQUESTED, queue="first", priority="normal", triggered_at=None)
    tell(EventKind.QUEUED, queue="first", priority="normal")
    tell(EventKind.ASSIGNED, agent="ann")
    for turn in range(3):
        tell(EventKind.AGENT_REPLIED, message_id=f"m{turn}", question=turn == 1)
        tell(EventKind.DELIVERED, message_id=f"m{turn}", author="agent", agent="ann", accepted_at=None)
        tell(EventKind.CUSTOMER_MESSAGE, platform_at=None, received_at=None)
    tell(EventKind.RESOLVED, by="agent", agent="ann")
    return events


def first_year():
    times = []
    for _ in range(20):
        terms = calendar()
        begun = time.process_time()
        terms.is_open(START + timedelta(days=100))
        times.append(time.process_time() - begun)
    return statistics.median(times)


if __name__ == "__main__":
    main()
