"""The web chat over HTTP. It guards itself: allowed origins, signed visitors, limits; no cookie is ever set."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sse_starlette import EventSourceResponse
from starlette.datastructures import UploadFile

from accounts.watch import EndedBecause
from conversation import limits
from conversation.ids import ChannelId, MessageId, ThreadId
from conversation.limits import cut
from conversation.message import Attachment
from conversation.plain_text import clean
from conversation.quota import Refused
from web.addresses import counted_address
from web.chat.assets import SHARED, Assets, presented
from web.chat.events import SWEEP, Judge, feed_events
from web.chat.links import FileLinks
from web.chat.origins import allowed, answer_headers, frame_ancestors
from web.chat.ports import ChatChannel, ChatDirectory, Feed, Files, Intake, LiveThreads, Visitors
from web.chat.posted import Wrong, check_language, check_number, read_message
from web.files import shown_or_downloaded
from web.i18n import Words, choose
from web.quotas import Caller, Gate
from web.security import announced_size

PING_SECONDS = 20
FILE_BYTES = 10 * 1024 * 1024
FORM_BYTES = 16 * 1024
"""What a form adds to its file."""
NOT_ACCEPTED = {"empty": 422, "too_large": 413}

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent.parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True)
class Chat:
    """Everything the routes work with."""

    directory: ChatDirectory
    visitors: Visitors
    intake: Intake
    feed: Feed
    live: LiveThreads
    files: Files
    links: FileLinks
    assets: Assets = field(default_factory=Assets)
    gate: Gate = field(default_factory=Gate.of)
    sweep: float = SWEEP


def chat_router(
    directory: ChatDirectory,
    visitors: Visitors,
    intake: Intake,
    feed: Feed,
    live: LiveThreads,
    files: Files,
    links: FileLinks,
    *,
    gate: Gate | None = None,
    sweep: float = SWEEP,
) -> APIRouter:
    """Routes under /chat: the page, the script to embed, sessions, messages, files and events of each web chat."""
    chat = Chat(directory, visitors, intake, feed, live, files, links, gate=gate or Gate.of(), sweep=sweep)
    router = APIRouter(prefix="/chat", include_in_schema=False)

    @router.get("/static/{version}/{name}")
    async def asset(request: Request, version: str, name: str) -> Response:
        return chat.assets.file(version, name, zipped="gzip" in request.headers.get("accept-encoding", ""))

    @router.get("/{channel}")
    async def page(request: Request, channel: str) -> Response:
        return _page(request, chat, channel)

    @router.get("/{channel}/widget.js")
    async def widget(channel: str) -> Response:
        found = chat.directory.chat(ChannelId(channel))
        return chat.assets.loader(found) if found else Response(status_code=404, headers=SHARED)

    @router.options("/{channel}/{rest:path}")
    async def preflight(request: Request, channel: str, rest: str) -> Response:  # noqa: ARG001  any path
        return _begin(request, chat, channel).answer(204)

    @router.post("/{channel}/session")
    async def session(request: Request, channel: str) -> Response:
        return await _session(_begin(request, chat, channel))

    @router.post("/{channel}/messages")
    async def message(request: Request, channel: str) -> Response:
        return await _message(_begin(request, chat, channel))

    @router.get("/{channel}/events")
    async def events(request: Request, channel: str) -> Response:
        return await _events(_begin(request, chat, channel))

    _add_files(router, chat)
    return router


def _add_files(router: APIRouter, chat: Chat) -> None:
    @router.post("/{channel}/files")
    async def file(request: Request, channel: str) -> Response:
        return await _file(_begin(request, chat, channel))

    @router.get("/{channel}/files/{link}/{name}")
    async def download(request: Request, channel: str, link: str, name: str) -> Response:  # noqa: ARG001  for people
        return await _download(_begin(request, chat, channel), link)

    @router.get("/{channel}/links/{message}/{index}")
    async def link(request: Request, channel: str, message: str, index: str) -> Response:
        return await _fresh_link(_begin(request, chat, channel), message, index)


@dataclass(frozen=True)
class _Call:
    """One request to one chat. `refusal` is set when it may not go on."""

    request: Request
    chat: Chat
    channel: ChatChannel | None
    refusal: tuple[int, str] | None = None

    def answer(self, status: int, body: Mapping[str, Any] | None = None, **headers: str) -> Response:
        """A JSON answer that the asking site may read."""
        origins = self.channel.origins if self.channel else ()
        shared = {**answer_headers(self.request, origins), "Cache-Control": "no-store"}
        shared |= {name.replace("_", "-"): value for name, value in headers.items()}
        if body is None:
            return Response(status_code=status, headers=shared)
        return JSONResponse(body, status, shared)

    def error(self, status: int, code: str, detail: str, **headers: str) -> Response:
        return self.answer(status, {"error": code, "detail": detail}, **headers)

    def busy(self, refused: Refused) -> Response:
        """A refusal that says when to come back; the chat has the words for it in its own language."""
        seconds = refused.retry_after
        return self.error(429, "slow_down", f"too much at once; try again in {seconds} s", Retry_After=str(seconds))

    def caller(self, channel: ChatChannel, visitor: str = "") -> Caller:
        return Caller(channel.client, counted_address(self.request), visitor)


def _begin(request: Request, chat: Chat, name: str) -> _Call:
    channel = chat.directory.chat(ChannelId(name))
    if channel is None:
        return _Call(request, chat, None, (404, "there is no such chat"))
    if not allowed(request, channel.origins):
        return _Call(request, chat, channel, (403, "this site may not use this chat"))
    return _Call(request, chat, channel)


@dataclass(frozen=True)
class _Visit:
    """A call of a known visitor."""

    call: _Call
    channel: ChatChannel
    visitor: str


def _visit(call: _Call) -> _Visit | Response:
    if call.refusal or call.channel is None:
        status, detail = call.refusal or (404, "there is no such chat")
        return call.error(status, "refused", detail)
    kind, _, token = call.request.headers.get("authorization", "").partition(" ")
    visitor = call.chat.visitors.read(call.channel.id, token.strip()) if kind.lower() == "bearer" else None
    if visitor is None:
        return call.error(401, "unknown_visitor", "ask for a session first, and send its token as Bearer")
    return _Visit(call, call.channel, visitor)


def _page(request: Request, chat: Chat, name: str) -> Response:
    channel = chat.directory.chat(ChannelId(name))
    if channel is None:
        return HTMLResponse("<!doctype html><title>404</title><p>404</p>", 404)
    accept = request.headers.get("accept-language", "")
    language = choose(request.query_params.get("lang"), accept=accept)
    if language not in channel.languages:
        language = channel.languages[0] if channel.languages else "en"
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' https: data:; "
        f"base-uri 'none'; form-action 'none'; frame-ancestors {frame_ancestors(channel.origins)}"
    )
    body = _TEMPLATES.get_template("chat/page.html").render(
        channel=presented(channel), language=language, version=chat.assets.version
    )
    return HTMLResponse(body, headers={"Content-Security-Policy": policy, "Cache-Control": "no-store"})


async def _session(call: _Call) -> Response:
    """A new visitor's token. Nothing is stored: asking again costs nothing but a place in the throttle."""
    if call.refusal or call.channel is None:
        status, detail = call.refusal or (404, "there is no such chat")
        return call.error(status, "refused", detail)
    if refused := await call.chat.gate.new_visitor(call.caller(call.channel)):
        return call.busy(refused)
    _, token = call.chat.visitors.issue(call.channel.id)
    return call.answer(201, {"token": token})


