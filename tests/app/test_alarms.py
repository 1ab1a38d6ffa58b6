"""Setting up who is told of alarms: wrong settings are named, the doctor looks, a command lists and enables."""

import asyncio
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from accounts.user import Role, User
from app.alarm_checks import standing_check
from app.alarm_people import AlarmPeople
from app.alarms import Outside, notice_senders
from app.packs import read_client_pack
from app.settings import Settings
from bots.notices.addresses import Alerts, WebhookAddress
from conversation.clock import ManualClock
from conversation.ids import ClientId, UserId
from nlu.http_guard import Guard
from nlu.wire import open_http
from sla.alarm import Tell
from sla.notice import SLACK, Recipient
from storage.alarm_effects import SqlNotices, Standing
from storage.audit import SqlAudit
from storage.danger_alarms import SqlDangers
from storage.database import Database
from storage.schema_alarms import alarm_recipients
from storage.tenancy import ALL_CLIENTS
from tests.app.conftest import Run, one_line
from tests.journeys.packs import pack_copy
from tests.notices.making import Mailbox
from tests.storage_people.test_alarm_effects import Told

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SECRET = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("settings", "name", "says"),
    [
        ({"alert_slack_token": "xoxb-1"}, "ALERT_SLACK_CHANNEL", "name the channel"),
        ({"alert_slack_webhook": "hooks.slack.com/x"}, "ALERT_SLACK_WEBHOOK", "not an incoming webhook"),
        ({"smtp_host": "mail.example.org"}, "SMTP_FROM", "needs a sender"),
        ({"smtp_host": "mail", "smtp_from": "nobody"}, "SMTP_FROM", "needs a sender"),
        ({"smtp_password": "secret-one", "smtp_security": "none"}, "SMTP_SECURITY", "in clear"),
        ({"smtp_security": "maybe"}, "SMTP_SECURITY", "starttls"),
        ({"alert_emails": "a@x.org"}, "ALERT_EMAILS", "SWITCHBOARD_SMTP_HOST"),
        ({"alert_emails": "ruth"}, "ALERT_EMAILS", "not an e-mail address"),
        ({"alert_language": "fr"}, "ALERT_LANGUAGE", "'en' or 'de'"),
    ],
)
def test_what_cannot_work_is_told_at_the_start_without_its_secrets(
    run: Run, settings: dict[str, str], name: str, says: str
) -> None:
    result = run("worker", **settings)
    one_line(result, f"SWITCHBOARD_{name}", says)
    assert "secret-one" not in result.stderr
    assert "xoxb-1" not in result.stderr


def test_the_doctor_says_what_is_set_up_and_whether_it_answers(run: Run) -> None:
    quiet = run("doctor").stdout
    assert "alarms by Slack: off" in quiet
    assert "alarms by e-mail: off" in quiet
    away = run(
        "doctor",
        smtp_host="127.0.0.1",
        smtp_port="1",
        smtp_from="sla@x.org",
        alert_slack_token="xoxb-secret",
        alert_slack_channel="C1",
        slack_api_url="http://127.0.0.1:1/",
    )
    assert away.exit_code == 1
    assert "alarms by e-mail: 127.0.0.1:1 cannot be reached" in away.stdout
    assert "alarms by Slack: Slack says it cannot be reached" in away.stdout
    assert "xoxb-secret" not in away.stdout


