"""A platform with two clients in full swing: conversations, money, bots, audits, alarms, and people of each."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import insert, update

from accounts.actor import Actor
from accounts.audit import entry
from accounts.totp import new_secret
from accounts.user import Role, User
from app.packs import ClientPack
from app.settings import Settings
from app.training import TrainedModel
from app.wiring import Platform, platform
from conversation.clock import ManualClock
from conversation.conversation import Conversation, HandoffReason
from conversation.ids import ClientId, ConversationId, MessageId, ThreadId
from conversation.message import Attachment, AuthorKind, ContentKind, Reply
from conversation.pipeline import Pipeline, handle_inbound
from conversation.ports import Delivered
from conversation.resolution import Answered, NeedsHuman, Resolution, Turn
from conversation.understanding import RankedIntent, Understanding
from handoff.agent import Agent
from handoff.outcome import Claimed, Done
from nlu.audit.week import Week
from nlu.engine_state import EngineState
from nlu.versions.version import Confusion, Evaluation, Held, IntentFigures, Promise, Reading, TestRun
from storage.bot_versions import SqlBotVersions
from storage.engine_states import SqlEngineStates
from storage.schema_alarms import alarm_recipients
from storage.shadows import Overheard, Shadow, SqlShadows
from storage.tenancy import ALL_CLIENTS
from tests.builders import OneQueue, ScriptedBots, inbound, minutes
from tests.journeys.house import KEY
from tests.security.matrix.packs import BOTH, NUMBAT, WOMBAT, Marked, pack_of
from tests.settlement.packs import write_pack
from web.chat.links import FileLinks

PASSWORD = "violet tundra okapi ledger 93"
OCTOBER, NOVEMBER = datetime(2026, 10, 12, 9, tzinfo=UTC), datetime(2026, 11, 10, 9, tzinfo=UTC)
SEPTEMBER, NOW = datetime(2026, 9, 14, 9, tzinfo=UTC), datetime(2026, 11, 23, 12, tzinfo=UTC)
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360000002000001e221bc33"
    "0000000049454e44ae426082"
)


def trained_at_once(pack: ClientPack, engine: str = "") -> TrainedModel:
    """In place of app.training.train_pack: these bots are looked at and never asked."""
    name = pack.nlu.domain.intents[0] if isinstance(pack.nlu.domain.intents, list) else min(pack.nlu.domain.intents)
    judged = Evaluation(
        2,
        40,
        0.9,
        0.9,
        0.01,
        Promise(0.03, 0.6, 0.8, 0.02),
        confusions=(Confusion(name, name, 3),),
        intents=(IntentFigures(name, 20, 0.9, 0.9, 0.9),),
    )
    return TrainedModel(b"a model", {"intents": 2, "engine": engine or "embedded"}, judged, _held(pack, name))


def _held(pack: ClientPack, name: str) -> list[Held]:
    texts = [f"{pack.name.partition('-')[0]}-example {number}" for number in ("one", "two", "three", "four")]
    flips = len(pack.files["domain.yml"]) % 2 == 0
    return [Held(text, name, name if flips else "other", 0.9, True, answerable=True) for text in texts]


class MarkedBots(ScriptedBots):
    """Answers in its client's words. `unclear` it does not understand."""

    def __init__(self, client: Marked) -> None:
        super().__init__()
        self._client = client

    async def respond(self, turn: Turn, understanding: Understanding) -> Resolution:
        text, tracker, says = turn.inbound.text, turn.conversation.tracker, self._client.says
        if "unclear" in text:
            return NeedsHuman(HandoffReason.LOW_CONFIDENCE, tracker, topic=self._client.intent)
        if "human" in text:
            slots = {"order": says("slot")}
            return NeedsHuman(HandoffReason.ASKED, tracker, topic=self._client.intent, slots=slots)
        return Answered((Reply(says("bot-reply")),), tracker, completed="done" in text, topic=self._client.intent)

    def _understand(self, text: str) -> Understanding:  # type: ignore[override]  # knows its client
        ranking = (RankedIntent(self._client.intent, 0.8),)
        clear = "unclear" not in text
        return Understanding(text, "en", ranking[0], ranking, answerable=clear, engine="embedded", version="1")


