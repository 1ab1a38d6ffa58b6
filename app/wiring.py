"""The only place that constructs things: settings in, a working platform out."""

import asyncio
import contextlib
import os
import secrets
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import structlog
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from accounts.displays import Displays
from accounts.known_device import KnownDevices
from accounts.password import Argon2Hasher
from accounts.people import People
from accounts.service import Accounts
from accounts.watch import SessionWatch
from app.alarm_people import AlarmPeople
from app.alarms import Outside, notice_senders
from app.bot_versions import BotVersions
from app.bot_watch import BotWatch
from app.bots import ActiveBots
from app.channels import Channels, MakeAdapter
from app.clients import Clients
from app.directory import Directory
from app.engine_watch import EngineStates, EngineWatch
from app.engines import Engines, engine_guard
from app.forecasts import Forecasts
from app.gaps import TellGaps
from app.live_audit import Judgements, LiveAudit
from app.metrics import Metrics
from app.ownership import Ownership
from app.packs import policy_in
from app.people import DeskHoldings
from app.period_reports import PeriodReports
from app.reports import Reports
from app.running_terms import RunningTerms
from app.satisfaction import Satisfaction
from app.settings import Settings, SettingsError, new_secret_key
from app.settlement import Settlement
from app.shadow import ShadowFollower
from app.trainer import BotPromises
from app.training import TestsOfVersions
from app.what_ifs import WhatIfs
from bots.channels import SlackChannel, TelegramChannel
from bots.notices.notifier import Notifier
from bots.notices.ports import NoticeSender
from bots.opening import Adapter, open_channel
from bots.ports import GapReports, Position
from bots.webchat import WebChatSender
from conversation.clock import Clock, SystemClock
from conversation.pipeline import Pipeline
from conversation.quota import LocalQuotas, Quotas
from handoff.desk import Desk
from handoff.planner import Planner
from nlu.bots import ManyBots
from nlu.embedded.shelf import Shelf
from nlu.http_guard import Guard
from nlu.wire import Wire, open_http
from sla.alarm import Tell
from storage import migrations, private_files, row_security
from storage.alarm_effects import SqlNotices
from storage.audit import SqlAudit
from storage.audit_alarms import SqlAuditAlarms
from storage.blobs import DatabaseBlobs, Space
from storage.bot_versions import SqlBotVersions
from storage.channels import SqlChannelOwners
from storage.danger_alarms import DangerAlarms, SqlDangers
from storage.dashboard_reads import SqlDashboardReads
from storage.database import Database
from storage.desk_facts import SqlDeskFacts
from storage.desk_reads import SqlDeskReads
from storage.display_links import SqlDisplayLinks
from storage.engine_states import SqlEngineStates
from storage.exclusions import SqlExclusions
from storage.forecast_reads import SqlForecastReads
from storage.half_sign_ins import SqlHalfSignIns
from storage.inbox import SqlInbox
from storage.live import Live
from storage.live_audit import SqlLiveAudit
from storage.live_sessions import SqlLiveSessions
from storage.macros import SqlMacros
from storage.outbox import SqlOutbox
from storage.packs import PackVersions
from storage.poll_state import SqlPollState
from storage.presence import SqlPresence
from storage.presence_log import SqlPresenceLog
from storage.quotas import RedisQuotas
from storage.redis_client import Client, redis_client
from storage.replay import SqlReplay
from storage.report_reads import SqlReportReads
from storage.rollups import RollupMarks, SqlRollups
from storage.sessions import SqlSessions
from storage.settlement_reads import SqlSettlementReads
from storage.settlements import SqlStatements
from storage.shadows import SqlShadows
from storage.sign_in_attempts import SqlAttempts
from storage.sla_alarms import NobodyOutside, SlaAlarms
from storage.sla_projection import SlaProjection
from storage.sla_rows import SlaPolicies, SqlEpisodes
from storage.store import SqlStore
from storage.traffic import SqlTraffic
from storage.transcripts import Transcripts
from storage.users import SqlUsers
from storage.vault import Vault
from storage.wakeups import RedisWakeups

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Platform:
    """Everything one process may use. Built by `platform()`, which also closes it."""

    settings: Settings
    clock: Clock
    name: str
    database: Database
    redis: Client
    wakeups: RedisWakeups
    live: Live
    quotas: Quotas
    blobs: DatabaseBlobs
    models: DatabaseBlobs
    directory: Directory
    clients: Clients
    http: httpx.AsyncClient
    engines: Engines
    engine_states: EngineStates
    engine_watch: EngineWatch
    bots: ManyBots
    bot_versions: BotVersions
    shadows: ShadowFollower
    live_audit: LiveAudit
    judgements: Judgements
    inbox: SqlInbox
    outbox: SqlOutbox
    store: SqlStore
    alarms: SlaAlarms
    outside: Outside
    alarm_people: AlarmPeople
    notices: SqlNotices
    notice_senders: Mapping[Tell, NoticeSender]
    notifier: Notifier
    replay: SqlReplay
    rollups: SqlRollups
    settlement: Settlement
    running_terms: RunningTerms
    forecasts: Forecasts
    reports: Reports
    what_ifs: WhatIfs
    period_reports: PeriodReports
    pipeline: Pipeline
    planner: Planner
    desk: Desk
    reads: SqlDeskReads
    facts: SqlDeskFacts
    dashboards: SqlDashboardReads
    presence: SqlPresence
    attendance: SqlPresenceLog
    users: SqlUsers
    accounts: Accounts
    people: People
    watch: SessionWatch
    displays: Displays
    audit: SqlAudit
    transcripts: Transcripts
    channels: Channels
    metrics: Metrics


