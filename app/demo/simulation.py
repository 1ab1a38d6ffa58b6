"""Plays customers and agents through the real pipeline on a virtual clock, so that the pages have an honest past."""

import heapq
import itertools
import random
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Protocol

from app.demo.people import COMMENTS, FIRST_NAMES, LAST_NAMES
from app.demo.stories import Story
from conversation.clock import ManualClock
from conversation.conversation import Conversation, State
from conversation.ids import ChannelId, ClientId, ConversationId, UserId
from conversation.message import Button, ChannelKind, ContentKind, Inbound, Sender
from conversation.pipeline import Pipeline, close_idle, handle_inbound
from conversation.ports import Delivered, Inbox, Outbox
from conversation.satisfaction import SCORES, Survey, comment_button, score_button
from handoff.agent import Agent
from handoff.desk import Desk
from handoff.outcome import Claimed, Done
from handoff.ports import Hours
from handoff.presence import BEAT_EVERY

HOLD = timedelta(minutes=5)
IDLE = timedelta(minutes=30)
AFTERMATH = timedelta(days=7)  # by then everything that began in a stretch of the past has ended
LONGEST_WAIT = timedelta(hours=1)  # a budget that spans a weekend is no reason to wait for its end
ONLINE = "online"
DAY_S = 86_400
RATING, COMMENTING = 0.38, 0.3  # shares of those asked who answer, and of these who say why
USUAL_SCORES, LATE_SCORES = (1, 2, 8, 31, 58), (24, 27, 26, 15, 8)  # of a hundred, from 1 to 5


class Alarms(Protocol):
    """Fires SLA warnings and breaches that are due by the (virtual) clock."""

    async def next_wakeup(self) -> datetime | None: ...

    async def fire_due(self) -> int: ...


class Attendance(Protocol):
    """Hears who is at the desk."""

    async def beats(self, agents: Collection[UserId], status: str, now: datetime) -> None: ...


class Threads(Protocol):
    """Finds the newest conversation of a thread."""

    async def latest(self, channel: ChannelId, ref: str) -> Conversation | None: ...


@dataclass(frozen=True)
class Stage:
    """The real rooms, wired to a clock that the simulation moves. `new_day` is told of each day that begins."""

    clock: ManualClock
    pipeline: Pipeline
    inbox: Inbox
    outbox: Outbox
    desk: Desk
    presence: Attendance
    hours: Hours
    alarms: Alarms
    threads: Threads
    channels: Mapping[tuple[ClientId, ChannelKind], ChannelId]
    agents: Sequence[Agent]
    new_day: Callable[[], Awaitable[None]]


@dataclass(order=True)
class _Due:
    at: datetime
    number: int
    act: Callable[[], Awaitable[None]] = field(compare=False)


@dataclass
class _Visit:
    """One story on its way: who, where, and how far."""

    story: Story
    channel: ChannelId
    ref: str
    name: str
    said: int = 0
    answered: int = 0
    open_end: bool = False
    late: bool = False
    pressed: int = 0


