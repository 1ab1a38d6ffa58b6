"""Judging automatic answers, one after another: blind, by keyboard, without a script if need be."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from conversation.ids import ClientId
from conversation.message import Message
from handoff.views import ClientView
from nlu.audit.findings import Verdict
from nlu.audit.week import Week
from web.auth import Trainer, Wired
from web.errors import Invalid
from web.formats import Formats
from web.pages import pages_of
from web.parameters import ShortText
from web.training.frame import TrainingRoom, frame
from web.training.ports import Task

router = APIRouter(prefix="/training")
KEYS = {Verdict.RIGHT: "1", Verdict.WRONG: "2", Verdict.HANDOFF: "3"}


@router.get("/{client}/audit")
async def judge_page(
    request: Request,
    client: str,
    person: Trainer,
    services: Wired,
    room: TrainingRoom,
    lost: Annotated[bool, Query()] = False,
) -> Response:
    """The next answer, or why there is none. Nothing on it tells what the bot was thinking."""
    view = await frame(services, person, client)
    task = await room.judging.take(view.id, person.id)
    progress = await room.judging.progress(view.id, person.id)
    pages = pages_of(request)
    f = Formats(pages.words(request), view.timezone)
    return pages.render(
        request,
        "training/judge.html",
        timezone=view.timezone,
        client=view,
        progress=progress,
        lost=lost,
        keys=KEYS,
        task=_shown(task, view, f) if task else None,
    )


@router.post("/{client}/audit")
async def judge(
    client: str,
    person: Trainer,
    services: Wired,
    room: TrainingRoom,
    week: ShortText,
    message: ShortText,
    verdict: ShortText,
) -> Response:
    """Keeps the verdict and goes on to the next answer."""
    view = await frame(services, person, client)
    if verdict not in set(Verdict):
        raise Invalid(f"{verdict!r} is not a verdict: {', '.join(Verdict)}")
    kept = await room.judging.judge(view.id, _week(week), message, Verdict(verdict), by=person.id, by_name=person.name)
    return _next(view.id, lost=not kept)


@router.post("/{client}/audit/pass")
async def pass_over(
    client: str, person: Trainer, services: Wired, room: TrainingRoom, week: ShortText, message: ShortText
) -> Response:
    """Leaves the answer to somebody else."""
    view = await frame(services, person, client)
    return _next(view.id, lost=not await room.judging.pass_over(view.id, _week(week), message, by=person.id))


@router.post("/{client}/audit/undo")
async def undo(client: str, person: Trainer, services: Wired, room: TrainingRoom) -> Response:
    """Brings the last judged answer back."""
    view = await frame(services, person, client)
    await room.judging.undo(view.id, person.id)
    return _next(view.id)


@router.post("/{client}/audit/again")
async def again(client: str, person: Trainer, services: Wired, room: TrainingRoom) -> Response:
    """What the person passed over waits for them again."""
    view = await frame(services, person, client)
    await room.judging.take_up_passed(view.id, person.id)
    return _next(view.id)


def _next(client: ClientId, *, lost: bool = False) -> Response:
    return RedirectResponse(f"/training/{client}/audit{'?lost=1' if lost else ''}", 303)


def _week(text: str) -> Week:
    try:
        return Week.parse(text)
    except ValueError as error:
        raise Invalid(str(error)) from error


def _shown(task: Task, view: ClientView, f: Formats) -> dict[str, Any]:
    """What a judge may see."""
    exchange = task.exchange
    return {
        "week": str(task.item.week),
        "message": task.item.message,
        "language": f.words.maybe(f"language.{task.item.language}", task.item.language),
        "lang": task.item.language,
        "before": [_line(message, view, f) for message in exchange.before],
        "asked": _line(exchange.message, view, f) if exchange.message else None,
        "replies": [_line(message, view, f) for message in exchange.replies],
    }


def _line(message: Message, view: ClientView, f: Formats) -> dict[str, Any]:
    """Agents and customers without their names: who it was must not matter."""
    kind = message.author.kind
    return {
        "kind": kind.value,
        "who": view.bot_name or f.words("author.bot") if kind == "bot" else f.words(f"author.{kind}"),
        "text": message.text,
        "buttons": [button.title for button in message.buttons],
        "files": [attachment.name for attachment in message.attachments],
    }
