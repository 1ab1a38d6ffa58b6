"""Derives variations of a pack's conversation tests, plays them, and judges what came of each."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from nlu.action import ActionRequest, ActionResult, Actions
from nlu.bot import Bot
from nlu.conversation_tests import FakeActions, pack_tests
from nlu.test_file import StepKind, TestCase
from nlu.variations.cached import CachedEngine
from nlu.variations.corrected import corrected
from nlu.variations.customer import SimulatedCustomer
from nlu.variations.handed import handed
from nlu.variations.lines import Does, Kind, Line, Variation
from nlu.variations.outcome import Fault, Outcome, Verdict, judge, outcome
from nlu.variations.play import Moment, Play
from nlu.variations.recorded import Answers, Recorded, Recorder
from nlu.variations.refused import refused
from nlu.variations.same import same
from nlu.variations.shrink import shrunk
from nlu.variations.story import Opening, Setting, Story, is_doubt
from nlu.variations.trace import traced
from nlu.variations.wording import wording

_ONE_QUESTION = re.compile(r"[^,.;:!?\n]+\?")
_AT_ONCE = frozenset({"", "own:helped"})


@dataclass(frozen=True, slots=True)
class Tried:
    """A variation that was played. `moments` are what happened."""

    case: TestCase
    variation: Variation
    verdict: Verdict
    moments: Sequence[Moment]
    resolution: str


@dataclass(frozen=True, slots=True)
class NotVaried:
    """A conversation of which none could be made, and why."""

    case: TestCase
    why: str


@dataclass(frozen=True, slots=True)
class Run:
    """A whole run over a pack's conversations."""

    conversations: int
    tried: Sequence[Tried]
    not_varied: Sequence[NotVaried]


@dataclass
class Switch:
    """Actions that are exchanged between conversations, since making a bot takes longer than a conversation."""

    actions: Actions

    async def run(self, request: ActionRequest) -> ActionResult:
        """See nlu.action.Actions."""
        return await self.actions.run(request)


