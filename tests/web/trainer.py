"""What stands behind the trainer's pages in tests: versions, audits and answers to judge, in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from accounts.user import Role, User
from conversation.ids import ChannelId, ClientId, ConversationId, MessageId, ThreadId, UserId
from conversation.message import BOT, Author, AuthorKind, Button, Message
from nlu.audit.findings import Tally, Verdict, find
from nlu.audit.interval import Interval
from nlu.audit.records import CLAIMED_FOR, Alarm, Draw, Exchange, Item, Progress
from nlu.audit.reports import Promised, VersionReport, WeekReport
from nlu.audit.week import Week
from nlu.inbox.export import as_rasa
from nlu.inbox.missed import Group, Labelled, Missed
from nlu.versions.compare import Comparison, Judged, compare
from nlu.versions.drift import Drift, Heard, Mix, NewWord, Shift, below_threshold
from nlu.versions.version import (
    Activated,
    Active,
    BotVersion,
    Disagreement,
    Disagreements,
    Evaluation,
    FailedTest,
    Held,
    Objection,
    Promise,
    Reading,
    Refused,
    TestRun,
)
from tests.builders import NOON
from tests.web.world import ALPENRAD, PASSWORD, World
from web.training.ports import CannotBeDone, Task, Training

WEEK = Week(2026, 47)
VARIED = {"variations": {"played": 2170, "right": 2163, "misses": ["same: 7 of 1180 lost"], "line": "", "kinds": {}}}
PROMISE = Promise(0.03, 0.71, 0.71, 0.024)


def version(number: int, **more) -> BotVersion:
    known = {
        "digest": f"d{number}",
        "data": "x",
        "engine": "embedded",
        "model": "m",
        "created_at": NOON - timedelta(days=9 - number),
        "created_by": "Nils Arendt",
        "evaluation": Evaluation(5, 640, 0.912, 0.9, 0.02, PROMISE),
    }
    return BotVersion(ALPENRAD, number, **(known | more))


def week_report(judged: int = 100, wrong: int = 8, week: Week = WEEK, *, is_open: bool = True) -> WeekReport:
    draw = Draw(ALPENRAD, week, f"alpenrad:{week}", 1200, 100, {"3": 1200}, NOON)
    finding = find(Tally(1200, 100, judged, wrong, 1, over=not is_open), 0.03)
    return WeekReport(draw, is_open, finding, [VersionReport("3", Promised("3", 0.03, 0.03), finding)])


def message(name: str, author: AuthorKind, text: str, *buttons: str) -> Message:
    who = Author(author, "c-1", "Lena Secret") if author is AuthorKind.CUSTOMER else BOT
    where = (ALPENRAD, ChannelId("web"), ThreadId("t"), ConversationId("c"))
    offered = tuple(Button(title, f"/{title}") for title in buttons)
    return Message(MessageId(name), *where, who, NOON, text, buttons=offered)


@dataclass
class FakeBots:
    kept: list[BotVersion] = field(default_factory=list)
    refuses: tuple[Objection, ...] = ()
    acts: list[tuple] = field(default_factory=list)
    drifted: bool = False
    listens: int | None = None

    async def versions(self, client: ClientId) -> Sequence[BotVersion]:
        return self.kept

    async def active(self, client: ClientId) -> Active | None:
        running = next((v for v in self.kept if v.active), None)
        return Active(running, NOON, 0.01125, PROMISE, tightened=True) if running else None

    async def drift(self, client: ClientId) -> Drift:
        since = NOON - timedelta(days=7)
        if not self.drifted:
            return Drift(client, 3, since, NOON, 12)
        heard = [Heard("x", "return", n > 120) for n in range(200)]
        shift = Shift("return", 0.1, 0.42)
        mix = Mix(0.4, 0.6, 0.1, 900, 200, (shift, Shift("order_status", 0.5, 0.2)), warns=True, rule="")
        below = below_threshold(heard, 0.71)
        return Drift(client, 3, since, NOON, 200, below, below, (NewWord("lastenrad", 14),), mix)

    async def activate(self, client, number, *, reason, force, by, by_name):
        self.acts.append(("activate", number, reason, force, by_name))
        if number > 90:
            raise CannotBeDone(f"{client} has no bot version {number}")
        if self.refuses and not force:
            return Refused(client, number, 3, self.refuses)
        return Activated(client, number, 3, forced=force)

    async def rollback(self, client, *, reason, by, by_name):
        self.acts.append(("rollback", reason, by_name))
        return Activated(client, 2, 3)

    async def shadow(self, client, number, *, by, by_name):
        self.acts.append(("shadow", number, by_name))

    async def disagreements(self, client: ClientId) -> Disagreements:
        if self.listens is None:
            return Disagreements(client, None, None, running=False)
        one, other = Reading(3, "return", 0.91, answers=True), Reading(4, "order_status", 0.55, answers=False)
        row = Disagreement(NOON, "c", "m", "wo ist mein Rad", "de", one, other)
        return Disagreements(client, self.listens, NOON, True, 220, 11, 6, 3, 2, (row,))

    async def compare(self, client, a, b) -> Comparison:
        if max(a, b) > 90:
            raise CannotBeDone(f"{client} has no bot version {max(a, b)}")
        before = [Held(f"t{n}", "return", "return" if n % 5 else "other", 0.9, True, n % 3 > 0) for n in range(60)]
        after = [replace_held(h, n) for n, h in enumerate(before)]
        return compare(client, Judged(a, before, 5, PROMISE), Judged(b, after, 5, PROMISE))


def replace_held(held: Held, n: int) -> Held:
    return held._replace(predicted="return" if n % 9 else "other")


@dataclass
class FakeAudits:
    weeks: list[WeekReport] = field(default_factory=list)
    raised: list[Alarm] = field(default_factory=list)

    async def reports(self, client: ClientId, limit: int = 8) -> Sequence[WeekReport]:
        return self.weeks[:limit]

    async def alarms(self, client: ClientId, limit: int = 8) -> Sequence[Alarm]:
        return self.raised


@dataclass
class MemoryJudging:
    """Answers in a row; one judge."""

    waiting: list[str] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)
    given: list[tuple[str, Verdict, str]] = field(default_factory=list)
    lost: bool = False

    async def progress(self, client: ClientId, judge: UserId) -> Progress:
        size = len(self.waiting) + len(self.passed) + len(self.given)
        return Progress(size, len(self.given), len(self.waiting), len(self.passed), bool(self.given))

    async def take(self, client: ClientId, judge: UserId) -> Task | None:
        if not self.waiting:
            return None
        name = self.waiting[0]
        item = Item(client, WEEK, MessageId(name), ConversationId("c"), 4, NOON, "de", NOON + CLAIMED_FOR)
        asked = message(name, AuthorKind.CUSTOMER, f"Kann ich {name} zurückgeben?")
        before = [message("b", AuthorKind.BOT, "Hallo! Worum geht es?")]
        replies = [message("r", AuthorKind.BOT, "Klar, innerhalb von 30 Tagen.", "Ja, zurückgeben")]
        return Task(item, Exchange(before, asked, replies))

    async def judge(self, client, week, message, verdict, *, by, by_name) -> bool:
        if self.lost or message not in self.waiting:
            return False
        self.waiting.remove(message)
        self.given.append((message, verdict, by_name))
        return True

    async def pass_over(self, client, week, message, *, by) -> bool:
        self.waiting.remove(message)
        self.passed.append(message)
        return True

    async def take_up_passed(self, client, judge) -> None:
        self.waiting, self.passed = self.passed, []

    async def undo(self, client, judge) -> bool:
        self.waiting.insert(0, self.given.pop()[0])
        return True


@dataclass
class MemoryInbox:
    waiting: list[Group] = field(default_factory=list)
    labels: list[tuple[tuple[str, ...], str | None]] = field(default_factory=list)

    async def groups(self, client: ClientId) -> Sequence[Group]:
        done = {name for names, _ in self.labels for name in names}
        return [group for group in self.waiting if not done & {one.message for one in group.messages}]

    def intents(self, client: ClientId) -> Sequence[str]:
        return ["return", "order_status", "warranty"]

    async def label(self, client, messages, intent, *, by) -> int:
        if intent not in (None, *self.intents(client)):
            raise CannotBeDone(f"{client} has no intent {intent!r}")
        self.labels.append((tuple(messages), intent))
        return len(messages)

    async def undo(self, client, by) -> int:
        return len(self.labels.pop()[0])

    async def named(self, client) -> int:
        return len(self.labels)

    async def export(self, client) -> str:
        return as_rasa([Labelled(name, intent, "de") for names, intent in self.labels for name in names])


def missed(*names: str) -> list[Missed]:
    return [Missed(MessageId(name), ConversationId("c"), NOON, f"Was ist mit {name}?", "de", {}) for name in names]


@dataclass
class School:
    """A trainer at work: `nils` is granted Alpenrad alone."""

    world: World
    bots: FakeBots = field(default_factory=FakeBots)
    audits: FakeAudits = field(default_factory=FakeAudits)
    judging: MemoryJudging = field(default_factory=MemoryJudging)
    inbox: MemoryInbox = field(default_factory=MemoryInbox)

    @classmethod
    async def open(cls, world: World) -> "School":
        hashed = world.hasher.hash(PASSWORD)
        roles, clients = frozenset({Role.TRAINER}), frozenset({ALPENRAD})
        user = User(UserId("nils"), "nils@example.org", "Nils", roles, clients, password_hash=hashed)
        await world.users.save(user)
        await world.users.save(replace(user, id=UserId("uwe"), email="uwe@example.org", locale="de"))
        return cls(world)

    def fill(self) -> None:
        """Everything there is to see."""
        failed = (FailedTest("an order is found", "tests/orders.yml:12"),)
        self.bots.kept = [
            version(4, shadow=True, tests=TestRun(NOON, 33, failed), facts=VARIED),
            version(3, active=True, tests=TestRun(NOON, 34)),
            version(2, evaluation=None, created_by=""),
        ]
        self.bots.drifted, self.bots.listens = True, 4
        self.audits.weeks = [week_report(judged=40, wrong=1), week_report(week=Week(2026, 46), is_open=False)]
        found = Interval(0.09, 0.042, 0.16)
        self.audits.raised = [Alarm(ALPENRAD, Week(2026, 46), "3", 0.03, found, NOON, 0.03, 0.01, "", NOON)]
        many = Group(missed(*(f"Rad {n}" for n in range(15))), ["return", "order_status"])
        self.inbox.waiting = [many, Group(missed("Wetter"), [])]
        self.judging.waiting = ["Rad", "Helm", "Schloss"]

    def services(self, **more):
        return self.world.services(training=Training(self.bots, self.audits, self.judging, self.inbox), **more)
