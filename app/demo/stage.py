"""The simulation's stage: a platform's real rooms, its agents, and the stories that the sample packs tell."""

import random
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from accounts.user import Role, User
from app.demo.simulation import Stage
from app.demo.stories import Story, parse_stories
from app.wiring import Platform
from conversation.clock import ManualClock
from conversation.errors import PackInvalid
from conversation.ids import ClientId
from conversation.packfile import Problems
from handoff.agent import Agent
from nlu.yaml_loader import load_node

SEED = 20261123
TROUBLED = frozenset({ClientId("kontor")})


async def stage_of(built: Platform, clock: ManualClock, backend_url: str) -> Stage:
    """The rooms of a platform whose clock the simulation moves, and the backend that its customers' orders are in."""
    return Stage(
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
        agents=[desk_agent(user) for user in await built.users.list() if Role.AGENT in user.roles],
        new_day=reset_backend(built, backend_url),
    )


def desk_agent(user: User) -> Agent:
    """A simulated agent has room for as many as the day brings."""
    return Agent(user.id, user.name, user.clients, 50, user.skills, user.languages)


def reset_backend(built: Platform, backend_url: str) -> Callable[[], Awaitable[None]]:
    """The sample backend forgets what yesterday's customers did: the same stories are told on many days."""

    async def new_day() -> None:
        reset = await built.http.post(f"{backend_url}/_control", json={"reset": True}, timeout=5)
        reset.raise_for_status()

    return new_day


def all_stories(packs: Sequence[Path]) -> Sequence[Story]:
    """The stories of the packs, mixed; the same for everybody. Raises PackInvalid if one is written wrongly."""
    told = [story for pack in packs for story in stories_of(pack)]
    random.Random(SEED).shuffle(told)  # noqa: S311  the same demo for everybody, not a secret
    return told


def stories_of(pack: Path) -> Sequence[Story]:
    """The stories of one sample pack. Raises PackInvalid if one is written wrongly."""
    problems = Problems()
    node = load_node((pack / "simulation.yml").read_text("utf-8"), f"{pack.name}/simulation.yml")
    stories = parse_stories(ClientId(pack.name), node, problems)
    if problems.errors:
        raise PackInvalid(problems.errors)
    return stories
