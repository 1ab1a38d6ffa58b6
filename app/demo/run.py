"""`make demo`: sample clients, logins and a few days of simulated conversations, then everything runs for real, while
the months before are lived beside it.
"""

import asyncio
import contextlib
import os
import shutil
from datetime import UTC, datetime

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from accounts.errors import EmailTaken
from accounts.password import Argon2Hasher
from accounts.user import Role
from app import logs
from app.demo.attendance import attendance
from app.demo.backend import BACKEND, backend
from app.demo.filling import fill_past
from app.demo.people import LOGINS, PASSWORD
from app.demo.plan import Plan, keep
from app.demo.settings import FOLDER, PLAN, demo_settings
from app.demo.simulation import Simulation
from app.demo.stage import SEED, TROUBLED, all_stories, desk_agent, stage_of
from app.processes import Part, on_signals, run_parts, warm_bots
from app.settings import LogFormat, Settings
from app.wiring import Platform, platform
from clients import PACKS
from conversation.clock import ManualClock
from conversation.ids import ClientId
from nlu.variables import variable_of

console = Console(highlight=False)


async def run_demo(*, port: int | None, conversations: int, fresh: bool) -> None:
    """Runs until Ctrl-C. The first start fills the database; later starts keep what is there, and go on with the past
    where an earlier one stopped.
    """
    logs.configure("WARNING", LogFormat.CONSOLE)
    if fresh:
        shutil.rmtree(FOLDER, ignore_errors=True)
    stop = asyncio.Event()
    on_signals(stop)
    async with backend() as backend_port:
        settings = demo_settings(port, backend_port, FOLDER)
        await fill_once(settings, conversations, stop)
        if stop.is_set():
            return
        async with platform(settings) as built:
            await apply_packs(built)
            with console.status("Waking the bots …"):
                await warm_bots(built, await built.clients.ids())
            await renew_passwords(built)
            introduce(built)
            past = asyncio.create_task(fill_past(built, FOLDER, console, stop))
            try:
                await run_parts(built, frozenset(Part), stop)
            finally:
                stop.set()
                await past
    console.print("Stopped; the state is kept in var/demo.")


async def fill_once(settings: Settings, conversations: int, stop: asyncio.Event) -> None:
    """Lives the last days unless an earlier start has made it to their end."""
    if not is_filled():
        await fill(settings, Plan(datetime.now(UTC), conversations), stop)


async def fill(settings: Settings, plan: Plan, stop: asyncio.Event) -> None:
    """Packs, logins and the last days, on a clock that ends now. What an interrupted start left is thrown away."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    clock = ManualClock(plan.begin)
    async with platform(settings, clock=clock, hasty=True) as built:
        await apply_packs(built)
        await add_logins(built)
        agents = [desk_agent(user) for user in await built.users.list() if Role.AGENT in user.roles]
        await built.attendance.import_spans(attendance(agents, built.directory, plan.begin, plan.until, SEED))
        await simulate(built, clock, plan, stop)
    if not stop.is_set():
        keep(plan, FOLDER / PLAN)


async def apply_packs(built: Platform) -> None:
    """The sample packs as their files are now; quick when they have not changed."""
    for pack in PACKS:
        with console.status(f"Reading and training {pack.name} …"):
            await built.clients.apply(pack, by="demo")


def is_filled() -> bool:
    """Whether an earlier start has lived its last days to the end."""
    return (FOLDER / PLAN).exists()


async def add_logins(built: Platform) -> None:
    """The demo's people; those there already stay as they are."""
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


async def renew_passwords(built: Platform) -> None:
    """People whom an earlier version added get the password that the screen shows."""
    hasher = Argon2Hasher()
    for login in LOGINS:
        user = await built.users.by_email(login.email)
        if user is not None and not await asyncio.to_thread(hasher.verify, PASSWORD, user.password_hash):
            hashed = await asyncio.to_thread(hasher.hash, PASSWORD)
            await built.users.set_password(user.id, hashed, instead_of=user.password_hash)


async def simulate(built: Platform, clock: ManualClock, plan: Plan, stop: asyncio.Event) -> None:
    """Plays the packs' stories over the plan's last days."""
    recent = plan.recent
    clock.set(recent.start)
    stage = await stage_of(built, clock, os.environ[variable_of("alpenrad", BACKEND)])
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("Simulated customers write, the bot and agents answer", total=recent.conversations)
        playing = asyncio.create_task(
            Simulation(stage, seed=SEED, trouble=TROUBLED).play(
                all_stories(PACKS),
                recent.conversations,
                recent.start,
                recent.end,
                lambda: progress.advance(task),
            )
        )
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait((playing, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if stop.is_set():
            playing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await playing


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
