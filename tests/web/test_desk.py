"""The desk by HTTP: what an agent sees, does, and is told when it cannot be done."""

import json
from datetime import timedelta
from types import SimpleNamespace

import pytest

from accounts.service import Visit
from accounts.user import Right
from conversation.conversation import Priority, State
from conversation.files.check import Refusal
from conversation.ids import UserId
from conversation.message import Attachment, ContentKind, Visibility
from conversation.ports import Changed
from tests.conversation.files import EXE, JPEG, PNG, macro_office, zipped
from tests.web.world import KONTOR, PASSWORD
from web.desk.context import DISPOSITIONS
from web.i18n import LANGUAGES, Words, catalogue
from web.live import person_access, stream


async def test_the_list_shows_the_most_urgent_first_in_words_and_figures(world, browse):
    await world.waiting("Late", due=timedelta(minutes=-3), warned=100)
    await world.waiting("Soon", due=timedelta(minutes=2, seconds=41), warned=80)
    await world.waiting("Calm", due=timedelta(hours=2))
    page = (await (await browse("ben")).get("/desk/list?list=waiting")).text
    assert page.index("Late") < page.index("Soon") < page.index("Calm")
    assert "−3:02" in page
    assert "First reply 3 min late" in page
    assert "Reply within 2 min" in page
    assert 'data-look="breach"' in page
    assert 'data-look="risk"' in page


async def test_with_nothing_of_their_own_an_agent_starts_with_what_waits(world, browse):
    await world.waiting("Jonas")
    assert "Jonas" in (await (await browse("ben")).get("/desk")).text


async def test_an_open_conversation_shows_all_an_agent_needs(world, browse):
    c = await world.held()
    page = (await (await browse("mira")).get(f"/desk/c/{c.id}")).text
    for needed in (
        "Ich möchte das Rad zurückgeben",  # what was said
        "Rückgabe",  # the topic in words
        "62 %",  # how sure the bot was
        "100234",  # what it collected
        "Wollte mit einem Menschen sprechen",  # why it gave up
        "Antwort innerhalb von",  # the promise
        "Started with the handoff",  # the clock's own account
        "Sie schreiben für <b>Alpenrad</b>",  # as whom
        "Du, warm und knapp",  # how this client sounds
        "Kundendienst",
    ):
        assert needed in page, needed


async def test_a_claim_takes_it_and_the_next_agent_is_told_who_was_faster(world, browse):
    c = await world.waiting()
    mira, ben = await browse("mira"), await browse("ben")
    first = await mira.post(f"/desk/c/{c.id}/claim")
    second = await ben.post(f"/desk/c/{c.id}/claim")
    assert first.json() == {"conversation": c.id, "state": "assigned", "message": ""}
    assert second.status_code == 409
    assert second.json()["reason"] == "taken"
    assert second.json()["name"] == "Mira Holm"


async def test_without_scripts_the_same_forms_lead_back_to_the_conversation(world, browse):
    c = await world.waiting()
    answer = await (await browse("mira")).post(f"/desk/c/{c.id}/claim", json=False)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/desk/c/{c.id}")


async def test_take_next_takes_the_most_urgent_or_says_that_nobody_waits(world, browse):
    mira = await browse("mira")
    assert (await mira.post("/desk/take-next")).json()["reason"] == "nothing"
    c = await world.waiting()
    assert (await mira.post("/desk/take-next")).json()["conversation"] == c.id


async def test_a_full_agent_is_told_so(world, browse):
    for name in "abcd":
        await world.held(name=name)
    await world.waiting("e")
    answer = await (await browse("mira")).post("/desk/take-next")
    assert (answer.json()["reason"], answer.json()["load"]) == ("full", 4)


async def test_a_reply_is_sent_once_however_often_it_arrives(world, browse):
    c, mira = await world.held(), await browse("mira")
    form = {"text": "Gern!", "key": "k-1", "seen_seq": world.store.seq(c.id)}
    first = await mira.post(f"/desk/c/{c.id}/reply", **form)
    again = await mira.post(f"/desk/c/{c.id}/reply", **form)
    assert first.json()["message"] == again.json()["message"]
    assert sum(m.text == "Gern!" for m in world.store.messages.values()) == 1


