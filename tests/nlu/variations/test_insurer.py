"""The third pack: nobody's sample, with other words and other kinds of values."""

import pytest

from app.variations import NOW
from nlu.conversation_tests import pack_tests, run_tests
from nlu.pack import validate
from nlu.variations.lines import Kind
from nlu.variations.outcome import Fault
from tests.nlu.talker import Talker
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


@pytest.mark.parametrize(
    ("text", "slots"),
    [
        (
            "Mir ist einer hinten draufgefahren, Vertrag KH-5520913\ngestern\nM-AB 1203\n2300",
            {"plate": "M-AB 1203", "damage_amount": "2300", "damaged_items": None},
        ),
        (
            "Bei uns wurde eingebrochen, ich muss das melden, HR-7780021, 5. November, Laptop und Kamera, 4.200 €",
            {"damaged_items": ["Laptop und Kamera"], "damage_amount": "4200"},
        ),
        (
            "my bike was stolen from the cellar, I want to claim for it, HR-8801934, 8 November, 1200",
            {"damage_date": "2026-11-08", "damage_amount": "1200"},
        ),
        (
            "my bike was stolen from the cellar, I wat to calim",
            {"damaged_items": ["my bike was stolen from the cellar"]},
        ),
    ],
)
async def test_a_first_message_of_the_third_pack_is_taken_whole(text, slots):
    customer = Talker(insurer_suite().bot)
    customer.now = NOW
    await customer.says(text)
    told = customer.last.tracker["slots"]
    assert {name: told.get(name) for name in slots} == slots


async def test_half_of_a_number_is_not_kept_for_what_is_meant():
    customer = Talker(insurer_suite().bot)
    await customer.says("mir ist einer hinten draufgefahren, vertrag kh-5520913")
    tracker = customer.last.tracker
    kept = {**tracker["slots"], **{name: value[0] for name, value in tracker.get("parked", {}).items()}}
    assert kept.get("policy_number") == "kh-5520913"
