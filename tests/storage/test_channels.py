"""A channel belongs to one client, by constraint; threads under its id are told apart by client."""

import asyncio

import pytest

from conversation.ids import ChannelId, ClientId
from storage.channels import ChannelOwner, SqlChannelOwners
from storage.database import Database
from storage.errors import ChannelsTaken
from storage.packs import PackVersions
from storage.transcripts import Transcripts
from tests.builders import NOON, inbound, minutes
from tests.storage.harness import CLIENT, Process

OTHER = ClientId("kontor")
WEB, BOT = ChannelId("kontor-web"), ChannelId("kontor-telegram")


async def add(database: Database, client: ClientId, *channels: ChannelId, files: str = "", late: float = 0) -> int:
    return await PackVersions(database).add(
        client,
        client,
        {"client.yml": f"{client}{files}"},
        model=None,
        report={},
        now=NOON + minutes(late),
        by="test",
        channels=channels,
    )


async def test_who_comes_first_has_it_and_the_others_pack_is_not_kept(database: Database) -> None:
    await add(database, OTHER, WEB)
    with pytest.raises(ChannelsTaken) as refused:
        await add(database, CLIENT, BOT, WEB, late=1)
    assert refused.value.channels == (WEB,)
    assert await SqlChannelOwners(database).owners() == {WEB: ChannelOwner(OTHER, NOON)}
    assert await PackVersions(database).active(CLIENT) is None


async def test_a_channel_given_up_stays_the_clients(database: Database) -> None:
    await add(database, OTHER, WEB, BOT)
    await add(database, OTHER, BOT, files=" v2", late=1)
    with pytest.raises(ChannelsTaken):
        await add(database, CLIENT, WEB, late=2)
    await add(database, OTHER, WEB, files=" v3", late=3)
    assert await SqlChannelOwners(database).owners() == {
        WEB: ChannelOwner(OTHER, NOON),
        BOT: ChannelOwner(OTHER, NOON),
    }


async def test_a_version_that_waits_for_approval_has_its_channels_already(database: Database) -> None:
    await PackVersions(database).add(
        OTHER,
        "Kontor",
        {"client.yml": ""},
        model=None,
        report={},
        now=NOON,
        by="test",
        difference=[("sla.objective", "95", "90")],
        channels=[WEB],
    )
    with pytest.raises(ChannelsTaken):
        await add(database, CLIENT, WEB)


@pytest.mark.parametrize("turn", range(3))
async def test_of_two_at_the_same_moment_exactly_one_wins(database: Database, database_url: str, turn: int) -> None:
    second = Database(database_url)
    wanted = [ChannelId(f"{name}-{turn}") for name in ("a", "b", "c", "d")]
    outcomes = await asyncio.gather(
        add(database, CLIENT, *wanted), add(second, OTHER, *reversed(wanted)), return_exceptions=True
    )
    await second.dispose()
    won = [client for client, outcome in zip((CLIENT, OTHER), outcomes, strict=True) if outcome == 1]
    lost = [outcome for outcome in outcomes if isinstance(outcome, ChannelsTaken)]
    assert (len(won), len(lost)) == (1, 1), outcomes
    assert {owner.client for owner in (await SqlChannelOwners(database).owners()).values()} == set(won)


async def test_each_clients_chats_are_its_own_and_a_channels_are_its_owners(database: Database) -> None:
    process, transcripts = Process(database), Transcripts(database)
    await process.receive(inbound("theirs", client=CLIENT, channel=WEB, key="k1"))
    await add(database, OTHER, WEB)
    assert await transcripts.thread_of(WEB, "chat-1") is None
    assert await process.receive(inbound("ours", client=OTHER, channel=WEB, key="k1")) == 1
    await process.handle_all()
    one, two = sorted(await process.conversations(), key=lambda c: c.client)
    assert (one.client, two.client) == (CLIENT, OTHER)
    assert one.thread != two.thread
    assert await transcripts.thread_of(WEB, "chat-1") == two.thread
    latest = await transcripts.latest(WEB, "chat-1")
    assert latest is not None
    assert latest.id == two.id
    assert await transcripts.recent(WEB, NOON - minutes(5), 9) == ["chat-1"]
    assert (await transcripts.of_thread(one.thread, [CLIENT]))[0].text == "theirs"
    assert await process.receive(inbound("again", client=OTHER, channel=WEB, key="k1")) == 0
