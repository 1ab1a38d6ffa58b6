"""`switchboard user`, as an operator types it, on both databases."""

import asyncio
import json
import os
import pwd
import re
from collections.abc import Callable

import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from accounts.service import SignedIn, Visit
from app.cli.root import app
from app.settings import Settings, new_secret_key
from app.wiring import platform
from conversation.clock import ManualClock
from conversation.ids import ClientId
from storage.database import Database
from storage.packs import PackVersions
from storage.schema import audit, users
from storage.tenancy import ALL_CLIENTS
from tests.builders import NOON
from tests.settlement.packs import small_pack

PASSWORD = "seven purple herons wade"
LOGIN = f"operator:{pwd.getpwuid(os.getuid()).pw_name}"
QUEUES = [{"id": "workshop", "name": {"en": "W"}, "skills": ["bikes"]}, {"id": "general", "name": {"en": "G"}}]

Run = Callable[..., Result]


@pytest.fixture
def installed(database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """An installation with one small client."""
    monkeypatch.setenv("SWITCHBOARD_DATABASE_URL", database_url)
    monkeypatch.setenv("SWITCHBOARD_SECRET_KEYS", new_secret_key(b"k" * 32))
    monkeypatch.delenv("SWITCHBOARD_NEW_PASSWORD", raising=False)

    async def install() -> None:
        database = Database(database_url)
        files = small_pack(queues=QUEUES)
        await PackVersions(database).add(
            ClientId("alpenrad"), "Alpenrad", files, model=None, report={}, now=NOON, by="test"
        )
        await database.dispose()

    asyncio.run(install())
    return database_url


@pytest.fixture
def run(installed: str) -> Run:
    def run(*words: str, code: int = 0, stdin: str = "") -> Result:
        result = CliRunner().invoke(app, ["user", *words], input=stdin)
        assert result.exit_code == code, (result.output, result.exception)
        return result

    return run


def rows(url: str, table) -> list[dict]:
    async def read() -> list[dict]:
        database = Database(url)
        async with database.reading(ALL_CLIENTS) as connection:
            found = [dict(row) for row in (await connection.execute(select(table))).mappings()]
        await database.dispose()
        return found

    return asyncio.run(read())


def add(run: Run, name: str, *more: str, **how) -> Result:
    given = ("add", f"{name}@x.org", "--name", name.title(), *more)
    return run(*given, "--password-stdin", stdin=f"{PASSWORD}\n", **how)


def shown(run: Run, name: str) -> dict:
    return json.loads(run("show", f"{name}@x.org", "--json").stdout)


def test_a_life_in_commands(run: Run, installed: str) -> None:
    add(run, "boss", "--role", "provider_admin")
    add(run, "mira", "--role", "agent", "--client", "alpenrad", "--skill", "bikes", "--language", "de")
    found = shown(run, "mira")
    assert (found["roles"], found["clients"], found["skills"], found["languages"]) == (
        ["agent"],
        ["alpenrad"],
        ["bikes"],
        ["de"],
    )
    assert (found["holds"], found["sessions"], found["active"]) == (0, [], True)
    run("set", "mira@x.org", "--add-language", "en", "--no-skills", "--capacity", "6", "--by", "BOSS@x.org")
    run("disable", "mira@x.org")
    assert [one["email"] for one in json.loads(run("list", "--disabled", "--json").stdout)] == ["mira@x.org"]
    run("enable", "mira@x.org")
    run("sign-out", "mira@x.org")
    run("unlock", "mira@x.org")
    run("passwd", "mira@x.org", "--password-stdin", stdin="eight green otters swim\n")
    found = shown(run, "mira")
    assert (found["skills"], found["languages"], found["capacity"], found["active"]) == ([], ["de", "en"], 6, True)
    assert [one["email"] for one in json.loads(run("list", "--json", "--role", "agent").stdout)] == ["mira@x.org"]
    log = rows(installed, audit)
    assert [(row["action"], row["actor_name"]) for row in log] == [
        ("user.added", LOGIN),
        ("user.added", LOGIN),
        ("user.changed", "Boss"),
        ("user.disabled", LOGIN),
        ("user.enabled", LOGIN),
        ("user.signed_out", LOGIN),
        ("user.unlocked", LOGIN),
        ("user.password_reset", LOGIN),
    ]
    assert {f"operator:{row['data']['operator']}" for row in log} == {LOGIN}
    assert log[2]["actor"] is not None
    assert PASSWORD not in str(log)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("set", "mira@x.org"), "say what to change"),
        (("set", "mira@x.org", "--skill", "bike"), "there is no skill 'bike': known are bikes"),
        (("set", "mira@x.org", "--client", "alpen"), "there is no client 'alpen': known are alpenrad"),
        (("set", "mira@x.org", "--add-language", "xx"), "there is no language 'xx': known are de, en"),
        (("set", "mira@x.org", "--role", "boss"), "there is no role 'boss': known are agent, client_admin"),
        (("set", "mira@x.org", "--locale", "fr"), "there is no locale 'fr'"),
        (("set", "mira@x.org", "--capacity", "0"), "1 to 50"),
        (("set", "nobody@x.org", "--capacity", "3"), "nobody signs in as nobody@x.org"),
        (("show", "nobody"), "no e-mail address"),
        (("disable", "boss@x.org"), "boss@x.org is the last active provider admin"),
        (("set", "boss@x.org", "--role", "trainer"), "boss@x.org is the last active provider admin"),
        (("set", "boss@x.org", "--remove-role", "provider_admin", "--add-role", "agent"), "the last active"),
        (("disable", "mira@x.org", "--by", "mira@x.org"), "mira@x.org may not manage people"),
        (("disable", "mira@x.org", "--by", "operator:root"), "no e-mail address"),
        (("disable", "mira@x.org", "--by", "ghost@x.org"), "nobody signs in as ghost@x.org"),
        (("passwd", "mira@x.org", "--password-stdin"), "held no password"),
        (("passwd", "mira@x.org", "--password-stdin", "--generate"), "exclude each other"),
        (("list", "--client", "nope"), "there is no client 'nope'"),
        (("list", "--role", "nope"), "there is no role 'nope'"),
        (("add", "new@x.org", "--name", "New", "--role", "agent", "--skill", "x", "--generate"), "no skill 'x'"),
        (("add", "MIRA@x.org", "--name", "New", "--role", "agent", "--generate"), "already signs in"),
        (("add", "new", "--name", "New", "--role", "agent", "--generate"), "no e-mail address"),
    ],
)
def test_what_cannot_be_done_is_one_clear_line_and_exit_code_two(run: Run, installed: str, words, says) -> None:
    add(run, "boss", "--role", "provider_admin")
    add(run, "mira", "--role", "agent", "--client", "alpenrad")
    before = rows(installed, users)
    result = run(*words, code=2)
    assert says in result.stderr
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.output
    assert rows(installed, users) == before
    assert len(rows(installed, audit)) == 2


