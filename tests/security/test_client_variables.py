"""A pack reads its own client's variables, and no others, whatever anybody is called."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.packs import own_variables, read_client_pack
from nlu.variables import PREFIX, is_client_id, is_variable_name, variable_of, variables_of
from tests.app.conftest import Run, pack, run
from tests.settlement.packs import CONTRACT, small_pack, write_pack

__all__ = ["pack", "run"]

CLIENT_IDS = st.from_regex(r"[a-z0-9]{1,6}(-[a-z0-9]{1,6}){0,3}", fullmatch=True)
NAMES = st.from_regex(r"[A-Z][A-Z0-9]{0,5}(_[A-Z0-9]{1,5}){0,3}", fullmatch=True)
NOT_IDS = ["al_pen", "al--pen", "-alpen", "alpen-", "Alpen", "alpen rad", "alpen.rad", "älpen", "ａ", "alpen\n", "a" * 41, "ſ", "*", "a,b"]  # fmt: skip
NOT_NAMES = ["lower", "Mixed", "_A", "A_", "A__B", "1A", "A-B", "A B", "Ä", "A.B", "", "ſ", "A\n", "$A"]


def pack_of(client: str, text: str) -> dict[str, str]:
    """A pack in which the bot's name is `text`."""
    return small_pack(client=CONTRACT["client"] | {"id": client}, channels=[], bot={"name": text})


def bot_name(client: str, text: str, environment: dict[str, str]) -> str | None:
    found, problems = read_client_pack(pack_of(client, text), environment)
    return found.nlu.profile.bot.name if found is not None else "; ".join(str(p) for p in problems if not p.warning)


@given(CLIENT_IDS, CLIENT_IDS, NAMES, NAMES)
def test_no_two_clients_share_a_variable(one: str, two: str, first: str, second: str) -> None:
    assert (variable_of(one, first) == variable_of(two, second)) == ((one, first) == (two, second))
    environment = {variable_of(one, first): "secret"}
    assert variables_of(one, environment) == {first: "secret"}
    if one != two:
        assert variables_of(two, environment) == {}


@given(CLIENT_IDS, st.from_regex(r"[A-Za-z0-9_]{1,40}", fullmatch=True))
def test_nothing_but_a_clients_own_variables_is_read(client: str, name: str) -> None:
    found = variables_of(client, {name: "1", f"SWITCHBOARD_{name}": "2", f"{client.upper()}_{name}": "3"})
    assert all(f"SWITCHBOARD_{name}" == variable_of(client, own) for own in found)


@pytest.mark.parametrize(
    ("client", "variable"),
    [
        ("alpenrad", "ALPENRAD_SHOP_TOKEN"),
        ("alpenrad", "SWITCHBOARD_CLIENT__ALPENRAD_SHOP__TOKEN"),
        ("alpenrad", "SWITCHBOARD_CLIENT__ALPENRAD_TOKEN"),
        ("alpenrad", "SWITCHBOARD_CLIENT__ALPENRAD__SHOP__TOKEN"),
        ("alpenrad", "switchboard_client__alpenrad__TOKEN"),
        ("postgres", "POSTGRES_TOKEN"),
        ("rasa", "RASA_TOKEN"),
        ("aws", "AWS_TOKEN"),
        ("switchboard", "SWITCHBOARD_TOKEN"),
        ("client", "SWITCHBOARD_CLIENT__TOKEN"),
    ],
)
@pytest.mark.parametrize("name", ["TOKEN", "SHOP_TOKEN", "SECRET_ACCESS_KEY", "ALPENRAD_SHOP_TOKEN"])
def test_a_clients_name_opens_no_other_variable(client: str, variable: str, name: str) -> None:
    environment = {variable: "stolen", variable.replace("TOKEN", name): "stolen"}
    environment.pop(variable_of(client, name), None)
    assert bot_name(client, f"${{{name}:-nothing}}", environment) == "nothing"
    assert "stolen" not in str(own_variables(pack_of(client, ""), environment))


def test_its_own_variable_is_read_also_with_a_dash_in_the_id() -> None:
    environment = {"SWITCHBOARD_CLIENT__ALPENRAD_SHOP__BOT_NAME": "Alpi", "SWITCHBOARD_CLIENT__ALPENRAD__BOT_NAME": "x"}
    assert bot_name("alpenrad-shop", "${BOT_NAME}", environment) == "Alpi"


