"""What an operator can set, all as `SWITCHBOARD_*` environment variables (or lines of `.env`)."""

import base64
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

TELEGRAM_API_URL = "https://api.telegram.org"


class LogFormat(StrEnum):
    """JSON lines for machines, coloured lines for people."""

    JSON = "json"
    CONSOLE = "console"


class Settings(BaseSettings):
    """Every field is documented in `.env.example`; a test keeps the two alike."""

    model_config = SettingsConfigDict(env_prefix="SWITCHBOARD_", env_file=".env", extra="ignore")

    database_url: str = "sqlite+aiosqlite:///var/switchboard.sqlite3"
    redis_url: str = "memory://"
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    public_url: str = ""
    timezone: str = "UTC"
    secret_keys: Annotated[list[SecretStr], NoDecode] = Field(default_factory=list)
    telegram_api_url: str = TELEGRAM_API_URL
    slack_api_url: str = "https://slack.com/api/"
    allowed_action_hosts: Annotated[list[str], NoDecode] = Field(default_factory=list)
    log_level: str = "INFO"
    log_format: LogFormat = LogFormat.JSON
    worker_lanes: int = Field(default=4, ge=1, le=64)
    worker_batch: int = Field(default=64, ge=1, le=1000)
    idle_close_minutes: int = Field(default=30, ge=1)
    agent_grace_seconds: int = Field(default=60, ge=20)
    upload_limit_mb: int = Field(default=20, ge=1, le=50)

    @field_validator("secret_keys", "allowed_action_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError(f"SWITCHBOARD_TIMEZONE must be an IANA zone such as Europe/Berlin, not {value!r}")
        return value

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, value: str) -> str:
        levels = ("DEBUG", "INFO", "WARNING", "ERROR")
        if value.upper() not in levels:
            raise ValueError(f"SWITCHBOARD_LOG_LEVEL must be one of {', '.join(levels)}, not {value!r}")
        return value.upper()

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
    def is_reachable(self) -> bool:
        """Whether platforms can bring us updates: at a public address, or on this machine by a local Bot API server."""
        return bool(self.public_url) or self.telegram_api_url != TELEGRAM_API_URL

    @property
    def is_embedded(self) -> bool:
        """Whether database and Redis live inside this one process."""
        return self.database_url.startswith("sqlite") and self.redis_url.startswith("memory:")

    @property
    def database_file(self) -> Path | None:
        """The SQLite file, if that is what the database is."""
        _, _, path = self.database_url.partition(":///")
        return Path(path) if self.database_url.startswith("sqlite") and path else None


class SettingsError(Exception):
    """A setting is missing or contradicts another; the text says how to mend it."""


def new_secret_key(seed: bytes) -> str:
    """A Fernet key (32 url-safe base64 bytes) from 32 random bytes."""
    return base64.urlsafe_b64encode(seed).decode()