async def test_a_reply_never_passes_a_message_the_agent_has_not_seen(world, browse):
    c, mira = await world.held(name="Lena", thread="lena"), await browse("mira")
    seen = world.store.seq(c.id)
    await world.write("Nein, doch nicht!", "Lena", thread="lena")
    form = {"text": "Das Etikett ist unterwegs.", "key": "k", "seen_seq": seen}
    held_back = await mira.post(f"/desk/c/{c.id}/reply", **form)
    assert held_back.status_code == 409
    assert held_back.json()["reason"] == "newer"
    assert held_back.json()["messages"][0]["text"] == "Nein, doch nicht!"
    assert (await mira.post(f"/desk/c/{c.id}/reply", **form, force="true")).status_code == 200


async def test_marks_are_honest_sent_delivered_failed(world, browse):
    c, mira = await world.held(), await browse("mira")
    await mira.post(f"/desk/c/{c.id}/reply", text="eins", key="1")
    sent = (await mira.get(f"/desk/c/{c.id}/part")).text
    await world.deliver()
    delivered = (await mira.get(f"/desk/c/{c.id}/part")).text
    await mira.post(f"/desk/c/{c.id}/reply", text="zwei", key="2")
    await world.deliver("blocked by the customer")
    failed = (await mira.get(f"/desk/c/{c.id}/part")).text
    assert "Gesendet" in sent
    assert "Zugestellt" in delivered
    assert "Nicht zugestellt: blocked by the customer" in failed
    assert 'data-retry="zwei"' in failed


async def test_a_note_stays_inside(world, browse):
    c, mira = await world.held(), await browse("mira")
    await mira.post(f"/desk/c/{c.id}/note", text="kulant sein", key="n")
    note = next(m for m in world.store.messages.values() if m.text == "kulant sein")
    assert note.visibility is Visibility.NOTE
    assert "Interne Notiz" in (await mira.get(f"/desk/c/{c.id}/part")).text


@pytest.mark.parametrize(
    ("act", "form", "state"),
    [
        ("release", {}, State.QUEUED),
        ("bot", {}, State.BOT),
        ("resolve", {"disposition": "solved"}, State.RESOLVED),
        ("transfer", {"to": "queue:workshop", "reason": "Federgabel"}, State.QUEUED),
        ("snooze", {"minutes": 15}, State.ASSIGNED),
        ("priority", {"priority": "urgent"}, State.ASSIGNED),
    ],
)
async def test_every_act_does_what_it_says(world, browse, act, form, state):
    c, mira = await world.held(), await browse("mira")
    assert (await mira.post(f"/desk/c/{c.id}/{act}", **form)).status_code == 200
    assert world.store.conversations[c.id].state is state
    page = await mira.get(f"/desk/c/{c.id}/part")
    assert page.status_code == 200


async def test_transfer_to_a_colleague_who_is_there(world, browse):
    c, mira = await world.held(), await browse("mira")
    absent = await mira.post(f"/desk/c/{c.id}/transfer", to="agent:ben")
    await world.agents_online()
    there = await mira.post(f"/desk/c/{c.id}/transfer", to="agent:ben")
    nonsense = await mira.post(f"/desk/c/{c.id}/transfer", to="moon")
    assert (absent.status_code, absent.json()["reason"]) == (409, "not_allowed")
    assert there.status_code == 200
    assert world.store.conversations[c.id].assignee == "ben"
    assert nonsense.status_code == 422


async def test_what_somebody_else_holds_can_be_read_but_not_answered(world, browse):
    c, ben = await world.held("mira"), await browse("ben")
    page = await ben.get(f"/desk/c/{c.id}")
    answer = await ben.post(f"/desk/c/{c.id}/reply", text="hello", key="k")
    assert page.status_code == 200
    assert "Take it to reply" in page.text
    assert (answer.status_code, answer.json()["reason"]) == (403, "not_yours")


async def test_reopening_brings_it_back(world, browse):
    c, mira = await world.held(), await browse("mira")
    await mira.post(f"/desk/c/{c.id}/resolve", disposition="solved")
    assert "Wieder öffnen" in (await mira.get(f"/desk/c/{c.id}/part")).text
    await mira.post(f"/desk/c/{c.id}/reopen")
    assert world.store.conversations[c.id].state is State.ASSIGNED


async def test_a_draft_waits_on_the_server_until_it_is_sent(world, browse):
    c, mira = await world.held(), await browse("mira")
    await mira.post(f"/desk/c/{c.id}/draft", text="Hallo Le")
    assert "Hallo Le</textarea>" in (await mira.get(f"/desk/c/{c.id}")).text
    await mira.post(f"/desk/c/{c.id}/reply", text="Hallo Lena", key="k")
    assert "Hallo Le</textarea>" not in (await mira.get(f"/desk/c/{c.id}")).text


