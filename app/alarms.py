"""Who is told of alarms outside the house, as settings and packs say now, and with what they are told."""

import hashlib
from collections.abc import Mapping, Sequence

import httpx

from app.directory import Directory
from app.settings import Settings
from bots.notices.addresses import WebhookAddress
from bots.notices.mail import MailNotices, SmtpServer
from bots.notices.ports import NoticeSender
from bots.notices.slack import SlackByToken, SlackByWebhook
from bots.notices.webhook import WebhookNotices
from bots.notices.words import Wording
from conversation.clock import Clock
from conversation.ids import ClientId
from nlu.http_guard import Guard
from sla.alarm import Tell
from sla.notice import SLACK, Alarm, Recipient


class Outside:
    """Everybody with an address: storage.sla_alarms.Recipients, and where each of them is."""

    def __init__(self, directory: Directory, settings: Settings) -> None:
        self._directory = directory
        self._settings = settings

    def of(self, client: ClientId) -> Sequence[Recipient]:
        """The provider's own people, and the client's."""
        pack = self._directory.pack(client)
        theirs = [Recipient.webhook(client)] if self.webhook(client) is not None else []
        if self._settings.smtp_host and pack is not None:
            theirs += [Recipient.email(address, client) for address in pack.alerts.emails]
        return [*self.ours(), *theirs]

    def ours(self) -> list[Recipient]:
        """The provider's own people."""
        slack = [SLACK] if has_slack(self._settings) else []
        return [*slack, *(Recipient.email(address) for address in self._settings.alert_emails)]

    def webhook(self, client: str) -> WebhookAddress | None:
        """Where a client's own system listens."""
        pack = self._directory.pack(ClientId(client))
        return pack.alerts.webhook if pack is not None else None

    def digest(self, key: str) -> str:
        """Where a recipient is, as a digest that changes when they move and tells nothing; empty if nowhere."""
        recipient = Recipient.of_key(key)
        if recipient.tell is Tell.WEBHOOK:
            webhook = self.webhook(recipient.address)
            return webhook.digest if webhook is not None else ""
        if recipient.tell is Tell.SLACK:
            s = self._settings
            secrets = (s.alert_slack_token.get_secret_value(), s.alert_slack_webhook.get_secret_value())
            where = " ".join((*secrets, s.alert_slack_channel))
            return hashlib.sha256(where.encode()).hexdigest()[:16] if has_slack(s) else ""
        return hashlib.sha256(f"{self._settings.smtp_host} {recipient.address}".encode()).hexdigest()[:16]

    def link(self, alarm: Alarm, reader: Recipient) -> str:
        """Where a reader sees the conversation: at the desk, a client's people on their dashboard."""
        base = self._settings.base_url
        if reader.client is None:
            return f"{base}/desk/c/{alarm.conversation}"
        return f"{base}/dashboard/{alarm.client}/c/{alarm.conversation}"

    def client_name(self, client: str) -> str:
        """How a client is called."""
        pack = self._directory.pack(ClientId(client))
        return pack.name if pack is not None else client


def has_slack(settings: Settings) -> bool:
    """Whether the provider's own channel is set up."""
    return bool(settings.alert_slack_webhook.get_secret_value() or settings.alert_slack_token.get_secret_value())


def notice_senders(
    settings: Settings, outside: Outside, http: httpx.AsyncClient, guard: Guard, clock: Clock
) -> Mapping[Tell, NoticeSender]:
    """A sender for each kind of recipient that is set up."""
    wording = Wording(settings.alert_language, outside.client_name, outside.link)
    senders: dict[Tell, NoticeSender] = {Tell.WEBHOOK: WebhookNotices(http, guard, outside.webhook)}
    if settings.alert_slack_webhook.get_secret_value():
        senders[Tell.SLACK] = SlackByWebhook(settings.alert_slack_webhook.get_secret_value(), wording)
    elif settings.alert_slack_token.get_secret_value():
        senders[Tell.SLACK] = SlackByToken(
            settings.alert_slack_token.get_secret_value(),
            settings.alert_slack_channel,
            wording,
            api_url=settings.slack_api_url,
        )
    if settings.smtp_host:
        server = SmtpServer(
            settings.smtp_host,
            settings.smtp_port,
            settings.smtp_from,
            settings.smtp_user,
            settings.smtp_password.get_secret_value(),
            settings.smtp_security,
        )
        senders[Tell.EMAIL] = MailNotices(server, wording, clock, settings.timezone)
    return senders
