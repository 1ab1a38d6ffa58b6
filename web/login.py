"""Signing in and out, and choosing a language."""

from math import ceil
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from accounts import half_sign_in, known_device, limits
from accounts.session import ABSOLUTE
from accounts.sign_in import CodeNeeded, Refused, RefusedBecause, SignedIn, Visit
from web.addresses import counted_address
from web.auth import Cookies, Wired, browser_key, maybe_signed_in, services_of, signed_in
from web.errors import Invalid
from web.i18n import LANGUAGES
from web.pages import landing, pages_of
from web.parameters import ShortText

router = APIRouter()
SESSION_SECONDS = int(ABSOLUTE.total_seconds())
HALF_SECONDS = int(half_sign_in.LIFETIME.total_seconds())
DEVICE_SECONDS = int(known_device.LIFETIME.total_seconds())
LANGUAGE_SECONDS = 365 * 86400
NEEDS_CODE = "needs_code"

Email = Annotated[str, Form(max_length=limits.EMAIL)]
Password = Annotated[str, Form(max_length=limits.PASSWORD)]
Code = Annotated[str, Form(max_length=limits.CODE)]
FormTarget = Annotated[str, Form(alias="next")]
LONGEST_TARGET = 2_000


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
    return _form(request, _inside(next))


@router.post("/login")
async def login(
    request: Request,
    services: Wired,
    email: Email = "",
    password: Password = "",
    code: Code = "",
    target: FormTarget = "",
) -> Response:
    """Starts a session, asks for the code, or says why not. With the code alone it goes on where the password was
    right; the browser then shows what it was given for that, and no page holds the password.
    """
    cookies, now, target = Cookies(services.secure), services.clock.now(), _inside(target)
    visit = _visit(request, cookies)
    half = request.cookies.get(cookies.half, "")
    second = bool(code) and not email and not password
    answer: SignedIn | CodeNeeded | Refused
    if second:
        answer = await services.accounts.enter_code(half, code, visit, now)
    elif email and password:
        answer = await services.accounts.sign_in(email, password, visit, now, code=code)
    else:
        raise Invalid("email, password: both are needed")
    if isinstance(answer, SignedIn):
        return _welcome(answer, cookies, target)
    if isinstance(answer, CodeNeeded):
        response = _form(request, target, problem=NEEDS_CODE, asks_code=True)
        cookies.put(response, cookies.half, answer.token, HALF_SECONDS)
        return response
    return _refused(request, answer, email, target, second=second)


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
    language: ShortText,
    target: FormTarget = "/",
) -> Response:
    """Keeps the language in a cookie."""
    if language not in LANGUAGES:
        raise Invalid(f"language: one of {', '.join(LANGUAGES)}")
    response = RedirectResponse(_inside(target) or "/", 303)
    cookies = Cookies(services.secure)
    cookies.put(response, cookies.language, language, LANGUAGE_SECONDS)
    return response


def _visit(request: Request, cookies: Cookies) -> Visit:
    return Visit(
        address=counted_address(request),
        browser=request.headers.get("user-agent", ""),
        device_cookie=request.cookies.get(cookies.device, ""),
        binding=browser_key(request),
    )


def _welcome(answer: SignedIn, cookies: Cookies, target: str) -> Response:
    response = RedirectResponse(target or landing(answer.user), 303)
    cookies.put(response, cookies.session, answer.token, SESSION_SECONDS)
    cookies.put(response, cookies.device, answer.device_cookie, DEVICE_SECONDS)
    cookies.drop(response, cookies.visitor)
    cookies.drop(response, cookies.half)
    return response


def _refused(request: Request, refused: Refused, email: str, target: str, *, second: bool) -> Response:
    """The same step once more; the first, if the second cannot go on."""
    asks_code = second and refused.reason is not RefusedBecause.EXPIRED
    status = 429 if refused.reason is RefusedBecause.THROTTLED else 401
    response = _form(
        request,
        target,
        status=status,
        email=email,
        problem=refused.reason.value,
        retry_at=refused.retry_at,
        asks_code=asks_code,
    )
    if refused.retry_at:
        wait = (refused.retry_at - services_of(request).clock.now()).total_seconds()
        response.headers["Retry-After"] = str(max(1, ceil(wait)))
    return response


def _form(request: Request, target: str, *, status: int = 200, **shown: Any) -> Response:
    context: dict[str, Any] = {
        "email": "",
        "problem": "",
        "retry_at": None,
        "asks_code": False,
        "limits": limits,
    } | shown
    return pages_of(request).render(request, "login.html", status=status, next=target, **context)


def _inside(target: str) -> str:
    """The target if it is a path of ours and of a sane length, else empty: nobody is sent to another site."""
    is_ours = target.startswith("/") and not target.startswith(("//", "/\\")) and len(target) <= LONGEST_TARGET
    return target if is_ours else ""