@asynccontextmanager
async def platform(settings: Settings, *, clock: Clock | None = None, hasty: bool = False) -> AsyncIterator[Platform]:
    """A platform whose database is at this version's schema and whose packs are loaded. An embedded database (SQLite)
    is created and migrated on the way; others must be migrated before (`switchboard migrate`). `hasty`: see Database;
    work that may be repeated tells nobody outside of its alarms.
    """
    settings = with_keys(settings)
    if settings.database_file is not None:
        await prepare_database(settings)
    if settings.model_cache:
        with contextlib.suppress(OSError):  # a cache that cannot be made is done without, and the engine says so
            private_files.make_folder(Path(settings.model_cache))
    built = build(settings, clock or SystemClock(), hasty=hasty)
    try:
        await check_database(built.database)
        await built.directory.refresh()
        yield built
    finally:
        await built.what_ifs.close()
        await built.channels.close()
        await built.http.aclose()
        await asyncio.to_thread(built.engines.close)
        await built.live.stop()
        await built.redis.aclose()
        await built.database.dispose()


def build(settings: Settings, clock: Clock, *, hasty: bool = False) -> Platform:
    """Constructs without connecting to anything."""
    name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    database = Database(settings.database_url, hasty=hasty)
    redis = redis_client(settings.redis_url)
    wakeups, live = RedisWakeups(redis), Live(redis)
    blobs, models = DatabaseBlobs(database, clock), DatabaseBlobs(database, clock, Space.MODELS)
    versions = PackVersions(database)
    bot_rows, shadows = SqlBotVersions(database), SqlShadows(database)
    owners = SqlChannelOwners(database)
    directory = Directory(versions, bot_rows, owners, clock)
    policies = SlaPolicies(directory.policy, directory.since, policy_in)
    marks = RollupMarks()
    outside = Outside(directory, settings)
    dangers = DangerAlarms(NobodyOutside() if hasty else outside)
    projections = (SlaProjection(policies), dangers, marks, metrics)
    vault = Vault([key.get_secret_value() for key in settings.secret_keys])
    store = SqlStore(database, clock, wakeups, live, projections)
    outbox = SqlOutbox(database, clock, wakeups, live, projections)
    inbox = SqlInbox(database, wakeups)
    transcripts = Transcripts(database)
    audit = SqlAudit(database)
    presence = SqlPresence(database)
    reads = SqlDeskReads(database, clock, policies, presence, directory)
    facts = SqlDeskFacts(database, reads)
    planner = Planner(directory, directory, reads)
    http = open_http()
    guard = Guard(allowed=frozenset(settings.allowed_action_hosts))
    wire = Wire(http, guard)
    surveys = Satisfaction(directory)
    notices = SqlNotices(database, outside.digest)
    senders = notice_senders(settings, outside, http, guard, clock)
    for_engines = engine_guard(settings)
    engines = Engines(metrics, Shelf(Path(settings.model_cache)) if settings.model_cache else None, for_engines)
    seen = SqlEngineStates(database)
    bots = ManyBots(ActiveBots(directory, models, wire, engines))
    channels = Channels(
        directory,
        WebChatSender(clock),
        adapters(settings, clock, name, inbox, transcripts, blobs, database, TellGaps(audit, clock, registry)),
    )
    users = SqlUsers(database, vault)
    sessions, attempts, hasher = SqlSessions(database, vault), SqlAttempts(database), Argon2Hasher()
    devices = KnownDevices([key.get_secret_value() for key in settings.secret_keys])
    accounts = Accounts(users, sessions, SqlHalfSignIns(database), attempts, audit, hasher, devices)
    bot_versions = BotVersions(
        bot_rows,
        versions,
        directory,
        models,
        wakeups,
        clock,
        watching=BotWatch(shadows, SqlTraffic(database)),
        run_tests=TestsOfVersions(settings.allowed_action_hosts, clock),
        engine_guard=for_engines,
    )
    audits = SqlLiveAudit(database)
    clients = Clients(
        versions, directory, bot_versions, SqlMacros(database), Ownership(owners, versions, os.environ), clock
    )
    settlement = Settlement(
        directory,
        clients,
        versions,
        SqlExclusions(database),
        SqlStatements(database),
        SqlSettlementReads(database),
        users,
        clock,
    )
    return Platform(
        settings=settings,
        clock=clock,
        name=name,
        database=database,
        redis=redis,
        wakeups=wakeups,
        live=live,
        quotas=LocalQuotas() if settings.redis_url.startswith("memory:") else RedisQuotas(redis),
        blobs=blobs,
        models=models,
        directory=directory,
        clients=clients,
        http=http,
        engines=engines,
        engine_states=EngineStates(directory, seen, clock),
        engine_watch=EngineWatch(directory, bots, seen, SqlPollState(database, Position), clock, name),
        bots=bots,
        bot_versions=bot_versions,
        shadows=ShadowFollower(shadows, bot_rows, models, engines, clock, name),
        live_audit=LiveAudit(audits, SqlAuditAlarms(database), directory, BotPromises(bot_versions), metrics, clock),
        judgements=Judgements(audits, clock),
        inbox=inbox,
        outbox=outbox,
        store=store,
        alarms=SlaAlarms(database, policies, clock, wakeups, live, (marks, metrics), None if hasty else outside),
        outside=outside,
        alarm_people=AlarmPeople(directory, outside, notices, SqlDangers(database), audit, clock),
        notices=notices,
        notice_senders=senders,
        notifier=Notifier(notices, senders, wakeups, clock),
        replay=SqlReplay(database, policies),
        rollups=SqlRollups(database, clock, directory.timezone),
        reports=Reports(directory, SqlReportReads(database), clock),
        what_ifs=WhatIfs(directory, SqlReportReads(database), SqlStatements(database), clock),
        period_reports=PeriodReports(directory, database, clock),
        settlement=settlement,
        forecasts=Forecasts(directory, SqlForecastReads(database), clock),
        running_terms=RunningTerms(store, SqlEpisodes(database), directory, settlement, audit, clock),
        pipeline=Pipeline(store, bots, planner, clock, channels.files, surveys),
        planner=planner,
        desk=Desk(store, facts, presence, directory, clock, surveys),
        reads=reads,
        facts=facts,
        dashboards=SqlDashboardReads(database, clock),
        presence=presence,
        attendance=SqlPresenceLog(database),
        users=users,
        accounts=accounts,
        people=People(
            users,
            users,
            sessions,
            attempts,
            audit,
            DeskHoldings(users, store, facts, presence, clock),
            hasher,
            accounts.weakness,
        ),
        displays=Displays(SqlDisplayLinks(database, vault)),
        watch=SessionWatch(SqlLiveSessions(database, vault)),
        audit=audit,
        transcripts=transcripts,
        channels=channels,
        metrics=metrics,
    )