async def _message(call: _Call) -> Response:
    """202 once the message is safe."""
    visit = _visit(call)
    if isinstance(visit, Response):
        return visit
    size = announced_size(call.request.headers) or 0
    if size > limits.CHAT_BODY_BYTES:
        return call.error(413, "too_long", f"{size} bytes; a message has at most {limits.CHAT_BODY_BYTES}")
    if refused := await call.chat.gate.message(call.caller(visit.channel, visit.visitor), size):
        return call.busy(refused)
    try:
        posted = await read_message(call.request)
    except Wrong as wrong:
        return call.error(422, "invalid", str(wrong))
    intake, channel = call.chat.intake, visit.channel.id
    if posted.title.strip():
        await intake.press(channel, visit.visitor, posted.number, posted.title, posted.payload, posted.language)
    else:
        await intake.message(channel, visit.visitor, posted.number, posted.text, posted.language)
    return call.answer(202, {"number": posted.number})


async def _file(call: _Call) -> Response:
    """201 once the file is safe; 413, 415 or 422 when it is refused. Nothing is read before who sends it is judged."""
    visit = _visit(call)
    if isinstance(visit, Response):
        return visit
    return await _reserve_file(visit) or await _keep_file(visit)


async def _reserve_file(visit: _Visit) -> Response | None:
    """Why the file is not even read, None if it may come."""
    call, size = visit.call, announced_size(visit.call.request.headers)
    if size is None:
        return call.error(411, "length_required", "say how long the upload is: a Content-Length is missing")
    if size > FILE_BYTES + FORM_BYTES:
        return call.error(413, "too_large", f"{size} bytes; a file has at most {FILE_BYTES}")
    refused = await call.chat.gate.upload(call.caller(visit.channel, visit.visitor), size)
    return call.busy(refused) if refused else None