@dataclass
class Suite:
    """Variations of one bot's conversation tests, always the same for the same seed. `recorded` are answers kept
    earlier; with `live` the actions are called once, for the conversations as written, and their answers kept.
    """

    bot: Bot
    now: datetime
    seed: int = 0
    recorded: Sequence[Recorded] = ()
    live: Actions | None = None
    own: dict[str, list[Recorded]] = field(default_factory=dict)
    switch: Switch = field(init=False)
    played: dict[tuple[str, tuple[str, ...]], Play] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._knows: Callable[[str], bool] = getattr(self.bot.engine, "knows", _knows_none)
        self.switch = Switch(FakeActions({}))
        self.bot = Bot(self.bot.pack, CachedEngine(self.bot.engine), self.switch, self.bot.version)

    async def run(self, cases: Sequence[TestCase] | None = None, kinds: Sequence[Kind] = tuple(Kind)) -> Run:
        """Plays all variations of the given cases (default: all of the pack's). Raises PackInvalid."""
        known = pack_tests(self.bot.pack)
        chosen = known if cases is None else list(cases)
        if self.live is not None:
            await self.record(chosen)
        stories, not_varied = await self.stories(chosen)
        tried = [one for story in stories for one in await self._vary(story, kinds)]
        return Run(len(chosen), tried, not_varied)

    async def stories(self, cases: Sequence[TestCase]) -> tuple[list[Story], list[NotVaried]]:
        """The conversations as written with what their lines do."""
        found: list[tuple[Story, Play]] = []
        not_varied: list[NotVaried] = []
        for case in cases:
            play = self._play(case)
            language = await self._language(case)
            lines = await traced(play, case, wording(language))
            if play.answers.missing:
                missing = ", ".join(sorted(play.answers.missing))
                not_varied.append(NotVaried(case, f"no stub and no recorded answer for {missing}"))
                continue
            found.append((self._story(case, play, lines, language), play))
        setting = _setting([story for story, _ in found], [play for _, play in found])
        return [replace(story, setting=setting) for story, _ in found], not_varied

    def variations(self, story: Story, kinds: Sequence[Kind] = tuple(Kind)) -> Iterator[Variation]:
        """All variations of a conversation."""
        for kind in kinds:
            rng = Random(f"{self.seed}:{story.case.name}:{kind}")  # noqa: S311 - no secret: the same for the same seed
            yield from _MAKERS[kind](story, rng)

    async def try_out(self, case: TestCase, variation: Variation) -> Tried | None:
        """Plays a variation beside its basis; None if it needs an answer that nobody has."""
        basis = await self._basis(case, variation.basis)
        stated = {slot for line in variation.lines for slot in line.states}
        facts = outcome(basis, {}).facts
        known = {slot: value for slot, value in facts.items() if slot in stated}
        wanted = outcome(basis, known)
        play = await self._converse(case, variation.lines, variation.basis, variation.fails, patient=variation.patient)
        if play.answers.missing:
            return None
        found: Outcome = outcome(play, known)
        told = [moment.line for moment in play.moments]
        verdict = judge(variation.kind, found, wanted, variation.lines, told)
        return Tried(case, variation, verdict, play.moments, found.resolution)

    async def smallest(self, tried: Tried, fault: Fault) -> Tried:
        """The smallest conversation found that still shows the fault."""

        async def faults(variation: Variation) -> frozenset[Fault]:
            again = await self.try_out(tried.case, variation)
            return frozenset(again.verdict.faults) if again is not None else frozenset()

        found = await shrunk(tried.variation, fault, faults)
        return await self.try_out(tried.case, found) or tried

    async def _vary(self, story: Story, kinds: Sequence[Kind]) -> list[Tried]:
        tried = [await self.try_out(story.case, one) for one in self.variations(story, kinds)]
        return [one for one in tried if one is not None]

    async def _basis(self, case: TestCase, lines: Sequence[Line]) -> Play:
        """The conversation that variations are compared with, played once."""
        key = _key(case), tuple(line.text for line in lines)
        if key not in self.played:
            self.played[key] = await self._converse(case, lines, lines)
        return self.played[key]

    async def _converse(
        self, case: TestCase, lines: Sequence[Line], basis: Sequence[Line], fails: str = "", *, patient: bool = True
    ) -> Play:
        play = self._play(case, fails)
        await SimulatedCustomer(play, patient, basis).converse(lines)
        return play

    def _play(self, case: TestCase, fails: str = "") -> Play:
        others = [*self.recorded, *(one for kept in self.own.values() for one in kept)]
        answers = Answers(self.bot.pack, case, self.own.get(_key(case), ()), others, fails)
        return self._with(answers)

    def _with(self, answers: Answers) -> Play:
        """A conversation with the one bot, which asks these answers from now on: conversations follow each other."""
        self.switch.actions = answers
        return Play(self.bot, answers, self.now)

    async def record(self, cases: Sequence[TestCase]) -> list[Recorded]:
        """Plays the cases as they are written with the live actions, and keeps what these answer."""
        assert self.live is not None
        for case in cases:
            recorder = Recorder(self.bot.pack, self.live)
            answers = _Recording(self.bot.pack, case, live=recorder)
            await traced(self._with(answers), case, wording(self.bot.pack.profile.languages[0]))
            self.own[_key(case)] = recorder.kept
        return [one for kept in self.own.values() for one in kept]

    async def _language(self, case: TestCase) -> str:
        """The language of what the customer says in the conversation, taken together: a few words may be of any."""
        said = "\n".join(
            step.text for step in case.steps if step.kind is StepKind.USER and not step.text.startswith("/")
        )
        known = self.bot.pack.profile.languages
        return self.bot.engine.parse([said], [known[0]])[0].language or known[0]

    def _story(self, case: TestCase, play: Play, lines: Sequence[Line], language: str) -> Story:
        others = [name for name in self.bot.pack.profile.languages if name != language]
        other = others[0] if others else ""
        return Story(
            case=case,
            pack=self.bot.pack,
            lines=lines,
            after=[moment.after for moment in play.moments],
            said=[moment.said for moment in play.moments],
            called=[
                [*(a for a, _ in m.reads), *(w.action for w in m.writes if w.action in self.bot.pack.domain.actions)]
                for m in play.moments
            ],
            facts=outcome(play, {}).facts,
            language=language,
            words=wording(language),
            foreign=wording(other or language),
            other_language=other,
            ends_with_person=play.handed is not None,
            setting=Setting({}, {}, {}),
            knows=self._knows,
            today=self.now.astimezone(ZoneInfo(self.bot.pack.profile.timezone)).date(),
        )


@dataclass
class _Recording(Answers):
    """Answers from stubs, else from the real actions."""

    live: Recorder | None = None

    async def run(self, request: ActionRequest) -> ActionResult:
        if request.name in self.case.stubs or self.live is None:
            return await Answers.run(self, request)
        return await self.live.run(request)


_MAKERS: Mapping[Kind, Any] = {Kind.SAME: same, Kind.CORRECTED: corrected, Kind.REFUSED: refused, Kind.HANDED: handed}


def _setting(stories: Sequence[Story], plays: Sequence[Play]) -> Setting:
    digressions: dict[str, list[Line]] = defaultdict(list)
    stated: dict[tuple[str, str], list[tuple[str, Any]]] = defaultdict(list)
    openings: dict[tuple[str, str], list[Opening]] = defaultdict(list)
    for story, play in zip(stories, plays, strict=True):
        language = story.language
        for line, moment in zip(story.lines, play.moments, strict=True):
            if line.slot in line.states and len(line.states) == 1 and line.is_typed and line.slot in story.facts:
                stated[language, line.slot].append((line.text, line.states[line.slot]))
            if not (line.answers or line.states or line.refused) and line.does is Does.SAYS and line.is_typed:
                openings[language, line.intent].append(Opening(line.text, moment.said, moment.after))
        first = play.moments[0]
        quiet = not (first.reads or first.writes or first.handed) and first.after in _AT_ONCE
        # One question alone: a sentence before it would say something of its own ("my bike was stolen, what ...").
        asks = _ONE_QUESTION.fullmatch(first.line.text.strip()) is not None
        if quiet and len(story.lines) == 1 and asks and not is_doubt(first.said):
            digressions[language].append(story.lines[0])
    return Setting(digressions, stated, openings)


def _knows_none(word: str) -> bool:
    """For engines that do not tell."""
    del word
    return False


def _key(case: TestCase) -> str:
    return f"{case.node.file}:{case.node.line}"
