"""The training inbox: what the bot missed, in groups, named with a click; the download for the pack."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from conversation.ids import ClientId
from web.auth import Trainer, Wired
from web.desk.details import topic
from web.errors import Invalid
from web.pages import pages_of
from web.parameters import Labels, ShortText
from web.training.frame import TrainingRoom, frame
from web.training.ports import CannotBeDone

router = APIRouter(prefix="/training")
GROUPS_SHOWN = 40
MESSAGES_SHOWN = 12
NOBODYS, CHOSEN = "nobodys", "chosen"
_INTENT = "intent:"


@router.get("/{client}/inbox")
async def inbox(request: Request, client: str, person: Trainer, services: Wired, room: TrainingRoom) -> Response:
    """The largest groups first."""
    view = await frame(services, person, client)
    groups = await room.inbox.groups(view.id)
    pages = pages_of(request)
    language = pages.language(request)
    names = sorted((topic(name, view, language), name) for name in room.inbox.intents(view.id))
    return pages.render(
        request,
        "training/inbox.html",
        timezone=view.timezone,
        client=view,
        groups=groups[:GROUPS_SHOWN],
        messages=sum(len(group.messages) for group in groups),
        all_groups=len(groups),
        shown=MESSAGES_SHOWN,
        intents=names,
        titles={name: title for title, name in names},
        named=await room.inbox.named(view.id),
    )


@router.post("/{client}/inbox")
async def name_them(
    client: str,
    person: Trainer,
    services: Wired,
    room: TrainingRoom,
    choice: ShortText,
    message: Labels | None = None,
    intent: ShortText = "",
) -> Response:
    """Says what the ticked messages of a group meant."""
    view = await frame(services, person, client)
    wanted = _intent(choice, intent)
    try:
        await room.inbox.label(view.id, message or [], wanted, by=person.id)
    except CannotBeDone as error:
        raise Invalid(str(error)) from error
    return _back(view.id)


@router.post("/{client}/inbox/undo")
async def undo(client: str, person: Trainer, services: Wired, room: TrainingRoom) -> Response:
    """Takes back what the person named last."""
    view = await frame(services, person, client)
    await room.inbox.undo(view.id, person.id)
    return _back(view.id)


@router.get("/{client}/inbox/export.yml")
async def export(client: str, person: Trainer, services: Wired, room: TrainingRoom) -> Response:
    """Training data in Rasa's format, for the pack's `nlu/` folder."""
    view = await frame(services, person, client)
    return Response(
        await room.inbox.export(view.id),
        media_type="application/yaml; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{view.id}-inbox.yml"'},
    )


def _intent(choice: str, chosen: str) -> str | None:
    """The intent a button stands for; None for nobody's business."""
    if choice == NOBODYS:
        return None
    wanted = chosen if choice == CHOSEN else choice.removeprefix(_INTENT)
    if not wanted:
        raise Invalid("no intent was chosen")
    return wanted


def _back(client: ClientId) -> Response:
    return RedirectResponse(f"/training/{client}/inbox", 303)
