"""Templates with what every page needs: words, formats, the person, their navigation, the CSRF token."""

from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from accounts.user import Right, User
from handoff.views import ClientView
from web.auth import Cookies, csrf_token, keep_visitor, services_of, user_of
from web.formats import Formats
from web.i18n import LANGUAGES, NAMES, Words, choose

ROOT = Path(__file__).parent
NAVIGATION = (
    ("desk", "/desk", Right.DESK),
    ("wallboard", "/wallboard", Right.SUPERVISE),
    ("dashboard", "/dashboard", Right.DASHBOARD),
    ("training", "/training", Right.TRAIN),
    ("admin", "/admin", Right.ADMIN),
)


def landing(user: User) -> str:
    """Where a person's day begins."""
    for _, path, right in NAVIGATION:
        if right is not Right.SUPERVISE and user.may(right):
            return path
    return "/nothing-here"


class Pages:
    """Renders templates; one for each app."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(ROOT / "templates"),
            autoescape=select_autoescape(default=True, default_for_string=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def language(self, request: Request) -> str:
        """The page's own if it has one, else the chosen one, else the person's, else the browser's."""
        own: str | None = getattr(request.state, "language", None)
        user = user_of(request)
        chosen = request.cookies.get(Cookies(services_of(request).secure).language)
        return choose(own, chosen, user.locale if user else None, accept=request.headers.get("accept-language", ""))

    def words(self, request: Request) -> Words:
        return Words(self.language(request))

    def render(
        self, request: Request, template: str, *, status: int = 200, timezone: str | None = None, **context: Any
    ) -> HTMLResponse:
        """The template as a response. `timezone` is the zone its times are told in (the provider's, unless given)."""
        services, words = services_of(request), self.words(request)
        user = user_of(request)
        common = {
            "t": words,
            "f": Formats(words, timezone or services.timezone),
            "user": user,
            "navigation": [(key, path) for key, path, right in NAVIGATION if user and user.may(right)],
            "languages": [(code, NAMES[code]) for code in LANGUAGES],
            "csrf": csrf_token(request),
            "now": services.clock.now(),
            "here": request.url.path + (f"?{request.url.query}" if request.url.query else ""),
        }
        response = HTMLResponse(self._environment.get_template(template).render(common | context), status)
        keep_visitor(request, response)
        return response

    def error(self, request: Request, status: int, key: str) -> HTMLResponse:
        """The designed page for an error."""
        return self.render(request, "error.html", status=status, key=key, status_code=status)


def pages_of(request: Request) -> Pages:
    pages: Pages = request.app.state.pages
    return pages


def client_label(view: ClientView | None, client: str) -> str:
    """A client's name, or its id while its pack is being applied."""
    return view.name if view else client
