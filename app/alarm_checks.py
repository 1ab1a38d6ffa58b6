"""Whether alarms can be told outside: what is set up, whether it answers, and who could not be told lately."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from app.alarms import has_slack
from app.wiring import Platform
from sla.alarm import Tell
from storage.alarm_effects import Standing

LATELY = timedelta(days=7)
Check = tuple[str, bool | None, str, str]
"""Name, verdict (None: worth knowing), what was found, how to mend it."""


async def check_alarms(built: Platform) -> list[Check]:
    """Asks the mail server and Slack, sends nothing to anybody."""
    found = [await _slack(built), await _mail(built), *_webhooks(built)]
    standings = await built.notices.standings(built.clock.now() - LATELY)
    return [*found, *(check for one in standings if (check := standing_check(one)) is not None)]


def standing_check(one: Standing) -> Check | None:
    """What is to be said of a recipient; None if all is well."""
    name, enable = (
        f"alarms to {one.recipient.key}",
        f"mend it, then switchboard sla alarms --enable {one.recipient.key}",
    )
    if one.disabled_at is not None:
        return name, False, f"switched off since {_when(one.disabled_at)}: {one.error}", enable
    if one.failing_since is not None:
        told = f"fails since {_when(one.failing_since)}, {one.waiting} waiting: {one.error}"
        return name, False if one.recipient.tell is not Tell.WEBHOOK else None, told, "it is tried again by itself"
    if one.failed:
        return name, None, f"{one.failed} in the last 7 days were never told: {one.error}", "see switchboard sla alarms"
    return None


async def _slack(built: Platform) -> Check:
    name, sender = "alarms by Slack", built.notice_senders.get(Tell.SLACK)
    if sender is None or not has_slack(built.settings):
        return name, True, "off", ""
    return _verdict(name, await sender.check(), "mend SWITCHBOARD_ALERT_SLACK_*; see docs/alarms.md")


async def _mail(built: Platform) -> Check:
    name, sender = "alarms by e-mail", built.notice_senders.get(Tell.EMAIL)
    if sender is None:
        wanted = [pack.id for pack in built.directory.packs() if pack.alerts.emails]
        if wanted:
            told = f"off, though {', '.join(wanted)} would be written to"
            return name, None, told, "set SWITCHBOARD_SMTP_HOST and SWITCHBOARD_SMTP_FROM"
        return name, True, "off", ""
    return _verdict(name, await sender.check(), "mend SWITCHBOARD_SMTP_*; see docs/alarms.md")


def _webhooks(built: Platform) -> Sequence[Check]:
    return [
        (f"alarms of {pack.id} by webhook", True, f"signed, to {pack.alerts.webhook.host}", "")
        for pack in built.directory.packs()
        if pack.alerts.webhook is not None
    ]


def _verdict(name: str, answer: str, mend: str) -> Check:
    if answer.startswith("problem:"):
        return name, False, answer.removeprefix("problem:").strip(), mend
    return name, True, answer, ""


def _when(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
