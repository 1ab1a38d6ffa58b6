"""A Telegram Bot API server small enough to read: the methods Switchboard uses, with the checks the real one makes."""

import asyncio
import itertools
import json
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from aiohttp import ClientSession, web

from tests.platforms.serving import serving

HTML_TAGS = {"b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "code", "pre", "a", "blockquote", "tg-spoiler"}


@dataclass
class Refusal(Exception):
    """What the API answers instead of a result."""

    status: int
    description: str
    parameters: dict[str, Any] = field(default_factory=dict)


@dataclass
class Sent:
    """A message the bot has sent; `method` is the API method's name."""

    method: str
    chat_id: int
    message_id: int
    text: str
    reply_markup: dict[str, Any] | None
    fields: dict[str, Any]
    file: bytes | None = None

    @property
    def buttons(self) -> list[dict[str, Any]]:
        return [button for row in (self.reply_markup or {}).get("inline_keyboard", []) for button in row]


class TelegramServer:
    """Holds one bot's world. Tests speak through `customer_*`, look at `sent`, and refuse with `refuse_next`."""

    def __init__(self, token: str = "123456:TEST-token") -> None:
        self.token = token
        self.url = ""
        self.updates: list[dict[str, Any]] = []
        self.sent: list[Sent] = []
        self.answered: list[str] = []
        self.calls: list[str] = []
        self.blocked: set[int] = set()
        self.unknown: set[int] = set()
        self.files: dict[str, bytes] = {}
        self.webhook: dict[str, Any] = {"url": "", "secret_token": ""}
        self.webhook_error: tuple[int, str] | None = None
        self.confirmed = 0
        self._refusals: dict[str, list[Refusal | None]] = defaultdict(list)
        self._cut: list[str] = []
        self._news = asyncio.Event()
        self._sent_news = asyncio.Event()
        self._polls = 0
        self._update_ids = itertools.count(1000)
        self._message_ids = itertools.count(1)
        self._callback_ids = itertools.count(1)
        self._methods: dict[str, Callable[[dict[str, Any]], Awaitable[Any]]] = {
            "getMe": self._get_me,
            "getUpdates": self._get_updates,
            "getWebhookInfo": self._webhook_info,
            "setWebhook": self._set_webhook,
            "deleteWebhook": self._delete_webhook,
            "sendMessage": self._send_message,
            "sendPhoto": self._send_photo,
            "sendDocument": self._send_document,
            "answerCallbackQuery": self._answer_callback,
            "getFile": self._get_file,
        }

    # -- what tests do

    def restart_update_ids(self, first: int) -> None:
        """As after a week without updates."""
        self._update_ids = itertools.count(first)

    def refuse_next(self, method: str, status: int, description: str, *, after: int = 0, **parameters: Any) -> None:
        """Refuses the next call of `method`, or the one `after` so many good ones."""
        self._refusals[method] += [None] * after
        self._refusals[method].append(Refusal(status, description, parameters))

    def cut_off_next(self, method: str) -> None:
        """The next call is done, but the connection breaks before the answer."""
        self._cut.append(method)

    def add(self, **content: Any) -> dict[str, Any]:
        update = {"update_id": next(self._update_ids), **content}
        self.updates.append(update)
        self._news.set()
        return update

    def person(self, chat: int) -> dict[str, Any]:
        return {"id": chat, "is_bot": False, "first_name": "Lena", "last_name": "Kraus", "language_code": "de"}

    def private(self, chat: int) -> dict[str, Any]:
        return {"id": chat, "type": "private", "first_name": "Lena", "last_name": "Kraus"}

    def message(self, chat: int, **content: Any) -> dict[str, Any]:
        return {
            "message_id": next(self._message_ids),
            "from": self.person(chat),
            "chat": self.private(chat),
            "date": int(time.time()),
            **content,
        }

    def customer_says(self, chat: int, text: str, **more: Any) -> dict[str, Any]:
        if text.startswith("/"):
            length = len(text.split(maxsplit=1)[0])
            more["entities"] = [{"type": "bot_command", "offset": 0, "length": length}]
        return self.add(message=self.message(chat, text=text, **more))

    def customer_sends(self, chat: int, **content: Any) -> dict[str, Any]:
        return self.add(message=self.message(chat, **content))

    def customer_edits(self, chat: int, message_id: int, text: str) -> dict[str, Any]:
        edited = self.message(chat, text=text, edit_date=int(time.time())) | {"message_id": message_id}
        return self.add(edited_message=edited)

    def customer_presses(self, chat: int, title: str) -> dict[str, Any]:
        """Presses the newest button of that title in the chat."""
        for sent in reversed(self.sent):
            for button in sent.buttons:
                if sent.chat_id == chat and button["text"] == title:
                    message = self._as_message(sent)
                    query = {
                        "id": f"cb{next(self._callback_ids)}",
                        "from": self.person(chat),
                        "chat_instance": "1",
                        "message": message,
                        "data": button["callback_data"],
                    }
                    return self.add(callback_query=query)
        raise AssertionError(f"no button {title!r} was ever sent to chat {chat}")

    def customer_blocks(self, chat: int, *, blocks: bool = True) -> dict[str, Any]:
        (self.blocked.add if blocks else self.blocked.discard)(chat)
        bot = {"id": int(self.token.split(":")[0]), "is_bot": True, "first_name": "Alpi", "username": "alpi_bot"}
        member, kicked = {"status": "member", "user": bot}, {"status": "kicked", "user": bot, "until_date": 0}
        return self.add(
            my_chat_member={
                "chat": self.private(chat),
                "from": self.person(chat),
                "date": int(time.time()),
                "old_chat_member": member if blocks else kicked,
                "new_chat_member": kicked if blocks else member,
            }
        )

    def keep_file(self, file_id: str, content: bytes) -> None:
        self.files[file_id] = content

    async def deliver_webhook(self, update: dict[str, Any]) -> int:
        """Posts the update to the registered webhook, as Telegram does; the status it got."""
        headers = {"X-Telegram-Bot-Api-Secret-Token": self.webhook["secret_token"]}
        async with ClientSession() as session, session.post(self.webhook["url"], json=update, headers=headers) as r:
            return r.status

    async def having_sent(self, count: int) -> list[Sent]:
        while len(self.sent) < count:
            self._sent_news.clear()
            await self._sent_news.wait()
        return list(self.sent)

    # -- the HTTP API

    def app(self) -> web.Application:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/bot{token}/{method}", self._call)
        app.router.add_get("/file/bot{token}/{path:.+}", self._download)
        return app

    async def _call(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        self.calls.append(method)
        try:
            self._refuse(request.match_info["token"], method)
            result = await self._methods[method](await _fields(request))
        except Refusal as no:
            body: dict[str, Any] = {"ok": False, "error_code": no.status, "description": no.description}
            if no.parameters:
                body["parameters"] = no.parameters
            return web.json_response(body, status=no.status)
        if method in self._cut:
            self._cut.remove(method)
            assert request.transport is not None
            request.transport.abort()
        return web.json_response({"ok": True, "result": result})

    def _refuse(self, token: str, method: str) -> None:
        if token != self.token:
            raise Refusal(401, "Unauthorized")
        if method not in self._methods:
            raise Refusal(404, "Not Found: method not found")
        refusal = self._refusals[method].pop(0) if self._refusals[method] else None
        if refusal is not None:
            raise refusal

    async def _download(self, request: web.Request) -> web.Response:
        name = request.match_info["path"].removeprefix("files/")
        if request.match_info["token"] != self.token or name not in self.files:
            return web.json_response({"ok": False, "error_code": 404, "description": "Not Found"}, status=404)
        return web.Response(body=self.files[name])

    async def _get_me(self, fields: dict[str, Any]) -> dict[str, Any]:
        return {"id": int(self.token.split(":")[0]), "is_bot": True, "first_name": "Alpi", "username": "alpi_bot"}

    async def _get_updates(self, fields: dict[str, Any]) -> list[dict[str, Any]]:
        if self.webhook["url"]:
            raise Refusal(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook")
        self._polls += 1
        mine = self._polls
        self._news.set()  # ends another poll of the same token, as the real server does
        await asyncio.sleep(0)
        offset, limit = int(fields.get("offset") or 0), int(fields.get("limit") or 100)
        if offset:
            self.confirmed = max(self.confirmed, offset)
            self.updates = [update for update in self.updates if update["update_id"] >= offset]
        deadline = asyncio.get_running_loop().time() + float(fields.get("timeout") or 0)
        while not self.updates:
            self._news.clear()
            left = deadline - asyncio.get_running_loop().time()
            try:
                async with asyncio.timeout(max(left, 0)):
                    await self._news.wait()
            except TimeoutError:
                return []
            if mine != self._polls:
                raise Refusal(409, "Conflict: terminated by other getUpdates request")
        wanted = fields.get("allowed_updates") or []
        return [u for u in self.updates if not wanted or set(u) & set(wanted)][:limit]

    async def _webhook_info(self, fields: dict[str, Any]) -> dict[str, Any]:
        date, message = self.webhook_error or (0, "")
        trouble = {"last_error_date": date, "last_error_message": message} if date else {}
        return {
            "url": self.webhook["url"],
            "has_custom_certificate": False,
            "pending_update_count": len(self.updates),
            **trouble,
        }

    async def _set_webhook(self, fields: dict[str, Any]) -> bool:
        self.webhook = {"url": fields.get("url", ""), "secret_token": fields.get("secret_token", "")}
        return True

    async def _delete_webhook(self, fields: dict[str, Any]) -> bool:
        self.webhook = {"url": "", "secret_token": ""}
        return True

    async def _send_message(self, fields: dict[str, Any]) -> dict[str, Any]:
        text = str(fields.get("text") or "")
        if not text.strip():
            raise Refusal(400, "Bad Request: message text is empty")
        if _utf16(_without_markup(text, fields.get("parse_mode"))) > 4096:
            raise Refusal(400, "Bad Request: message is too long")
        return self._keep("sendMessage", fields, text)

    async def _send_photo(self, fields: dict[str, Any]) -> dict[str, Any]:
        return self._send_file("sendPhoto", "photo", fields, 10 * 1024 * 1024)

    async def _send_document(self, fields: dict[str, Any]) -> dict[str, Any]:
        return self._send_file("sendDocument", "document", fields, 50 * 1024 * 1024)

    def _send_file(self, method: str, name: str, fields: dict[str, Any], limit: int) -> dict[str, Any]:
        value = str(fields.get(name) or "")
        content = fields.get(value.removeprefix("attach://")) if value.startswith("attach://") else None
        if content is None and not value.startswith(("http://", "https://")):
            raise Refusal(400, f"Bad Request: there is no {name} in the request")
        if content is not None and len(content) > limit:
            raise Refusal(413, "Request Entity Too Large")
        if _utf16(str(fields.get("caption") or "")) > 1024:
            raise Refusal(400, "Bad Request: message caption is too long")
        return self._keep(method, fields, str(fields.get("caption") or ""), content)

    def _keep(self, method: str, fields: dict[str, Any], text: str, file: bytes | None = None) -> dict[str, Any]:
        chat = int(fields["chat_id"])
        if chat in self.unknown:
            raise Refusal(400, "Bad Request: chat not found")
        if chat in self.blocked:
            raise Refusal(403, "Forbidden: bot was blocked by the user")
        markup = json.loads(fields["reply_markup"]) if fields.get("reply_markup") else None
        sent = Sent(method, chat, next(self._message_ids), text, markup, fields, file)
        for button in sent.buttons:
            if len(str(button.get("callback_data", "")).encode()) > 64:
                raise Refusal(400, "Bad Request: BUTTON_DATA_INVALID")
            if "callback_data" not in button and "url" not in button:
                raise Refusal(400, "Bad Request: can't parse inline keyboard button: Text buttons are unallowed")
        self.sent.append(sent)
        self._sent_news.set()
        return self._as_message(sent)

    def _as_message(self, sent: Sent) -> dict[str, Any]:
        bot = {"id": int(self.token.split(":")[0]), "is_bot": True, "first_name": "Alpi", "username": "alpi_bot"}
        body = {"message_id": sent.message_id, "from": bot, "chat": self.private(sent.chat_id), "date": 1_700_000_000}
        if sent.reply_markup:
            body["reply_markup"] = sent.reply_markup
        return body | {"text" if sent.method == "sendMessage" else "caption": sent.text}

    async def _answer_callback(self, fields: dict[str, Any]) -> bool:
        self.answered.append(str(fields["callback_query_id"]))
        return True

    async def _get_file(self, fields: dict[str, Any]) -> dict[str, Any]:
        name = str(fields["file_id"])
        if name not in self.files:
            raise Refusal(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
        size = len(self.files[name])
        if size > 20 * 1024 * 1024:
            raise Refusal(400, "Bad Request: file is too big")
        return {"file_id": name, "file_unique_id": name, "file_size": size, "file_path": f"files/{name}"}


@asynccontextmanager
async def telegram_server(token: str = "123456:TEST-token") -> AsyncIterator[TelegramServer]:
    server = TelegramServer(token)
    async with serving(server.app()) as url:
        server.url = url
        yield server


async def _fields(request: web.Request) -> dict[str, Any]:
    if request.content_type == "application/json":
        return dict(await request.json())
    fields: dict[str, Any] = dict(request.query)
    for name, value in (await request.post()).items():
        fields[name] = value.file.read() if isinstance(value, web.FileField) else value
    if isinstance(fields.get("allowed_updates"), str):
        fields["allowed_updates"] = json.loads(fields["allowed_updates"])
    return fields


def _utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _without_markup(text: str, parse_mode: str | None) -> str:
    if parse_mode is None:
        return text
    if parse_mode != "HTML":
        raise Refusal(400, "Bad Request: unsupported parse_mode")
    parser = _Tags()
    parser.feed(text)
    parser.close()
    if parser.wrong or parser.open:
        raise Refusal(400, f"Bad Request: can't parse entities: {parser.wrong or parser.open[-1]}")
    return "".join(parser.text)


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text: list[str] = []
        self.wrong = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.open.append(tag)
        if tag not in HTML_TAGS:
            self.wrong = f'Unsupported start tag "{tag}"'

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong = f'Unexpected end tag "{tag}"'

    def handle_data(self, data: str) -> None:
        self.text.append(data)
