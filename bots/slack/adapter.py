"""One Slack app of one client: receives by Socket Mode or Events API, posts, fetches files."""

import asyncio
import json
import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bots.backoff import Backoff
from bots.bounds import bounded
from bots.channels import Mode, SlackChannel
from bots.downloads import download, is_at
from bots.errors import ChannelError, FileRefused, TokenRejected, Unreadable
from bots.files import store_file
from bots.gaps import LOOK_EVERY, LOOK_SOON, Hears, Heartbeat
from bots.opening import SLACK_API_URL
from bots.payloads import expand
from bots.ports import Blobs, GapReports, Offered, PollState, Recovered, Threads
from bots.slack.history import RETRIES, Pause, SlackHistory
from bots.slack.people import People
from bots.slack.requests import is_signed, read_payload
from bots.slack.sender import SlackSender
from bots.slack.translate import Identity, read
from conversation.clock import Clock
from conversation.files.check import MAX_BYTES
from conversation.message import Attachment, OutboxItem
from conversation.ports import Inbox, Settlement

log = logging.getLogger(__name__)

CALL_TIMEOUT = 20  # seconds


class SlackAdapter:
    """`api_url` may name another server. Close it when done: it keeps connections open.

    Nothing is acknowledged before the inbox has committed: by HTTP we answer ourselves, in Socket Mode one Bolt
    middleware takes everything, so nothing is run twice or left unacknowledged because nobody listens for it.
    """

    def __init__(
        self,
        channel: SlackChannel,
        *,
        inbox: Inbox,
        threads: Threads,
        offered: Offered,
        blobs: Blobs,
        state: PollState,
        reports: GapReports,
        clock: Clock,
        holder: str,
        api_url: str = SLACK_API_URL,
        backoff: Backoff | None = None,
        ping_interval: float = 10,
        look_every: float = LOOK_EVERY,
        look_soon: float = LOOK_SOON,
        pause: Pause = asyncio.sleep,
    ) -> None:
        self.channel = channel
        self._inbox = inbox
        self._threads = threads
        self._offered = offered
        self._blobs = blobs
        self._clock = clock
        self._api_url = api_url
        self._backoff = backoff or Backoff()
        self._ping_interval = ping_interval
        self._connections: _Connections | None = None
        self._identity: Identity | None = None
        self._identifying = asyncio.Lock()
        self._accepting: set[asyncio.Task[int]] = set()
        self._pause = pause
        self._heartbeat = Heartbeat(
            channel.id,
            channel.client,
            retries=RETRIES,
            recover=self.recover,
            state=state,
            reports=reports,
            clock=clock,
            holder=holder,
            backoff=self._backoff,
            look_every=look_every,
            look_soon=look_soon,
        )

    async def send(self, item: OutboxItem) -> Settlement:
        return await self._open().sender.send(item)

    async def run(self, stop: asyncio.Event) -> None:
        """Keeps a Socket Mode connection until `stop`; in events mode whoever runs this is who Slack calls. What was
        missed while nobody listened is fetched as soon as somebody does again.
        """
        if self.channel.mode is Mode.EVENTS:
            await self._heartbeat.run(stop, _always)
            return
        opened = self._open()
        handler = AsyncSocketModeHandler(
            opened.app, self.channel.app_token, log, opened.web, ping_interval=self._ping_interval
        )
        connecting = asyncio.create_task(handler.connect_async())  # type: ignore[no-untyped-call]
        connected: Hears = handler.client.is_connected
        try:
            await self._heartbeat.run(stop, connected)
            await asyncio.gather(*self._accepting, return_exceptions=True)
        finally:
            connecting.cancel()
            await handler.close_async()  # type: ignore[no-untyped-call]
            client = handler.client
            rest = (connecting, client.message_processor, client.current_session_monitor, client.message_receiver)
            await asyncio.gather(*(task for task in rest if task is not None), return_exceptions=True)

    async def handle(self, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        """The Events API and interactivity. Anything but 200 makes Slack deliver the event again."""
        if not self.channel.signing_secret:
            return 404, b"this channel takes no events over HTTP"
        if not is_signed(self.channel.signing_secret, {name.lower(): value for name, value in headers.items()}, body):
            return 401, b"the signature is missing, wrong or too old"
        try:
            payload = read_payload(body)
            if payload.get("type") == "url_verification":
                return 200, json.dumps({"challenge": str(payload.get("challenge", ""))}).encode()
            await self._shielded(payload)
        except Unreadable as error:
            log.warning("channel %s: a signed call cannot be read: %s", self.channel.id, error)
            return 400, str(error).encode()
        except Exception:
            log.exception("channel %s: an event could not be committed; Slack will repeat it", self.channel.id)
            return 500, b"try again"
        return 200, b""

    async def accept(self, body: Mapping[str, Any]) -> int:
        """Commits what the payload says to the inbox; when it returns it is safe. 1 if it was new, else 0. Raises
        Unreadable.
        """
        heard = read(body, self.channel, await self._who_we_are(), self._clock.now())
        if heard is None:
            return 0
        inbound = heard.inbound
        if heard.only_if_known and await self._threads.thread_of(self.channel.id, inbound.thread_ref) is None:
            return 0
        inbound = replace(inbound, sender=await self._open().people.named(inbound.sender))
        return await self._inbox.accept([bounded(await expand(inbound, self._offered))])

    async def recover(self, since: datetime, until: datetime) -> Recovered:
        """Fetches what Slack could not bring from `since` on. Raises when Slack or the inbox refuses; then it is to be
        called again.
        """
        identity = await self._who_we_are()
        history = SlackHistory(
            self._open().web, self.channel, self._threads, self._accept_old, team=identity.team_id, pause=self._pause
        )
        return await history.recover(since, until)

    async def check(self) -> str:
        """The bot's name and workspace, as Slack knows them. Raises TokenRejected or ChannelError, saying why."""
        try:
            found = await self._open().web.auth_test()
        except SlackApiError as error:
            raise TokenRejected(self.channel.id, str(error.response.get("error"))) from error
        except (SlackClientError, ClientError, TimeoutError) as error:
            raise ChannelError(f"channel {self.channel.id}: Slack cannot be reached ({error})") from error
        return f"{found.get('user')} in {found.get('team')}"

    async def fetch(self, attachment: Attachment) -> Attachment:
        """The customer's file, checked and kept as a blob. Raises FileRefused."""
        if attachment.stored:
            return attachment
        if attachment.size is not None and attachment.size > MAX_BYTES:
            raise FileRefused("too_large", f"{attachment.name} is larger than 20 MB")
        try:
            file = (await self._open().web.files_info(file=attachment.reference))["file"]
            content = await self._download(str(file["url_private_download"]), attachment)
        except (SlackClientError, KeyError, TypeError) as error:
            raise FileRefused("gone", f"Slack does not give {attachment.name}") from error
        except (ClientError, TimeoutError) as error:
            raise FileRefused("gone", f"{attachment.name} could not be fetched ({type(error).__name__})") from error
        return await store_file(self._blobs, self.channel.client, attachment, content)

    async def close(self) -> None:
        """Ends what is still going on and closes the connections."""
        await asyncio.gather(*self._accepting, return_exceptions=True)
        if self._connections is not None:
            await self._connections.session.close()
            self._connections = None

    async def _download(self, url: str, attachment: Attachment) -> bytes:
        if not is_at(url, self._api_url, "slack.com", "slack-files.com"):
            raise FileRefused("gone", f"{attachment.name} lies outside Slack; we do not fetch it from there")
        token = {"Authorization": f"Bearer {self.channel.bot_token}"}
        return await download(url, attachment.name, "Slack", token)

    async def _who_we_are(self) -> Identity:
        """Asked once: Bolt's own authorization would ask Slack on every event."""
        async with self._identifying:
            if self._identity is None:
                try:
                    found = await self._open().web.auth_test()
                except SlackApiError as error:
                    # Bolt would answer an SlackApiError with 200, and the event would be lost.
                    raise TokenRejected(self.channel.id, str(error.response.get("error"))) from error
                self._identity = Identity(
                    str(found.get("user_id") or ""), str(found.get("bot_id") or ""), str(found.get("team_id") or "")
                )
            return self._identity

    async def _accept_old(self, body: Mapping[str, Any]) -> int:
        """As accept(); what cannot be read is passed over, since reading it again would stop at the same place."""
        try:
            return await self.accept(body)
        except Unreadable as error:
            log.warning("channel %s: a message of Slack's history cannot be read: %s", self.channel.id, error)
            return 0

    async def _take(self, body: Mapping[str, Any]) -> BoltResponse:
        try:
            await self._shielded(body)
        except Unreadable as error:
            log.warning("channel %s: an event cannot be read: %s", self.channel.id, error)
        return BoltResponse(status=200, body="")

    async def _shielded(self, body: Mapping[str, Any]) -> None:
        """Accepts the payload to the end, even if whoever brought it hangs up."""
        task = asyncio.create_task(self.accept(body))
        self._accepting.add(task)
        task.add_done_callback(self._accepting.discard)
        await asyncio.shield(task)

    def _bolt(self, client: AsyncWebClient) -> AsyncApp:
        """For Socket Mode. Bolt calls by argument name, hence functions, not methods."""

        async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
            identity = await self._who_we_are()
            return AuthorizeResult(
                enterprise_id=enterprise_id,
                team_id=team_id or identity.team_id,
                bot_id=identity.bot_id,
                bot_user_id=identity.user_id,
                bot_token=self.channel.bot_token,
            )

        async def take(body: dict[str, Any]) -> BoltResponse:
            return await self._take(body)

        app = AsyncApp(
            name=self.channel.id,
            logger=log,
            client=client,
            signing_secret=self.channel.signing_secret,
            authorize=authorize,
            process_before_response=True,
            attaching_conversation_kwargs_enabled=False,
        )
        app.middleware(take)
        return app

    def _web_client(self, session: ClientSession, token: str | None) -> AsyncWebClient:
        return AsyncWebClient(
            token,
            base_url=self._api_url,
            session=session,
            timeout=CALL_TIMEOUT,
            retry_handlers=[],  # the SDK would send again after a cut-off call, without telling us
            logger=log,
        )

    def _open(self) -> "_Connections":
        """Connections and the Bolt app, made where an event loop runs."""
        if self._connections is None:
            session = ClientSession(timeout=ClientTimeout(total=CALL_TIMEOUT))
            web = self._web_client(session, self.channel.bot_token)
            app = self._bolt(self._web_client(session, None))
            sender = SlackSender(web, self.channel, self._blobs, self._clock, self._backoff)
            self._connections = _Connections(session, web, app, sender, People(web, self._clock))
        return self._connections


async def _always() -> bool:
    return True


class _Connections:
    def __init__(
        self, session: ClientSession, web: AsyncWebClient, app: AsyncApp, sender: SlackSender, people: People
    ) -> None:
        self.session = session
        self.web = web
        self.app = app
        self.sender = sender
        self.people = people
