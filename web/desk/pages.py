"""The desk's pages and the fragments they refresh: lists, a conversation with its details, files."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from accounts.user import Right, User
from conversation import limits
from conversation.ids import ConversationId
from handoff.views import ConversationView, ListKind
from web.auth import Agent, Wired, signed_in
from web.desk.context import conversation_context, list_context
from web.errors import Missing
from web.files import file_response
from web.live import person_access, stream
from web.pages import pages_of
from web.parameters import Number
from web.services import Services

router = APIRouter(prefix="/desk")

Kind = Annotated[ListKind | None, Query(alias="list")]
Search = Annotated[str, Query(alias="q", max_length=limits.SEARCH)]


@router.get("")
async def desk(request: Request, agent: Agent, services: Wired, kind: Kind = None, search: Search = "") -> Response:
    """The three panes with nothing open."""
    context = await list_context(services, agent, pages_of(request).words(request), kind, search)
    return pages_of(request).render(request, "desk/desk.html", open=None, **context)


@router.get("/list")
async def conversations(
    request: Request,
    agent: Agent,
    services: Wired,
    kind: Kind = None,
    search: Search = "",
    open: str = "",  # noqa: A002
) -> Response:
    """Only the list, for a page that is already there; `open` marks the open conversation."""
    context = await list_context(services, agent, pages_of(request).words(request), kind, search)
    return pages_of(request).render(request, "desk/_list.html", open_id=open, **context)


@router.get("/events")
async def events(request: Request, agent: Agent, services: Wired) -> Response:
    """Server-Sent Events: a snapshot call first, then every change."""
    del agent
    return stream(request, person_access(await signed_in(request), Right.DESK, services), services)


@router.get("/c/{conversation}")
async def conversation_page(
    request: Request, conversation: str, agent: Agent, services: Wired, kind: Kind = None, search: Search = ""
) -> Response:
    """The three panes with one conversation open."""
    view = await view_for(services, agent, conversation)
    words = pages_of(request).words(request)
    context = await list_context(services, agent, words, kind, search)
    context |= await conversation_context(services, agent, words, view)
    return pages_of(request).render(request, "desk/desk.html", open=view, **context)


@router.get("/c/{conversation}/part")
async def conversation_part(
    request: Request, conversation: str, agent: Agent, services: Wired, kind: Kind = None
) -> Response:
    """Only the open conversation and its details."""
    view = await view_for(services, agent, conversation)
    context = await conversation_context(services, agent, pages_of(request).words(request), view)
    return pages_of(request).render(request, "desk/_open.html", open=view, kind=kind or ListKind.MINE, **context)


@router.get("/c/{conversation}/files/{message}/{index}")
async def file(conversation: str, message: str, index: Number, agent: Agent, services: Wired) -> Response:
    """An attachment of the conversation."""
    return await file_response(services, await view_for(services, agent, conversation), message, index)


async def view_for(services: Services, user: User, conversation: str) -> ConversationView:
    """Raises Missing for conversations of clients that are not the user's."""
    view = await services.reads.view(ConversationId(conversation), user.clients, user.id)
    if view is None:
        raise Missing(f"no conversation {conversation}")
    return view