@dataclass
class Town:
    """The platform, its people by name, and of each client the ids of what it has."""

    built: Platform
    clock: ManualClock
    people: dict[str, User] = field(default_factory=dict)
    ids: dict[ClientId, dict[str, str]] = field(default_factory=dict)
    made: dict[ClientId, set[str]] = field(default_factory=dict)
    _orders: int = 0

    # -- what happens in conversations

    async def write(self, client: Marked, text: str, thread: str, **more: Any) -> Conversation:
        """A customer writes, the bot does its part, what is due is delivered."""
        self._orders += 1
        message = inbound(
            f"{client.says('message')} {text}",
            thread=thread,
            order=self._orders,
            client=client.id,
            channel=client.web,
            at=self.clock.now(),
            name=client.says("customer"),
            **more,
        )
        await self.built.inbox.accept([message])
        await self.handle(client)
        found = await self.built.transcripts.latest(client.web, thread)
        assert found is not None
        self.made[client.id] |= {found.id, found.thread}
        return found

    async def handle(self, client: Marked) -> None:
        """The bot does its part, what is due is delivered."""
        pipeline = Pipeline(self.built.store, MarkedBots(client), OneQueue(), self.clock)
        while works := await self.built.store.lease("w", self.clock.now(), limit=9, hold=minutes(1)):
            await handle_inbound(works, pipeline)
        await self.deliver()

    async def deliver(self) -> None:
        outbox, now = self.built.outbox, self.clock.now()
        while items := await outbox.take("d", now, limit=100, hold=minutes(1)):
            await outbox.settle([Delivered(item, f"p-{item.message.id}", now) for item in items])

    async def queued(self, client: Marked, thread: str) -> Conversation:
        return await self.write(client, "a human please", thread)

    async def held(self, client: Marked, thread: str, who: User) -> Conversation:
        found = await self.queued(client, thread)
        assert isinstance(await self.built.desk.claim(self.at_desk(who), found.id), Claimed)
        return found

    def at_desk(self, who: User) -> Agent:
        supervises = bool(who.roles & {Role.SUPERVISOR, Role.PROVIDER_ADMIN})
        return Agent(who.id, who.name, who.clients, 10_000, supervises=supervises)

    async def handled(self, client: Marked, thread: str, *, after: float = 1) -> Conversation:
        """Answered by a person so many minutes after they were asked for; ten are promised."""
        agent = self.people[f"{client.id} agent"]
        found = await self.held(client, thread, agent)
        self.clock.advance(minutes(after))
        while await self.built.alarms.fire_due():
            pass
        me = self.at_desk(agent)
        done = await self.built.desk.reply(
            me, found.id, client.says("reply"), key=f"{thread}-r", attachments=(await self.file(client, "reply.png"),)
        )
        assert isinstance(done, Done)
        assert done.message is not None
        await self.built.desk.note(me, found.id, client.says("note"), key=f"{thread}-n")
        await self.deliver()
        self.clock.advance(minutes(2))
        await self.built.desk.resolve(me, found.id, client.says("disposition"))
        self.made[client.id].add(done.message.id)
        self.ids[client.id] |= {"handled": found.id, "file_message": done.message.id, "thread": found.thread}
        return found

    async def file(self, client: Marked, name: str) -> Attachment:
        content = PNG + client.says("file").encode()
        reference = await self.built.blobs.write(client.id, content, name=client.says(name), media_type="image/png")
        self.made[client.id].add(reference)
        return Attachment(ContentKind.IMAGE, client.says(name), "image/png", len(content), reference, stored=True)


@asynccontextmanager
async def open_town(database_url: str, folder: Path, **more: Any) -> AsyncIterator[Town]:
    """A platform with everything in it. The environment must have both clients' variables."""
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]  # pydantic-settings takes it
        database_url=database_url,
        redis_url="memory://",
        secret_keys=[SecretStr(KEY)],
        telegram_api_url="http://127.0.0.1:1",
        slack_api_url="http://127.0.0.1:1/",
        **more,
    )
    clock = ManualClock(SEPTEMBER)
    async with platform(settings, clock=clock) as built:
        town = Town(built, clock)
        for client in BOTH:
            town.ids[client.id], town.made[client.id] = {}, set()
            await built.clients.apply(write_pack(folder / client.id, pack_of(client)), by="test")
        await employ(town)
        await live(town, folder)
        await built.channels.sync()
        await built.live.start()
        yield town