def adapters(
    settings: Settings,
    clock: Clock,
    holder: str,
    inbox: SqlInbox,
    transcripts: Transcripts,
    blobs: DatabaseBlobs,
    database: Database,
    reports: GapReports,
) -> MakeAdapter:
    """Makes the adapter of one channel."""

    def make(channel: TelegramChannel | SlackChannel) -> Adapter:
        return open_channel(
            channel,
            inbox=inbox,
            threads=transcripts,
            offered=transcripts,
            blobs=blobs,
            state=SqlPollState(database, Position),
            reports=reports,
            clock=clock,
            holder=holder,
            telegram_api_url=settings.telegram_api_url,
            slack_api_url=settings.slack_api_url,
        )

    return make


async def check_database(database: Database) -> None:
    """Raises NotMigrated unless the schema is this version's, and WallsOpen unless it keeps clients apart."""
    await row_security.check_login(database)
    await migrations.check(database)
    await row_security.check_tables(database)


async def prepare_database(settings: Settings) -> str:
    """Creates the SQLite file's folder, brings the schema to this version, returns its revision."""
    if settings.database_file is not None:
        private_files.make_folder(settings.database_file.parent)
    for note in await migrations.upgrade(settings.migrating_url, app_url=settings.database_url):
        log.warning(note)
    return migrations.head()


@asynccontextmanager
async def ownership(settings: Settings) -> AsyncIterator[Ownership | None]:
    """What packs are compared with before they are applied; None if there is no database yet. Creates nothing. Raises
    NotMigrated.
    """
    if settings.database_file is not None and not settings.database_file.exists():
        yield None
        return
    database = Database(settings.database_url, pool_size=1)
    try:
        await migrations.check(database)
        yield Ownership(SqlChannelOwners(database), PackVersions(database), os.environ)
    finally:
        await database.dispose()


def with_keys(settings: Settings) -> Settings:
    """The settings with a secret key. On one machine with an embedded database a key is made once and kept beside it;
    several processes must be given the same one. Raises SettingsError.
    """
    if settings.secret_keys:
        return settings
    if settings.database_file is None:
        raise SettingsError(
            "SWITCHBOARD_SECRET_KEYS is empty: make one with `switchboard doctor --new-key`, give it to every process"
        )
    kept = settings.database_file.parent / "secret.key"
    if not kept.exists():
        private_files.make_folder(kept.parent)
        descriptor = os.open(kept, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(new_secret_key(secrets.token_bytes(32)))
    private_files.protect(kept)
    return settings.model_copy(update={"secret_keys": [SecretStr(kept.read_text("ascii").strip())]})
