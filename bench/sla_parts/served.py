"""How long whole pages take over a long history, from request to last byte: every page that a client admin and
a supervisor can reach by following links, asked through the real web application.
"""

import asyncio
import re
import statistics
import time
from collections import deque
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from pydantic import SecretStr

from accounts.user import Role
from app.logs import configure
from app.settings import LogFormat, Settings, new_secret_key
from app.web import create_web
from app.wiring import platform
from bench.sla_parts.history import CLIENT, CONTRACT
from conversation.clock import ManualClock
from tests.settlement.packs import small_pack

TIMES = 5
SAME = 3  # so many of pages that differ only in which day, number or conversation they show
PASSWORD = "a long enough password"
PEOPLE = {"client admin": Role.CLIENT_ADMIN, "supervisor": Role.SUPERVISOR}
EVERY_S = 1.0  # as the page's script does
FILES = re.compile(r"\.(csv|json|pdf|js|css|svg|png)$")
_LINK = re.compile(r'<a [^>]*?href="(/[^"#]*)')
_TOKEN = re.compile(r'name="csrf" value="(\w+)"')
_SEEN = re.compile(r'<p class="muted small">([\d,]+) conversations')
_WHICH = re.compile(r"/(\d{4}-\d\d(-\d\d)?|c\w*\d\w*|[\w-]*\d[\w:.-]*)(?=/|$)")


@dataclass
class Pages:
    """What one person's walk found: milliseconds by what the page is, and what answered with an error."""

    took: dict[str, list[float]] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)


async def walks(url, now):
    """A walk for each kind of person over the history at `url`: (who, Pages)."""
    configure("ERROR", LogFormat.JSON)
    async with _platform(url, now) as built:
        transport = httpx.ASGITransport(create_web(built))
        for who, role in PEOPLE.items():
            async with _signed_in(built, transport, role, now) as person:
                yield who, await _walk(person)


async def asked_what_if(url, now):
    """A sentence on the longest answer there is: a whole month replayed under other terms."""
    configure("ERROR", LogFormat.JSON)
    async with _platform(url, now) as built:
        transport = httpx.ASGITransport(create_web(built))
        async with _signed_in(built, transport, Role.CLIENT_ADMIN, now) as person:
            page = f"/dashboard/{CLIENT}/what-if?first_response=10+min"
            begun, asked = time.perf_counter(), []
            while True:
                at = time.perf_counter()
                answer = await person.get(page)
                asked.append((time.perf_counter() - at) * 1000)
                if "data-replaying" not in answer.text:
                    break
                await asyncio.sleep(EVERY_S)
            took = time.perf_counter() - begun
            seen = _SEEN.search(answer.text)[1]
    return (
        f"A what-if of the running month, asked for once a second until it was there: {seen} conversations replayed "
        f"twice in {took:.0f} s, the page meanwhile in {statistics.median(asked):.0f} ms (slowest {max(asked):.0f} ms)."
    )


@asynccontextmanager
async def _signed_in(built, transport, role, now):
    """A person's browser. The same person may sign in again."""
    mail = f"{role}@example.org"
    if mail not in {user.email for user in await built.users.list()}:
        await built.accounts.add_user(mail, role.value, PASSWORD, now, roles=[role], clients=[CLIENT])
    async with httpx.AsyncClient(transport=transport, base_url="http://bench.test", timeout=600) as person:
        token = _TOKEN.search((await person.get("/login")).text)[1]
        await person.post("/login", data={"email": mail, "password": PASSWORD, "csrf": token})
        yield person


@asynccontextmanager
async def _platform(url, now):
    """The platform as it is wired, with the history's client as a pack of the same contract."""
    with TemporaryDirectory() as folder:
        settings = Settings(
            _env_file=None,
            database_url=url,
            redis_url="memory://",
            secret_keys=[SecretStr(new_secret_key(b"b" * 32))],
            log_level="ERROR",
        )
        files = small_pack(
            **CONTRACT,
            client={"id": str(CLIENT), "name": "Bench", "languages": ["de", "en"], "timezone": "Europe/Berlin"},
            channels=[{"id": "web", "kind": "webchat", "origins": ["*"]}],
            queues=[{"id": "orders", "name": {"en": "Orders"}}, {"id": "care", "name": {"en": "Care"}}],
            forecast={"handoffs_per_month": 30_000},
        )
        for name, text in files.items():
            path = Path(folder) / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, "utf-8")
        async with platform(settings, clock=ManualClock(now)) as built:
            await built.clients.apply(Path(folder), by="bench")
            yield built


async def _walk(person):
    found, waiting, seen = Pages(), deque(["/"]), set()
    kinds = {}
    while waiting:
        path = waiting.popleft()
        kind = _kind(path)
        if path in seen or kinds.get(kind, 0) >= SAME or FILES.search(path.split("?")[0]):
            continue
        seen.add(path)
        kinds[kind] = kinds.get(kind, 0) + 1
        for _ in range(TIMES):
            begun = time.perf_counter()
            answer = await person.get(path)
            ms = (time.perf_counter() - begun) * 1000
            if answer.is_redirect:
                waiting.append(answer.headers["location"])
                break
            if answer.status_code != 200:
                found.broken.append(f"{path}: {answer.status_code}")
                break
            found.took.setdefault(kind, []).append(ms)
            if ms > 5_000:
                break
        waiting.extend(link.replace("&amp;", "&") for link in _LINK.findall(answer.text))
    return found


def _kind(path):
    """A page's address without which day, month or conversation it is."""
    bare, _, query = path.partition("?")
    names = sorted({part.split("=")[0] for part in query.split("&") if part})
    return _WHICH.sub("/…", bare) + ("?" + "&".join(names) if names else "")


def rows(walk):
    """Table rows, the slowest first."""
    told = [(statistics.median(ms), max(ms), kind) for kind, ms in walk.took.items()]
    return [f"| `{kind}` | {median:.0f} ms | {worst:.0f} ms |" for median, worst, kind in sorted(told, reverse=True)]
