"""The story of a customer message: understood, answered or handed to a person, and kept, in one commit."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from conversation.change import Change, Ignored, Work
from conversation.clock import Clock
from conversation.conversation import HandoffReason, ResolvedBy, State
from conversation.draft import Draft
from conversation.events import EventKind
from conversation.files.check import GONE, MAX_BYTES
from conversation.message import BOT, Author, AuthorKind, ContentKind, Reply
from conversation.ports import Bots, Files, HandoffPlanner, NoFiles, Outcome, Store
from conversation.resolution import Answered, NeedsHuman, Turn
from conversation.satisfaction import (
    Answer,
    Comment,
    NoSurveys,
    Score,
    Survey,
    Surveys,
    WantsToComment,
    answer_in,
    ask,
    reply_to,
)
from conversation.understanding import Understanding

log = logging.getLogger(__name__)

RETRY_AFTER = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The ports `handle_inbound` works with."""

    store: Store
    bots: Bots
    planner: HandoffPlanner
    clock: Clock
    files: Files = field(default_factory=NoFiles)
    surveys: Surveys = field(default_factory=NoSurveys)


async def handle_inbound(works: Sequence[Work], pipeline: Pipeline) -> list[Outcome]:
    """Understands a batch together, decides each message alone, commits all in one transaction.

    A batch that fails is halved until the poisonous message stands alone; that one goes to a person.
    """
    if not works:
        return []
    try:
        works = await asyncio.gather(*(_with_files(work, pipeline.files) for work in works))
        turns = [_turn(work, pipeline.clock.now()) for work in works]
        understandings = await pipeline.bots.understand(turns)
        decisions = await asyncio.gather(
            *(_decide(work, turn, u, pipeline) for work, turn, u in zip(works, turns, understandings, strict=True))
        )
        return await pipeline.store.commit(decisions)
    except Exception:
        if len(works) == 1:
            log.exception("message %s broke the bot; giving it to a person", works[0].item.id)
            return [await _give_to_person(works[0], pipeline)]
        log.exception("a batch of %d failed; halving it", len(works))
        middle = len(works) // 2
        return await handle_inbound(works[:middle], pipeline) + await handle_inbound(works[middle:], pipeline)


async def _with_files(work: Work, files: Files) -> Work:
    """Files are fetched before anything is decided: the platforms keep them only for a while."""
    if all(attachment.stored or attachment.refused for attachment in work.item.inbound.attachments):
        return work
    inbound = await files.fetch(work.item.inbound)
    return replace(work, item=replace(work.item, inbound=inbound))


async def _decide(work: Work, turn: Turn, understanding: Understanding, pipeline: Pipeline) -> Change | Ignored:
    """One message's whole effect on its conversation."""
    kind = work.item.inbound.kind
    if kind is ContentKind.EDIT:
        return _edited(work, turn.now)
    if kind is ContentKind.BLOCKED:
        return _blocked(work, turn.now)
    answer = answer_in(work.item.inbound, work.latest, turn.now)
    if answer is not None and (rated := await _rated(work, answer, turn.now, pipeline)) is not None:
        return rated
    draft = _take_up(work, understanding, turn.now)
    message = draft.receive(work)
    draft.understood(message, understanding)
    turn = replace(turn, conversation=draft.conversation)
    refused = _about_refused(turn, pipeline.bots)
    if draft.conversation.state is State.BOT:
        await _let_bot_answer(draft, work, turn, understanding, pipeline, refused)
    else:
        draft.bot_says(refused)
    return draft.change(work)


