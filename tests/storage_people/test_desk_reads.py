"""What the desk shows."""

from datetime import timedelta

import pytest

from conversation.conversation import Priority
from conversation.ids import ConversationId, QueueId, UserId
from handoff.views import ListKind
from storage.database import Database
from tests.builders import minutes
from tests.storage_people.conftest import ALPENRAD, KONTOR
from tests.storage_people.floor import ANN, BEN, BOSS, KIM, Floor


@pytest.fixture
async def floor(database: Database) -> Floor:
    made = Floor(database)
    await made.hire()
    return made


async def shown(floor: Floor, kind: ListKind, who=ANN, **more) -> list[str]:
    page = await floor.reads.page(who.clients, kind, who.id, limit=50, **more)
    return [row.id for row in page.rows]


async def test_each_conversation_stands_in_its_lists_and_is_counted(floor):
    with_bot = (await floor.write("hello", "bot")).id
    waiting = await floor.waits("waiting")
    mine = await floor.held(ANN, "mine")
    bens = await floor.held(BEN, "bens")
    done = await floor.held(BEN, "done")
    await floor.desk.resolve(BEN, done)
    assert await shown(floor, ListKind.BOT) == [with_bot]
    assert await shown(floor, ListKind.WAITING) == [waiting]
    assert await shown(floor, ListKind.MINE) == [mine]
    assert set(await shown(floor, ListKind.TEAM)) == {mine, bens}
    assert await shown(floor, ListKind.RESOLVED) == [done]
    page = await floor.reads.page(ANN.clients, ListKind.MINE, ANN.id, limit=50)
    assert page.counts == {
        ListKind.MINE: 1,
        ListKind.WAITING: 1,
        ListKind.BOT: 1,
        ListKind.TEAM: 2,
        ListKind.RESOLVED: 1,
    }


async def test_what_runs_out_first_stands_first_with_its_clock(floor):
    first = await floor.waits("first")
    floor.clock.advance(minutes(2))
    second = await floor.waits("second")
    floor.active = None
    unclocked = await floor.waits("unclocked")
    page = await floor.reads.page(ANN.clients, ListKind.WAITING, ANN.id, limit=50)
    assert [row.id for row in page.rows] == [first, second, unclocked]
    assert (page.rows[0].clock, page.rows[0].due_at, page.rows[0].warned) == (
        "first_response",
        floor.clock.now() + minutes(8),
        0,
    )
    assert page.rows[2].due_at is None
    await floor.fire_at(6)
    page = await floor.reads.page(ANN.clients, ListKind.WAITING, ANN.id, limit=50)
    assert page.rows[0].warned == 50


async def test_snoozed_conversations_stand_last(floor):
    snoozed, awake = await floor.held(ANN, "snoozed"), await floor.held(ANN, "awake")
    await floor.desk.snooze(ANN, snoozed, floor.clock.now() + minutes(30))
    assert await shown(floor, ListKind.MINE) == [awake, snoozed]


async def test_a_list_ends_at_its_limit_and_says_so(floor):
    for n in range(3):
        await floor.waits(f"c{n}")
    page = await floor.reads.page(ANN.clients, ListKind.WAITING, ANN.id, limit=2)
    assert (len(page.rows), page.more, page.counts[ListKind.WAITING]) == (2, True, 3)


async def test_nothing_of_another_client_is_shown_or_counted(floor):
    await floor.waits("theirs", client="kontor", channel="kontor-web")
    await floor.waits("ours")
    assert len(await shown(floor, ListKind.WAITING, ANN)) == 1
    assert len(await shown(floor, ListKind.WAITING, KIM)) == 1
    assert len(await shown(floor, ListKind.WAITING, BOSS)) == 2
    page = await floor.reads.page([], ListKind.RESOLVED, ANN.id, limit=5)
    assert (list(page.rows), sum(page.counts.values())) == ([], 0)
    assert await shown(floor, ListKind.MINE, KIM, search="human") == await shown(floor, ListKind.WAITING, KIM)


async def test_the_newest_resolved_stand_first_over_several_clients(floor):
    ids = []
    for n, client in enumerate(["alpenrad", "kontor", "alpenrad"]):
        conversation = await floor.waits(f"t{n}", client=client, channel=f"{client}-web")
        await floor.desk.resolve(BOSS, conversation)
        floor.clock.advance(minutes(1))
        ids.append(conversation)
    assert await shown(floor, ListKind.RESOLVED, BOSS) == ids[::-1]


async def test_unread_is_what_the_customer_wrote_since_the_agent_looked(floor):
    conversation = await floor.held(ANN)

    async def unread(who) -> bool:
        page = await floor.reads.page(who.clients, ListKind.TEAM, who.id, limit=5)
        return page.rows[0].unread

    assert await unread(ANN)
    seq = await floor.seq(conversation)
    await floor.reads.mark_read(conversation, ANN.id, seq)
    assert not await unread(ANN)
    assert await unread(BEN)
    await floor.desk.note(BEN, conversation, "a note is no news", key="n")
    assert not await unread(ANN)
    await floor.write("still there?")
    assert await unread(ANN)
    await floor.reads.mark_read(conversation, ANN.id, await floor.seq(conversation))
    await floor.reads.mark_read(conversation, ANN.id, seq)
    assert not await unread(ANN)


