"""Runs a pack's conversation tests against its real bot, and shows where a conversation went another way."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from conversation.conversation import Conversation, Customer
from conversation.errors import PackInvalid
from conversation.ids import ChannelId, ConversationId, CustomerId, ThreadId
from conversation.message import ChannelKind, ContentKind, Inbound, Sender
from conversation.packfile import Problems
from conversation.resolution import Answered, NeedsHuman, Turn
from nlu.action import ActionRequest, ActionResult, Actions
from nlu.action_server import read_events
from nlu.bot import Bot
from nlu.dialogue.manager import Dialogue
from nlu.dialogue.turn import Decision
from nlu.pack import Pack
from nlu.payload import parse_payload
from nlu.test_file import StepKind, TestCase, TestStep, parse_tests

# Asking whether there is more is a courtesy after a finished flow; tests need not spell it out.
_OPTIONAL = frozenset({"utter_anything_else"})


@dataclass(frozen=True, slots=True)
class TestResult:
    """How one test case went; `why` shows the conversation up to the difference, empty if it passed. `line` is the
    failed step's, or the case's.
    """

    __test__ = False

    name: str
    file: str
    line: int
    passed: bool
    why: str = ""

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}"


def pack_tests(pack: Pack) -> list[TestCase]:
    """The cases of the pack's tests/*.yml. Raises PackInvalid."""
    problems = Problems()
    cases = parse_tests([node for _, node in pack.files.under("tests")], problems)
    if problems.errors:
        raise PackInvalid(problems.found)
    return cases


async def run_tests(bot: Bot, cases: Iterable[TestCase] | None = None) -> list[TestResult]:
    """Every case in a conversation of its own, actions called for real unless the file stubs them. The bot's actions
    decide what is real: give it `FakeActions` to run without any system. Raises PackInvalid.
    """
    return [await _run(bot, case) for case in (pack_tests(bot.pack) if cases is None else cases)]


@dataclass(frozen=True)
class FakeActions:
    """Actions that answer from a mapping name → answer; each call is kept in `calls`."""

    answers: Mapping[str, ActionResult]
    otherwise: Actions | None = None
    calls: list[ActionRequest] = field(default_factory=list)

    async def run(self, request: ActionRequest) -> ActionResult:
        """See nlu.action.Actions."""
        self.calls.append(request)
        if request.name in self.answers:
            return self.answers[request.name]
        if self.otherwise is not None:
            return await self.otherwise.run(request)
        return ActionResult(ok=False, error=f"no answer is prepared for {request.name}")


class _Differs(Exception):
    def __init__(self, step: TestStep, message: str) -> None:
        self.step = step
        super().__init__(message)


async def _run(bot: Bot, case: TestCase) -> TestResult:
    play = _Play(_stubbed(bot, case), case)
    try:
        for block in _blocks(case.steps):
            await play.turn(block)
    except _Differs as difference:
        place = difference.step.node
        return TestResult(case.name, place.file, place.line, passed=False, why=play.told(str(difference)))
    return TestResult(case.name, case.node.file, case.node.line, passed=True)


def _stubbed(bot: Bot, case: TestCase) -> Bot:
    if not case.stubs:
        return bot
    answers = {name: read_events(json.dumps(stub.plain()).encode(), 200) for name, stub in case.stubs.items()}
    return Bot(bot.pack, bot.engine, FakeActions(answers, bot.actions), bot.version)


def _blocks(steps: Iterable[TestStep]) -> Iterator[list[TestStep]]:
    """The steps in groups: what a user says, with all that is expected of it."""
    block: list[TestStep] = []
    for step in steps:
        if step.kind is StepKind.USER and block:
            yield block
            block = []
        block.append(step)
    if block:
        yield block