ROLES: Mapping[str, tuple[Role, ...]] = {
    "agent": (Role.AGENT,),
    "supervisor": (Role.SUPERVISOR,),
    "trainer": (Role.TRAINER,),
    "client admin": (Role.CLIENT_ADMIN,),
    "two roles": (Role.CLIENT_ADMIN, Role.TRAINER),
    "disabled": (Role.SUPERVISOR,),
    "half": (Role.SUPERVISOR,),
}
ROOT = "provider admin"


async def employ(town: Town) -> None:
    """Everybody of each client, marked, and one provider admin."""
    for client in BOTH:
        for role, roles in ROLES.items():
            if client is WOMBAT and role in ("two roles", "disabled", "half"):
                continue  # nobody calls as these
            name = f"{client.id} {role}"
            email = f"{role.replace(' ', '-')}@{client.mark.lower()}.example"
            town.people[name] = await _add(town, email, client.says(role), roles, [client.id])
            town.made[client.id].add(town.people[name].id)
    everywhere = [client.id for client in BOTH]
    town.people[ROOT] = await _add(town, "root@provider.example", "Rita Root", (Role.PROVIDER_ADMIN,), everywhere)


async def _add(town: Town, email: str, name: str, roles: tuple[Role, ...], clients: list[ClientId]) -> User:
    secret = new_secret() if name.endswith("-half") else ""
    built, now = town.built, town.clock.now()
    await built.accounts.add_user(
        email, name, PASSWORD, now, roles=roles, clients=clients, capacity=10_000, totp_secret=secret
    )
    found = await built.users.by_email(email)
    assert found is not None
    return found


async def live(town: Town, folder: Path) -> None:
    """Three months. Wombat began a month earlier, so that it has one of its own."""
    built, clock = town.built, town.clock
    await _converse(town, WOMBAT, "september")
    clock.set(OCTOBER)
    for client in BOTH:
        await _converse(town, client, "october")
    clock.set(NOVEMBER)
    for client, months in ((NUMBAT, ["2026-10"]), (WOMBAT, ["2026-09", "2026-10"])):
        for month in months:
            await built.settlement.close(client.id, month, by="root@provider.example")
    for client in BOTH:
        await _converse(town, client, "november")
    clock.set(NOW)
    for client in BOTH:
        await _today(town, client)
        await _money(town, client)
        await _bots(town, client, folder)
        await _judge(town, client)
        await _floor(town, client)
    while await built.rollups.catch_up():
        pass


async def _converse(town: Town, client: Marked, when: str) -> None:
    await town.write(client, "done", f"{client.mark}-contained-{when}")
    unclear = await town.write(client, "unclear", f"{client.mark}-unclear-{when}")
    await town.built.desk.resolve(town.at_desk(town.people[ROOT]), unclear.id, client.says("disposition"))
    await town.handled(client, f"{client.mark}-handled-{when}")
    late = await town.handled(client, f"{client.mark}-late-{when}", after=11)
    town.ids[client.id]["late"] = late.id


async def _today(town: Town, client: Marked) -> None:
    """What is going on now."""
    built, agent = town.built, town.people[f"{client.id} agent"]
    picture = await town.file(client, "picture.png")
    queued = await town.queued(client, f"{client.mark}-queued")
    held = await town.held(client, f"{client.mark}-held", agent)
    await town.write(client, "look", f"{client.mark}-held", attachments=(picture,))
    await built.desk.note(town.at_desk(agent), held.id, client.says("note"), key="today")
    bot = await town.write(client, "unclear", f"{client.mark}-bot")
    await built.reads.save_draft(held.id, agent.id, client.says("draft"))
    await built.reads.mark_read(held.id, agent.id, 1)
    await built.presence.beat(agent.id, "online", town.clock.now())
    own = await built.transcripts.of_thread(queued.thread, [client.id], limit=10)
    page = await built.reads.view(queued.id, [client.id], agent.id)
    assert page is not None
    clock = next(c.id for c in page.clocks if c.kind == "first_response")
    links = FileLinks([KEY], town.clock)
    thread = town.ids[client.id]["thread"]
    file = town.ids[client.id]["file_message"]
    town.ids[client.id] |= {
        "client": client.id,
        "channel": client.web,
        "telegram": f"{client.id}-telegram",
        "slack": f"{client.id}-slack",
        "conversation": held.id,
        "queued": queued.id,
        "resolved": bot.id,
        "message": own[0].id,
        "agent": f"agent:{agent.id}",
        "clock": clock,
        "month": "2026-09" if client is WOMBAT else "2026-11",
        "closed": "2026-09" if client is WOMBAT else "2026-10",
        "recipient": f"webhook:{client.id}",
        "intent": f"intent:{client.intent}",
        "link": links.issue(client.id, ThreadId(thread), MessageId(file), 0),
    }
    town.made[client.id] |= {m.id for m in own} | {clock}


