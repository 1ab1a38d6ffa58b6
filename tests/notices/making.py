"""Notices to send, and real receivers for them on loopback ports."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from ipaddress import ip_address
from pathlib import Path

from aiohttp import web
from aiosmtpd.smtp import SMTP
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bots.notices.words import Wording
from sla.notice import SLACK, Alarm, Notice, Recipient
from tests.builders import NOON
from tests.platforms.serving import serving

HOOK = Recipient.webhook("alpenrad")
RUTH = Recipient.email("ruth@example.org")


def alarm(number: int = 1, percent: int = 100, **more) -> Alarm:
    known = {
        "client": "alpenrad",
        "conversation": f"c{number}",
        "clock": f"c{number}:first_response:1",
        "clock_kind": "first_response",
        "percent": percent,
        "due_at": NOON + timedelta(minutes=number),
        "fired_at": NOON,
        "priority": "high",
        "queue": "workshop",
        "agents_online": 0 if percent == 100 else None,
        "free_places": 0 if percent == 100 else None,
    }
    return Alarm(**{**known, **more})


def notice(*alarms: Alarm, to: Recipient = SLACK, **more) -> Notice:
    return Notice("n-1", to, alarms or (alarm(),), **more)


def digest(count: int, to: Recipient = SLACK) -> Notice:
    """The first half are breaches, the rest warnings; every third is of another client."""
    alarms = (alarm(n, 100 if n <= count // 2 else 80) for n in range(1, count + 1))
    return notice(*(replace(a, client="kontor") if n % 3 == 0 else a for n, a in enumerate(alarms)), to=to)


def wording(language: str = "en") -> Wording:
    return Wording(language, str.title, lambda alarm, reader: f"https://s.example/{alarm.conversation}")


@dataclass
class Receiver:
    """Hears HTTP requests and answers with the statuses it was given, then with 200."""

    answers: list[int] = field(default_factory=list)
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    slow: asyncio.Event | None = None
    headers: dict[str, str] = field(default_factory=dict)

    async def handle(self, request: web.Request) -> web.Response:
        self.heard.append((dict(request.headers), await request.read()))
        if self.slow is not None:
            await self.slow.wait()
        return web.Response(status=self.answers.pop(0) if self.answers else 200, headers=self.headers, text="ok")

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        app = web.Application()
        app.router.add_post("/{tail:.*}", self.handle)
        async with serving(app) as url:
            yield url


@dataclass
class Mailbox:
    """A real SMTP server. `refuses` are mailboxes it does not know, `answer` is what it says to a message. With
    `upgrades` it offers STARTTLS and takes no mail without it; with `encrypted` it speaks TLS from the start.
    """

    refuses: frozenset[str] = frozenset()
    answer: str = "250 OK"
    upgrades: ssl.SSLContext | None = None
    encrypted: ssl.SSLContext | None = None
    got: list[EmailMessage] = field(default_factory=list)

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:  # noqa: N802  aiosmtpd's name
        if address in self.refuses:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802  aiosmtpd's name
        self.got.append(BytesParser(policy=default).parsebytes(envelope.content))
        return self.answer

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[int]:
        loop = asyncio.get_running_loop()
        upgrade = {"tls_context": self.upgrades, "require_starttls": True} if self.upgrades else {}
        server = await loop.create_server(
            lambda: SMTP(self, hostname="mail.test", loop=loop, **upgrade), "127.0.0.1", 0, ssl=self.encrypted
        )
        async with server:
            yield server.sockets[0].getsockname()[1]


@dataclass(frozen=True)
class SelfMade:
    """A certificate of this machine that nobody else vouches for: its file, and a server's context with its key."""

    file: Path
    context: ssl.SSLContext


def self_made(folder: Path) -> SelfMade:
    """For 127.0.0.1. Its dates are wide, since TLS reads the wall clock."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOON - timedelta(days=20 * 365))
        .not_valid_after(NOON + timedelta(days=100 * 365))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=True)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file, key_file = folder / "mail.crt", folder / "mail.key"
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, key_file)
    return SelfMade(file, context)
