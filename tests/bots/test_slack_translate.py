"""Each kind of Slack payload has one defined result."""

from typing import Any

import pytest

from bots.slack.markup import escape, plain
from bots.slack.translate import Heard, Identity, micros, moment, translate
from conversation.message import ContentKind
from tests.bots.making import NOW, SLACK
from tests.platforms.slack_server import BOT_ID, BOT_USER, TEAM, SlackServer

US = Identity(BOT_USER, BOT_ID, TEAM)
server = SlackServer()


def heard(body: dict[str, Any]) -> Heard:
    found = translate(body, SLACK, US, NOW)
    assert found is not None
    return found


def test_a_direct_message_is_a_thread_of_its_own() -> None:
    body = server.customer_says("Ich brauche einen neuen Laptop &amp; Maus", channel="D7")
    inbound = heard(body).inbound
    assert (inbound.kind, inbound.text) == (ContentKind.TEXT, "Ich brauche einen neuen Laptop & Maus")
    assert (inbound.thread_ref, inbound.platform_message_id) == ("D7", body["event"]["ts"])
    assert inbound.order == micros(body["event"]["ts"])
    assert inbound.sender.reference == "U1"


def test_a_mention_in_a_channel_opens_a_thread_there_and_arrives_twice_with_one_key() -> None:
    body = server.customer_says(f"<@{BOT_USER}> wo reiche ich Urlaub ein?", channel="C3")
    as_message, as_mention = heard(body), heard(server.mention(body))
    assert as_message.inbound.key == as_mention.inbound.key
    assert as_message.inbound.thread_ref == f"C3:{body['event']['ts']}" == as_mention.inbound.thread_ref
    assert as_message.inbound.text == "wo reiche ich Urlaub ein?"
    assert not as_message.only_if_known


def test_a_reply_in_a_thread_concerns_us_only_if_we_are_part_of_it() -> None:
    reply = heard(server.customer_says("ab Montag", channel="C3", thread_ts="1700000000.000100"))
    assert reply.only_if_known
    assert reply.inbound.thread_ref == "C3:1700000000.000100"


def test_an_edit_names_the_message_it_changes() -> None:
    first = server.customer_says("Bestellung 1")
    edit = heard(server.customer_edits(first, "Bestellung 2")).inbound
    assert (edit.kind, edit.text, edit.edits) == (ContentKind.EDIT, "Bestellung 2", first["event"]["ts"])
    assert heard(server.customer_edits(first, "Bestellung 3")).inbound.key != edit.key


def test_files_are_named_by_reference() -> None:
    file = server.keep_file("Rechnung.pdf", b"%PDF")
    inbound = heard(server.customer_says("hier", subtype="file_share", files=[file])).inbound
    assert (inbound.kind, inbound.text) == (ContentKind.FILE, "hier")
    assert inbound.attachments[0].reference == file["id"]


@pytest.mark.parametrize(
    "body",
    [
        server.customer_says("hi", bot_id="B9"),
        server.customer_says("hi", user=BOT_USER),
        server.customer_says("nur unter uns", channel="C3"),
        server.customer_says("<@UOTHER> hi", channel="C3"),
        server.customer_says("x", subtype="channel_join"),
        server.event(type="message", subtype="message_deleted", channel="D1", channel_type="im", ts="1.0"),
        server.customer_edits(server.customer_says("https://x.example"), "https://x.example"),
        server.event(type="reaction_added", user="U1", reaction="+1"),
        server.event(type="app_home_opened", user="U1", channel="D1"),
        {"type": "view_submission"},
        {"type": "block_actions", "actions": []},
    ],
)
def test_what_is_no_customer_speaking_to_us_is_left_alone(body: dict[str, Any]) -> None:
    assert translate(body, SLACK, US, NOW) is None


def test_a_message_without_words_or_files_is_unsupported() -> None:
    assert heard(server.customer_says("")).inbound.kind is ContentKind.UNSUPPORTED


def test_a_slash_command_in_a_direct_message_is_a_command() -> None:
    body = {
        "command": "/hr",
        "text": "urlaub",
        "channel_id": "D1",
        "user_id": "U1",
        "user_name": "l",
        "trigger_id": "1",
    }
    inbound = heard(body).inbound
    assert (inbound.kind, inbound.text, inbound.payload) == (ContentKind.COMMAND, "hr", "urlaub")
    assert translate(body | {"channel_id": "C1"}, SLACK, US, NOW) is None


@pytest.mark.parametrize(
    ("raw", "seen"),
    [
        ("a &lt;b&gt; &amp;amp; c", "a <b> &amp; c"),
        ("<https://x.example/a>", "https://x.example/a"),
        ("<https://x.example/a|Rechnung>", "Rechnung (https://x.example/a)"),
        ("<http://x.example|x.example>", "http://x.example"),
        ("<mailto:a@b.example|a@b.example>", "a@b.example"),
        ("<tel:+491|+491>", "+491"),
        ("<#C1|allgemein> und <#C2>", "#allgemein und #C2"),
        ("<@U5> <!here> <!subteam^S1|@it>", "@U5 @here @it"),
        (f"<@{BOT_USER}>  hallo <@{BOT_USER}>!", "hallo !"),
    ],
)
def test_markup_becomes_what_the_customer_saw(raw: str, seen: str) -> None:
    assert plain(raw, BOT_USER) == seen


def test_what_we_write_is_escaped() -> None:
    assert escape("1 < 2 & <!channel>") == "1 &lt; 2 &amp; &lt;!channel&gt;"


def test_stamps_keep_their_microseconds() -> None:
    assert micros("1700000000.000100") == 1_700_000_000_000_100
    assert moment("1700000000.000100").microsecond == 100
    assert micros("1700000000") == 1_700_000_000_000_000
