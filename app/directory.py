"""The clients as they are now: every active pack, loaded from the database and kept fresh in each process."""

import asyncio
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from app.ownership import WORDS, Why, Withheld, withheld
from app.packs import ClientPack, Unusable, bot_part, read_client_pack
from bots.channels import ChannelConfig
from conversation.clock import Clock
from conversation.conversation import Conversation, Priority
from conversation.ids import ChannelId, ClientId
from conversation.message import ChannelKind
from handoff.dashboard_view import Period, Terms
from handoff.dashboard_view import Prices as ShownPrices
from handoff.queue import GENERAL, Queue
from handoff.views import ClientView
from nlu.domain import LANGUAGE_SLOT
from nlu.pack import Pack
from nlu.responses import Setting
from sla.errors import SlaError
from sla.fold import SEGMENT_SLOT
from sla.hours import open_cells
from sla.policy import ClockKind, Policy, Subject
from sla.prices import Item, Prices
from storage.bot_versions import Running, SqlBotVersions
from storage.channels import SqlChannelOwners
from storage.packs import PackVersion, PackVersions

log = structlog.get_logger(__name__)

TOPIC = "packs"


class Directory:
    """Holds the parsed packs of one process: each client's terms in force together with the bot that runs. `refresh()`
    is cheap when nothing changed: it compares numbers.
    """

    def __init__(
        self,
        versions: PackVersions,
        bots: SqlBotVersions,
        owners: SqlChannelOwners,
        clock: Clock,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self._versions = versions
        self._bots = bots
        self._owners = owners
        self._clock = clock
        self._environment = environment
        self._packs: dict[ClientId, ClientPack] = {}
        self._known: dict[ClientId, tuple[int, str, Running | None]] = {}
        self._since: dict[ClientId, datetime | None] = {}
        self._unreadable: dict[ClientId, str] = {}
        self._news: set[ClientId] = set()
        self._channels: Mapping[ChannelId, ChannelConfig] = {}
        self._withheld: Sequence[Withheld] = ()
        self._lock = asyncio.Lock()

    async def refresh(self) -> set[ClientId]:
        """Loads what changed; returns the clients that did. A pack that cannot be read leaves the old one in place."""
        async with self._lock:
            running = await self._bots.running()
            digests = await self._versions.active_digests()
            found = {client: (*state, running.get(client)) for client, state in digests.items()}
            changed = {client for client, state in found.items() if self._known.get(client) != state}
            for client in changed:
                await self._load(client, running.get(client))
                self._known[client] = found[client]
            gone = set(self._packs) - set(found)
            for client in gone:
                del self._packs[client]
                self._known.pop(client, None)
                self._unreadable.pop(client, None)
            if changed or gone:
                await self._sort_channels()
            self._news |= changed | gone
            return changed | gone

    def news(self) -> set[ClientId]:
        """The clients that changed since this was last asked, whoever refreshed."""
        told, self._news = self._news, set()
        return told

    def packs(self) -> Sequence[ClientPack]:
        return [self._packs[client] for client in sorted(self._packs)]

    def pack(self, client: ClientId) -> ClientPack | None:
        return self._packs.get(client)

    def channels(self) -> Sequence[ChannelConfig]:
        """The channels of all clients, each id once: its owner's."""
        return list(self._channels.values())

    def channel(self, channel: ChannelId) -> ChannelConfig | None:
        return self._channels.get(channel)

    def withheld(self) -> Sequence[Withheld]:
        """The channels that packs name and that are off, since they are or serve another's."""
        return self._withheld

    def unreadable(self) -> Mapping[ClientId, str]:
        """The clients whose pack in force has an error, and which."""
        return dict(self._unreadable)

    async def _sort_channels(self) -> None:
        """Parts what the packs name into the clients' own channels and those that are off."""
        named = [channel for pack in self.packs() for channel in pack.channels]
        off = withheld(named, await self._owners.owners())
        self._channels = {channel.id: channel for channel in named if all(channel is not w.channel for w in off)}
        for news in [w for w in off if w not in self._withheld]:
            say = log.info if news.why is Why.NOT_RESERVED else log.warning
            say("channel is off", channel=news.channel.id, client=news.channel.client, why=WORDS[news.why])
        self._withheld = off

    async def _load(self, client: ClientId, running: Running | None) -> None:
        version = await self._versions.active(client)
        if version is None:
            return
        pack, problems = await asyncio.to_thread(
            read_client_pack, version.files, self._environment, version=version.version, model=version.model
        )
        self._unreadable.pop(client, None)
        if pack is None:
            self._unreadable[client] = why = next(str(problem) for problem in problems if not problem.warning)
            log.error("pack cannot be read; the client keeps its old one", client=client, why=why)
            return
        try:
            self._packs[client] = await self._with_bot(pack, version, running)
            self._since[client] = version.since
        except Unusable as error:
            log.warning("the bot cannot be read; the client keeps its old one", client=client, why=str(error))
            return
        log.info("client loaded", client=client, version=version.version, bot=self._packs[client].bot)

    async def _with_bot(self, pack: ClientPack, version: PackVersion, running: Running | None) -> ClientPack:
        """The terms of the pack's version with the bot that runs, which may be of other files."""
        if running is None:
            return pack
        bot = await self._bots.get(pack.id, running.number) if running.number is not None else None
        if bot is None:
            return replace(pack, bot=None, model=None)
        files = await self._bots.files(pack.id, bot.number)
        same = files == version.files and bot.engine == pack.nlu.profile.engine.kind
        nlu = pack.nlu if same else await asyncio.to_thread(bot_part, files, bot.engine, self._environment)
        own = nlu.profile.bot.wrong_answers
        stricter = running.target if running.target is not None and running.target < own else None
        nlu = _of_the_client(nlu, pack.nlu, stricter)
        return replace(pack, nlu=nlu, bot=bot.number, model=bot.model, stricter=stricter)

    # What other rooms ask, each through its own port

    def queues(self, client: ClientId) -> Sequence[Queue]:
        """handoff's QueueBook."""
        pack = self._packs.get(client)
        return pack.queues if pack is not None else (GENERAL,)

    def policy(self, client: ClientId) -> Policy | None:
        """The policy new conversations of the client get."""
        pack = self._packs.get(client)
        return pack.policy if pack is not None else None

    def since(self, client: ClientId) -> datetime | None:
        """When the terms in force came into force: conversations that are older keep the ones they began with."""
        return self._since.get(client)

    def timezone(self, client: ClientId) -> str:
        """The zone of the client's wall clock."""
        pack = self._packs.get(client)
        return pack.nlu.profile.timezone if pack is not None else "UTC"

    def is_open(self, client: ClientId, at: datetime) -> bool:
        """handoff's Hours: whether people are there. A client without a calendar is always open."""
        policy = self.policy(client)
        return policy is None or policy.calendar.is_open(at)

    def next_opening(self, client: ClientId, at: datetime) -> datetime | None:
        policy = self.policy(client)
        try:
            return at if policy is None else policy.calendar.next_opening(at)
        except SlaError:
            return None

    def first_response_due(self, client: ClientId, conversation: Conversation, at: datetime) -> datetime | None:
        """When a first response that starts now would be due; None where the contract promises none."""
        policy = self.policy(client)
        if policy is None:
            return None
        subject = subject_of(conversation)
        budget = policy.budget(ClockKind.FIRST_RESPONSE, subject)
        if budget is None:
            return None
        try:
            return policy.calendar_of(policy.target(subject)).due(at, budget)
        except SlaError:
            return None

    async def of(self, clients: Collection[ClientId]) -> Mapping[ClientId, ClientView]:
        """web's ClientDirectory."""
        return {client: view_of(pack) for client in clients if (pack := self._packs.get(client)) is not None}

    async def terms(self, client: ClientId, period: Period) -> Terms:  # noqa: ARG002  the current version, so far
        """What the contract promises, as the dashboard shows it beside the figures."""
        pack = self._packs.get(client)
        return terms_of(pack) if pack is not None else Terms()

    async def ids(self) -> Sequence[ClientId]:
        await self.refresh()
        return sorted(self._packs)


def _of_the_client(bot: Pack, terms: Pack, target: float | None) -> Pack:
    """The bot, at the stricter target if one is set. Who the client is and where its day begins follow its terms: going
    back to an older bot changes neither.
    """
    own = bot.profile
    rules = replace(own.bot, wrong_answers=target) if target is not None else own.bot
    profile = replace(terms.profile, languages=own.languages, engine=own.engine, bot=rules)
    return replace(bot, profile=profile)


def subject_of(conversation: Conversation) -> Subject:
    """The facts a target may be matched by."""
    return Subject(
        priority=conversation.priority,
        queue=conversation.queue or "",
        channel=conversation.channel,
        channel_kind=conversation.channel_kind,
        language=conversation.language,
        intent=conversation.topic,
        segment=str(conversation.tracker.get("slots", {}).get(SEGMENT_SLOT) or ""),
    )


def usual_target(policy: Policy) -> timedelta | None:
    """The first response target of an ordinary conversation."""
    return policy.budget(ClockKind.FIRST_RESPONSE, Subject(priority=Priority.NORMAL))


def view_of(pack: ClientPack) -> ClientView:
    """What pages show of a client."""
    profile = pack.nlu.profile
    return ClientView(
        id=pack.id,
        name=pack.name,
        accent=profile.accent or "#2456a6",
        languages=profile.languages,
        timezone=profile.timezone,
        tone=profile.tone,
        queues={queue.id: queue.name for queue in pack.queues},
        topics={intent: topic_titles(pack, intent) for intent in pack.nlu.domain.intents},
        macros=[{"key": m.key, "title": m.title, "text": m.text, "language": m.language} for m in pack.macros],
        bot_name=profile.bot.name,
    )


def topic_titles(pack: ClientPack, intent: str) -> Mapping[str, str]:
    """An intent's name for people, per language: the response `utter_title_<intent>`, as customers see it on buttons,
    else the name of the flow it starts, else its own name in words.
    """
    flow = pack.nlu.triggers.get(intent)
    words = (flow.name if flow is not None else "") or intent.replace("_", " ").replace("/", ": ").capitalize()
    titles = {}
    for language in pack.nlu.profile.languages:
        setting = Setting(language, ChannelKind.WEBCHAT, {LANGUAGE_SLOT: language})
        titles[language] = pack.nlu.responses.title(f"utter_title_{intent}", setting) or words
    return titles


def terms_of(pack: ClientPack) -> Terms:
    """The current version's promises."""
    policy = pack.policy
    target = usual_target(policy) if policy is not None else None
    objective = policy.objective.get(ClockKind.FIRST_RESPONSE) if policy is not None else None
    return Terms(
        objective=objective / 100 if objective is not None else None,
        first_response_s=target.total_seconds() if target is not None else None,
        open_hours=open_cells(policy.calendar.hours) if policy is not None else frozenset(),
        prices=_shown(pack.prices) if pack.prices is not None else None,
        objectives={kind.value: share / 100 for kind, share in policy.objective.items()} if policy is not None else {},
    )


def _shown(prices: Prices) -> ShownPrices:
    return ShownPrices(
        currency=prices.currency,
        automated=prices.units.get(Item.AUTOMATED_RESOLUTION),
        handled=prices.units.get(Item.HANDLED_CONVERSATION),
        agent_minute=prices.units.get(Item.AGENT_MINUTE),
    )
