"""Alarms by e-mail, over the provider's own SMTP server."""

import re
import ssl
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from enum import StrEnum
from zoneinfo import ZoneInfo

import aiosmtplib

from bots.notices.ports import Accepted, Never, NotNow, Told
from bots.notices.words import SHOWN, Wording
from conversation.clock import Clock
from sla.notice import Alarm, Notice

TIMEOUT_SECONDS = 20.0
_BREAKS = re.compile(r"[\r\n]+")


class Security(StrEnum):
    """How the connection is kept from being read: upgraded, encrypted from the start, or not at all."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail is handed in, and as whom."""

    host: str
    port: int
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)
    security: Security = Security.STARTTLS


class MailNotices:
    """The NoticeSender of everybody with a mailbox. `timezone` is that of the times in the text."""

    def __init__(self, server: SmtpServer, wording: Wording, clock: Clock, timezone: str) -> None:
        self._server = server
        self._wording = wording
        self._clock = clock
        self._zone = ZoneInfo(timezone)

    async def send(self, notice: Notice) -> Told:
        """See bots.notices.ports.NoticeSender. The Message-ID is the same at every try."""
        message = self._message(notice)
        begun = False
        try:
            async with self._client() as smtp:
                begun = True
                await smtp.send_message(message)
        except aiosmtplib.SMTPRecipientsRefused as error:
            code = error.recipients[0].code if error.recipients else 0
            words = f"the mail server refuses the mailbox ({code})"
            return Never(words) if 500 <= code < 600 else NotNow(words)
        except aiosmtplib.SMTPAuthenticationError as error:
            return NotNow(f"the mail server refuses our login ({error.code})")
        except aiosmtplib.SMTPResponseException as error:
            return NotNow(f"the mail server answered {error.code}")
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            return NotNow(_reason(error, self._server), maybe_sent=begun)
        return Accepted()

    async def check(self) -> str:
        """Connects, logs in, says goodbye."""
        try:
            async with self._client() as smtp:
                await smtp.noop()
        except aiosmtplib.SMTPAuthenticationError as error:
            return f"problem: the mail server refuses our login ({error.code})"
        except aiosmtplib.SMTPResponseException as error:
            return f"problem: the mail server answered {error.code}"
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            return f"problem: {_reason(error, self._server)}"
        return f"{self._server.host}:{self._server.port} answers, from {self._server.sender}"

    def _client(self) -> aiosmtplib.SMTP:
        server = self._server
        return aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user or None,
            password=server.password or None,
            use_tls=server.security is Security.TLS,
            start_tls=server.security is Security.STARTTLS,
            timeout=TIMEOUT_SECONDS,
        )

    def _message(self, notice: Notice) -> EmailMessage:
        server, domain = self._server, parseaddr(self._server.sender)[1].rpartition("@")[2] or "switchboard"
        message = EmailMessage()
        message["From"] = server.sender
        message["To"] = notice.recipient.address
        message["Subject"] = _BREAKS.sub(" ", self._wording.title(notice))
        message["Date"] = format_datetime(self._clock.now())
        message["Message-ID"] = f"<{notice.id}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content("\n".join(self._lines(notice)) + "\n")
        return message

    def _lines(self, notice: Notice) -> list[str]:
        wording = self._wording
        lines = [wording.title(notice), ""]
        if notice.maybe_sent:
            lines += [wording.twice, ""]
        if counts := wording.counts(notice):
            lines += [*counts, ""]
        for alarm in notice.worst(SHOWN):
            if notice.is_digest:
                lines.append(wording.headline(alarm))
            lines += [
                wording.details(alarm, notice.recipient, self._when(alarm)),
                wording.link(alarm, notice.recipient),
                "",
            ]
        return [*lines, wording.more(notice)] if wording.more(notice) else lines

    def _when(self, alarm: Alarm) -> str:
        return _written(alarm.due_at.astimezone(self._zone)) if alarm.due_at else ""


def _written(local: datetime) -> str:
    return f"{local:%Y-%m-%d %H:%M %Z}"


def _reason(error: Exception, server: SmtpServer) -> str:
    where = f"{server.host}:{server.port}"
    if isinstance(_first_of(error), ssl.SSLCertVerificationError):
        return f"{where} shows a certificate that is not trusted: if it is your own, name its file in SSL_CERT_FILE"
    if isinstance(error, TimeoutError | aiosmtplib.SMTPTimeoutError):
        return f"{where} gives no answer within {TIMEOUT_SECONDS:g} s"
    if isinstance(error, aiosmtplib.SMTPConnectError | OSError):
        return f"{where} cannot be reached"
    return f"{where}: {type(error).__name__}"


def _first_of(error: BaseException) -> BaseException:
    """What all the others were raised from."""
    while (before := error.__cause__ or error.__context__) is not None:
        error = before
    return error
