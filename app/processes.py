"""The processes: any mix of web, worker and poll in one event loop, started together and stopped gracefully."""

import asyncio
import signal
from collections.abc import Callable, Coroutine, Sequence
from contextlib import closing
from enum import StrEnum
from typing import Any

import structlog

from app import logs
from app.housekeeping import Housekeeping
from app.http_server import listen, serve_http
from app.lanes import inbox_lane, keep_running, sweeper, until
from app.metrics_listener import serve_metrics
from app.serving import prepare_to_serve
from app.settings import Settings
from app.web import create_web
from app.wiring import Platform, platform
from bots.delivery import Deliverer
from bots.limits import Limits
from conversation.ids import ClientId
from handoff.sweeps import return_unentitled, sweep_vanished, wake_snoozed

log = structlog.get_logger(__name__)

SWEEP_EVERY_SECONDS = 5.0
DRAIN_SECONDS = 20.0
FOLLOW_SECONDS = 1.0
WEBHOOK_PAUSE_SECONDS = 30.0
WARM_BOTS = 50
_PORT_HINT = "is another Switchboard running? Choose --port"


class Part(StrEnum):
    """What a process can do."""

    WEB = "web"
    WORKER = "worker"
    POLL = "poll"


async def run(settings: Settings, parts: frozenset[Part]) -> None:
    """Runs the parts until SIGINT or SIGTERM: then takes nothing new, finishes what it has, and returns."""
    logs.configure(settings.log_level, settings.log_format)
    stop = asyncio.Event()
    on_signals(stop)
    async with platform(settings) as built:
        prepare_to_serve()
        await run_parts(built, parts, stop)


async def run_parts(built: Platform, parts: frozenset[Part], stop: asyncio.Event) -> None:
    """The parts of one platform until `stop`. A part that ends early stops the others."""
    await built.channels.sync()
    log.info("started", parts=sorted(parts), url=built.settings.base_url if Part.WEB in parts else None)
    tasks = [asyncio.create_task(job) for job in _jobs(built, parts, stop)]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        stop.set()
        async with asyncio.timeout(DRAIN_SECONDS):
            await asyncio.gather(*tasks)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        log.info("stopped")


def _jobs(built: Platform, parts: frozenset[Part], stop: asyncio.Event) -> list[Coroutine[Any, Any, None]]:
    jobs = [
        keep_running("packs", lambda s: _follow_packs(built, s, warm=Part.WORKER in parts), stop),
        serve_metrics(built, stop),
    ]
    if Part.WORKER in parts:
        jobs += _worker_jobs(built, stop)
    else:
        jobs.append(keep_running("engines", lambda s: built.engine_states.measure(built.metrics, s), stop))
    if Part.POLL in parts:
        jobs.append(keep_running("poll", built.channels.poll, stop))
    if Part.WEB in parts:
        jobs.append(keep_running("listen", built.channels.listen, stop))
        if built.settings.is_reachable:
            jobs.append(keep_running("webhooks", lambda s: _register_webhooks(built, s), stop))
        jobs.append(serve_web(built, stop))
    return jobs


def _worker_jobs(built: Platform, stop: asyncio.Event) -> list[Coroutine[Any, Any, None]]:
    settings = built.settings
    deliverer = Deliverer(
        built.outbox, built.channels.senders, built.wakeups, built.clock, worker=built.name, limits=Limits()
    )
    lanes = [
        inbox_lane(f"{built.name}-{lane}", built.pipeline, built.wakeups, batch=settings.worker_batch)
        for lane in range(settings.worker_lanes)
    ]

    async def sweeps() -> None:
        await wake_snoozed(built.store, built.facts, built.clock)
        await return_unentitled(built.store, built.facts, built.clock)
        await sweep_vanished(built.store, built.presence, built.facts, built.clock, grace=settings.agent_grace)

    return [
        *(keep_running(f"inbox {number}", lane, stop) for number, lane in enumerate(lanes)),
        keep_running("engines", built.engine_watch.run, stop),
        keep_running("deliver", deliverer.run, stop),
        keep_running("sla alarms", built.alarms.run, stop),
        keep_running("alarm notices", built.notifier.run, stop),
        keep_running("roll-ups", built.rollups.run, stop),
        keep_running("shadows", built.shadows.run, stop),
        keep_running("live audit", built.live_audit.run, stop),
        keep_running("housekeeping", Housekeeping(built.accounts, built.wakeups, built.clock).run, stop),
        keep_running("sweeps", sweeper(built.pipeline, settings.idle_after, sweeps, SWEEP_EVERY_SECONDS), stop),
    ]


async def _follow_packs(built: Platform, stop: asyncio.Event, *, warm: bool) -> None:
    """Takes up changed packs, gives their channels adapters and, in workers, loads bots before a customer waits."""
    changed = {pack.id for pack in built.directory.packs()}
    while not stop.is_set():
        if warm:
            await warm_bots(built, sorted(changed)[:WARM_BOTS])
        await built.wakeups.wait("packs", FOLLOW_SECONDS)
        await built.directory.refresh()
        changed = built.directory.news()
        if changed:
            await built.channels.sync()


async def _register_webhooks(built: Platform, stop: asyncio.Event) -> None:
    """Keeps the platforms told where to bring updates: soon after a pack changed, and again after a refusal."""
    while not stop.is_set():
        complete = await built.channels.register_webhooks(built.settings.base_url)
        await until(stop, FOLLOW_SECONDS if complete else WEBHOOK_PAUSE_SECONDS)


async def warm_bots(built: Platform, clients: Sequence[ClientId]) -> None:
    """Loads bots and lets each understand a word, so that no customer waits for the first time of anything."""
    for client in clients:
        built.bots.forget(client)
        bot = await built.bots.bot(client)
        await asyncio.to_thread(bot.engine.parse, ["hallo"])


async def serve_web(built: Platform, stop: asyncio.Event) -> None:
    """The pages until `stop`."""
    settings = built.settings
    application = create_web(built)
    await built.live.start()  # a page that opens before we listen would miss what happens in between
    with closing(listen(settings.host, settings.port, hint=_PORT_HINT)) as listening:
        await serve_http(application, listening, settings.connection_limits, stop)


def on_signals(stop: asyncio.Event) -> None:
    """SIGINT and SIGTERM set `stop`."""
    loop = asyncio.get_running_loop()
    quiet: Callable[[], None] = stop.set
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, quiet)
