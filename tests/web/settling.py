"""A client's money in memory: one closed month, one over, one running, a ledger, and terms that wait."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from conversation.packfile import Node, Problems
from sla.attainment import Attainment, Standing
from sla.clock import Clock, ClockState, Outcome
from sla.day import local_day
from sla.errors import NotSettled
from sla.exclusion import Decision, Exclusion, Reason
from sla.pack import parse_policy
from sla.policy import ClockKind
from sla.prices import Item, parse_prices
from sla.settling import (
    About,
    Account,
    ClockEntry,
    DayShares,
    MissedClocks,
    MonthRow,
    Proposal,
    Share,
    Stage,
    Waiting,
)
from sla.statement import Correction, statement
from sla.usage import Because, Usage
from sla.whatif import Comparison, Switched, WhatIf

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MONTHS = ("2026-11", "2026-10", "2026-09")
SPANS = {
    "2026-09": (datetime(2026, 8, 31, 22, tzinfo=UTC), datetime(2026, 9, 30, 22, tzinfo=UTC)),
    "2026-10": (datetime(2026, 9, 30, 22, tzinfo=UTC), datetime(2026, 10, 31, 23, tzinfo=UTC)),
    "2026-11": (datetime(2026, 10, 31, 23, tzinfo=UTC), datetime(2026, 11, 30, 23, tzinfo=UTC)),
}
STAGES = {"2026-09": Stage.CLOSED, "2026-10": Stage.OVER, "2026-11": Stage.RUNNING}
DIFFERENCE = (
    ("approval", "waived", "required"),
    ("prices.credits.first_response below 90", "4 %", "6 %"),
    ("prices.handled_conversation", "3.40", "3.1050"),
    ("prices.tiers.agent_minute.above 1000", None, "0.50"),
    ("sla.calendar.closed.2026-12-24", None, "Heiligabend"),
    ("sla.calendar.week.sat", None, "09:00-13:00,14:00-16:00"),
    ("sla.objective.first_response", "90.0", "95.5"),
    ("sla.targets.2.budgets.first_response", "30 min", "90 min"),
    ("sla.targets.2.when.queue", None, "['service', 'workshop']"),
    ("sla.warnings", "[50, 80]", "[80]"),
    ("texts.utter_greet[de]", "Hallo!", None),
    ("wholly.unknown_thing", "a", "<b>"),
)


def made_prices(**changes):
    problems = Problems()
    given = {
        "currency": "EUR",
        "minimum": "650.00",
        "automated_resolution": "0.485",
        "handled_conversation": "3.40",
        "agent_minute": "0.62",
        "tiers": {"agent_minute": [{"above": 500, "price": "0.50"}]},
        "credits": [{"below": 90, "percent": 4}, {"below": 80, "percent": 12}],
    }
    found = parse_prices(Node.of({"prices": given | changes}), problems)
    assert found is not None, problems.found
    return found


def made_policy():
    problems = Problems()
    node = Node.of(
        {
            "calendar": {"timezone": "Europe/Berlin", "hours": "mon-fri 09:00-17:00"},
            "sla": {"targets": [{"first_response": "30m", "resolution": "2d"}], "objective": 90},
        }
    )
    found = parse_policy(node, problems)
    assert found is not None, problems.found
    return found


def made_clock(number: int, kind: ClockKind = ClockKind.FIRST_RESPONSE, missed: bool = True) -> Clock:
    start = SPANS["2026-10"][0] + timedelta(days=2, hours=9, minutes=number)
    return Clock(
        id=f"c{number:03}:{kind}",
        client="alpenrad",
        channel="alpenrad-web",
        channel_kind="webchat",
        thread="t",
        conversation=f"c{number:03}",
        kind=kind,
        policy_version="v",
        budget=timedelta(minutes=30),
        started_at=start,
        started_by="handoff",
        state=ClockState.STOPPED,
        outcome=Outcome.MISSED if missed else Outcome.MET,
        due_at=start + timedelta(minutes=30),
        stopped_at=start + timedelta(minutes=30 + (7 if missed else -7)),
    )


class MemorySettling:
    """A web.settlement.ports.Settling and WhatIfs."""

    def __init__(self, automated=120, handled=60, minutes=Fraction(100_007, 60)) -> None:
        self.prices = made_prices()
        self.policy = made_policy()
        self.facts = {"automated": automated, "handled": handled, "minutes": minutes}
        self.ledger: list[Exclusion] = []
        self.version = Proposal(4, DIFFERENCE, NOON, "root@example.org")
        self.older = [
            Proposal(3, DIFFERENCE[:1], NOON, "root@example.org", False, NOON, "carl@example.org"),
            Proposal(2, DIFFERENCE[:2], NOON, "root@example.org", True, NOON, "carl@example.org"),
        ]
        self.stages = dict(STAGES)
        self.missing_prices = False
        self.asked = []
        self.replaying = []
        self.name = "Jonas Weber"

    def used(self, month: str) -> list[Usage]:
        at = SPANS[month][0] + timedelta(days=3)
        facts = [
            Usage(f"a{n:03}", Item.AUTOMATED_RESOLUTION, at, Fraction(1), Because.RESOLVED_BY_BOT)
            for n in range(self.facts["automated"])
        ]
        for n in range(self.facts["handled"]):
            facts.append(Usage(f"c{n:03}", Item.HANDLED_CONVERSATION, at, Fraction(1), Because.ANSWERED))
            share = self.facts["minutes"] / self.facts["handled"]
            facts.append(Usage(f"c{n:03}", Item.AGENT_MINUTE, at, share))
        return facts

    async def span(self, client, month):
        return SPANS[month]

    def currency(self, client):
        return self.prices.currency

    def terms(self, client):
        return self.policy

    async def month_names(self, client):
        return MONTHS

    async def months(self, client):
        accounts = [await self.account(client, month) for month in MONTHS]
        return [MonthRow(a.month, a.stage, "EUR", a.statement.total, a.closed_at, a.closed_by) for a in accounts]

    async def account(self, client, month, *, whole=False):
        if self.missing_prices:
            raise NotSettled("no prices", "no_prices")
        if month not in SPANS:
            raise NotSettled(f"no {month}", "no_month", month=month)
        attained = [Attainment(ClockKind.FIRST_RESPONSE, 51, 8, 1, 0, 90.0)]
        drawn = statement(client, SPANS[month], self.used(month), self.prices, attained, {"first_response": 1})
        if month == "2026-10":
            drawn = drawn.corrected([Correction("2026-09", Decimal("-3.40"), "EUR")])
        closed = self.stages[month] is Stage.CLOSED
        at, by = (datetime(2026, 11, 2, 9, tzinfo=UTC), "root@example.org") if closed else (None, "")
        raw = Attainment(ClockKind.FIRST_RESPONSE, 51, 9, 1, 0, 90.0)
        standings = [Standing(raw, attained[0])]
        return Account(
            client,
            month,
            self.stages[month],
            drawn,
            self.prices,
            standings,
            1,
            at,
            by,
            {} if closed else self.days(month),
        )

    async def standings(self, client, month):
        return (await self.account(client, "2026-10")).standings

    async def shares(self, client, account, line, first=0, limit=None):
        drawn = account.statement.lines[line]
        pairs = list(zip(drawn.conversations, drawn.quantities, strict=True))
        chosen = pairs[first : None if limit is None else first + limit]
        known = await self.about(client, [c for c, _ in chosen])
        at = SPANS[account.month][0]
        return [
            Share(c, q, known.get(c), [Usage(c, drawn.item, at, q, Because.ANSWERED)], 60.0 * 20) for c, q in chosen
        ]

    async def item_of(self, client, month, line):
        if self.stages[month] is Stage.CLOSED:
            raise NotSettled("closed", "closed", month=month)
        return (await self.account(client, month)).statement.lines[line].item

    def days(self, month):
        first = local_day(SPANS[month][0], "Europe/Berlin")
        found = {first + timedelta(days=n): {} for n in range(28)}
        for fact in self.used(month):
            of_day = found[local_day(fact.at, "Europe/Berlin")]
            of_day[fact.item] = of_day.get(fact.item, Fraction(0)) + fact.quantity
        return found

    async def day_shares(self, client, month, item, day, first=0, limit=None):
        if day not in self.days(month):
            raise NotSettled(f"no {day}", "no_month", month=month)
        facts = [fact for fact in self.used(month) if fact.item is item and local_day(fact.at, "Europe/Berlin") == day]
        known = await self.about(client, [fact.conversation for fact in facts])
        shares = [
            Share(f.conversation, f.quantity, known[f.conversation], [replace(f, because=Because.ANSWERED)], 60.0 * 20)
            for f in facts
        ]
        quantity = sum((fact.quantity for fact in facts), Fraction(0))
        return DayShares(quantity, len(shares), shares[first : None if limit is None else first + limit])

    async def missed(self, client, month, kind, first=0, limit=None):
        about = await self.about(client, [f"c{n:03}" for n in range(8)])
        entries = [ClockEntry(made_clock(n), about[f"c{n:03}"]) for n in range(8)]
        return MissedClocks(8, entries[first : None if limit is None else first + limit])

    async def today(self, client, account):
        return replace(account.statement, total=account.statement.total + 1)

    async def close(self, client, month, *, by):
        if self.stages[month] is not Stage.OVER:
            raise NotSettled("no", "not_over" if self.stages[month] is Stage.RUNNING else "closed", month=month)
        self.stages[month] = Stage.CLOSED
        self.asked.append(("close", client, month, by))

    async def entries(self, client):
        return [await self._entry(client, x) for x in reversed(self.ledger)]

    async def entry_counts(self, client):
        return {state: sum(x.decision is state for x in self.ledger) for state in Decision}

    async def entry_page(self, client, state, first, limit):
        chosen = [x for x in reversed(self.ledger) if state in (None, x.decision)]
        chosen.sort(key=lambda x: x.decision is not Decision.PROPOSED)
        return [await self._entry(client, x) for x in chosen[first : first + limit]]

    async def _entry(self, client, exclusion):
        clock = made_clock(int(exclusion.clock[1:4]))
        return ClockEntry(clock, (await self.about(client, [clock.conversation]))[clock.conversation], exclusion)

    async def clock_entry(self, client, clock):
        if not clock.startswith("c"):
            return None
        found = next((x for x in reversed(self.ledger) if x.clock == clock), None)
        return replace(await self._entry(client, Exclusion(clock, Reason.SPAM, "", "", NOON)), exclusion=found)

    async def in_ledger(self, client, conversation):
        return {x.clock: x.decision for x in self.ledger if x.clock.startswith(conversation)}

    async def exclude(self, client, clock, reason, evidence, *, by):
        if any(x.clock == clock and x.decision is not Decision.REJECTED for x in self.ledger):
            raise NotSettled("there", "in_ledger")
        self.ledger.append(Exclusion(clock, Reason(reason), evidence, by, NOON, id=f"x{len(self.ledger)}"))

    async def decide_exclusion(self, client, exclusion, *, approve, by):
        found = next((x for x in self.ledger if x.id == exclusion and x.decision is Decision.PROPOSED), None)
        if found is None:
            raise NotSettled("gone", "decided")
        words = {"approved_by": by, "approved_at": NOON} if approve else {"rejected_by": by, "rejected_at": NOON}
        self.ledger[self.ledger.index(found)] = replace(found, **words)

    async def proposals(self, client):
        return [*([self.version] if self.version else []), *self.older]

    async def decide_terms(self, client, version, *, approve, by):
        if self.version is None or self.version.version != version:
            raise NotSettled("no", "not_waiting", version=version)
        self.older.insert(0, replace(self.version, approved=approve, decided_at=NOON, decided_by=by))
        self.version = None

    async def waiting(self, client):
        return Waiting(int(self.version is not None), sum(x.decision is Decision.PROPOSED for x in self.ledger))

    async def about(self, client, conversations):
        opened = SPANS["2026-10"][0]
        return {c: About(c, self.name, "webchat", "return", opened) for c in conversations if c != "c007"} | {
            c: About(c, "", "slack", "", opened) for c in conversations if c == "c007"
        }

    async def people(self):
        return {"root@example.org": "Rita Root", "carl@example.org": "Carl Client", "sofie@example.org": "Sofie Brandt"}

    async def begin(self, client, period, other, *, patience_s):
        if self.replaying:
            return self.replaying.pop(0)
        return await self.what_if(client, period, other)

    async def what_if(self, client, period, other):
        self.asked.append(other)
        now = Attainment(ClockKind.FIRST_RESPONSE, 51, 8, 1, 0, 90.0)
        then = replace(now, met=40, missed=19, objective=other.objective[ClockKind.FIRST_RESPONSE])
        month = next(name for name, span in SPANS.items() if span == period)
        one, two = (statement(client, period, self.used(month), self.prices, [a]) for a in (now, then))
        start = period[0]
        moved = [
            Switched(f"c{n:03}", ClockKind.FIRST_RESPONSE, start, start, start, start, kept_before=n % 3 > 0)
            for n in range(self.facts["handled"])
        ]
        return WhatIf([Comparison(ClockKind.FIRST_RESPONSE, now, then)], one, two, moved, 60)