class Simulation:
    """Deterministic for a seed. `trouble` clients are answered late now and then, so that there is something to see.
    `name` begins the references of its threads.
    """

    def __init__(
        self, stage: Stage, *, seed: int, trouble: frozenset[ClientId] = frozenset(), name: str = "sim-"
    ) -> None:
        self._stage = stage
        self._name = name
        self._random = random.Random(seed)  # noqa: S311  a story needs repeatable chance, not secrecy
        self._trouble = trouble
        self._queue: list[_Due] = []
        self._numbers = itertools.count()
        self._clients = {client for agent in stage.agents for client in agent.clients}
        self._beaten = datetime.min.replace(tzinfo=UTC)

    async def play(
        self,
        stories: Sequence[Story],
        count: int,
        start: datetime,
        end: datetime,
        progress: Callable[[], None],
        *,
        still_open: int = 8,
        until: datetime | None = None,
    ) -> None:
        """`count` visits between `start` and `end`; the last `still_open` of them that need a person are left waiting,
        so that the desk has something to do. Ends at `end`; with `until`, the visits are followed to their own end
        after it, but not beyond `until`.
        """
        usable = [s for s in stories if (s.client, s.channel) in self._stage.channels]
        for number in range(count):
            story = usable[number % len(usable)] if number < len(usable) else self._random.choice(usable)
            at = self._arrival(story.client, start, end)
            self._at(at, self._visitor(story, number, progress))
        recent = [s for s in usable if s.agent and s.channel is ChannelKind.WEBCHAT]
        for number in range(min(still_open, len(recent))):
            story = self._random.choice(recent)
            at = end - timedelta(minutes=self._random.uniform(1, 11))
            self._at(at, self._visitor(story, count + number, lambda: None, open_end=True))
        await self._run_until(end if until is None else min(until, end + AFTERMATH), idle_too=until is None)

    def _arrival(self, client: ClientId, start: datetime, end: datetime) -> datetime:
        """Most people write while the client is open; about one in six does not."""
        for _ in range(12):
            at = start + (end - start) * self._random.random()
            if self._stage.hours.is_open(client, at) or self._random.random() < 0.06:
                return at
        return at

    def _visitor(
        self, story: Story, number: int, progress: Callable[[], None], *, open_end: bool = False
    ) -> Callable[[], Awaitable[None]]:
        name = f"{self._random.choice(FIRST_NAMES)} {self._random.choice(LAST_NAMES)}"
        visit = _Visit(
            story, self._stage.channels[story.client, story.channel], f"{self._name}{number}", name, open_end=open_end
        )

        async def arrive() -> None:
            progress()
            await self._customer_writes(visit)

        return arrive

    async def _customer_writes(self, visit: _Visit) -> None:
        story, now = visit.story, self._stage.clock.now()
        text = story.says[visit.said]
        visit.said += 1
        await self._beat()
        await self._stage.inbox.accept([self._inbound(visit, text, now)])
        await self._handle()
        conversation = await self._stage.threads.latest(visit.channel, visit.ref)
        if conversation is None:
            return
        if conversation.state is State.QUEUED and visit.answered == 0:
            if not visit.open_end:
                visit.answered = 1
                self._at(self._pickup(visit, conversation), lambda: self._agent_claims(visit, conversation.id))
            return
        if visit.said < len(story.says) and conversation.state is State.BOT:
            self._after(self._random.uniform(8, 75), lambda: self._customer_writes(visit))
        elif conversation.state is State.BOT:
            self._at(now + IDLE + timedelta(minutes=1), self._close_idle)
        elif conversation.csat == Survey.ASKED and visit.said >= len(story.says):
            self._may_rate(visit)

    def _inbound(self, visit: _Visit, text: str, now: datetime) -> Inbound:
        order = int(now.timestamp() * 1_000_000)
        return Inbound(
            key=f"{visit.ref}:{visit.said}",
            client=visit.story.client,
            channel=visit.channel,
            channel_kind=visit.story.channel,
            thread_ref=visit.ref,
            order=order,
            kind=ContentKind.TEXT,
            sender=Sender(visit.ref, visit.name, visit.story.language),
            sent_at=now,
            received_at=now,
            text=text,
            platform_message_id=f"{visit.ref}:{visit.said}",
        )

    def _pickup(self, visit: _Visit, conversation: Conversation) -> datetime:
        """When an agent gets to it: within the budget as a rule, now and then too late."""
        now, client = self._stage.clock.now(), visit.story.client
        begin = now if self._stage.hours.is_open(client, now) else self._stage.hours.next_opening(client, now) or now
        due = self._stage.hours.first_response_due(client, conversation, now) or now + timedelta(minutes=15)
        if self._random.random() < (0.16 if client in self._trouble else 0.035):
            at = due + timedelta(minutes=self._random.uniform(1, 35))
            visit.late = True
        else:
            at = begin + min(due - begin, LONGEST_WAIT) * self._random.betavariate(1.6, 5.0)
        return self._stage.hours.next_opening(client, at) or at

    async def _agent_claims(self, visit: _Visit, conversation: ConversationId) -> None:
        able = [a for a in self._stage.agents if visit.story.client in a.clients]
        self._random.shuffle(able)
        for agent in able:
            if isinstance(await self._stage.desk.claim(agent, conversation), Claimed):
                self._after(self._random.uniform(10, 40), partial(self._agent_answers, visit, conversation, agent, 0))
                return
        self._after(60, lambda: self._agent_claims(visit, conversation))

    async def _agent_answers(self, visit: _Visit, conversation: ConversationId, agent: Agent, line: int) -> None:
        told = visit.story.agent or ("Ich kümmere mich darum.",)
        lines = [words.replace("{agent}", agent.name.split()[0]) for words in told]
        sent = await self._stage.desk.reply(agent, conversation, lines[line], key=f"{visit.ref}-a{line}", force=True)
        await self._deliver()
        if not isinstance(sent, Done):
            return
        if visit.said < len(visit.story.says):
            self._after(self._random.uniform(15, 90), lambda: self._customer_writes(visit))
        if line + 1 < len(lines):
            self._after(
                self._random.uniform(100, 260), lambda: self._agent_answers(visit, conversation, agent, line + 1)
            )
        else:
            self._after(self._random.uniform(120, 400), lambda: self._agent_resolves(visit, conversation, agent))

    async def _agent_resolves(self, visit: _Visit, conversation: ConversationId, agent: Agent) -> None:
        await self._stage.desk.resolve(agent, conversation, "answered")
        await self._deliver()
        self._may_rate(visit)

    def _may_rate(self, visit: _Visit) -> None:
        if self._random.random() < RATING:
            self._after(self._random.uniform(15, 600), lambda: self._customer_rates(visit))

    async def _customer_rates(self, visit: _Visit) -> None:
        """Presses one of the five buttons, the lower ones after a long wait, and says why now and then."""
        asked = await self._stage.threads.latest(visit.channel, visit.ref)
        if asked is None or asked.csat != Survey.ASKED:
            return
        weights = LATE_SCORES if visit.late else USUAL_SCORES
        [score] = self._random.choices(SCORES, weights)
        await self._customer_presses(visit, score_button(asked.id, score))
        if self._random.random() < COMMENTING:
            words = self._random.choice(COMMENTS[visit.story.language][score >= 4])
            self._after(4, lambda: self._customer_presses(visit, comment_button(asked.id, "★")))
            self._after(self._random.uniform(15, 60), lambda: self._arrives(visit, words))

    async def _customer_presses(self, visit: _Visit, button: Button) -> None:
        await self._arrives(visit, button.title, kind=ContentKind.BUTTON, payload=button.payload)

    async def _arrives(self, visit: _Visit, text: str, **more: Any) -> None:
        visit.pressed += 1
        key = f"{visit.ref}:r{visit.pressed}"
        inbound = self._inbound(visit, text, self._stage.clock.now())
        await self._stage.inbox.accept([replace(inbound, key=key, platform_message_id=key, **more)])
        await self._handle()

    async def _handle(self) -> None:
        store, now = self._stage.pipeline.store, self._stage.clock.now()
        works = await store.lease("simulation", now, limit=64, hold=HOLD)
        await handle_inbound(works, self._stage.pipeline)
        await self._deliver()

    async def _deliver(self) -> None:
        """The platforms accept everything at once."""
        now = self._stage.clock.now()
        while items := await self._stage.outbox.take("simulation", now, limit=64, hold=HOLD):
            await self._stage.outbox.settle(
                [Delivered(item, f"sim-{item.message.id}", now + timedelta(milliseconds=300)) for item in items]
            )

    async def _close_idle(self) -> None:
        await close_idle(self._stage.pipeline, after=IDLE)

    def _after(self, seconds: float, act: Callable[[], Awaitable[None]]) -> None:
        self._at(self._stage.clock.now() + timedelta(seconds=seconds), act)

    def _at(self, at: datetime, act: Callable[[], Awaitable[None]]) -> None:
        heapq.heappush(self._queue, _Due(at, next(self._numbers), act))

    async def _run_until(self, end: datetime, *, idle_too: bool) -> None:
        """Acts in order of time; alarms that fall due in between fire at their own time. `idle_too`: the time between
        the last act and `end` passes as well.
        """
        day = -1
        while self._queue and self._queue[0].at <= end:
            due = heapq.heappop(self._queue)
            await self._fire_alarms(due.at)
            self._stage.clock.set(due.at)
            if (today := int(due.at.timestamp() // DAY_S)) != day:
                day = today
                await self._stage.new_day()
            await due.act()
        if idle_too:
            await self._fire_alarms(end)
            self._stage.clock.set(end)

    async def _beat(self) -> None:
        """Agents are at their desks while a client of theirs is open. Told whenever somebody may ask who is there."""
        now = self._stage.clock.now()
        if now - self._beaten < BEAT_EVERY:
            return
        self._beaten = now
        open_now = {client for client in self._clients if self._stage.hours.is_open(client, now)}
        there = [agent.id for agent in self._stage.agents if not open_now.isdisjoint(agent.clients)]
        if there:
            await self._stage.presence.beats(there, ONLINE, now)

    async def _fire_alarms(self, until: datetime) -> None:
        while (wakeup := await self._stage.alarms.next_wakeup()) is not None and wakeup <= until:
            self._stage.clock.set(max(wakeup, self._stage.clock.now()))
            await self._beat()
            if not await self._stage.alarms.fire_due():
                return