async def test_a_search_finds_names_texts_and_order_numbers_in_every_list(floor):
    conversation = (await floor.write("where is my order 100234", "lena")).id
    await floor.write("hello there", "other", name="Jonas")
    for search in ("lena", "LENA", "100234", "order lena", conversation):
        assert await shown(floor, ListKind.RESOLVED, search=search) == [conversation]
    for search in ("order nobody", "100%", "order_100234"):
        assert await shown(floor, ListKind.BOT, search=search) == []
    assert len(await shown(floor, ListKind.BOT, search=" ")) == 2


async def test_a_view_holds_everything_about_a_conversation(floor):
    old = await floor.held(ANN)
    await floor.desk.resolve(ANN, old)
    floor.clock.advance(timedelta(days=3))
    conversation = await floor.held(ANN)
    await floor.desk.note(ANN, conversation, "second time", key="n")
    await floor.reads.save_draft(conversation, ANN.id, "Hello ag")
    view = await floor.reads.view(conversation, ANN.clients, ANN.id)
    assert view is not None
    assert (view.conversation.id, view.customer.name, view.draft) == (conversation, "Lena", "Hello ag")
    assert [m.text for m in view.messages if m.author.kind == "customer"] == ["a human please"] * 2
    assert view.messages[-1].text == "second time"
    assert [e.seq for e in view.events] == list(range(1, view.seq + 1))
    assert [row.id for row in view.past] == [old]
    assert {clock.kind: clock.state for clock in view.clocks} == {"first_response": "running", "resolution": "running"}
    other = await floor.reads.view(conversation, BEN.clients, BEN.id)
    assert other is not None
    assert other.draft == ""
    assert await floor.reads.view(ConversationId("none"), ANN.clients, ANN.id) is None


async def test_a_clock_tells_its_life_in_both_languages(floor):
    conversation = await floor.held(ANN)
    floor.clock.advance(minutes(4))
    await floor.desk.reply(ANN, conversation, "Hello", key="k")
    await floor.deliver_all()
    view = await floor.reads.view(conversation, ANN.clients, ANN.id)
    assert view is not None
    first = next(c for c in view.clocks if c.kind == "first_response")
    assert (first.state, first.budget_s, first.elapsed_s) == ("met", 600, 240)
    assert [step["what"] for step in first.explanation] == ["started", "running", "met"]
    assert "in time" in first.explanation[-1]["texts"]["en"]
    assert "rechtzeitig" in first.explanation[-1]["texts"]["de"]
    running = next(c for c in view.clocks if c.kind == "resolution")
    assert (running.state, running.elapsed_s) == ("running", 240)


async def test_a_draft_is_replaced_and_forgotten(floor):
    conversation = await floor.held(ANN)
    for text in ("He", "Hello", ""):
        await floor.reads.save_draft(conversation, ANN.id, text)
    view = await floor.reads.view(conversation, ANN.clients, ANN.id)
    assert view is not None
    assert view.draft == ""


async def test_a_queue_tells_who_waits_who_is_ready_and_how_long_things_take(floor):
    assert await floor.reads.queue_stats(ALPENRAD, QueueId("general")) == {
        "waiting": 0,
        "ready_agents": 0,
        "capacity": 0,
        "free": 0,
    }
    await floor.presence.beat(ANN.id, "online", floor.clock.now())
    await floor.presence.beat(BEN.id, "online", floor.clock.now())
    conversation = await floor.held(ANN)
    await floor.waits("other")
    floor.clock.advance(timedelta(seconds=15))
    await floor.desk.reply(ANN, conversation, "Hello", key="k")
    floor.clock.advance(timedelta(seconds=3))
    await floor.desk.resolve(ANN, conversation)
    stats = await floor.reads.queue_stats(ALPENRAD, QueueId("general"))
    assert stats == {
        "waiting": 1,
        "ready_agents": 2,
        "capacity": 4,
        "free": 4,
        "mean_handle_s": 15,
        "mean_occupied_s": 18,
    }
    workshop = await floor.reads.queue_stats(ALPENRAD, QueueId("workshop"))
    assert (workshop["waiting"], workshop["ready_agents"]) == (0, 1)
    assert (await floor.reads.queue_stats(KONTOR, None))["ready_agents"] == 0


async def test_what_waits_is_ordered_for_routing(floor):
    first = await floor.waits("first")
    floor.clock.advance(minutes(1))
    second = await floor.waits("second")
    urgent = await floor.waits("urgent")
    await floor.desk.set_priority(BOSS, urgent, Priority.URGENT)
    waiting = await floor.facts.waiting([ALPENRAD], limit=10)
    assert [w.conversation for w in waiting] == [urgent, first, second]
    assert waiting[0].priority is Priority.URGENT
    assert waiting[1].due_at is not None
    assert await floor.facts.waiting([ALPENRAD], limit=1) == waiting[:1]
    assert await floor.facts.held(UserId("nobody")) == []
