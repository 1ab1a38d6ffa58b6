"""Random but valid lives of conversations: customers, agents, breaches, questions, snoozes, endings, comebacks."""

import random
from datetime import timedelta

from conversation.conversation import Conversation, Priority, ResolvedBy, State
from conversation.draft import Draft
from conversation.ids import QueueId, UserId
from conversation.message import Author, AuthorKind
from conversation.ports import Outcome
from storage.desk_facts import SqlDeskFacts
from storage.desk_reads import SqlDeskReads
from storage.presence import SqlPresence
from tests.builders import inbound
from tests.storage_people.office import ANN, Office, policy

BEN = Author(AuthorKind.AGENT, "u-ben", "Ben")
TEXTS = ("hello", "a human please", "done", "bye", "thanks", "ich warte", "a human now")


async def live_through(office: Office, chance: random.Random, steps: int, threads: int = 6, **where) -> None:
    """So many steps, each after up to a few hours, each by a customer, an agent or the time."""
    for _ in range(steps):
        office.clock.advance(timedelta(seconds=chance.choice((0, 1, 61, 300, 601, 3600, 20_000))))
        while await office.alarms.fire_due():
            pass
        thread = f"t{chance.randrange(threads)}"
        if chance.random() < 0.5:
            await office.write(chance.choice(TEXTS), thread=thread, **where)
            continue
        known = await office.conversations()
        if known:
            await _act(office, chance.choice(known), chance)


async def upset(office: Office, chance: random.Random) -> None:
    """What reaches back into days that are over, or changes by which terms the next ones count."""
    office.active = policy(bot_counts=chance.random() < 0.5)
    late = timedelta(hours=chance.choice((0, 1, 9, 30)))
    await office.write("still there?", thread=f"t{chance.randrange(6)}", sent_at=office.clock.now() - late)
    with_people = [c for c in await office.conversations() if c.state in (State.QUEUED, State.ASSIGNED)]
    if len(with_people) > 1:
        await merge(office, *chance.sample(with_people, 2))
    await say(office, f"t{chance.randrange(6)}")


async def merge(office: Office, duplicate: Conversation, into: Conversation) -> None:
    """What the desk does to a duplicate, whoever has it."""
    reads = SqlDeskReads(office.database, office.clock, office.policies, SqlPresence(office.database), None)
    told = await SqlDeskFacts(office.database, reads).promises(duplicate.id, into.id, duplicate.client)
    ending, taking = Draft(duplicate, office.clock.now()), Draft(into, office.clock.now())
    ending.merge(ANN, into.id, told.clocks)
    taking.take_over(ANN, duplicate, told.clocks, handled=told.handled, unanswered_since=told.unanswered_since)
    assert await office.store.commit([ending.change(), taking.change()]) == [Outcome.COMMITTED] * 2


async def say(office: Office, thread: str) -> None:
    """A customer writes; what the bot answers is on its way until the next delivery."""
    office._orders += 1
    await office.receive(inbound("hello", thread=thread, order=office._orders, at=office.clock.now()))
    await office.handle_all()


async def _act(office: Office, conversation, chance: random.Random) -> None:
    agent = chance.choice((ANN, BEN))
    open_elsewhere = [c for c in await office.conversations() if c.thread == conversation.thread and c.is_open]
    if conversation.state is State.QUEUED:
        await office.claim(conversation, agent)
    elif conversation.state is State.ASSIGNED:
        await _held(office, conversation, chance)
    elif conversation.state is State.RESOLVED and not open_elsewhere and chance.random() < 0.3:
        await office.act(conversation, lambda d: d.take_back(UserId(agent.id), agent.name, "not solved"))


async def _held(office: Office, conversation, chance: random.Random) -> None:
    agent = Author(AuthorKind.AGENT, conversation.assignee, conversation.assignee_name)
    other = BEN if agent.id == ANN.id else ANN
    match chance.randrange(9):
        case 0 | 1:
            await office.reply(conversation, chance.choice(("Here you are.", "Which number?")), agent)
        case 2:
            await office.act(conversation, lambda d: d.release(agent, "break"))
        case 3:
            await office.act(conversation, lambda d: d.transfer_to_queue(agent, QueueId("workshop")))
        case 4:
            await office.act(conversation, lambda d: d.transfer_to_agent(agent, UserId(other.id), other.name))
        case 5:
            await office.act(conversation, lambda d: d.set_priority(agent, chance.choice(list(Priority)), "by hand"))
        case 6:
            await office.act(conversation, lambda d: d.snooze(agent, office.clock.now() + timedelta(hours=2)))
        case 7:
            await office.act(conversation, lambda d: d.return_to_bot(agent))
        case _:
            how = chance.choice((ResolvedBy.AGENT, ResolvedBy.AGENT, ResolvedBy.ABANDONED))
            await office.act(conversation, lambda d: d.resolve(agent, how))
