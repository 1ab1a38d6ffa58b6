"""No pack takes another client's channel, bot or engine: refused by line, and off where it happened all the same."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from pydantic import SecretStr

from accounts.user import Role
from app.ownership import Why
from app.packs import read_client_pack
from app.settings import Settings
from app.web import create_web
from app.wiring import Platform, platform
from bots.channels import TelegramChannel
from conversation.clock import ManualClock
from conversation.ids import ChannelId, ClientId
from conversation.ports import Failed
from storage.database import Database
from storage.packs import PackVersions
from tests.app.conftest import Run, one_line, pack, run
from tests.builders import NOON, inbound, minutes
from tests.journeys.house import KEY
from tests.journeys.packs import pack_copy
from tests.settlement.packs import CONTRACT, small_pack, write_pack
from tests.storage.harness import Process

__all__ = ["pack", "run"]
T = TypeVar("T")
KONTOR, ALPENRAD = ClientId("kontor"), ClientId("alpenrad")
TOKEN = "123456:one-bot-of-two"
SLACK = {"bot_token": "xoxb-shared", "app_token": "xapp-shared", "signing_secret": "0123456789abcdef"}


def webchat(name: str) -> dict[str, Any]:
    return {"id": name, "kind": "webchat", "origins": ["*"]}


def contract(client: str, *entries: dict[str, Any], **more: Any) -> dict[str, str]:
    """A pack whose channels these are."""
    known = CONTRACT["client"] | {"id": client, "name": client.capitalize()}
    return small_pack(client=known, channels=list(entries), **more)


async def install(database: Database, client: ClientId, files: dict[str, str], *ids: str, late: float = 0) -> None:
    """The pack in force, as applied."""
    await PackVersions(database).add(
        client,
        client.capitalize(),
        files,
        model=None,
        report={},
        now=NOON + minutes(late),
        by="test",
        channels=[ChannelId(name) for name in ids],
    )


def on_database(url: str, work: Callable[[Database], Awaitable[T]]) -> T:
    async def working() -> T:
        database = Database(url)
        try:
            return await work(database)
        finally:
            await database.dispose()

    return asyncio.run(working())


def settings_for(url: str) -> Settings:
    keys = [SecretStr(KEY)]
    return Settings(_env_file=None, database_url=url, secret_keys=keys)  # type: ignore[call-arg]  # pydantic takes it


@pytest.mark.parametrize("named", ["kontor-web", "kontor-bot", "kontor-given-up"])
def test_validate_and_apply_refuse_another_clients_id_by_line(
    run: Run, tmp_path: Path, database_url: str, named: str
) -> None:
    before = contract("kontor", webchat("kontor-given-up"))
    now = contract("kontor", webchat("kontor-web"), {"id": "kontor-bot", "kind": "telegram"})
    on_database(database_url, lambda d: install(d, KONTOR, before, "kontor-given-up"))
    on_database(database_url, lambda d: install(d, KONTOR, now, "kontor-web", "kontor-bot", late=1))

    def take(content: dict[str, Any]) -> None:
        content["channels"][0]["id"] = named

    folder = pack_copy(tmp_path, take)
    line = next(i for i, t in enumerate((folder / "client.yml").read_text("utf-8").splitlines(), 1) if named in t)
    result = run("client", "validate", str(folder), "--json", database_url=database_url)
    assert result.exit_code == 1, result.output
    [error] = [p for p in json.loads(result.stdout) if not p["warning"]]
    assert (error["file"], error["line"]) == ("client.yml", line)
    assert f"the channel id '{named}' belongs to another client" in error["message"]
    refused = run("client", "apply", str(folder), "--no-tests", database_url=database_url)
    one_line(refused, f"client.yml:{line}", named, "another client")
    assert "kontor" not in refused.output.replace(named, "")
    assert "kontor" not in json.dumps(error).replace(named, "")
    assert "alpenrad" not in run("client", "list", database_url=database_url).stdout


def test_a_pack_without_a_database_is_validated_alone_and_one_that_is_away_is_said(
    run: Run, pack: Path, tmp_path: Path
) -> None:
    alone = run("client", "validate", str(pack), database_url=f"sqlite:///{tmp_path}/none.db")
    assert (alone.exit_code, "not compared" in alone.output) == (0, False), alone.output
    assert not (tmp_path / "none.db").exists()
    away = run("client", "validate", str(pack), "--json", database_url="postgresql://nobody@127.0.0.1:1/none")
    assert away.exit_code == 0, away.output
    assert any("not compared with other clients" in p["message"] and p["warning"] for p in json.loads(away.stdout))


@pytest.mark.parametrize(("key", "kind"), [("token", "telegram"), *((key, "slack") for key in SLACK)])
def test_one_bot_serves_one_channel(
    run: Run, tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch, key: str, kind: str
) -> None:
    given = {"token": TOKEN} if kind == "telegram" else SLACK
    needed = {"token": TOKEN} if kind == "telegram" else {k: f"{v}-other" for k, v in SLACK.items()}
    for name, value in needed.items():
        monkeypatch.setenv(f"SWITCHBOARD_CLIENT__KONTOR__{name.upper()}", given[name] if name == key else value)
    for name, value in given.items():
        monkeypatch.setenv(f"SWITCHBOARD_CLIENT__ALPENRAD__{kind.upper()}_{name.upper()}", value)
    entry = {"id": "kontor-bot", "kind": kind} | {name: f"${{{name.upper()}}}" for name in needed}
    on_database(sqlite_url, lambda d: install(d, KONTOR, contract("kontor", entry), "kontor-bot"))
    refused = run("client", "apply", str(pack_copy(tmp_path)), "--no-tests")
    one_line(refused, "client.yml:", f"this {key} is in use by a channel of another client")
    for secret in given.values():
        assert secret not in refused.output
    assert "kontor" not in refused.output
    both = run("client", "validate", str(pack_copy(tmp_path / "same", _twice(kind, given))))
    assert both.exit_code == 1
    assert f"the channel 'alpenrad-{kind}' has the same {key}" in both.stdout


def _twice(kind: str, given: dict[str, str]) -> Callable[[dict[str, Any]], None]:
    def edit(content: dict[str, Any]) -> None:
        variables = {name: f"${{{kind.upper()}_{name.upper()}}}" for name in given}
        content["channels"].append({"id": "alpenrad-again", "kind": kind} | variables)

    return edit


def test_a_new_token_of_the_same_telegram_bot_is_the_same_bot(
    run: Run, tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SWITCHBOARD_CLIENT__KONTOR__TOKEN", "123456:before-it-was-revoked")
    monkeypatch.setenv("SWITCHBOARD_CLIENT__ALPENRAD__TELEGRAM_TOKEN", TOKEN)
    entry = {"id": "kontor-bot", "kind": "telegram", "token": "${TOKEN}"}
    on_database(sqlite_url, lambda d: install(d, KONTOR, contract("kontor", entry), "kontor-bot"))
    one_line(run("client", "apply", str(pack_copy(tmp_path)), "--no-tests"), "this token is in use")


def test_another_clients_engine_server_is_refused(run: Run, tmp_path: Path, sqlite_url: str) -> None:
    theirs = {"kind": "rasa", "url": "http://rasa-kontor:5005"}
    on_database(sqlite_url, lambda d: install(d, KONTOR, contract("kontor", engine=theirs)))

    def take(content: dict[str, Any]) -> None:
        content["engine"] = {"kind": "rasa", "url": "http://RASA-kontor:5005/"}

    one_line(run("client", "apply", str(pack_copy(tmp_path, take)), "--no-tests"), "engine.url", "another client's")


@pytest.fixture
def taken(database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """An installation in which alpenrad's pack names kontor's channel, and its second bot is kontor's bot."""
    for client in ("KONTOR", "ALPENRAD"):
        monkeypatch.setenv(f"SWITCHBOARD_CLIENT__{client}__TOKEN", TOKEN)
    theirs = contract("kontor", webchat("kontor-web"), {"id": "kontor-bot", "kind": "telegram", "token": "${TOKEN}"})
    ours = contract(
        "alpenrad",
        webchat("kontor-web"),
        webchat("alpenrad-web"),
        webchat("alpenrad-new"),
        {"id": "alpenrad-bot", "kind": "telegram", "token": "${TOKEN}"},
    )

    async def prepare(database: Database) -> None:
        await install(database, ALPENRAD, ours, "alpenrad-bot", "alpenrad-web", late=5)
        await install(database, KONTOR, theirs, "kontor-web", "kontor-bot", late=1)

    on_database(database_url, prepare)
    return database_url


