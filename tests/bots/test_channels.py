"""A pack's channels are read with file and line, and never tell their secrets."""

import pytest

from bots.channels import Mode, SlackChannel, TelegramChannel, WebChannel, parse_channels
from conversation.ids import ClientId
from conversation.packfile import Node, Problems

CLIENT = ClientId("alpenrad")


def parsed(*entries: object) -> tuple[tuple[object, ...], Problems]:
    problems = Problems()
    return parse_channels(Node.of(list(entries), "client.yml"), CLIENT, problems), problems


def test_a_full_pack_has_its_three_channels() -> None:
    channels, problems = parsed(
        {"id": "a-web", "kind": "webchat", "origins": ["*"], "greeting": "utter_greet"},
        {"id": "a-tg", "kind": "telegram", "token": "123:ABC", "mode": "webhook", "secret": "s_1"},
        {"id": "a-slack", "kind": "slack", "bot_token": "xoxb-1", "app_token": "xapp-1", "signing_secret": ""},
    )
    assert problems.found == []
    assert channels == (
        WebChannel("a-web", CLIENT, ("*",)),
        TelegramChannel("a-tg", CLIENT, "123:ABC", Mode.WEBHOOK, "s_1"),
        SlackChannel("a-slack", CLIENT, "xoxb-1", "xapp-1", "", Mode.SOCKET),
    )
    assert all(channel.active for channel in channels)
    assert not any(secret in repr(channels) for secret in ("123:ABC", "s_1", "xoxb-1", "xapp-1"))


def test_a_channel_without_its_token_is_inactive_and_warned_about() -> None:
    channels, problems = parsed(
        {"id": "t", "kind": "telegram", "token": ""}, {"id": "s", "kind": "slack", "bot_token": ""}
    )
    assert [channel.active for channel in channels] == [False, False]
    assert problems.errors == []
    assert ["inactive" in str(warning) for warning in problems.warnings] == [True, True]


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("webchat", "must be a mapping"),
        ({"kind": "webchat"}, "'id' is missing"),
        ({"id": "a b", "kind": "webchat"}, "cannot be a channel id"),
        ({"id": "static", "kind": "webchat"}, "cannot be a channel id"),
        ({"id": "a", "kind": "whatsapp"}, "unknown kind of channel 'whatsapp'"),
        ({"id": "a", "kind": "telegram", "token": "ABC"}, "not a Telegram bot token"),
        ({"id": "a", "kind": "telegram", "token": "1:A", "mode": "webhook"}, "needs a secret"),
        ({"id": "a", "kind": "telegram", "token": "1:A", "secret": "mit Leerzeichen"}, "refuses this secret"),
        ({"id": "a", "kind": "telegram", "token": "1:A", "mode": "socket"}, "unknown mode 'socket'"),
        ({"id": "a", "kind": "slack", "bot_token": "xoxb-1"}, "needs 'app_token'"),
        ({"id": "a", "kind": "slack", "bot_token": "xoxb-1", "mode": "events"}, "needs 'signing_secret'"),
        ({"id": "a", "kind": "slack", "bot_token": "xoxp-1", "app_token": "xapp-1"}, "start with xoxb-"),
        ({"id": "a", "kind": "slack", "bot_token": "xoxb-1", "app_token": "1"}, "start with xapp-"),
        ({"id": "a", "kind": "webchat", "origins": ["shop.example"]}, "not an origin"),
        ({"id": "a", "kind": "webchat", "colour": "red"}, "unknown key 'colour'"),
    ],
)
def test_what_is_wrong_is_said_with_what_would_be_right(entry: object, says: str) -> None:
    _, problems = parsed(entry)
    assert any(says in str(problem) and problem.hint for problem in problems.errors)


def test_ids_are_unique_and_channels_are_a_list() -> None:
    channels, problems = parsed({"id": "a", "kind": "webchat"}, {"id": "a", "kind": "webchat"})
    assert len(channels) == 1
    assert "used twice" in str(problems.errors[0])
    problems = Problems()
    assert parse_channels(Node.of({"id": "a"}), CLIENT, problems) == ()
    assert problems.errors
    assert parse_channels(None, CLIENT, Problems()) == ()
