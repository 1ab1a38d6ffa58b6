"""The whole matrix, made once: every caller on every route with own, foreign and unknown ids, and what came of it."""

import asyncio
import hashlib
import json
import re
import secrets
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

from fastapi import FastAPI
from sqlalchemy import select

from accounts.user import RIGHTS, Right, User
from app.web import create_web
from conversation.ids import ConversationId, new_id
from conversation.message import AuthorKind
from storage.live import Typing
from storage.schema import metadata
from storage.tenancy import ALL_CLIENTS
from tests.security.matrix.asking import Answer, Browser, Heard, listen
from tests.security.matrix.expectations import TABLE, Open, Row
from tests.security.matrix.packs import BOTH, NUMBAT, WOMBAT, Marked
from tests.security.matrix.routes import routes_of
from tests.security.matrix.town import NOW, PASSWORD, ROLES, ROOT, Town, open_town

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FOR_ALL = frozenset({"channel", "display"})
"""Every client's chat is open to the world, and a display link to whoever has it."""
STREAMS = ("GET /desk/events", "GET /wallboard/events")
VISITORS_STREAM, SCREENS_STREAM = "GET /chat/{channel}/events", "GET /display/{token}/events"
METHODS = ("GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE", "PATCH", "POST", "PROPFIND")
NOT_SIGNED_IN = ("anonymous", "half", "disabled", "visitor")
SHARED = frozenset({"month", "closed", "version", "bot"})
"""What Numbat has, Wombat has too: as foreign ids they only make sense the other way round."""
SHORT = 3
"""Digits stand everywhere: where so short an id was sent, all small numbers are left out."""
_NUMBERS = re.compile(r"\b\d{1,2}\b")
VOLATILE: Mapping[str, frozenset[str]] = {"sessions": frozenset({"last_seen"})}
"""What a refused call may leave behind: that somebody was there."""


@dataclass
class Caller:
    """Somebody who calls, and of which client they are."""

    name: str
    client: Marked
    browser: Browser
    user: User | None = None

    @property
    def signed_in(self) -> bool:
        return self.user is not None

    @property
    def other(self) -> Marked:
        return WOMBAT if self.client is NUMBAT else NUMBAT

    @property
    def everywhere(self) -> bool:
        return self.name == ROOT

    def may(self, who: Right | Open) -> bool:
        """Whether a row is theirs."""
        match who:
            case Open.EVERYBODY:
                return True
            case Open.SIGNED_IN:
                return self.signed_in
            case Open.VISITOR:
                return self.name == "visitor"
            case Open.PLATFORM:
                return False
            case Right():
                return self.user is not None and any(who in RIGHTS[role] for role in self.user.roles)
        raise AssertionError(who)


@dataclass(frozen=True)
class Call:
    """One call and its answer. `sent` are the ids that went along, with the caller's own name and address; `addressed`
    is the client whose ids they were.
    """

    caller: str
    client: Marked
    route: str
    variant: str
    expected: frozenset[int]
    answer: Answer
    sent: frozenset[str] = frozenset()
    addressed: Marked | None = None

    def __str__(self) -> str:
        return f"{self.client.id} {self.caller}: {self.route} ({self.variant})"

    @cached_property
    def normal(self) -> str:
        """All that was told, without what the caller said themselves."""
        text = self.answer.everything
        for value in sorted(self.sent, key=len, reverse=True):
            once = quote(value, safe="")
            for written in (quote(once, safe=""), once, value):
                text = text.replace(written, "·") if len(value) > SHORT else _NUMBERS.sub("·", text)
        return text


@dataclass
class Stream:
    """What one caller heard while things happened at both clients. `own` is what they had to hear last."""

    caller: str
    client: Marked
    route: str
    browser: Browser
    heard: Heard = field(default_factory=Heard)
    own: str = ""

    def listen(self, path: str) -> asyncio.Task[None]:
        return asyncio.create_task(listen(self.browser, path, self.heard))

    def __str__(self) -> str:
        return f"{self.client.id} {self.caller}: {self.route}"


@dataclass
class Matrix:
    """All calls on one database, the routes there are, and the tables that refused calls have changed."""

    routes: list[tuple[str, str]] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    secrets: dict[str, frozenset[str]] = field(default_factory=dict)
    streams: list["Stream"] = field(default_factory=list)


async def make_matrix(database_url: str, folder: Path) -> Matrix:
    """Fills a database and calls everything. Takes seconds."""
    async with open_town(database_url, folder) as town:
        return await Calling(town).make()


