"""`make demo`: sample clients, logins and a past of simulated conversations, then everything runs for real."""

import asyncio
import contextlib
import os
import random
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from accounts.errors import EmailTaken
from accounts.user import Role, User
from app import logs
from app.demo.backend import addresses, backend
from app.demo.people import LOGINS, PASSWORD
from app.demo.simulation import Simulation, Stage
from app.demo.stories import Story, parse_stories
from app.processes import Part, on_signals, run_parts, warm_bots
from app.settings import LogFormat, Settings
from app.wiring import Platform, platform
from clients import PACKS
from conversation.clock import ManualClock
from conversation.errors import PackInvalid
from conversation.ids import ClientId
from conversation.packfile import Problems
from handoff.agent import Agent
from nlu.yaml_loader import load_node

FOLDER = Path("var/demo")
PAST = timedelta(days=28)
SEED = 20261123
TROUBLED = frozenset({ClientId("kontor")})

console = Console(highlight=False)


async def run_demo(*, port: int | None, conversations: int, fresh: bool) -> None:
    """Runs until Ctrl-C. The first start fills the database; later starts keep what is there."""
    logs.configure("WARNING", LogFormat.CONSOLE)
    if fresh:
        shutil.rmtree(FOLDER, ignore_errors=True)
    stop = asyncio.Event()
    on_signals(stop)
    async with backend() as backend_port:
        settings = demo_settings(port, backend_port)
        await fill_once(settings, conversations, stop)
        if stop.is_set():
            return
        async with platform(settings) as built:
            await apply_packs(built)
            with console.status("Waking the bots …"):
                await warm_bots(built, await built.clients.ids())
            introduce(built)
            await run_parts(built, frozenset(Part), stop)
    console.print("Stopped; the state is kept in var/demo.")


def demo_settings(port: int | None, backend_port: int, folder: Path = FOLDER) -> Settings:
    """Everything in this process, in one folder. The sample backend is the only private address actions may call."""
    os.environ.update(addresses(backend_port))
    return Settings(
        database_url=f"sqlite+aiosqlite:///{folder / 'switchboard.sqlite3'}",
        redis_url="memory://",
        port=port or Settings().port,
        allowed_action_hosts=[f"127.0.0.1:{backend_port}"],
        timezone="Europe/Berlin",
        log_level="WARNING",
        log_format=LogFormat.CONSOLE,
    )


async def fill_once(settings: Settings, conversations: int, stop: asyncio.Event) -> None:
    """Makes the past unless an earlier start has made it to the end."""
    if not is_filled():
        await fill(settings, conversations, stop)


async def fill(settings: Settings, conversations: int, stop: asyncio.Event) -> None:
    """Packs, logins and the simulated past, on a clock that ends now. What an interrupted start left is thrown away."""
    clock = ManualClock(datetime.now(UTC) - PAST)
    shutil.rmtree(FOLDER, ignore_errors=True)
    async with platform(settings, clock=clock, hasty=True) as built:
        await apply_packs(built)
        await simulate(built, clock, await add_logins(built), conversations, stop)
    if not stop.is_set():
        mark().touch()


async def apply_packs(built: Platform) -> None:
    """The sample packs as their files are now; quick when they have not changed."""
    for pack in PACKS:
        with console.status(f"Reading and training {pack.name} …"):
            await built.clients.apply(pack, by="demo")


def mark() -> Path:
    return FOLDER / "filled"


def is_filled() -> bool:
    """Whether an earlier start has made its past to the end."""
    return mark().exists()


async def add_logins(built: Platform) -> Sequence[Agent]:
    """The demo's people; those there already stay as they are. Returns the agents."""
    everyone = await built.clients.ids()
    for login in LOGINS:
        with contextlib.suppress(EmailTaken):
            await built.accounts.add_user(
                login.email,
                login.name,
                PASSWORD,
                built.clock.now(),
                roles=[login.role],
                clients=everyone if login.clients is None else [ClientId(c) for c in login.clients],
                capacity=login.capacity,
                skills=frozenset(login.skills),
                locale=login.locale,
            )
    return [desk_agent(user) for user in await built.users.list() if Role.AGENT in user.roles]


def desk_agent(user: User) -> Agent:
    """A simulated agent has room for as many as the day brings."""
    return Agent(user.id, user.name, user.clients, 50, user.skills, user.languages)


async def simulate(
    built: Platform, clock: ManualClock, agents: Sequence[Agent], count: int, stop: asyncio.Event
) -> None:
    """Plays the packs' stories from four weeks ago until now."""
    stage = Stage(
        clock=clock,
        pipeline=built.pipeline,
        inbox=built.inbox,
        outbox=built.outbox,
        desk=built.desk,
        presence=built.presence,
        hours=built.directory,
        alarms=built.alarms,
        threads=built.transcripts,
        channels={(channel.client, channel.kind): channel.id for channel in built.directory.channels()},
        agents=agents,
        new_day=partial(reset_backend, built),
    )
    told = [story for pack in PACKS for story in stories_of(pack)]
    random.Random(SEED).shuffle(told)  # noqa: S311  the same demo for everybody, not a secret
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("Simulated customers write, the bot and agents answer", total=count)
        playing = asyncio.create_task(
            Simulation(stage, seed=SEED, trouble=TROUBLED).play(
                told, count, clock.now(), datetime.now(UTC), lambda: progress.advance(task)
            )
        )
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait((playing, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if stop.is_set():
            playing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await playing


async def reset_backend(built: Platform) -> None:
    """The sample backend forgets what yesterday's customers did: the same stories are told on many days."""
    (
        await built.http.post(f"{os.environ['ALPENRAD_BACKEND_URL']}/_control", json={"reset": True}, timeout=5)
    ).raise_for_status()


def stories_of(pack: Path) -> Sequence[Story]:
    """The stories of one sample pack. Raises PackInvalid if one is written wrongly."""
    problems = Problems()
    node = load_node((pack / "simulation.yml").read_text("utf-8"), f"{pack.name}/simulation.yml")
    stories = parse_stories(ClientId(pack.name), node, problems)
    if problems.errors:
        raise PackInvalid(problems.errors)
    return stories


def introduce(built: Platform) -> None:
    """Where to go, and as whom."""
    base = built.settings.base_url
    console.print(f"\n[bold]Switchboard is running[/] at {base}  (Ctrl-C stops it)\n")
    for channel in built.directory.channels():
        if channel.kind == "webchat":
            console.print(f"  web chat    {base}/chat/{channel.id}")
    console.print(f"  desk        {base}/desk")
    for pack in built.directory.packs():
        console.print(f"  dashboard   {base}/dashboard/{pack.id}")
    console.print(f"  wallboard   {base}/wallboard\n\n  Everybody's password is [bold]{PASSWORD}[/]:")
    for login in LOGINS:
        console.print(f"    {login.email:<24}{login.role.replace('_', ' ')}")
    console.print()


__all__ = ["run_demo"]
