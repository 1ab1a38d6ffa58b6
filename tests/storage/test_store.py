"""Rules 2, 3 and 6 in the database: order, one open conversation per thread, and changes that still fit."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from conversation.change import Change, Ignored
from conversation.conversation import ResolvedBy, State
from conversation.draft import Draft
from conversation.events import Event, EventKind
from conversation.ids import ChannelId, ClientId, ConversationId, EventId, ThreadId, UserId
from conversation.message import BOT, SYSTEM, Author, AuthorKind, ContentKind, DeliveryState
from conversation.pipeline import close_idle, handle_inbound
from conversation.ports import Changed, Outcome
from storage.database import Database
from storage.event_log import EventLog, Numbering
from storage.schema import conversations
from storage.tenancy import ALL_CLIENTS
from storage.values import conversation_row
from tests.builders import NOON, inbound, minutes
from tests.storage.harness import CLIENT, HOLD, Process

AGENT = Author(AuthorKind.AGENT, "u1", "Anna")


async def test_a_message_is_committed_with_its_conversation_events_and_answer(process: Process) -> None:
    await process.receive(inbound("hello"))
    assert await process.handle_all() == [Outcome.COMMITTED]
    conversation = await process.conversation()
    assert (conversation.state, conversation.version) == (State.BOT, 1)
    events = await process.events()
    assert [e.seq for e in events] == [1, 2, 3, 4]
    assert await process.kinds() == ["opened", "customer_message", "understood", "bot_replied"]
    assert [m.state for m in await process.messages()] == [DeliveryState.RECEIVED, DeliveryState.PENDING]
    assert process.told.changed == [
        Changed(CLIENT, conversation.thread, conversation.id, 4),
    ]
    assert process.told.topics == ["inbox", "outbox"]


async def test_a_conversation_survives_the_database_whole(process: Process) -> None:
    await process.receive(inbound("I want a human"))
    await process.handle_all()
    stored = await process.conversation()
    draft = Draft(stored, NOON)
    draft.claim(UserId("u1"), "Anna")
    draft.snooze(AGENT, NOON + minutes(5))
    draft.track({"slots": {"order": 100234}, "stack": ["a", None]}, topic="returns")
    change = draft.change()
    await process.store.commit([change])
    assert await process.conversation() == change.conversation
    assert await process.store.load(stored.id, {CLIENT}) == change.conversation
    assert await process.store.load(stored.id, {ClientId("kontor")}) is None


async def test_a_held_thread_is_nobody_elses_until_the_hold_expires(process: Process) -> None:
    await process.receive(inbound("hello"))
    first = await process.lease_one("w1")
    assert await process.lease("w2") == []
    process.clock.advance(HOLD)
    second = await process.lease_one("w2")
    assert second.item == first.item
    assert second.lease != first.lease


async def test_a_worker_whose_lease_was_lost_commits_nothing(process: Process) -> None:
    await process.receive(inbound("hello"))
    late = await process.lease("w1")
    process.clock.advance(HOLD)
    punctual = await process.lease("w2")
    assert await handle_inbound(late, process.pipeline) == [Outcome.CONFLICT]
    assert await handle_inbound(punctual, process.pipeline) == [Outcome.COMMITTED]
    assert len(await process.messages()) == 2


async def test_a_hold_that_expired_but_was_not_taken_may_still_commit(process: Process) -> None:
    await process.receive(inbound("hello"))
    works = await process.lease("w1")
    process.clock.advance(HOLD * 2)
    assert await handle_inbound(works, process.pipeline) == [Outcome.COMMITTED]


async def test_of_two_workers_with_the_same_message_exactly_one_wins(process: Process) -> None:
    await process.receive(*(inbound(f"m{n}", thread=f"t{n}") for n in range(5)))
    first = await process.lease("w1")
    process.clock.advance(HOLD)
    second = await process.lease("w2")
    outcomes = await asyncio.gather(handle_inbound(first, process.pipeline), handle_inbound(second, process.pipeline))
    assert outcomes == [[Outcome.CONFLICT] * 5, [Outcome.COMMITTED] * 5]
    assert len(await process.messages()) == 10


async def test_many_workers_handle_each_thread_in_order_and_each_message_once(database: Database) -> None:
    processes = [Process(database) for _ in range(4)]
    threads, each = 8, 6
    await processes[0].receive(
        *(inbound(f"{t}:{n}", key=f"{t}:{n}", thread=f"t{t}", order=n) for n in range(each) for t in range(threads))
    )

    async def work(number: int) -> None:
        process = processes[number]
        idle = 0
        while idle < 3:
            works = await process.lease(f"w{number}", limit=3)
            idle = 0 if works else idle + 1
            await handle_inbound(works, process.pipeline)

    await asyncio.gather(*(work(number) for number in range(len(processes))))
    await processes[0].handle_all()
    said = [m.text for m in await processes[0].messages() if m.author.kind is AuthorKind.CUSTOMER]
    for t in range(threads):
        assert [text for text in said if text.startswith(f"{t}:")] == [f"{t}:{n}" for n in range(each)]
    assert len(await processes[0].conversations()) == threads
    for conversation in await processes[0].conversations():
        events = await EventLog(database).of_conversation(conversation.id, {CLIENT})
        assert [e.seq for e in events] == list(range(1, len(events) + 1))


async def test_a_change_conflicts_when_an_agent_claimed_meanwhile(process: Process) -> None:
    await process.receive(inbound("a human please"))
    await process.handle_all()
    await process.receive(inbound("are you there?", key="2", order=2))
    works = await process.lease()
    claim = Draft(await process.conversation(), process.clock.now())
    claim.claim(UserId("u1"), "Anna")
    assert await process.store.commit([claim.change()]) == [Outcome.COMMITTED]
    assert await handle_inbound(works, process.pipeline) == [Outcome.CONFLICT]
    assert (await process.conversation()).state is State.ASSIGNED
    assert await process.handle_all() == [Outcome.COMMITTED]
    assert [m.text for m in await process.messages()][-1] == "are you there?"


async def test_of_two_agents_exactly_one_claims(process: Process) -> None:
    await process.receive(inbound("a human please"))
    await process.handle_all()
    queued = await process.conversation()
    claims = []
    for agent in ("u1", "u2", "u3"):
        draft = Draft(queued, process.clock.now())
        draft.claim(UserId(agent), agent)
        claims.append(process.store.commit([draft.change()]))
    outcomes = [outcome for [outcome] in await asyncio.gather(*claims)]
    assert sorted(outcomes) == [Outcome.COMMITTED, Outcome.CONFLICT, Outcome.CONFLICT]


async def test_only_the_change_that_does_not_fit_conflicts(process: Process) -> None:
    await process.receive(inbound("one", thread="t1"), inbound("two", thread="t2"))
    works = await process.lease()
    drafts = [Draft.open(work, "en", NOON) for work in works]
    for draft, work in zip(drafts, works, strict=True):
        draft.receive(work)
    changes = [draft.change(work) for draft, work in zip(drafts, works, strict=True)]
    stale = replace(changes[0], expected_version=7)
    assert await process.store.commit([stale, changes[1]]) == [Outcome.CONFLICT, Outcome.COMMITTED]
    again = await process.lease_one()
    assert again.item == works[0].item


async def test_a_thread_never_has_two_open_conversations(process: Process) -> None:
    await process.receive(inbound("hello"))
    work = await process.lease_one()
    first, second = Draft.open(work, "en", NOON).change(), Draft.open(work, "en", NOON).change()
    assert await process.store.commit([first, second]) == [Outcome.COMMITTED, Outcome.CONFLICT]
    assert await process.store.commit([second]) == [Outcome.CONFLICT]


async def test_reopening_conflicts_while_the_thread_has_another_open_conversation(process: Process) -> None:
    await process.receive(inbound("bye"))
    await process.handle_all()
    old = await process.conversation()
    assert old.state is State.RESOLVED
    process.clock.advance(timedelta(hours=30))
    await process.receive(inbound("hello", key="2", order=2, at=process.clock.now()))
    await process.handle_all()
    reopening = Draft(old, process.clock.now())
    reopening.reopen("an agent wants it back")
    assert await process.store.commit([reopening.change()]) == [Outcome.CONFLICT]
    assert [c.is_open for c in await process.conversations()] == [False, True]


async def test_the_unique_index_stands_guard_over_open_conversations(process: Process) -> None:
    await process.receive(inbound("hello"))
    await process.handle_all()
    double = replace(await process.conversation(), id=ConversationId("another"))
    with pytest.raises(IntegrityError):
        async with process.database.transaction(ALL_CLIENTS) as connection:
            await connection.execute(insert(conversations), conversation_row(double))


async def test_an_open_conversation_is_the_latest_even_if_a_newer_one_was_resolved(process: Process) -> None:
    await process.receive(inbound("bye"))
    await process.handle_all()
    old = await process.conversation()
    process.clock.advance(timedelta(hours=30))
    await process.receive(inbound("bye", key="2", order=2, at=process.clock.now()))
    await process.handle_all()
    reopening = Draft(old, process.clock.now())
    reopening.reopen("by hand")
    await process.store.commit([reopening.change()])
    await process.receive(inbound("hello", key="3", order=3, at=process.clock.now()))
    work = await process.lease_one()
    assert work.latest is not None
    assert work.latest.id == old.id


async def test_two_changes_of_one_conversation_in_a_batch_build_on_each_other(process: Process) -> None:
    await process.receive(inbound("a human please"))
    await process.handle_all()
    first = Draft(await process.conversation(), NOON)
    first.claim(UserId("u1"), "Anna")
    claimed = first.change()
    second = Draft(claimed.conversation, NOON)
    second.agent_says(AGENT, "Hello!")
    assert await process.store.commit([claimed, second.change()]) == [Outcome.COMMITTED] * 2
    assert (await process.conversation()).version == claimed.conversation.version + 1
    assert [e.seq for e in await process.events()] == list(range(1, len(await process.events()) + 1))


async def test_a_message_given_back_waits_until_its_retry_and_counts_the_attempt(process: Process) -> None:
    await process.receive(inbound("hello"), inbound("second", key="2", order=2))
    works = await process.lease()
    await process.store.give_back(works, retry_at=NOON + minutes(1), error="the bot is down")
    assert await process.lease() == []
    process.clock.advance(minutes(1))
    work = await process.lease_one()
    assert (work.item.inbound.text, work.item.attempts) == ("hello", 1)


async def test_giving_back_under_a_lost_lease_changes_nothing(process: Process) -> None:
    await process.receive(inbound("hello"))
    late = await process.lease("w1")
    process.clock.advance(HOLD)
    [punctual] = await process.lease("w2")
    await process.store.give_back(late, retry_at=NOON + minutes(9), error="too late")
    assert await handle_inbound([punctual], process.pipeline) == [Outcome.COMMITTED]


async def test_a_poisonous_message_goes_to_a_person_and_the_others_are_answered(process: Process) -> None:
    await process.receive(*(inbound(text, thread=text) for text in ("a", "boom", "c")))
    assert await process.handle_all() == [Outcome.COMMITTED] * 3
    assert sorted(c.state for c in await process.conversations()) == [State.BOT, State.BOT, State.QUEUED]


async def test_an_ignored_message_is_settled_with_its_reason(process: Process) -> None:
    await process.receive(inbound("", kind=ContentKind.BLOCKED))
    work = await process.lease_one()
    assert await process.store.commit([Ignored(work, "nothing was open")]) == [Outcome.COMMITTED]
    assert await process.lease() == []


async def test_an_edit_shows_the_new_text_and_keeps_the_old_one_in_the_log(process: Process) -> None:
    await process.receive(inbound("helo", key="1", order=1))
    await process.handle_all()
    await process.receive(inbound("hello", key="2", order=2, kind=ContentKind.EDIT, edits="chat-1:1"))
    await process.handle_all()
    message = (await process.messages())[0]
    assert (message.text, message.edited_at) == ("hello", NOON)
    edited = [e for e in await process.events() if e.kind is EventKind.CUSTOMER_EDITED]
    assert [(e.data["old_text"], e.data["text"]) for e in edited] == [("helo", "hello")]


async def test_the_thread_learns_the_language(process: Process) -> None:
    await process.receive(inbound("ich bin da"))
    await process.handle_all()
    await process.receive(inbound("bye", key="2", order=2))
    assert (await process.lease_one()).thread.language == "de"


async def test_coming_back_for_a_person_revokes_containment_once(process: Process) -> None:
    await process.receive(inbound("done"))
    await process.handle_all()
    first = await process.conversation()
    done = Draft(first, process.clock.now())
    done.resolve(BOT, ResolvedBy.BOT)
    await process.store.commit([done.change()])
    process.clock.advance(timedelta(hours=30))
    await process.receive(inbound("I need a human", key="2", order=2, at=process.clock.now()))
    await process.handle_all()
    old, new = await process.conversations()
    assert (old.containment_revoked, new.containment_revoked) == (True, False)
    revoked = [e for e in await process.events() if e.kind is EventKind.CONTAINMENT_REVOKED]
    assert [(e.conversation, e.data) for e in revoked] == [(old.id, {"by_conversation": new.id})]


async def test_idle_conversations_of_the_bot_are_closed(process: Process) -> None:
    await process.receive(inbound("hello", thread="t1"), inbound("a human", thread="t2"))
    await process.handle_all()
    assert await close_idle(process.pipeline, after=minutes(30)) == 0
    process.clock.advance(minutes(31))
    assert await close_idle(process.pipeline, after=minutes(30)) == 1
    assert sorted(c.state for c in await process.conversations()) == [State.QUEUED, State.RESOLVED]


class Diary:
    """A projection that remembers, and breaks when told to."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, int]] = []
        self.breaks = False

    async def apply(self, transaction: Any, changes: Sequence[Change], events: Sequence[Event]) -> None:
        del changes
        if self.breaks:
            raise RuntimeError("the projection breaks")
        assert transaction.in_transaction()
        self.seen += [(event.kind, event.seq) for event in events]