async def _money(town: Town, client: Marked) -> None:
    built, now = town.built, town.clock.now()
    view = await built.reads.view(ConversationId(town.ids[client.id]["late"]), [client.id], town.people[ROOT].id)
    assert view is not None
    late = next(c.id for c in view.clocks if c.kind == "first_response")
    supervisor = town.people[f"{client.id} supervisor"]
    made = await built.settlement.exclude(client.id, late, "spam", client.says("evidence"), by=supervisor.email)
    town.ids[client.id]["entry"] = made.id
    town.made[client.id] |= {made.id, late}
    told = entry("test.noted", now, actor_name=client.says("actor"), client=client.id, subject=client.says("subject"))
    await built.audit.add([told])


async def _bots(town: Town, client: Marked, folder: Path) -> None:
    """Numbat has two bots and Wombat three: the newest waits with the terms that came along."""
    built, now = town.built, town.clock.now()
    last = 3 if client is WOMBAT else 2
    for edition in range(2, last + 1):
        await built.clients.apply(
            write_pack(folder / f"{client.id}-{edition}", pack_of(client, edition=edition)), by=client.says("applier")
        )
    rows = SqlBotVersions(built.database)
    for number in range(1, last + 1):
        await rows.keep_tests(client.id, number, TestRun(now, 1))
    await built.bot_versions.shadow(client.id, last, by=None, by_name=client.says("shadower"))
    said = await built.transcripts.of_thread(ThreadId(town.ids[client.id]["thread"]), [client.id], limit=10)
    message = next(m for m in said if m.author.kind is AuthorKind.CUSTOMER)
    heard = Overheard(
        town.ids[client.id]["handled"],
        1,
        message.id,
        now,
        message.text,
        "en",
        Reading(1, "a", 0.9, answers=True),
    )
    candidate = Reading(last, client.intent, 0.8, answers=True)
    await SqlShadows(built.database).keep(Shadow(client.id, last), "w", [(heard, candidate)], upto=now)
    town.ids[client.id] |= {"version": str(last), "bot": str(last)}


async def _judge(town: Town, client: Marked) -> None:
    """Last week was silent: the audit is of the week before, which a person drew by hand."""
    built = town.built
    week = Week.of(NOVEMBER.date())
    drawn = await built.live_audit.draw(client.id, week)
    assert drawn is not None
    assert drawn.size
    trainer = town.people[f"{client.id} trainer"]
    task = await built.judgements.take(client.id, trainer.id)
    groups = await built.judgements.progress(client.id, trainer.id)
    del groups
    town.ids[client.id] |= {"week": str(week), "judged": task.item.message if task else ""}


async def _floor(town: Town, client: Marked) -> None:
    built, now = town.built, town.clock.now()
    supervisor = town.people[f"{client.id} supervisor"]
    by = Actor(supervisor.name, supervisor.id)
    token, screen = await built.displays.create(supervisor, client.says("screen"), now, by)
    town.ids[client.id] |= {"display": token, "screen": screen.id}
    town.made[client.id] |= {token, screen.id}
    state = EngineState(
        client=client.id,
        seen_by="w",
        kind="rasa",
        fallback="embedded",
        up=False,
        since=now,
        error=client.says("engine-error"),
        error_at=now,
    )
    await SqlEngineStates(built.database).save(state, now)
    key = f"webhook:{client.id}"
    facts = {"client": client.id, "disabled_at": now, "error": client.says("alarm-error")}
    async with built.database.transaction(ALL_CLIENTS) as connection:
        done = await connection.execute(
            update(alarm_recipients).where(alarm_recipients.c.recipient == key).values(facts)
        )
        if not done.rowcount:
            await connection.execute(insert(alarm_recipients).values(recipient=key, **facts))


def environment(patch: pytest.MonkeyPatch) -> None:
    """The variables of both packs, and training that costs nothing."""
    for client in BOTH:
        for name, value in client.environment.items():
            patch.setenv(name, value)
    patch.setattr("app.bot_versions.train_pack", trained_at_once)