async def test_what_is_anothers_is_off_and_everything_else_works(taken: str) -> None:
    async with platform(settings_for(taken), clock=ManualClock(NOON)) as built:
        off = {(w.channel.id, w.channel.client): (w.why, w.owner) for w in built.directory.withheld()}
        assert off == {
            ("kontor-web", ALPENRAD): (Why.ID_TAKEN, KONTOR),
            ("alpenrad-bot", ALPENRAD): (Why.ACCOUNT_TAKEN, KONTOR),
            ("alpenrad-new", ALPENRAD): (Why.NOT_RESERVED, None),
        }
        on = {c.id: c.client for c in built.directory.channels()}
        assert on == {"kontor-web": KONTOR, "kontor-bot": KONTOR, "alpenrad-web": ALPENRAD}
        await built.channels.sync()
        assert set(built.channels.senders) == set(on)
        assert isinstance(built.directory.channel(ChannelId("kontor-bot")), TelegramChannel)


async def test_a_visitor_of_the_channel_writes_to_its_owner(taken: str) -> None:
    async with platform(settings_for(taken), clock=ManualClock(NOON)) as built:
        transport = httpx.ASGITransport(app=create_web(built))
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as browser:
            page = await browser.get("/chat/kontor-web")
            assert "Kontor" in page.text
            assert "Alpenrad" not in page.text
            assert (await browser.get("/chat/alpenrad-new")).status_code == 404
            token = (await browser.post("/chat/kontor-web/session")).json()["token"]
            posted = await browser.post(
                "/chat/kontor-web/messages",
                json={"number": "number-1", "text": "for kontor alone"},
                headers={"authorization": f"Bearer {token}"},
            )
            assert posted.status_code == 202
        [work] = await built.store.lease("w", NOON, limit=9, hold=minutes(1))
        assert (work.item.inbound.client, work.thread.client, work.customer.client) == (KONTOR, KONTOR, KONTOR)


