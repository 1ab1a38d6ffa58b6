"""Turns Slack payloads into what customers said, so that nothing behind this file knows Slack."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from bots.bounds import bounded
from bots.channels import SlackChannel
from bots.errors import Unreadable
from bots.slack.markup import mentions, plain
from conversation.message import Attachment, ChannelKind, ContentKind, Inbound, Sender
from conversation.plain_text import clean_tree

_SPOKEN = frozenset({None, "file_share", "thread_broadcast", "me_message"})


@dataclass(frozen=True, slots=True)
class Identity:
    """Who we are in the workspace, as auth.test says."""

    user_id: str
    bot_id: str
    team_id: str


@dataclass(frozen=True, slots=True)
class Heard:
    """A translated payload. `only_if_known`: it stands in a channel's thread without naming us, so it concerns us
    only if we are part of that thread.
    """

    inbound: Inbound
    only_if_known: bool = False


def translate(
    body: Mapping[str, Any], channel: SlackChannel, identity: Identity, received_at: datetime
) -> Heard | None:
    """The payload as something heard; None for what is no customer speaking to us: bots, ourselves, channel talk that
    does not mention us, joins, link previews, deletions. Sender names are not known here. Pure.
    """
    match body.get("type"):
        case "event_callback":
            return _event(body, channel, identity, received_at)
        case "block_actions":
            return _button(body, channel, received_at)
        case _:
            return _command(body, channel, received_at) if body.get("command") else None


def read(body: Mapping[str, Any], channel: SlackChannel, identity: Identity, received_at: datetime) -> Heard | None:
    """`translate` for what may be of any shape, bounded. Raises Unreadable for what Slack does not send."""
    try:
        heard = translate(clean_tree(dict(body)), channel, identity, received_at)
        return None if heard is None else replace(heard, inbound=bounded(heard.inbound))
    except (ArithmeticError, AttributeError, LookupError, OSError, TypeError, ValueError) as error:
        raise Unreadable(f"not of a shape that Slack sends ({type(error).__name__})") from error


def _event(body: Mapping[str, Any], channel: SlackChannel, identity: Identity, received_at: datetime) -> Heard | None:
    event = body.get("event") or {}
    kind, subtype = event.get("type"), event.get("subtype")
    if kind == "app_mention" or (kind == "message" and subtype in _SPOKEN):
        return _message(body, event, channel, identity, received_at)
    if kind == "message" and subtype == "message_changed":
        return _edit(body, event, channel, identity, received_at)
    return None


def _message(
    body: Mapping[str, Any],
    event: Mapping[str, Any],
    channel: SlackChannel,
    identity: Identity,
    received_at: datetime,
) -> Heard | None:
    if not _by_customer(event, identity):
        return None
    place, direct = _place(event.get("channel", ""), event)
    text = str(event.get("text") or "")
    named = event.get("type") == "app_mention" or mentions(text, identity.user_id)
    if not direct and not named and not event.get("thread_ts"):
        return None
    stamp = str(event["ts"])
    attachments = tuple(_file(file) for file in event.get("files") or ())
    words = plain(text, identity.user_id)
    kind = attachments[0].kind if attachments else ContentKind.TEXT if words else ContentKind.UNSUPPORTED
    inbound = Inbound(
        key=f"message:{event['channel']}:{stamp}",
        client=channel.client,
        channel=channel.id,
        channel_kind=ChannelKind.SLACK,
        thread_ref=place,
        order=micros(stamp),
        kind=kind,
        sender=_sender(event, body),
        sent_at=moment(stamp),
        received_at=received_at,
        text=words,
        attachments=attachments,
        platform_message_id=stamp,
        raw={"event_id": body.get("event_id", ""), "team": body.get("team_id", "")},
    )
    return Heard(inbound, only_if_known=not direct and not named)


def _edit(
    body: Mapping[str, Any],
    event: Mapping[str, Any],
    channel: SlackChannel,
    identity: Identity,
    received_at: datetime,
) -> Heard | None:
    message, before = event.get("message") or {}, event.get("previous_message") or {}
    if not _by_customer(message, identity) or message.get("text") == before.get("text"):
        return None  # Slack also "changes" a message when it adds a preview to a link
    edited = str((message.get("edited") or {}).get("ts") or event.get("event_ts") or event["ts"])
    stamp = str(message["ts"])
    place, direct = _place(event.get("channel", ""), {**message, "channel_type": event.get("channel_type")})
    inbound = Inbound(
        key=f"edit:{event['channel']}:{stamp}:{edited}",
        client=channel.client,
        channel=channel.id,
        channel_kind=ChannelKind.SLACK,
        thread_ref=place,
        order=micros(edited),
        kind=ContentKind.EDIT,
        sender=_sender(message, body),
        sent_at=moment(edited),
        received_at=received_at,
        text=plain(str(message.get("text") or ""), identity.user_id),
        platform_message_id=stamp,
        edits=stamp,
        raw={"event_id": body.get("event_id", ""), "team": body.get("team_id", "")},
    )
    return Heard(inbound, only_if_known=not direct)


def _button(body: Mapping[str, Any], channel: SlackChannel, received_at: datetime) -> Heard | None:
    action: Mapping[str, Any] = next(iter(body.get("actions") or ()), {})
    container = body.get("container") or {}
    room = (body.get("channel") or {}).get("id") or container.get("channel_id")
    stamp = container.get("message_ts")
    if action.get("type") != "button" or action.get("url") or not room or not stamp:
        return None
    user, pressed = body.get("user") or {}, str(action.get("action_ts") or "")
    place, _ = _place(room, {"ts": stamp, "thread_ts": container.get("thread_ts")})
    name = str(user.get("name") or user.get("username") or "")
    inbound = Inbound(
        key=f"action:{room}:{stamp}:{action.get('action_id')}:{user.get('id')}:{pressed}",
        client=channel.client,
        channel=channel.id,
        channel_kind=ChannelKind.SLACK,
        thread_ref=place,
        order=micros(pressed) if pressed else int(received_at.timestamp() * 1_000_000),
        kind=ContentKind.BUTTON,
        sender=Sender(str(user.get("id") or ""), name),
        sent_at=moment(pressed) if pressed else received_at,
        received_at=received_at,
        text=plain(str((action.get("text") or {}).get("text") or "")),
        payload=str(action.get("value") or ""),
        raw={"pressed_message": stamp},
    )
    return Heard(inbound)


def _command(body: Mapping[str, Any], channel: SlackChannel, received_at: datetime) -> Heard | None:
    """A slash command, where an answer has an address: in a direct message."""
    room = str(body.get("channel_id") or "")
    if not room.startswith("D"):
        return None
    sender = Sender(str(body.get("user_id") or ""), str(body.get("user_name") or ""))
    inbound = Inbound(
        key=f"command:{body.get('trigger_id')}",
        client=channel.client,
        channel=channel.id,
        channel_kind=ChannelKind.SLACK,
        thread_ref=room,
        order=int(received_at.timestamp() * 1_000_000),
        kind=ContentKind.COMMAND,
        sender=sender,
        sent_at=received_at,
        received_at=received_at,
        text=str(body["command"]).lstrip("/"),
        payload=plain(str(body.get("text") or "")),
    )
    return Heard(inbound)


def _by_customer(message: Mapping[str, Any], identity: Identity) -> bool:
    user = message.get("user")
    return bool(user) and not message.get("bot_id") and user not in (identity.user_id, "USLACKBOT")


def _place(room: str, message: Mapping[str, Any]) -> tuple[str, bool]:
    """The thread's address, and whether it is a direct message."""
    if message.get("channel_type") == "im" or room.startswith("D"):
        return room, True
    return f"{room}:{message.get('thread_ts') or message['ts']}", False


def _sender(message: Mapping[str, Any], body: Mapping[str, Any]) -> Sender:
    team = message.get("user_team") or message.get("team") or body.get("team_id")
    return Sender(str(message["user"]), attributes={"team": team} if team else {})


def _file(file: Mapping[str, Any]) -> Attachment:
    media_type = str(file.get("mimetype") or "application/octet-stream")
    family = media_type.partition("/")[0]
    kind = {"image": ContentKind.IMAGE, "audio": ContentKind.VOICE}.get(family, ContentKind.FILE)
    return Attachment(kind, str(file.get("name") or "file"), media_type, file.get("size"), str(file.get("id") or ""))


def micros(stamp: str) -> int:
    """A Slack `ts` in microseconds."""
    seconds, _, rest = stamp.partition(".")
    return int(seconds) * 1_000_000 + int(rest.ljust(6, "0")[:6] or 0)


def moment(stamp: str) -> datetime:
    """The instant a Slack `ts` tells."""
    seconds, micro = divmod(micros(stamp), 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=micro)
