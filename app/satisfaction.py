"""Which clients ask how it went, and in which words: their packs'."""

from app.directory import Directory
from conversation.conversation import Conversation
from conversation.satisfaction import Line
from nlu.domain import LANGUAGE_SLOT
from nlu.responses import Setting


class Satisfaction:
    """conversation.satisfaction.Surveys over the packs in force."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def asks(self, conversation: Conversation) -> bool:
        """Whether `bot: {csat: …}` of the client names who resolved it."""
        pack = self._directory.pack(conversation.client)
        return pack is not None and conversation.resolved_by in pack.nlu.profile.bot.csat

    def say(self, conversation: Conversation, line: Line) -> str:
        """The pack's own response of that name, else the built-in one."""
        pack = self._directory.pack(conversation.client)
        if pack is None:
            return ""
        profile = pack.nlu.profile
        language = profile.language(conversation.language)
        known = {
            LANGUAGE_SLOT: language,
            "bot_name": profile.bot.name,
            "client_name": profile.name,
            "customer_name": conversation.customer_name or None,
        }
        setting = Setting(language, conversation.channel_kind, known, timezone=profile.timezone)
        return pack.nlu.responses.title(line, setting) or ""
