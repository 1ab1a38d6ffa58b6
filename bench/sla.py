"""How fast SLA arithmetic is: due times, folded events, first use of a year. Run: python bench/sla.py"""

import argparse
import platform
import statistics
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from conversation.events import Event, EventKind
from conversation.ids import ChannelId, ClientId, ConversationId, EventId, ThreadId
from conversation.packfile import Node, Problems
from sla.calendar import Calendar
from sla.holiday import public_holidays
from sla.pack import HOLIDAY_YEARS, parse_policy
from sla.projection import replay

START = datetime(2026, 1, 1, tzinfo=UTC)
HOURS = "mon-fri 08:00-12:00,13:30-18:00; sat 09:00-13:00; sun 22:00-06:00"
CONTRACT = {
    "calendar": {"timezone": "Europe/Berlin", "hours": HOURS, "holidays": "DE-BY"},
    "sla": {"objective": 95, "targets": [{"first_response": "15m", "next_response": "30m", "resolution": "1d"}]},
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--due", type=int, default=200_000, help="due times to compute")
    parser.add_argument("--conversations", type=int, default=5_000, help="conversations to fold")
    parser.add_argument("--repeats", type=int, default=3, help="the median of so many runs is printed")
    options = parser.parse_args()
    rows = [
        ("due times, 90 min budget, split shifts, holidays", due_times(options.due, timedelta(minutes=90)), "due/s"),
        ("due times, 30 d budget, three pauses", due_times(options.due // 10, timedelta(days=30), pauses=3), "due/s"),
        ("elapsed times over up to a year", elapsed_times(options.due), "elapsed/s"),
        ("events folded into clocks", folded(options.conversations), "events/s"),
    ]
    print(f"{platform.machine()}, {platform.python_implementation()} {platform.python_version()}, one core\n")
    print(f"| what | median of {options.repeats} | spread |\n|---|---:|---:|")
    for name, run, unit in rows:
        rates = [run() for _ in range(options.repeats)]
        spread = (max(rates) - min(rates)) / statistics.median(rates)
        print(f"| {name} | {statistics.median(rates):,.0f} {unit} | {spread:.0%} |")
    print(f"| first use of a calendar year | {first_year() * 1000:.2f} ms | |")


def calendar():
    return Calendar.of("Europe/Berlin", HOURS, dict(public_holidays("DE-BY", *HOLIDAY_YEARS)))


def due_times(number, budget, pauses=0):
    random, terms = Random(1), calendar()
    starts = [START + timedelta(seconds=random.randrange(300 * 86_400)) for _ in range(number)]
    hour = timedelta(hours=1)
    halts = [[(s + n * 5 * hour, s + (n * 5 + 1) * hour) for n in range(pauses)] for s in starts]

    def run():
        begun = time.perf_counter()
        for start, halted in zip(starts, halts, strict=True):
            terms.due(start, budget, halted)
        return number / (time.perf_counter() - begun)

    return run


def elapsed_times(number):
    random, terms = Random(2), calendar()
    spans = [
        (START + timedelta(seconds=a), START + timedelta(seconds=a + b))
        for a, b in ((random.randrange(10**7), random.randrange(3 * 10**7)) for _ in range(number))
    ]

    def run():
        begun = time.perf_counter()
        for start, end in spans:
            terms.elapsed(start, end)
        return number / (time.perf_counter() - begun)

    return run


def folded(conversations):
    terms = parse_policy(Node.of(CONTRACT), Problems())
    random = Random(3)
    histories = [history(n, random) for n in range(conversations)]
    events = sum(len(h) for h in histories)

    def run():
        begun = time.perf_counter()
        for events_of_one in histories:
            replay(events_of_one, terms)
        return events / (time.perf_counter() - begun)

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
        begun = time.perf_counter()
        terms.is_open(START + timedelta(days=100))
        times.append(time.perf_counter() - begun)
    return statistics.median(times)


if __name__ == "__main__":
    main()
