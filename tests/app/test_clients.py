"""`switchboard client`, `user` and `migrate`: an installation is set up by hand."""

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.app.conftest import Run, one_line


def change(pack: Path, file: str, old: str, new: str) -> int:
    """Edits one file of the pack; returns the line of the change (a flow's steps are told by where it begins)."""
    path = pack / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    return text[: text.index(old)].count("\n") + 1


def test_a_good_pack_is_well(run: Run, pack: Path) -> None:
    result = run("client", "validate", str(pack))
    assert result.exit_code == 0, result.output
    assert "0 errors" in result.stdout


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("flows.yml", "utter_order_processing", "utter_nobody_wrote_this", "utter_nobody_wrote_this"),
        ("flows.yml", "- intent: order_status", "- intent: no_such_intent", "no_such_intent"),
        ("actions.yml", "timeout: 3s", "timeout: whenever", "whenever"),
    ],
)
def test_a_broken_pack_is_told_by_file_and_line(run: Run, pack: Path, file: str, old: str, new: str, says: str) -> None:
    line = change(pack, file, old, new)
    result = run("client", "validate", str(pack))
    assert result.exit_code == 1, result.output
    assert says in result.stdout
    found = json.loads(run("client", "validate", str(pack), "--json").stdout)
    assert any(
        p["file"] == file and line - 5 <= p["line"] <= line and says in p["message"] and p["hint"] for p in found
    ), found
    told = next(p for p in found if not p["warning"])
    one_line(run("client", "apply", str(pack)), f"{told['file']}:{told['line']}", told["message"])


def test_broken_yaml_and_a_wrong_contract_are_told_too(run: Run, pack: Path) -> None:
    text = (pack / "client.yml").read_text("utf-8")
    (pack / "client.yml").write_text(re.sub(r"hours: .*", "hours: mon-fri 18:00", text), "utf-8")
    result = run("client", "validate", str(pack))
    assert result.exit_code == 1
    assert "client.yml:" in result.stdout
    (pack / "client.yml").write_text("client: [", "utf-8")
    assert "client.yml:1" in run("client", "validate", str(pack)).stdout


def test_a_folder_that_is_no_pack_is_refused(run: Run, tmp_path: Path) -> None:
    for command in ("validate", "apply"):
        one_line(run("client", command, str(tmp_path)), "client.yml")


def test_a_pack_is_applied_listed_and_its_people_added(run: Run, pack: Path) -> None:
    assert "No clients yet" in run("client", "list").stdout
    assert "version 1 is active" in run("client", "apply", str(pack), "--no-tests").stdout
    assert "version 1 is active" in run("client", "apply", str(pack), "--no-tests").stdout
    change(pack, "domain.yml", "Take care and enjoy the ride!", "Enjoy the ride!")
    assert "version 2 is active" in run("client", "apply", str(pack), "--no-tests").stdout
    listed = run("client", "list").stdout
    assert re.search(r"alpenrad +Alpenrad +2 +alpenrad-web, alpenrad-telegram \(off\)", listed), listed

    mira = ("user", "add", "mira@example.org", "--name", "Mira", "--role", "agent")
    secret = {"new_password": "correct horse battery"}
    assert run(*mira, "--client", "alpenrad", **secret).stdout == "Mira <mira@example.org> can sign in now.\n"
    one_line(run(*mira, "--client", "alpenrad", **secret), "mira@example.org")
    one_line(run(*mira, "--client", "nobody", **secret), "nobody", "alpenrad")
    one_line(run(*mira[:-1], "queen", **secret), "queen", "provider_admin")
    one_line(run("user", "add", "a@example.org", "--name", "A", "--role", "agent", new_password="x"), "password")


def test_migrate_makes_a_database_and_may_be_repeated(run: Run, tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/new/switchboard.sqlite3"
    first = run("migrate", database_url=url)
    assert first.exit_code == 0, first.output
    assert run("migrate", database_url=url).stdout == first.stdout
    assert (tmp_path / "new" / "switchboard.sqlite3").exists()
    shutil.rmtree(tmp_path / "new")
