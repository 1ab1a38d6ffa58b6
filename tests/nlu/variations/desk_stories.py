"""The small desk with conversation tests of its own, and the insurer with its trained model."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import tests.insurer
from nlu.bot import Bot
from nlu.conversation_tests import FakeActions, pack_tests
from nlu.pack import Pack, load_pack
from nlu.test_file import TestCase
from nlu.variations.lines import Kind, Variation
from nlu.variations.story import Story
from nlu.variations.suite import Run, Suite
from tests.nlu.dialogue.desk_pack import KEYWORDS, desk_files
from tests.nlu.keyword_engine import KeywordEngine

NOW = datetime(2026, 11, 10, 9, 30, tzinfo=UTC)

STUBS = """
stub_custom_actions:
  action_look: {events: [{event: slot, name: status, value: on its way}, {event: slot, name: day, value: "2026-12-24"}], responses: []}
  action_stop: {events: [], responses: []}
  action_restart: {events: [], responses: []}
  action_claim: {events: [{event: slot, name: claim, value: C-1}], responses: []}
  action_drop_claim: {events: [], responses: []}
  action_change_claim: {events: [], responses: []}
  action_move: {events: [], responses: []}
"""

TESTS = """
test_cases:
- test_case: an expense
  steps:
  - user: "I have an expense to claim"
  - user: "a taxi to the airport"
  - user: "84.50"
  - user: "6 November"
  - user: "yes please"
- test_case: stop an order
  steps:
  - user: "please stop my order now"
  - user: "100234"
  - user: "yes"
- test_case: where is it
  steps:
  - user: "where is 100234?"
- test_case: opening hours
  steps:
  - user: "when do you open?"
"""


def desk_suite(tests: str = TESTS, stubs: str = STUBS, seed: int = 0) -> Suite:
    """The desk's bot on the keyword engine."""
    files = {**desk_files(), "tests/all.yml": stubs + tests}
    return Suite(Bot(load_pack(files), KeywordEngine(KEYWORDS), FakeActions({})), NOW, seed)


async def story(name: str, suite: Suite | None = None) -> Story:
    """One of the desk's conversations with what its lines do."""
    chosen = suite or desk_suite()
    stories, _ = await chosen.stories(pack_tests(chosen.bot.pack))
    return next(one for one in stories if one.case.name == name)


async def varied(name: str, operator: str, suite: Suite | None = None) -> list[Variation]:
    """The variations of one operator."""
    chosen = suite or desk_suite()
    return [one for one in chosen.variations(await story(name, chosen)) if one.operator == operator]


@cache
def insurer() -> Pack:
    """The insurer's pack."""
    return load_pack(Path(tests.insurer.__file__).parent, {})


@cache
def insurer_model() -> bytes:
    return Bot.train(insurer())


def insurer_suite() -> Suite:
    """The insurer's bot with the real engine."""
    return Suite(Bot.load(insurer(), insurer_model(), FakeActions({})), NOW)


async def insurer_run(*names: str, kinds: tuple[Kind, ...] = tuple(Kind)) -> Run:
    """Variations of some of the insurer's conversations."""
    return await insurer_suite().run(insurer_cases(*names), kinds)


def insurer_cases(*names: str) -> list[TestCase]:
    return [case for case in pack_tests(insurer()) if case.name in names]
