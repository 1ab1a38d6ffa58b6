"""What bots missed, in both databases."""

from datetime import timedelta

from conversation.conversation import HandoffReason
from conversation.ids import ClientId, UserId
from conversation.message import Reply
from conversation.resolution import Answered, NeedsHuman
from conversation.understanding import FALLBACK_INTENT, RankedIntent, Understanding
from storage.database import Database
from storage.missed import SqlMissed
from storage.schema import messages
from storage.tenancy import ALL_CLIENTS
from tests.builders import NOON, ScriptedBots, inbound
from tests.storage.harness import CLIENT, Process

ANN, BEN = UserId("ann"), UserId("ben")
SINCE = NOON - timedelta(days=1)


class Unsure(ScriptedBots):
    """Understands `clear` only; gives up on `lost`."""

    @staticmethod
    def _understand(text: str) -> Understanding:
        if text == "clear":
            return Understanding(text, "en", RankedIntent("any", 0.9), answerable=True)
        ranking = (RankedIntent("return", 0.5), RankedIntent("order_status", 0.2))
        return Understanding(text, "en", RankedIntent(FALLBACK_INTENT, 0.7), ranking)

    async def respond(self, turn, understanding):
        if turn.inbound.text == "lost":
            return NeedsHuman(HandoffReason.LOW_CONFIDENCE, {})
        return Answered((Reply("Sorry?"),), {})


async def talk(database: Database) -> SqlMissed:
    process = Process(database)
    process.pipeline.bots.__class__ = Unsure
    talks = (("a", "clear", "Main Street 3", "lost"), ("b", "hmm"), ("c", "clear"), ("d", "also hmm"))
    for thread, *texts in talks:
        for order, text in enumerate(texts):
            process.clock.advance(timedelta(seconds=1))
            await process.receive(inbound(text, thread=thread, order=order, at=process.clock.now()))
            await process.handle_all()
    return SqlMissed(database)


async def test_openings_and_what_made_the_bot_give_up_are_missed_and_answers_to_its_questions_are_not(
    database: Database,
):
    missed = await (await talk(database)).missed(CLIENT, SINCE, 100)
    assert [one.text for one in missed] == ["also hmm", "hmm", "lost"]
    assert (missed[0].guesses, missed[0].language) == ({"return": 0.5, "order_status": 0.2}, "en")


async def test_what_is_named_leaves_the_inbox_and_can_be_taken_back(database: Database):
    inbox = await talk(database)
    also, hmm, lost = await inbox.missed(CLIENT, SINCE, 100)
    assert await inbox.label(CLIENT, [hmm.message, also.message], "return", by=ANN, now=NOON) == 2
    assert await inbox.label(CLIENT, [hmm.message, lost.message], None, by=BEN, now=NOON) == 1
    assert await inbox.missed(CLIENT, SINCE, 100) == []
    assert [(one.text, one.intent) for one in await inbox.labelled(CLIENT, SINCE)] == [
        ("lost", None),
        ("hmm", "return"),
        ("also hmm", "return"),
    ]
    assert await inbox.undo(CLIENT, BEN) == 1
    assert await inbox.undo(CLIENT, BEN) == 0
    assert [one.text for one in await inbox.missed(CLIENT, SINCE, 100)] == ["lost"]


async def test_another_clients_message_cannot_be_named_and_an_erased_one_is_gone(database: Database):
    inbox = await talk(database)
    [also, *_] = await inbox.missed(CLIENT, SINCE, 100)
    assert await inbox.label(ClientId("kontor"), [also.message], "return", by=ANN, now=NOON) == 0
    await inbox.label(CLIENT, [also.message], "return", by=ANN, now=NOON)
    async with database.transaction(ALL_CLIENTS) as connection:
        await connection.execute(messages.update().where(messages.c.id == also.message).values(text=""))
    assert [one.text for one in await inbox.labelled(CLIENT, SINCE)] == [""]