class _Play:
    def __init__(self, bot: Bot, case: TestCase) -> None:
        now = datetime.now(UTC)
        profile = bot.pack.profile
        self.bot, self.case, self.count = bot, case, 0
        self.lines: list[str] = []
        self.changed: list[tuple[str, Any]] = list(case.slots.items())
        self.language: str | None = None
        self.handed_off: NeedsHuman | None = None
        self.conversation = Conversation(
            id=ConversationId("test"),
            client=profile.id,
            channel=ChannelId("test"),
            channel_kind=ChannelKind.WEBCHAT,
            thread=ThreadId("test"),
            customer=CustomerId("test"),
            customer_name="",
            opened_at=now,
            updated_at=now,
            tracker={"slots": {**bot.pack.domain.initial_slots(), **case.slots}} if case.slots else {},
        )

    async def turn(self, block: list[TestStep]) -> None:
        first = block[0]
        if first.kind is not StepKind.USER:
            raise _Differs(first, "a test begins with a user step")
        if self.handed_off is not None:
            raise _Differs(first, f"a person has the conversation already ({self.handed_off.reason})")
        self.lines.append(f"  user: {first.text}")
        decision = await self._decide(first.text)
        self._keep(decision)
        self._compare(block, decision)

    async def _decide(self, text: str) -> Decision:
        self.count += 1
        turn = self._turn(text)
        understood = (await self.bot.understand([turn]))[0]
        self.language = understood.language or self.language
        self.conversation = replace(self.conversation, language=self.language or "")
        guess = f"{understood.intent.name} {understood.intent.confidence:.2f}"
        if understood.ranking and not understood.answerable:
            guess += f", best guess {understood.ranking[0].name} {understood.ranking[0].confidence:.2f}"
        if understood.text:
            self.lines.append(f"        (understood: {guess}, {understood.language})")
        return await self.bot.decide(replace(turn, conversation=self.conversation), understood)

    def _turn(self, text: str) -> Turn:
        now = datetime.now(UTC)
        kind, said, payload = _press(text, self.bot.dialogue)
        inbound = Inbound(
            key=f"{self.case.node.file}:{self.case.node.line}:{self.count}:{now.timestamp()}",
            client=self.conversation.client,
            channel=self.conversation.channel,
            channel_kind=ChannelKind.WEBCHAT,
            thread_ref="test",
            order=self.count,
            kind=kind,
            sender=Sender("test"),
            sent_at=now,
            received_at=now,
            text=said,
            payload=payload,
        )
        customer = Customer(CustomerId("test"), self.conversation.client, "test")
        return Turn(self.conversation, inbound, customer, self.language, inbound.key, now)

    def _keep(self, decision: Decision) -> None:
        resolution = decision.resolution
        self.changed.extend(decision.changed)
        self.lines.extend(f"  bot:  {s.name or '(action)'}: {_short(s.reply.text)}" for s in decision.said)
        completed = self.conversation.completed
        if isinstance(resolution, Answered):
            completed = completed if resolution.completed is None else resolution.completed
        else:
            self.handed_off = resolution
            self.lines.append(f"  handed off: {resolution.reason}")
        self.conversation = replace(self.conversation, tracker=resolution.tracker, completed=completed)

    def _compare(self, block: list[TestStep], decision: Decision) -> None:
        waiting = list(decision.said)
        for step in block[1:]:
            match step.kind:
                case StepKind.UTTER | StepKind.BOT:
                    while waiting and waiting[0].name in _OPTIONAL and step.text != waiting[0].name:
                        waiting.pop(0)
                    said = waiting.pop(0) if waiting else None
                    actual = None if said is None else said.name if step.kind is StepKind.UTTER else said.reply.text
                    if actual is None or actual.strip() != step.text.strip():
                        raise _Differs(step, f"expected {step.kind}: {step.text}\n  actual   {actual or 'nothing'}")
                case StepKind.HANDOFF:
                    reason = self.handed_off.reason if self.handed_off else "no handoff"
                    if reason != step.text:
                        raise _Differs(step, f"expected handoff: {step.text}\n  actual   {reason}")
                case _:
                    self._compare_slots(step)
        extra = [s for s in waiting if s.name not in _OPTIONAL]
        checked = any(s.kind in (StepKind.UTTER, StepKind.BOT) for s in block)
        if extra and checked:
            raise _Differs(block[-1], f"expected nothing more\n  actual   {', '.join(s.name for s in extra)}")
        if self.handed_off is not None and not any(s.kind is StepKind.HANDOFF for s in block):
            raise _Differs(block[-1], f"expected no handoff\n  actual   {self.handed_off.reason}")

    def _compare_slots(self, step: TestStep) -> None:
        for name, value in step.slots:
            values = [v for n, v in self.changed if n == name and v is not None]
            found = any(value is None or _same(v, value) for v in values)
            if found is not (step.kind is StepKind.SLOT_SET):
                shown = ", ".join(map(repr, values)) or "never set"
                raise _Differs(step, f"expected {step.kind}: {name} = {value!r}\n  actual   {shown}")

    def told(self, difference: str) -> str:
        return "\n".join((*self.lines, f"  {difference}"))


def _press(text: str, dialogue: Dialogue) -> tuple[ContentKind, str, str]:
    """`/…` in a test is a pressed button, or a command if it names no intent; everything else is typed."""
    payload = parse_payload(text) if text.startswith("/") else None
    if payload is None:
        return ContentKind.TEXT, text, ""
    known = {*dialogue.pack.domain.intents, "human", "nlu_fallback", ""}
    if payload.intent in known:
        return ContentKind.BUTTON, text, text
    name, _, argument = text.lstrip("/").partition(" ")
    return ContentKind.COMMAND, name, argument


def _same(actual: Any, expected: Any) -> bool:
    if isinstance(actual, bool) or isinstance(expected, bool):
        return actual is expected
    return bool(actual == expected) or str(actual) == str(expected)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 100 else f"{line[:99]}…"


__all__ = ["FakeActions", "TestCase", "TestResult", "pack_tests", "run_tests"]
