"""Gathers what the desk's templates draw."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from accounts.user import User
from conversation.conversation import Priority, State
from conversation.ids import ClientId
from handoff.views import ClientView, ConversationRow, ConversationView, ListKind
from web.desk import details, urgency
from web.desk.people import desk_agent
from web.desk.transcript import lines
from web.formats import Formats
from web.i18n import Words
from web.pages import client_label
from web.services import Services

LIST_LIMIT = 60
SNOOZES = (15, 60, 180, 1440)
DISPOSITIONS = ("solved", "answered", "forwarded", "no_answer", "duplicate", "spam")


async def list_context(
    services: Services, agent: User, words: Words, kind: ListKind | None, search: str
) -> dict[str, Any]:
    """A list of conversations. Without a wish: the agent's own, or what waits if they have none."""
    now, f = services.clock.now(), Formats(words, services.timezone)
    wanted = kind or ListKind.MINE
    page = await services.reads.page(agent.clients, wanted, agent.id, limit=LIST_LIMIT, search=search)
    if kind is None and not page.rows and page.counts.get(ListKind.WAITING):
        wanted = ListKind.WAITING
        page = await services.reads.page(agent.clients, wanted, agent.id, limit=LIST_LIMIT, search=search)
    clients = await services.clients.of(agent.clients)
    return {
        "kind": wanted,
        "kinds": list(ListKind),
        "search": search,
        "counts": page.counts,
        "more": page.more,
        "limit": LIST_LIMIT,
        "rows": [row_context(row, clients, f, now) for row in page.rows],
        "beat": now,
    }


def row_context(
    row: ConversationRow, clients: Mapping[ClientId, ClientView], f: Formats, now: datetime
) -> dict[str, Any]:
    """A line of a list with everything in words."""
    client = clients.get(row.client)
    return {
        "row": row,
        "client": client_label(client, row.client),
        "accent": client.accent if client else "",
        "topic": details.topic(row.topic, client, f.words.language) if row.topic else "",
        "count": urgency.of_row(row, f, now),
        "channel": f.words(f"channel.{row.channel_kind}"),
    }


def explained(step: Mapping[str, Any], f: Formats, now: datetime) -> str:
    """One step of a clock's own account, in the reader's language: its sentence, else when and what."""
    texts = step.get("texts") or {}
    if told := texts.get(f.words.language) or step.get("text"):
        return str(told)
    moment = datetime.fromisoformat(str(step["at"])) if step.get("at") else None
    state = str(step.get("state", ""))
    said = f.words.maybe(f"clock.state.{state}", details.readable(state))
    return " · ".join(part for part in (f.when(moment, now) if moment else "", said) if part)


async def conversation_context(services: Services, agent: User, words: Words, view: ConversationView) -> dict[str, Any]:
    """One conversation with everything the agent needs beside it."""
    now, f = services.clock.now(), Formats(words, services.timezone)
    clients = await services.clients.of(agent.clients)
    c = view.conversation
    client = clients.get(c.client)
    spoken = c.language or (client.languages[0] if client else "en")
    running = [k for k in view.clocks if k.state == "running" and k.due_at is not None]
    next_due = min(running, key=lambda k: k.due_at or now, default=None)
    prepared = await services.reads.macros([c.client])
    names = {
        "customer_name": c.customer_name,
        "agent_name": agent.name.split(" ")[0],
        "client_name": client_label(client, c.client),
    }
    agents = await services.presence.agents([c.client], now)
    mine = c.state is State.ASSIGNED and c.assignee == agent.id
    twice = await services.desk.duplicates(desk_agent(agent), c.id) if mine else []
    return {
        "open_id": c.id,
        "c": c,
        "customer": view.customer,
        "client": client,
        "client_name": client_label(client, c.client),
        "lines": lines(view, client, agent.id, f, now),
        "seen": details.seen(view, client, f),
        "topic": details.topic(c.topic, client, words.language) if c.topic else "",
        "queue": details.queue_name(c.queue, client, words.language),
        "queues": [(q, details.queue_name(q, client, words.language)) for q in (client.queues if client else ())],
        "tone": details.tone(client, spoken),
        "macros": details.macros(prepared, c.client, spoken, names),
        "clocks": [(k, urgency.of_clock(k, f, now)) for k in view.clocks],
        "due": urgency.of_clock(next_due, f, now) if next_due else None,
        "past": [row_context(row, clients, f, now) for row in view.past],
        "agents": [a for a in agents if a.id != agent.id],
        "seq": view.seq,
        "draft": view.draft,
        "mine": mine,
        "twice": [
            (other, details.topic(other.topic, client, words.language) if other.topic else "") for other in twice
        ],
        "priorities": list(Priority),
        "dispositions": DISPOSITIONS,
        "snoozes": SNOOZES,
        "spoken": f.words.maybe(f"language.{spoken}", spoken),
        "spoken_code": spoken,
        "zone": services.timezone,
        "files_at": f"/desk/c/{c.id}/files",
        "retry": True,
        "key": secrets.token_urlsafe(12),
        "explain": lambda clock: [explained(step, f, now) for step in clock.explanation],
    }
