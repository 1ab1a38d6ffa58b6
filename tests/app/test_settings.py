"""Settings: documented as they are, and told in one line when they are wrong."""

import re
from pathlib import Path
from typing import Any

import pytest

from app.logs import hide_secrets
from app.settings import Settings
from nlu.variables import PREFIX, variable_of
from tests.app.conftest import Run, one_line

EXAMPLE = Path(__file__).parents[2] / ".env.example"


def documented() -> dict[str, str]:
    """The lines of .env.example that set something."""
    return dict(re.findall(r"^([A-Z_]+)=(.*)$", EXAMPLE.read_text("utf-8"), re.MULTILINE))


def written(value: Any) -> str:
    """A default as one writes it into .env."""
    return ",".join(value) if isinstance(value, list) else str(value)


def test_every_setting_is_in_the_example_with_its_default_and_no_other() -> None:
    defaults = {
        f"SWITCHBOARD_{name.upper()}": written(field.get_default(call_default_factory=True))
        for name, field in Settings.model_fields.items()
    }
    assert {name: value for name, value in documented().items() if not name.startswith(PREFIX)} == defaults


def test_every_token_the_sample_packs_ask_for_is_in_the_example() -> None:
    asked = {
        variable_of(pack.parent.name, name)
        for pack in EXAMPLE.parent.glob("clients/*/client.yml")
        for name in re.findall(r"\$\{([A-Z_]+)", pack.read_text("utf-8"))
    }
    assert asked == {name for name in documented() if name.startswith(PREFIX)}


def test_a_clients_variable_is_no_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = variable_of("alpenrad", "PORT")
    assert not any(f"SWITCHBOARD_{name.upper()}".startswith(PREFIX) for name in Settings.model_fields)
    (tmp_path / ".env").write_text(f"{line}=1\n{PREFIX}X__DATABASE_URL=nothing\n", encoding="utf-8")
    monkeypatch.setenv(line, "2")
    assert Settings(_env_file=tmp_path / ".env").port == 8080  # type: ignore[call-arg]  # pydantic-settings takes it


@pytest.mark.parametrize(
    ("name", "value"), [("port", "eighty"), ("log_level", "loud"), ("log_format", "xml"), ("worker_lanes", "0")]
)
def test_a_setting_that_cannot_be_read_is_named(run: Run, name: str, value: str) -> None:
    for command in (("worker",), ("client", "list"), ("doctor",), ("migrate",)):
        one_line(run(*command, **{name: value}), f"SWITCHBOARD_{name.upper()}")


def test_several_processes_need_a_key_they_share(run: Run) -> None:
    result = run("worker", database_url="postgresql://nobody@127.0.0.1:1/none", secret_keys="")
    one_line(result, "SWITCHBOARD_SECRET_KEYS", "doctor --new-key")


@pytest.mark.parametrize("command", [("worker",), ("client", "list")])
def test_a_database_that_is_not_there_is_told(run: Run, command: tuple[str, ...]) -> None:
    one_line(run(*command, database_url="postgresql://nobody@127.0.0.1:1/none"), "database")
    one_line(run(*command, database_url="mysql://localhost/x"), "only postgresql:// and sqlite:///")


@pytest.mark.parametrize(
    "told",
    [
        "GET https://api.telegram.org/bot123456789:AAHk3-thisLooksLikeATelegramToken_0/getMe failed",
        "token='123456789:AAHk3-thisLooksLikeATelegramToken_0'",
        "Authorization: Bearer xoxb-1234-5678-TelegramToken",
        "xapp-1-A0-1234-TelegramToken was refused",
        "Bearer sb_abcdefghijklmnopTelegramToken",
    ],
)
def test_tokens_never_reach_the_log(told: str) -> None:
    assert "TelegramToken" not in hide_secrets(told)
    assert "[secret]" in hide_secrets(told)