async def test_what_another_client_wrote_under_the_id_is_not_sent_by_its_owner(taken: str) -> None:
    async with platform(settings_for(taken), clock=ManualClock(NOON)) as built:
        await built.channels.sync()
        process = Process(built.database)
        await process.receive(inbound("hello", client="alpenrad", channel="kontor-web", thread="v"))
        await process.handle_all()
        [item] = await process.take()
        settled = await built.channels.senders[ChannelId("kontor-web")].send(item)
        assert isinstance(settled, Failed)
        assert "belongs to another client" in settled.error
        assert await built.transcripts.thread_of(ChannelId("kontor-web"), "v") is None


async def test_the_admin_page_shows_what_is_off_in_both_languages(taken: str) -> None:
    async with platform(settings_for(taken), clock=ManualClock(NOON)) as built:
        app = create_web(built)
        for locale, words in (("en", "its id belongs to another client"), ("de", "gehört einem anderen Kunden")):
            await _admin(built, locale)
            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(transport=transport, base_url="http://here", follow_redirects=True) as browser:
                form = await browser.get("/login")
                csrf = re.search(r'name="csrf[^"]*" value="([^"]+)"', form.text)
                data = {"email": f"chief-{locale}@example.org", "password": "correct horse battery"}
                await browser.post("/login", data=data | ({"csrf": csrf[1]} if csrf else {}))
                page = (await browser.get("/admin")).text
                assert words in page
                assert page.count("kontor-web") == 2


async def _admin(built: Platform, locale: str) -> None:
    await built.accounts.add_user(
        f"chief-{locale}@example.org",
        "Chief",
        "correct horse battery",
        NOON,
        roles=[Role.PROVIDER_ADMIN],
        clients=[KONTOR, ALPENRAD],
        locale=locale,
    )


def test_doctor_and_the_list_name_what_is_off(
    run: Run, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs, ours = contract("kontor", webchat("kontor-web")), contract("alpenrad", webchat("kontor-web"))
    on_database(sqlite_url, lambda d: install(d, KONTOR, theirs, "kontor-web"))
    on_database(sqlite_url, lambda d: install(d, ALPENRAD, ours))
    result = run("doctor")
    assert result.exit_code == 1, result.output
    assert "channel kontor-web of alpenrad: off: its id belongs to kontor" in result.stdout
    assert "kontor-web (off: of kontor)" in run("client", "list").stdout
    again = run("client", "apply", str(write_pack(tmp_path / "same", ours)), "--no-tests")
    assert again.exit_code == 2
    assert re.search(r"client.yml:1: .*belongs to another client", again.stderr)


@pytest.mark.parametrize(
    "name", ["static", "-web", "_web", "a" * 65, "Kontor-web", "kontor web", "kontor/web", "kontor-web\n", "ａ"]
)
def test_an_id_that_could_be_confused_is_refused(name: str) -> None:
    found, problems = read_client_pack(contract("alpenrad", webchat(name)), {})
    assert found is None
    assert any("cannot be a channel id" in p.message and p.file == "client.yml" for p in problems)
