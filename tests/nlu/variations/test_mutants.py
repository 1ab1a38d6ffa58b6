"""The suite finds what it is there for: with consent, negation or corrections broken it goes red."""

import pytest

from nlu.dialogue import answers
from nlu.dialogue.polarity import Polarity, polarity
from nlu.variations.lines import Kind
from nlu.variations.outcome import Fault
from nlu.variations.report import report
from nlu.variations.suite import Run
from tests.nlu.variations.desk_stories import insurer_run

CONVERSATIONS = ("de - Hagel am Auto", "en - burst pipe", "de - Kfz kündigen")


def _wrong_writes(run: Run, kind: Kind) -> int:
    return report(run).kinds[kind].faults.get(Fault.WRONG_WRITE, 0)


async def test_as_it_is_nothing_is_written_that_was_refused():
    assert _wrong_writes(await insurer_run(*CONVERSATIONS, kinds=(Kind.REFUSED,)), Kind.REFUSED) == 0


async def test_without_consent_it_goes_red(monkeypatch):
    monkeypatch.setattr("nlu.dialogue.consents.covers", lambda *_: True)
    run = await insurer_run(*CONVERSATIONS, kinds=(Kind.SAME, Kind.REFUSED))
    assert _wrong_writes(run, Kind.SAME) > 0
    assert report(run).misses


@pytest.mark.parametrize("reader", ["nlu.dialogue.answers.polarity"])
async def test_without_negation_it_goes_red(monkeypatch, reader):
    def deaf(*args, **more) -> Polarity:
        found = polarity(*args, **more)
        return Polarity(True, True) if found.sense is False or found.leaning is False else found

    monkeypatch.setattr(reader, deaf)
    run = await insurer_run(*CONVERSATIONS, kinds=(Kind.REFUSED,))
    assert _wrong_writes(run, Kind.REFUSED) > 0
    assert report(run).misses


async def test_without_corrections_it_goes_red(monkeypatch):
    before = await insurer_run(*CONVERSATIONS, kinds=(Kind.CORRECTED,))
    monkeypatch.setattr(answers, "corrections", lambda *_: [])
    after = await insurer_run(*CONVERSATIONS, kinds=(Kind.CORRECTED,))
    assert report(after).kinds[Kind.CORRECTED].same < report(before).kinds[Kind.CORRECTED].same
    assert _wrong_writes(after, Kind.CORRECTED) > _wrong_writes(before, Kind.CORRECTED)
    assert report(after).misses
