"""What `docker compose up` runs: nothing with rights it does not need, nothing without a password, one port outside."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from sqlalchemy.engine import make_url

from app.settings import Settings
from storage.tenancy import APP_ROLE

ROOT = Path(__file__).parents[2]
COMPOSE: Mapping[str, Any] = YAML(typ="safe").load((ROOT / "docker-compose.yml").read_text("utf-8"))
SERVICES: Mapping[str, Mapping[str, Any]] = COMPOSE["services"]
OURS = ("web", "worker", "poll")


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_is_hardened(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"] is True
    assert not {"privileged", "cap_add", "devices", "pid", "ipc", "network_mode", "userns_mode"} & service.keys()
    assert all(not str(volume).startswith(("/", ".", "~")) for volume in service.get("volumes", [])), "no host folders"


@pytest.mark.parametrize("name", SERVICES)
def test_no_container_runs_as_root(name: str) -> None:
    service = SERVICES[name]
    if "build" in service:
        users = re.findall(r"^USER (\S+)$", (ROOT / service["build"] / "Dockerfile").read_text("utf-8"), re.MULTILINE)
        assert users
        assert users[-1] not in ("root", "0")
        assert "user" not in service
    else:
        assert service["user"] not in ("root", "0", 0)


def test_only_the_pages_have_a_port_outside() -> None:
    assert {name for name, service in SERVICES.items() if "ports" in service} == {"web"}
    assert COMPOSE["networks"]["data"]["internal"] is True
    for name in ("postgres", "redis", "migrate"):
        assert SERVICES[name]["networks"] == ["data"], "neither reaches, nor is reached from, outside"


def test_every_password_must_be_set() -> None:
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    asked = re.findall(r"\$\{(\w*PASSWORD)([^}]*)\}", text)
    assert {name for name, _ in asked} == {"POSTGRES_PASSWORD", "POSTGRES_APP_PASSWORD", "REDIS_PASSWORD"}
    assert {rest[:2] for _, rest in asked} == {":?"}, "no default, and empty is refused"
    assert "requirepass" in " ".join(SERVICES["redis"]["command"])
    assert "REDISCLI_AUTH" in SERVICES["redis"]["healthcheck"]["test"][1]


@pytest.mark.parametrize("name", [*OURS, "migrate"])
def test_processes_sign_in_as_the_app_and_only_migrate_as_the_owner(name: str) -> None:
    environment = SERVICES[name]["environment"]
    filled = {key: re.sub(r"\$\{(\w+)[^}]*\}", r"\1", value) for key, value in environment.items()}
    settings = Settings(
        database_url=filled["SWITCHBOARD_DATABASE_URL"],
        database_owner_url=filled["SWITCHBOARD_DATABASE_OWNER_URL"],
        redis_url=filled["SWITCHBOARD_REDIS_URL"],
    )
    assert make_url(settings.database_url).username == APP_ROLE
    assert make_url(settings.database_url).password == "POSTGRES_APP_PASSWORD"
    assert ":REDIS_PASSWORD@" in settings.redis_url
    owner = make_url(settings.migrating_url).username
    assert owner == (SERVICES["postgres"]["environment"]["POSTGRES_USER"] if name == "migrate" else APP_ROLE)
    assert environment["POSTGRES_PASSWORD"] == "", "what .env holds for the server is none of a process's business"


def test_the_server_keeps_what_a_failed_statement_held_out_of_its_own_log() -> None:
    command = SERVICES["postgres"]["command"]
    assert {"log_error_verbosity=terse", "log_min_error_statement=panic", "log_parameter_max_length_on_error=0"} <= {
        *command
    }