def _about_refused(turn: Turn, bots: Bots) -> tuple[Reply, ...]:
    """What the customer hears of files that were not accepted or did not arrive."""
    replies: list[Reply] = []
    for response, lost in (("utter_file_refused", False), ("utter_file_lost", True)):
        found = [f.name for f in turn.inbound.attachments if f.refused and (f.refused == GONE) is lost]
        if found:
            words = {"file_name": ", ".join(found), "limit_mb": MAX_BYTES // (1024 * 1024)}
            replies += bots.say(turn, response, words)
    return tuple(replies)


def _turn(work: Work, now: datetime) -> Turn:
    latest = work.latest
    conversation = (
        latest
        if latest is not None and latest.takes_up(work.item.inbound.received_at)
        else Draft.open(work, work.thread.language or "", now).conversation
    )
    language = conversation.language or work.thread.language
    return Turn(conversation, work.item.inbound, work.customer, language, work.item.inbound.key, now)


def _take_up(work: Work, understanding: Understanding, now: datetime) -> Draft:
    """The open conversation, a recent one reopened, or a new one. A bare thanks does not reopen."""
    latest = work.latest
    if latest is None or not latest.takes_up(work.item.inbound.received_at):
        return Draft.open(work, understanding.language or work.thread.language or "", now)
    draft = Draft(latest, now)
    if not latest.is_open and not understanding.courtesy:
        draft.reopen("the customer wrote again")
    return draft


async def _let_bot_answer(
    draft: Draft,
    work: Work,
    turn: Turn,
    understanding: Understanding,
    pipeline: Pipeline,
    refused: tuple[Reply, ...] = (),
) -> None:
    """The bot's turn; `refused`, about the customer's files, is said before all else."""
    inbound = work.item.inbound
    triggered_at = min(inbound.sent_at, inbound.received_at)
    if _belongs_to_people(work, draft):
        need = NeedsHuman(
            HandoffReason.REOPENED,
            draft.conversation.tracker,
            refused,
            queue=draft.conversation.queue,
            priority=draft.conversation.priority,
        )
        await _hand_off(draft, work, turn, need, triggered_at, pipeline)
        return
    resolution = await pipeline.bots.respond(turn, understanding)
    draft.facts(resolution.facts)
    match resolution:
        case Answered():
            draft.track(resolution.tracker, topic=resolution.topic, completed=resolution.completed)
            draft.bot_says((*refused, *resolution.replies))
            if resolution.close:
                _close(draft)
                ask(draft, pipeline.surveys)
        case NeedsHuman():
            draft.track(resolution.tracker, topic=resolution.topic)
            since = min(resolution.since or triggered_at, triggered_at)
            need = replace(resolution, replies=(*refused, *resolution.replies))
            await _hand_off(draft, work, turn, need, since, pipeline, understanding.intent.confidence)


def _belongs_to_people(work: Work, draft: Draft) -> bool:
    """A conversation an agent resolved goes back to people when it is reopened."""
    latest = work.latest
    return (
        latest is not None
        and latest.id == draft.conversation.id
        and latest.state is State.RESOLVED
        and latest.resolved_by is ResolvedBy.AGENT
    )


async def _hand_off(
    draft: Draft,
    work: Work,
    turn: Turn,
    need: NeedsHuman,
    triggered_at: datetime,
    pipeline: Pipeline,
    confidence: float | None = None,
) -> None:
    """Queues the conversation, then says the bot's last words and what happens next: in the new epoch, since what it
    said in the old one is dropped if it has not been sent yet.
    """
    plan = await pipeline.planner.plan(draft.conversation, need, draft.now)
    draft.hand_off(
        plan,
        need.reason,
        triggered_at=triggered_at,
        topic=need.topic,
        slots=need.slots,
        confidence=confidence,
    )
    if work.latest is not None:
        draft.revoke(work.latest)
    draft.bot_says((*need.replies, *pipeline.bots.say(turn, plan.notice, dict(plan.variables))))


def _close(draft: Draft) -> None:
    by = ResolvedBy.BOT if draft.conversation.completed else ResolvedBy.ABANDONED
    draft.resolve(BOT, by, "")


async def _rated(work: Work, answer: Answer, now: datetime, pipeline: Pipeline) -> Change | None:
    """How it went, kept with the conversation that was asked about, which stays resolved. While people have it again
    only the score is kept: nothing is said, and no clock of theirs starts. None if nobody asked.
    """
    latest = work.latest
    if latest is None or latest.id != answer.of:
        latest = await pipeline.store.load(answer.of, [work.thread.client])
    if latest is None or latest.thread != work.thread.id or not latest.csat:
        return None
    if latest.csat_score is None and not isinstance(answer, Score):
        return None
    draft, inbound = Draft(latest, now), work.item.inbound
    customer = Author(AuthorKind.CUSTOMER, inbound.sender.reference, inbound.sender.name)
    talks = latest.state in (State.RESOLVED, State.BOT)
    if talks:
        draft.receive(work)
    match answer:
        case Score():
            draft.rate(customer, answer.value, Survey.SCORED)
        case WantsToComment():
            draft.comment(customer, "", Survey.COMMENTING)
        case Comment():
            draft.comment(customer, answer.text, Survey.DONE)
    if talks:
        draft.after_the_end(reply_to(answer, draft.conversation, pipeline.surveys), latest.preview)
    return draft.change(work)


def _edited(work: Work, now: datetime) -> Change | Ignored:
    if work.latest is None:
        return Ignored(work, "an edit of a message we never saw")
    draft = Draft(work.latest, now)
    draft.edit(work)
    return draft.change(work)


def _blocked(work: Work, now: datetime) -> Change | Ignored:
    if work.latest is None or not work.latest.is_open:
        return Ignored(work, "the customer blocked us while nothing was open")
    draft = Draft(work.latest, now)
    draft.record(EventKind.CUSTOMER_BLOCKED)
    if work.latest.state is State.BOT:
        _close(draft)
    return draft.change(work)


async def _give_to_person(work: Work, pipeline: Pipeline) -> Outcome:
    """The message alone breaks the bot: a person gets it. If even that fails it waits and is tried again."""
    try:
        now = pipeline.clock.now()
        turn = _turn(work, now)
        draft = _take_up(work, Understanding.nothing("", turn.language or ""), now)
        draft.receive(work)
        if draft.conversation.state is State.BOT:
            need = NeedsHuman(HandoffReason.BOT_FAILED, draft.conversation.tracker)
            sent = min(work.item.inbound.sent_at, work.item.inbound.received_at)
            await _hand_off(draft, work, turn, need, sent, pipeline)
        return (await pipeline.store.commit([draft.change(work)]))[0]
    except Exception as error:
        log.exception("message %s could not be handed to a person either; it waits", work.item.id)
        retry_at = pipeline.clock.now() + RETRY_AFTER * (work.item.attempts + 1)
        await pipeline.store.give_back([work], retry_at=retry_at, error=repr(error))
        return Outcome.CONFLICT


async def close_idle(pipeline: Pipeline, *, after: timedelta, limit: int = 200) -> int:
    """Ends conversations the customer left with the bot: resolved by it if a flow had completed, else abandoned."""
    now = pipeline.clock.now()
    changes: list[Change | Ignored] = []
    for conversation in await pipeline.store.idle(now - after, limit):
        draft = Draft(conversation, now)
        _close(draft)
        changes.append(draft.change())
    return (await pipeline.store.commit(changes)).count(Outcome.COMMITTED) if changes else 0