async def test_reading_takes_the_unread_dot_away(world, browse):
    c, mira = await world.held(), await browse("mira")
    assert "unread-dot" in (await mira.get("/desk/list?list=mine")).text
    await mira.post(f"/desk/c/{c.id}/read", seq=world.store.seq(c.id))
    assert "unread-dot" not in (await mira.get("/desk/list?list=mine")).text


async def test_a_heartbeat_puts_the_agent_online_and_nonsense_is_refused(world, browse):
    mira = await browse("mira")
    assert (await mira.post("/desk/presence", status="online")).status_code == 204
    assert (await mira.post("/desk/presence", status="asleep")).status_code == 422
    views = await world.memory.agents([KONTOR], world.clock.now())
    assert [v.name for v in views if v.online] == ["Mira Holm"]


async def test_texts_of_customers_are_text_and_nothing_else(world, browse):
    nasty = '<script>alert(1)</script>" onmouseover="x'
    c = await world.held(name=f"Eve {nasty}", text=f"{nasty} human please", thread="eve")
    page = (await (await browse("mira")).get(f"/desk/c/{c.id}")).text
    assert "<script>alert" not in page
    assert '" onmouseover="x' not in page


async def test_files_travel_both_ways_and_only_pictures_are_shown(world, browse):
    world.blobs.kept["alpenrad/in"] = b"<html>evil</html>"
    sent = Attachment(ContentKind.FILE, "rechnung.html", "text/html", 17, "alpenrad/in", stored=True)
    c = await world.held(text="human please", thread="t", attachments=(sent,))
    mira = await browse("mira")
    message = next(m for m in world.store.messages.values() if m.attachments)
    got = await mira.get(f"/desk/c/{c.id}/files/{message.id}/0")
    assert got.headers["content-type"] == "application/octet-stream"
    assert got.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in got.headers["content-security-policy"]
    assert (await mira.get(f"/desk/c/{c.id}/files/{message.id}/1")).status_code == 404
    headers = {"x-csrf-token": mira.token, "accept": "application/json"}
    answer = await mira.client.post(
        f"/desk/c/{c.id}/reply",
        data={"key": "f", "text": ""},
        files={"files": ("bild.png", PNG, "image/png")},
        headers=headers,
    )
    assert answer.status_code == 200
    reply = world.store.messages[answer.json()["message"]]
    assert world.blobs.kept[reply.attachments[0].reference] == PNG
    shown = await mira.get(f"/desk/c/{c.id}/files/{reply.id}/0")
    assert shown.headers["content-type"] == "image/png"


@pytest.mark.parametrize("resolved", [False, True])
async def test_files_of_a_reply_that_may_not_be_sent_are_not_stored(world, browse, resolved):
    c = await world.held("mira", text="human please", thread="t")
    if resolved:
        assert (await (await browse("mira")).post(f"/desk/c/{c.id}/resolve")).status_code == 200
    who = await browse("mira" if resolved else "ben")
    answer = await who.client.post(
        f"/desk/c/{c.id}/reply",
        data={"key": "f", "text": "Anbei"},
        files={"files": ("bild.png", PNG, "image/png")},
        headers={"x-csrf-token": who.token, "accept": "application/json"},
    )
    assert answer.status_code == (409 if resolved else 403)
    assert world.blobs.kept == {}


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("bild.png", EXE, "file_program"),
        ("rechnung.pdf.exe", PNG, "file_type"),
        ("seite.html", b"<html>", "file_type"),
        ("leer.txt", b"", "file_empty"),
        ("a.docx", macro_office("word"), "file_macros"),
        ("a.zip", zipped({"x.exe": EXE}), "file_archive"),
        ("rechnung.pdf", PNG, "file_mismatch"),
    ],
)
async def test_a_file_that_no_customer_should_get_is_not_sent_and_nothing_of_the_reply_is(
    world, browse, name, content, reason
):
    c = await world.held(text="human please", thread="t")
    mira = await browse("mira")
    before = len(world.store.messages)
    headers = {"x-csrf-token": mira.token, "accept": "application/json"}
    files = [("files", ("gut.png", PNG, "image/png")), ("files", (name, content, "image/png"))]
    sent = {"data": {"key": "f", "text": "Anbei"}, "files": files}
    answer = await mira.client.post(f"/desk/c/{c.id}/reply", headers=headers, **sent)
    assert (answer.status_code, answer.json()["reason"]) == (415, reason)
    assert answer.json()["file"] == name
    assert (len(world.store.messages), world.blobs.kept) == (before, {})
    page = await mira.client.post(f"/desk/c/{c.id}/reply", headers=headers | {"accept": "text/html"}, **sent)
    assert "Diese Datei lässt sich nicht senden" in page.text
    words = catalogue("de").keys() & catalogue("en").keys()
    assert f"js.{reason}" in words


