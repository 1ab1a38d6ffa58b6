"""The third pack: nobody's sample, with other words and other kinds of values."""

from nlu.conversation_tests import pack_tests, run_tests
from nlu.pack import validate
from nlu.variations.lines import Kind
from nlu.variations.outcome import Fault
from tests.nlu.variations.desk_stories import insurer, insurer_run, insurer_suite

SOME = ("de - Einbruch in die Wohnung", "en - a collision and everything in two messages", "de - umgezogen", "en - gas")


def test_the_pack_is_valid():
    assert [str(p) for p in validate(insurer().files.texts, {}) if not p.warning] == []


async def test_its_own_conversations_go_as_written():
    results = await run_tests(insurer_suite().bot)
    assert len(results) >= 25
    assert [f"{r.place} {r.name}\n{r.why}" for r in results if not r.passed] == []


async def test_every_conversation_can_be_varied():
    cases = pack_tests(insurer())
    stories, not_varied = await insurer_suite().stories(cases)
    assert (len(stories), not_varied) == (len(cases), [])


async def test_what_already_holds():
    run = await insurer_run(*SOME, kinds=(Kind.SAME, Kind.REFUSED))
    twice = [one for one in run.tried if one.variation.operator == "delivered twice"]
    assert twice
    assert all(one.verdict.is_right for one in twice)
    refused = [one for one in run.tried if one.variation.kind is Kind.REFUSED]
    assert not any(Fault.WRONG_WRITE in one.verdict.faults for one in refused)
