"""The web as this platform runs it: its rooms handed to the pages as ports."""

from collections.abc import Collection, Mapping, Sequence

from fastapi import FastAPI

from accounts.ports import AuditLog
from accounts.user import User
from app.channels import Channels
from app.chat import Chats, WebChannels
from app.directory import Directory
from app.forwarded import ForwardedHeaders
from app.gaps import lately_lost, subject
from app.inbox import Inbox
from app.ownership import Withheld
from app.trainer import TrainerBots
from app.wiring import Platform
from bots.channels import ChannelConfig
from bots.webchat import VisitorTokens, WebChatIntake
from conversation.clock import Clock
from conversation.ids import ChannelId, ClientId
from conversation.message import ChannelKind
from handoff.dashboard_view import ChannelHealth, ChannelStatus
from storage.missed import SqlMissed
from storage.users import SqlUsers
from web.application import create_app
from web.chat.links import FileLinks
from web.chat.routes import chat_router
from web.ports import Check, Webhook, WebhookCall, WebhookReply
from web.quotas import Gate
from web.services import Services
from web.training.ports import Training


def create_web(built: Platform) -> FastAPI:
    """The whole web application of one process."""
    settings = built.settings
    gate = Gate.of(built.quotas, settings.quota_limits)
    keys = [key.get_secret_value() for key in settings.secret_keys]
    visitors = VisitorTokens(keys, built.clock)
    return create_app(
        Services(
            desk=built.desk,
            reads=built.reads,
            presence=built.presence,
            accounts=built.accounts,
            watch=built.watch,
            displays=built.displays,
            clients=built.directory,
            dashboards=built.dashboards,
            reports=built.period_reports,
            engines=built.engine_states,
            admin=Admin(built.directory, built.users, built.audit, built.clock),
            live=built.live,
            blobs=built.blobs,
            clock=built.clock,
            registry=built.metrics.registry,
            readiness=readiness_of(built),
            webhooks={
                f"/webhooks/{kind}/{{channel}}": webhook(built.channels, kind)
                for kind in (ChannelKind.TELEGRAM, ChannelKind.SLACK)
            },
            chat=chat_router(
                Chats(built.directory),
                visitors,
                WebChatIntake(WebChannels(built.directory), built.inbox, built.blobs, built.clock),
                built.transcripts,
                built.live,
                built.blobs,
                FileLinks(keys, built.clock),
                gate=gate,
            ),
            gate=gate,
            settling=built.settlement,
            what_ifs=built.what_ifs,
            alarms=built.alarm_people,
            training=Training(
                TrainerBots(built.bot_versions, built.clock),
                built.live_audit,
                built.judgements,
                Inbox(SqlMissed(built.database), built.directory, built.clock),
            ),
            timezone=settings.timezone,
            secure=settings.is_secure,
            proxies=settings.proxy_networks,
            sightings=ForwardedHeaders(built.audit, built.clock, built.metrics.registry),
            upload_limit=settings.upload_limit_mb * 1024 * 1024,
        )
    )


def readiness_of(built: Platform) -> Mapping[str, Check]:
    """What this process cannot serve without. Without Redis we are slower, not unready."""
    return {"database": lambda: database_problem(built)}


def webhook(channels: Channels, kind: ChannelKind) -> Webhook:
    """The route of one platform; the path's channel decides which adapter verifies and takes the call."""

    async def handle(call: WebhookCall) -> WebhookReply:
        status, body = await channels.webhook(kind, ChannelId(call.params["channel"]), call.headers, call.body)
        media_type = "application/json" if body.startswith(b"{") else "text/plain"
        return WebhookReply(status, body, media_type)

    return handle


class Admin:
    """What the provider's admin page lists."""

    def __init__(self, directory: Directory, users: SqlUsers, audit: AuditLog, clock: Clock) -> None:
        self._directory = directory
        self._users = users
        self._audit = audit
        self._clock = clock

    async def channels(self, clients: Collection[ClientId]) -> Sequence[ChannelStatus]:
        lost = await lately_lost(self._audit, self._clock.now())
        channels = [c for c in self._directory.channels() if c.client in clients]
        off = [w for w in self._directory.withheld() if w.channel.client in clients]
        return [*(status_of(c, lost.get(subject(c.id), "")) for c in channels), *map(status_of_withheld, off)]

    async def users(self) -> Sequence[User]:
        return await self._users.list()


def status_of(channel: ChannelConfig, lost: str = "") -> ChannelStatus:
    """Whether the channel is switched on; what is wrong with it otherwise, or what it may have `lost` lately."""
    health = ChannelHealth.CONNECTED if channel.active else ChannelHealth.OFF
    problem = lost if channel.active else "its token is empty: set the variable that client.yml names, then restart"
    return ChannelStatus(channel.id, channel.client, channel.kind, channel.id, health, problem=problem)


def status_of_withheld(withheld: Withheld) -> ChannelStatus:
    """A channel that is off since it is another's; the page words why."""
    channel = withheld.channel
    return ChannelStatus(
        channel.id, channel.client, channel.kind, channel.id, ChannelHealth.FAILING, problem=withheld.why
    )


async def database_problem(built: Platform) -> str:
    """Empty if the database answers."""
    try:
        await built.outbox.next_due(built.clock.now())
    except Exception as error:  # noqa: BLE001  whatever is wrong, readiness reports it
        return f"the database does not answer: {type(error).__name__}"
    return ""
