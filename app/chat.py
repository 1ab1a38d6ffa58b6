"""The customers' web chats as the packs describe them, for the web's chat room and the web chat's intake."""

from collections.abc import Iterator, Mapping

from app.directory import Directory
from app.packs import ClientPack
from bots.channels import WebChannel
from conversation.ids import ChannelId
from conversation.message import ChannelKind
from nlu.domain import LANGUAGE_SLOT
from nlu.responses import Setting
from web.chat.ports import ChatChannel


class WebChannels(Mapping[ChannelId, WebChannel]):
    """The active web chats by id, as they are at the moment of asking."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def __getitem__(self, channel: ChannelId) -> WebChannel:
        found = self._directory.channel(channel)
        if not isinstance(found, WebChannel):
            raise KeyError(channel)
        return found

    def __iter__(self) -> Iterator[ChannelId]:
        return (c.id for c in self._directory.channels() if isinstance(c, WebChannel))

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Chats:
    """web.chat.ports.ChatDirectory."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def chat(self, channel: ChannelId) -> ChatChannel | None:
        found = self._directory.channel(channel)
        pack = self._directory.pack(found.client) if isinstance(found, WebChannel) else None
        if pack is None or not isinstance(found, WebChannel):
            return None
        profile = pack.nlu.profile
        return ChatChannel(
            id=found.id,
            client=pack.id,
            client_name=pack.name,
            bot_name=profile.bot.name,
            accent=profile.accent or "#2456a6",
            languages=profile.languages,
            origins=found.origins,
            greeting={language: greeting(pack, found.greeting, language) for language in profile.languages},
        )


def greeting(pack: ClientPack, response: str, language: str) -> str:
    """What a visitor reads before anybody has written."""
    profile = pack.nlu.profile
    values = {"bot_name": profile.bot.name, "client_name": pack.name, LANGUAGE_SLOT: language}
    reply = pack.nlu.responses.render(response, Setting(language, ChannelKind.WEBCHAT, values))
    return reply.text if reply is not None else ""
