"""The real HTTP application on a real server, with people in a real database and passwords really hashed."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace

import httpx
from cryptography.fernet import Fernet

from accounts.known_device import KnownDevices
from accounts.password import Argon2Hasher
from accounts.service import Accounts
from accounts.totp import STEP_SECONDS, code, new_secret
from accounts.user import Role, User
from conversation.clock import ManualClock
from storage.audit import SqlAudit
from storage.database import Database
from storage.half_sign_ins import SqlHalfSignIns
from storage.sessions import SqlSessions
from storage.sign_in_attempts import SqlAttempts
from storage.users import SqlUsers
from storage.vault import Vault
from tests.browser import serving
from tests.builders import NOON
from tests.storage_people.conftest import ALPENRAD, add_clients
from tests.web.world import World
from web.application import create_app

EMAIL, PASSWORD = "mira@example.org", "correct horse battery"
WRONG = "wrong horse battery"


class CountingHasher(Argon2Hasher):
    """Real hashes; knows how many passwords it has judged."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_kib=8 * 1024, parallelism=1)
        self.judged = 0

    def verify(self, password: str, hashed: str) -> bool:
        self.judged += 1
        return super().verify(password, hashed)


@dataclass
class Visitor:
    """Somebody at a browser of their own, with an address of their own."""

    client: httpx.AsyncClient
    csrf: str = ""

    async def get(self, path: str, **more: object) -> httpx.Response:
        answer = await self.client.get(path, **more)
        if found := re.search(r'name="csrf" (?:content|value)="(\w+)"', answer.text):
            self.csrf = found[1]
        return answer

    async def post(self, path: str, **form: str) -> httpx.Response:
        if not self.csrf:
            await self.get("/login")
        return await self.client.post(path, data={"csrf": self.csrf, **form})

    async def sign_in(self, email: str = EMAIL, password: str = PASSWORD, **more: str) -> httpx.Response:
        return await self.post("/login", email=email, password=password, **more)


@dataclass
class House:
    """A platform's people, and the address of its pages."""

    base: str
    accounts: Accounts
    users: SqlUsers
    sessions: SqlSessions
    audit: SqlAudit
    hasher: CountingHasher
    clock: ManualClock
    database: Database
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def visitor(self, address: str = "127.0.0.1") -> Visitor:
        """Comes from `address`, one of 127.0.0.0/8."""
        transport = httpx.AsyncHTTPTransport(local_address=address, limits=httpx.Limits(max_connections=100))
        client = httpx.AsyncClient(base_url=self.base, transport=transport, timeout=60)
        return Visitor(await self._stack.enter_async_context(client))

    async def with_authenticator(self) -> str:
        """Mira has one from now on; its secret."""
        secret = new_secret()
        await self.users.save(replace(await self.mira(), totp_secret=secret))
        return secret

    def code(self, secret: str, *, later: int = 0) -> str:
        """What the authenticator shows now, or so many steps later."""
        return code(secret, int(self.clock.now().timestamp()) // STEP_SECONDS + later)

    async def mira(self) -> User:
        found = await self.users.by_email(EMAIL)
        assert found is not None
        return found


@asynccontextmanager
async def house_on(database: Database) -> AsyncIterator[House]:
    """One agent, Mira, may sign in."""
    vault, hasher = Vault([Fernet.generate_key().decode()]), CountingHasher()
    users, sessions, audit = SqlUsers(database, vault), SqlSessions(database, vault), SqlAudit(database)
    halves, devices = SqlHalfSignIns(database), KnownDevices([Fernet.generate_key().decode()])
    accounts = Accounts(users, sessions, halves, SqlAttempts(database), audit, hasher, devices)
    await add_clients(database)
    await accounts.add_user(EMAIL, "Mira", PASSWORD, NOON, roles=[Role.AGENT], clients=[ALPENRAD])
    clock = ManualClock(NOON)
    world = await World.make(clock)
    async with (
        serving(create_app(world.services(accounts=accounts))) as base,
        AsyncExitStack() as stack,
    ):
        yield House(base, accounts, users, sessions, audit, hasher, clock, database, stack)
