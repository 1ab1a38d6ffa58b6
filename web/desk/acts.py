"""What an agent does at the desk, by HTTP: forms answer with a redirect, scripts get JSON."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Request, Response, UploadFile
from fastapi.responses import JSONResponse, RedirectResponse

from accounts.user import User
from conversation.conversation import Priority
from conversation.files.check import MAX_BYTES, Accepted, Refused, check_file
from conversation.ids import ClientId, ConversationId, QueueId, UserId
from conversation.message import Attachment, ContentKind
from handoff import outcome
from web.auth import Agent, Wired
from web.desk.pages import view_for
from web.desk.people import desk_agent
from web.errors import FileNotAccepted, Forbidden, Invalid, Missing, Moved, WebError, wants_json
from web.parameters import DraftText, NoteText, Number, ReasonText, ReplyText, ShortText
from web.services import MEBIBYTE, Services

router = APIRouter(prefix="/desk")
LONGEST_SNOOZE = timedelta(days=14)
STATUSES = frozenset({"online", "away", "offline"})


@router.post("/take-next")
async def take_next(request: Request, agent: Agent, services: Wired) -> Response:
    return answer(request, await services.desk.take_next(desk_agent(agent)))


@router.post("/presence")
async def presence(agent: Agent, services: Wired, status: ShortText) -> Response:
    """The heartbeat of an open desk."""
    if status not in STATUSES:
        raise Invalid(f"status: one of {', '.join(sorted(STATUSES))}")
    await services.presence.beat(agent.id, status, services.clock.now())
    return Response(status_code=204)


@router.post("/c/{conversation}/claim")
async def claim(request: Request, conversation: str, agent: Agent, services: Wired) -> Response:
    return answer(request, await services.desk.claim(desk_agent(agent), ConversationId(conversation)))


@router.post("/c/{conversation}/release")
async def release(request: Request, conversation: str, agent: Agent, services: Wired) -> Response:
    return answer(request, await services.desk.release(desk_agent(agent), ConversationId(conversation)))


@router.post("/c/{conversation}/bot")
async def to_bot(request: Request, conversation: str, agent: Agent, services: Wired) -> Response:
    return answer(request, await services.desk.to_bot(desk_agent(agent), ConversationId(conversation)))


@router.post("/c/{conversation}/reopen")
async def reopen(request: Request, conversation: str, agent: Agent, services: Wired) -> Response:
    return answer(request, await services.desk.reopen(desk_agent(agent), ConversationId(conversation)))


@router.post("/c/{conversation}/wake")
async def wake(request: Request, conversation: str, agent: Agent, services: Wired) -> Response:
    return answer(request, await services.desk.wake(desk_agent(agent), ConversationId(conversation)))


@router.post("/c/{conversation}/transfer")
async def transfer(
    request: Request, conversation: str, agent: Agent, services: Wired, to: ShortText, reason: ReasonText = ""
) -> Response:
    """`to` is `agent:ID` or `queue:ID`."""
    kind, _, target = to.partition(":")
    me, id = desk_agent(agent), ConversationId(conversation)  # noqa: A001
    if kind == "agent" and target:
        return answer(request, await services.desk.transfer_to_agent(me, id, UserId(target), reason))
    if kind == "queue" and target:
        return answer(request, await services.desk.transfer_to_queue(me, id, QueueId(target), reason))
    raise Invalid("to: agent:ID or queue:ID")


@router.post("/c/{conversation}/snooze")
async def snooze(
    request: Request, conversation: str, agent: Agent, services: Wired, minutes: Annotated[Number, Form(gt=0)]
) -> Response:
    length = min(timedelta(minutes=min(minutes, 100_000)), LONGEST_SNOOZE)
    until = services.clock.now() + length
    return answer(request, await services.desk.snooze(desk_agent(agent), ConversationId(conversation), until))


@router.post("/c/{conversation}/priority")
async def set_priority(
    request: Request, conversation: str, agent: Agent, services: Wired, priority: Annotated[Priority, Form()]
) -> Response:
    me = desk_agent(agent)
    return answer(request, await services.desk.set_priority(me, ConversationId(conversation), priority))


@router.post("/c/{conversation}/resolve")
async def resolve(
    request: Request, conversation: str, agent: Agent, services: Wired, disposition: ShortText = ""
) -> Response:
    return answer(request, await services.desk.resolve(desk_agent(agent), ConversationId(conversation), disposition))


@router.post("/c/{conversation}/merge")
async def merge(request: Request, conversation: str, agent: Agent, services: Wired, into: ShortText) -> Response:
    """Ends a duplicate; `into` is the conversation that goes on."""
    me = desk_agent(agent)
    return answer(request, await services.desk.merge(me, ConversationId(conversation), ConversationId(into)))


@router.post("/c/{conversation}/reply")
async def reply(
    request: Request,
    conversation: str,
    agent: Agent,
    services: Wired,
    key: ShortText,
    text: ReplyText = "",
    mode: ShortText = "reply",
    seen_seq: Annotated[Number | None, Form()] = None,
    force: Annotated[bool, Form()] = False,
    macro: ShortText = "",
    files: Annotated[Sequence[UploadFile], File()] = (),
) -> Response:
    """Sends an answer once per `key`; `mode=note` writes a note instead (the form's other button). 409 with what the
    customer wrote meanwhile, unless `force`.
    """
    if mode == "note":
        return await note(request, conversation, agent, services, key, text)
    attachments = await _attachments(services, agent, conversation, files)
    sent = await services.desk.reply(
        desk_agent(agent),
        ConversationId(conversation),
        text,
        key=key,
        seen_seq=seen_seq,
        force=force,
        attachments=attachments,
        macro=macro or None,
    )
    return answer(request, sent)


@router.post("/c/{conversation}/note")
async def note(
    request: Request, conversation: str, agent: Agent, services: Wired, key: ShortText, text: NoteText = ""
) -> Response:
    return answer(request, await services.desk.note(desk_agent(agent), ConversationId(conversation), text, key=key))


@router.post("/c/{conversation}/draft")
async def draft(conversation: str, agent: Agent, services: Wired, text: DraftText = "") -> Response:
    """Keeps what is typed and not sent; empty text forgets it."""
    await view_for(services, agent, conversation)
    await services.reads.save_draft(ConversationId(conversation), agent.id, text)
    return Response(status_code=204)


@router.post("/c/{conversation}/read")
async def read(conversation: str, agent: Agent, services: Wired, seq: Annotated[Number, Form()]) -> Response:
    """The agent has seen everything up to event `seq`."""
    await view_for(services, agent, conversation)
    await services.reads.mark_read(ConversationId(conversation), agent.id, seq)
    return Response(status_code=204)


def answer(request: Request, result: Any) -> Response:
    """The outcome of an act as HTTP. Refusals raise: 404 not found, 403 not theirs, 409 for all that moved on."""
    match result:
        case outcome.Done(conversation, message):
            return _done(request, conversation.id, conversation.state, message.id if message else "")
        case outcome.Claimed(conversation):
            return _done(request, conversation.id, conversation.state, "")
        case _:
            raise refusal(result)


def refusal(result: Any) -> WebError:
    """What to raise for an outcome that is not done; `reason` names the sentence the page shows."""
    error: WebError
    match result:
        case outcome.NotFound():
            error = Missing("no such conversation among yours")
        case outcome.NotYours(_, name):
            error = Forbidden("somebody else has it", reason="not_yours", name=name)
        case outcome.AlreadyTaken(_, name):
            error = Moved("somebody was faster", reason="taken", name=name)
        case outcome.OverCapacity(load, capacity):
            error = Moved("no room", reason="full", load=load, capacity=capacity)
        case outcome.Nothing(beyond):
            error = Moved("nobody waits whom you could help", reason="nothing", beyond=beyond)
        case outcome.Newer(messages):
            said = [{"id": m.id, "text": m.text} for m in messages]
            error = Moved("the customer wrote meanwhile", reason="newer", messages=said)
        case outcome.Busy():
            error = Moved("it changed faster than we could", reason="busy")
        case outcome.NotAllowed(why):
            error = Moved(why, reason="not_allowed")
        case _:
            raise AssertionError(f"the desk answered {result!r}, which this page does not know")
    return error


def _done(request: Request, conversation: ConversationId, state: str, message: str) -> Response:
    if wants_json(request):
        return JSONResponse({"conversation": conversation, "state": state, "message": message})
    return RedirectResponse(f"/desk/c/{conversation}", 303)


async def _attachments(
    services: Services, agent: User, conversation: str, files: Sequence[UploadFile]
) -> tuple[Attachment, ...]:
    chosen = [file for file in files if file.filename]
    if not chosen:
        return ()
    found = (await view_for(services, agent, conversation)).conversation
    if not found.is_open:
        raise refusal(outcome.NotAllowed(f"cannot reply to a conversation that is {found.state.value}"))
    if not desk_agent(agent).may_act_on(found):  # the desk would say so too, after the files were stored
        raise refusal(outcome.NotYours(found.assignee, found.assignee_name))
    client = found.client
    checked = [await _checked(services, file) for file in chosen]
    return tuple([await _store(services, client, accepted, data) for accepted, data in checked])


async def _checked(services: Services, file: UploadFile) -> tuple[Accepted, bytes]:
    """Raises FileNotAccepted: then nothing of the reply is sent, and its text stays with the agent."""
    data, limit = await file.read(), min(services.upload_limit, MAX_BYTES)
    found = await asyncio.to_thread(check_file, data, file.filename or "", file.content_type or "", limit)
    if isinstance(found, Refused):
        facts = {"reason": f"file_{found.why}", "file": found.name, "limit_mb": limit // MEBIBYTE}
        raise FileNotAccepted(f"{found.name} is not accepted: {found.why}", **facts)
    return found, data


async def _store(services: Services, client: ClientId, found: Accepted, data: bytes) -> Attachment:
    kind = ContentKind.IMAGE if found.is_picture else ContentKind.FILE
    reference = await services.blobs.write(client, data)
    return Attachment(kind, found.name, found.media_type, len(data), reference, stored=True)
