"""The clients' bot versions as the trainer's pages and the live audit ask for them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from app.bot_versions import BotVersions
from app.packs import Unusable
from conversation.clock import Clock
from conversation.ids import ClientId, UserId
from nlu.audit.reports import Promised
from nlu.versions.compare import Comparison
from nlu.versions.drift import Drift
from nlu.versions.names import read_name, version_name
from nlu.versions.version import Activated, Active, BotVersion, Disagreements, NeedsApproval, Refused
from web.training.ports import CannotBeDone

DRIFT_STANDS = timedelta(minutes=5)


class BotPromises:
    """An app.live_audit.Promises over the versions."""

    def __init__(self, bots: BotVersions) -> None:
        self._bots = bots

    async def promised(self, client: ClientId, version: str) -> Promised | None:
        """A version promises the share its pack asked for, or the share found on its held-out examples if that is
        higher. It stays the promise when the threshold is raised: the client is told nothing else by it.
        """
        read = read_name(version)
        if read is None:
            return None
        found = next((one for one in await self._bots.versions(client) if one.number == read[0]), None)
        if found is None:
            return None
        asked = float(found.facts.get("target", 0.03))
        wrong = max(asked, found.evaluation.promise.wrong) if found.evaluation else asked
        active = await self._bots.active(client)
        return Promised(version, wrong, active.target if active and _name_of(active) == version else None)

    async def tighten(self, client: ClientId, target: float, *, reason: str, by_name: str) -> str:
        """Only ever stricter than what is in force at this moment."""
        active = await self._bots.active(client)
        if active is None or active.target <= target:
            in_force = f"{active.target:.2%}" if active else "none"
            return f"a target as strict is in force already ({in_force})"
        await self._bots.tighten(client, target, reason=reason, by_name=by_name)
        return f"the target of wrong answers is {target:.2%} instead of {active.target:.2%}"


def _name_of(active: Active) -> str:
    return version_name(active.version.number, active.target if active.tightened else None)


class TrainerBots:
    """A web.training.ports.Bots: what is refused in one clear line elsewhere is told on a page here."""

    def __init__(self, bots: BotVersions, clock: Clock) -> None:
        self._bots = bots
        self._clock = clock
        self._drifts: dict[ClientId, tuple[datetime, str, Drift]] = {}

    async def versions(self, client: ClientId) -> Sequence[BotVersion]:
        """See web.training.ports.Bots."""
        return await self._bots.versions(client)

    async def active(self, client: ClientId) -> Active | None:
        """See web.training.ports.Bots."""
        return await self._bots.active(client)

    async def drift(self, client: ClientId) -> Drift:
        """A week's traffic is read and a pack parsed for it, so what was found stands for a few minutes, unless another
        version runs since.
        """
        active, now = await self._bots.active(client), self._clock.now()
        name = _name_of(active) if active is not None else ""
        known = self._drifts.get(client)
        if known is None or known[1] != name or now - known[0] > DRIFT_STANDS:
            known = self._drifts[client] = (now, name, await self._bots.drift(client))
        return known[2]

    async def activate(
        self, client: ClientId, number: int, *, reason: str, force: bool, by: UserId, by_name: str
    ) -> Activated | Refused | NeedsApproval:
        """See web.training.ports.Bots."""
        async with _told():
            return await self._bots.activate(client, number, reason=reason, force=force, by=by, by_name=by_name)

    async def rollback(self, client: ClientId, *, reason: str, by: UserId, by_name: str) -> Activated:
        """See web.training.ports.Bots."""
        async with _told():
            return await self._bots.rollback(client, reason=reason, by=by, by_name=by_name)

    async def shadow(self, client: ClientId, number: int | None, *, by: UserId, by_name: str) -> None:
        """See web.training.ports.Bots."""
        async with _told():
            await self._bots.shadow(client, number, by=by, by_name=by_name)

    async def disagreements(self, client: ClientId) -> Disagreements:
        """See web.training.ports.Bots."""
        return await self._bots.disagreements(client)

    async def compare(self, client: ClientId, a: int, b: int) -> Comparison:
        """See web.training.ports.Bots."""
        async with _told():
            return await self._bots.compare(client, a, b)


@asynccontextmanager
async def _told() -> AsyncIterator[None]:
    try:
        yield
    except Unusable as error:
        raise CannotBeDone(str(error)) from error