async def test_supervisors_see_the_providers_own_and_their_clients_addresses(sqlite_database: Database) -> None:
    directory = Known(
        {
            ClientId("alpenrad"): Alerts(
                WebhookAddress("https://hooks.alpenrad.example/t/secret", SECRET), ("a@x.org",)
            ),
            ClientId("kontor"): Alerts(None, ("k@x.org", "a@x.org")),
        }
    )
    settings = Settings(smtp_host="mail", smtp_from="sla@x.org", alert_emails=["boss@x.org"], _env_file=None)
    outside = Outside(directory, settings)
    audit, clock = SqlAudit(sqlite_database), ManualClock(NOW)
    people = AlarmPeople(
        directory, outside, SqlNotices(sqlite_database, outside.digest), SqlDangers(sqlite_database), audit, clock
    )
    gone = {"disabled_at": NOW, "error": "no such mailbox"}
    async with sqlite_database.transaction(ALL_CLIENTS) as connection:
        rows = [
            {"recipient": "webhook:alpenrad", "client": "alpenrad"},
            {"recipient": "email:left@x.org", "client": None},
        ]
        await connection.execute(alarm_recipients.insert(), [row | gone for row in rows])

    mine = await people.recipients([ClientId("alpenrad")])
    assert [(one.key, one.state, list(one.clients)) for one in mine] == [
        ("webhook:alpenrad", "off", ["alpenrad"]),
        ("email:alpenrad:a@x.org", "ready", ["alpenrad"]),
        ("email:boss@x.org", "ready", []),
    ]
    assert "secret" not in repr(mine)
    assert mine[0].address == "hooks.alpenrad.example"
    every = await people.recipients(list(directory.alerts))
    assert {one.key: one.state for one in every} == {one.key: one.state for one in mine} | {
        "email:kontor:a@x.org": "ready",
        "email:kontor:k@x.org": "ready",
        "email:left@x.org": "off",
    }
    boss = User(UserId("u1"), "boss@x.org", "Boss", frozenset({Role.SUPERVISOR}), frozenset())
    assert not await people.enable("webhook:alpenrad", [ClientId("kontor")], by=boss)
    assert await people.enable("webhook:alpenrad", [ClientId("alpenrad")], by=boss)
    assert (await people.recipients([ClientId("alpenrad")]))[-1].state == "ready"
    [act] = await audit.page(None, limit=5)
    assert (act.act, act.actor_name, act.subject) == ("alarm.enabled", "boss@x.org", "recipient:webhook:alpenrad")


@dataclass
class Known:
    """The directory's part: packs with nothing but a name and their alerts."""

    alerts: dict[ClientId, Alerts]

    async def ids(self) -> list[ClientId]:
        return list(self.alerts)

    def pack(self, client: ClientId) -> object:
        return SimpleNamespace(name=client, alerts=self.alerts[client]) if client in self.alerts else None


def test_recipients_are_listed_and_enabled_by_command(run: Run, sqlite_url: str) -> None:
    async def given() -> None:
        database = Database(sqlite_url)
        async with database.transaction(ALL_CLIENTS) as connection:
            await connection.execute(
                alarm_recipients.insert(),
                {"recipient": "webhook:alpenrad", "client": "alpenrad", "disabled_at": NOW, "error": "404"},
            )
        await database.dispose()

    asyncio.run(given())
    [row] = json.loads(run("sla", "alarms", "--json").stdout)
    assert (row["recipient"], row["state"], row["last error"]) == ("webhook:alpenrad", "switched off", "404")
    assert run("sla", "alarms", "--enable", "webhook:alpenrad").exit_code == 0
    [row] = json.loads(run("sla", "alarms", "--json").stdout)
    assert row["state"] == "gone", "no pack names it"
    one_line(run("sla", "alarms", "--enable", "webhook:nobody"), "webhook:nobody")


@pytest.mark.parametrize(
    ("more", "ok", "says"),
    [
        ({"disabled_at": NOW}, False, "switched off since 2026-11-23 12:00 UTC: away"),
        ({"failing_since": NOW, "waiting": 3}, False, "3 waiting: away"),
        ({"failed": 2}, None, "2 in the last 7 days"),
    ],
)
def test_the_doctor_tells_of_recipients_in_trouble(more: dict[str, object], ok: bool | None, says: str) -> None:
    fine = {"waiting": 0, "sent": 1, "failed": 0, "unsure": 0, "failures": 0, "failing_since": None}
    fine |= {"disabled_at": None, "sent_at": NOW, "error": "away"}
    assert standing_check(Standing(SLACK, **fine)) is None  # type: ignore[arg-type]
    check = standing_check(Standing(SLACK, **(fine | more)))  # type: ignore[arg-type]
    assert check is not None
    assert check[1] is ok
    assert says in check[2]