async def _keep_file(visit: _Visit) -> Response:
    call = visit.call
    async with call.request.form(max_files=1, max_fields=4) as form:
        upload = form.get("file")
        try:
            number = check_number(form.get("number"))
        except Wrong as wrong:
            return call.error(422, "invalid", str(wrong))
        if not isinstance(upload, UploadFile):
            return call.error(422, "invalid", "a form with the field `file` is expected")
        content = await upload.read(FILE_BYTES + 1)
        name, media_type = cut(clean(upload.filename or "file"), limits.FILE_NAME), upload.content_type or ""
        language = check_language(form.get("language"))
    refused = await call.chat.intake.file(
        visit.channel.id, visit.visitor, number, name, content, language, media_type=media_type
    )
    if refused:
        code = "type" if refused == "program" else refused  # to a visitor a program is one more kind we do not carry
        return call.error(NOT_ACCEPTED.get(refused, 415), code, f"this file is not accepted ({refused})")
    return call.answer(201, {"number": number})


async def _download(call: _Call, token: str) -> Response:
    """A file of the chat by a link we made, since a picture is shown without a header that could name the visitor."""
    if call.refusal or call.channel is None:
        status, detail = call.refusal or (404, "there is no such chat")
        return call.error(status, "refused", detail)
    link = call.chat.links.read(call.channel.client, token)
    if link is not None and link.expired:
        return _expired(call)
    attachment = await _attachment(call, link.thread, link.message, link.index) if link else None
    content = await call.chat.files.read(call.channel.client, attachment.reference) if attachment else None
    if link is None or attachment is None or content is None:
        return call.error(404, "refused", "there is no such file")
    response = shown_or_downloaded(attachment, content, seconds=link.seconds)
    response.headers.update(answer_headers(call.request, call.channel.origins))
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _expired(call: _Call) -> Response:
    """In words for a person who kept a link."""
    accept = call.request.headers.get("accept", "")
    if "text/html" not in accept:
        return call.error(410, "expired", "this link has expired; ask for a fresh one, or open the chat again")
    language = choose(accept=call.request.headers.get("accept-language", ""))
    return PlainTextResponse(Words(language)("chat.link_expired"), 410, {"Cache-Control": "no-store"})


async def _fresh_link(call: _Call, message: str, index: str) -> Response:
    """A new link to a file that the visitor has in their feed."""
    visit = _visit(call)
    if isinstance(visit, Response):
        return visit
    chat, place = call.chat, int(index) if index.isascii() and index.isdigit() and len(index) < 4 else -1
    thread = await chat.feed.thread_of(visit.channel.id, visit.visitor)
    if thread is None or await _attachment(call, thread, MessageId(message), place) is None:
        return call.error(404, "refused", "there is no such file")
    return call.answer(200, {"reference": chat.links.issue(visit.channel.client, thread, MessageId(message), place)})


async def _attachment(call: _Call, thread: ThreadId, message: MessageId, index: int) -> Attachment | None:
    """The stored attachment of a message that is in the feed of this chat's thread."""
    assert call.channel is not None
    found = await call.chat.feed.message(call.channel.client, call.channel.id, thread, message)
    if found is None or not 0 <= index < len(found.attachments) or not found.attachments[index].stored:
        return None
    return found.attachments[index]


async def _events(call: _Call) -> Response:
    visit = _visit(call)
    if isinstance(visit, Response):
        return visit
    last = call.request.headers.get("last-event-id", "")
    after = int(last) if last.isascii() and last.isdigit() and len(last) < 16 else 0
    chat = call.chat
    stream = EventSourceResponse(
        feed_events(
            visit.channel.id,
            visit.visitor,
            after,
            chat.feed,
            chat.live,
            chat.links,
            _judge(visit),
            sweep=chat.sweep,
        ),
        ping=PING_SECONDS,
        headers={
            **answer_headers(call.request, visit.channel.origins),
            "Cache-Control": "no-store",
            "X-Accel-Buffering": "no",
        },
    )
    return chat.gate.visitor_stream(stream, call.caller(visit.channel, visit.visitor), call.busy)


def _judge(visit: _Visit) -> Judge:
    """Why the visitor may not read on: the chat is another client's or gone, its site may not embed it any more, or
    the token is too old or was signed with a key that is not ours any more.
    """
    request, chat = visit.call.request, visit.call.chat

    def judge() -> EndedBecause | None:
        channel = chat.directory.chat(visit.channel.id)
        if channel is None or channel.client != visit.channel.client or not allowed(request, channel.origins):
            return EndedBecause.CLOSED
        again = _visit(_Call(request, chat, channel))
        return None if isinstance(again, _Visit) and again.visitor == visit.visitor else EndedBecause.EXPIRED

    return judge
