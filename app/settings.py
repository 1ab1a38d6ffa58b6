"""What an operator can set, all as `SWITCHBOARD_*` environment variables (or lines of `.env`)."""

import base64
from datetime import timedelta
from email.utils import parseaddr
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.quota_settings import ScopesSetting, quota_limits
from bots.notices.addresses import is_mailbox
from bots.notices.mail import Security
from conversation.clock import is_zone
from nlu.endpoints import read_pair
from web.quotas import NewVisitors, QuotaLimits, Scopes
from web.timed_protocol import ConnectionLimits

LEAST_TOKEN = 16
TELEGRAM_API_URL = "https://api.telegram.org"


class LogFormat(StrEnum):
    """JSON lines for machines, coloured lines for people."""

    JSON = "json"
    CONSOLE = "console"


class Settings(BaseSettings):
    """Every field is documented in `.env.example`; a test keeps the two alike."""

    model_config = SettingsConfigDict(env_prefix="SWITCHBOARD_", env_file=".env", extra="ignore")

    database_url: str = "sqlite+aiosqlite:///var/switchboard.sqlite3"
    database_owner_url: str = ""
    redis_url: str = "memory://"
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    public_url: str = ""
    trusted_proxies: Annotated[list[str], NoDecode] = Field(default_factory=list)
    metrics_token: SecretStr = SecretStr("")
    metrics: str = Field(default="127.0.0.1:9464", validate_default=True)
    head_timeout_seconds: float = Field(default=10, gt=0, le=600)
    body_timeout_seconds: float = Field(default=20, gt=0, le=600)
    body_bytes_per_second: int = Field(default=500, ge=1)
    keep_alive_seconds: int = Field(default=5, ge=1, le=3600)
    half_open_connections: int = Field(default=256, ge=1)
    timezone: str = "UTC"
    secret_keys: Annotated[list[SecretStr], NoDecode] = Field(default_factory=list)
    telegram_api_url: str = TELEGRAM_API_URL
    slack_api_url: str = "https://slack.com/api/"
    allowed_action_hosts: Annotated[list[str], NoDecode] = Field(default_factory=list)
    allowed_engine_hosts: Annotated[list[str], NoDecode] = Field(default_factory=list)
    log_level: str = "INFO"
    log_format: LogFormat = LogFormat.JSON
    model_cache: str = "var/models"
    worker_lanes: int = Field(default=4, ge=1, le=64)
    worker_batch: int = Field(default=64, ge=1, le=1000)
    idle_close_minutes: int = Field(default=30, ge=1)
    agent_grace_seconds: int = Field(default=60, ge=20)
    upload_limit_mb: int = Field(default=20, ge=1, le=50)
    chat_streams: ScopesSetting = QuotaLimits().streams
    chat_messages: ScopesSetting = QuotaLimits().messages
    chat_uploads: ScopesSetting = QuotaLimits().uploads
    chat_megabytes: ScopesSetting = Scopes(60, 1_000, 10_000)
    chat_new_visitors_per_address: int = Field(default=60, ge=1)
    chat_new_visitors_per_client: int = Field(default=1_200, ge=1)
    desk_streams: int = Field(default=12, ge=1)
    desk_uploads: int = Field(default=60, ge=1)
    desk_megabytes: int = Field(default=1_000, ge=1)
    alert_language: Literal["en", "de"] = "en"
    alert_slack_token: SecretStr = SecretStr("")
    alert_slack_channel: str = Field(default="", validate_default=True)
    alert_slack_webhook: SecretStr = SecretStr("")
    smtp_host: str = ""
    smtp_port: int = Field(default=587, ge=1, le=65535)
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_security: Security = Field(default=Security.STARTTLS, validate_default=True)
    smtp_from: str = Field(default="", validate_default=True)
    alert_emails: Annotated[list[str], NoDecode] = Field(default_factory=list, validate_default=True)

    @field_validator(
        "secret_keys", "trusted_proxies", "allowed_action_hosts", "allowed_engine_hosts", "alert_emails", mode="before"
    )
    @classmethod
    def _split(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("database_owner_url")
    @classmethod
    def _owner_of_postgresql(cls, value: str) -> str:
        if value and not value.startswith(("postgresql", "postgres:")):
            raise ValueError(
                "only PostgreSQL has an owner apart from the processes' login: postgresql://owner:…@host/name"
            )
        return value

    @field_validator("allowed_action_hosts", "allowed_engine_hosts")
    @classmethod
    def _endpoints(cls, value: list[str]) -> list[str]:
        return [str(read_pair(pair)) for pair in value]

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: list[str]) -> list[str]:
        for network in value:
            try:
                ip_network(network)
            except ValueError as error:
                raise ValueError(
                    f"{network!r} is no network ({error}); write 10.0.0.7, 10.0.0.0/8 or fd00::/8"
                ) from error
        return value

    @field_validator("metrics")
    @classmethod
    def _listener(cls, value: str, info: ValidationInfo) -> str:
        address = read_metrics_address(value)
        if address is not None and not is_loopback(address[0]) and len(_secret(info, "metrics_token")) < LEAST_TOKEN:
            raise ValueError(
                f"others can reach {value}: set SWITCHBOARD_METRICS_TOKEN (at least {LEAST_TOKEN} characters), "
                "or listen on 127.0.0.1"
            )
        return value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if not is_zone(value):
            raise ValueError(f"SWITCHBOARD_TIMEZONE must be an IANA zone such as Europe/Berlin, not {value!r}")
        return value

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, value: str) -> str:
        levels = ("DEBUG", "INFO", "WARNING", "ERROR")
        if value.upper() not in levels:
            raise ValueError(f"SWITCHBOARD_LOG_LEVEL must be one of {', '.join(levels)}, not {value!r}")
        return value.upper()

    @field_validator("alert_slack_channel")
    @classmethod
    def _channel_of_token(cls, value: str, info: ValidationInfo) -> str:
        if _secret(info, "alert_slack_token") and not value:
            raise ValueError("name the channel that SWITCHBOARD_ALERT_SLACK_TOKEN may write to, like C0123456789")
        return value

    @field_validator("alert_slack_webhook")
    @classmethod
    def _web_address(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value() and not value.get_secret_value().startswith(("https://", "http://127.0.0.1")):
            raise ValueError("this is not an incoming webhook: Slack gives one like https://hooks.slack.com/services/…")
        return value

    @field_validator("smtp_security")
    @classmethod
    def _no_password_in_clear(cls, value: Security, info: ValidationInfo) -> Security:
        if value is Security.NONE and _secret(info, "smtp_password"):
            raise ValueError("SWITCHBOARD_SMTP_PASSWORD would travel in clear; use starttls or tls")
        return value

    @field_validator("smtp_from")
    @classmethod
    def _mailbox(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("smtp_host") and not is_mailbox(parseaddr(value)[1]):
            raise ValueError("SWITCHBOARD_SMTP_HOST needs a sender, like Switchboard <sla@example.org>")
        return value

    @field_validator("alert_emails")
    @classmethod
    def _mailboxes(cls, value: list[str], info: ValidationInfo) -> list[str]:
        wrong = next((address for address in value if not is_mailbox(address)), None)
        if wrong is not None:
            raise ValueError(f"{wrong!r} is not an e-mail address; write name@example.org, separated by commas")
        if value and not info.data.get("smtp_host"):
            raise ValueError("set SWITCHBOARD_SMTP_HOST too: without a mail server nothing can be sent")
        return list(dict.fromkeys(value))

    @property
    def quota_limits(self) -> QuotaLimits:
        return quota_limits(
            streams=self.chat_streams,
            messages=self.chat_messages,
            uploads=self.chat_uploads,
            megabytes=self.chat_megabytes,
            new_visitors=NewVisitors(self.chat_new_visitors_per_address, self.chat_new_visitors_per_client),
            desk_streams=self.desk_streams,
            desk_uploads=self.desk_uploads,
            desk_megabytes=self.desk_megabytes,
        )

    @property
    def idle_after(self) -> timedelta:
        return timedelta(minutes=self.idle_close_minutes)

    @property
    def agent_grace(self) -> timedelta:
        return timedelta(seconds=self.agent_grace_seconds)

    @property
    def base_url(self) -> str:
        """Where people reach the pages."""
        return self.public_url.rstrip("/") or f"http://{self.host}:{self.port}"

    @property
    def is_secure(self) -> bool:
        """Whether people reach the pages by https: then cookies are `Secure`, and browsers are told to stay with it."""
        return urlsplit(self.base_url).scheme == "https"

    @property
    def proxy_networks(self) -> list[IPv4Network | IPv6Network]:
        """The reverse proxies whose forwarded headers count."""
        return [ip_network(network) for network in self.trusted_proxies]

    @property
    def metrics_address(self) -> tuple[str, int] | None:
        """Host and port of this process's metrics; None if they are off."""
        return read_metrics_address(self.metrics)

    @property
    def connection_limits(self) -> ConnectionLimits:
        """How long a connection may take."""
        return ConnectionLimits(
            head_seconds=self.head_timeout_seconds,
            body_seconds=self.body_timeout_seconds,
            body_rate=self.body_bytes_per_second,
            keep_alive_seconds=self.keep_alive_seconds,
            half_open=self.half_open_connections,
        )

    @property
    def is_reachable(self) -> bool:
        """Whether platforms can bring us updates: at a public address, or on this machine by a local Bot API server."""
        return bool(self.public_url) or self.telegram_api_url != TELEGRAM_API_URL

    @property
    def is_embedded(self) -> bool:
        """Whether database and Redis live inside this one process."""
        return self.database_url.startswith("sqlite") and self.redis_url.startswith("memory:")

    @property
    def migrating_url(self) -> str:
        """Who makes the tables: the owner, or the one login there is."""
        return self.database_url if self.database_file is not None else self.database_owner_url or self.database_url

    @property
    def database_file(self) -> Path | None:
        """The SQLite file, if that is what the database is."""
        _, _, path = self.database_url.partition(":///")
        return Path(path) if self.database_url.startswith("sqlite") and path else None


def read_metrics_address(value: str) -> tuple[str, int] | None:
    """`host:port`, `[v6]:port`, with port 0 any free one; None for "" and "off". Raises ValueError."""
    if value.strip().lower() in ("", "off"):
        return None
    host, _, port = value.strip().rpartition(":")
    host = host.removeprefix("[").removesuffix("]") if host.startswith("[") else host
    if host != "localhost":
        try:
            ip_address(host)
        except ValueError as error:
            raise ValueError(f"{value!r} is no address; write 127.0.0.1:9464, [::1]:9464 or off") from error
    if not (port.isascii() and port.isdigit() and int(port) < 65536):
        raise ValueError(f"{value!r} has no port; write 127.0.0.1:9464, [::1]:9464 or off")
    return host, int(port)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a listener on `host`."""
    return host == "localhost" or ip_address(host).is_loopback


def _secret(info: ValidationInfo, name: str) -> str:
    known: Any = info.data.get(name)
    return known.get_secret_value() if isinstance(known, SecretStr) else ""


class SettingsError(Exception):
    """A setting is missing or contradicts another; the text says how to mend it."""


def new_secret_key(seed: bytes) -> str:
    """A Fernet key (32 url-safe base64 bytes) from 32 random bytes."""
    return base64.urlsafe_b64encode(seed).decode()
