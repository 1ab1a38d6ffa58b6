"""Asking customers how it went: once per conversation, on their own channel, never in the way of what comes next."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from conversation.conversation import Conversation, ResolvedBy, State
from conversation.draft import Draft
from conversation.ids import ConversationId
from conversation.message import Button, ContentKind, Inbound, Reply

SCORES = (1, 2, 3, 4, 5)
NOT_ASKED_AFTER = frozenset({"spam", "duplicate", "no_answer"})
"""Dispositions of conversations that nobody was served in, or that nobody is left to ask about."""

COMMENT_WITHIN = timedelta(hours=1)
ANSWER_WITHIN = timedelta(hours=24)
"""A bare number counts as an answer so long after the question; a pressed button always does."""

_SCORE, _COMMENT = "csat", "csat_comment"
_PAYLOAD = re.compile(rf"/({_SCORE}|{_COMMENT})(\{{.*\}})")
_BARE = re.compile(r"\s*([1-5])(?:\s*(?:★|/\s*5))?\s*")
_STARS = re.compile(r"\s*(★{1,5}|⭐{1,5})\s*")


class Survey(StrEnum):
    """How far a conversation's question has come (`Conversation.csat`)."""

    NOT_ASKED = ""
    ASKED = "asked"
    SCORED = "scored"
    COMMENTING = "commenting"
    DONE = "done"


class Line(StrEnum):
    """What is said, by the name of its response."""

    QUESTION = "utter_csat"
    THANKS = "utter_csat_thanks"
    COMMENT = "utter_csat_comment"
    NOTED = "utter_csat_noted"
    OFFER = "utter_title_csat_comment"


class Surveys(Protocol):
    """Which clients ask, and in which words."""

    def asks(self, conversation: Conversation) -> bool:
        """Whether the client wants this conversation's customer asked, judged by who resolved it."""
        ...

    def say(self, conversation: Conversation, line: Line) -> str:
        """The words in the conversation's language."""
        ...


class NoSurveys:
    """Nobody is asked."""

    def asks(self, conversation: Conversation) -> bool:
        """Never."""
        del conversation
        return False

    def say(self, conversation: Conversation, line: Line) -> str:
        """Nothing is ever said."""
        del conversation, line
        return ""


@dataclass(frozen=True, slots=True)
class Score:
    """The customer's answer, 1 to 5."""

    value: int
    of: ConversationId


@dataclass(frozen=True, slots=True)
class WantsToComment:
    """The customer pressed the button that offers a comment."""

    of: ConversationId


@dataclass(frozen=True, slots=True)
class Comment:
    """The next message after that."""

    text: str
    of: ConversationId


Answer = Score | WantsToComment | Comment


def ask(draft: Draft, surveys: Surveys) -> None:
    """Adds the question to the step that resolved the conversation, if the client wants it asked. Not after silence,
    spam or a duplicate, and not twice: a conversation that was reopened has been asked.
    """
    c = draft.conversation
    if c.state is not State.RESOLVED or c.csat or c.resolved_by not in (ResolvedBy.BOT, ResolvedBy.AGENT):
        return
    if c.disposition in NOT_ASKED_AFTER or not surveys.asks(c):
        return
    draft.ask_csat(Reply(surveys.say(c, Line.QUESTION), tuple(score_button(c.id, score) for score in SCORES)))


def answer_in(inbound: Inbound, latest: Conversation | None, now: datetime) -> Answer | None:
    """What a message answers, if it answers a question of ours; None for everything else, which is served normally."""
    if inbound.kind is ContentKind.BUTTON:
        return _pressed(inbound.payload)
    if latest is None or latest.is_open or latest.csat_at is None or inbound.kind is not ContentKind.TEXT:
        return None
    if latest.csat == Survey.COMMENTING and now - latest.csat_at <= COMMENT_WITHIN and inbound.text.strip():
        return Comment(inbound.text.strip(), latest.id)
    if latest.csat == Survey.ASKED and now - latest.csat_at <= ANSWER_WITHIN:
        return _typed(inbound.text, latest.id)
    return None


def reply_to(answer: Answer, conversation: Conversation, surveys: Surveys) -> Reply:
    """Thanks, and after a score the offer to say more."""
    match answer:
        case Score():
            offer = comment_button(conversation.id, surveys.say(conversation, Line.OFFER))
            return Reply(surveys.say(conversation, Line.THANKS), (offer,))
        case WantsToComment():
            return Reply(surveys.say(conversation, Line.COMMENT))
        case Comment():
            return Reply(surveys.say(conversation, Line.NOTED))


def score_button(of: ConversationId, score: int) -> Button:
    """One of the five under the question."""
    return Button(f"{score} ★", _payload(_SCORE, of, score=score))


def comment_button(of: ConversationId, title: str) -> Button:
    """The offer to say more, under the thanks."""
    return Button(title, _payload(_COMMENT, of))


def _pressed(payload: str) -> Answer | None:
    match = _PAYLOAD.fullmatch(payload)
    if match is None:
        return None
    try:
        told = json.loads(match[2])
    except json.JSONDecodeError:
        return None
    if not isinstance(told, Mapping) or not isinstance(told.get("of"), str):
        return None
    of = ConversationId(told["of"])
    if match[1] == _COMMENT:
        return WantsToComment(of)
    return Score(told["score"], of) if told.get("score") in SCORES else None


def _typed(text: str, of: ConversationId) -> Score | None:
    if match := _BARE.fullmatch(text):
        return Score(int(match[1]), of)
    if match := _STARS.fullmatch(text):
        return Score(len(match[1]), of)
    return None


def _payload(intent: str, of: ConversationId, **more: int) -> str:
    """Short enough for Telegram's 64 bytes."""
    return f"/{intent}{json.dumps({**more, 'of': of}, separators=(',', ':'))}"
