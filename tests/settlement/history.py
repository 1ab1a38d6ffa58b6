"""Random but valid lives of conversations: customers, agents, breaches, questions, snoozes, endings, comebacks."""

import random
from datetime import timedelta

from conversation.conversation import Priority, ResolvedBy, State
from conversation.ids import QueueId, UserId
from conversation.message import Author, AuthorKind
from tests.storage_people.office import ANN, Office

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
