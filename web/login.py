"""Signing in and out, and choosing a language."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from accounts.service import Refused, RefusedBecause
from web.addresses import counted_address
from web.auth import Cookies, Wired, maybe_signed_in, signed_in
from web.errors import Invalid
from web.i18n import LANGUAGES
from web.pages import landing, pages_of

router = APIRouter()
SESSION_SECONDS = 7 * 86400
LANGUAGE_SECONDS = 365 * 86400


@router.get("/")
async def start(request: Request) -> Response:
    """To where the person's day begins, or to the login page."""
    person = await maybe_signed_in(request)
    return RedirectResponse(landing(person.user) if person else "/login", 303)


@router.get("/login")
async def login_page(request: Request, next: str = "") -> Response:  # noqa: A002  the name people see in the address
    person = await maybe_signed_in(request)
    if person:
        return RedirectResponse(_inside(next) or landing(person.user), 303)
    return pages_of(request).render(request, "login.html", next=_inside(next), email="", password="", problem="")


@router.post("/login")
async def login(
    request: Request,
    services: Wired,
    email: Annotated[str, Form()],
    password: Annotated[str, Form()],
    code: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "",  # noqa: A002
) -> Response:
    """Starts a session, asks for the code, or says why not."""
    address = counted_address(request)
    browser = request.headers.get("user-agent", "")
    now = services.clock.now()
    answer = await services.accounts.sign_in(email, password, address, now, code=code, browser=browser)
    if isinstance(answer, Refused):
        return _again(request, answer, email, password, _inside(next))
    response = RedirectResponse(_inside(next) or landing(answer.user), 303)
    cookies = Cookies(services.secure)
    cookies.put(response, cookies.session, answer.token, SESSION_SECONDS)
    cookies.drop(response, cookies.visitor)
    return response


@router.post("/logout")
async def logout(request: Request, services: Wired) -> Response:
    person = await signed_in(request)
    await services.accounts.sign_out(person, services.clock.now())
    response = RedirectResponse("/login", 303)
    cookies = Cookies(services.secure)
    cookies.drop(response, cookies.session)
    return response


@router.post("/language")
async def language(
    services: Wired,
    language: Annotated[str, Form()],
    next: Annotated[str, Form()] = "/",  # noqa: A002
) -> Response:
    """Keeps the language in a cookie."""
    if language not in LANGUAGES:
        raise Invalid(f"language: one of {', '.join(LANGUAGES)}")
    response = RedirectResponse(_inside(next) or "/", 303)
    cookies = Cookies(services.secure)
    cookies.put(response, cookies.language, language, LANGUAGE_SECONDS)
    return response


def _again(request: Request, refused: Refused, email: str, password: str, target: str) -> Response:
    """The form once more. The password comes back only to the form that asks for the code."""
    pages = pages_of(request)
    wants_code = refused.reason in (RefusedBecause.NEEDS_CODE, RefusedBecause.WRONG_CODE)
    status = {RefusedBecause.THROTTLED: 429, RefusedBecause.NEEDS_CODE: 200}.get(refused.reason, 401)
    response = pages.render(
        request,
        "login.html",
        status=status,
        next=target,
        email=email,
        password=password if wants_code else "",
        problem=refused.reason.value,
        retry_at=refused.retry_at,
    )
    if refused.retry_at:
        wait = (refused.retry_at - request.app.state.services.clock.now()).total_seconds()
        response.headers["Retry-After"] = str(max(1, round(wait)))
    return response


def _inside(target: str) -> str:
    """The target if it is a path of ours, else empty: nobody is sent to another site."""
    return target if target.startswith("/") and not target.startswith(("//", "/\\")) else ""
