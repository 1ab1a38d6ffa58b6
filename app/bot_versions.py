"""Bots as releases: trained into immutable versions, judged before they run, rolled back, watched."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Protocol

import structlog

from accounts.audit import Act, entry
from app.bot_judging import BotJudging
from app.directory import TOPIC, Directory
from app.packs import ClientPack, Unusable, bot_part
from app.rasa import activate_on_rasa
from app.training import ReadPack, TrainedModel, encoder_name, train_pack
from app.variations import variations_of
from conversation.clock import Clock
from conversation.ids import ClientId, UserId
from conversation.ports import Wakeups
from nlu.http_guard import Guard
from nlu.pack import Pack
from nlu.versions.compare import Comparison
from nlu.versions.drift import Drift
from nlu.versions.promise import promise_at
from nlu.versions.recipe import bot_digest, data_hash, recipe_hash
from nlu.versions.texts import texts_difference
from nlu.versions.version import (
    Activated,
    Active,
    BotVersion,
    Disagreements,
    NeedsApproval,
    Objection,
    Refused,
    TestRun,
    TextChange,
)
from storage.blobs import Blobs
from storage.bot_versions import Activation, NewBot, SqlBotVersions
from storage.errors import PackMoved
from storage.packs import PackVersion, PackVersions

log = structlog.get_logger(__name__)

_ATTEMPTS = 5

RunTests = Callable[[ReadPack, ClientId, bytes], Awaitable[TestRun]]
"""Runs the conversation tests of a client's bot with its kept model."""


class Watching(Protocol):
    """What is seen of versions in live traffic: storage and arithmetic of shadows and drift."""

    async def shadow(
        self, client: ClientId, number: int | None, *, now: datetime, by: UserId | None, by_name: str
    ) -> None:
        """Lets the version understand live traffic beside the active one from now on; None ends it."""
        ...

    async def disagreements(self, client: ClientId, *, limit: int) -> Disagreements:
        """The latest shadow's counts and its newest disagreements."""
        ...

    async def drift(self, active: Active | None, client: ClientId, pack: Pack | None, now: datetime) -> Drift:
        """Live traffic of the last week beside what the active version learned."""
        ...


@dataclass(frozen=True, slots=True)
class Kept:
    """A trained version, and whether it was not there before."""

    version: BotVersion
    is_new: bool


