"""The trainer's pages: what a judge may see, how verdicts and versions go their way, and who may do it."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest

from nlu.versions.gate import objections
from nlu.versions.version import FailedTest, Objection, TestRun
from tests.builders import NOON
from tests.web.conftest import Browser
from tests.web.trainer import School
from tests.web.world import World
from web.application import create_app
from web.formats import Formats
from web.i18n import Words, catalogue
from web.training.view_model import objection_words

PAGES = ("", "/audit", "/disagreements", "/compare?a=3&b=4", "/inbox")


@pytest.fixture
async def school(world: World) -> School:
    return await School.open(world)


@pytest.fixture
async def trainer(school: School) -> AsyncIterator[Browser]:
    async for browser in signed_in(school, "nils"):
        yield browser


async def signed_in(school: School, who: str) -> AsyncIterator[Browser]:
    transport = httpx.ASGITransport(create_app(school.services()), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk.test") as client:
        browser = Browser(client)
        await browser.sign_in(who)
        yield browser


async def test_a_trainers_day_begins_with_the_bot(trainer: Browser):
    assert (await trainer.get("/")).headers["location"] == "/training"
    assert (await trainer.get("/training")).headers["location"] == "/training/alpenrad"
    page = (await trainer.get("/training/alpenrad")).text
    assert "No version runs." in page
    assert "Nothing judged yet." in page


async def test_every_page_shows_everything_in_both_languages(school: School):
    school.fill()
    for who in ("nils", "uwe"):
        async for browser in signed_in(school, who):
            for path in PAGES:
                answer = await browser.get(f"/training/alpenrad{path}")
                assert answer.status_code == 200, answer.text


async def test_the_page_tells_promise_and_life_side_by_side(school: School, trainer: Browser):
    school.fill()
    page = " ".join((await trainer.get("/training/alpenrad")).text.split())
    assert 'class="big">9.0% <span class="of">±' in page
    assert "3.0% promised" in page
    assert "2026-W46: version 3 broke its promise" in page
    assert "target 1.00% instead of 3.00%" in page
    assert "lastenrad" in page
    assert "1 failed" in page


@pytest.mark.parametrize(("who", "words"), [("nils", "Variations of the tests"), ("uwe", "Varianten der Tests")])
async def test_the_page_tells_how_variations_of_the_tests_went(school: School, who: str, words: str):
    school.fill()
    async for browser in signed_in(school, who):
        page = " ".join((await browser.get("/training/alpenrad")).text.split())
        assert words in page
        assert "2163/2170" in page


async def test_a_week_that_is_being_judged_keeps_its_rates_to_itself(school: School, trainer: Browser):
    school.fill()
    school.audits.weeks = school.audits.weeks[:1]
    page = (await trainer.get("/training/alpenrad")).text
    assert "40/100" in page
    assert "5.0%" not in page  # (1 + 1) / 40


async def test_a_judge_sees_what_was_said_and_nothing_of_what_the_bot_thought(school: School, trainer: Browser):
    school.fill()
    page = (await trainer.get("/training/alpenrad/audit")).text
    for said in (
        "Hallo! Worum geht es?",
        "Kann ich Rad zurückgeben?",
        "Klar, innerhalb von 30 Tagen.",
        "Ja, zurückgeben",
    ):
        assert said in page
    assert "Alpenrad" in page
    assert "German" in page
    told = re.sub(r"[0-9a-f]{32,}", "", page).replace('"return', "")  # a token may hold any two digits
    for hidden in ("Lena Secret", "confidence", "Version 3", "embedded", "return", "71"):
        assert hidden not in told, hidden


async def test_verdicts_bring_the_next_answer_and_the_last_can_be_taken_back(school: School, trainer: Browser):
    school.fill()
    for message, verdict in (("Rad", "right"), ("Helm", "handoff")):
        assert message in (await trainer.get("/training/alpenrad/audit")).text
        form = {"week": "2026-W47", "message": message, "verdict": verdict}
        answer = await trainer.post("/training/alpenrad/audit", json=False, **form)
        assert answer.headers["location"] == "/training/alpenrad/audit"
    assert school.judging.given == [("Rad", "right", "Nils"), ("Helm", "handoff", "Nils")]
    assert "2 of 3 judged" in (await trainer.get("/training/alpenrad/audit")).text
    await trainer.post("/training/alpenrad/audit/undo", json=False)
    assert school.judging.given == [("Rad", "right", "Nils")]
    assert "Helm" in (await trainer.get("/training/alpenrad/audit")).text


async def test_one_may_skip_and_take_it_up_again(school: School, trainer: Browser):
    school.judging.waiting = ["Rad"]
    await trainer.get("/training/alpenrad/audit")
    await trainer.post("/training/alpenrad/audit/pass", json=False, week="2026-W47", message="Rad")
    assert "Only the one you skipped is left." in (await trainer.get("/training/alpenrad/audit")).text
    await trainer.post("/training/alpenrad/audit/again", json=False)
    assert school.judging.waiting == ["Rad"]


async def test_an_answer_somebody_else_has_taken_is_said_so(school: School, trainer: Browser):
    school.fill()
    school.judging.lost = True
    await trainer.get("/training/alpenrad/audit")
    form = {"week": "2026-W47", "message": "Rad", "verdict": "wrong"}
    answer = await trainer.post("/training/alpenrad/audit", json=False, **form)
    assert "Somebody else has taken that answer" in (await trainer.get(answer.headers["location"])).text


@pytest.mark.parametrize(
    "form", [{"week": "2026-W99", "verdict": "right"}, {"week": "2026-W47", "verdict": "great"}, {"week": "2026-W47"}]
)
async def test_a_verdict_that_is_none_is_refused(school: School, trainer: Browser, form: dict[str, str]):
    school.fill()
    await trainer.get("/training/alpenrad/audit")
    answer = await trainer.post("/training/alpenrad/audit", json=False, message="Rad", **form)
    assert answer.status_code == 422
    assert school.judging.given == []


async def test_a_refused_version_runs_only_with_a_reason(school: School, trainer: Browser):
    school.fill()
    figures = {"a": 3, "common": 1200, "share_a": 0.9, "share_b": 0.81, "only_a": 130, "only_b": 22, "p": 1e-9}
    school.bots.refuses = (Objection("worse", "accuracy", figures), Objection("a reason of another day", "unheard_of"))
    await trainer.get("/training/alpenrad")
    path = "/training/alpenrad/versions/4/activate"
    refused = await trainer.post(path, json=False)
    assert refused.status_code == 409
    assert "right in 81.0%, version 3 in 90.0%, of the 1,200 examples" in refused.text
    assert "130 lost, 22 won, p &lt; 0.001" in refused.text
    assert "a reason of another day" in refused.text
    assert (await trainer.post(path, json=False, force="true", reason=" ")).status_code == 422
    forced = await trainer.post(path, json=False, force="true", reason="the old one is wrong about returns")
    assert forced.headers["location"] == "/training/alpenrad?done=activated"
    assert "Every worker has it" in (await trainer.get(forced.headers["location"])).text
    assert school.bots.acts[-1] == ("activate", 4, "the old one is wrong about returns", True, "Nils")


def test_reasons_are_told_in_the_readers_language_with_its_figures():
    failed = FailedTest("return", "tests/a.yml:3")
    [tests] = objections(None, TestRun(NOON, 7, (failed,) * 5))
    assert objection_words(tests, Formats(Words("de"))) == (
        "5 ihrer 12 Gesprächstests schlagen fehl: return (tests/a.yml:3), return (tests/a.yml:3), "
        "return (tests/a.yml:3) und 2 weitere."
    )
    keys = {key.removeprefix("train.why.") for key in catalogue("de") if key.startswith("train.why.")}
    assert keys == {"accuracy", "wrong", "answered", "tests", "tests_more"}


async def test_going_back_and_listening(school: School, trainer: Browser):
    school.fill()
    await trainer.get("/training/alpenrad")
    for path, form in (("/rollback", {"reason": "complaints"}), ("/versions/2/shadow", {}), ("/shadow/end", {})):
        assert (await trainer.post(f"/training/alpenrad{path}", json=False, **form)).status_code == 303
    told = [("rollback", "complaints", "Nils"), ("shadow", 2, "Nils"), ("shadow", None, "Nils")]
    assert school.bots.acts == told


async def test_what_cannot_be_done_is_told_in_one_line(school: School, trainer: Browser):
    await trainer.get("/training/alpenrad")
    answer = await trainer.post("/training/alpenrad/versions/99/activate", json=False)
    assert (answer.status_code, "has no bot version 99" in answer.text) == (409, True)
    assert (await trainer.get("/training/alpenrad/compare?a=1&b=99")).status_code == 404


async def test_only_trainers_of_the_client_come_in(school: School, trainer: Browser):
    school.fill()
    for path in PAGES:
        assert (await trainer.get(f"/training/kontor{path}")).status_code == 404
    await trainer.get("/training/alpenrad")
    assert (await trainer.post("/training/kontor/rollback", json=False)).status_code == 404
    assert (await trainer.post("/training/alpenrad/rollback", json=False, token="forged")).status_code == 403
    for who in ("mira", "sofie", "carl"):
        async for other in signed_in(school, who):
            for path in PAGES:
                assert (await other.get(f"/training/alpenrad{path}")).status_code == 403
    assert school.bots.acts == []


async def test_missed_messages_are_named_with_one_click_and_come_back_as_training_data(
    school: School, trainer: Browser
):
    school.fill()
    path = "/training/alpenrad/inbox"
    page = (await trainer.get(path)).text
    assert "did not dare to answer 16 messages" in page
    assert "3 more" in page
    ticked = {"message": ["Rad 0", "Rad 1"]}
    assert (await trainer.post(path, json=False, choice="intent:return", **ticked)).headers["location"] == path
    assert (await trainer.post(path, json=False, choice="nobodys", message="Wetter")).status_code == 303
    assert school.inbox.labels == [(("Rad 0", "Rad 1"), "return"), (("Wetter",), None)]
    assert "The bot missed nothing" in (await trainer.get(path)).text
    file = await trainer.get(f"{path}/export.yml")
    assert file.headers["content-disposition"] == 'attachment; filename="alpenrad-inbox.yml"'
    assert "- intent: return" in file.text
    await trainer.post(f"{path}/undo", json=False)
    assert "Wetter" in (await trainer.get(path)).text


@pytest.mark.parametrize(("choice", "intent"), [("intent:nonsense", ""), ("chosen", ""), ("chosen", "nonsense")])
async def test_a_name_that_is_none_is_refused(school: School, trainer: Browser, choice: str, intent: str):
    school.fill()
    await trainer.get("/training/alpenrad/inbox")
    form = {"choice": choice, "intent": intent, "message": "Wetter"}
    assert (await trainer.post("/training/alpenrad/inbox", json=False, **form)).status_code == 422
    assert school.inbox.labels == []