@pytest.mark.parametrize(
    "command", [("add", "new@x.org", "--name", "New", "--role", "agent"), ("passwd", "boss@x.org")]
)
def test_a_password_is_made_up_and_shown_once_or_asked_for(run: Run, installed: str, command) -> None:
    add(run, "boss", "--role", "provider_admin")
    made = re.search(r"shown only now\): (\S+)", run(*command, "--generate").stdout)
    assert made is not None
    email = command[1]
    assert asyncio.run(signs_in(email, made[1]))
    run("passwd", email, stdin=f"{PASSWORD}2\n{PASSWORD}2\n")
    assert asyncio.run(signs_in(email, f"{PASSWORD}2"))
    assert not asyncio.run(signs_in(email, made[1]))
    assert made[1] not in str(rows(installed, audit))


def test_a_password_is_never_an_argument(run: Run) -> None:
    result = CliRunner().invoke(app, ["user", "passwd", "boss@x.org", "--password", "seven purple herons"])
    assert "No such option" in result.output
    assert result.exit_code == 2


def test_no_password_at_all_ends_with_what_to_do(run: Run) -> None:
    add(run, "boss", "--role", "provider_admin")
    assert "--generate" in run("passwd", "boss@x.org", code=2).stderr


def test_a_script_may_hand_it_over_in_the_environment(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWITCHBOARD_NEW_PASSWORD", PASSWORD)
    run("add", "boss@x.org", "--name", "Boss", "--role", "provider_admin")
    assert asyncio.run(signs_in("boss@x.org", PASSWORD))


def test_list_and_show_hold_no_secret(run: Run) -> None:
    add(run, "boss", "--role", "provider_admin")
    for words in (("list",), ("list", "--json"), ("show", "boss@x.org"), ("show", "boss@x.org", "--json")):
        assert "argon2" not in run(*words).output
        assert "password" not in run(*words).output


async def signs_in(email: str, password: str) -> bool:
    async with platform(Settings(_env_file=None), clock=ManualClock(NOON)) as built:  # type: ignore[call-arg]
        found = await built.accounts.sign_in(email, password, Visit("192.0.2.1"), NOON)
        return isinstance(found, SignedIn)


def test_a_display_link_by_command(run: Run, installed: str) -> None:
    def link(*words: str, code: int = 0) -> Result:
        result = CliRunner().invoke(app, ["wallboard", "link", *words])
        assert result.exit_code == code, (result.output, result.exception)
        return result

    add(run, "ruth", "--role", "supervisor", "--client", "alpenrad")
    add(run, "mira", "--role", "agent", "--client", "alpenrad")
    made = link("add", "--name", "Hall", "--by", "ruth@x.org", "--days", "9").stdout
    token = re.search(r"/display/(sbd_\S+)", made)
    assert token is not None
    [row] = json.loads(link("list", "--json").stdout)
    assert (row["screen"], row["clients"], row["made by"], row["state"]) == (
        "Hall",
        ["alpenrad"],
        "ruth@x.org",
        "alive",
    )
    assert token[1] not in link("list").output
    for words, says in (
        (("add", "--name", "x", "--by", "mira@x.org"), "may not see the wallboard"),
        (("add", "--name", "x", "--by", "ruth@x.org", "--client", "kontor"), "known are alpenrad"),
        (("add", "--name", "x", "--by", "ruth@x.org", "--days", "0"), "1 to 3650 days"),
        (("add", "--name", "x", "--by", "ruth@x.org", "--language", "fr"), "no language 'fr'"),
        (("revoke", row["id"], "--by", "mira@x.org"), "no living display link"),
        (("revoke", "nope"), "no living display link"),
    ):
        assert says in link(*words, code=2).stderr
    link("revoke", row["id"])
    link("revoke", row["id"], code=2)
    assert [one["state"] for one in json.loads(link("list", "--json").stdout)] == ["revoked"]
    log = [(entry["action"], entry["actor_name"]) for entry in rows(installed, audit)][2:]
    assert log == [("display_link.created", "Ruth"), ("display_link.revoked", LOGIN)]