class BotVersions:
    """The bots of all clients. Methods that change something raise app.packs.Unusable, in one clear line, for what
    cannot be done at all (no such version, no applied pack); what may not be done is a value: Refused, NeedsApproval.
    """

    def __init__(
        self,
        rows: SqlBotVersions,
        packs: PackVersions,
        directory: Directory,
        models: Blobs,
        wakeups: Wakeups,
        clock: Clock,
        *,
        watching: Watching,
        run_tests: RunTests,
        engine_guard: Guard,
    ) -> None:
        self._rows = rows
        self._judging = BotJudging(rows)
        self._packs = packs
        self._directory = directory
        self._models = models
        self._wakeups = wakeups
        self._clock = clock
        self._watching = watching
        self._run_tests = run_tests
        self._engine_guard = engine_guard

    # What there is

    async def versions(self, client: ClientId) -> Sequence[BotVersion]:
        """The client's versions, the newest first."""
        return await self._rows.all_of(client)

    async def active(self, client: ClientId) -> Active | None:
        """The version that runs, since when, and what it promises at the target in force. None before the first."""
        history = await self._rows.history(client)
        if not history:
            return None
        version = await self._judging.require(client, history[-1].number)
        stricter = (await self._rows.running())[client].target
        own = version.evaluation.promise if version.evaluation else None
        target = float(version.facts.get("target", 0.03))
        if stricter is None or stricter >= target:
            return Active(version, history[-1].at, target, own)
        held = await self._rows.held_out(client, version.number)
        promise = promise_at(held, stricter) if own is not None else None
        return Active(version, history[-1].at, stricter, promise, tightened=True)

    async def compare(self, client: ClientId, a: int, b: int) -> Comparison:
        """Version b beside version a on the examples that both held out, without any training."""
        return await self._judging.compare(client, a, b)

    # Training

    async def train(self, pack: ClientPack, by: str, engine: str = "", *, vary: bool = False) -> Kept:
        """Keeps the pack's bot as an immutable version. The same bot again is the version it was; one of the same data
        and engine, with other texts or flows, is a new version with the model that is known. `vary`: a new one is tried
        on variations of its conversation tests, which takes up to a minute.
        """
        kind = engine or pack.nlu.profile.engine.kind
        encoder = await asyncio.to_thread(encoder_name, kind)
        digest, recipe, data = await asyncio.to_thread(
            lambda: (
                bot_digest(pack.files, pack.nlu, kind, encoder),
                recipe_hash(pack.nlu, kind, encoder),
                data_hash(pack.nlu),
            )
        )
        known = await self._rows.with_digest(pack.id, digest)
        if known is not None:
            return Kept(known, is_new=False)
        like = next((v for v in await self._rows.all_of(pack.id) if v.facts.get("recipe") == recipe), None)
        trained = await self._again(like) if like is not None else None
        if trained is None:
            trained = await asyncio.to_thread(train_pack, pack, kind)
            model = await self._models.write(pack.id, trained.model, name=f"{pack.id}.model")
        else:
            model = like.model if like is not None else ""
        varied = {"variations": await variations_of(pack, trained.model) if vary else None}
        version, is_new = await self._rows.add(
            NewBot(
                client=pack.id,
                digest=digest,
                data=data,
                engine=kind,
                files=pack.files,
                model=model,
                created_at=self._clock.now(),
                created_by=by,
                evaluation=trained.evaluation,
                held_out=trained.held_out,
                facts={**trained.facts, "recipe": recipe, "target": pack.nlu.profile.bot.wrong_answers, **varied},
            )
        )
        return Kept(version, is_new)

    async def test(self, client: ClientId, number: int) -> TestRun:
        """Runs the version's own conversation tests now, and keeps how they went."""
        version = await self._judging.require(client, number)
        model, files = await self._models.read(client, version.model), await self._rows.files(client, number)
        run = await self._run_tests(partial(bot_part, files, version.engine), client, model or b"")
        await self._rows.keep_tests(client, number, run)
        return run

    # Running

    async def activate(
        self,
        client: ClientId,
        number: int,
        *,
        by: UserId | None = None,
        by_name: str,
        reason: str = "",
        force: bool = False,
    ) -> Activated | Refused | NeedsApproval:
        """Lets the version answer the client's customers, in every process within two seconds. Refused if it is worse
        beyond noise than the one that runs or its conversation tests fail (they are run if they never were), unless
        `force`, which needs a `reason`; both are audited. Texts that the client has never approved wait for it.
        """
        if force and not reason.strip():
            raise Unusable("forcing needs a reason that others can read later: --reason '…'")
        for _ in range(_ATTEMPTS):
            version, running = await self._judging.require(client, number), await self._running(client)
            if running == number:
                return Activated(client, number, number)
            if version.tests is None:
                await self.tested(version)
            refused = await self.judged(client, number)
            if refused is not None and not force:
                await self.tell_refused(refused, by, by_name)
                return refused
            reasons = refused.reasons if refused is not None else ()
            if (waits := await self._proposed(version, by_name, reason if reasons else "")) is not None:
                return waits
            if await self._bring(version, running, by, by_name, reason, reasons):
                return Activated(client, number, running, forced=bool(reasons), reasons=tuple(reasons))
        raise Unusable(f"{client}: others activate versions this very moment; look at `nlu versions` and try again")

    async def rollback(
        self, client: ClientId, *, by: UserId | None = None, by_name: str, reason: str = ""
    ) -> Activated:
        """Goes back to the version that ran before, at once: it has been approved and judged when it came. Rolling back
        twice goes back two versions. Prices and other terms stay.
        """
        stack: list[int] = []
        for activation in await self._rows.history(client):
            if activation.rollback:
                stack.pop()
            else:
                stack.append(activation.number)
        if len(stack) < 2:
            raise Unusable(f"{client} has no version to go back to")
        version = await self._judging.require(client, stack[-2])
        await self._serve(version)
        done = await self._rows.activate(
            Activation(client, version.number, self._clock.now(), by_name, reason, rollback=True),
            by=by,
            act=Act.BOT_ROLLED_BACK,
            expected=stack[-1],
            detail={},
        )
        if not done:
            raise Unusable(f"{client}: another version was activated this very moment; look at `nlu versions`")
        await self.take_up()
        return Activated(client, version.number, stack[-1])

    async def tighten(
        self, client: ClientId, target: float | None, *, reason: str, by_name: str, by: UserId | None = None
    ) -> None:
        """Sets a stricter share of wrong answers (0..1) than the pack's own, which raises the threshold within two
        seconds; None lifts it. Audited.
        """
        if target is not None and not 0 < target < 1:
            raise Unusable(f"a share of wrong answers lies between 0 and 1, {target} does not: 0.02 means 2 %")
        await self._rows.set_target(client, target, now=self._clock.now(), by=by, by_name=by_name, reason=reason)
        await self.take_up()

    async def judged(self, client: ClientId, number: int) -> Refused | None:
        """Why the version may not take the place of the one that runs; None if it may. See nlu.versions.gate."""
        return await self._judging.judged(client, number)

    async def to_approve(self, version: BotVersion) -> Sequence[TextChange]:
        """The texts that the client has to approve before the version may say them."""
        client = version.client
        current = self._directory.pack(client)
        history = await self._rows.history(client)
        if current is None or current.waives_approval or version.number in {a.number for a in history}:
            return ()
        after = await self._judging.pack_of(client, version.number)
        return await asyncio.to_thread(texts_difference, current.nlu, after)

    async def serve(self, client: ClientId, number: int) -> None:
        """Gives a Rasa server the version's model, before anybody relies on it."""
        await self._serve(await self._judging.require(client, number))

    async def take_up(self) -> None:
        """Lets this process and, by the wake-up, all others look at once at what is in force."""
        await self._directory.refresh()
        await self._wakeups.announce(TOPIC)

    # Watching

    async def shadow(
        self, client: ClientId, number: int | None, *, by: UserId | None = None, by_name: str = ""
    ) -> None:
        """Lets a candidate understand live traffic beside the active version, in workers, after the customer has been
        answered; None ends it. One candidate a client; audited.
        """
        if number is not None:
            version = await self._judging.require(client, number)
            if version.active:
                raise Unusable(f"version {number} of {client} is the one that runs: choose another as the candidate")
        await self._watching.shadow(client, number, now=self._clock.now(), by=by, by_name=by_name)
        await self._wakeups.announce(TOPIC)

    async def disagreements(self, client: ClientId, *, limit: int = 50) -> Disagreements:
        """Where the candidate understood live messages differently: counts, and the newest ones."""
        return await self._watching.disagreements(client, limit=limit)

    async def drift(self, client: ClientId, now: datetime | None = None) -> Drift:
        """The last seven days beside what the active version learned. See nlu.versions.drift for when it warns."""
        active = await self.active(client)
        pack = await self._judging.pack_of(client, active.version.number) if active is not None else None
        return await self._watching.drift(active, client, pack, now or self._clock.now())

    # Helpers

    async def tested(self, version: BotVersion) -> None:
        """Runs its conversation tests. A Rasa version that cannot be tried here, for want of a spare server, is judged
        by its held-out answers alone.
        """
        try:
            await self.test(version.client, version.number)
        except Unusable as error:
            if version.engine != "rasa":
                raise
            log.warning("conversation tests not run", client=version.client, bot=version.number, why=str(error))

    async def _running(self, client: ClientId) -> int | None:
        await self._directory.refresh()
        if self._directory.pack(client) is None:
            raise Unusable(f"{client} is not applied yet: switchboard client apply PACK, then its bot can run")
        history = await self._rows.history(client)
        return history[-1].number if history else None

    async def _again(self, like: BotVersion) -> TrainedModel | None:
        """The known model and its evaluation, if the model is still there."""
        model = await self._models.read(like.client, like.model)
        if model is None:
            return None
        held = await self._rows.held_out(like.client, like.number)
        return TrainedModel(model, like.facts, like.evaluation, held)

    async def tell_refused(self, refused: Refused, by: UserId | None, by_name: str) -> None:
        """Writes the refusal into the audit log."""
        told = entry(
            Act.BOT_REFUSED,
            self._clock.now(),
            actor=by,
            actor_name=by_name,
            client=refused.client,
            subject=f"bot:{refused.number}",
            reasons=[str(reason) for reason in refused.reasons],
        )
        await self._rows.tell([told])

    async def _proposed(self, version: BotVersion, by_name: str, forced: str) -> NeedsApproval | None:
        """What waits for the client; None if nothing must. Terms approved meanwhile are taken up and looked at anew, as
        long as each look finds newer ones.
        """
        seen: set[int] = set()
        while True:
            current = await self._packs.active(version.client)
            difference = await self.to_approve(version)
            if not difference or current is None:
                return None
            try:
                return await self._propose(version, current, difference, by_name, forced)
            except PackMoved:
                if current.version in seen:
                    raise
                seen.add(current.version)
                await self._directory.refresh()

    async def _propose(
        self, version: BotVersion, current: PackVersion, difference: Sequence[TextChange], by_name: str, forced: str
    ) -> NeedsApproval:
        shown = self._directory.pack(version.client)
        proposal = await self._packs.add(
            version.client,
            shown.name if shown is not None else str(version.client),
            current.files,
            model=current.model,
            report={**current.report, "forced": forced} if forced else current.report,
            now=self._clock.now(),
            by=by_name,
            difference=difference,
            bot=version.number,
            against=current.version,
        )
        return NeedsApproval(version.client, version.number, proposal, tuple(difference))

    async def _bring(
        self,
        version: BotVersion,
        running: int | None,
        by: UserId | None,
        by_name: str,
        reason: str,
        reasons: Sequence[Objection],
    ) -> bool:
        await self._serve(version)
        detail: Mapping[str, object] = {"refused_for": [str(one) for one in reasons]} if reasons else {}
        done = await self._rows.activate(
            Activation(version.client, version.number, self._clock.now(), by_name, reason, forced=bool(reasons)),
            by=by,
            act=Act.BOT_FORCED if reasons else Act.BOT_ACTIVATED,
            expected=running,
            detail=detail,
        )
        if done:
            await self.take_up()
        return done

    async def _serve(self, version: BotVersion) -> None:
        if version.engine != "rasa":
            return
        pack = await self._judging.pack_of(version.client, version.number)
        kept = await self._models.read(version.client, version.model)
        await asyncio.to_thread(activate_on_rasa, pack, kept or b"", self._engine_guard)
