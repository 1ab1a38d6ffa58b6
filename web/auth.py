"""Who is asking: sessions by cookie, rights, and CSRF tokens on everything that changes something."""

import secrets
from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request, Response
from starlette.datastructures import FormData

from accounts.session import csrf_matches
from accounts.session import csrf_token as token_for
from accounts.sign_in import SignedIn
from accounts.user import Right, User
from conversation import limits
from conversation.ids import ClientId
from web.activity import person_acted
from web.addresses import host_of
from web.errors import Forbidden, Missing, NotSignedIn, Unsafe
from web.input_guard import check_field
from web.services import Services

VISITOR_COOKIE_SECONDS = 12 * 3600
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def services_of(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


class Cookies:
    """Names and flags of our cookies; the `__Host-` prefix where https allows it."""

    def __init__(self, secure: bool) -> None:
        prefix = "__Host-" if secure else ""
        self.session = f"{prefix}switchboard_session"
        self.visitor = f"{prefix}switchboard_visitor"
        self.language = f"{prefix}switchboard_language"
        self.half = f"{prefix}switchboard_half"
        self.device = f"{prefix}switchboard_device"
        self._secure = secure

    def put(self, response: Response, name: str, value: str, max_age: int | None = None) -> None:
        response.set_cookie(name, value, max_age=max_age, path="/", secure=self._secure, httponly=True, samesite="lax")

    def drop(self, response: Response, name: str) -> None:
        response.delete_cookie(name, path="/", secure=self._secure, httponly=True, samesite="lax")


def csrf_token(request: Request) -> str:
    """The token for this browser: bound to its session, or before login to a random visitor cookie."""
    holder = _holder(request)
    if holder is None:
        request.state.visitor = holder = getattr(request.state, "visitor", None) or secrets.token_urlsafe(24)
    return token_for(holder)


def _holder(request: Request) -> str | None:
    cookies = Cookies(services_of(request).secure)
    return request.cookies.get(cookies.session) or request.cookies.get(cookies.visitor)


def browser_key(request: Request) -> str:
    """What names this browser and no other: the cookie its forms' tokens are made of. Empty without one."""
    return _holder(request) or ""


def keep_visitor(request: Request, response: Response) -> None:
    """Sets the visitor cookie if a token was made for it in this request."""
    visitor = getattr(request.state, "visitor", None)
    if visitor is not None:
        cookies = Cookies(services_of(request).secure)
        cookies.put(response, cookies.visitor, visitor, VISITOR_COOKIE_SECONDS)


async def safe(request: Request) -> None:
    """Refuses an unsafe call without this browser's token (form field `csrf` or header `X-CSRF-Token`), and any that
    another site sent. Raises Unsafe.
    """
    if request.method in SAFE:
        return
    check_origin(request)
    given = request.headers.get("x-csrf-token")
    if request.headers.get("content-type", "").startswith(("application/x-www-form-urlencoded", "multipart/form-data")):
        form = await request.form()
        check_fields(form)
        given = str(form.get("csrf", "")) if given is None else given
    holder = _holder(request)
    if holder is None or not csrf_matches(holder, given or ""):
        raise Unsafe("the page is too old or its token is missing; load it again")


def check_origin(request: Request) -> None:
    """Raises Unsafe for a call that another site sent."""
    origin = request.headers.get("origin")
    if origin and origin != "null" and host_of(origin) != request.headers.get("host"):
        raise Unsafe("the call came from another site")


def check_fields(form: FormData) -> None:
    """Raises Malformed or TooLong for a field of a form that came in several parts: the input guard has only seen its
    pieces (of an encoded one it has seen all).
    """
    for name, value in form.multi_items():
        if isinstance(value, str):
            check_field(name, value)
        else:
            check_field(name, value.filename or "", limits.FILE_NAME)
            check_field(name, value.content_type or "", limits.MEDIA_TYPE)


async def maybe_signed_in(request: Request) -> SignedIn | None:
    """The living session of the cookie, if there is one. Looked up once a request; prolonged if the person acted."""
    if not hasattr(request.state, "signed_in"):
        services = services_of(request)
        token = request.cookies.get(Cookies(services.secure).session, "")
        request.state.signed_in = await services.accounts.current(
            token, services.clock.now(), touch=person_acted(request)
        )
    found: SignedIn | None = request.state.signed_in
    return found


async def signed_in(request: Request) -> SignedIn:
    """Raises NotSignedIn."""
    found = await maybe_signed_in(request)
    if found is None:
        raise NotSignedIn
    return found


def user_of(request: Request) -> User | None:
    """The person, if this request has looked for one."""
    found: SignedIn | None = getattr(request.state, "signed_in", None)
    return found.user if found else None


def having(right: Right) -> Callable[[Request], Awaitable[User]]:
    """A dependency: the signed-in person, if they have the right. Raises NotSignedIn or Forbidden."""

    async def person(request: Request) -> User:
        user = (await signed_in(request)).user
        if not user.may(right):
            raise Forbidden(f"{user.email} does not have the right {right.value}")
        return user

    return person


def granted(user: User, client: str) -> ClientId:
    """The client if it is granted to the user; Missing otherwise, so that nobody learns which clients exist."""
    if client not in user.clients:
        raise Missing(f"no client {client}")
    return ClientId(client)


Agent = Annotated[User, Depends(having(Right.DESK))]
Supervisor = Annotated[User, Depends(having(Right.SUPERVISE))]
Reader = Annotated[User, Depends(having(Right.DASHBOARD))]
Approver = Annotated[User, Depends(having(Right.APPROVE))]
Admin = Annotated[User, Depends(having(Right.ADMIN))]
Trainer = Annotated[User, Depends(having(Right.TRAIN))]
Wired = Annotated[Services, Depends(services_of)]
