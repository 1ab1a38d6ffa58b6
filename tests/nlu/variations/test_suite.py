"""A run from end to end on a small pack."""

import pytest

from nlu.action import ActionRequest, ActionResult
from nlu.bot import Bot
from nlu.conversation_tests import FakeActions, pack_tests
from nlu.pack import load_pack
from nlu.variations.lines import Kind
from nlu.variations.outcome import Fault
from nlu.variations.recorded import read_recorded, written
from nlu.variations.report import Figures, failing, report, told
from nlu.variations.suite import Suite
from tests.nlu.dialogue.desk_pack import desk_files
from tests.nlu.variations.desk_stories import NOW, TESTS, desk_suite


async def test_a_conversation_whose_write_has_no_stub_is_not_varied_and_too_many_fail():
    run = await desk_suite(stubs="").run()
    assert {one.case.name for one in run.not_varied} == {"an expense", "stop an order", "where is it"}
    assert "no stub and no recorded answer for action_claim" in {one.why for one in run.not_varied}
    assert report(run).misses == ["3 of 4 conversations could not be varied"]


async def test_the_actions_of_the_bot_are_never_called():
    real = FakeActions({})
    plain = desk_suite().bot
    suite = Suite(Bot(plain.pack, plain.engine, real), NOW)
    await suite.run(kinds=[Kind.REFUSED, Kind.HANDED])
    assert real.calls == []


async def test_answers_are_recorded_once_and_then_given_without_a_call():
    live = FakeActions(
        {
            "action_look": ActionResult(True, {"status": "on its way", "day": "2026-12-24"}, status=200),
            "action_stop": ActionResult(True, status=200),
            "action_claim": ActionResult(True, {"claim": "C-1"}, status=200),
        }
    )
    recording = desk_suite(stubs="")
    recording.live = live
    text = written(await recording.record(pack_tests(recording.bot.pack)), NOW)
    pack = load_pack({**desk_files(), "tests/all.yml": TESTS, "recorded.yml": text})
    at, answers = read_recorded(pack)
    assert at == NOW
    assert {one.action for one in answers} == {"action_look", "action_stop", "action_claim"}
    suite = desk_suite(stubs="")
    suite.recorded = answers
    run = await suite.run(kinds=[Kind.REFUSED])
    assert list(run.not_varied) == []
    assert not any(Fault.WRONG_WRITE in one.verdict.faults for one in run.tried)


async def test_a_run_is_told_in_figures_and_failing_conversations():
    run = await desk_suite().run()
    figures = report(run)
    assert figures.as_plain().keys() == {"same", "corrected", "refused", "handed"}
    assert set(figures.as_plain()["same"]) == {"same", "handed_over", "wrong_write", "lost", "dead_end", "repeated"}
    for fault, tried in failing(run):
        assert told(fault, tried).startswith(fault.value.replace("_", " "))


@pytest.mark.parametrize(
    ("faults", "missed"),
    [
        ({}, []),
        ({Fault.LOST: 1}, [Fault.LOST]),
        ({Fault.HANDED_OVER: 8, Fault.REPEATED: 2}, []),
        ({Fault.HANDED_OVER: 9, Fault.REPEATED: 3}, [Fault.HANDED_OVER, Fault.REPEATED]),
    ],
)
def test_targets_are_shares_of_what_was_played(faults, missed):
    assert Figures(100, 90, faults).misses() == missed


async def test_a_failing_variation_is_made_smaller_and_still_fails(monkeypatch):
    monkeypatch.setattr("nlu.dialogue.consents.covers", lambda *_: True)
    suite = desk_suite()
    run = await suite.run([one for one in pack_tests(suite.bot.pack) if one.name == "an expense"])
    fault, tried = failing(run)[0]
    smallest = await suite.smallest(tried, fault)
    assert fault in smallest.verdict.faults
    assert len(smallest.moments) <= len(tried.moments)


async def test_wrong_numbers_get_the_answer_that_the_action_gave_to_others():
    suite = desk_suite()
    play = suite._play(pack_tests(suite.bot.pack)[0])
    result = await play.answers.run(ActionRequest("action_look", {"order_number": "999999"}, "en", "k", NOW))
    assert result.ok