async def test_a_reply_carries_what_a_file_is_not_what_its_sender_says(world, browse):
    c = await world.held(text="human please", thread="t")
    mira = await browse("mira")
    answer = await mira.client.post(
        f"/desk/c/{c.id}/reply",
        data={"key": "f", "text": ""},
        files={"files": ("../foto\u202e.png", JPEG, "image/png")},
        headers={"x-csrf-token": mira.token, "accept": "application/json"},
    )
    [file] = world.store.messages[answer.json()["message"]].attachments
    assert (file.name, file.media_type, file.kind) == ("foto.jpg", "image/jpeg", ContentKind.IMAGE)


async def test_an_agent_reads_why_a_customers_file_is_not_there(world, browse):
    lost = [
        Attachment(ContentKind.FILE, f"{why}.bin", "", 1, "platform-id", refused=why) for why in (*Refusal, "gone", "")
    ]
    c = await world.held(text="human please", thread="t", attachments=tuple(lost))
    page = (await (await browse("mira")).get(f"/desk/c/{c.id}")).text
    words = Words("de")
    for why in (*Refusal, "gone"):
        assert f"{why}.bin 1 B · {words(f'file.refused.{why}')}" in page
    assert words("desk.file_gone") in page


async def test_three_hundred_are_too_many_and_the_page_says_so(world, browse):
    for i in range(70):
        await world.waiting(f"Person {i}", thread=str(i))
    page = (await (await browse("ben")).get("/desk/list?list=waiting")).text
    assert page.count('class="row') - page.count('class="rows"') == 60
    assert "Only the first 60 are shown" in page


async def test_the_page_hears_of_changes_of_its_clients_only(world, browse):
    events = aiter(stream(SimpleNamespace(), await access_of(world, "ben"), world.services()).body_iterator)
    first = await anext(events)
    await world.waiting("Kontor", client=KONTOR)
    c = await world.waiting("Lena")
    second = await anext(events)
    await events.aclose()
    told = json.loads(second.data)
    assert (first.event, second.event) == ("snapshot", "changed")
    assert (told["client"], told["conversation"]) == ("alpenrad", c.id)
    assert told["seq"] > 0


async def test_a_stream_ends_when_the_session_does(world):
    access = await access_of(world, "ben")
    await world.sessions.end_all(UserId("ben"))
    events = [(e.event, e.data) async for e in stream(SimpleNamespace(), access, world.services()).body_iterator]
    assert events == [("ended", '{"reason": "signed_out"}')]
    assert world.store.listeners == []


async def access_of(world, who):
    signed_in = await world.accounts.sign_in(f"{who}@example.org", PASSWORD, Visit("192.0.2.1"), world.clock.now())
    return person_access(signed_in, Right.DESK, world.services())


async def test_the_stream_travels_as_server_sent_events(world, browse):
    async def two(clients):
        yield Changed("alpenrad", "t", "c", 7)

    mira = await browse("mira")
    world.store.subscribe = two
    answer = await mira.get("/desk/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert "event: snapshot" in answer.text
    assert '"seq": 7' in answer.text


def test_priorities_and_outcomes_have_words():
    for language in LANGUAGES:
        words = catalogue(language)
        assert {f"priority.{p}" for p in Priority} | {f"disposition.{d}" for d in DISPOSITIONS} <= words.keys()


async def test_a_duplicate_is_offered_and_merged_into_the_open_conversation(world, browse):
    c = await world.held(name="Lena K.", thread="lena-web")
    twin = await world.waiting(name="Lena K.", thread="lena-telegram")
    await world.waiting(name="Jonas", thread="jonas")
    mira = await browse("mira")
    page = (await mira.get(f"/desk/c/{c.id}/part")).text
    assert page.count('data-act="merge"') == 1
    assert f"/desk/c/{twin.id}/merge" in page
    assert (await mira.post(f"/desk/c/{twin.id}/merge", into=c.id)).json() == {
        "conversation": c.id,
        "state": "assigned",
        "message": "",
    }
    after = (await mira.get(f"/desk/c/{c.id}/part")).text
    assert 'data-act="merge"' not in after
    assert "merged a duplicate" in after or "zusammengeführt" in after
    again = await mira.post(f"/desk/c/{twin.id}/merge", into=c.id)
    assert (again.status_code, again.json()["reason"]) == (403, "not_yours")
