"""A Slack small enough to read: the Web API methods, Socket Mode and Events API that Switchboard uses."""

import asyncio
import hashlib
import hmac
import itertools
import json
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from aiohttp import ClientSession, WSMsgType, web

from tests.platforms.serving import serving

BOT_USER, BOT_ID, TEAM = "UBOT", "BBOT", "T1"
ROOMS = {"im": ("D", "im:read"), "public_channel": ("C", "channels:read"), "private_channel": ("G", "groups:read")}


@dataclass
class Refusal(Exception):
    """`ok: false` with an error code, or an HTTP status."""

    error: str
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Posted:
    """A message the app has posted."""

    channel: str
    thread_ts: str | None
    ts: str
    text: str
    blocks: list[dict[str, Any]]

    @property
    def buttons(self) -> list[dict[str, Any]]:
        return [e for block in self.blocks if block["type"] == "actions" for e in block["elements"]]


class SlackServer:
    """Holds one workspace. Tests speak through `customer_*`, which build payloads; `deliver` sends one to a connected
    socket and waits for its acknowledgement, `post_event` brings it to an Events API handler with a signature.
    """

    def __init__(self, bot_token: str = "xoxb-test", app_token: str = "xapp-test", secret: str = "signing-secret"):
        self.bot_token, self.app_token, self.secret = bot_token, app_token, secret
        self.url = ""
        self.posted: list[Posted] = []
        self.uploaded: list[dict[str, Any]] = []
        self.files: dict[str, tuple[str, bytes]] = {}
        self.calls: list[str] = []
        self.sockets: list[web.WebSocketResponse] = []
        self.acknowledged: list[str] = []
        self.connected = asyncio.Event()
        self.scopes = {"im:read", "channels:read", "groups:read"}
        self.rooms: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
        self._refusals: dict[str, list[Refusal | None]] = defaultdict(list)
        self._cut: list[str] = []
        self._acks: dict[str, asyncio.Future[None]] = {}
        self._numbers = itertools.count(1)
        self._methods: dict[str, Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]] = {
            "auth.test": self._auth_test,
            "apps.connections.open": self._connections_open,
            "chat.postMessage": self._post_message,
            "users.info": self._users_info,
            "files.info": self._files_info,
            "files.getUploadURLExternal": self._upload_url,
            "files.completeUploadExternal": self._complete_upload,
            "conversations.history": self._history,
            "conversations.replies": self._replies,
            "users.conversations": self._conversations,
        }

    # -- what tests do

    def refuse_next(self, method: str, error: str, *, status: int = 200, after: int = 0, **headers: str) -> None:
        """Refuses the next call of `method`, or the one `after` so many good ones."""
        self._refusals[method] += [None] * after
        self._refusals[method].append(Refusal(error, status, {k.replace("_", "-"): v for k, v in headers.items()}))

    def cut_off_next(self, method: str) -> None:
        """The next call is done, but the connection breaks before the answer."""
        self._cut.append(method)

    def stamp(self) -> str:
        return f"{int(time.time())}.{next(self._numbers):06d}"

    def event(self, **event: Any) -> dict[str, Any]:
        number = next(self._numbers)
        return {
            "token": "verification",
            "team_id": TEAM,
            "api_app_id": "A1",
            "type": "event_callback",
            "event_id": f"Ev{number}",
            "event_time": int(time.time()),
            "authorizations": [{"team_id": TEAM, "user_id": BOT_USER, "is_bot": True}],
            "event": event,
        }

    def customer_says(self, text: str, *, channel: str = "D1", user: str = "U1", **more: Any) -> dict[str, Any]:
        kind = "im" if channel.startswith("D") else "channel"
        stamp = more.pop("ts", None) or self.stamp()
        self.rooms[channel][stamp] = {"type": "message", "user": user, "text": text, "ts": stamp, "team": TEAM, **more}
        return self.event(
            type="message",
            user=user,
            text=text,
            ts=stamp,
            event_ts=stamp,
            channel=channel,
            channel_type=kind,
            team=TEAM,
            **more,
        )

    def mention(self, event: dict[str, Any]) -> dict[str, Any]:
        """The same message as it arrives a second time, as app_mention."""
        told = {k: v for k, v in event["event"].items() if k != "channel_type"} | {"type": "app_mention"}
        return self.event(**told)

    def customer_edits(self, event: dict[str, Any], text: str) -> dict[str, Any]:
        before = {k: event["event"][k] for k in ("user", "text", "ts", "team")} | {"type": "message"}
        if "thread_ts" in event["event"]:
            before["thread_ts"] = event["event"]["thread_ts"]
        stamp = self.stamp()
        after = before | {"text": text, "edited": {"user": before["user"], "ts": stamp}}
        self.rooms[event["event"]["channel"]][before["ts"]] = after
        return self.event(
            type="message",
            subtype="message_changed",
            channel=event["event"]["channel"],
            channel_type=event["event"]["channel_type"],
            message=after,
            previous_message=before,
            ts=stamp,
            event_ts=stamp,
        )

    def customer_presses(self, title: str, *, user: str = "U1") -> dict[str, Any]:
        """The block_actions payload of pressing the newest button of that title."""
        for posted in reversed(self.posted):
            for element in posted.buttons:
                if element["text"]["text"] == title:
                    container = {"type": "message", "message_ts": posted.ts, "channel_id": posted.channel}
                    if posted.thread_ts:
                        container["thread_ts"] = posted.thread_ts
                    return {
                        "type": "block_actions",
                        "team": {"id": TEAM, "domain": "test"},
                        "user": {"id": user, "username": "lena", "name": "lena", "team_id": TEAM},
                        "api_app_id": "A1",
                        "container": container,
                        "trigger_id": f"{next(self._numbers)}.1",
                        "channel": {"id": posted.channel, "name": "directmessage"},
                        "actions": [element | {"block_id": "b", "action_ts": self.stamp()}],
                    }
        raise AssertionError(f"no button {title!r} was ever posted")

    def keep_file(self, name: str, content: bytes) -> dict[str, Any]:
        """A file in the workspace, as it stands in a message's `files`."""
        number = f"F{next(self._numbers)}"
        self.files[number] = (name, content)
        return {"id": number, "name": name, "mimetype": "application/pdf", "size": len(content), "mode": "hosted"}

    async def deliver(self, payload: dict[str, Any], *, wait: float = 5, retry: int = 0) -> bool:
        """Sends the payload over the socket; whether it was acknowledged within `wait` seconds."""
        await self.connected.wait()
        envelope = f"env-{next(self._numbers)}"
        self._acks[envelope] = asyncio.get_running_loop().create_future()
        kind = "interactive" if payload["type"] == "block_actions" else "events_api"
        await self.sockets[-1].send_str(
            json.dumps(
                {
                    "envelope_id": envelope,
                    "type": kind,
                    "accepts_response_payload": False,
                    "retry_attempt": retry,
                    "retry_reason": "timeout" if retry else "",
                    "payload": payload,
                }
            )
        )
        try:
            async with asyncio.timeout(wait):
                await self._acks[envelope]
        except TimeoutError:
            return False
        return True

    def signed(
        self, payload: dict[str, Any], *, age: float = 0, secret: str | None = None
    ) -> tuple[dict[str, str], bytes]:
        """Headers and body of an HTTP delivery."""
        if payload.get("type") == "block_actions":
            body, kind = urlencode({"payload": json.dumps(payload)}).encode(), "application/x-www-form-urlencoded"
        else:
            body, kind = json.dumps(payload).encode(), "application/json"
        stamp = str(int(time.time() - age))
        key = (self.secret if secret is None else secret).encode()
        signature = hmac.new(key, f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": kind,
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": f"v0={signature}",
        }
        return headers, body

    async def post_event(self, url: str, payload: dict[str, Any]) -> int:
        headers, body = self.signed(payload)
        async with ClientSession() as session, session.post(url, data=body, headers=headers) as response:
            return response.status

    # -- the HTTP API

    def app(self) -> web.Application:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/api/{method}", self._call)
        app.router.add_get("/link", self._socket)
        app.router.add_post("/upload/{file}", self._upload)
        app.router.add_get("/files/{file}", self._download)
        app.on_shutdown.append(self._hang_up)
        return app

    async def _call(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        self.calls.append(method)
        fields = await _fields(request)
        try:
            self._refuse(request, method)
            result = await self._methods[method](fields)
        except Refusal as no:
            if no.status >= 500:
                return web.Response(status=no.status, text="<html>oops</html>", content_type="text/html")
            return web.json_response({"ok": False, "error": no.error}, status=no.status, headers=no.headers)
        if method in self._cut:
            self._cut.remove(method)
            assert request.transport is not None
            request.transport.abort()
        return web.json_response({"ok": True, **result})

    def _refuse(self, request: web.Request, method: str) -> None:
        if method not in self._methods:
            raise Refusal("unknown_method")
        token = self.app_token if method == "apps.connections.open" else self.bot_token
        if request.headers.get("Authorization") != f"Bearer {token}":
            raise Refusal("invalid_auth")
        refusal = self._refusals[method].pop(0) if self._refusals[method] else None
        if refusal is not None:
            raise refusal

    async def _auth_test(self, fields: dict[str, Any]) -> dict[str, Any]:
        return {"url": "https://test.slack.com/", "team": "Kontor", "user": "konti"} | {
            "team_id": TEAM,
            "user_id": BOT_USER,
            "bot_id": BOT_ID,
        }

    async def _connections_open(self, fields: dict[str, Any]) -> dict[str, Any]:
        return {"url": self.url.replace("http://", "ws://") + "/link"}

    async def _post_message(self, fields: dict[str, Any]) -> dict[str, Any]:
        text, blocks = str(fields.get("text") or ""), fields.get("blocks") or []
        if isinstance(blocks, str):
            blocks = json.loads(blocks)
        if not text and not blocks:
            raise Refusal("no_text")
        if len(text) > 40_000 or len(blocks) > 50 or not all(map(_block_is_valid, blocks)):
            raise Refusal("invalid_blocks" if blocks else "msg_too_long")
        posted = Posted(fields["channel"], fields.get("thread_ts"), self.stamp(), text, blocks)
        self.posted.append(posted)
        thread = {"thread_ts": posted.thread_ts} if posted.thread_ts else {}
        message = {"type": "message", "user": BOT_USER, "bot_id": BOT_ID, "text": text, "ts": posted.ts, **thread}
        self.rooms[posted.channel][posted.ts] = message
        return {"channel": posted.channel, "ts": posted.ts, "message": {"text": text, "bot_id": BOT_ID}}

    async def _users_info(self, fields: dict[str, Any]) -> dict[str, Any]:
        return {
            "user": {
                "id": fields["user"],
                "name": "lena",
                "locale": "de-DE",
                "profile": {"display_name": "", "real_name": "Lena Kraus"},
            }
        }

    async def _files_info(self, fields: dict[str, Any]) -> dict[str, Any]:
        if fields["file"] not in self.files:
            raise Refusal("file_not_found")
        name, content = self.files[fields["file"]]
        return {
            "file": {
                "id": fields["file"],
                "name": name,
                "size": len(content),
                "url_private_download": f"{self.url}/files/{fields['file']}",
            }
        }

    async def _upload_url(self, fields: dict[str, Any]) -> dict[str, Any]:
        number = f"F{next(self._numbers)}"
        self.files[number] = (fields["filename"], b"")
        return {"file_id": number, "upload_url": f"{self.url}/upload/{number}"}

    async def _complete_upload(self, fields: dict[str, Any]) -> dict[str, Any]:
        files = fields["files"] if isinstance(fields["files"], list) else json.loads(fields["files"])
        for file in files:
            name, content = self.files[file["id"]]
            where = {"channel": fields.get("channel_id"), "thread_ts": fields.get("thread_ts")}
            self.uploaded.append({"name": name, "content": content, **where})
        return {"files": [{"id": file["id"], "title": file["title"]} for file in files]}

    async def _history(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Messages outside of threads, and those that begin one; newest first."""
        room = self._room(fields)
        heads = [m for m in room.values() if m.get("thread_ts", m["ts"]) == m["ts"]]
        heads += [m for m in room.values() if m.get("subtype") == "thread_broadcast"]
        shown = [self._as_parent(room, m) for m in sorted(heads, key=_micros, reverse=True) if _within(m, fields)]
        return _page(shown, "messages", fields)

    async def _replies(self, fields: dict[str, Any]) -> dict[str, Any]:
        """The thread's first message, then the answers in the time asked for, oldest first."""
        room = self._room(fields)
        if fields["ts"] not in room:
            raise Refusal("thread_not_found")
        answers = sorted((m for m in _answers(room, fields["ts"]) if _within(m, fields)), key=_micros)
        return _page([self._as_parent(room, room[fields["ts"]]), *answers], "messages", fields)

    async def _conversations(self, fields: dict[str, Any]) -> dict[str, Any]:
        letter, scope = ROOMS[fields["types"]]
        if scope not in self.scopes:
            raise Refusal("missing_scope")
        return _page([{"id": room} for room in sorted(self.rooms) if room.startswith(letter)], "channels", fields)

    def _room(self, fields: dict[str, Any]) -> dict[str, dict[str, Any]]:
        if fields["channel"] not in self.rooms:
            raise Refusal("channel_not_found")
        return self.rooms[fields["channel"]]

    def _as_parent(self, room: dict[str, dict[str, Any]], message: dict[str, Any]) -> dict[str, Any]:
        answers = sorted(_answers(room, message["ts"]), key=_micros)
        if not answers:
            return message
        told = {"thread_ts": message["ts"], "reply_count": len(answers), "latest_reply": answers[-1]["ts"]}
        return message | told

    async def _upload(self, request: web.Request) -> web.Response:
        number = request.match_info["file"]
        self.files[number] = (self.files[number][0], await request.read())
        return web.Response(text="OK")

    async def _download(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {self.bot_token}":
            raise web.HTTPFound("/login")
        return web.Response(body=self.files[request.match_info["file"]][1])

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_str(json.dumps({"type": "hello", "num_connections": 1}))
        self.sockets.append(socket)
        self.connected.set()
        async for message in socket:
            if message.type is WSMsgType.TEXT and message.data.startswith("{"):
                envelope = json.loads(message.data)["envelope_id"]
                self.acknowledged.append(envelope)
                self._acks[envelope].set_result(None)
        return socket

    async def _hang_up(self, app: web.Application) -> None:
        for socket in self.sockets:
            await socket.close()


@asynccontextmanager
async def slack_server() -> AsyncIterator[SlackServer]:
    server = SlackServer()
    async with serving(server.app()) as url:
        server.url = url
        yield server


def _micros(message: dict[str, Any]) -> int:
    return int(message["ts"].replace(".", ""))


def _answers(room: dict[str, dict[str, Any]], parent: str) -> list[dict[str, Any]]:
    return [m for m in room.values() if m.get("thread_ts") == parent != m["ts"]]


def _within(message: dict[str, Any], fields: dict[str, Any]) -> bool:
    """After `oldest` and before `latest`, both left out, as without `inclusive`."""
    oldest, latest = str(fields.get("oldest") or "0"), str(fields.get("latest") or "9999999999")
    return float(oldest) < float(message["ts"]) < float(latest)


def _page(entries: list[dict[str, Any]], name: str, fields: dict[str, Any]) -> dict[str, Any]:
    """A page of at most `limit` entries; a cursor is opaque to clients."""
    limit = int(fields.get("limit") or 100)
    if not 0 < limit <= 999:
        raise Refusal("invalid_limit")
    cursor = str(fields.get("cursor") or "")
    if cursor and not cursor.startswith("next:"):
        raise Refusal("invalid_cursor")
    start = int(cursor.removeprefix("next:") or 0)
    more = start + limit < len(entries)
    following = f"next:{start + limit}" if more else ""
    shown = entries[start : start + limit]
    return {name: shown, "has_more": more, "response_metadata": {"next_cursor": following}}


def _block_is_valid(block: dict[str, Any]) -> bool:
    match block["type"]:
        case "section":
            return 0 < len(block["text"]["text"]) <= 3000
        case "actions":
            ids = [element["action_id"] for element in block["elements"]]
            return 0 < len(ids) <= 25 and len(set(ids)) == len(ids) and all(map(_element_is_valid, block["elements"]))
        case "image":
            return bool(block["image_url"].startswith("http") and block["alt_text"])
        case _:
            return False


def _element_is_valid(element: dict[str, Any]) -> bool:
    return len(element["text"]["text"]) <= 75 and len(element.get("value", "")) <= 2000


async def _fields(request: web.Request) -> dict[str, Any]:
    if request.content_type == "application/json":
        return dict(await request.json())
    return dict(request.query) | dict(await request.post())
