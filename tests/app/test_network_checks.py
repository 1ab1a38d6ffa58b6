"""What `doctor` says about https, reverse proxies and metrics."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from app.checks.network import check_settings
from app.forwarded import ForwardedHeaders
from app.settings import Settings
from conversation.clock import ManualClock
from storage.audit import SqlAudit
from storage.database import Database
from tests.app.conftest import Run


def verdicts(environment: dict[str, str] | None = None, **settings: Any) -> dict[str, tuple[bool | None, str]]:
    made = Settings(_env_file=None, **settings)  # type: ignore[call-arg]
    return {name: (ok, f"{told} {mend}") for name, ok, told, mend in check_settings(made, environment or {})}


@pytest.mark.parametrize(
    ("settings", "name", "ok", "words"),
    [
        ({"public_url": "https://desk.example"}, "https", True, "cookies are Secure"),
        ({"public_url": "HTTPS://desk.example"}, "https", True, "HSTS"),
        ({"public_url": "http://desk.example"}, "https", None, "HSTS is off"),
        ({}, "https", None, "cookies are not Secure"),
        ({}, "trusted proxies", True, "none"),
        ({"public_url": "https://desk.example"}, "trusted proxies", None, "set SWITCHBOARD_TRUSTED_PROXIES"),
        ({"trusted_proxies": ["10.0.0.7", "fd00::/8"]}, "trusted proxies", True, "10.0.0.7/32, fd00::/8"),
        ({"trusted_proxies": ["10.0.0.7", "0.0.0.0/0"]}, "trusted proxies", False, "0.0.0.0/0 is everybody"),
        ({"trusted_proxies": ["::/0"]}, "trusted proxies", False, "::/0 is everybody"),
        ({}, "metrics", True, "for this machine"),
        ({"metrics": "off"}, "metrics", None, "off"),
        ({"metrics": "0.0.0.0:9464", "metrics_token": SecretStr("x" * 16)}, "metrics", True, "with a token"),
    ],
)
def test_the_settings_are_looked_at(settings: dict[str, Any], name: str, ok: bool | None, words: str) -> None:
    verdict, told = verdicts(**settings)[name]
    assert verdict is ok
    assert words in told


def test_uvicorns_own_variable_is_told_to_be_dead() -> None:
    assert "FORWARDED_ALLOW_IPS" not in verdicts()
    assert verdicts({"FORWARDED_ALLOW_IPS": "*"})["FORWARDED_ALLOW_IPS"][0] is None


def test_what_a_web_process_saw_is_told_by_the_command(run: Run, sqlite_url: str) -> None:
    async def saw() -> None:
        database = Database(sqlite_url)
        noticed = ForwardedHeaders(SqlAudit(database), ManualClock(datetime.now(UTC)), CollectorRegistry())
        noticed.saw("10.9.9.9", ["x-forwarded-for"], trusted=False)
        await asyncio.gather(*noticed._writing)
        await database.dispose()

    assert "forwarded headers:" not in run("doctor").stdout
    asyncio.run(saw())
    told = " ".join(run("doctor").stdout.split())
    assert "forwarded headers: 10.9.9.9, which is no trusted proxy, sent x-forwarded-for at" in told
    assert "add it to SWITCHBOARD_TRUSTED_PROXIES" in told
