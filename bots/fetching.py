"""Brings customers' files from their platforms to our blobs, before anybody decides about the message."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

from bots.errors import FileRefused
from conversation.files.check import GONE
from conversation.files.names import safe_name
from conversation.ids import ChannelId
from conversation.message import Attachment, Inbound

log = logging.getLogger(__name__)

PATIENCE = 25.0  # seconds; the thread's lease must outlast it


class Fetcher(Protocol):
    """A channel that holds its customers' files for us to fetch."""

    async def fetch(self, attachment: Attachment) -> Attachment:
        """The attachment, stored as a blob. Raises FileRefused."""
        ...


class ChannelFiles:
    """conversation.ports.Files over the active channels; `channels` may change while it is used."""

    def __init__(self, channels: Mapping[ChannelId, Fetcher], patience: float = PATIENCE) -> None:
        self._channels = channels
        self._patience = patience

    async def fetch(self, inbound: Inbound) -> Inbound:
        """The inbound with its files stored; one that cannot be says why. Never raises."""
        channel = self._channels.get(inbound.channel)
        if channel is None:
            return inbound
        kept = await asyncio.gather(*(self._one(channel, file, inbound) for file in inbound.attachments))
        return replace(inbound, attachments=tuple(kept))

    async def _one(self, channel: Fetcher, file: Attachment, inbound: Inbound) -> Attachment:
        why = GONE
        try:
            async with asyncio.timeout(self._patience):
                return await channel.fetch(file)
        except FileRefused as refused:
            why = refused.code
            log.info("channel %s: a file was not stored: %s", inbound.channel, refused)
        except TimeoutError:
            log.warning("channel %s: %s could not be fetched in time", inbound.channel, file.name)
        except Exception:
            log.exception("channel %s: %s could not be fetched", inbound.channel, file.name)
        return replace(file, name=safe_name(file.name), refused=why)
