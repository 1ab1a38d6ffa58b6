"""One conversation as its client may read it: internal notes and what agents plan among themselves stay inside."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from handoff.views import ClientView, ConversationView
from web.desk import details, urgency
from web.desk.context import explained
from web.desk.transcript import lines, public_only
from web.formats import Formats


def reading_context(view: ConversationView, client: ClientView, f: Formats, now: datetime) -> dict[str, Any]:
    """For the read-only page."""
    c = view.conversation
    public = replace(view, messages=public_only(view))
    return {
        "c": c,
        "client_name": client.name,
        "lines": lines(public, client, "", f, now),
        "topic": details.topic(c.topic, client, f.words.language) if c.topic else "",
        "reason": details.seen(view, client, f).reason,
        "clocks": [(k, urgency.of_clock(k, f, now)) for k in view.clocks],
        "explain": lambda clock: [explained(step, f, now) for step in clock.explanation],
        "files_at": f"/dashboard/{c.client}/c/{c.id}/files",
        "spoken": f.words.maybe(f"language.{c.language}", c.language),
        "retry": False,
    }