@pytest.mark.parametrize("client", NOT_IDS)
def test_an_id_that_could_be_read_in_two_ways_is_refused_by_line(run: Run, tmp_path: Path, client: str) -> None:
    contract = json.dumps(CONTRACT | {"client": {"name": "A", "id": client}}, ensure_ascii=False)
    folder = write_pack(tmp_path, small_pack() | {"client.yml": contract.replace('"id"', '\n  "id"', 1)})
    result = run("client", "validate", str(folder), "--json")
    assert result.exit_code == 1, result.output
    found = [p for p in json.loads(result.stdout) if "cannot be a client's id" in p["message"]]
    assert [(p["file"], p["line"]) for p in found] == [("client.yml", 2)], result.stdout
    assert not is_client_id(client)
    assert variables_of(client, {f"{PREFIX}{client.upper().replace('-', '_')}__TOKEN": "1"}) == {}


@pytest.mark.parametrize("name", NOT_NAMES)
@pytest.mark.parametrize("file", ["client.yml", "actions.yml", "endpoints.yml"])
def test_a_name_that_no_variable_can_have_is_refused_by_line(file: str, name: str) -> None:
    added = {
        "client.yml": json.dumps(CONTRACT).replace("General", f"${{{name}:-x}}").replace('"\\n', '"'),
        "actions.yml": f'actions:\n  action_a:\n    url: "https://x.example/${{{name}:-x}}"\n',
        "endpoints.yml": f'action_endpoint:\n  url: "https://x.example/${{{name}:-x}}"\n',
    }
    _, problems = read_client_pack(small_pack() | {file: added[file]}, {f"{PREFIX}ALPENRAD__{name}": "stolen"})
    [refused] = [p for p in problems if "cannot be a variable's name" in p.message]
    assert refused.file == file
    assert refused.line > 0
    assert not is_variable_name(name)


@pytest.mark.parametrize("text", ["${OPEN", "${A} and ${B", "${"])
def test_a_variable_that_is_not_closed_is_refused(text: str) -> None:
    assert "not closed" in str(bot_name("alpenrad", text, {}))


def test_ids_are_written_out() -> None:
    environment = {f"{PREFIX}ALPENRAD__ID": "kontor", f"{PREFIX}KONTOR__ID": "kontor"}
    for sections in (
        {"client": CONTRACT["client"] | {"id": "${ID}"}},
        {"channels": [{"id": "${ID:-kontor-web}", "kind": "webchat"}]},
    ):
        found, problems = read_client_pack(small_pack(**sections), environment)
        assert found is None
        assert any("written out, without variables" in p.message for p in problems)


def test_what_is_missing_is_named_as_the_operator_sets_it() -> None:
    assert "SWITCHBOARD_CLIENT__ALPENRAD_SHOP__BOT_NAME is not set" in str(bot_name("alpenrad-shop", "${BOT_NAME}", {}))


def test_a_name_that_repeats_the_client_is_noted() -> None:
    _, problems = read_client_pack(pack_of("alpenrad", "${ALPENRAD_BOT_NAME:-x}"), {})
    [note] = [p for p in problems if "repeats the client's id" in p.message]
    assert note.warning
    assert "write ${BOT_NAME} and set SWITCHBOARD_CLIENT__ALPENRAD__BOT_NAME" in note.hint


def test_doctor_names_old_variables_that_nobody_reads(run: Run, pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("client", "apply", str(pack), "--no-tests").exit_code == 0
    assert "read by no pack" not in run("doctor").stdout
    for name in ("ALPENRAD_TELEGRAM_TOKEN", "alpenrad_slack_bot_token", "KONTOR_TOKEN", "ALPENRADIO"):
        monkeypatch.setenv(name, "123456:not-to-be-shown")
    told = run("doctor")
    assert told.exit_code == 0, told.output
    assert "set, and read by no pack: ALPENRAD_TELEGRAM_TOKEN, alpenrad_slack_bot_token" in told.stdout
    assert "ALPENRAD_TELEGRAM_TOKEN is now SWITCHBOARD_CLIENT__ALPENRAD__TELEGRAM_TOKEN" in told.stdout
    assert "KONTOR" not in told.stdout
    assert "ALPENRADIO" not in told.stdout
    assert "not-to-be-shown" not in told.output
