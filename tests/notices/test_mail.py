"""Alarms by e-mail, handed to a real SMTP server."""

from pathlib import Path

import pytest

from bots.notices.mail import MailNotices, Security, SmtpServer
from bots.notices.ports import Accepted, Never, NotNow
from conversation.clock import ManualClock
from tests.builders import NOON
from tests.notices.making import RUTH, Mailbox, alarm, digest, notice, self_made, wording


def sender(port: int, language: str = "en", **more) -> MailNotices:
    known = {"security": Security.NONE, "sender": "Switchboard <sla@provider.test>"}
    server = SmtpServer("127.0.0.1", port, **{**known, **more})
    return MailNotices(server, wording(language), ManualClock(NOON), "Europe/Berlin")


async def test_an_alarm_is_a_mail_with_the_same_id_at_every_try() -> None:
    mailbox = Mailbox()
    async with mailbox.listening() as port:
        assert await sender(port).send(notice(to=RUTH)) == Accepted()
        assert await sender(port).send(notice(to=RUTH, attempts=1, maybe_sent=True)) == Accepted()
        assert await sender(port).check() == f"127.0.0.1:{port} answers, from Switchboard <sla@provider.test>"
    first, second = mailbox.got
    assert (first["To"], first["From"]) == ("ruth@example.org", "Switchboard <sla@provider.test>")
    assert first["Subject"] == "Alpenrad: first response is overdue"
    assert first["Message-ID"] == second["Message-ID"] == "<n-1@provider.test>"
    assert first["Auto-Submitted"] == "auto-generated"
    assert "due 2026-11-23 13:01 CET" in first.get_content()
    assert "https://s.example/c1" in first.get_content()
    assert "second time" not in first.get_content()
    assert "second time" in second.get_content()


async def test_a_digest_is_one_mail_in_the_language_that_was_set() -> None:
    mailbox = Mailbox()
    async with mailbox.listening() as port:
        await sender(port, "de").send(digest(24, RUTH))
    [mail] = mailbox.got
    assert mail["Subject"] == "24 SLA-Alarme: 12 überfällig, 12 gefährdet"
    text = mail.get_content()
    assert "Kontor: 4 überfällig, 4 gefährdet" in text
    assert text.count("Erstantwort überfällig") == 10
    assert text.rstrip().endswith("… und 14 weitere")


async def test_no_header_can_be_smuggled_in() -> None:
    mailbox = Mailbox()
    async with mailbox.listening() as port:
        await sender(port).send(notice(alarm(client="x\r\nBcc: all@example.org"), to=RUTH))
    [mail] = mailbox.got
    assert mail["Bcc"] is None


@pytest.mark.parametrize(
    ("answer", "means"), [("451 try later", NotNow), ("554 not from you", NotNow), ("250 OK", Accepted)]
)
async def test_what_the_server_answers(answer: str, means: type) -> None:
    mailbox = Mailbox(answer=answer)
    async with mailbox.listening() as port:
        assert isinstance(await sender(port).send(notice(to=RUTH)), means)


async def test_a_mailbox_that_does_not_exist_is_never_written_to_again() -> None:
    mailbox = Mailbox(refuses=frozenset({"ruth@example.org"}))
    async with mailbox.listening() as port:
        assert await sender(port).send(notice(to=RUTH)) == Never("the mail server refuses the mailbox (550)")


async def test_a_server_that_is_away_or_cannot_encrypt_is_a_reason_to_wait() -> None:
    mailbox = Mailbox()
    async with mailbox.listening() as port:
        bare = await sender(port, security=Security.STARTTLS).send(notice(to=RUTH))
        assert mailbox.got == [], "nothing goes over a line that should have been encrypted"
    away = await sender(port).send(notice(to=RUTH))
    for told in (bare, away):
        assert isinstance(told, NotNow)
        assert not told.maybe_sent
    assert isinstance(away, NotNow)
    assert "cannot be reached" in away.error
    assert (await sender(port).check()).startswith("problem: 127.0.0.1")


@pytest.mark.parametrize(("security", "how"), [(Security.STARTTLS, "upgrades"), (Security.TLS, "encrypted")])
async def test_a_mail_goes_over_an_encrypted_line_to_a_server_that_can_be_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, security: Security, how: str
) -> None:
    made = self_made(tmp_path)
    mailbox = Mailbox(**{how: made.context})
    async with mailbox.listening() as port:
        stranger = await sender(port, security=security).send(notice(to=RUTH))
        assert isinstance(stranger, NotNow)
        assert "certificate that is not trusted" in stranger.error
        assert not stranger.maybe_sent
        assert mailbox.got == []
        monkeypatch.setenv("SSL_CERT_FILE", str(made.file))
        assert await sender(port, security=security).send(notice(to=RUTH)) == Accepted()
        assert (await sender(port, security=security).check()).startswith(f"127.0.0.1:{port} answers")
    [mail] = mailbox.got
    assert mail["To"] == "ruth@example.org"