def pack_with(tmp_path: Path, alerts: str, **environment: str) -> tuple[object, list[str]]:
    folder = pack_copy(tmp_path, lambda content: content.pop("alerts"))
    with (folder / "client.yml").open("a", encoding="utf-8") as client:
        client.write(f"{alerts}\n")
    pack, problems = read_client_pack(folder, environment)
    return pack and pack.alerts, [str(p) for p in problems if not p.warning]


def test_a_pack_names_its_webhook_and_mailboxes_from_the_clients_own_variables(tmp_path: Path) -> None:
    alerts, errors = pack_with(
        tmp_path,
        'alerts: {webhook: {url: "${ALERT_URL:-}", secret: "${ALERT_SECRET:-}"}, email: [a@x.org]}',
        SWITCHBOARD_CLIENT__ALPENRAD__ALERT_URL="https://hooks.example.org/x?key=1",
        SWITCHBOARD_CLIENT__ALPENRAD__ALERT_SECRET=SECRET,
    )
    assert errors == []
    assert alerts.webhook.host == "hooks.example.org"
    assert alerts.emails == ("a@x.org",)
    assert SECRET not in repr(alerts)
    assert "key=1" not in repr(alerts)


@pytest.mark.parametrize(
    ("alerts", "says"),
    [
        ("alerts: {webhook: {url: ftp://x, secret: x}}", "not a web address"),
        ('alerts: {webhook: {url: "https://[::1/x", secret: x}}', "not a web address"),
        ('alerts: {webhook: {url: "https://:443/T0KEN", secret: x}}', "not a web address"),
        ('alerts: {webhook: {url: "https://x.org:port/", secret: x}}', "not a web address"),
        ("alerts: {webhook: {url: https://x.org, secret: short}}", "at least 16 characters"),
        ("alerts: {email: [nobody]}", "not an e-mail address"),
        ("alerts: {pager: 1}", "unknown key 'pager'"),
        ("alerts: loud", "must be a mapping"),
        ("alerts: {webhook: loud}", "must be a mapping"),
    ],
)
def test_a_mistake_in_alerts_is_told_with_its_place(tmp_path: Path, alerts: str, says: str) -> None:
    _, errors = pack_with(tmp_path, alerts)
    assert any(error.startswith("client.yml:") and says in error for error in errors), errors
    assert "T0KEN" not in str(errors)


async def test_a_mailbox_of_a_pack_reads_nothing_about_the_providers_staff(
    sqlite_database: Database, tmp_path: Path
) -> None:
    alerts, _ = pack_with(tmp_path, "alerts: {email: [chief@alpenrad.example]}")
    mailbox = Mailbox()
    async with mailbox.listening() as port, open_http() as http:
        smtp = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_from": "sla@x.org", "smtp_security": "none"}
        settings = Settings(**smtp, alert_emails=["boss@x.org"], _env_file=None)
        outside = Outside(Known({ClientId("alpenrad"): alerts}), settings)
        office = Told(sqlite_database, *outside.of(ClientId("alpenrad")))
        await office.claim(await office.write("a human please"))
        await office.fire_at(10)
        sender = notice_senders(settings, outside, http, Guard(), office.clock)[Tell.EMAIL]
        for notice in await office.take_notices():
            await sender.send(notice)
    mails = {mail["To"]: mail.get_content() for mail in mailbox.got}
    assert sorted(mails) == ["boss@x.org", "chief@alpenrad.example"]
    assert "with Ann" in mails["boss@x.org"]
    assert "/desk/c/" in mails["boss@x.org"]
    theirs = mails["chief@alpenrad.example"]
    assert not [word for word in ("Ann", "online", "/desk/") if word in theirs], theirs
    assert "/dashboard/alpenrad/c/" in theirs


def test_a_webhook_whose_variable_is_not_set_is_off(tmp_path: Path) -> None:
    alerts, errors = pack_with(tmp_path, 'alerts: {webhook: {url: "${ALERT_URL:-}", secret: ""}}')
    assert errors == []
    assert alerts.webhook is None


def test_recipients_have_keys_that_tell_no_secret() -> None:
    assert Recipient.webhook("alpenrad").key == "webhook:alpenrad"
