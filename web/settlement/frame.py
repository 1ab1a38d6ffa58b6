"""What the money pages share: the client in view, what waits for its word, and refusals in the reader's language."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response

from accounts.user import Right, User
from conversation import limits
from conversation.ids import ClientId
from handoff.views import ClientView
from sla.errors import NotSettled
from web.auth import granted
from web.errors import Missing, TooLong
from web.formats import Formats
from web.i18n import Words
from web.pages import pages_of
from web.services import Services
from web.settlement.months import month_day
from web.settlement.ports import Settling


@dataclass(frozen=True)
class Frame:
    """One client's money pages for one person."""

    request: Request
    person: User
    client: ClientId
    view: ClientView
    settling: Settling
    f: Formats

    @property
    def t(self) -> Words:
        return self.f.words

    @property
    def decides(self) -> bool:
        """Whether the person speaks for the client."""
        return self.person.may(Right.APPROVE)

    @property
    def proposes(self) -> bool:
        return self.person.may(Right.SUPERVISE)

    @property
    def administers(self) -> bool:
        return self.person.may(Right.ADMIN)

    async def render(self, template: str, *, status: int = 200, **context: Any) -> Response:
        """A page of the room; `waiting` and `frame` are always there."""
        return pages_of(self.request).render(
            self.request,
            f"settlement/{template}",
            status=status,
            timezone=self.view.timezone,
            client=self.view,
            frame=self,
            base=f"/dashboard/{self.client}",
            waiting=await self.settling.waiting(self.client),
            **context,
        )

    def why(self, error: NotSettled) -> str:
        """The refusal in the reader's language."""
        words = self.t.maybe(f"settle.why.{error.key}", str(error))
        facts = dict(error.facts)
        if error.key == "order":
            facts["month"] = self.f.month(month_day(facts["month"]))
        return words.format(**facts) if facts else words

    def topic(self, intent: str) -> str:
        """A topic's name for people."""
        return (self.view.topics.get(intent) or {}).get(self.t.language) or intent.replace("_", " ") or "–"


async def frame_of(request: Request, client: str, person: User, services: Services) -> Frame:
    """Raises Missing for a client that is not granted, has no pack, or where nothing is settled here."""
    id_ = granted(person, client)
    view = (await services.clients.of([id_])).get(id_)
    if view is None or services.settling is None:
        raise Missing(f"client {client} has nothing to settle here")
    f = Formats(pages_of(request).words(request), view.timezone)
    return Frame(request, person, id_, view, services.settling, f)


def form_text(form: Mapping[str, Any], key: str, longest: int = limits.SHORT) -> str:
    """A text field of a form, trimmed; a file in its place counts as nothing. Raises TooLong."""
    value = form.get(key)
    text = value.strip() if isinstance(value, str) else ""
    if len(text) > longest:
        raise TooLong(key, longest, len(text))
    return text