async def test_projections_see_numbered_events_in_the_same_transaction(database: Database) -> None:
    diary = Diary()
    process = Process(database, None, diary)
    await process.receive(inbound("hello"))
    await process.handle_all()
    await process.deliver_all()
    assert diary.seen == [
        ("opened", 1),
        ("customer_message", 2),
        ("understood", 3),
        ("bot_replied", 4),
        ("delivered", 5),
    ]


async def test_a_breaking_projection_rolls_everything_back(database: Database) -> None:
    diary = Diary()
    process = Process(database, None, diary)
    await process.receive(inbound("hello"))
    [work] = await process.lease()
    draft = Draft.open(work, "en", NOON)
    draft.receive(work)
    diary.breaks = True
    with pytest.raises(RuntimeError, match="the projection breaks"):
        await process.store.commit([draft.change(work)])
    assert await process.conversations() == []
    assert process.told.changed == []
    diary.breaks = False
    assert await process.store.commit([draft.change(work)]) == [Outcome.COMMITTED]


async def test_the_event_log_reads_a_client_in_order_and_by_pages(process: Process) -> None:
    for n in range(4):
        await process.receive(inbound(f"m{n}", key=f"k{n}", order=n, thread=f"t{n % 2}", at=process.clock.now()))
        await process.handle_all()
        process.clock.advance(minutes(1))
    log = EventLog(process.database)
    everything = await log.of_client(CLIENT, start=NOON, end=NOON + minutes(10))
    assert [e.id for e in everything] == sorted(e.id for e in everything)
    paged: list[Event] = []
    while page := await log.of_client(
        CLIENT,
        start=NOON,
        end=NOON + minutes(10),
        after=(paged[-1].at, paged[-1].id) if paged else None,
        limit=3,
    ):
        paged += page
    assert paged == everything
    said = await log.of_client(CLIENT, start=NOON, end=NOON + minutes(10), kinds=[EventKind.CUSTOMER_MESSAGE])
    assert len(said) == 4
    assert await log.of_client(ClientId("kontor"), start=NOON, end=NOON + minutes(10)) == []


async def test_committing_and_leasing_nothing_is_nothing(process: Process) -> None:
    assert await process.store.commit([]) == []
    assert await process.lease() == []
    await process.outbox.settle([])


async def test_events_need_their_conversation(process: Process) -> None:
    lost = Event(
        id=EventId("e"),
        client=CLIENT,
        channel=ChannelId("c"),
        thread=ThreadId("t"),
        conversation=ConversationId("x"),
        kind=EventKind.OPENED,
        at=NOON,
        actor=SYSTEM,
    )
    numbering = Numbering({"x": 0})
    numbering.add([lost])
    with pytest.raises(IntegrityError):
        async with process.database.transaction(ALL_CLIENTS) as connection:
            await numbering.write(connection)
