"""Setting up who is told of alarms: wrong settings are named, the doctor looks, a command lists and enables."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.alarm_checks import standing_check
from app.packs import read_client_pack
from sla.notice import SLACK, Recipient
from storage.alarm_effects import Standing
from storage.database import Database
from storage.schema_alarms import alarm_recipients
from storage.tenancy import ALL_CLIENTS
from tests.app.conftest import Run, one_line
from tests.journeys.packs import pack_copy

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
        'alerts: {webhook: {url: "${ALPENRAD_ALERT_URL:-}", secret: "${ALPENRAD_ALERT_SECRET:-}"}, email: [a@x.org]}',
        ALPENRAD_ALERT_URL="https://hooks.example.org/x?key=1",
        ALPENRAD_ALERT_SECRET=SECRET,
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


def test_a_webhook_whose_variable_is_not_set_is_off(tmp_path: Path) -> None:
    alerts, errors = pack_with(tmp_path, 'alerts: {webhook: {url: "${ALPENRAD_ALERT_URL:-}", secret: ""}}')
    assert errors == []
    assert alerts.webhook is None


def test_recipients_have_keys_that_tell_no_secret() -> None:
    assert Recipient.webhook("alpenrad").key == "webhook:alpenrad"