class Calling:
    def __init__(self, town: Town) -> None:
        self.town = town
        self.app: FastAPI = create_web(town.built)
        self.matrix = Matrix(routes_of(self.app))
        self._count = 0

    async def make(self) -> Matrix:
        callers = [caller async for caller in self._callers()]
        self._keep_secrets()
        before = await self._fingerprint()
        await asyncio.gather(*(self._refused(caller, callers) for caller in callers))
        after = await self._fingerprint()
        self.matrix.changed = [table for table in before if before[table] != after[table]]
        await self._streams(callers)
        await asyncio.gather(*(self._reads(caller) for caller in callers))
        for caller in callers:
            await self._acts(caller)
        return self.matrix

    def _keep_secrets(self) -> None:
        """What nobody of another client may ever read."""
        known = {c.id: {c.mark.lower(), c.id, c.price, *self.town.made[c.id]} for c in BOTH}
        self.matrix.secrets = {client: frozenset(words) for client, words in known.items()}

    # -- who calls

    async def _callers(self) -> AsyncIterator[Caller]:
        yield await self._caller("anonymous", NUMBAT)
        for name in ROLES:
            yield await self._caller(name, NUMBAT)
        yield await self._caller("visitor", NUMBAT)
        for name in ("agent", "supervisor", "client admin"):
            yield await self._caller(name, WOMBAT)
        yield await self._caller(ROOT, NUMBAT)

    async def _caller(self, name: str, client: Marked) -> Caller:
        caller = Caller(name, client, Browser(self.app))
        await caller.browser.read("/login")
        if name == "anonymous":
            return caller
        if name == "visitor":
            await self._come(caller.browser, client)
            return caller
        user = self.town.people[name if name == ROOT else f"{client.id} {name}"]
        form = {"email": user.email, "password": PASSWORD, "csrf": caller.browser.csrf}
        answer = await caller.browser.ask("POST", "/login", form=form)
        assert answer.status == (200 if name == "half" else 303), f"{name}: {answer.status} {answer.text[:300]}"
        await _arrive(caller.browser)
        if name == "disabled":
            await self.town.built.users.save(replace(user, active=False))
            await caller.browser.read("/login")
        elif name != "half":
            caller.user = user
        return caller

    # -- calls

    async def _refused(self, caller: Caller, callers: list[Caller]) -> None:
        """Whatever this caller must not get: nothing in the database may change."""
        for route, row in TABLE.items():
            method, _, _ = route.partition(" ")
            if not caller.may(row.who):
                alike = caller.name in NOT_SIGNED_IN[1:]
                for variant, client in (("own", caller.client), ("another's", caller.other))[: 1 if alike else 2]:
                    ids = self.town.ids[client.id]
                    await self._call(caller, route, row, variant, self._refusal(caller, method, row), ids, client)
                continue
            await self._strangers(caller, route, row)
            if guarded(route):
                await self._forged(caller, route, row, callers)
        if caller.everywhere:
            await self._odd_methods(caller)

    async def _strangers(self, caller: Caller, route: str, row: Row) -> None:
        """Each id in turn another client's and nobody's, and all at once."""
        own, foreign = self.town.ids[caller.client.id], self.town.ids[caller.other.id]
        for id_ in row.ids:
            expected = frozenset({401, 404} if id_ == "channel" and row.who is Open.VISITOR else {row.unlike(id_)})
            nobody = own | {id_: self._unknown(id_)}
            await self._call(caller, route, row, f"unknown {id_}", expected, nobody, None)
            if caller.everywhere or (caller.client is WOMBAT and id_ in SHARED) or row.who is Open.PLATFORM:
                continue
            if row.who is Open.EVERYBODY and id_ in FOR_ALL:
                continue
            await self._call(caller, route, row, f"foreign {id_}", expected, own | {id_: foreign[id_]}, None)
        if len(row.ids) > 1 and not caller.everywhere and row.who is not Open.EVERYBODY:
            expected = frozenset({401, 404} if row.who is Open.VISITOR else {row.unlike(row.ids[0])})
            await self._call(caller, route, row, "foreign all", expected, foreign, None)
            script = {"accept": "application/json"}
            await self._call(caller, route, row, "foreign all, by script", expected, foreign, None, headers=script)

    async def _forged(self, caller: Caller, route: str, row: Row, callers: list[Caller]) -> None:
        another = next(c for c in callers if c is not caller and c.browser.csrf != caller.browser.csrf)
        own, no = self.town.ids[caller.client.id], frozenset({403})
        for variant, token in (("no token", ""), ("another's token", another.browser.csrf)):
            await self._call(caller, route, row, variant, no, own, caller.client, csrf=token)
        evil = {"origin": "https://evil.example"}
        await self._call(caller, route, row, "another site", no, own, caller.client, headers=evil)

    async def _odd_methods(self, caller: Caller) -> None:
        """What no route of a path says it takes."""
        known: dict[str, set[str]] = {}
        for route in TABLE:
            method, _, path = route.partition(" ")
            known.setdefault(path, set()).add(method)
        for path, methods in known.items():
            row = TABLE[f"{min(methods)} {path}"]
            for method in METHODS:
                if method not in methods:
                    expected = _of_other_routes(method, path)
                    own = self.town.ids[caller.client.id]
                    await self._call(caller, f"{method} {path}", row, "odd method", expected, own, caller.client)

    async def _reads(self, caller: Caller) -> None:
        for route, row in TABLE.items():
            if route.startswith(("GET", "OPTIONS")) and caller.may(row.who):
                for client in BOTH if caller.everywhere else (caller.client,):
                    ids = self.town.ids[client.id]
                    if "visitor" in caller.name and "/links/" in route:
                        continue  # this visitor has no files; tests/security/test_files.py has those who have
                    await self._call(caller, route, row, "own", row.works, ids, client)

    async def _acts(self, caller: Caller) -> None:
        last = sorted(TABLE, key=lambda route: route == "POST /logout")
        for route in last:
            row = TABLE[route]
            if not route.startswith(("GET", "OPTIONS")) and caller.may(row.who):
                ids = dict(self.town.ids[caller.client.id])
                if row.needs and (caller.everywhere or caller.client is WOMBAT):
                    continue  # the agents' acts by two roles are enough: each needs a conversation of its own
                if row.needs:
                    assert caller.user is not None
                    ids["conversation"] = await self._in_state(row.needs, caller.client, caller.user)
                await self._call(caller, route, row, "own", row.works, ids, caller.client)

    async def _in_state(self, state: str, client: Marked, who: User) -> ConversationId:
        """A new conversation, ready for the act."""
        self._count += 1
        town, thread = self.town, f"{client.mark}-{state}-{self._count}"
        if state == "queued":
            return (await town.queued(client, thread)).id
        found, me = await town.held(client, thread, who), town.at_desk(who)
        if state == "resolved":
            await town.built.desk.resolve(me, found.id, "done")
        if state == "snoozed":
            await town.built.desk.snooze(me, found.id, NOW + timedelta(hours=1))
        return found.id

    # -- streams

    async def _streams(self, callers: list[Caller]) -> None:
        """Everybody listens to what they may; then things happen at both clients, at last something of their own."""
        streams = [
            Stream(caller.name, caller.client, route, caller.browser)
            for caller in callers
            for route in STREAMS
            if caller.signed_in and caller.may(TABLE[route].who)
        ]
        tasks = [stream.listen(stream.route.removeprefix("GET ")) for stream in streams]
        for client in BOTH:
            for who in ("one visitor", "another visitor"):
                browser = Browser(self.app)
                await self._come(browser, client)
                streams.append(Stream(who, client, VISITORS_STREAM, browser))
                await self._post(streams[-1], f"first of {who}")
                tasks.append(streams[-1].listen(f"/chat/{client.web}/events"))
            streams.append(Stream("a screen", client, SCREENS_STREAM, Browser(self.app), own="event: changed"))
            tasks.append(streams[-1].listen(f"/display/{self.town.ids[client.id]['display']}/events"))
        await asyncio.gather(*(s.heard.until("ready" if s.route == VISITORS_STREAM else "snapshot") for s in streams))
        for client in BOTH:
            await self._happen(client)
        last = {client.id: (await self.town.queued(client, f"{client.mark}-last")).id for client in BOTH}
        for stream in streams:
            stream.own = stream.own or last[stream.client.id]
            if stream.route == VISITORS_STREAM:
                stream.own = f"{stream.client.says('last')} of {stream.caller}"
                await self._post(stream, stream.own)
        await asyncio.gather(*(s.heard.until(s.own) for s in streams))
        for stream in streams:
            stream.heard.leave.set()
        await asyncio.gather(*tasks)
        self._keep_secrets()
        self.matrix.streams = streams

    async def _happen(self, client: Marked) -> None:
        """A customer writes, somebody types, an agent answers."""
        town, thread = self.town, f"{client.mark}-streamed"
        agent = town.people[f"{client.id} agent"]
        talk = await town.held(client, thread, agent)
        await town.built.live.typing(Typing(client.id, talk.thread, AuthorKind.AGENT, client.says("typist")))
        await town.built.desk.reply(town.at_desk(agent), talk.id, client.says("reply"), key=thread)
        await town.deliver()

    async def _come(self, browser: Browser, client: Marked) -> None:
        """Somebody new to the client's chat."""
        answer = await browser.ask("POST", f"/chat/{client.web}/session")
        assert answer.status == 201, answer.text
        browser.bearer = json.loads(answer.text)["token"]

    async def _post(self, stream: Stream, text: str) -> None:
        """A visitor writes, and the bot answers."""
        body = json.dumps({"number": secrets.token_hex(8), "text": text}).encode()
        answer = await stream.browser.ask("POST", f"/chat/{stream.client.web}/messages", json=body)
        assert answer.status == 202, answer.text
        await self.town.handle(stream.client)

    async def _call(
        self,
        caller: Caller,
        route: str,
        row: Row,
        variant: str,
        expected: frozenset[int],
        ids: Mapping[str, str],
        addressed: Marked | None,
        *,
        csrf: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        method, _, path = route.partition(" ")
        sent: set[str] = {caller.user.name, caller.user.email} if caller.user is not None else set()

        def filled(value: str) -> str:
            if not value.startswith("@"):
                return value
            found = ids[value[1:]]
            sent.update({found, found.partition(":")[2] or found})
            return found

        for name, value in row.path.items():
            path = path.replace("{" + name + "}", filled(value))
        query = {name: filled(value) for name, value in row.query.items()}
        form = {name: filled(value) for name, value in row.form.items()} if row.form is not None else None
        token = caller.browser.csrf if csrf is None else csrf
        unsafe = method not in SAFE
        answer = await caller.browser.ask(
            method,
            path,
            query=query,
            form=form if unsafe else None,
            json=row.json.encode() if row.json and unsafe else None,
            csrf=token if unsafe else None,
            headers={"accept": "application/json" if unsafe else "text/html"} | dict(headers or {}),
        )
        call = Call(caller.name, caller.client, route, variant, expected, answer, frozenset(sent), addressed)
        self.matrix.calls.append(call)

    @staticmethod
    def _refusal(caller: Caller, method: str, row: Row) -> frozenset[int]:
        if row.who in (Open.VISITOR, Open.PLATFORM):
            return frozenset({401})
        if caller.signed_in:
            return frozenset({403})
        return frozenset({303 if method in ("GET", "HEAD") else 401})

    def _unknown(self, id_: str) -> str:
        """An id of that kind that nobody has."""
        never = new_id(NOW)
        known: Mapping[str, Callable[[], str]] = {
            "client": lambda: "nowhere",
            "channel": lambda: "nowhere-web",
            "telegram": lambda: "nowhere-telegram",
            "slack": lambda: "nowhere-slack",
            "version": lambda: "99",
            "bot": lambda: "99",
            "month": lambda: "2019-01",
            "closed": lambda: "2019-01",
            "agent": lambda: f"agent:{never}",
            "clock": lambda: f"{never}:first_response:1",
            "recipient": lambda: "webhook:nowhere",
            "intent": lambda: "intent:nothing",
            "link": lambda: "WyIx.quJ8",
        }
        return known.get(id_, lambda: never)()

    async def _fingerprint(self) -> dict[str, str]:
        """What stands in every table."""
        found = {}
        async with self.town.built.database.reading(ALL_CLIENTS) as connection:
            for table in metadata.sorted_tables:
                columns = [c for c in table.c if c.name not in VOLATILE.get(table.name, ())]
                rows = sorted(repr(tuple(row)) for row in await connection.execute(select(*columns)))
                found[table.name] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
        return found


async def _arrive(browser: Browser) -> None:
    """Follows to the page where the person's day begins, which holds their token."""
    where = "/"
    while (answer := await browser.read(where)).status == 303:
        where = answer.headers["location"]


def guarded(route: str) -> bool:
    """Whether an unsafe call of this route needs the browser's token: all but what brings a proof of its own."""
    method, _, path = route.partition(" ")
    return method not in SAFE and not path.startswith(("/chat/", "/webhooks/"))


def _of_other_routes(method: str, path: str) -> frozenset[int]:
    """A path may have a method by a route that is written otherwise."""
    if path.startswith("/chat/") and method == "OPTIONS":
        return frozenset({204, 405})
    if path.startswith("/static/") and method == "HEAD":
        return frozenset({200})
    return frozenset({401, 403, 404, 405} if method == "POST" else {404, 405})


def listed(problems: Iterator[str]) -> str:
    """For the message of a failed test: all of them, shortly."""
    found = list(problems)
    return "\n".join([f"{len(found)} problems", *found[:40]]) if found else ""
